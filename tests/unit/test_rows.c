/* test_rows.c -- what is kept beside accounts: attempts, claims, what is due. */
#include "rows.h"

#include "muster/account.h"
#include "muster/attempt.h"
#include "muster/audit.h"
#include "muster/claim.h"
#include "muster/directive.h"
#include "muster/due.h"
#include "muster/tombstone.h"

/* --- attempts --- */

static struct muster_attempt against(const char *subject)
{
	return (struct muster_attempt){
		.host = text("localhost"), .kind = text("proof"), .subject = text(subject), .period_s = 100
	};
}

static size_t count(struct muster_transaction *transaction, struct muster_attempt attempt, int64_t now_s)
{
	size_t found = 99;

	assert_error(muster_attempt_count(transaction, &attempt, now_s, &found), MUSTER_OK);
	return found;
}

static void add(struct muster_transaction *transaction, struct muster_attempt attempt, int64_t now_s)
{
	assert_error(muster_attempt_add(transaction, &attempt, now_s), MUSTER_OK);
}

static void test_attempts_count_for_a_period(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt attempt = against("juliet");

	assert_int_equal(count(transaction, attempt, 1000), 0);
	add(transaction, attempt, 1000);
	assert_int_equal(count(transaction, attempt, 1000), 1);
	add(transaction, attempt, 1050);
	add(transaction, attempt, 1050);
	assert_int_equal(count(transaction, attempt, 1050), 3);
	assert_int_equal(count(transaction, attempt, 1099), 3);
	assert_int_equal(count(transaction, attempt, 1100), 2);
	assert_int_equal(count(transaction, attempt, 1149), 2);
	assert_int_equal(count(transaction, attempt, 1150), 0);
	add(transaction, attempt, 1149);
	assert_int_equal(count(transaction, attempt, 1149), 3);
	assert_int_equal(count(transaction, attempt, 1248), 1);
	assert_int_equal(count(transaction, attempt, 1249), 0);
	muster_transaction_abort(transaction);
}

/* What lies ahead would keep somebody out until then. */
static void test_attempts_and_a_clock_that_was_ahead(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt attempt = against("juliet");

	add(transaction, attempt, 1000000);
	assert_int_equal(count(transaction, attempt, 999999), 0);
	add(transaction, attempt, 1000);
	assert_int_equal(count(transaction, attempt, 1000), 1);
	assert_int_equal(count(transaction, attempt, 1001), 1);
	assert_int_equal(count(transaction, attempt, 1000000), 0);
	muster_transaction_abort(transaction);
}

/* The period is a setting, and may be another one meanwhile. */
static void test_attempts_and_another_period(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt attempt = against("juliet");

	add(transaction, attempt, 1000);
	attempt.period_s = 10;
	assert_int_equal(count(transaction, attempt, 1010), 0);
	assert_int_equal(count(transaction, attempt, 1009), 1);
	attempt.period_s = 1000;
	assert_int_equal(count(transaction, attempt, 1999), 1);
	muster_transaction_abort(transaction);
}

static void test_attempts_survive_the_process(void **state)
{
	struct muster_transaction *transaction = writing(state);

	add(transaction, against("juliet"), 1000);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_int_equal(count(transaction, against("juliet"), 1000), 1);
	muster_transaction_abort(transaction);
}

static void test_attempts_of_many_subjects(void **state)
{
	struct muster_transaction *transaction = writing(state);
	char name[16];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		for (int j = 0; j < i % 4; j++)
			add(transaction, against(name), 1000 + j);
	}
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_int_equal(count(transaction, against(name), 1010), i % 4);
	}
	muster_transaction_abort(transaction);
}

static void test_attempts_that_are_remembered_of_one(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt attempt = against("juliet");

	attempt.period_s = 100000;
	for (int i = 0; i < MUSTER_ATTEMPTS_MAX + 50; i++)
		add(transaction, attempt, 1000 + i);
	assert_int_equal(count(transaction, attempt, 5000), MUSTER_ATTEMPTS_MAX);
	muster_transaction_abort(transaction);
}

