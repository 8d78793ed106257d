/* test_bucket.c -- buckets: what leaks, what stays, how long to wait. */
#include "support.h"

#include "muster/bucket.h"
#include "store/internal.h"

enum { NOW = 1000000, HOUR = 3600, ONE = MUSTER_BUCKET_ONE };

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

static struct muster_bucket bucket(const char *subject, uint32_t limit, int64_t period_s)
{
	return (struct muster_bucket){ text("localhost"), text(subject), limit, period_s };
}

static struct muster_level both(struct muster_transaction *transaction, struct muster_bucket of, int64_t now_s)
{
	struct muster_level found = { 99, 99 };

	assert_error(muster_bucket_read(transaction, &of, now_s, &found), MUSTER_OK);
	return found;
}

static uint64_t level(struct muster_transaction *transaction, struct muster_bucket of, int64_t now_s)
{
	return both(transaction, of, now_s).all;
}

static int64_t wait(struct muster_transaction *transaction, struct muster_bucket of, int64_t now_s)
{
	return muster_bucket_wait(&of, both(transaction, of, now_s));
}

static void add(struct muster_transaction *transaction, struct muster_bucket to, int64_t now_s, uint64_t amount)
{
	assert_error(muster_bucket_add(transaction, &to, now_s, (struct muster_level){ amount, 0 }), MUSTER_OK);
}

static void add_failure(struct muster_transaction *transaction, struct muster_bucket to, int64_t now_s)
{
	const struct muster_level failure = { MUSTER_BUCKET_FAILURE, MUSTER_BUCKET_FAILURE };

	assert_error(muster_bucket_add(transaction, &to, now_s, failure), MUSTER_OK);
}

static size_t rows(struct muster_transaction *transaction)
{
	MDB_stat status;

	assert_int_equal(mdb_stat(transaction->txn, transaction->store->buckets, &status), 0);
	return status.ms_entries;
}

/* --- leaking --- */

static void test_a_full_bucket_leaks_within_its_period(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket one = bucket("192.0.2.7", 3, HOUR);

	assert_int_equal(level(transaction, one, NOW), 0);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(wait(transaction, one, NOW), 0);
		add(transaction, one, NOW, ONE);
		assert_int_equal(level(transaction, one, NOW), i * ONE);
	}
	assert_int_equal(wait(transaction, one, NOW), HOUR / 3);
	assert_int_equal(level(transaction, one, NOW + 600), 2500);
	assert_true(wait(transaction, one, NOW + HOUR / 3 - 1) > 0);
	assert_int_equal(wait(transaction, one, NOW + HOUR / 3), 0);
	assert_int_equal(level(transaction, one, NOW + HOUR - 1), 1); /* what has begun to leak is there */
	assert_int_equal(level(transaction, one, NOW + HOUR), 0);
	assert_int_equal(level(transaction, one, NOW + 1000 * HOUR), 0);
	add(transaction, one, NOW + HOUR / 3, ONE / 5);
	assert_int_equal(level(transaction, one, NOW + HOUR / 3), 2200);
	assert_int_equal(wait(transaction, one, NOW + HOUR / 3), 240);
	muster_transaction_abort(transaction);
}

/* And what is above the limit leaks as well, so that nobody waits for ever. */
static void test_it_never_holds_more_than_one_above_its_limit(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket three = bucket("192.0.2.7", 3, HOUR), one = bucket("192.0.2.8", 1, HOUR);

	for (int i = 0; i < 100; i++) {
		add(transaction, three, NOW, ONE / 5 + 1);
		add(transaction, one, NOW, ONE);
	}
	add(transaction, one, NOW, UINT64_MAX / 2);
	assert_int_equal(level(transaction, three, NOW), 4 * ONE);
	assert_int_equal(wait(transaction, three, NOW), 2 * HOUR / 3);
	assert_int_equal(level(transaction, one, NOW), 2 * ONE);
	assert_int_equal(wait(transaction, one, NOW), 2 * HOUR);
	/* Nor would it show if the limit were raised. */
	assert_int_equal(level(transaction, bucket("192.0.2.8", 1000, HOUR), NOW), 2 * ONE);
	assert_int_equal(level(transaction, three, NOW + HOUR), ONE);
	assert_int_equal(level(transaction, three, NOW + HOUR + HOUR / 3), 0);
	assert_true(wait(transaction, one, NOW + 2 * HOUR - 1) > 0);
	assert_int_equal(wait(transaction, one, NOW + 2 * HOUR), 0);
	assert_int_equal(level(transaction, one, NOW + 2 * HOUR), 0);
	muster_transaction_abort(transaction);
}

