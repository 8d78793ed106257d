/* test_audit.c -- who did what: entries in their order, kept for a while, without secrets. */
#include "support.h"

#include "base/clock.h"
#include "muster/audit.h"
#include "store/internal.h"
#include "store/key.h"

enum { NOW = 1000000, DAY = 86400 };

#define BILL "<username>bill</username><password>Calliope</password>"

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

static int64_t add(struct muster_transaction *transaction, const char *host, const char *username, int64_t kept_s)
{
	struct muster_entry entry = {
		.host = text(host), .action = text("register"), .username = text(username), .outcome = text("ok")
	};

	assert_error(muster_audit_add(transaction, &entry, kept_s), MUSTER_OK);
	return entry.at_us;
}

struct walk {
	char names[512];
	int64_t last_us;
	int left;
};

static bool see(void *context, const struct muster_entry *entry)
{
	struct walk *walk = context;
	size_t size = strlen(walk->names);

	if (walk->left-- == 0)
		return false;
	assert_true(entry->at_us < walk->last_us);
	walk->last_us = entry->at_us;
	snprintf(walk->names + size, sizeof(walk->names) - size, "%.*s ", (int)entry->username.size,
	         entry->username.data);
	return true;
}

static const char *walk_on(struct muster_transaction *transaction, const char *host, struct muster_buffer *position,
                           size_t most, int left)
{
	static struct walk walk;

	walk = (struct walk){ .left = left, .last_us = INT64_MAX };
	assert_error(muster_audit_walk(transaction, text(host), position, most, see, &walk), MUSTER_OK);
	return walk.names;
}

static const char *all(struct muster_transaction *transaction, const char *host)
{
	struct muster_buffer position = { 0 };
	const char *names = walk_on(transaction, host, &position, SIZE_MAX, -1);

	assert_int_equal(position.size, 0);
	return names;
}

/* --- rows --- */

