/* test_text.c -- borrowed text, owned buffers, arenas. */
#include "support.h"

#include "base/arena.h"
#include "base/memory.h"

static void test_absent_text_compares_like_empty_text(void **state)
{
	(void)state;
	assert_true(muster_text_is(MUSTER_NO_TEXT, MUSTER_TEXT("")));
	assert_int_equal(muster_text_compare(MUSTER_NO_TEXT, MUSTER_TEXT("")), 0);
	assert_true(muster_text_is(MUSTER_NO_TEXT, MUSTER_NO_TEXT));
	assert_true(muster_text_empty(MUSTER_NO_TEXT));
	assert_null(muster_text_of(NULL).data);
}

static void test_order_is_by_bytes_and_then_by_size(void **state)
{
	(void)state;
	assert_true(muster_text_compare(text("a"), text("b")) < 0);
	assert_true(muster_text_compare(text("ab"), text("a")) > 0);
	assert_true(muster_text_compare(text("\xff"), text("a")) > 0);
	assert_int_equal(muster_text_compare(text("ab"), text("ab")), 0);
}

static void test_secrets_are_compared_as_a_whole(void **state)
{
	(void)state;
	assert_true(muster_text_same_secret(text("secret"), text("secret")));
	assert_false(muster_text_same_secret(text("secret"), text("secres")));
	assert_false(muster_text_same_secret(text("secret"), text("tecret")));
	assert_false(muster_text_same_secret(text("secret"), text("secre")));
	assert_true(muster_text_same_secret(text(""), text("")));
}

static void test_a_buffer_grows_and_ends_in_nul(void **state)
{
	struct muster_buffer buffer = { 0 };

	(void)state;
	assert_null(muster_buffer_text(&buffer).data);
	for (int i = 0; i < 1000; i++)
		assert_error(muster_buffer_add_byte(&buffer, 'x'), MUSTER_OK);
	assert_error(muster_buffer_add_c(&buffer, "yz"), MUSTER_OK);
	assert_error(muster_buffer_add_number(&buffer, -42), MUSTER_OK);
	assert_int_equal(buffer.size, 1005);
	assert_string_equal(buffer.data + 998, "xxyz-42");
	assert_error(muster_buffer_set(&buffer, text("")), MUSTER_OK);
	assert_text(muster_buffer_text(&buffer), "");
	muster_buffer_clear(&buffer);
	assert_null(buffer.data);
}

static void test_a_failed_append_keeps_what_was_there_and_is_remembered(void **state)
{
	struct muster_buffer buffer = { 0 };
	char large[8192] = { 0 };

	(void)state;
	muster_buffer_add_c(&buffer, "kept");
	muster_memory_fail_after(0);
	assert_error(muster_buffer_add(&buffer, (struct muster_text){ large, sizeof(large) }), MUSTER_NO_MEMORY);
	muster_memory_fail_after(-1);
	assert_error(muster_buffer_add_c(&buffer, "x"), MUSTER_NO_MEMORY);
	assert_error(buffer.error, MUSTER_NO_MEMORY);
	assert_text(muster_buffer_text(&buffer), "kept");
	muster_buffer_clear(&buffer);
	assert_error(buffer.error, MUSTER_OK);
}

static void test_an_arena_gives_zeroed_aligned_blocks(void **state)
{
	struct muster_arena arena = { 0 };
	const size_t live = muster_memory_live();

	(void)state;
	for (size_t size = 1; size < 20000; size = size * 3 + 1) {
		char *block = muster_arena_take(&arena, size);

		assert_non_null(block);
		assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(block[i], 0);
		memset(block, 'x', size);
	}
	muster_arena_clear(&arena);
	assert_int_equal(muster_memory_live(), live);
}

static void test_an_arena_copies_with_a_nul_behind(void **state)
{
	struct muster_arena arena = { 0 };
	struct muster_text copy;

	(void)state;
	assert_error(muster_arena_copy(&arena, (struct muster_text){ "copied on", 6 }, &copy), MUSTER_OK);
	assert_string_equal(copy.data, "copied");
	assert_error(muster_arena_copy(&arena, MUSTER_NO_TEXT, &copy), MUSTER_OK);
	assert_null(copy.data);
	assert_error(muster_arena_copy(&arena, text(""), &copy), MUSTER_OK);
	assert_text(copy, "");
	muster_arena_clear(&arena);
}

static void test_a_size_that_wraps_around_is_no_memory(void **state)
{
	struct muster_arena arena = { 0 };

	(void)state;
	assert_null(muster_arena_take(&arena, SIZE_MAX - 8));
	muster_arena_clear(&arena);
}

static void test_memory_is_counted_and_fails_when_told(void **state)
{
	const size_t live = muster_memory_live();
	void *block, *other;

	(void)state;
	muster_memory_fail_after(1);
	block = muster_allocate(10);
	other = muster_allocate(10);
	assert_non_null(block);
	assert_null(other);
	assert_null(muster_reallocate(block, 100));
	assert_int_equal(muster_memory_live(), live + 1);
	muster_memory_fail_after(-1);
	block = muster_reallocate(block, 100);
	assert_non_null(block);
	muster_free(block);
	assert_int_equal(muster_memory_live(), live);
}

static void test_errors_have_names_and_texts(void **state)
{
	struct muster_failure failure;

	(void)state;
	for (int error = 0; error < MUSTER_ERROR_COUNT; error++) {
		assert_string_not_equal(muster_error_name(error), "unknown");
		assert_true(strlen(muster_error_text(error)) > 0);
	}
	assert_string_equal(muster_error_name(-1), "unknown");
	assert_string_equal(muster_error_name(MUSTER_ERROR_COUNT), "unknown");
	assert_non_null(muster_error_text(1000));
	assert_error(muster_fail(&failure, MUSTER_FULL, "%s is full", "it"), MUSTER_FULL);
	assert_string_equal(failure.text, "it is full");
	assert_error(muster_fail(NULL, MUSTER_FULL, "%s", ""), MUSTER_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent_text_compares_like_empty_text),
		cmocka_unit_test(test_order_is_by_bytes_and_then_by_size),
		cmocka_unit_test(test_secrets_are_compared_as_a_whole),
		cmocka_unit_test(test_a_buffer_grows_and_ends_in_nul),
		cmocka_unit_test(test_a_failed_append_keeps_what_was_there_and_is_remembered),
		cmocka_unit_test(test_an_arena_gives_zeroed_aligned_blocks),
		cmocka_unit_test(test_an_arena_copies_with_a_nul_behind),
		cmocka_unit_test(test_a_size_that_wraps_around_is_no_memory),
		cmocka_unit_test(test_memory_is_counted_and_fails_when_told),
		cmocka_unit_test(test_errors_have_names_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