/* After the wait there is room; a thousandth of the bucket earlier there was none. */
static void test_any_wait_is_long_enough_and_not_longer(void **state)
{
	struct muster_transaction *transaction = writing(state);
	uint32_t seed = 1;

	for (int i = 0; i < rounds(2000, 100); i++) {
		struct muster_bucket any = bucket("192.0.2.7", 1, 1);
		int64_t waited, grain;

		seed = seed * 1664525 + 1013904223;
		any.limit = 1 + (seed >> 8) % 20;
		any.period_s = 1 + (seed >> 12) % 200000;
		assert_error(muster_bucket_reset(transaction, &any), MUSTER_OK);
		add(transaction, any, NOW, (seed >> 16) % (any.limit * ONE + ONE + 1));
		waited = wait(transaction, any, NOW);
		grain = any.period_s / (any.limit * (int64_t)ONE) + 2;
		assert_int_equal(wait(transaction, any, NOW + waited), 0);
		if (waited > grain)
			assert_true(wait(transaction, any, NOW + waited - grain) > 0);
		assert_true(waited <= any.period_s / any.limit * 2 + 2);
	}
	muster_transaction_abort(transaction);
}

/* Somebody who mistypes a password, or picks a taken name, is not shut out where one registration is allowed. */
static void test_failed_tries_take_room_by_whole_registrations(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket one = bucket("192.0.2.7", 1, HOUR), three = bucket("192.0.2.8", 3, HOUR);

	for (int i = 1; i <= 4; i++) {
		add_failure(transaction, one, NOW);
		assert_int_equal(level(transaction, one, NOW), i * ONE / 5); /* it counts all the same */
		assert_int_equal(wait(transaction, one, NOW), 0);
	}
	add_failure(transaction, one, NOW);
	assert_int_equal(wait(transaction, one, NOW), HOUR / 5);
	assert_true(wait(transaction, one, NOW + HOUR / 5 - 1) > 0);
	assert_int_equal(wait(transaction, one, NOW + HOUR / 5), 0);
	/* What was let in is followed by the whole wait, and failing makes it no shorter. */
	add(transaction, one, NOW + HOUR / 5, ONE);
	assert_int_equal(level(transaction, one, NOW + HOUR / 5), 9 * ONE / 5);
	assert_int_equal(wait(transaction, one, NOW + HOUR / 5), HOUR);
	/* Five take the room of one. */
	for (int i = 0; i < 5; i++)
		add_failure(transaction, three, NOW);
	add(transaction, three, NOW, ONE);
	assert_int_equal(wait(transaction, three, NOW), 0);
	add(transaction, three, NOW, ONE);
	assert_int_equal(wait(transaction, three, NOW), HOUR / 3 / 5); /* as long as the fifth takes to leak away */
	assert_int_equal(both(transaction, three, NOW).failed, ONE);
	/* They are the last to leak away. */
	assert_int_equal(both(transaction, three, NOW + HOUR / 2).all, 3 * ONE / 2);
	assert_int_equal(both(transaction, three, NOW + HOUR / 2).failed, ONE);
	assert_int_equal(both(transaction, three, NOW + HOUR - 1).failed, 1);
	muster_transaction_abort(transaction);
}

/* Guessing goes on no faster than the bucket leaks, and fills it no higher than anything else. */
static void test_failed_tries_without_end(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket three = bucket("192.0.2.7", 3, HOUR);
	int failed = 0;

	for (int64_t now_s = NOW; now_s < NOW + 10 * HOUR; now_s++)
		for (; wait(transaction, three, now_s) == 0; failed++)
			add_failure(transaction, three, now_s);
	assert_in_range(failed, 10 * 15, 11 * 15);
	for (int i = 0; i < 100; i++)
		add_failure(transaction, three, NOW + 10 * HOUR);
	assert_int_equal(level(transaction, three, NOW + 10 * HOUR), 4 * ONE);
	assert_int_equal(both(transaction, three, NOW + 10 * HOUR).failed, 4 * ONE);
	muster_transaction_abort(transaction);
}

static void test_a_limit_that_was_changed(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket few = bucket("192.0.2.7", 3, HOUR), many = bucket("192.0.2.7", 60, HOUR);

	for (int i = 0; i < 3; i++)
		add(transaction, few, NOW, ONE);
	assert_int_equal(wait(transaction, many, NOW), 0);
	assert_int_equal(level(transaction, many, NOW + 60), 2 * ONE); /* it leaks as a bucket of sixty */
	for (int i = 0; i < 60; i++)
		add(transaction, many, NOW, ONE);
	assert_int_equal(level(transaction, many, NOW), 61 * ONE);
	/* Nobody waits for what the old limit let in. */
	assert_int_equal(level(transaction, few, NOW), 4 * ONE);
	assert_int_equal(wait(transaction, few, NOW), 2 * HOUR / 3);
	muster_transaction_abort(transaction);
}

