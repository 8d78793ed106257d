/* test_approval.c -- accounts that wait to be approved, or to be like others; how many there are in each state, and
 * from one address. */
#include "support.h"

#include "base/clock.h"
#include "muster/due.h"
#include "policy/host.h"

enum { NOW = 1000000, DAY = 86400 };

#define BILL "<username>bill</username><password>Calliope</password>"
#define BEN "<username>ben</username><password>Calliope</password>"

static int open_place_in_time(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	set_option(*state, "muster_throttle", boolean(false));
	return 0;
}

static const char *by_door(struct place *place, enum muster_operation_kind kind, const char *name, const char *door)
{
	return carry_out(place, (struct muster_order){ .kind = kind,
	                                               .username = text(name),
	                                               .password = text("Calliope"),
	                                               .door = text(door),
	                                               .address = text("192.0.2.7") });
}

/* --- what is on file --- */

static struct muster_account read_account(struct place *place, const char *name)
{
	struct muster_transaction *transaction;
	struct muster_account account;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(name), &account), MUSTER_OK);
	muster_transaction_abort(transaction);
	return account;
}

static bool note_name(void *context, struct muster_text name)
{
	char *names = context;

	snprintf(names + strlen(names), 256 - strlen(names), "%.*s ", (int)name.size, name.data);
	return true;
}

/* What is due a thousand years from now: every row. */
static const char *due(struct place *place)
{
	static char names[256];
	struct muster_transaction *transaction;

	memset(names, 0, sizeof(names));
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_due_walk(transaction, text("localhost"), NOW + INT64_C(365000) * DAY, note_name, names),
	             MUSTER_OK);
	muster_transaction_abort(transaction);
	return names;
}

/* "enabled 2 pending 1" */
static const char *counts(struct place *place)
{
	static char described[256];
	struct muster_transaction *transaction;
	uint64_t found[MUSTER_ACCOUNT_STATES];
	size_t size = 0;

	memset(described, 0, sizeof(described));
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_count(transaction, text("localhost"), found), MUSTER_OK);
	muster_transaction_abort(transaction);
	assert_int_equal(found[0], 0);
	for (int i = 1; i < MUSTER_ACCOUNT_STATES; i++)
		if (found[i] > 0)
			size += (size_t)snprintf(
				described + size, sizeof(described) - size, "%s%s %u", size > 0 ? " " : "",
				muster_account_state_name((enum muster_account_state)i), (unsigned)found[i]);
	return described;
}

static int from_there(struct place *place, const char *address)
{
	struct muster_transaction *transaction;
	struct muster_network network;
	struct muster_origin origin;
	uint64_t count = 99;

	assert_error(muster_network_read(text(address), &network), MUSTER_OK);
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	muster_host_origin(transaction, &network, &origin);
	assert_true(muster_origin_is_known(&origin));
	assert_error(muster_origin_count(transaction, text("localhost"), &origin, &count), MUSTER_OK);
	muster_transaction_abort(transaction);
	return (int)count;
}

/* --- approval --- */

static void test_who_waits(void **state)
{
	struct place *place = *state;
	struct muster_facts invited = stranger();

	set_option(place, "muster_registration", string("approval"));
	assert_string_equal(set(place, stranger(), BILL), "send <iq type='result' id='1'/>\neffect pending bill -\n");
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_PENDING);
	/* Only who proves to be bill is told that there is such an account. */
	assert_string_equal(login(place, "bill", "Calliope"), "account-disabled");
	assert_string_equal(login(place, "bill", "Euterpe"), "not-authorized");
	assert_string_equal(login(place, "nobody", "Euterpe"), "not-authorized");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "Calliope"), MUSTER_DISABLED);
	/* The name is theirs. */
	assert_string_equal(verdict(set(place, stranger(), BILL)), "conflict cancel 409");
	assert_string_equal(verdict(set(place, stranger(), "<username>bi11</username><password>x</password>")),
	                    "conflict cancel 409");
	assert_string_equal(by_door(place, MUSTER_REGISTER, "bill", "console"), "exists");
	reopen_store(place);
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_PENDING);
	assert_string_equal(login(place, "bill", "Calliope"), "account-disabled");
	/* Who is invited, or made by an operator, does not wait. */
	invited.invited = true;
	assert_string_equal(set(place, invited, BEN), "send <iq type='result' id='1'/>\neffect registered ben -\n");
	assert_string_equal(by_door(place, MUSTER_REGISTER, "kit", "console"), "ok registered kit by console");
	assert_string_equal(counts(place), "enabled 2 pending 1");
}

