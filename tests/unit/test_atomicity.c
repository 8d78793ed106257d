/* test_atomicity.c -- what changes the store does so as a whole or not at all, whichever allocation fails. */
#include "failing.h"

#include "base/clock.h"
#include "base/memory.h"
#include "muster/due.h"
#include "muster/tombstone.h"
#include "registration/stream.h"

#define FORM(purpose, inner)                                                                                           \
	"<x xmlns='jabber:x:data' type='submit'>" FIELD("FORM_TYPE", "jabber:iq:register" purpose) inner "</x>"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"

/* --- what is on file --- */

/* "enabled email=a@b x-tag=one x-tag=two x-pet?", a secret with a question mark; "none" without a record. The next call
 * overwrites it. */
static const char *record_of(struct place *place, const char *name)
{
	static const char *const states[MUSTER_ACCOUNT_STATES] = { "none",       "enabled", "disabled",
		                                                   "unfinished", "deleted", "pending" };
	static char described[1024];
	struct muster_transaction *transaction;
	struct muster_account account;
	FILE *out = fmemopen(described, sizeof(described), "w");
	int error;

	assert_non_null(out);
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	error = muster_account_get(transaction, muster_host_name(place->host), text(name), &account);
	muster_transaction_abort(transaction);
	if (error != MUSTER_NOT_FOUND)
		assert_error(error, MUSTER_OK);
	fputs(states[account.state], out);
	for (size_t i = 0; i < account.field_count; i++)
		fprintf(out, " %.*s=%.*s", (int)account.fields[i].name.size, account.fields[i].name.data,
		        (int)account.fields[i].value.size, account.fields[i].value.data);
	for (size_t i = 0; i < account.secret_count; i++)
		fprintf(out, " %.*s?", (int)account.secrets[i].name.size, account.secrets[i].name.data);
	fclose(out);
	muster_account_clear(&account);
	return described;
}

#define assert_record(place, name, wanted) assert_string_equal(record_of(place, name), wanted)

static void ask_fields(struct place *place)
{
	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("email")),
	                 ELEMENT(TABLE(ITEM("name", string("x-friend")), ITEM("type", string("jid-single")))),
	                 ELEMENT(TABLE(ITEM("name", string("x-tag")), ITEM("type", string("text-multi")))),
	                 ELEMENT(TABLE(ITEM("name", string("x-code")), ITEM("regex", string("[A-Z]+"))))));
	set_option(place, "muster_verify_fields", TABLE(ELEMENT(string("x-pet")), ELEMENT(string("x-street"))));
}

#define ADDITIONAL                                                                                                     \
	FIELD("email", "will@globe.lit")                                                                               \
	FIELD("x-friend", "Ben@globe.lit")                                                                             \
	"<field var='x-tag'><value>one</value><value>two</value></field>" FIELD("x-code", "ABC")
#define SECRETS FIELD("x-pet", "Crab") FIELD("x-street", "Henley")
#define WHOLE_RECORD                                                                                                   \
	"enabled email=will@globe.lit x-friend=Ben@globe.lit x-tag=one x-tag=two x-code=ABC x-pet? x-street?"

/* An account with everything on file. */
static void add_bill(struct place *place)
{
	ask_fields(place);
	assert_error(try_set(place, stranger(),
	                     FORM("", FIELD("username", "bill") FIELD("password", "theglobe") ADDITIONAL SECRETS)),
	             MUSTER_OK);
}

/* --- registration --- */

static int register_by_elements(struct place *place)
{
	return try_set(place, stranger(), "<username>bill</username><password>theglobe</password><email>a@b</email>");
}

static void check_email(struct place *place)
{
	assert_record(place, "bill", "enabled email=a@b");
	assert_null(login(place, "bill", "theglobe"));
}

/* Over a name that was kept. */
static void test_registration_by_elements(void **state)
{
	static const struct change change = { register_by_elements, MUSTER_OK, check_email };
	struct place *place = *state;
	struct muster_transaction *transaction;

	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	set_option(place, "user_tombstone_expiry", number(60));
	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_tombstone_put(transaction, text("localhost"), text("bill"), 1000, -1), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	fail_at_every_point_of_change(place, &change);
}

/* A stream whose registration came to nothing may try again. */
static int register_on_stream(struct place *place)
{
	struct muster_facts facts = stranger();
	int error = muster_stream_new(&facts.stream);

	if (error != MUSTER_OK)
		return error;
	error = try_set(place, facts, "<username>bill</username><password>theglobe</password><email>a@b</email>");
	muster_memory_fail_after(-1);
	assert_true(facts.stream->registered == (state_of(place, "bill") != 0));
	assert_true(facts.stream->registering == facts.stream->registered);
	muster_stream_release(facts.stream);
	return error;
}