static void test_a_clock_that_was_set_back(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket one = bucket("192.0.2.7", 3, HOUR);

	for (int i = 0; i < 3; i++)
		add(transaction, one, NOW, ONE);
	assert_int_equal(level(transaction, one, NOW - 10), 3 * ONE);
	assert_int_equal(wait(transaction, one, NOW - 10), HOUR / 3);
	add(transaction, one, NOW - 10, ONE / 5);
	assert_int_equal(level(transaction, one, NOW - 10), 3200);
	assert_int_equal(level(transaction, one, NOW - 10 + 1200), 2200);
	muster_transaction_abort(transaction);
}

/* What a clock that was far ahead has counted would keep somebody out until then. */
static void test_a_clock_that_was_ahead(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket one = bucket("192.0.2.7", 3, HOUR);

	for (int i = 0; i < 4; i++)
		add(transaction, one, NOW + 365 * 86400, ONE);
	assert_int_equal(level(transaction, one, NOW), 0);
	add(transaction, one, NOW, ONE);
	assert_int_equal(level(transaction, one, NOW), ONE);
	assert_int_equal(level(transaction, one, NOW + HOUR), 0);
	muster_transaction_abort(transaction);
}

/* --- which bucket --- */

static void test_windows_subjects_and_hosts_are_apart(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket hour = bucket("192.0.2.7", 3, HOUR), day = bucket("192.0.2.7", 5, 86400),
			     other = bucket("192.0.2.70", 3, HOUR), elsewhere = bucket("192.0.2.7", 3, HOUR);

	elsewhere.host = text("localhost2");
	for (int i = 0; i < 3; i++) {
		add(transaction, hour, NOW, ONE);
		add(transaction, day, NOW, ONE);
	}
	assert_int_equal(level(transaction, hour, NOW + HOUR), 0);
	assert_int_equal(level(transaction, day, NOW + HOUR), 3 * ONE - 5 * ONE / 24);
	assert_int_equal(level(transaction, other, NOW), 0);
	assert_int_equal(level(transaction, elsewhere, NOW), 0);
	assert_error(muster_bucket_reset(transaction, &hour), MUSTER_OK);
	assert_error(muster_bucket_reset(transaction, &hour), MUSTER_OK);
	assert_int_equal(level(transaction, hour, NOW), 0);
	assert_int_equal(level(transaction, day, NOW), 3 * ONE);
	muster_transaction_abort(transaction);
}

static void test_buckets_survive_the_process(void **state)
{
	struct place *place = *state;
	struct muster_transaction *transaction = writing(state);

	add(transaction, bucket("192.0.2.7", 3, HOUR), NOW, ONE);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(place);
	transaction = writing(state);
	assert_int_equal(level(transaction, bucket("192.0.2.7", 3, HOUR), NOW), ONE);
	muster_transaction_abort(transaction);
}

/* --- sweeping --- */

static void fill(struct muster_transaction *transaction, int from, int to, int64_t now_s)
{
	for (int i = from; i < to; i++) {
		char subject[32];

		snprintf(subject, sizeof(subject), "10.0.%d.%d", i / 256, i % 256);
		add(transaction, bucket(subject, 3, HOUR), now_s, i % 2 ? ONE : 4 * ONE);
	}
}

/* Whether they are full to the brim or not. */
static void test_empty_buckets_are_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);

	fill(transaction, 0, 500, NOW);
	assert_int_equal(rows(transaction), 500);
	fill(transaction, 500, 1000, NOW + 2 * HOUR);
	assert_in_range(rows(transaction), 500, 990);
	for (int i = 0; i < 1000; i++)
		add(transaction, bucket("10.0.2.0", 3, HOUR), NOW + 10 * HOUR, 1);
	assert_int_equal(rows(transaction), 1);
	muster_transaction_abort(transaction);
}

static void test_what_is_not_empty_is_not_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);

	fill(transaction, 0, 200, NOW);
	fill(transaction, 0, 200, NOW + 60);
	assert_int_equal(rows(transaction), 200);
	muster_transaction_abort(transaction);
}

/* --- walking --- */

struct walk {
	char seen[512];
	int count, stop_after;
};