static void test_entries_in_order_whatever_the_clock_does(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_string_equal(all(transaction, "localhost"), "");
	muster_clock_pretend(NOW);
	assert_true(add(transaction, "localhost", "a", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * NOW);
	assert_true(add(transaction, "localhost", "b", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * NOW + 1);
	assert_true(add(transaction, "elsewhere", "x", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * NOW);
	muster_clock_pretend(NOW - DAY);
	assert_true(add(transaction, "localhost", "c", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * NOW + 2);
	muster_clock_pretend(NOW + 1);
	assert_true(add(transaction, "localhost", "d", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * (NOW + 1));
	assert_string_equal(all(transaction, "localhost"), "d c b a ");
	assert_string_equal(all(transaction, "elsewhere"), "x ");
	assert_string_equal(all(transaction, "localhos"), "");
	muster_transaction_abort(transaction);
}

static void test_pages(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_buffer position = { 0 };

	muster_clock_pretend(NOW);
	add(transaction, "localhost.example", "y", MUSTER_AUDIT_FOR_EVER);
	add(transaction, "localhos", "x", MUSTER_AUDIT_FOR_EVER);
	for (int i = 0; i < 5; i++)
		add(transaction, "localhost", (const char *[]){ "a", "b", "c", "d", "e" }[i], MUSTER_AUDIT_FOR_EVER);
	assert_string_equal(walk_on(transaction, "localhost", &position, 2, -1), "e d ");
	add(transaction, "localhost", "f", MUSTER_AUDIT_FOR_EVER); /* who reads on does not miss anything for it */
	assert_string_equal(walk_on(transaction, "localhost", &position, 2, -1), "c b ");
	assert_string_equal(walk_on(transaction, "localhost", &position, 2, -1), "a ");
	assert_int_equal(position.size, 0);
	assert_string_equal(walk_on(transaction, "localhost", &position, 9, 2), "f e ");
	assert_true(position.size > 0);
	assert_string_equal(walk_on(transaction, "localhost", &position, 9, -1), "d c b a ");
	assert_int_equal(position.size, 0);
	muster_buffer_clear(&position);
	muster_transaction_abort(transaction);
}

/* With each that is added, two that are old go. */
static void test_old_entries_go(void **state)
{
	struct muster_transaction *transaction = writing(state);

	muster_clock_pretend(NOW);
	add(transaction, "elsewhere", "x", MUSTER_AUDIT_FOR_EVER);
	add(transaction, "localhosu", "y", MUSTER_AUDIT_FOR_EVER);
	for (int i = 0; i < 3; i++)
		add(transaction, "localhost", (const char *[]){ "a", "b", "c" }[i], DAY);
	muster_clock_pretend(NOW + DAY);
	add(transaction, "localhost", "d", DAY);
	assert_string_equal(all(transaction, "localhost"), "d c b a ");
	muster_clock_pretend(NOW + DAY + 1);
	add(transaction, "localhost", "e", MUSTER_AUDIT_FOR_EVER);
	assert_string_equal(all(transaction, "localhost"), "e d c b a ");
	add(transaction, "localhost", "f", DAY);
	assert_string_equal(all(transaction, "localhost"), "f e d c ");
	add(transaction, "localhost", "g", DAY);
	assert_string_equal(all(transaction, "localhost"), "g f e d ");
	add(transaction, "localhost", "h", 0); /* as long as they are not in the way */
	assert_string_equal(all(transaction, "localhost"), "h g f ");
	muster_clock_pretend(NOW + 1000 * DAY);
	add(transaction, "localhosu", "z", DAY);
	assert_string_equal(all(transaction, "localhosu"), "z ");
	add(transaction, "elsewhere", "z", DAY);
	assert_string_equal(all(transaction, "elsewhere"), "z ");
	assert_string_equal(all(transaction, "localhost"), "h g f ");
	muster_transaction_abort(transaction);
}

/* Over more pages of the database than one. */
static void test_many_entries(void **state)
{
	struct muster_transaction *transaction = writing(state);
	MDB_stat status;

	muster_clock_pretend(NOW);
	for (int i = 0; i < 1000; i++)
		add(transaction, "localhost", "somebody", DAY);
	muster_clock_pretend(NOW + 2 * DAY);
	for (int i = 0; i < 1500; i++)
		add(transaction, "localhost", "somebody", DAY);
	assert_int_equal(mdb_stat(transaction->txn, transaction->store->audit, &status), 0);
	assert_int_equal(status.ms_entries, 1500);
	muster_transaction_abort(transaction);
}

/* Nobody is kept from registering because the youngest entry cannot be read. */
static void test_an_entry_behind_a_damaged_one(void **state)
{
	static const struct muster_text records[] = { { "\1\2\0\0", 4 }, { "\2\2\0\0", 4 } };
	struct muster_transaction *transaction = writing(state);

	muster_clock_pretend(NOW);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct muster_key key;
		struct muster_buffer position = { 0 };
		struct walk walk = { .left = -1, .last_us = INT64_MAX };
		int64_t at_us = add(transaction, "localhost", "a", DAY) + 1;
		MDB_val value = { records[i].size, (void *)records[i].data };

		muster_key_of_host(&key, text("localhost"));
		for (size_t byte = 0; byte < 8; byte++)
			key.bytes[key.value.mv_size++] = (uint8_t)(at_us >> (8 * (7 - byte)));
		assert_int_equal(mdb_put(transaction->txn, transaction->store->audit, &key.value, &value, 0), 0);
		assert_true(add(transaction, "localhost", "b", DAY) == at_us + 1);
		assert_error(muster_audit_walk(transaction, text("localhost"), &position, 9, see, &walk),
		             i == 0 ? MUSTER_CORRUPT : MUSTER_NEWER);
		muster_buffer_clear(&position);
		assert_int_equal(mdb_del(transaction->txn, transaction->store->audit, &key.value, NULL), 0);
	}
	muster_transaction_abort(transaction);
}

/* A key that is too short is no entry, and nothing is read in front of it. */
static void test_a_key_that_is_none(void **state)
{
	struct muster_transaction *transaction = writing(state);
	MDB_val key = { 10, "localhost" }, value = { 1, "\1" };
	struct muster_buffer position = { 0 };
	struct walk walk = { .left = -1, .last_us = INT64_MAX };

	muster_clock_pretend(NOW);
	assert_int_equal(mdb_put(transaction->txn, transaction->store->audit, &key, &value, 0), 0);
	assert_true(add(transaction, "localhost", "a", MUSTER_AUDIT_FOR_EVER) == INT64_C(1000000) * NOW);
	assert_error(muster_audit_walk(transaction, text("localhost"), &position, 9, see, &walk), MUSTER_CORRUPT);
	add(transaction, "localhost", "b", DAY); /* it counts as old */
	assert_string_equal(all(transaction, "localhost"), "b a ");
	muster_buffer_clear(&position);
	muster_transaction_abort(transaction);
}

/* --- what is written of requests and orders --- */

static const char *line(struct place *place)
{
	static char first[512];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(audit(place), "\n"), audit(place));
	return first;
}

static void test_what_is_written_of_requests(void **state)
{
	struct place *place = *state;
	struct muster_facts bill = account("bill"), web = from("192.0.2.7");

	set(place, from("192.0.2.7"), BILL);
	assert_string_equal(line(place), "register bill ok door=in-band address=192.0.2.7");
	set(place, from("192.0.2.8"), BILL);
	assert_string_equal(line(place), "register bill exists rule=name-taken door=in-band address=192.0.2.8 "
	                                 "detail=there is such an account");
	set(place, from("192.0.2.8"), "<username>Will</username>");
	assert_string_equal(line(place), "register will refused door=in-band address=192.0.2.8");
	set(place, from("192.0.2.8"), "<username>a b</username><password>x</password>");
	assert_string_equal(line(place), "register  refused door=in-band address=192.0.2.8");
	web.door = text("web");
	set(place, web, "<remove/>");
	assert_string_equal(line(place), "unregister  refused door=web address=192.0.2.7");
	bill.address = text("2001:db8::1");
	set(place, bill, "<username>bill</username><password>Euterpe</password>");
	assert_string_equal(line(place), "change-password bill ok door=in-band address=2001:db8::1");
	set(place, bill, "<username>bill</username><password></password>");
	assert_string_equal(line(place), "change-password bill refused door=in-band address=2001:db8::1");
	set(place, bill, "<remove/>");
	assert_string_equal(line(place), "unregister bill ok door=in-band address=2001:db8::1");
}

/* Questions leave no trace, and what cannot be told for what it is leaves none either. */
static void test_what_is_not_written(void **state)
{
	struct place *place = *state;

	request(place, from("192.0.2.7"), "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>");
	request(place, from("192.0.2.7"), "<iq type='set'");
	request(place, account("bill"), "<iq type='set'");
	request(place, from("192.0.2.7"), "<iq type='result' id='1'><query xmlns='jabber:iq:register'/></iq>");
	request(place, from("192.0.2.7"), "<iq type='what' id='1'><query xmlns='jabber:iq:register'/></iq>");
	request(place, account("bill"), "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>");
	order(place, MUSTER_CHECK_PASSWORD, "bill", "x");
	assert_string_equal(carry_out(place, (struct muster_order){ .kind = MUSTER_CHECK_PASSWORD,
	                                                            .username = text("bill"),
	                                                            .password = text("x") }),
	                    "wrong-password");
	assert_string_equal(audit(place), "");
}

static void test_what_is_written_of_orders(void **state)
{
	struct place *place = *state;
	struct muster_order order = { .username = text("Bill"),
		                      .password = text("Calliope"),
		                      .door = text("console"),
		                      .actor = text("admin@localhost"),
		                      .reason = text("because") };
	static const struct {
		enum muster_operation_kind kind;
		const char *action;
	} kinds[] = {
		{ MUSTER_CREATE, "register" },       { MUSTER_CHANGE_PASSWORD, "change-password" },
		{ MUSTER_ENABLE, "enable" },         { MUSTER_DISABLE, "disable" },
		{ MUSTER_UNREGISTER, "unregister" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char wanted[128];

		order.kind = kinds[i].kind;
		carry_out(place, order);
		snprintf(wanted, sizeof(wanted), "%s bill ok door=console actor=admin@localhost detail=because",
		         kinds[i].action);
		assert_string_equal(line(place), wanted);
	}
	order.kind = MUSTER_APPROVE;
	carry_out(place, order);
	assert_string_equal(line(place), "approve bill not-found door=console actor=admin@localhost");
}

static void test_addresses_as_the_options_have_them(void **state)
{
	struct place *place = *state;
	struct muster_facts four = from("192.0.2.7"), six = from("2001:db8:1:2:3:4:5:6");

	set_option(place, "audit_log_ipv4_prefix", number(24));
	set_option(place, "audit_log_ipv6_prefix", number(48));
	set(place, four, "");
	assert_string_equal(line(place), "register  refused door=in-band address=192.0.2.0/24");
	set(place, six, "");
	assert_string_equal(line(place), "register  refused door=in-band address=2001:db8:1::/48");
	set_option(place, "audit_log_ipv4_prefix", number(0));
	set(place, four, "");
	assert_string_equal(line(place), "register  refused door=in-band address=0.0.0.0/0");
	set_option(place, "audit_log_ips", boolean(false));
	set(place, four, "");
	assert_string_equal(line(place), "register  refused door=in-band");
	set(place, six, "<username>bill</username><password>x</password>");
	assert_string_equal(line(place), "register bill ok door=in-band");
	set(place, from("no address"), "");
	assert_string_equal(line(place), "register  refused door=in-band");
}

static void test_for_how_long(void **state)
{
	struct place *place = *state;

	muster_clock_pretend(NOW);
	set(place, stranger(), "<username>a</username>");
	muster_clock_pretend(NOW + 28 * DAY + 1);
	set(place, stranger(), "<username>b</username>");
	assert_string_equal(audit(place), "register b refused door=in-band\n");
	set_option(place, "audit_log_expires_after", string("never"));
	muster_clock_pretend(NOW + 10000 * DAY);
	set(place, stranger(), "<username>c</username>");
	assert_string_equal(audit(place), "register c refused door=in-band\nregister b refused door=in-band\n");
	set_option(place, "audit_log_expires_after", string("1 hour"));
	set(place, stranger(), "<username>d</username>");
	assert_string_equal(audit(place), "register d refused door=in-band\nregister c refused door=in-band\n");
}

/* Wrong ones neither: they are often right elsewhere. */
static void test_no_secret_in_the_audit(void **state)
{
	struct place *place = *state;
	struct muster_order order = {
		.kind = MUSTER_REGISTER, .username = text("will"), .password = text("Desdemona"), .overrides = true
	};

	set_option(place, "password_policy",
	           TABLE(ITEM("length", number(20)), ITEM("blocklist", TABLE(ELEMENT(string("Desdemona"))))));
	set_option(place, "muster_change_password", string("form"));
	set_option(place, "muster_verify_fields", TABLE(ELEMENT(string("x-pet"))));
	assert_string_equal(carry_out(place, order), "ok registered will by in-band");
	assert_non_null(strstr(line(place), "rule=password"));
	set(place, stranger(), "<username>bill</username><password>Desdemona</password>");
	set(place, account("will"), "<username>will</username><password>Desdemona</password>");
	set(place, account("will"),
	    "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register:changepassword"
	    "</value></field><field var='username'><value>will</value></field><field "
	    "var='old_password'><value>Desdemona"
	    "</value></field><field var='password'><value>Desdemona Desdemona Desdemona</value></field>"
	    "<field var='x-pet'><value>Desdemona</value></field></x>");
	order.kind = MUSTER_CHANGE_PASSWORD;
	carry_out(place, order);
	assert_true(strlen(audit(place)) > 200);
	assert_null(strstr(audit(place), "esdemona"));
}

/* What an operator passes over is written down. */
static void test_what_was_overridden(void **state)
{
	struct place *place = *state;
	struct muster_order order = { .kind = MUSTER_REGISTER,
		                      .username = text("root"),
		                      .password = text("Calliope"),
		                      .door = text("console"),
		                      .overrides = true };

	set_option(place, "block_registrations_users", TABLE(ELEMENT(string("root")), ELEMENT(string("ro"))));
	set_option(place, "block_registrations_length_minimum", number(3));
	assert_string_equal(carry_out(place, order), "ok registered root by console");
	assert_string_equal(line(place), "register root ok rule=name-reserved door=console overridden");
	order.username = text("ro"); /* the first that would have refused */
	assert_string_equal(carry_out(place, order), "ok registered ro by console");
	assert_string_equal(line(place), "register ro ok rule=name-length door=console overridden");
	order.username = text("rosalind");
	assert_string_equal(carry_out(place, order), "ok registered rosalind by console");
	assert_string_equal(line(place), "register rosalind ok door=console");
	assert_string_equal(carry_out(place, order), "exists");
	assert_string_equal(line(place), "register rosalind exists rule=name-taken door=console detail=there is such "
	                                 "an account");
	order.username = text("ed");
	order.self_service = true; /* a user's order overrides nothing */
	assert_string_equal(carry_out(place, order), "refused");
	assert_string_equal(line(place), "register ed refused rule=name-length door=console detail=names have 3 to "
	                                 "1023 characters");
}

/* A detail that is cut stays text: no half of a character. */
static void test_long_details(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = from("192.0.2.7");
	char list[402];

	set_option(place, "muster_dnsbl", string("x"));
	for (int shift = 0; shift < 2; shift++) {
		struct muster_outcome outcome;
		struct muster_operation *operation;
		const char *detail;

		snprintf(list, sizeof(list), "%s", shift ? "x" : "");
		while (strlen(list) < sizeof(list) - 3)
			strcat(list, "\xd1\x84");
		assert_error(muster_request_begin(place->host, place->store, &facts,
		                                  text("<iq type='set' id='1'><query xmlns='jabber:iq:register'>" BILL
		                                       "</query></iq>"),
		                                  &outcome, &operation),
		             MUSTER_OK);
		assert_error(muster_operation_list(operation, text(list)), MUSTER_OK);
		assert_error(muster_operation_look(operation, place->store, &outcome), MUSTER_REFUSED);
		muster_task_run(outcome.note, place->store);
		muster_outcome_clear(&outcome);
		muster_operation_free(operation);
		detail = strstr(line(place), "detail=") + 7;
		assert_in_range(strlen(detail), 188, 191);
		assert_int_equal((strlen(detail) - (size_t)shift) % 2, 0);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries_in_order_whatever_the_clock_does),
		TEST(test_pages),
		TEST(test_old_entries_go),
		TEST(test_many_entries),
		TEST(test_an_entry_behind_a_damaged_one),
		TEST(test_a_key_that_is_none),
		TEST(test_what_is_written_of_requests),
		TEST(test_what_is_not_written),
		TEST(test_what_is_written_of_orders),
		TEST(test_addresses_as_the_options_have_them),
		TEST(test_for_how_long),
		TEST(test_no_secret_in_the_audit),
		TEST(test_what_was_overridden),
		TEST(test_long_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
