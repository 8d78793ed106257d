/* test_lookalike.c -- names that look like another account's, and the index that knows them. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "credential/skeleton.h"
#include "muster/due.h"
#include "muster/preparation.h"
#include "muster/skeleton.h"
#include "policy/lookalike.h"
#include "store/internal.h"
#include "store/key.h"

#define CYRILLIC "p\xd0\xb0ypal" /* its first a is Cyrillic */
#define CONFLICT "conflict cancel 409"

/* --- the rule --- */

/* By a user: the verdict. */
static const char *register_user(void **state, const char *name)
{
	char inner[2048];

	snprintf(inner, sizeof(inner), "<username>%s</username><password>secret</password>", name);
	return verdict(set(*state, stranger(), inner));
}

static void make(void **state, const char *name)
{
	assert_error(order_anyway(*state, MUSTER_REGISTER, name, "secret"), MUSTER_OK);
}

static void test_a_lookalike_answers_like_a_taken_name(void **state)
{
	char taken[1024];

	assert_string_equal(register_user(state, "paypal"), "result");
	snprintf(taken, sizeof(taken), "%s",
	         set(*state, stranger(), "<username>paypal</username><password>secret</password>"));
	assert_string_equal(set(*state, stranger(), "<username>" CYRILLIC "</username><password>secret</password>"),
	                    taken);
	assert_string_equal(verdict(taken), CONFLICT);
	assert_int_equal(state_of(*state, CYRILLIC), 0);
	assert_string_equal(register_user(state, "paypa1"), CONFLICT);
	assert_string_equal(register_user(state, "modern"), "result");
	assert_string_equal(register_user(state, "modem"), CONFLICT);
	assert_string_equal(register_user(state, "PayPaI"), "result"); /* a small i, when it is prepared */
	assert_string_equal(register_user(state, "romeo"), "result");
}

static void test_the_longest_names(void **state)
{
	char one[MUSTER_NAME_MAX + 1], other[MUSTER_NAME_MAX + 1];

	memset(one, 'l', MUSTER_NAME_MAX);
	memset(other, 'l', MUSTER_NAME_MAX);
	one[MUSTER_NAME_MAX] = other[MUSTER_NAME_MAX] = '\0';
	other[MUSTER_NAME_MAX - 1] = '1';
	assert_string_equal(register_user(state, one), "result");
	assert_string_equal(register_user(state, other), CONFLICT);
	other[MUSTER_NAME_MAX - 1] = '2';
	assert_string_equal(register_user(state, other), "result");
	assert_error(order(*state, MUSTER_UNREGISTER, one, NULL), MUSTER_OK);
	other[MUSTER_NAME_MAX - 1] = '1';
	assert_string_equal(register_user(state, other), "result");
}

static void test_the_rule_can_be_switched_off(void **state)
{
	set_option(*state, "block_registrations_confusable", boolean(false));
	assert_string_equal(register_user(state, "paypal"), "result");
	assert_string_equal(register_user(state, "paypa1"), "result");
	/* And on again: both are known. */
	set_option(*state, "block_registrations_confusable", boolean(true));
	assert_string_equal(register_user(state, CYRILLIC), CONFLICT);
	assert_error(order(*state, MUSTER_UNREGISTER, "paypal", NULL), MUSTER_OK);
	assert_string_equal(register_user(state, CYRILLIC), CONFLICT);
	assert_error(order(*state, MUSTER_UNREGISTER, "paypa1", NULL), MUSTER_OK);
	assert_string_equal(register_user(state, CYRILLIC), "result");
}