static bool see(void *context, const struct muster_bucket *of, struct muster_level found)
{
	struct walk *walk = context;
	size_t size = strlen(walk->seen);

	if (walk->count == walk->stop_after)
		return false;
	walk->count++;
	assert_text(of->host, "localhost");
	snprintf(walk->seen + size, sizeof(walk->seen) - size, "%.*s %u/%d %u;", (int)of->subject.size,
	         of->subject.data, (unsigned)of->limit, (int)of->period_s, (unsigned)found.all);
	return true;
}

static void walk_on(struct muster_transaction *transaction, struct walk *walk, struct muster_buffer *position,
                    int64_t now_s, size_t most)
{
	memset(walk->seen, 0, sizeof(walk->seen));
	walk->count = 0;
	assert_error(muster_bucket_walk(transaction, text("localhost"), now_s, position, most, see, walk), MUSTER_OK);
}

static void test_walking(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket elsewhere = bucket("192.0.2.7", 3, HOUR);
	struct muster_buffer position = { 0 };
	struct walk walk = { .stop_after = -1 };

	walk_on(transaction, &walk, &position, NOW, 10);
	assert_string_equal(walk.seen, "");
	add(transaction, bucket("b", 3, HOUR), NOW, ONE);
	add(transaction, bucket("a", 3, 60), NOW, ONE);
	add(transaction, bucket("a", 5, HOUR), NOW, 2 * ONE);
	elsewhere.host = text("localhos");
	add(transaction, elsewhere, NOW, ONE);
	elsewhere.host = text("localhosu");
	add(transaction, elsewhere, NOW, ONE);
	walk_on(transaction, &walk, &position, NOW, 10);
	assert_string_equal(walk.seen, "a 5/3600 2000;a 3/60 1000;b 3/3600 1000;");
	assert_int_equal(position.size, 0);
	walk_on(transaction, &walk, &position, NOW + 60, 10); /* empty ones are not shown */
	assert_string_equal(walk.seen, "a 5/3600 1917;b 3/3600 950;");
	walk_on(transaction, &walk, &position, NOW, 2);
	assert_string_equal(walk.seen, "a 5/3600 2000;a 3/60 1000;");
	assert_true(position.size > 0);
	add(transaction, bucket("aa", 3, HOUR), NOW, ONE);
	walk_on(transaction, &walk, &position, NOW, 10);
	assert_string_equal(walk.seen, "aa 3/3600 1000;b 3/3600 1000;");
	assert_int_equal(position.size, 0);
	walk.stop_after = 1; /* it stops before the second, which comes next */
	walk_on(transaction, &walk, &position, NOW, 10);
	assert_string_equal(walk.seen, "a 5/3600 2000;");
	walk_on(transaction, &walk, &position, NOW, 10);
	assert_string_equal(walk.seen, "a 3/60 1000;");
	muster_buffer_clear(&position);
	muster_transaction_abort(transaction);
}

/* --- rows that cannot be --- */

#define FIELD(tag, value) tag "\0\0\0\x8" value
#define NUMBER(value) "\0\0\0\0\0\0\0" value

static void test_damaged_and_newer_rows(void **state)
{
	static const struct {
		struct muster_text bytes;
		int error;
	} records[] = {
		{ MUSTER_TEXT(""), MUSTER_CORRUPT },
		{ MUSTER_TEXT("\1"), MUSTER_CORRUPT },
		{ MUSTER_TEXT("\1\2\0\0"), MUSTER_CORRUPT },
		{ MUSTER_TEXT("\2\2\0\0"), MUSTER_NEWER },
		{ MUSTER_TEXT("\1" FIELD("\2", NUMBER("\3")) FIELD("\4", NUMBER("\7"))), MUSTER_CORRUPT },
		/* Nothing can leak out of a bucket without a limit. */
		{ MUSTER_TEXT("\1" FIELD("\3", NUMBER("\7")) FIELD("\4", NUMBER("\7"))), MUSTER_CORRUPT },
		{ MUSTER_TEXT("\1" FIELD("\2", NUMBER("\3")) FIELD("\3", "\xff\0\0\0\0\0\0\0")), MUSTER_CORRUPT },
		{ MUSTER_TEXT("\1" FIELD("\2", NUMBER("\3")) FIELD("\3", NUMBER("\7"))
		                      FIELD("\5", "\x80\0\0\0\0\0\0\0")),
		  MUSTER_CORRUPT },
	};
	struct muster_transaction *transaction = writing(state);
	struct muster_bucket one = bucket("192.0.2.7", 3, HOUR);
	MDB_val key = { 24, "localhost\000192.0.2.7 3600" };

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		MDB_val value = { records[i].bytes.size, (void *)records[i].bytes.data };
		struct muster_buffer position = { 0 };
		struct walk walk = { .stop_after = -1 };
		struct muster_level found;

		assert_int_equal(mdb_put(transaction->txn, transaction->store->buckets, &key, &value, 0), 0);
		assert_error(muster_bucket_read(transaction, &one, NOW, &found), records[i].error);
		assert_error(muster_bucket_add(transaction, &one, NOW, (struct muster_level){ ONE, 0 }),
		             records[i].error);
		assert_error(muster_bucket_walk(transaction, text("localhost"), NOW, &position, 9, see, &walk),
		             records[i].error);
		muster_buffer_clear(&position);
		/* Nobody else is kept out. */
		add(transaction, bucket("192.0.2.6", 3, HOUR), NOW, ONE);
	}
	assert_error(muster_bucket_reset(transaction, &one), MUSTER_OK);
	add(transaction, one, NOW, ONE);
	muster_transaction_abort(transaction);
}

