/* test_proof.c -- removal and change of password by forms that ask for the password that there is. */
#include "support.h"

#define SUBMIT(purpose, inner)                                                                                         \
	"<x xmlns='jabber:x:data' type='submit'>" FIELD("FORM_TYPE", "jabber:iq:register:" purpose) inner "</x>"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define CANCEL(username, password) SUBMIT("cancel", FIELD("username", username) FIELD("password", password))
#define CHANGE(username, old, new)                                                                                     \
	SUBMIT("changepassword", FIELD("username", username) FIELD("old_password", old) FIELD("password", new))
#define SIMPLE "<username>bill</username><password>groundlings</password>"

#define assert_verdict(outcome, wanted) assert_string_equal(verdict(outcome), wanted)

static int open_with_bill(void **state)
{
	open_place(state);
	assert_error(order(*state, MUSTER_REGISTER, "bill", "theglobe"), MUSTER_OK);
	return 0;
}

static const char *by_bill(struct place *place, const char *inner)
{
	return set(place, account("bill"), inner);
}

static void assert_asks_again(const char *outcome, const char *wanted, const char *type)
{
	char part[128];

	assert_verdict(outcome, wanted);
	snprintf(part, sizeof(part), "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'>");
	assert_non_null(strstr(outcome, part));
	snprintf(part, sizeof(part), "var='FORM_TYPE'><value>jabber:iq:register:%s</value>", type);
	assert_non_null(strstr(outcome, part));
	assert_non_null(strstr(outcome, "type='text-single' var='username' label='Username'><required/></field>"));
}

/* R-077-85, R-077-86 */
static void test_removal_by_form(void **state)
{
	const char *answer;

	set_option(*state, "muster_unregister", string("form"));
	answer = by_bill(*state, "<remove/>");
	assert_asks_again(answer, "not-allowed cancel 405", "cancel");
	assert_non_null(strstr(answer, "type='text-private' var='password' label='Password'><required/></field></x>"));
	assert_null(login(*state, "bill", "theglobe"));
	answer = by_bill(*state, CANCEL("bill", "theglobe"));
	assert_non_null(strstr(answer, "/>\nclose not-authorized\neffect deleted bill not-authorized\n"));
	assert_int_equal(state_of(*state, "bill"), 0);
}

static void test_removal_by_form_where_none_is_needed(void **state)
{
	assert_asks_again(by_bill(*state, CANCEL("bill", "wrong")), "not-authorized auth 401", "cancel");
	assert_null(login(*state, "bill", "theglobe"));
	assert_verdict(by_bill(*state, CANCEL("BILL@LocalHost", "theglobe")), "result");
	assert_int_equal(state_of(*state, "bill"), 0);
}