static void test_operators_may_override(void **state)
{
	make(state, "paypal");
	assert_error(order(*state, MUSTER_REGISTER, CYRILLIC, "secret"), MUSTER_EXISTS);
	make(state, CYRILLIC);
	assert_error(order_anyway(*state, MUSTER_CREATE, "paypa1", NULL), MUSTER_OK);
	assert_int_equal(state_of(*state, "paypa1"), MUSTER_ACCOUNT_UNFINISHED);
	assert_error(order(*state, MUSTER_UNREGISTER, "paypal", NULL), MUSTER_OK);
	assert_error(order(*state, MUSTER_UNREGISTER, CYRILLIC, NULL), MUSTER_OK);
	assert_string_equal(register_user(state, CYRILLIC "1"), "result");
	assert_string_equal(register_user(state, "p\xd0\xb0ypa1"), CONFLICT); /* like what is only named yet */
	assert_error(order(*state, MUSTER_UNREGISTER, "paypa1", NULL), MUSTER_OK);
	assert_string_equal(register_user(state, "p\xd0\xb0ypa1"), "result");
}

/* Between the look and the commit somebody else may have come. */
static void test_two_lookalikes_at_once(void **state)
{
	struct place *place = *state;
	const char *names[] = { "paypal", "paypa1" };
	struct muster_operation *operations[2];
	struct muster_outcome outcome;

	for (int i = 0; i < 2; i++) {
		struct muster_order order = { .kind = MUSTER_REGISTER,
			                      .username = text(names[i]),
			                      .password = text("secret"),
			                      .self_service = true };

		assert_error(muster_order_begin(place->host, place->store, &order, NULL, &operations[i]), MUSTER_OK);
		assert_error(muster_operation_look(operations[i], place->store, &outcome), MUSTER_OK);
	}
	assert_error(muster_task_run(muster_operation_task(operations[0]), place->store), MUSTER_OK);
	assert_error(muster_task_run(muster_operation_task(operations[1]), place->store), MUSTER_EXISTS);
	assert_error(muster_operation_finish(operations[1], &outcome), MUSTER_OK);
	assert_error(outcome.error, MUSTER_EXISTS);
	muster_outcome_clear(&outcome);
	for (int i = 0; i < 2; i++)
		muster_operation_free(operations[i]);
	assert_int_equal(state_of(place, "paypa1"), 0);
}

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

/* As the store has it whose time to be restored is over. */
static void let_grace_end(void **state, const char *name)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_account account;

	assert_error(muster_account_get(transaction, text("localhost"), text(name), &account), MUSTER_OK);
	assert_int_equal(account.state, MUSTER_ACCOUNT_DELETED);
	account.purge_s = 1;
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	muster_account_clear(&account);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

static void test_accounts_of_any_state_count(void **state)
{
	set_option(*state, "registration_delete_grace_period", number(1000));
	make(state, "paypal");
	assert_error(order(*state, MUSTER_DISABLE, "paypal", NULL), MUSTER_OK);
	assert_string_equal(register_user(state, "paypa1"), CONFLICT);
	assert_error(order(*state, MUSTER_ENABLE, "paypal", NULL), MUSTER_OK);
	assert_non_null(strstr(set(*state, account("paypal"), "<remove/>"), "effect deletion-pending paypal"));
	assert_string_equal(register_user(state, "paypa1"), CONFLICT);
	let_grace_end(state, "paypal");
	assert_string_equal(register_user(state, "paypa1"), CONFLICT);
	assert_error(order(*state, MUSTER_FALL_DUE, "paypal", NULL), MUSTER_OK);
	assert_string_equal(register_user(state, "paypa1"), "result");
}

/* Its own name is kept after it, the others are free. */
static void test_removed_accounts_do_not_count(void **state)
{
	make(state, "paypal");
	assert_non_null(strstr(set(*state, account("paypal"), "<remove/>"), "effect deleted paypal"));
	assert_string_equal(register_user(state, "paypal"), CONFLICT);
	assert_string_equal(register_user(state, "paypa1"), "result");
}

static size_t count_in(struct muster_transaction *transaction, MDB_dbi database)
{
	MDB_stat status;

	assert_int_equal(mdb_stat(transaction->txn, database, &status), 0);
	return status.ms_entries;
}

static size_t count_rows(struct muster_transaction *transaction)
{
	return count_in(transaction, transaction->store->skeletons);
}

static size_t count(void **state)
{
	struct muster_transaction *transaction = writing(state);
	size_t found = count_rows(transaction);

	muster_transaction_abort(transaction);
	return found;
}

