/* test_tombstone.c -- names of removed accounts. */
#include "rows.h"

#include "muster/tombstone.h"

static int64_t removed_at(struct muster_transaction *transaction, const char *host, const char *name)
{
	int64_t at_s = -1;
	int error = muster_tombstone_get(transaction, text(host), text(name), &at_s);

	if (error == MUSTER_NOT_FOUND)
		return -1;
	assert_error(error, MUSTER_OK);
	return at_s;
}

static void keep(struct muster_transaction *transaction, const char *host, const char *name, int64_t at_s)
{
	assert_error(muster_tombstone_put(transaction, text(host), text(name), at_s, -1), MUSTER_OK);
}

static void test_names_are_kept(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_int_equal(removed_at(transaction, "localhost", "juliet"), -1);
	keep(transaction, "localhost", "juliet", 1000);
	keep(transaction, "localhost", "romeo", INT64_MAX);
	assert_int_equal(removed_at(transaction, "localhost", "juliet"), 1000);
	assert_true(removed_at(transaction, "localhost", "romeo") == INT64_MAX);
	keep(transaction, "localhost", "juliet", 2000);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_int_equal(removed_at(transaction, "localhost", "juliet"), 2000);
	assert_int_equal(removed_at(transaction, "localhost", "julie"), -1);
	assert_int_equal(removed_at(transaction, "localhos", "juliet"), -1);
	assert_int_equal(removed_at(transaction, "localhos", "tjuliet"), -1);
	muster_transaction_abort(transaction);
}

struct kept {
	int count, most;
	int64_t at_s;
};

static bool see_kept(void *context, struct muster_text name, int64_t at_s)
{
	struct kept *kept = context;

	if (kept->count == kept->most)
		return false;
	assert_int_equal(name.size, 5);
	kept->count++;
	kept->at_s += at_s;
	return true;
}

static void test_a_walk_sees_each_kept_name_once(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_buffer position = { 0 };
	struct kept kept = { .most = 1000 };
	int64_t wanted = 0;
	int calls = 0;

	for (int i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "nam%02d", i);
		keep(transaction, "localhos", name, 1);
		keep(transaction, "localhost", name, 1000 + i);
		keep(transaction, "localhosts", name, 1);
		wanted += 1000 + i;
	}
	do
		assert_error(muster_tombstone_walk(transaction, text("localhost"), &position, 7, see_kept, &kept),
		             MUSTER_OK);
	while (position.size > 0 && ++calls < 100);
	assert_int_equal(kept.count, 40);
	assert_int_equal(kept.at_s, wanted);
	kept = (struct kept){ .most = 3 };
	assert_error(muster_tombstone_walk(transaction, text("localhost"), &position, 7, see_kept, &kept), MUSTER_OK);
	kept.most = 40;
	assert_error(muster_tombstone_walk(transaction, text("localhost"), &position, 100, see_kept, &kept), MUSTER_OK);
	assert_int_equal(kept.count, 40);
	muster_transaction_abort(transaction);
}

static void test_names_are_given_free(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_text host = text("localhost");

	assert_error(muster_tombstone_remove(transaction, host, text("juliet")), MUSTER_OK);
	keep(transaction, "localhost", "juliet", 1000);
	keep(transaction, "localhos", "juliet", 1000);
	assert_error(muster_tombstone_remove(transaction, host, text("juliet")), MUSTER_OK);
	assert_int_equal(removed_at(transaction, "localhost", "juliet"), -1);
	assert_int_equal(removed_at(transaction, "localhos", "juliet"), 1000);
	muster_transaction_abort(transaction);
}

static void test_long_names_are_kept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const char *one = long_name('y'), *other = long_name('z');

	keep(transaction, "localhost", one, 1000);
	assert_int_equal(removed_at(transaction, "localhost", one), 1000);
	assert_int_equal(removed_at(transaction, "localhost", other), -1);
	keep(transaction, "localhost", other, 2000);
	assert_error(muster_tombstone_remove(transaction, text("localhost"), text(one)), MUSTER_OK);
	assert_int_equal(removed_at(transaction, "localhost", one), -1);
	assert_int_equal(removed_at(transaction, "localhost", other), 2000);
	muster_transaction_abort(transaction);
}

static void test_names_in_damaged_and_newer_rows(void **state)
{
	struct muster_transaction *transaction = writing(state);
	int64_t at_s;

	keep(transaction, "localhost", "juliet", 1000);
	overwrite(transaction, transaction->store->tombstones, CUT);
	assert_error(muster_tombstone_get(transaction, text("localhost"), text("juliet"), &at_s), MUSTER_CORRUPT);
	overwrite(transaction, transaction->store->tombstones, NEWER);
	assert_error(muster_tombstone_get(transaction, text("localhost"), text("juliet"), &at_s), MUSTER_NEWER);
	keep(transaction, "localhost", "juliet", 2000);
	assert_int_equal(removed_at(transaction, "localhost", "juliet"), 2000);
	muster_transaction_abort(transaction);
}

static void keep_many(struct muster_transaction *transaction, const char *host, const char *prefix, int64_t at_s)
{
	char name[16];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		keep(transaction, host, name, at_s);
	}
}

/* Wherever the host's rows are: behind the one that is written, before it. Another host may keep names for longer. */
static void test_names_that_are_kept_no_longer_are_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	MDB_dbi tombstones = transaction->store->tombstones;

	keep_many(transaction, "a", "juliet", 100);
	keep_many(transaction, "localhost", "a", 100);
	keep_many(transaction, "localhost", "b", 200);
	keep_many(transaction, "localhost", "z", 100);
	keep_many(transaction, "z", "juliet", 100);
	for (int i = 0; i < 200; i++)
		keep(transaction, "localhost", "juliet", 1000);
	assert_int_equal(count_rows(transaction, tombstones), 201);
	for (int i = 0; i < 200; i++)
		assert_error(muster_tombstone_put(transaction, text("localhost"), text("juliet"), 1099, 1000),
		             MUSTER_OK);
	assert_int_equal(count_rows(transaction, tombstones), 201); /* for the last second */
	for (int i = 0; i < 80; i++)
		assert_error(muster_tombstone_put(transaction, text("localhost"), text("juliet"), 1100, 1000),
		             MUSTER_OK);
	assert_int_equal(count_rows(transaction, tombstones), 121);
	assert_int_equal(removed_at(transaction, "localhost", "b0"), 200);
	assert_int_equal(removed_at(transaction, "a", "juliet0"), 100);
	assert_int_equal(removed_at(transaction, "z", "juliet0"), 100);
	muster_transaction_abort(transaction);
}

static void test_names_that_cannot_be_read_are_not_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const struct muster_text rows[] = { CUT, NEWER };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keep(transaction, "localhost", "juliet", 100);
		overwrite(transaction, transaction->store->tombstones, rows[i]);
		for (int j = 0; j < 4; j++)
			assert_error(muster_tombstone_put(transaction, text("localhost"), text("romeo"), 9999, 1),
			             MUSTER_OK);
		assert_int_equal(count_rows(transaction, transaction->store->tombstones), 2);
		assert_error(muster_tombstone_remove(transaction, text("localhost"), text("romeo")), MUSTER_OK);
	}
	muster_transaction_abort(transaction);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_are_kept),
		TEST(test_a_walk_sees_each_kept_name_once),
		TEST(test_names_are_given_free),
		TEST(test_long_names_are_kept),
		TEST(test_names_in_damaged_and_newer_rows),
		TEST(test_names_that_are_kept_no_longer_are_swept),
		TEST(test_names_that_cannot_be_read_are_not_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
