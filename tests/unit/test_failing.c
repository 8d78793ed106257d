/* test_failing.c -- what changes nothing in the store, while allocations fail. */
#include "asking.h"
#include "failing.h"

#include "muster/policy.h"
#include "muster/preparation.h"
#include "policy/password.h"
#include "xml/document.h"

/* --- requests --- */

#define GET_IN_GERMAN "<iq type='get' id='1' xml:lang='de'><query xmlns='jabber:iq:register'/></iq>"

static int try_get(struct place *place)
{
	return try_request(place, stranger(), GET_IN_GERMAN);
}

static int try_get_of_what_is_registered(struct place *place)
{
	return try_request(place, account("bill"), GET_IN_GERMAN);
}

static void ask_fields(struct place *place)
{
	set_option(place, "muster_offer_form", string("always"));
	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("email")),
	                 ELEMENT(TABLE(ITEM("name", string("x-friend")), ITEM("label", string("Friend")),
	                               ITEM("type", string("jid-single"))))));
	set_option(place, "muster_verify_fields", TABLE(ELEMENT(string("x-pet"))));
}

static void test_get(void **state)
{
	set_option(*state, "muster_languages", string(LANGUAGES));
	ask_fields(*state);
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_get);
	fail_at_every_point(*state, try_get_of_what_is_registered);
}

/* What is refused is refused for its own sake, and not for want of memory. */
static int try_refused(struct place *place, struct muster_facts facts, const char *inner)
{
	int error = try_set(place, facts, inner);

	return error == MUSTER_REFUSED || error == MUSTER_EXISTS ? MUSTER_OK : error;
}

static int try_to_register_without(struct place *place)
{
	return try_refused(place, stranger(), "<username>will</username>");
}

static int try_to_register_again(struct place *place)
{
	return try_refused(place, stranger(),
	                   "<username>bill</username><password>Calliope</password><email>a@b</email>");
}

static int try_to_change_without_proof(struct place *place)
{
	return try_refused(place, account("bill"), "<username>bill</username><password>new</password>");
}

static int try_to_remove_without_proof(struct place *place)
{
	return try_refused(place, account("bill"), "<remove/>");
}

static void test_refusals(void **state)
{
	set_option(*state, "muster_languages", string(LANGUAGES));
	set_option(*state, "muster_change_password", string("form"));
	set_option(*state, "muster_unregister", string("form"));
	set_option(*state, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_to_register_without);
	fail_at_every_point(*state, try_to_register_again);
	fail_at_every_point(*state, try_to_change_without_proof);
	fail_at_every_point(*state, try_to_remove_without_proof);
}

/* --- challenges --- */

static int try_challenge(struct place *place)
{
	struct muster_stream *stream;
	int error = muster_stream_new(&stream);

	if (error != MUSTER_OK)
		return error;
	error = try_request(place, on(stream), GET_IN_GERMAN);
	if (error == MUSTER_OK)
		assert_non_null(stream->challenge);
	muster_stream_release(stream);
	return error;
}

/* What is not judged for want of memory is not failed. */
static struct muster_stream *solver;

static int try_right_answer(struct place *place)
{
	solver->challenge->solved = false;
	return try_refused(place, on(solver), filled("a b", solver->challenge->id, "qa", "green"));
}

/* Another try needs memory, and without it the one that was spent is gone all the same. */
static int try_wrong_answer(struct place *place)
{
	struct muster_stream *stream;
	int error = muster_stream_new(&stream);

	if (error == MUSTER_OK)
		error = try_request(place, on(stream), GET_IN_GERMAN);
	if (error == MUSTER_OK)
		error = try_refused(place, on(stream), filled("bill", stream->challenge->id, "qa", "blue"));
	muster_stream_release(stream);
	return error;
}

static int try_the_picture(struct place *place)
{
	struct muster_stream *stream;
	char xml[256];
	int error = muster_stream_new(&stream);

	if (error == MUSTER_OK)
		error = try_request(place, on(stream), GET_IN_GERMAN);
	if (error == MUSTER_OK) {
		snprintf(xml, sizeof(xml), "<iq type='get' id='1'><data xmlns='urn:xmpp:bob' cid='%s'/></iq>",
		         stream->challenge->cid);
		error = try_request(place, on(stream), xml);
	}
	muster_stream_release(stream);
	return error;
}

static void test_challenges(void **state)
{
	set_option(*state, "muster_languages", string(LANGUAGES));
	ASK((struct place *)*state, "qa", "SHA-256");
	fail_at_every_point(*state, try_challenge);
	solver = asked(*state);
	fail_at_every_point(*state, try_right_answer);
	assert_true(solver->challenge->solved);
	muster_stream_release(solver);
	fail_at_every_point(*state, try_wrong_answer);
	if (!muster_picture_drawn())
		return;
	ASK((struct place *)*state, "ocr", "qa");
	fail_at_every_point(*state, try_wrong_answer);
	fail_at_every_point(*state, try_the_picture);
}

/* --- logins --- */