static void test_who_is_approved(void **state)
{
	struct place *place = *state;
	struct muster_facts web = stranger();
	struct muster_account bill;

	web.door = text("web");
	set_option(place, "muster_registration", string("approval"));
	set(place, web, BILL);
	set_option(place, "muster_registration", string("open"));
	assert_string_equal(due(place), "bill ");
	/* As if it had been registered now, by the door by which it was. */
	assert_string_equal(by_door(place, MUSTER_APPROVE, "bill", "console"), "ok registered bill by web");
	assert_null(login(place, "bill", "Calliope"));
	assert_string_equal(due(place), "");
	assert_string_equal(by_door(place, MUSTER_APPROVE, "bill", "console"), "not-found");
	assert_string_equal(by_door(place, MUSTER_REJECT, "bill", "console"), "not-found");
	assert_string_equal(by_door(place, MUSTER_APPROVE, "nobody", "console"), "not-found");
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "in-band"), "not-found");
	bill = read_account(place, "bill");
	assert_text(bill.door, "web");
	assert_true(bill.purge_s == 0 && bill.lift_s == 0);
	muster_account_clear(&bill);
	assert_string_equal(counts(place), "enabled 1");
}

/* Enabling does the same. */
static void test_who_is_enabled(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_registration", string("approval"));
	set(place, stranger(), BILL);
	assert_string_equal(by_door(place, MUSTER_DISABLE, "bill", "console"), "ok");
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_PENDING);
	assert_string_equal(by_door(place, MUSTER_ENABLE, "bill", "console"), "ok registered bill by in-band");
	assert_null(login(place, "bill", "Calliope"));
	assert_string_equal(due(place), "");
}

/* What never was an account leaves no tombstone, and nobody is told that it went. */
static void test_who_is_rejected(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_registration", string("approval"));
	for (int i = 0; i < 2; i++) {
		assert_string_equal(verdict(set(place, stranger(), BILL)), "result");
		assert_string_equal(by_door(place, MUSTER_REJECT, "bill", "console"), "ok");
		assert_int_equal(state_of(place, "bill"), 0);
		assert_string_equal(due(place), "");
		assert_string_equal(counts(place), "");
	}
	assert_string_equal(verdict(set(place, stranger(), "<username>bi11</username><password>x</password>")),
	                    "result");
	assert_string_equal(login(place, "bill", "Calliope"), "not-authorized");
}

static void test_who_is_forgotten(void **state)
{
	struct place *place = *state;
	struct muster_account bill;

	set_option(place, "muster_registration", string("approval"));
	set_option(place, "muster_pending_expiry", string("1 day"));
	set(place, stranger(), BILL);
	bill = read_account(place, "bill");
	assert_true(bill.purge_s == NOW + DAY);
	muster_account_clear(&bill);
	muster_clock_pretend(NOW + DAY - 1);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "in-band"), "not-found");
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_PENDING);
	muster_clock_pretend(NOW + DAY);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "in-band"), "ok");
	assert_int_equal(state_of(place, "bill"), 0);
	assert_string_equal(due(place), "");
	assert_string_equal(verdict(set(place, stranger(), BILL)), "result");
}

/* --- quarantine --- */

static void limit_new_accounts(struct place *place)
{
	set_option(place, "muster_quarantine",
	           TABLE(ITEM("role", string("prosody:guest")), ITEM("period", string("2 days"))));
}