static void test_hosts_kinds_and_subjects_are_counted_apart(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt attempt = against("juliet"), other = attempt;

	add(transaction, attempt, 1000);
	other.host = text("localhos");
	assert_int_equal(count(transaction, other, 1000), 0);
	other.host = text("localhosts");
	assert_int_equal(count(transaction, other, 1000), 0);
	other = attempt;
	other.kind = text("registration");
	assert_int_equal(count(transaction, other, 1000), 0);
	add(transaction, other, 1000);
	add(transaction, other, 1000);
	assert_int_equal(count(transaction, other, 1000), 2);
	assert_int_equal(count(transaction, against("julie"), 1000), 0);
	assert_int_equal(count(transaction, against("juliett"), 1000), 0);
	assert_int_equal(count(transaction, attempt, 1000), 1);
	muster_transaction_abort(transaction);
}

static void test_attempts_against_long_names(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_attempt one = against(long_name('y')), other = against(long_name('z')), kind = one;

	kind.kind = text("registration");
	add(transaction, one, 1000);
	assert_int_equal(count(transaction, one, 1000), 1);
	assert_int_equal(count(transaction, other, 1000), 0);
	assert_int_equal(count(transaction, kind, 1000), 0);
	muster_transaction_abort(transaction);
}

static void add_subjects(struct muster_transaction *transaction, const char *host, const char *prefix, int64_t period_s)
{
	char name[16];

	for (int i = 0; i < 40; i++) {
		struct muster_attempt attempt;

		snprintf(name, sizeof(name), "%s%d", prefix, i);
		attempt = against(name);
		attempt.host = text(host);
		attempt.period_s = period_s;
		add(transaction, attempt, 1000);
	}
}

/* Wherever the rows are that count no longer: behind the one that is written, before it, at other hosts. */
static void test_what_counts_no_longer_is_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	MDB_dbi attempts = transaction->store->attempts;

	add_subjects(transaction, "a", "juliet", 100);
	add_subjects(transaction, "localhost", "a", 100);
	add_subjects(transaction, "localhost", "z", 100);
	add_subjects(transaction, "z", "juliet", 100);
	assert_int_equal(count_rows(transaction, attempts), 160);
	add(transaction, against("juliet"), 1100);
	assert_int_equal(count_rows(transaction, attempts), 161); /* for the last second */
	for (int i = 0; i < 80; i++) {
		assert_int_equal(count_rows(transaction, attempts), 161 - 2 * i);
		add(transaction, against("juliet"), 1101);
	}
	assert_int_equal(count_rows(transaction, attempts), 1);
	assert_int_equal(count(transaction, against("juliet"), 1101), 81);
	muster_transaction_abort(transaction);
}

static void test_what_counts_is_not_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	MDB_dbi attempts = transaction->store->attempts;
	char name[16];

	add_subjects(transaction, "localhost", "a", 100);
	add_subjects(transaction, "localhost", "b", 100000);
	for (int i = 0; i < 40; i++)
		add(transaction, against("a"), 1101);
	assert_int_equal(count_rows(transaction, attempts), 41);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		assert_int_equal(count(transaction, against(name), 1000), 1);
	}
	muster_transaction_abort(transaction);
}

