/* test_service.c -- registering again with a service, by whoever is on file there. */
#include "support.h"

#define JULIET "juliet@capulet.lit"
#define ASK "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define SUBMIT(purpose, inner)                                                                                         \
	"<x xmlns='jabber:x:data' type='submit'>" FIELD("FORM_TYPE", "jabber:iq:register" purpose) inner "</x>"
#define CONTEST(email, pet) SUBMIT("", FIELD("email", email) FIELD("x-pet", pet))
#define CANCEL(pet) SUBMIT(":cancel", FIELD("x-pet", pet))

#define assert_verdict(outcome, wanted) assert_string_equal(verdict(outcome), wanted)

/* A service that asks for an address and an answer, and wants the answer before it forgets anybody. */
static int open_service(void **state)
{
	struct place *place;

	open_place(state);
	place = *state;
	muster_host_release(place->host);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_SERVICE, text("contests.localhost"), NULL), MUSTER_OK);
	set_option(place, "default_iteration_count", number(4096));
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	set_option(place, "muster_verify_fields", TABLE(ELEMENT(string("x-pet"))));
	set_option(place, "muster_unregister", string("form"));
	return 0;
}

static struct muster_facts juliet(void)
{
	return (struct muster_facts){ .sender = MUSTER_SENDER_OTHER,
		                      .secure = true,
		                      .full_jid = text(JULIET "/balcony") };
}

static const char *by_juliet(struct place *place, const char *inner)
{
	return set(place, juliet(), inner);
}

static void assert_email(struct place *place, const char *wanted)
{
	char part[128];

	snprintf(part, sizeof(part), "<value>%s</value>", wanted);
	assert_non_null(strstr(request(place, juliet(), ASK), part));
}

static void let_answers_be_left_out(struct place *place)
{
	set_option(place, "muster_verify_fields",
	           TABLE(ELEMENT(TABLE(ITEM("name", string("x-pet")), ITEM("required", boolean(false))))));
}

/* R-077-110, R-077-126: who could give another answer could cancel with it */
static void test_an_answer_on_file_is_not_replaced(void **state)
{
	const char *answer;

	assert_verdict(by_juliet(*state, CONTEST("j@capulet.lit", "Nightingale")), "result");
	answer = by_juliet(*state, CONTEST("j@montague.lit", "Lark"));
	assert_verdict(answer, "not-authorized modify 401");
	assert_null(strstr(answer, "<query")); /* there is no password that its form could change */
	assert_email(*state, "j@capulet.lit");
	assert_verdict(by_juliet(*state, CANCEL("Lark")), "not-authorized auth 401");
	assert_verdict(by_juliet(*state, CANCEL("Nightingale")), "result");
}

/* R-077-119 */
static void test_the_rest_is_replaced_by_who_gives_the_answer(void **state)
{
	assert_verdict(by_juliet(*state, CONTEST("j@capulet.lit", "Nightingale")), "result");
	assert_verdict(by_juliet(*state, CONTEST("j@montague.lit", " nightingale ")), "result");
	assert_email(*state, "j@montague.lit");
	assert_verdict(by_juliet(*state, SUBMIT("", FIELD("email", "j@verona.lit"))), "not-acceptable modify 406");
	assert_verdict(by_juliet(*state, CANCEL("Nightingale")), "result");
}

static void test_an_answer_that_is_left_out_stays(void **state)
{
	let_answers_be_left_out(*state);
	assert_verdict(by_juliet(*state, CONTEST("j@capulet.lit", "Nightingale")), "result");
	assert_verdict(by_juliet(*state, SUBMIT("", FIELD("email", "j@montague.lit"))), "result");
	assert_email(*state, "j@montague.lit");
	assert_verdict(by_juliet(*state, CONTEST("j@verona.lit", "")), "result");
	assert_email(*state, "j@verona.lit");
	assert_verdict(by_juliet(*state, CANCEL("")), "not-authorized auth 401");
	assert_verdict(by_juliet(*state, CANCEL("Nightingale")), "result");
}

static void test_an_answer_where_none_was_on_file(void **state)
{
	let_answers_be_left_out(*state);
	assert_verdict(by_juliet(*state, SUBMIT("", FIELD("email", "j@capulet.lit"))), "result");
	assert_verdict(by_juliet(*state, CONTEST("j@capulet.lit", "Nightingale")), "result");
	assert_verdict(by_juliet(*state, CANCEL("Lark")), "not-authorized auth 401");
	assert_verdict(by_juliet(*state, CANCEL("Nightingale")), "result");
}

