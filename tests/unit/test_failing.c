/* test_failing.c -- the first, the second, the third allocation fails, and so on until none does: whatever fails,
 * nothing leaks, nothing is half done, and the next try works. */
#include "support.h"

#include "base/memory.h"
#include "muster/preparation.h"
#include "policy/password.h"
#include "xml/document.h"

/* Tries once while allocations fail: MUSTER_OK when it got through. */
typedef int attempt_fn(struct place *place);

typedef void fail_fn(long count);

static void fail_in_turn(struct place *place, attempt_fn *attempt, fail_fn *fail_after)
{
	const size_t live = muster_memory_live();
	long point = 0;
	int error;

	do {
		fail_after(point++);
		error = attempt(place);
		muster_memory_fail_after(-1);
		if (muster_memory_live() != live)
			fail_msg("%zu blocks are left after failure %ld", muster_memory_live() - live, point);
		if (error != MUSTER_OK && error != MUSTER_NO_MEMORY)
			fail_msg("failure %ld gives %s", point, muster_error_name(error));
		assert_in_range(point, 1, 1000);
	} while (error != MUSTER_OK);
	print_message("           %ld points\n", point - 1);
}

/* Everything from some point on, or a single allocation: then what is done about the failure has memory again. */
static void fail_at_every_point(struct place *place, attempt_fn *attempt)
{
	fail_in_turn(place, attempt, muster_memory_fail_after);
	fail_in_turn(place, attempt, muster_memory_fail_once_after);
}

/* The answer of a request, if there was memory for one, must be that of a server without memory. */
static int judge(const struct muster_outcome *outcome)
{
	if (outcome->error == MUSTER_OK)
		return MUSTER_OK;
	assert_error(outcome->error, MUSTER_NO_MEMORY);
	if (outcome->action_count > 0)
		assert_string_equal(verdict(outcome->actions[0].xml.data), "resource-constraint wait 500");
	return MUSTER_NO_MEMORY;
}

static int try_request(struct place *place, struct muster_facts facts, const char *inner)
{
	static char xml[1024];
	struct muster_outcome outcome;
	struct muster_operation *operation;
	int error;

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>", inner);
	error = muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation);
	if (error == MUSTER_OK && operation)
		error = muster_operation_look(operation, place->store, &outcome);
	if (error == MUSTER_OK && operation) {
		muster_task_run(muster_operation_task(operation), place->store);
		error = muster_operation_finish(operation, &outcome);
	}
	if (error == MUSTER_OK)
		error = judge(&outcome);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return error;
}

static int try_registration(struct place *place)
{
	int error = try_request(place, stranger(),
	                        "<username>bill</username><password>Calliope</password><email>a@b</email>");

	/* Without memory for the answer the account is there, and the next try would say conflict. */
	muster_memory_fail_after(-1);
	if (state_of(place, "bill") == 0) {
		assert_error(error, MUSTER_NO_MEMORY);
		return error;
	}
	assert_null(login(place, "bill", "Calliope"));
	if (error != MUSTER_OK)
		assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
	return error;
}

static void test_registration(void **state)
{
	set_option(*state, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	set_option(*state, "user_tombstone_expiry", number(0));
	fail_at_every_point(*state, try_registration);
}

static int try_change(struct place *place)
{
	int error = try_request(place, account("bill"), "<username>bill</username><password>new</password>");

	muster_memory_fail_after(-1);
	/* One of the two, whole. */
	if (error == MUSTER_OK)
		assert_null(login(place, "bill", "new"));
	else
		assert_true(!login(place, "bill", "Calliope") || !login(place, "bill", "new"));
	return error;
}

static void test_change_of_password(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_change);
}

static int try_change_by_form(struct place *place)
{
	int error = try_request(place, account("bill"),
	                        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
	                        "<value>jabber:iq:register:changepassword</value></field>"
	                        "<field var='username'><value>bill@localhost</value></field>"
	                        "<field var='old_password'><value>Calliope</value></field>"
	                        "<field var='password'><value>Calliope</value></field></x>");

	muster_memory_fail_after(-1);
	assert_null(login(place, "bill", "Calliope"));
	return error;
}

static void test_change_by_form(void **state)
{
	set_option(*state, "muster_change_password", string("form"));
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_change_by_form);
}

static int try_removal(struct place *place)
{
	int error = try_request(place, account("bill"), "<remove/>");

	muster_memory_fail_after(-1);
	if (error == MUSTER_OK)
		assert_int_equal(state_of(place, "bill"), 0);
	else if (state_of(place, "bill") == 0)
		assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	else
		assert_null(login(place, "bill", "Calliope"));
	return error;
}

static void test_removal(void **state)
{
	set_option(*state, "user_tombstone_expiry", number(0));
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_removal);
}

static int try_get(struct place *place)
{
	struct muster_facts facts = account("bill");
	struct muster_outcome outcome;
	struct muster_operation *operation;
	int error = muster_request_begin(place->host, place->store, &facts,
	                                 text("<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"),
	                                 &outcome, &operation);

	if (error == MUSTER_OK)
		error = judge(&outcome);
	muster_outcome_clear(&outcome);
	return error;
}

static void test_get(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_get);
}