static void test_registration_on_a_stream(void **state)
{
	static const struct change change = { register_on_stream, MUSTER_OK, check_email };

	set_option(*state, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	fail_at_every_point_of_change(*state, &change);
}

static int register_by_form(struct place *place)
{
	return try_set(place, stranger(),
	               FORM("", FIELD("username", "bill") FIELD("password", "theglobe") ADDITIONAL SECRETS));
}

static void check_whole_record(struct place *place)
{
	assert_record(place, "bill", WHOLE_RECORD);
	assert_null(login(place, "bill", "theglobe"));
}

static void test_registration_by_form(void **state)
{
	static const struct change change = { register_by_form, MUSTER_OK, check_whole_record };

	ask_fields(*state);
	fail_at_every_point_of_change(*state, &change);
	/* What is kept of the secrets is theirs, too. */
	set_option(*state, "muster_unregister", string("form"));
	assert_error(try_set(*state, account("bill"),
	                     FORM(":cancel", FIELD("username", "bill") FIELD("password", "theglobe") SECRETS)),
	             MUSTER_OK);
}

/* --- changes --- */

static int edit(struct place *place)
{
	return try_set(place, account("bill"),
	               FORM("", FIELD("username", "bill") FIELD("x-friend", "kit@deptford.lit") FIELD("x-tag", "three")
	                                FIELD("email", "bill@stratford.lit")));
}

static void check_edit(struct place *place)
{
	assert_record(place, "bill",
	              "enabled x-code=ABC email=bill@stratford.lit x-friend=kit@deptford.lit x-tag=three "
	              "x-pet? x-street?");
	assert_null(login(place, "bill", "theglobe"));
}

static void let_edit(struct place *place)
{
	add_bill(place);
	set_option(place, "muster_editable_fields",
	           TABLE(ELEMENT(string("email")), ELEMENT(string("x-friend")), ELEMENT(string("x-tag"))));
}

static void test_edit(void **state)
{
	static const struct change change = { edit, MUSTER_OK, check_edit };

	let_edit(*state);
	fail_at_every_point_of_change(*state, &change);
}

static int edit_with_password(struct place *place)
{
	return try_set(place, account("bill"),
	               "<username>bill</username><password>groundlings</password><email>bill@stratford.lit</email>");
}

static void check_edit_with_password(struct place *place)
{
	assert_record(place, "bill",
	              "enabled x-friend=Ben@globe.lit x-tag=one x-tag=two x-code=ABC email=bill@stratford.lit "
	              "x-pet? x-street?");
	assert_null(login(place, "bill", "groundlings"));
}

static void test_edit_with_a_change_of_password(void **state)
{
	static const struct change change = { edit_with_password, MUSTER_OK, check_edit_with_password };

	let_edit(*state);
	fail_at_every_point_of_change(*state, &change);
}

static int change_simply(struct place *place)
{
	return try_set(place, account("bill"), "<username>bill</username><password>groundlings</password>");
}

static void check_change(struct place *place)
{
	assert_record(place, "bill", WHOLE_RECORD);
	assert_null(login(place, "bill", "groundlings"));
	assert_string_equal(login(place, "bill", "theglobe"), "not-authorized");
}

static void test_change_of_password(void **state)
{
	static const struct change change = { change_simply, MUSTER_OK, check_change };

	add_bill(*state);
	fail_at_every_point_of_change(*state, &change);
}

static int change_by_form(struct place *place)
{
	return try_set(place, account("bill"),
	               FORM(":changepassword", FIELD("username", "bill@localhost") FIELD("old_password", "theglobe")
	                                               FIELD("password", "groundlings") SECRETS));
}

static void test_change_by_form(void **state)
{
	static const struct change change = { change_by_form, MUSTER_OK, check_change };

	add_bill(*state);
	set_option(*state, "muster_change_password", string("form"));
	fail_at_every_point_of_change(*state, &change);
}

static int change_with_wrong_password(struct place *place)
{
	return try_set(place, account("bill"),
	               FORM(":changepassword", FIELD("username", "bill") FIELD("old_password", "wrong")
	                                               FIELD("password", "groundlings") SECRETS));
}

/* All that changes is that the try is counted. */
static void test_change_with_a_wrong_password(void **state)
{
	static const struct change change = { change_with_wrong_password, MUSTER_WRONG_PASSWORD, check_whole_record };

	add_bill(*state);
	set_option(*state, "muster_change_password", string("form"));
	fail_at_every_point_of_change(*state, &change);
}

static int change_with_wrong_answer(struct place *place)
{
	return try_set(place, account("bill"),
	               FORM(":changepassword", FIELD("username", "bill") FIELD("old_password", "theglobe")
	                                               FIELD("password", "groundlings") FIELD("x-pet", "Launce")));
}

static void test_change_with_a_wrong_answer(void **state)
{
	static const struct change change = { change_with_wrong_answer, MUSTER_WRONG_PASSWORD, check_whole_record };

	add_bill(*state);
	fail_at_every_point_of_change(*state, &change);
}

/* --- removal --- */

static int removal(struct place *place)
{
	return try_set(place, account("bill"), "<remove/>");
}

static void check_removal(struct place *place)
{
	assert_record(place, "bill", "none");
}

static void test_removal(void **state)
{
	static const struct change change = { removal, MUSTER_OK, check_removal };

	add_bill(*state);
	fail_at_every_point_of_change(*state, &change);
	assert_error(try_set(*state, stranger(), FORM("", FIELD("username", "bill") FIELD("password", "a") SECRETS)),
	             MUSTER_EXISTS);
}

static int removal_by_form(struct place *place)
{
	return try_set(place, account("bill"),
	               FORM(":cancel", FIELD("username", "bill") FIELD("password", "theglobe") SECRETS));
}

static void test_removal_by_form(void **state)
{
	static const struct change change = { removal_by_form, MUSTER_OK, check_removal };

	add_bill(*state);
	set_option(*state, "muster_unregister", string("form"));
	fail_at_every_point_of_change(*state, &change);
}

static void check_pending_removal(struct place *place)
{
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_DELETED);
	assert_non_null(login(place, "bill", "theglobe"));
}

