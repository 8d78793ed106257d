/* test_skeleton.c -- what names look like, and the rows that say which names look alike. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

#include "credential/skeleton.h"
#include "muster/preparation.h"
#include "muster/skeleton.h"
#include "store/internal.h"
#include "store/key.h"

/* --- skeletons --- */

static const char *skeleton_of(const char *name)
{
	static char skeletons[2][4096];
	static int turn;
	struct muster_buffer skeleton = { 0 };
	char *kept = skeletons[turn++ % 2];

	assert_error(muster_skeleton(text(name), &skeleton), MUSTER_OK);
	assert_in_range(skeleton.size, 1, sizeof(skeletons[0]) - 1);
	memcpy(kept, skeleton.data, skeleton.size + 1);
	muster_buffer_clear(&skeleton);
	return kept;
}

#define assert_alike(name, other) assert_string_equal(skeleton_of(name), skeleton_of(other))
#define assert_unlike(name, other) assert_string_not_equal(skeleton_of(name), skeleton_of(other))

static void test_names_that_look_alike(void **state)
{
	(void)state;
	assert_alike("paypal", "paypal");
	assert_alike("paypal", "p\xd0\xb0ypal"); /* Cyrillic a */
	assert_alike("paypal", "paypa1");
	assert_alike("modern", "modem");
	assert_alike("scope", "\xd1\x95\xd1\x81\xd0\xbe\xd1\x80\xd0\xb5"); /* all Cyrillic */
	assert_alike("jos\xc3\xa9", "j\xd0\xbes\xd0\xb5\xcc\x81");         /* an accent that is composed, one not */
	assert_alike("\xf0\x90\x90\xac"
	             "123",
	             "\xd0\xbe"
	             "l23"); /* Deseret long o, beyond 16 bits */
}

static void test_names_that_do_not(void **state)
{
	(void)state;
	assert_unlike("romeo", "juliet");
	assert_unlike("paypal", "paypall");
	assert_unlike("jose", "jos\xc3\xa9");
	assert_unlike("juliet2", "juliet3");
	assert_unlike("nurse", "\xd0\xbd\xd1\x8f\xd0\xbd\xd1\x8f");
}

static void test_the_longest_names(void **state)
{
	char name[MUSTER_NAME_MAX + 2];
	struct muster_buffer skeleton = { 0 };

	(void)state;
	memset(name, 'm', sizeof(name));
	name[MUSTER_NAME_MAX] = '\0';
	assert_error(muster_skeleton(text(name), &skeleton), MUSTER_OK);
	assert_int_equal(skeleton.size, 2 * MUSTER_NAME_MAX);
	assert_memory_equal(skeleton.data, "rnrn", 4);
	assert_memory_equal(skeleton.data + skeleton.size - 4, "rnrn", 4);
	muster_buffer_clear(&skeleton);
	for (int i = 0; i + 3 <= MUSTER_NAME_MAX; i += 3)
		memcpy(name + i, "\xef\xb7\xba", 3); /* what grows the most */
	assert_error(muster_skeleton(text(name), &skeleton), MUSTER_OK);
	assert_true(skeleton.size > (size_t)9 * MUSTER_NAME_MAX);
	muster_buffer_clear(&skeleton);
	memset(name, 'm', sizeof(name));
	name[MUSTER_NAME_MAX + 1] = '\0';
	assert_error(muster_skeleton(text(name), &skeleton), MUSTER_BAD_NAME);
	assert_null(skeleton.data);
}

static void test_what_is_no_name(void **state)
{
	struct muster_buffer skeleton = { 0 };

	(void)state;
	assert_error(muster_skeleton(text(""), &skeleton), MUSTER_BAD_NAME);
	assert_error(muster_skeleton(MUSTER_NO_TEXT, &skeleton), MUSTER_BAD_NAME);
	assert_error(muster_skeleton(text("a\xff"), &skeleton), MUSTER_BAD_NAME);
	assert_error(muster_skeleton(text("\xed\xa0\x80"), &skeleton), MUSTER_BAD_NAME);
	assert_null(skeleton.data);
}

static void *compare(void *context)
{
	bool *right = context;

	*right = true;
	for (int i = 0; i < 200; i++) {
		struct muster_buffer one = { 0 }, other = { 0 };

		*right = *right && muster_skeleton(text("modern"), &one) == MUSTER_OK &&
		         muster_skeleton(text("modem"), &other) == MUSTER_OK &&
		         muster_text_is(muster_buffer_text(&one), muster_buffer_text(&other));
		muster_buffer_clear(&one);
		muster_buffer_clear(&other);
	}
	return NULL;
}