static void test_who_is_in_quarantine(void **state)
{
	struct place *place = *state;
	struct muster_facts invited = stranger();
	struct muster_account account_there;

	limit_new_accounts(place);
	invited.invited = true;
	assert_string_equal(set(place, stranger(), BILL),
	                    "send <iq type='result' id='1'/>\neffect registered bill -\n");
	set(place, invited, BEN);
	by_door(place, MUSTER_REGISTER, "kit", "console");
	account_there = read_account(place, "bill");
	assert_true(account_there.lift_s == NOW + 2 * DAY && account_there.purge_s == 0);
	muster_account_clear(&account_there);
	account_there = read_account(place, "ben");
	assert_true(account_there.lift_s == 0);
	muster_account_clear(&account_there);
	assert_string_equal(due(place), "bill ");
	assert_null(login(place, "bill", "Calliope"));
	muster_clock_pretend(NOW + 2 * DAY - 1);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "in-band"), "not-found");
	muster_clock_pretend(NOW + 2 * DAY);
	reopen_store(place);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "due"), "ok lifted bill by in-band");
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "due"), "not-found");
	assert_string_equal(due(place), "");
	account_there = read_account(place, "bill");
	assert_true(account_there.lift_s == 0 && account_there.state == MUSTER_ACCOUNT_ENABLED);
	muster_account_clear(&account_there);
	assert_null(login(place, "bill", "Calliope"));
}

/* The limits go, whatever else has become of the account meanwhile. */
/* Once it is known whose it is, time does not count; and once is enough. */
static void test_quarantine_of_the_confirmed(void **state)
{
	struct place *place = *state;
	struct muster_account account;

	limit_new_accounts(place);
	set(place, stranger(), BILL);
	assert_string_equal(by_door(place, MUSTER_CONFIRM, "bill", "console"), "ok lifted bill by in-band");
	account = read_account(place, "bill");
	assert_true(account.lift_s == 0 && account.state == MUSTER_ACCOUNT_ENABLED);
	muster_account_clear(&account);
	assert_string_equal(due(place), "");
	assert_string_equal(by_door(place, MUSTER_CONFIRM, "bill", "console"), "not-found");
	assert_string_equal(by_door(place, MUSTER_CONFIRM, "nobody", "console"), "not-found");
}

static void test_quarantine_of_the_disabled_and_removed(void **state)
{
	struct place *place = *state;

	limit_new_accounts(place);
	set(place, stranger(), BILL);
	set(place, stranger(), BEN);
	set_option(place, "registration_delete_grace_period", string("1 week"));
	by_door(place, MUSTER_DISABLE, "bill", "console");
	assert_string_equal(verdict(set(place, account("ben"), "<remove/>")), "result");
	assert_string_equal(due(place), "bill ben ben ");
	muster_clock_pretend(NOW + 2 * DAY);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "due"), "ok");
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "ben", "due"), "ok");
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_DISABLED);
	assert_int_equal(state_of(place, "ben"), MUSTER_ACCOUNT_DELETED);
	assert_string_equal(due(place), "ben ");
	muster_clock_pretend(NOW + 7 * DAY);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "ben", "due"), "ok deleted ben by due");
	assert_string_equal(due(place), "");
	set(place, stranger(), "<username>kit</username><password>x</password>");
	by_door(place, MUSTER_UNREGISTER, "kit", "console");
	assert_string_equal(due(place), "");
}

/* Who is approved was looked at. */
static void test_no_quarantine_for_who_was_approved(void **state)
{
	struct place *place = *state;

	limit_new_accounts(place);
	set_option(place, "muster_registration", string("approval"));
	set(place, stranger(), BILL);
	by_door(place, MUSTER_APPROVE, "bill", "console");
	assert_string_equal(due(place), "");
}

/* --- counting --- */

static void test_counts_of_states(void **state)
{
	struct place *place = *state;
	static const struct {
		enum muster_operation_kind kind;
		const char *counts;
	} steps[] = {
		{ MUSTER_CREATE, "unfinished 1" }, { MUSTER_CHANGE_PASSWORD, "unfinished 1" },
		{ MUSTER_ENABLE, "enabled 1" },    { MUSTER_ENABLE, "enabled 1" },
		{ MUSTER_DISABLE, "disabled 1" },  { MUSTER_CHANGE_PASSWORD, "disabled 1" },
		{ MUSTER_ENABLE, "enabled 1" },    { MUSTER_UNREGISTER, "" },
	};

	set_option(place, "user_tombstone_expiry", number(0));
	assert_string_equal(counts(place), "");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		by_door(place, steps[i].kind, "bill", "console");
		assert_string_equal(counts(place), steps[i].counts);
	}
	set_option(place, "registration_delete_grace_period", string("1 week"));
	set(place, stranger(), BILL);
	set(place, stranger(), BEN);
	assert_string_equal(counts(place), "enabled 2");
	set(place, account("bill"), "<remove/>");
	assert_string_equal(counts(place), "enabled 1 deleted 1");
	by_door(place, MUSTER_ENABLE, "bill", "console");
	assert_string_equal(counts(place), "enabled 2");
	set(place, account("bill"), "<remove/>");
	muster_clock_pretend(NOW + 7 * DAY);
	by_door(place, MUSTER_FALL_DUE, "bill", "due");
	assert_string_equal(counts(place), "enabled 1");
	reopen_store(place);
	assert_string_equal(counts(place), "enabled 1");
	set(place, stranger(), BEN);
	by_door(place, MUSTER_DISABLE, "nobody", "console");
	assert_string_equal(counts(place), "enabled 1");
}