static int restoration(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_ENABLE, .username = text("bill") });
}

static void test_removal_for_a_while(void **state)
{
	static const struct change removing = { removal, MUSTER_OK, check_pending_removal };
	static const struct change restoring = { restoration, MUSTER_OK, check_whole_record };

	add_bill(*state);
	set_option(*state, "registration_delete_grace_period", string("1 week"));
	fail_at_every_point_of_change(*state, &removing);
	fail_at_every_point_of_change(*state, &restoring);
}

static int purge(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_FALL_DUE, .username = text("bill") });
}

/* As if the week were over. */
static void test_purge(void **state)
{
	static const struct change change = { purge, MUSTER_OK, check_removal };
	struct place *place = *state;
	struct muster_text host = text("localhost"), name = text("bill");
	struct muster_transaction *transaction;
	struct muster_account account;

	add_bill(place);
	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_OK);
	account.state = MUSTER_ACCOUNT_DELETED;
	account.purge_s = muster_wall_clock_s() - 1;
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	assert_error(muster_due_add(transaction, host, name, account.purge_s), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	muster_account_clear(&account);
	fail_at_every_point_of_change(place, &change);
}

/* --- by name --- */

static int create(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_CREATE, .username = text("Bill") });
}

static void check_creation(struct place *place)
{
	assert_record(place, "bill", "unfinished");
}

static int finish(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_CHANGE_PASSWORD,
	                                                .username = text("bill"),
	                                                .password = text("theglobe") });
}

static void check_finish(struct place *place)
{
	assert_record(place, "bill", "unfinished");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, "bill", "theglobe"), MUSTER_DISABLED);
}

static void check_enabled(struct place *place)
{
	assert_record(place, "bill", "enabled");
	assert_null(login(place, "bill", "theglobe"));
}

static int disable(struct place *place)
{
	return try_order(place, &(struct muster_order){
					.kind = MUSTER_DISABLE, .username = text("bill"), .reason = text("spam") });
}

static void check_disabled(struct place *place)
{
	assert_record(place, "bill", "disabled");
	assert_non_null(login(place, "bill", "theglobe"));
}