/* The first of this program, so that they open the checker together. */
static void test_threads(void **state)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	bool right[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, compare, &right[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(right[i]);
	}
}

static void test_the_version_names_icu_and_unicode(void **state)
{
	char version[MUSTER_SKELETON_VERSION_MAX];
	const char *unicode;

	(void)state;
	assert_ptr_equal(muster_skeleton_version(version), version);
	assert_memory_equal(version, "ICU ", 4);
	assert_in_range(strtol(version + 4, NULL, 10), 50, 1000);
	unicode = strstr(version, ", Unicode ");
	assert_non_null(unicode);
	assert_in_range(strtol(unicode + strlen(", Unicode "), NULL, 10), 6, 100);
}

/* --- rows --- */

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

static void add(struct muster_transaction *transaction, const char *host, const char *skeleton, const char *name)
{
	assert_error(muster_skeleton_add(transaction, text(host), text(skeleton), text(name)), MUSTER_OK);
}

static void forget(struct muster_transaction *transaction, const char *host, const char *skeleton, const char *name)
{
	assert_error(muster_skeleton_remove(transaction, text(host), text(skeleton), text(name)), MUSTER_OK);
}

/* NULL if there is none. */
static const char *other(struct muster_transaction *transaction, const char *host, const char *skeleton,
                         const char *name)
{
	static char kept[2048];
	struct muster_buffer found = { 0 };
	int error = muster_skeleton_find(transaction, text(host), text(skeleton), text(name), &found);

	if (error == MUSTER_NOT_FOUND) {
		assert_null(found.data);
		return NULL;
	}
	assert_error(error, MUSTER_OK);
	assert_true(found.size < sizeof(kept));
	memcpy(kept, found.data, found.size + 1);
	muster_buffer_clear(&found);
	return kept;
}

static void test_another_name_is_found(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_null(other(transaction, "localhost", "paypal", "paypal"));
	add(transaction, "localhost", "paypal", "paypal");
	assert_null(other(transaction, "localhost", "paypal", "paypal"));
	assert_string_equal(other(transaction, "localhost", "paypal", "paypa1"), "paypal");
	add(transaction, "localhost", "paypal", "paypa1");
	add(transaction, "localhost", "paypal", "paypa1");
	assert_string_equal(other(transaction, "localhost", "paypal", "paypal"), "paypa1");
	assert_string_equal(other(transaction, "localhost", "paypal", "paypa1"), "paypal");
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_string_equal(other(transaction, "localhost", "paypal", "paypal"), "paypa1");
	forget(transaction, "localhost", "paypal", "paypal");
	forget(transaction, "localhost", "paypal", "paypal");
	assert_null(other(transaction, "localhost", "paypal", "paypa1"));
	assert_string_equal(other(transaction, "localhost", "paypal", "paypal"), "paypa1");
	forget(transaction, "localhost", "paypal", "paypa1");
	assert_null(other(transaction, "localhost", "paypal", "paypal"));
	muster_transaction_abort(transaction);
}

static void test_hosts_and_skeletons_are_apart(void **state)
{
	struct muster_transaction *transaction = writing(state);

	add(transaction, "localhost", "paypal", "paypal");
	assert_null(other(transaction, "localhos", "paypal", "paypa1"));
	assert_null(other(transaction, "localhosts", "paypal", "paypa1"));
	assert_null(other(transaction, "localhost", "paypa", "paypa1"));
	assert_null(other(transaction, "localhost", "paypall", "paypa1"));
	forget(transaction, "localhos", "paypal", "paypal");
	forget(transaction, "localhost", "paypa", "paypal");
	assert_string_equal(other(transaction, "localhost", "paypal", "paypa1"), "paypal");
	muster_transaction_abort(transaction);
}