static void test_a_registration_that_fails_leaves_no_row(void **state)
{
	make(state, "paypal");
	assert_int_equal(count(state), 1);
	assert_string_equal(register_user(state, "paypa1"), CONFLICT);
	assert_string_equal(register_user(state, "paypal"), CONFLICT);
	assert_error(order(*state, MUSTER_REGISTER, "paypal", "secret"), MUSTER_EXISTS);
	assert_int_equal(count(state), 1);
	assert_error(order(*state, MUSTER_UNREGISTER, "paypal", NULL), MUSTER_OK);
	assert_int_equal(count(state), 0);
}

static void test_other_hosts_do_not_count(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_lookalike_add(transaction, text("localhos"), text("paypal")), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_string_equal(register_user(state, "paypa1"), "result");
}

static void test_registrations_with_services_are_not_indexed(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = { .sender = MUSTER_SENDER_OTHER, .full_jid = text("paypal@capulet.lit/globe") };

	muster_host_release(place->host);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_SERVICE, text("localhost"), NULL), MUSTER_OK);
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("nick"))));
	assert_string_equal(verdict(set(place, facts, "<nick>p</nick>")), "result");
	facts.full_jid = text("paypa1@capulet.lit/globe");
	assert_string_equal(verdict(set(place, facts, "<nick>p</nick>")), "result");
	assert_int_equal(count(state), 0);
	assert_string_equal(verdict(set(place, facts, "<remove/>")), "result");
	assert_int_equal(state_of(place, "paypal@capulet.lit"), MUSTER_ACCOUNT_ENABLED);
	assert_int_equal(state_of(place, "paypa1@capulet.lit"), 0);
}

/* --- the index made anew --- */

/* An account as it is in a store of before there was an index. */
static void put_account(struct muster_transaction *transaction, const char *host, const char *name)
{
	struct muster_account account = { .host = text(host), .name = text(name), .state = MUSTER_ACCOUNT_ENABLED };

	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
}

/* As an engine does it when it is opened. Returns the warning. */
static const char *open_index(void **state, bool server)
{
	static struct muster_failure failure;
	const struct place *place = *state;

	failure = (struct muster_failure){ 0 };
	assert_error(muster_lookalike_index(place->store, server, &failure), MUSTER_OK);
	assert_error(failure.error, MUSTER_OK);
	return failure.text;
}

static void assert_version(struct muster_transaction *transaction, bool wanted)
{
	char version[MUSTER_SKELETON_VERSION_MAX];
	struct muster_buffer found = { 0 };
	int error = muster_skeleton_get_version(transaction, &found);

	assert_error(error, wanted ? MUSTER_OK : MUSTER_NOT_FOUND);
	if (wanted)
		assert_text(muster_buffer_text(&found), muster_skeleton_version(version));
	muster_buffer_clear(&found);
}

static const char *find(struct muster_transaction *transaction, const char *host, const char *name)
{
	static char kept[2048];
	struct muster_buffer found = { 0 };
	int error = muster_lookalike_find(transaction, text(host), text(name), &found);

	if (error == MUSTER_NOT_FOUND)
		return NULL;
	assert_error(error, MUSTER_OK);
	assert_true(found.size < sizeof(kept));
	memcpy(kept, found.data, found.size + 1);
	muster_buffer_clear(&found);
	return kept;
}

static void test_a_store_of_before_gets_an_index(void **state)
{
	struct muster_transaction *transaction = writing(state);
	char name[MUSTER_NAME_MAX + 1];

	memset(name, 'l', MUSTER_NAME_MAX);
	name[MUSTER_NAME_MAX] = '\0';
	put_account(transaction, "a", "paypal");
	put_account(transaction, "localhost", "modern");
	put_account(transaction, "localhost", CYRILLIC);
	put_account(transaction, "localhost", name);
	put_account(transaction, "localhost2", "romeo");
	put_account(transaction, "service", "paypal@capulet.lit");
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_non_null(strstr(open_index(state, true), "was made anew for ICU "));
	transaction = writing(state);
	assert_version(transaction, true);
	assert_int_equal(count_rows(transaction), 5);
	assert_string_equal(find(transaction, "a", "paypa1"), "paypal");
	assert_string_equal(find(transaction, "localhost", "modem"), "modern");
	assert_string_equal(find(transaction, "localhost", "paypa1"), CYRILLIC);
	assert_string_equal(find(transaction, "localhost2", "r\xd0\xbemeo"), "romeo");
	name[0] = '1';
	assert_non_null(find(transaction, "localhost", name));
	muster_transaction_abort(transaction);
	assert_string_equal(open_index(state, true), "");
}