static void test_a_wrong_proof_removes_nothing(void **state)
{
	static const char *const wrong[] = { CANCEL("bill", "wrong"), CANCEL("bill", ""), CANCEL("bill", "a&#9;b"),
		                             SUBMIT("cancel", FIELD("username", "bill")) };

	set_option(*state, "muster_unregister", string("form"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_asks_again(by_bill(*state, wrong[i]), "not-authorized auth 401", "cancel");
	assert_verdict(by_bill(*state, SUBMIT("cancel", FIELD("password", "theglobe"))), "bad-request modify 400");
	assert_null(login(*state, "bill", "theglobe"));
}

/* R-077-102, R-077-103 */
static void test_change_by_form(void **state)
{
	const char *answer;

	set_option(*state, "muster_change_password", string("form"));
	answer = by_bill(*state, SIMPLE);
	assert_asks_again(answer, "not-authorized modify 401", "changepassword");
	assert_non_null(strstr(answer, "type='text-private' var='old_password' label='Old password'><required/></field>"
	                               "<field type='text-private' var='password' label='New password'><required/>"));
	assert_null(strstr(answer, "groundlings"));
	assert_null(login(*state, "bill", "theglobe"));
	assert_verdict(by_bill(*state, CHANGE("bill@localhost", "theglobe", "groundlings")), "result");
	assert_null(login(*state, "bill", "groundlings"));
	assert_string_equal(login(*state, "bill", "theglobe"), "not-authorized");
}

static void test_change_by_form_where_none_is_needed(void **state)
{
	assert_asks_again(by_bill(*state, CHANGE("bill", "wrong", "groundlings")), "not-authorized modify 401",
	                  "changepassword");
	assert_null(login(*state, "bill", "theglobe"));
	assert_verdict(by_bill(*state, SUBMIT("changepassword", FIELD("username", "bill") FIELD("password", "second"))),
	               "result");
	assert_verdict(by_bill(*state, CHANGE("bill", "second", "groundlings")), "result");
	assert_null(login(*state, "bill", "groundlings"));
}

static void test_a_wrong_proof_changes_nothing(void **state)
{
	set_option(*state, "muster_change_password", string("form"));
	assert_asks_again(by_bill(*state, CHANGE("bill", "wrong", "groundlings")), "not-authorized modify 401",
	                  "changepassword");
	assert_asks_again(by_bill(*state, CHANGE("bill", "", "groundlings")), "not-authorized modify 401",
	                  "changepassword");
	assert_verdict(by_bill(*state, CHANGE("bill", "theglobe", "")), "bad-request modify 400");
	set_option(*state, "password_policy", TABLE(ITEM("length", number(8))));
	assert_verdict(by_bill(*state, CHANGE("bill", "theglobe", "short")), "not-acceptable modify 406");
	assert_null(login(*state, "bill", "theglobe"));
}

/* R-JID-09 */
static void test_forms_name_the_own_account_alone(void **state)
{
	static const char *const others[] = { "will", "will@localhost", "bill@elsewhere", "bill@localhost/globe",
		                              "@localhost" };
	char inner[512];

	assert_error(order(*state, MUSTER_REGISTER, "will", "theglobe"), MUSTER_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(inner, sizeof(inner),
		         SUBMIT("cancel",
		                "<field var='username'><value>%s</value></field>" FIELD("password", "theglobe")),
		         others[i]);
		assert_verdict(by_bill(*state, inner), "forbidden auth 403");
	}
	assert_null(login(*state, "will", "theglobe"));
	assert_null(login(*state, "bill", "theglobe"));
}

/* E-000-10c, E-000-12c */
static void test_denied_by_form_too(void **state)
{
	set_option(*state, "muster_unregister", string("deny"));
	set_option(*state, "muster_change_password", string("deny"));
	assert_verdict(by_bill(*state, "<remove/>"), "not-allowed cancel 405");
	assert_verdict(by_bill(*state, CANCEL("bill", "theglobe")), "not-allowed cancel 405");
	assert_verdict(by_bill(*state, SIMPLE), "not-allowed cancel 405");
	assert_verdict(by_bill(*state, CHANGE("bill", "theglobe", "groundlings")), "not-allowed cancel 405");
	assert_null(strstr(by_bill(*state, SIMPLE), "<query"));
	assert_null(login(*state, "bill", "theglobe"));
}

static void test_no_proof_in_the_clear(void **state)
{
	struct muster_facts facts = account("bill");

	facts.secure = false;
	assert_verdict(set(*state, facts, CANCEL("bill", "theglobe")), "not-authorized modify 401");
	assert_null(login(*state, "bill", "theglobe"));
}

/* What was proven is held against the account once more, when it is changed. */
static void test_a_change_between_proof_and_deed(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = account("bill");
	struct muster_outcome outcome;
	struct muster_operation *operation;

	assert_error(muster_request_begin(place->host, place->store, &facts,
	                                  text("<iq type='set' id='1'><query xmlns='jabber:iq:register'>" CANCEL(
						  "bill", "theglobe") "</query></iq>"),
	                                  &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "bill", "groundlings"), MUSTER_OK);
	assert_error(muster_task_run(muster_operation_task(operation), place->store), MUSTER_OK);
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	assert_error(outcome.error, MUSTER_WRONG_PASSWORD);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	assert_null(login(place, "bill", "groundlings"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_bill, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_removal_by_form),
		TEST(test_removal_by_form_where_none_is_needed),
		TEST(test_a_wrong_proof_removes_nothing),
		TEST(test_change_by_form),
		TEST(test_change_by_form_where_none_is_needed),
		TEST(test_a_wrong_proof_changes_nothing),
		TEST(test_forms_name_the_own_account_alone),
		TEST(test_denied_by_form_too),
		TEST(test_no_proof_in_the_clear),
		TEST(test_a_change_between_proof_and_deed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