/* R-077-104: guessing is no faster here than in the forms, and what needs no proof goes on. */
static void test_wrong_answers_are_counted(void **state)
{
	let_answers_be_left_out(*state);
	assert_verdict(by_juliet(*state, CONTEST("j@capulet.lit", "Nightingale")), "result");
	for (int i = 0; i < 5; i++)
		assert_verdict(by_juliet(*state, CONTEST("j@montague.lit", "Lark")), "not-authorized modify 401");
	assert_verdict(by_juliet(*state, CONTEST("j@montague.lit", "Nightingale")), "policy-violation wait 403");
	assert_verdict(by_juliet(*state, CANCEL("Nightingale")), "policy-violation wait 403");
	assert_email(*state, "j@capulet.lit");
	assert_verdict(by_juliet(*state, SUBMIT("", FIELD("email", "j@verona.lit"))), "result");
	assert_email(*state, "j@verona.lit");
}

#define ALL(email, password, pet) SUBMIT("", FIELD("email", email) FIELD("password", password) FIELD("x-pet", pet))

static void assert_answers_count_beside_a_password(struct place *place, const char *permission)
{
	bool allowed = strcmp(permission, "allow") == 0, by_form = strcmp(permission, "form") == 0;
	const char *answer;

	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("email")), ELEMENT(string("password"))));
	set_option(place, "muster_change_password", string(permission));
	assert_verdict(by_juliet(place, ALL("a@b", "r0m30", "Nightingale")), "result");
	answer = by_juliet(place, ALL("c@d", "r0m30", "Lark"));
	assert_verdict(answer, "not-authorized modify 401");
	assert_int_equal(strstr(answer, "changepassword") != NULL, by_form);
	assert_email(place, "a@b");
	/* A password that may be left out, and is, stays; also where its place is there and empty. */
	assert_verdict(by_juliet(place, CONTEST("c@d", "Nightingale")), "result");
	assert_verdict(by_juliet(place, ALL("e@f", "", "Nightingale")), "result");
	assert_email(place, "e@f");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "r0m30"), MUSTER_OK);
	assert_verdict(by_juliet(place, ALL("g@h", "paris", "Nightingale")),
	               allowed ? "result" : "not-authorized modify 401");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, allowed ? "paris" : "r0m30"), MUSTER_OK);
}

static void test_answers_beside_a_password(void **state)
{
	assert_answers_count_beside_a_password(*state, "allow");
}

static void test_answers_beside_a_password_that_needs_proof(void **state)
{
	assert_answers_count_beside_a_password(*state, "form");
}

static void test_answers_beside_a_password_that_stays(void **state)
{
	assert_answers_count_beside_a_password(*state, "deny");
}

/* The request was judged when nothing was on file that it could have proved. */
static void assert_overtaken(struct place *place, const char *inner, const char *first)
{
	struct muster_facts facts = juliet();
	struct muster_outcome outcome;
	struct muster_operation *operation;
	char xml[1024];

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>", inner);
	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	assert_verdict(by_juliet(place, first), "result");
	assert_error(muster_task_run(muster_operation_task(operation), place->store), MUSTER_OK);
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	assert_verdict(outcome.actions[0].xml.data, "not-authorized modify 401");
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
}

static void test_what_came_on_file_meanwhile(void **state)
{
	struct place *place = *state;

	assert_overtaken(place, CONTEST("j@montague.lit", "Lark"), CONTEST("j@capulet.lit", "Nightingale"));
	assert_email(place, "j@capulet.lit");
	assert_verdict(by_juliet(place, CANCEL("Nightingale")), "result");
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("password+"))));
	set_option(place, "muster_verify_fields", table(NULL, 0));
	set_option(place, "muster_change_password", string("form"));
	assert_overtaken(place, "<password>paris</password>", "<password>r0m30</password>");
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "r0m30"), MUSTER_OK);
}

/* --- by name --- */

static void test_no_password_where_none_is_asked(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, JULIET, NULL), MUSTER_OK);
	assert_non_null(strstr(request(place, juliet(), ASK), "<registered/>"));
	assert_error(order(place, MUSTER_UNREGISTER, JULIET, NULL), MUSTER_OK);
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("password"))));
	assert_error(order(place, MUSTER_REGISTER, JULIET, NULL), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, JULIET, "r0m30"), MUSTER_OK);
	assert_error(order(place, MUSTER_CHECK_PASSWORD, JULIET, "r0m30"), MUSTER_OK);
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("password+"))));
	assert_error(order(place, MUSTER_REGISTER, JULIET, NULL), MUSTER_BAD_PASSWORD);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_service, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_answer_on_file_is_not_replaced),
		TEST(test_the_rest_is_replaced_by_who_gives_the_answer),
		TEST(test_an_answer_that_is_left_out_stays),
		TEST(test_an_answer_where_none_was_on_file),
		TEST(test_wrong_answers_are_counted),
		TEST(test_answers_beside_a_password),
		TEST(test_answers_beside_a_password_that_needs_proof),
		TEST(test_answers_beside_a_password_that_stays),
		TEST(test_what_came_on_file_meanwhile),
		TEST(test_no_password_where_none_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