static void test_attempts_in_damaged_and_newer_rows(void **state)
{
	const struct {
		struct muster_text bytes;
		int error;
	} rows[] = { { CUT, MUSTER_CORRUPT }, { NEWER, MUSTER_NEWER }, { ZEROS, MUSTER_CORRUPT } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct muster_transaction *transaction = writing(state);
		struct muster_attempt attempt = against("juliet");
		size_t found;

		add(transaction, attempt, 1000);
		overwrite(transaction, transaction->store->attempts, rows[i].bytes);
		assert_error(muster_attempt_count(transaction, &attempt, 1000, &found), rows[i].error);
		assert_error(muster_attempt_add(transaction, &attempt, 1000), rows[i].error);
		/* Others are counted, and the sweep leaves alone what it cannot read. */
		for (int j = 0; j < 4; j++)
			add(transaction, against("romeo"), 9999);
		assert_int_equal(count_rows(transaction, transaction->store->attempts), 2);
		assert_int_equal(count(transaction, against("romeo"), 9999), 4);
		muster_transaction_abort(transaction);
	}
}

/* --- claims --- */

static int take(struct muster_transaction *transaction, const char *host, const char *value, const char *owner)
{
	return muster_claim_take(transaction, text(host), text(value), text(owner));
}

static int release(struct muster_transaction *transaction, const char *host, const char *value)
{
	return muster_claim_release(transaction, text(host), text(value));
}