static int try_login(struct place *place)
{
	static const struct muster_binding binding = { { "tls-exporter", 12 }, { "x", 1 } };
	static const struct muster_login_facts facts = { .bindings = &binding, .binding_count = 1 };
	struct muster_exchange *exchange;
	struct muster_step step;
	int error = muster_login_begin(place->host, text("PLAIN"), &facts, &exchange);

	if (error != MUSTER_OK)
		return error;
	muster_login_step(exchange, place->store, (struct muster_text){ "\0bill\0Calliope", 14 }, &step);
	if (step.status == MUSTER_LOGIN_WORK) {
		muster_task_run(muster_login_task(exchange), place->store);
		muster_login_finish(exchange, place->store, &step);
	}
	muster_login_free(exchange);
	if (step.status == MUSTER_LOGIN_SUCCESS)
		return MUSTER_OK;
	assert_string_equal(step.condition, "temporary-auth-failure");
	return MUSTER_NO_MEMORY;
}

static void test_login(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_login);
}

static int try_scram(struct place *place)
{
	static const struct muster_login_facts facts;
	struct muster_exchange *exchange;
	struct muster_step step;
	int error = muster_login_begin(place->host, text("SCRAM-SHA-256"), &facts, &exchange);

	if (error != MUSTER_OK)
		return error;
	muster_login_step(exchange, place->store, text("n,a=bill@localhost,n=bill,r=abc"), &step);
	if (step.status == MUSTER_LOGIN_FAILURE)
		assert_string_equal(step.condition, "temporary-auth-failure");
	muster_login_free(exchange);
	return step.status == MUSTER_LOGIN_CHALLENGE ? MUSTER_OK : MUSTER_NO_MEMORY;
}

static void test_scram(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_scram);
}

static int try_opening(struct place *place)
{
	struct muster_engine_options options = { .store = { .path = place->directory } };
	struct muster_failure failure = { 0 };
	struct muster_engine *engine;
	int error = muster_engine_open(&engine, &options, &failure);

	if (error != MUSTER_OK)
		assert_true(strlen(failure.text) > 0);
	muster_engine_close(engine);
	return error;
}

static void test_opening(void **state)
{
	struct place *place = *state;

	muster_store_close(place->store);
	place->store = NULL;
	fail_at_every_point(place, try_opening);
}

static int try_options(struct place *place)
{
	const struct muster_value list = TABLE(ELEMENT(string("a")), ELEMENT(string("b")));
	const struct muster_value policy = TABLE(ITEM("blocklist", list));
	const struct muster_value title = string("Welcome");
	const struct muster_value fields =
		TABLE(ELEMENT(TABLE(ITEM("name", string("x-a")), ITEM("label", string("A")),
	                            ITEM("type", string("list-multi")), ITEM("options", list))),
	              ELEMENT(TABLE(ITEM("name", string("x-b")), ITEM("regex", string("a+")))));
	struct muster_host *host;
	int error = muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL);

	(void)place;
	if (error == MUSTER_OK)
		error = muster_host_set(host, "password_policy", &policy, NULL);
	if (error == MUSTER_OK)
		error = muster_host_set(host, "registration_title", &title, NULL);
	if (error == MUSTER_OK)
		error = muster_host_set(host, "additional_registration_fields", &fields, NULL);
	muster_host_release(host);
	return error;
}

static void test_options(void **state)
{
	fail_at_every_point(*state, try_options);
}

static void write_file(const struct place *place, const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(path_in(place->directory, name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static int try_lists(struct place *place)
{
	char lines[64], leaked[64];
	struct muster_item rules[] = { ITEM("blocklist", string("")), ITEM("leaked", string("")) };
	const struct muster_value policy = table(rules, 2);
	struct muster_buffer derivable = { 0 };
	enum muster_phrase why;
	struct muster_host *host;
	int error = muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL);

	snprintf(lines, sizeof(lines), "%s", path_in(place->directory, "lines"));
	snprintf(leaked, sizeof(leaked), "%s", path_in(place->directory, "leaked"));
	rules[0].value = string(lines);
	rules[1].value = string(leaked);
	if (error == MUSTER_OK)
		error = muster_host_set(host, "password_policy", &policy, NULL);
	if (error == MUSTER_OK)
		error = muster_password_check(host, text("juliet"), text("Correct Horse"), &derivable, &why);
	muster_buffer_clear(&derivable);
	muster_host_release(host);
	return error;
}

static void test_lists(void **state)
{
	uint8_t leaked[MUSTER_LEAKED_HEADER + 8] = { 0 };

	muster_leaked_header(leaked, 8, 1);
	write_file(*state, "leaked", leaked, sizeof(leaked));
	write_file(*state, "lines", "letmein\nzebra\n", 14);
	fail_at_every_point(*state, try_lists);
}

static int try_preparation(struct place *place)
{
	struct muster_buffer prepared = { 0 };
	size_t length;
	int error = muster_name_prepare(text("Jos\xc3\xa9"), &prepared);

	(void)place;
	muster_buffer_clear(&prepared);
	if (error == MUSTER_OK)
		error = muster_domain_prepare(text("xn--bcher-kva.example"), &prepared);
	muster_buffer_clear(&prepared);
	if (error == MUSTER_OK)
		error = muster_password_prepare(text("Correct Horse"), &prepared, &length);
	muster_buffer_clear(&prepared);
	return error;
}

static void test_preparation(void **state)
{
	fail_at_every_point(*state, try_preparation);
}

static int try_reading(struct place *place)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error = muster_transaction_read(place->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, text("localhost"), text("bill"), &account);
	if (error == MUSTER_OK)
		muster_account_clear(&account);
	muster_transaction_abort(transaction);
	return error;
}

static void test_reading(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_reading);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registration),
		TEST(test_change_of_password),
		TEST(test_change_by_form),
		TEST(test_removal),
		TEST(test_get),
		TEST(test_login),
		TEST(test_scram),
		TEST(test_opening),
		TEST(test_options),
		TEST(test_lists),
		TEST(test_preparation),
		TEST(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