static void test_steps_by_name(void **state)
{
	static const struct change changes[] = {
		{ create, MUSTER_OK, check_creation },
		{ finish, MUSTER_OK, check_finish },
		{ restoration, MUSTER_OK, check_enabled },
		{ disable, MUSTER_OK, check_disabled },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		fail_at_every_point_of_change(*state, &changes[i]);
}

/* --- services --- */

#define JULIET "juliet@capulet.lit"

/* Logins are looked at, not changed: a wrong one is not to be counted. */
static int open_uncounted(void **state)
{
	open_place(state);
	set_option(*state, "muster_guesses", boolean(false));
	return 0;
}

static int open_service(void **state)
{
	struct place *place;

	open_place(state);
	place = *state;
	muster_host_release(place->host);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_SERVICE, text("contests.localhost"), NULL), MUSTER_OK);
	set_option(place, "default_iteration_count", number(4096));
	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("username")), ELEMENT(string("password")), ELEMENT(string("email+"))));
	set_option(place, "muster_verify_fields", TABLE(ELEMENT(string("x-pet"))));
	return 0;
}

static struct muster_facts juliet(void)
{
	return (struct muster_facts){ .sender = MUSTER_SENDER_OTHER,
		                      .secure = true,
		                      .full_jid = text("Juliet@capulet.lit/balcony") };
}

static int register_at_service(struct place *place)
{
	return try_set(place, juliet(),
	               FORM("", FIELD("username", "Jule") FIELD("password", "r0m30") FIELD("email", "j@capulet.lit")
	                                FIELD("x-pet", "Nightingale")));
}

static void check_registration_at_service(struct place *place)
{
	assert_record(place, JULIET, "enabled email=j@capulet.lit username=jule x-pet?");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "r0m30"), MUSTER_OK);
}

static int replace_at_service(struct place *place)
{
	return try_set(place, juliet(),
	               FORM("", FIELD("username", "July") FIELD("password", "r0m30") FIELD("email", "j@montague.lit")
	                                FIELD("x-pet", "Nightingale")));
}

static void check_replacement_at_service(struct place *place)
{
	assert_record(place, JULIET, "enabled email=j@montague.lit username=july x-pet?");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "r0m30"), MUSTER_OK);
}

static int change_at_service(struct place *place)
{
	return try_set(place, juliet(),
	               FORM(":changepassword", FIELD("username", JULIET) FIELD("old_password", "r0m30")
	                                               FIELD("password", "banished") FIELD("x-pet", "nightingale")));
}

static void check_change_at_service(struct place *place)
{
	assert_record(place, JULIET, "enabled email=j@montague.lit username=july x-pet?");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "banished"), MUSTER_OK);
}

static int remove_at_service(struct place *place)
{
	return try_set(place, juliet(), "<remove/>");
}

static void check_removal_at_service(struct place *place)
{
	assert_record(place, JULIET, "none");
}

static const struct change registering = { register_at_service, MUSTER_OK, check_registration_at_service };
static const struct change replacing = { replace_at_service, MUSTER_OK, check_replacement_at_service };
static const struct change changing = { change_at_service, MUSTER_OK, check_change_at_service };
static const struct change removing = { remove_at_service, MUSTER_OK, check_removal_at_service };

static void test_service(void **state)
{
	fail_at_every_point_of_change(*state, &registering);
	fail_at_every_point_of_change(*state, &replacing);
	fail_at_every_point_of_change(*state, &changing);
	fail_at_every_point_of_change(*state, &removing);
}

static int replace_with_wrong_password(struct place *place)
{
	return try_set(place, juliet(),
	               FORM("", FIELD("username", "July") FIELD("password", "wrong") FIELD("email", "j@montague.lit")
	                                FIELD("x-pet", "Nightingale")));
}

static void test_service_that_wants_a_proof(void **state)
{
	static const struct change wrong = { replace_with_wrong_password, MUSTER_WRONG_PASSWORD,
		                             check_registration_at_service };

	set_option(*state, "muster_change_password", string("form"));
	fail_at_every_point_of_change(*state, &registering);
	fail_at_every_point_of_change(*state, &wrong);
	fail_at_every_point_of_change(*state, &replacing);
	fail_at_every_point_of_change(*state, &changing);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_uncounted, close_place)
#define TEST_SERVICE(test) cmocka_unit_test_setup_teardown(test, open_service, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registration_by_elements),
		TEST(test_registration_on_a_stream),
		TEST(test_registration_by_form),
		TEST(test_edit),
		TEST(test_edit_with_a_change_of_password),
		TEST(test_change_of_password),
		TEST(test_change_by_form),
		TEST(test_change_with_a_wrong_password),
		TEST(test_change_with_a_wrong_answer),
		TEST(test_removal),
		TEST(test_removal_by_form),
		TEST(test_removal_for_a_while),
		TEST(test_purge),
		TEST(test_steps_by_name),
		TEST_SERVICE(test_service),
		TEST_SERVICE(test_service_that_wants_a_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
