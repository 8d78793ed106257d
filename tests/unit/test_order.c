/* test_order.c -- operations by name, and what they leave in the store. */
#include "support.h"

#include <stdlib.h>

#include "base/memory.h"

#define BILL "<username>bill</username><password>Calliope</password>"

#define assert_verdict(outcome, wanted) assert_string_equal(verdict(outcome), wanted)

static void add(struct place *place, const char *name)
{
	assert_error(order(place, MUSTER_REGISTER, name, "Calliope"), MUSTER_OK);
}

static void test_orders(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "a b", "x"), MUSTER_BAD_NAME);
	assert_error(order(place, MUSTER_REGISTER, "bill", ""), MUSTER_BAD_PASSWORD);
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "bill", "x"), MUSTER_NOT_FOUND);
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_NOT_FOUND);
	assert_error(order(place, MUSTER_REGISTER, "Bill", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "bill", "x"), MUSTER_EXISTS);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "x"), MUSTER_WRONG_PASSWORD);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "nobody", "x"), MUSTER_WRONG_PASSWORD);
	assert_error(order(place, MUSTER_DISABLE, "bill", NULL), MUSTER_OK);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "Calliope"), MUSTER_DISABLED);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "x"), MUSTER_WRONG_PASSWORD);
	assert_string_equal(login(place, "bill", "Calliope"), "account-disabled");
	assert_string_equal(login(place, "bill", "x"), "not-authorized");
	assert_error(order(place, MUSTER_ENABLE, "bill", NULL), MUSTER_OK);
	assert_null(login(place, "bill", "Calliope"));
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "bill", "new"), MUSTER_OK);
	assert_null(login(place, "bill", "new"));
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
	assert_int_equal(state_of(place, "bill"), 0);
}

/* Prosody 13 makes an account in three calls. */
static void test_an_account_in_three_steps(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_CREATE, "bill", NULL), MUSTER_OK);
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_UNFINISHED);
	assert_error(order(place, MUSTER_CREATE, "bill", NULL), MUSTER_EXISTS);
	assert_verdict(set(place, stranger(), BILL), "conflict cancel 409");
	assert_string_equal(login(place, "bill", "Calliope"), "not-authorized");
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "bill", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_ENABLE, "bill", NULL), MUSTER_OK);
	assert_null(login(place, "bill", "Calliope"));
}

/* A reservation whose maker died does not keep the name for ever. */
static void test_an_old_reservation_gives_way(void **state)
{
	struct place *place = *state;
	struct muster_account stale = {
		.host = text("localhost"), .name = text("bill"), .state = MUSTER_ACCOUNT_UNFINISHED, .created_s = 1
	};
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	muster_account_put(transaction, &stale);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_verdict(set(place, stranger(), BILL), "result");
	assert_null(login(place, "bill", "Calliope"));
}

/* R-438-02, R-438-03, R-438-04: more rounds for whoever changes the password next */
static void test_both_sets_of_keys_with_salts_of_their_own(void **state)
{
	struct place *place = *state;
	struct muster_transaction *transaction;
	struct muster_account before, after;

	add(place, "bill");
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("bill"), &before), MUSTER_OK);
	muster_transaction_abort(transaction);
	set_option(place, "default_iteration_count", number(5000));
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "bill", "Calliope"), MUSTER_OK);
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("bill"), &after), MUSTER_OK);
	muster_transaction_abort(transaction);
	for (enum muster_hash hash = 0; hash <= MUSTER_SHA_256; hash++) {
		assert_int_equal(before.keys[hash].iterations, 4096);
		assert_int_equal(after.keys[hash].iterations, 5000);
		assert_true(before.keys[hash].salt_size >= 16);
		assert_memory_not_equal(before.keys[hash].salt, after.keys[hash].salt, 16);
	}
	assert_memory_not_equal(before.keys[MUSTER_SHA_1].salt, before.keys[MUSTER_SHA_256].salt, 16);
	muster_account_clear(&before);
	muster_account_clear(&after);
}

/* R-438-01: neither the password nor its ASCII case variant stands in the store's files. */
static void test_no_password_in_the_store(void **state)
{
	struct place *place = *state;
	static char bytes[1 << 20];
	FILE *file;
	size_t size;

	assert_error(order(place, MUSTER_REGISTER, "bill", "a-password-like-no-other"), MUSTER_OK);
	file = fopen(path_in(place->directory, "data.mdb"), "rb");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_true(size > 8192);
	assert_null(memmem(bytes, size, "a-password-like-no-other", 24));
	assert_non_null(memmem(bytes, size, "bill", 4));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_orders),
		TEST(test_an_account_in_three_steps),
		TEST(test_an_old_reservation_gives_way),
		TEST(test_both_sets_of_keys_with_salts_of_their_own),
		TEST(test_no_password_in_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