static void test_rows_of_long_names(void **state)
{
	struct muster_transaction *transaction = writing(state);
	char one[1024], another[1024], skeleton[2048], host[MUSTER_HOST_MAX + 1];

	memset(one, 'l', 1023);
	memset(another, 'l', 1022);
	memset(skeleton, 'l', 2047);
	memset(host, 'h', MUSTER_HOST_MAX);
	another[1022] = '1';
	one[1023] = another[1023] = skeleton[2047] = host[MUSTER_HOST_MAX] = '\0';
	add(transaction, host, skeleton, one);
	assert_string_equal(other(transaction, host, skeleton, another), one);
	assert_null(other(transaction, host, skeleton, one));
	assert_null(other(transaction, host, skeleton + 1, another));
	add(transaction, host, skeleton, another);
	forget(transaction, host, skeleton, one);
	assert_string_equal(other(transaction, host, skeleton, one), another);
	assert_null(other(transaction, host, skeleton, another));
	muster_transaction_abort(transaction);
}

/* However many there are, each is a row of its own. */
static void test_many_names_of_one_skeleton(void **state)
{
	struct muster_transaction *transaction = writing(state);
	char name[16];

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		add(transaction, "localhost", "same", name);
	}
	for (int i = 0; i < 499; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_string_not_equal(other(transaction, "localhost", "same", name), name);
		forget(transaction, "localhost", "same", name);
	}
	assert_null(other(transaction, "localhost", "same", "name499"));
	assert_string_equal(other(transaction, "localhost", "same", "name0"), "name499");
	muster_transaction_abort(transaction);
}

static void overwrite(struct muster_transaction *transaction, const char *bytes)
{
	MDB_val key, value, written = { strlen(bytes), (void *)bytes };
	struct muster_key copy;
	MDB_cursor *cursor;

	assert_int_equal(mdb_cursor_open(transaction->txn, transaction->store->skeletons, &cursor), 0);
	assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
	memcpy(copy.bytes, key.mv_data, key.mv_size);
	copy.value = (MDB_val){ key.mv_size, copy.bytes };
	assert_int_equal(mdb_cursor_put(cursor, &copy.value, &written, MDB_CURRENT), 0);
	mdb_cursor_close(cursor);
}

static void test_damaged_and_newer_rows(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_text host = text("localhost"), skeleton = text("paypal"), name = text("paypa1");
	struct muster_buffer found = { 0 };

	add(transaction, "localhost", "paypal", "paypal");
	overwrite(transaction, "\1\1\0\0"); /* a size of four bytes is cut off */
	assert_error(muster_skeleton_find(transaction, host, skeleton, name, &found), MUSTER_CORRUPT);
	overwrite(transaction, "\2\1\0\0");
	assert_error(muster_skeleton_find(transaction, host, skeleton, name, &found), MUSTER_NEWER);
	assert_null(other(transaction, "localhost", "paypa", "paypa1"));
	add(transaction, "localhost", "paypal", "paypal");
	assert_string_equal(other(transaction, "localhost", "paypal", "paypa1"), "paypal");
	muster_transaction_abort(transaction);
}

static void test_the_version_of_an_index(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_buffer version = { 0 };

	assert_error(muster_skeleton_get_version(transaction, &version), MUSTER_NOT_FOUND);
	assert_error(muster_skeleton_set_version(transaction, MUSTER_NO_TEXT), MUSTER_OK);
	assert_error(muster_skeleton_set_version(transaction, text("one")), MUSTER_OK);
	assert_error(muster_skeleton_set_version(transaction, text("two")), MUSTER_OK);
	add(transaction, "localhost", "paypal", "paypal");
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_error(muster_skeleton_get_version(transaction, &version), MUSTER_OK);
	assert_text(muster_buffer_text(&version), "two");
	assert_error(muster_skeleton_clear(transaction), MUSTER_OK);
	assert_error(muster_skeleton_get_version(transaction, &version), MUSTER_NOT_FOUND);
	assert_null(other(transaction, "localhost", "paypal", "paypa1"));
	add(transaction, "localhost", "paypal", "paypal");
	assert_string_equal(other(transaction, "localhost", "paypal", "paypa1"), "paypal");
	muster_transaction_abort(transaction);
	muster_buffer_clear(&version);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_names_that_look_alike),
		cmocka_unit_test(test_names_that_do_not),
		cmocka_unit_test(test_the_longest_names),
		cmocka_unit_test(test_what_is_no_name),
		cmocka_unit_test(test_the_version_names_icu_and_unicode),
		TEST(test_another_name_is_found),
		TEST(test_hosts_and_skeletons_are_apart),
		TEST(test_rows_of_long_names),
		TEST(test_many_names_of_one_skeleton),
		TEST(test_damaged_and_newer_rows),
		TEST(test_the_version_of_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