/* Hosts are counted apart, and so is what fails. */
static void test_counts_of_hosts(void **state)
{
	struct place *place = *state;
	struct muster_account there = { .host = text("localhost2"),
		                        .name = text("bill"),
		                        .state = MUSTER_ACCOUNT_DISABLED };
	struct muster_transaction *transaction;
	uint64_t found[MUSTER_ACCOUNT_STATES];

	set(place, stranger(), BILL);
	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_add(transaction, &there), MUSTER_OK);
	assert_error(muster_account_add(transaction, &there), MUSTER_EXISTS);
	assert_error(muster_account_put(transaction, &there), MUSTER_OK);
	assert_error(muster_account_count(transaction, text("localhost2"), found), MUSTER_OK);
	assert_int_equal(found[MUSTER_ACCOUNT_DISABLED], 1);
	assert_error(muster_account_remove(transaction, text("localhost2"), text("bill")), MUSTER_OK);
	assert_error(muster_account_remove(transaction, text("localhost2"), text("bill")), MUSTER_NOT_FOUND);
	assert_error(muster_account_count(transaction, text("localhost2"), found), MUSTER_OK);
	assert_int_equal(found[MUSTER_ACCOUNT_DISABLED], 0);
	assert_error(muster_account_add(transaction, &there), MUSTER_OK);
	muster_transaction_abort(transaction);
	assert_string_equal(counts(place), "enabled 1");
}

/* Nobody's name goes with everything that was noted of it: an account whose maker died half-way. */
static void test_what_gives_way_leaves_nothing(void **state)
{
	struct place *place = *state;
	struct muster_order create = {
		.kind = MUSTER_CREATE, .username = text("bill"), .address = text("192.0.2.7"), .self_service = true
	};

	limit_new_accounts(place);
	set_option(place, "muster_max_accounts_per_address", number(5));
	assert_string_equal(carry_out(place, create), "ok");
	assert_string_equal(counts(place), "unfinished 1");
	assert_int_equal(from_there(place, "192.0.2.7"), 1);
	assert_string_equal(due(place), "bill ");
	muster_clock_pretend(NOW + 61);
	assert_string_equal(verdict(set(place, from("192.0.2.8"), BILL)), "result");
	assert_string_equal(counts(place), "enabled 1");
	assert_int_equal(from_there(place, "192.0.2.7"), 0);
	assert_int_equal(from_there(place, "192.0.2.8"), 1);
	assert_string_equal(due(place), "bill ");
	muster_clock_pretend(NOW + 61 + 2 * DAY);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "due"), "ok lifted bill by in-band");
	assert_string_equal(due(place), "");
}

static struct muster_operation *begin_removal(struct place *place)
{
	struct muster_facts facts = account("bill");
	struct muster_operation *operation;
	struct muster_outcome outcome;

	assert_error(muster_request_begin(
			     place->host, place->store, &facts,
			     text("<iq type='set' id='1'><query xmlns='jabber:iq:register'><remove/></query></iq>"),
			     &outcome, &operation),
	             MUSTER_OK);
	return operation;
}