static int try_login(struct place *place)
{
	static const struct muster_binding binding = { { "tls-exporter", 12 }, { "x", 1 } };
	static const struct muster_login_facts facts = { &binding, 1, { "192.0.2.7", 9 } };
	struct muster_exchange *exchange;
	struct muster_step step;
	int error = muster_login_begin(place->host, text("PLAIN"), &facts, &exchange);

	if (error != MUSTER_OK)
		return error;
	muster_login_step(exchange, place->store, (struct muster_text){ "\0bill\0Calliope", 14 }, &step);
	carry_on(place, exchange, &step);
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

/* With keys that are made anew: a login without the memory for that is one. */
static int try_upgrade(struct place *place)
{
	set_option(place, "default_iteration_count", number(5000));
	return try_login(place);
}

static void test_upgrade(void **state)
{
	assert_error(order(*state, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	fail_at_every_point(*state, try_upgrade);
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

/* --- what there is before the first request --- */

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
	const struct muster_value title = TABLE(ITEM("de", string("Willkommen")), ITEM("en", string("Welcome")));
	const struct muster_value languages = string(LANGUAGES);
	const struct muster_value kinds = TABLE(ELEMENT(string("qa")), ELEMENT(string("ocr")));
	const struct muster_value questions =
		TABLE(ITEM("Yes?", list), ELEMENT(TABLE(ITEM("question", title), ITEM("answers", string("yes")))));
	const struct muster_value pet = TABLE(ELEMENT(string("x-pet")));
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
	if (error == MUSTER_OK)
		error = muster_host_set(host, "muster_verify_fields", &pet, NULL);
	if (error == MUSTER_OK)
		error = muster_host_set(host, "muster_languages", &languages, NULL);
	if (error == MUSTER_OK)
		error = muster_host_set(host, "muster_questions", &questions, NULL);
	if (error == MUSTER_OK && muster_picture_drawn())
		error = muster_host_set(host, "muster_challenges", &kinds, NULL);
	if (error == MUSTER_OK)
		error = muster_host_check(host, NULL);
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
/* --- parts --- */

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

/* --- rules --- */

static int match_part(void *context, struct muster_text pattern, struct muster_text name)
{
	(void)context;
	return memmem(name.data, name.size, pattern.data, pattern.size) != NULL;
}

static int set_rules(struct muster_host *host)
{
	const struct muster_item networks[] = { ELEMENT(string("192.0.2.0/24")), ELEMENT(string("::1")) };
	const struct muster_item names[] = { ELEMENT(string("Admin")), ELEMENT(string("root")) };
	const struct muster_item limit[] = { ITEM("limit", number(3)) };
	const struct muster_item windows[] = { ELEMENT(table(limit, 1)) };
	const struct muster_item quarantine[] = { ITEM("role", string("guest")) };
	const struct {
		const char *option;
		struct muster_value value;
	} options[] = {
		{ "registration_allowlist", table(networks, 2) },
		{ "registration_blocklist", table(networks, 2) },
		{ "muster_dnsbl", string("list.example") },
		{ "muster_throttle", table(windows, 1) },
		{ "muster_rate", table(limit, 1) },
		{ "block_registrations_users", table(names, 2) },
		{ "block_registrations_matching", table(names, 2) },
		{ "block_registrations_require", string("b") },
		{ "muster_max_accounts", number(100) },
		{ "muster_max_accounts_per_address", number(100) },
		{ "muster_quarantine", table(quarantine, 1) },
		{ "muster_unregister_roles", table(names, 2) },
	};
	const struct muster_matcher matcher = { match_part, NULL };
	int error = MUSTER_OK;

	muster_host_set_matcher(host, &matcher);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && error == MUSTER_OK; i++)
		error = muster_host_set(host, options[i].option, &options[i].value, NULL);
	return error;
}

static void count_opinion(void *context, const struct muster_opinion *opinion)
{
	(void)opinion;
	++*(int *)context;
}

static int try_rules(struct place *place)
{
	const struct muster_candidate candidate = { .username = text("Bob"),
		                                    .password = text("Calliope"),
		                                    .address = text("203.0.113.1"),
		                                    .self_service = true };
	struct muster_buffer name = { 0 };
	struct muster_text list;
	struct muster_host *host;
	int opinions = 0, error = muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL);

	if (error == MUSTER_OK)
		error = set_rules(host);
	if (error == MUSTER_OK)
		error = muster_policy_explain(host, place->store, &candidate, count_opinion, &opinions);
	if (error == MUSTER_OK)
		assert_int_equal(opinions, 18);
	if (error == MUSTER_OK)
		error = muster_policy_lookup(host, candidate.address, 0, &name, &list);
	muster_buffer_clear(&name);
	muster_host_release(host);
	return error;
}

static void test_rules(void **state)
{
	fail_at_every_point(*state, try_rules);
}

static int try_to_register_too_often(struct place *place)
{
	return try_refused(place, from("192.0.2.7"), "<username>will</username><password>x</password>");
}

static void test_refusals_by_rules(void **state)
{
	set_option(*state, "muster_languages", string(LANGUAGES));
	set_option(*state, "muster_throttle", TABLE(ITEM("limit", number(1))));
	set(*state, from("192.0.2.7"), "<username>bill</username><password>x</password>");
	fail_at_every_point(*state, try_to_register_too_often);
	set_option(*state, "muster_throttle", boolean(false));
	set_option(*state, "block_registrations_users", TABLE(ELEMENT(string("will"))));
	fail_at_every_point(*state, try_to_register_too_often);
	assert_int_equal(state_of(*state, "will"), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get),
		TEST(test_refusals),
		TEST(test_challenges),
		TEST(test_login),
		TEST(test_upgrade),
		TEST(test_scram),
		TEST(test_opening),
		TEST(test_options),
		TEST(test_preparation),
		TEST(test_reading),
		TEST(test_lists),
		TEST(test_rules),
		TEST(test_refusals_by_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