static void set_version(void **state, struct muster_text version)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_skeleton_set_version(transaction, version), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

/* What was there under other skeletons is gone, and nothing else. */
static void test_another_version_makes_it_anew(void **state)
{
	struct muster_transaction *transaction = writing(state);

	put_account(transaction, "localhost", "paypal");
	for (int i = 0; i < 2; i++)
		assert_error(muster_due_add(transaction, text("localhost"), text("paypal"), 1000 + i), MUSTER_OK);
	assert_error(muster_skeleton_add(transaction, text("localhost"), text("romeo"), text("paypal")), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	set_version(state, text("ICU 1.0, Unicode 1.0"));
	assert_non_null(strstr(open_index(state, true), "with 1 names"));
	transaction = writing(state);
	assert_version(transaction, true);
	assert_null(find(transaction, "localhost", "romeo"));
	assert_string_equal(find(transaction, "localhost", "paypa1"), "paypal");
	assert_int_equal(count_rows(transaction), 1);
	assert_int_equal(count_in(transaction, transaction->store->due), 2);
	muster_transaction_abort(transaction);
}

static void test_tools_leave_it_to_the_server(void **state)
{
	struct muster_transaction *transaction;

	assert_string_equal(open_index(state, false), ""); /* nothing is in a new store, which needs nothing else */
	transaction = writing(state);
	assert_version(transaction, true);
	put_account(transaction, "localhost", "paypal");
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	set_version(state, text("ICU 1.0, Unicode 1.0"));
	assert_string_equal(open_index(state, false), "");
	assert_int_equal(count(state), 0);
	/* What a tool of another version writes cannot be found by all, so nobody relies on it any longer. */
	make(state, "romeo");
	transaction = writing(state);
	assert_version(transaction, false);
	muster_transaction_abort(transaction);
	assert_string_equal(open_index(state, false), "");
	assert_int_equal(count(state), 1);
	assert_non_null(strstr(open_index(state, true), "with 2 names"));
}

static void test_changes_keep_the_version(void **state)
{
	struct muster_transaction *transaction;

	open_index(state, true);
	make(state, "paypal");
	make(state, "paypa1");
	assert_error(order(*state, MUSTER_UNREGISTER, "paypal", NULL), MUSTER_OK);
	assert_string_equal(open_index(state, true), "");
	transaction = writing(state);
	assert_version(transaction, true);
	assert_string_equal(find(transaction, "localhost", "paypal"), "paypa1");
	muster_transaction_abort(transaction);
}

enum { MANY = 2500 };

static void put_many(void **state, const char *host)
{
	struct muster_transaction *transaction = writing(state);
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "modern%d", i);
		put_account(transaction, host, name);
	}
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

static void assert_many(void **state, const char *host)
{
	struct muster_transaction *transaction = writing(state);
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "modem%d", i);
		assert_non_null(find(transaction, host, name));
	}
	muster_transaction_abort(transaction);
}