/* Two streams of one account, both with the last word. */
static void test_an_account_that_is_removed_twice(void **state)
{
	struct place *place = *state;
	struct muster_operation *operations[2];

	set_option(place, "registration_delete_grace_period", string("1 week"));
	set(place, stranger(), BILL);
	operations[0] = begin_removal(place);
	operations[1] = begin_removal(place);
	for (int i = 0; i < 2; i++) {
		muster_clock_pretend(NOW + i * DAY);
		assert_error(muster_task_run(muster_operation_task(operations[i]), place->store), MUSTER_OK);
		muster_operation_free(operations[i]);
		assert_string_equal(due(place), "bill ");
	}
	assert_string_equal(counts(place), "deleted 1");
	muster_clock_pretend(NOW + 8 * DAY);
	assert_string_equal(by_door(place, MUSTER_FALL_DUE, "bill", "due"), "ok deleted bill by due");
	assert_string_equal(due(place), "");
}

/* --- accounts of an address --- */

static void test_accounts_of_an_address(void **state)
{
	struct place *place = *state;
	struct muster_account bill, ben;

	set_option(place, "registration_delete_grace_period", string("1 week"));
	set(place, from("192.0.2.7"), "<username>before</username><password>x</password>");
	assert_int_equal(from_there(place, "192.0.2.7"), 0); /* as long as nobody counts them */
	set_option(place, "muster_max_accounts_per_address", number(3));
	set(place, from("192.0.2.7"), BILL);
	set(place, from("::ffff:192.0.2.7"), BEN);
	by_door(place, MUSTER_REGISTER, "kit", "console");
	set(place, stranger(), "<username>will</username><password>x</password>");
	assert_int_equal(from_there(place, "192.0.2.7"), 3);
	assert_string_equal(verdict(set(place, from("192.0.2.7"), "<username>one</username><password>x</password>")),
	                    "forbidden auth 403");
	assert_int_equal(from_there(place, "192.0.2.7"), 3);
	/* All are told apart from those of other addresses, and the address is not on file for it. */
	bill = read_account(place, "bill");
	ben = read_account(place, "ben");
	assert_memory_equal(bill.origin.bytes, ben.origin.bytes, sizeof(ben.origin.bytes));
	muster_account_clear(&bill);
	muster_account_clear(&ben);
	by_door(place, MUSTER_DISABLE, "bill", "console");
	set(place, account("ben"), "<remove/>");
	assert_int_equal(from_there(place, "192.0.2.7"), 3);
	by_door(place, MUSTER_UNREGISTER, "bill", "console");
	assert_int_equal(from_there(place, "192.0.2.7"), 2);
	set_option(place, "muster_max_accounts_per_address", number(0));
	muster_clock_pretend(NOW + 7 * DAY);
	by_door(place, MUSTER_FALL_DUE, "ben", "due");
	by_door(place, MUSTER_UNREGISTER, "kit", "console");
	by_door(place, MUSTER_UNREGISTER, "before", "console");
	assert_int_equal(from_there(place, "192.0.2.7"), 0);
}

static void test_addresses_on_file(void **state)
{
	struct place *place = *state;
	struct muster_account account_there;

	set_option(place, "audit_log_ipv6_prefix", number(48));
	set(place, from("2001:db8:1:2::3"), BILL);
	account_there = read_account(place, "bill");
	assert_text(account_there.address, "2001:db8:1::/48");
	assert_text(account_there.door, "in-band");
	assert_false(muster_origin_is_known(&account_there.origin));
	muster_account_clear(&account_there);
	set_option(place, "audit_log_ips", boolean(false));
	set(place, from("192.0.2.7"), BEN);
	account_there = read_account(place, "ben");
	assert_text(account_there.address, NULL);
	muster_account_clear(&account_there);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place_in_time, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_waits),
		TEST(test_who_is_approved),
		TEST(test_who_is_enabled),
		TEST(test_who_is_rejected),
		TEST(test_who_is_forgotten),
		TEST(test_who_is_in_quarantine),
		TEST(test_quarantine_of_the_confirmed),
		TEST(test_quarantine_of_the_disabled_and_removed),
		TEST(test_no_quarantine_for_who_was_approved),
		TEST(test_counts_of_states),
		TEST(test_counts_of_hosts),
		TEST(test_what_gives_way_leaves_nothing),
		TEST(test_an_account_that_is_removed_twice),
		TEST(test_accounts_of_an_address),
		TEST(test_addresses_on_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
