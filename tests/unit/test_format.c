/* test_format.c -- rows byte by byte, as docs/format.md has them: what is written, and what may be read. */
#include "support.h"

#include "muster/attempt.h"
#include "muster/claim.h"
#include "muster/due.h"
#include "muster/tombstone.h"
#include "store/internal.h"

#define FIELD(tag, size, value) tag "\0\0\0" size value
#define TIME "\0\0\0\1\2\3\4\5" /* of eight bytes */
#define TIME_S INT64_C(0x0102030405)
#define UNKNOWN FIELD("\x7f", "\3", "new")

/* The SHA-256 of "juliet" */
#define HASH                                                                                                           \
	"\xbd\x86\x2c\xc1\x10\x7a\x53\x52\xef\xbc\x4f\x4e\xdc\x69\x05\x60"                                             \
	"\x71\x46\xa1\xc9\x9f\x6a\x39\x86\x77\x86\xe9\x26\x54\x3c\x42\x3c"

static const struct muster_text host = { "localhost", 9 }, name = { "juliet", 6 };

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

#define assert_row(transaction, database, key, value)                                                                  \
	assert_row_(transaction, database, MUSTER_TEXT(key), MUSTER_TEXT(value))

static void assert_row_(struct muster_transaction *transaction, const char *database_name, struct muster_text key,
                        struct muster_text value)
{
	MDB_dbi database;
	MDB_cursor *cursor;
	MDB_val found_key, found;

	assert_int_equal(mdb_dbi_open(transaction->txn, database_name, 0, &database), 0);
	assert_int_equal(mdb_cursor_open(transaction->txn, database, &cursor), 0);
	assert_int_equal(mdb_cursor_get(cursor, &found_key, &found, MDB_FIRST), 0);
	assert_int_equal(found_key.mv_size, key.size);
	assert_memory_equal(found_key.mv_data, key.data, key.size);
	assert_int_equal(found.mv_size, value.size);
	assert_memory_equal(found.mv_data, value.data, value.size);
	assert_int_equal(mdb_cursor_get(cursor, &found_key, &found, MDB_NEXT), MDB_NOTFOUND);
	mdb_cursor_close(cursor);
}

#define put_row(transaction, database, key, value) put_row_(transaction, database, MUSTER_TEXT(key), MUSTER_TEXT(value))

static void put_row_(struct muster_transaction *transaction, MDB_dbi database, struct muster_text key,
                     struct muster_text value)
{
	MDB_val name_of_row = { key.size, (void *)key.data }, bytes = { value.size, (void *)value.data };

	assert_int_equal(mdb_put(transaction->txn, database, &name_of_row, &bytes, 0), 0);
}

/* --- what is written --- */

static const struct muster_attempt attempt = {
	.host = { "localhost", 9 }, .kind = { "proof", 5 }, .subject = { "juliet", 6 }, .period_s = 1
};

static void test_attempts(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_attempt_add(transaction, &attempt, TIME_S - 1), MUSTER_OK);
	assert_row(transaction, "attempts", "localhost\0proof/juliet",
	           "\1" FIELD("\1", "\x8", TIME) FIELD("\2", "\x8", "\0\0\0\1\2\3\4\4"));
	muster_transaction_abort(transaction);
}

static void test_claims(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_claim_take(transaction, host, name, text("j@c.lit")), MUSTER_OK);
	assert_row(transaction, "claims", "localhost\0juliet",
	           "\1" FIELD("\1", "\6", "juliet") FIELD("\2", "\7", "j@c.lit"));
	muster_transaction_abort(transaction);
}

static void test_due(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_due_add(transaction, host, name, TIME_S), MUSTER_OK);
	assert_row(transaction, "due", "localhost\0" TIME HASH, "\1" FIELD("\1", "\6", "juliet"));
	muster_transaction_abort(transaction);
}

static void test_tombstones(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_tombstone_put(transaction, host, name, TIME_S, -1), MUSTER_OK);
	assert_row(transaction, "tombstones", "localhost\0juliet",
	           "\1" FIELD("\1", "\6", "juliet") FIELD("\2", "\x8", TIME));
	muster_transaction_abort(transaction);
}

/* --- what may be read: a tag that is not known is passed over --- */

static bool count_names(void *context, struct muster_text found)
{
	assert_text(found, "juliet");
	++*(int *)context;
	return true;
}

static void test_tags_that_are_not_known(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const struct muster_store *store = transaction->store;
	int64_t at_s;
	size_t count;
	int names = 0;

	put_row(transaction, store->attempts, "localhost\0proof/juliet",
	        "\1" UNKNOWN FIELD("\2", "\x8", TIME) FIELD("\x7f", "\x8", TIME));
	assert_error(muster_attempt_count(transaction, &attempt, TIME_S, &count), MUSTER_OK);
	assert_int_equal(count, 1);
	put_row(transaction, store->claims, "localhost\0juliet",
	        "\1" FIELD("\x7f", "\7", "r@m.lit") FIELD("\2", "\7", "j@c.lit"));
	assert_error(muster_claim_take(transaction, host, name, text("j@c.lit")), MUSTER_OK);
	assert_error(muster_claim_take(transaction, host, name, text("r@m.lit")), MUSTER_EXISTS);
	put_row(transaction, store->due, "localhost\0" TIME HASH, "\1" UNKNOWN FIELD("\1", "\6", "juliet") UNKNOWN);
	assert_error(muster_due_walk(transaction, host, TIME_S + 1, count_names, &names), MUSTER_OK);
	assert_int_equal(names, 1);
	put_row(transaction, store->tombstones, "localhost\0juliet",
	        "\1" UNKNOWN FIELD("\2", "\x8", TIME) FIELD("\x7f", "\x8", "\0\0\0\0\0\0\0\0"));
	assert_error(muster_tombstone_get(transaction, host, name, &at_s), MUSTER_OK);
	assert_true(at_s == TIME_S);
	muster_transaction_abort(transaction);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attempts),
		TEST(test_claims),
		TEST(test_due),
		TEST(test_tombstones),
		TEST(test_tags_that_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