/* Transaction after transaction: what was committed is there, the version with the last only. */
static void test_stopped_in_the_middle_it_begins_anew(void **state)
{
	const struct place *place = *state;
	struct muster_failure failure = { 0 };
	struct muster_transaction *transaction;
	const size_t live = muster_memory_live();
	size_t stopped = 0, least = 2 * MANY;

	put_many(state, "localhost");
	put_many(state, "localhost2");
	set_version(state, text("ICU 1.0, Unicode 1.0"));
	for (long point = 0;; point += 2000) {
		int error;

		muster_memory_fail_after(point);
		error = muster_lookalike_index(place->store, true, &failure);
		muster_memory_fail_after(-1);
		if (error == MUSTER_OK)
			break;
		assert_error(error, MUSTER_NO_MEMORY);
		assert_int_equal(muster_memory_live(), live);
		transaction = writing(state);
		if (count_rows(transaction) > 0) {
			assert_version(transaction, false);
			assert_int_not_equal(count_rows(transaction), 2 * MANY);
			least = count_rows(transaction) < least ? count_rows(transaction) : least;
			stopped++;
		}
		muster_transaction_abort(transaction);
	}
	assert_true(stopped > 3);
	assert_int_equal(least, 1000);
	assert_int_equal(count(state), 2 * MANY);
	assert_many(state, "localhost");
	assert_many(state, "localhost2");
	assert_string_equal(open_index(state, true), "");
}

/* Whatever is in it; the others have their places. */
static void test_accounts_that_cannot_be_read_are_passed_over(void **state)
{
	static const char *const records[] = { "\1\2\0\0", "\2\2\0\0" };
	const char *names[] = { "a", "zz" };

	put_many(state, "localhost");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct muster_transaction *transaction = writing(state);
		MDB_val value = { strlen(records[i]), (void *)records[i] };
		struct muster_key key;

		muster_key_of(&key, text("localhost"), text(names[i]));
		assert_int_equal(mdb_put(transaction->txn, transaction->store->accounts, &key.value, &value, 0), 0);
		put_account(transaction, "localhost3", names[i]);
		put_account(transaction, "localhost3", "a\xff"); /* has no skeleton */
		assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	}
	assert_non_null(strstr(open_index(state, true), "with 2502 names"));
	assert_many(state, "localhost");
	assert_int_equal(count(state), MANY + 2);
}

/* --- a disk that is full --- */

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Those who have accounts must be able to log in. */
static void test_a_full_disk_keeps_nobody_out(void **state)
{
	struct place *place = *state;
	struct muster_engine_options options = { .store = { .path = place->directory, .server = true } };
	struct muster_failure failure;
	struct muster_engine *engine;
	struct stat status;
	int error;

	put_many(state, "localhost");
	muster_store_close(place->store);
	place->store = NULL;
	assert_int_equal(stat(path_in(place->directory, "data.mdb"), &status), 0);
	limit_files((rlim_t)status.st_size);
	error = muster_engine_open(&engine, &options, &failure);
	limit_files(RLIM_INFINITY);
	assert_error(error, MUSTER_OK);
	assert_non_null(strstr(failure.text, "cannot be made anew"));
	assert_non_null(strstr(failure.text, muster_error_text(MUSTER_FULL)));
	muster_engine_close(engine);
	assert_error(muster_engine_open(&engine, &options, &failure), MUSTER_OK);
	assert_non_null(strstr(failure.text, "with 2500 names"));
	muster_engine_close(engine);
	assert_error(muster_engine_open(&engine, &options, &failure), MUSTER_OK);
	assert_string_equal(failure.text, "");
	muster_engine_close(engine);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_lookalike_answers_like_a_taken_name),
		TEST(test_the_longest_names),
		TEST(test_the_rule_can_be_switched_off),
		TEST(test_operators_may_override),
		TEST(test_two_lookalikes_at_once),
		TEST(test_accounts_of_any_state_count),
		TEST(test_removed_accounts_do_not_count),
		TEST(test_a_registration_that_fails_leaves_no_row),
		TEST(test_other_hosts_do_not_count),
		TEST(test_registrations_with_services_are_not_indexed),
		TEST(test_a_store_of_before_gets_an_index),
		TEST(test_another_version_makes_it_anew),
		TEST(test_tools_leave_it_to_the_server),
		TEST(test_changes_keep_the_version),
		TEST(test_stopped_in_the_middle_it_begins_anew),
		TEST(test_accounts_that_cannot_be_read_are_passed_over),
		TEST(test_a_full_disk_keeps_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