static bool note_unread(void *context, struct muster_text key, int error)
{
	char *noted = context;
	size_t size = strlen(noted);

	snprintf(noted + size, 256 - size, "%.*s %s;", (int)key.size, key.data, muster_error_name(error));
	return true;
}

static void test_a_walk_that_tells_of_rows_it_cannot_read(void **state)
{
	static const struct muster_text damaged[] = { MUSTER_TEXT("\1\2\0\0"), MUSTER_TEXT("\2\2\0\0") };
	struct muster_transaction *transaction = writing(state);
	struct muster_buffer position = { 0 };
	char noted[256] = "";
	struct walk walk = { .stop_after = -1 };
	MDB_val keys[] = { { 24, "localhost\000192.0.2.2 3600" }, { 24, "localhost\000192.0.2.4 3600" } };

	for (int last = 1; last <= 5; last++) {
		char subject[16];

		snprintf(subject, sizeof(subject), "192.0.2.%d", last);
		add(transaction, bucket(subject, 3, HOUR), NOW, ONE);
	}
	for (size_t i = 0; i < 2; i++) {
		MDB_val value = { damaged[i].size, (void *)damaged[i].data };

		assert_int_equal(mdb_put(transaction->txn, transaction->store->buckets, &keys[i], &value, 0), 0);
	}
	muster_transaction_tell_unread(transaction, note_unread, noted);
	do
		assert_error(muster_bucket_walk(transaction, text("localhost"), NOW, &position, 2, see, &walk),
		             MUSTER_OK);
	while (position.size > 0);
	assert_string_equal(noted, "192.0.2.2 3600 corrupt;192.0.2.4 3600 newer;");
	assert_string_equal(walk.seen, "192.0.2.1 3/3600 1000;192.0.2.3 3/3600 1000;192.0.2.5 3/3600 1000;");
	muster_transaction_abort(transaction);
}

static void test_what_a_key_says(void **state)
{
	static const char *const wrong[] = {
		"",   " ", "192.0.2.2", "192.0.2.2 ", "192.0.2.2 0", "192.0.2.2 36x", "192.0.2.2 99999999999999999999",
		" -1"
	};
	struct muster_bucket found;

	(void)state;
	assert_error(muster_bucket_of_key(text("localhost"), text("2001:db8::/64 3600"), &found), MUSTER_OK);
	assert_text(found.host, "localhost");
	assert_text(found.subject, "2001:db8::/64");
	assert_int_equal(found.period_s, 3600);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_error(muster_bucket_of_key(text("localhost"), text(wrong[i]), &found), MUSTER_MALFORMED);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_full_bucket_leaks_within_its_period),
		TEST(test_it_never_holds_more_than_one_above_its_limit),
		TEST(test_any_wait_is_long_enough_and_not_longer),
		TEST(test_failed_tries_take_room_by_whole_registrations),
		TEST(test_failed_tries_without_end),
		TEST(test_a_limit_that_was_changed),
		TEST(test_a_clock_that_was_set_back),
		TEST(test_a_clock_that_was_ahead),
		TEST(test_windows_subjects_and_hosts_are_apart),
		TEST(test_buckets_survive_the_process),
		TEST(test_empty_buckets_are_swept),
		TEST(test_what_is_not_empty_is_not_swept),
		TEST(test_walking),
		TEST(test_damaged_and_newer_rows),
		TEST(test_a_walk_that_tells_of_rows_it_cannot_read),
		TEST(test_what_a_key_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