static void test_a_claim_has_one_owner(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_EXISTS);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.li"), MUSTER_EXISTS);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit2"), MUSTER_EXISTS);
	assert_error(take(transaction, "localhost", "romeo@montague.lit", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "romeo@montague.lit", "romeo@montague.lit"), MUSTER_EXISTS);
	assert_error(take(transaction, "localhost", "jules", "romeo@montague.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_EXISTS);
	muster_transaction_abort(transaction);
}

static void test_a_claim_that_is_let_go(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(release(transaction, "localhost", "jule"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(release(transaction, "localhost", "jul"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_EXISTS);
	assert_error(release(transaction, "localhost", "jule"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_EXISTS);
	muster_transaction_abort(transaction);
}

static void test_claims_of_hosts_are_apart(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhos", "jule", "romeo@montague.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhos", "tjule", "romeo@montague.lit"), MUSTER_OK);
	assert_error(release(transaction, "localhos", "jule"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_EXISTS);
	muster_transaction_abort(transaction);
}

static void test_claims_on_long_values(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const char *one = long_name('y'), *other = long_name('z');

	assert_error(take(transaction, "localhost", one, "juliet@capulet.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", other, "romeo@montague.lit"), MUSTER_OK);
	assert_error(take(transaction, "localhost", one, "romeo@montague.lit"), MUSTER_EXISTS);
	assert_error(release(transaction, "localhost", other), MUSTER_OK);
	assert_error(take(transaction, "localhost", one, "romeo@montague.lit"), MUSTER_EXISTS);
	assert_error(take(transaction, "localhost", "jule", one), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", other), MUSTER_EXISTS);
	muster_transaction_abort(transaction);
}

/* Whose it is cannot be read, so nobody gets it until it is let go. */
static void test_claims_in_damaged_and_newer_rows(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_OK);
	overwrite(transaction, transaction->store->claims, CUT);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_CORRUPT);
	overwrite(transaction, transaction->store->claims, NEWER);
	assert_error(take(transaction, "localhost", "jule", "juliet@capulet.lit"), MUSTER_NEWER);
	assert_error(take(transaction, "localhost", "jules", "juliet@capulet.lit"), MUSTER_OK);
	assert_error(release(transaction, "localhost", "jule"), MUSTER_OK);
	assert_error(take(transaction, "localhost", "jule", "romeo@montague.lit"), MUSTER_OK);
	muster_transaction_abort(transaction);
}

/* --- what is due --- */

struct visited {
	char names[4096]; /* each with a blank behind it */
	int count, most;
};

static bool visit(void *context, struct muster_text name)
{
	struct visited *visited = context;
	size_t used = strlen(visited->names);

	snprintf(visited->names + used, sizeof(visited->names) - used, "%.*s ", (int)name.size, name.data);
	return ++visited->count != visited->most;
}

static const char *due(struct muster_transaction *transaction, const char *host, int64_t now_s, int most)
{
	static struct visited visited;

	visited = (struct visited){ .most = most };
	assert_error(muster_due_walk(transaction, text(host), now_s, visit, &visited), MUSTER_OK);
	return visited.names;
}

static void fall_due(struct muster_transaction *transaction, const char *host, const char *name, int64_t at_s)
{
	assert_error(muster_due_add(transaction, text(host), text(name), at_s), MUSTER_OK);
}

static void test_due_in_the_order_of_time(void **state)
{
	static const struct {
		const char *name;
		int64_t at_s;
	} rows[] = { { "c", 256 },
		     { "a", 1 },
		     { "e", 65536 },
		     { "b", 255 },
		     { "d", 65535 },
		     { "g", INT64_MAX - 1 },
		     { "f", INT64_C(1) << 32 } };
	struct muster_transaction *transaction = writing(state);

	assert_string_equal(due(transaction, "localhost", INT64_MAX, 0), "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fall_due(transaction, "localhost", rows[i].name, rows[i].at_s);
	assert_string_equal(due(transaction, "localhost", INT64_MAX, 0), "a b c d e f g ");
	assert_string_equal(due(transaction, "localhost", 70000, 0), "a b c d e ");
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_string_equal(due(transaction, "localhost", INT64_MAX, 0), "a b c d e f g ");
	muster_transaction_abort(transaction);
}

static void test_due_is_what_was_due_before(void **state)
{
	struct muster_transaction *transaction = writing(state);

	fall_due(transaction, "localhost", "juliet", 1000);
	assert_string_equal(due(transaction, "localhost", 999, 0), "");
	assert_string_equal(due(transaction, "localhost", 1000, 0), "");
	assert_string_equal(due(transaction, "localhost", 1001, 0), "juliet ");
	muster_transaction_abort(transaction);
}

static void test_due_of_one_host(void **state)
{
	struct muster_transaction *transaction = writing(state);

	fall_due(transaction, "localhos", "a", 1000);
	fall_due(transaction, "localhost", "b", 1000);
	fall_due(transaction, "localhosts", "c", 1000);
	fall_due(transaction, "locatives", "d", 1000); /* is as long, and comes behind it */
	assert_string_equal(due(transaction, "localhos", 2000, 0), "a ");
	assert_string_equal(due(transaction, "localhost", 2000, 0), "b ");
	assert_string_equal(due(transaction, "localhosts", 2000, 0), "c ");
	assert_string_equal(due(transaction, "locatives", 2000, 0), "d ");
	assert_string_equal(due(transaction, "local", 2000, 0), "");
	assert_string_equal(due(transaction, "locatioms", 2000, 0), "");
	assert_string_equal(due(transaction, "zz", 2000, 0), "");
	muster_transaction_abort(transaction);
}

static void test_due_no_more(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_text host = text("localhost");

	fall_due(transaction, "localhost", "juliet", 1000);
	fall_due(transaction, "localhost", "juliet", 1000);
	fall_due(transaction, "localhos", "juliet", 1000);
	assert_string_equal(due(transaction, "localhost", 2000, 0), "juliet ");
	assert_error(muster_due_remove(transaction, host, text("juliet"), 1001), MUSTER_OK);
	assert_error(muster_due_remove(transaction, host, text("julie"), 1000), MUSTER_OK);
	assert_string_equal(due(transaction, "localhost", 2000, 0), "juliet ");
	assert_error(muster_due_remove(transaction, host, text("juliet"), 1000), MUSTER_OK);
	assert_error(muster_due_remove(transaction, host, text("juliet"), 1000), MUSTER_OK);
	assert_string_equal(due(transaction, "localhost", 2000, 0), "");
	assert_string_equal(due(transaction, "localhos", 2000, 0), "juliet ");
	muster_transaction_abort(transaction);
}

static void test_due_until_it_is_enough(void **state)
{
	struct muster_transaction *transaction = writing(state);

	fall_due(transaction, "localhost", "a", 1);
	fall_due(transaction, "localhost", "b", 2);
	fall_due(transaction, "localhost", "c", 3);
	assert_string_equal(due(transaction, "localhost", 9, 1), "a ");
	assert_string_equal(due(transaction, "localhost", 9, 2), "a b ");
	assert_string_equal(due(transaction, "localhost", 9, 3), "a b c ");
	muster_transaction_abort(transaction);
}

static void test_due_at_the_same_time(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct visited visited = { .most = 0 };
	char name[16];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		fall_due(transaction, "localhost", name, 1000);
	}
	assert_error(muster_due_walk(transaction, text("localhost"), 1001, visit, &visited), MUSTER_OK);
	assert_int_equal(visited.count, 200);
	muster_transaction_abort(transaction);
}

/* Host, time and name would not fit: the longest that there may be. */
static void test_due_under_long_names(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const char *one = long_name('y'), *other = long_name('z');
	char host[MUSTER_HOST_MAX + 1], wanted[4096];

	memset(host, 'h', MUSTER_HOST_MAX);
	host[MUSTER_HOST_MAX] = '\0';
	fall_due(transaction, host, one, 2);
	fall_due(transaction, host, other, 1);
	snprintf(wanted, sizeof(wanted), "%s %s ", other, one);
	assert_string_equal(due(transaction, host, 9, 0), wanted);
	assert_error(muster_due_remove(transaction, text(host), text(other), 1), MUSTER_OK);
	snprintf(wanted, sizeof(wanted), "%s ", one);
	assert_string_equal(due(transaction, host, 9, 0), wanted);
	muster_transaction_abort(transaction);
}

static void test_due_in_damaged_and_newer_rows(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct visited visited = { .most = 0 };

	fall_due(transaction, "localhost", "juliet", 1000);
	overwrite(transaction, transaction->store->due, CUT);
	assert_error(muster_due_walk(transaction, text("localhost"), 1001, visit, &visited), MUSTER_CORRUPT);
	assert_error(muster_due_walk(transaction, text("localhost"), 1000, visit, &visited), MUSTER_OK);
	assert_error(muster_due_walk(transaction, text("localhos"), 1001, visit, &visited), MUSTER_OK);
	overwrite(transaction, transaction->store->due, NEWER);
	assert_error(muster_due_walk(transaction, text("localhost"), 1001, visit, &visited), MUSTER_NEWER);
	assert_int_equal(visited.count, 0);
	muster_transaction_abort(transaction);
}

/* --- lists with a row in them that cannot be read --- */

struct listing {
	char unread[256];
	size_t seen;
};

static bool count_account(void *context, struct muster_text name, enum muster_account_state state)
{
	(void)name;
	(void)state;
	((struct listing *)context)->seen++;
	return true;
}

static bool count_tombstone(void *context, struct muster_text name, int64_t at_s)
{
	(void)name;
	(void)at_s;
	((struct listing *)context)->seen++;
	return true;
}

static bool count_directive(void *context, const struct muster_directive *directive)
{
	(void)directive;
	((struct listing *)context)->seen++;
	return true;
}

static bool count_entry(void *context, const struct muster_entry *entry)
{
	(void)entry;
	((struct listing *)context)->seen++;
	return true;
}

static int list_one(struct muster_transaction *transaction, size_t which, struct muster_buffer *position,
                    struct listing *listing)
{
	const struct muster_text host = text("localhost");

	switch (which) {
	case 0:
		return muster_account_walk(transaction, host, position, 1, count_account, listing);
	case 1:
		return muster_tombstone_walk(transaction, host, position, 1, count_tombstone, listing);
	case 2:
		return muster_directive_walk(transaction, host, 1000, position, 1, count_directive, listing);
	default:
		return muster_audit_walk(transaction, host, position, 1, count_entry, listing);
	}
}

static void fill_lists(struct muster_transaction *transaction)
{
	static const char *const names[] = { "ben", "juliet", "romeo" };

	for (size_t i = 0; i < 3; i++) {
		struct muster_account account = { .host = text("localhost"),
			                          .name = text(names[i]),
			                          .state = MUSTER_ACCOUNT_ENABLED };
		struct muster_directive directive = { .host = text("localhost"),
			                              .kind = text("block"),
			                              .subject = text(names[i]) };
		struct muster_entry entry = { .host = text("localhost"), .action = text("register") };

		assert_error(muster_account_put(transaction, &account), MUSTER_OK);
		assert_error(muster_tombstone_put(transaction, account.host, account.name, 1000, -1), MUSTER_OK);
		assert_error(muster_directive_put(transaction, &directive), MUSTER_OK);
		assert_error(muster_audit_add(transaction, &entry, MUSTER_AUDIT_FOR_EVER), MUSTER_OK);
	}
}

static bool note_unread(void *context, struct muster_text key, int error)
{
	struct listing *listing = context;
	size_t size = strlen(listing->unread);

	snprintf(listing->unread + size, sizeof(listing->unread) - size, "%.*s %s;", (int)key.size, key.data,
	         muster_error_name(error));
	return true;
}

static void test_a_damaged_row_does_not_end_a_list(void **state)
{
	static const char *const unread[] = { "juliet corrupt;", "juliet corrupt;", "block juliet corrupt;" };
	struct muster_transaction *transaction = writing(state);
	const MDB_dbi databases[] = { transaction->store->accounts, transaction->store->tombstones,
		                      transaction->store->directives, transaction->store->audit };

	fill_lists(transaction);
	for (size_t which = 0; which < 4; which++) {
		struct listing listing = { .seen = 0 };
		struct muster_buffer position = { 0 };
		int error;

		damage(transaction, databases[which], 1, CUT);
		do
			error = list_one(transaction, which, &position, &listing);
		while (error == MUSTER_OK && position.size > 0);
		assert_error(error, MUSTER_CORRUPT); /* nobody is there to be told */
		muster_buffer_clear(&position);
		listing.seen = 0;
		muster_transaction_tell_unread(transaction, note_unread, &listing);
		do
			assert_error(list_one(transaction, which, &position, &listing), MUSTER_OK);
		while (position.size > 0);
		assert_int_equal(listing.seen, 2);
		if (which < 3)
			assert_string_equal(listing.unread, unread[which]);
		else
			assert_non_null(strstr(listing.unread, " corrupt;"));
		muster_transaction_tell_unread(transaction, NULL, NULL);
	}
	muster_transaction_abort(transaction);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attempts_count_for_a_period),
		TEST(test_attempts_and_a_clock_that_was_ahead),
		TEST(test_attempts_and_another_period),
		TEST(test_attempts_survive_the_process),
		TEST(test_attempts_of_many_subjects),
		TEST(test_attempts_that_are_remembered_of_one),
		TEST(test_hosts_kinds_and_subjects_are_counted_apart),
		TEST(test_attempts_against_long_names),
		TEST(test_what_counts_no_longer_is_swept),
		TEST(test_what_counts_is_not_swept),
		TEST(test_attempts_in_damaged_and_newer_rows),
		TEST(test_a_claim_has_one_owner),
		TEST(test_a_claim_that_is_let_go),
		TEST(test_claims_of_hosts_are_apart),
		TEST(test_claims_on_long_values),
		TEST(test_claims_in_damaged_and_newer_rows),
		TEST(test_due_in_the_order_of_time),
		TEST(test_due_is_what_was_due_before),
		TEST(test_due_of_one_host),
		TEST(test_due_no_more),
		TEST(test_due_until_it_is_enough),
		TEST(test_due_at_the_same_time),
		TEST(test_due_under_long_names),
		TEST(test_due_in_damaged_and_newer_rows),
		TEST(test_a_damaged_row_does_not_end_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
