/* test_form.c -- fields of a host's own: what is offered, what is taken, what comes back. */
#include "support.h"

#include "policy/field.h"

#define FORM "<x xmlns='jabber:x:data' type='submit'>"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define BILL FIELD("username", "bill") FIELD("password", "Calliope")
#define ASK "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"

#define assert_verdict(outcome, wanted) assert_string_equal(verdict(outcome), wanted)
#define assert_holds(outcome, part)                                                                                    \
	do {                                                                                                           \
		const char *found_ = (outcome);                                                                        \
		if (!strstr(found_, part))                                                                             \
			fail_msg("\"%s\" is not in %s", part, found_);                                                 \
	} while (0)

static void set_fields(struct place *place, struct muster_value first, struct muster_value second)
{
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(first), ELEMENT(second)));
}

#define GENDERS TABLE(ELEMENT(string("M")), ELEMENT(TABLE(ITEM("value", string("F")), ITEM("label", string("Female")))))

/* A list-single x-gender, optional or required, beside a required e-mail address. */
static void ask_gender(struct place *place, const char *type, bool required)
{
	set_fields(place, string("email+"),
	           TABLE(ITEM("name", string("x-gender")), ITEM("label", string("Gender")), ITEM("type", string(type)),
	                 ITEM("required", boolean(required)), ITEM("options", GENDERS)));
}

/* --- what is offered --- */

/* R-077-16 */
static void test_elements_alone_together_with_a_form_or_not(void **state)
{
	const char *answer;

	set_fields(*state, string("email"), string("nick"));
	assert_null(strstr(request(*state, stranger(), ASK), "jabber:x:data"));
	set_option(*state, "muster_offer_form", string("always"));
	answer = request(*state, stranger(), ASK);
	assert_holds(answer, "<username/><nick/><password/><email/><x xmlns='jabber:x:data' type='form'>");
	assert_holds(answer, " var='nick'");
	assert_holds(answer, " var='email'");
	set_option(*state, "muster_offer_form", string("auto"));
	ask_gender(*state, "list-single", false);
	answer = request(*state, stranger(), ASK);
	assert_holds(answer, "<username/><password/><email/><x ");
	assert_holds(answer, " var='x-gender'");
}

/* R-077-17, R-077-18 */
static void test_a_form_alone_where_elements_would_not_do(void **state)
{
	const char *answer;

	ask_gender(*state, "list-single", true);
	answer = request(*state, stranger(), ASK);
	assert_null(strstr(answer, "<username/>"));
	assert_null(strstr(answer, "<email/>"));
	assert_holds(answer, "</instructions><x xmlns='jabber:x:data' type='form'><title>");
	assert_holds(answer, "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>");
	assert_holds(answer, "<field type='text-single' var='username' label='Username'><required/></field>");
	assert_holds(answer, "<field type='text-private' var='password' label='Password'><required/></field>");
	assert_holds(answer, "<field type='list-single' var='x-gender' label='Gender'><required/>"
	                     "<option label='M'><value>M</value></option>"
	                     "<option label='Female'><value>F</value></option></field>");
	assert_holds(answer, "</x></query></iq>");
}

/* R-122-01 */
static void test_rules_for_values_are_told_and_kept(void **state)
{
	static const char *const wrong[] = { FIELD("x-age", "15"),     FIELD("x-age", "121"),
		                             FIELD("x-age", "twenty"), FIELD("x-age", "20.5"),
		                             FIELD("x-age", "20 "),    FIELD("x-code", "abc"),
		                             FIELD("x-code", "A123x"), FIELD("x-code", "xA123") };
	char inner[512];
	const char *answer;

	set_fields(*state,
	           TABLE(ITEM("name", string("x-age")), ITEM("datatype", string("xs:integer")),
	                 ITEM("range_min", number(16)), ITEM("range_max", string("120"))),
	           TABLE(ITEM("name", string("x-code")), ITEM("regex", string("[A-Z][0-9]{3}"))));
	answer = request(*state, stranger(), ASK);
	assert_holds(answer, "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'>"
	                     "<range min='16' max='120'/></validate>");
	assert_holds(answer, "datatype='xs:string'><regex>[A-Z][0-9]{3}</regex></validate>");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(inner, sizeof(inner), FORM BILL "%s</x>", wrong[i]);
		answer = set(*state, stranger(), inner);
		assert_verdict(answer, "not-acceptable modify 406");
		assert_holds(answer, "has a value that is not allowed");
	}
	assert_int_equal(state_of(*state, "bill"), 0);
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-age", "120") FIELD("x-code", "A123") "</x>"),
	               "result");
}

static void test_dates_and_decimals(void **state)
{
	static const char *const dates[][2] = { { "2024-02-29", "result" },
		                                { "2023-02-29", "not-acceptable modify 406" },
		                                { "1900-02-29", "not-acceptable modify 406" },
		                                { "2024-13-01", "not-acceptable modify 406" },
		                                { "2024-04-31", "not-acceptable modify 406" },
		                                { "24-04-01", "not-acceptable modify 406" },
		                                { "2019-12-31", "not-acceptable modify 406" } };
	char inner[512];

	set_fields(*state,
	           TABLE(ITEM("name", string("date")), ITEM("datatype", string("xs:date")),
	                 ITEM("range_min", string("2020-01-01"))),
	           TABLE(ITEM("name", string("x-weight")), ITEM("datatype", string("xs:decimal")),
	                 ITEM("range_max", number(99.5))));
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		snprintf(inner, sizeof(inner), "<username>name%zu</username><password>x</password><date>%s</date>", i,
		         dates[i][0]);
		assert_verdict(set(*state, stranger(), inner), dates[i][1]);
	}
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-weight", "99.51") "</x>"),
	               "not-acceptable modify 406");
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-weight", ".") "</x>"), "not-acceptable modify 406");
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-weight", "-99.6") "</x>"), "result");
}

/* --- what is taken --- */

/* R-004-07 */
static void test_lists_booleans_and_several_values(void **state)
{
	static const struct {
		const char *type, *field, *verdict;
	} cases[] = {
		{ "list-single", FIELD("x-gender", "F"), "result" },
		{ "list-single", FIELD("x-gender", "Female"), "not-acceptable modify 406" },
		{ "list-single", FIELD("x-gender", "f"), "not-acceptable modify 406" },
		{ "list-single", "<field var='x-gender'><value>F</value><value>M</value></field>",
		  "not-acceptable modify 406" },
		{ "list-multi", "<field var='x-gender'><value>F</value><value>M</value></field>", "result" },
		{ "list-multi", "<field var='x-gender'><value>F</value><value>x</value></field>",
		  "not-acceptable modify 406" },
	};
	char inner[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask_gender(*state, cases[i].type, false);
		snprintf(inner, sizeof(inner),
		         FORM FIELD("username", "name%zu") FIELD("password", "x") FIELD("email", "a@b") "%s</x>", i,
		         cases[i].field);
		assert_verdict(set(*state, stranger(), inner), cases[i].verdict);
	}
	set_fields(*state, TABLE(ITEM("name", string("x-news")), ITEM("type", string("boolean"))),
	           TABLE(ITEM("name", string("x-friend")), ITEM("type", string("jid-single"))));
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-news", "yes") "</x>"), "not-acceptable modify 406");
	assert_verdict(set(*state, stranger(), FORM BILL FIELD("x-friend", "a b@c") "</x>"),
	               "not-acceptable modify 406");
	assert_verdict(
		set(*state, stranger(), FORM BILL FIELD("x-news", "true") FIELD("x-friend", "will@avon.lit/x") "</x>"),
		"result");
}

/* R-004-06 */
static void test_what_is_required_of_a_form(void **state)
{
	const char *answer;

	ask_gender(*state, "list-multi", true);
	answer = set(*state, stranger(), FORM BILL FIELD("email", "a@b") "</x>");
	assert_verdict(answer, "not-acceptable modify 406");
	assert_holds(answer, "The field x-gender is required.");
	assert_verdict(
		set(*state, stranger(), FORM BILL FIELD("email", "a@b") "<field var='x-gender'><value/></field></x>"),
		"not-acceptable modify 406");
	assert_verdict(set(*state, stranger(), "<username>bill</username><password>x</password><email>a@b</email>"),
	               "not-acceptable modify 406");
	assert_verdict(
		set(*state, stranger(),
	            FORM BILL FIELD("email", "a@b") "<field var='x-gender'><value/><value>F</value></field></x>"),
		"result");
}

/* A field of a form is none of the schema's elements, so an element of its name means nothing. */
static void test_an_element_does_not_fill_in_a_forms_field(void **state)
{
	ask_gender(*state, "list-single", false);
	assert_verdict(set(*state, stranger(),
	                   "<username>bill</username><password>x</password><email>a@b</email><x-gender>?</x-gender>"),
	               "result");
}

/* --- what comes back --- */

/* R-077-26, R-077-38 */
static void test_values_come_back(void **state)
{
	const char *answer;

	ask_gender(*state, "list-multi", true);
	assert_verdict(set(*state, stranger(),
	                   FORM BILL FIELD("email",
	                                   "a@b") "<field var='x-gender'><value>F</value><value>M</value></field></x>"),
	               "result");
	answer = request(*state, account("bill"), ASK);
	assert_holds(answer, "<registered/>");
	assert_holds(answer, "<username>bill</username><password/><email>a@b</email><x ");
	assert_holds(answer, "var='username' label='Username'><required/><value>bill</value></field>");
	assert_holds(answer, "var='password' label='Password'><required/></field>");
	assert_holds(answer, "var='x-gender' label='Gender'><required/><value>F</value><value>M</value><option");
	assert_null(strstr(answer, "Calliope"));
}

/* --- the option --- */

static void assert_refused_by(enum muster_host_kind kind, struct muster_value field, const char *why)
{
	const struct muster_value list = TABLE(ELEMENT(field));
	struct muster_failure failure;
	struct muster_host *host;

	assert_error(muster_host_new(&host, kind, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(host, "additional_registration_fields", &list, &failure), MUSTER_BAD_OPTION);
	if (!strstr(failure.text, why))
		fail_msg("\"%s\" lacks \"%s\"", failure.text, why);
	muster_host_release(host);
}

static void assert_refused(struct muster_value field, const char *why)
{
	assert_refused_by(MUSTER_HOST_ACCOUNTS, field, why);
}

/* R-068-03 among them */
static void test_fields_that_cannot_be(void **state)
{
	(void)state;
	assert_refused(TABLE(ITEM("name", string("gender"))), "a name of your own that begins with x-");
	assert_refused(TABLE(ITEM("label", string("Gender"))), "a name of your own");
	assert_refused(TABLE(ITEM("name", string("password"))), "a name of your own");
	assert_refused(TABLE(ITEM("name", number(1))), "a string");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("type", string("text"))), "text-single");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("type", string("text-private"))), "text-single");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("type", string("list-single"))), "needs options");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("options", GENDERS)), "is no list");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("options", string("F"))), "a list of options");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("required", string("yes"))), "true, false");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("datatype", string("xs:float"))), "xs:integer");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("range_min", number(1))), "needs a datatype");
	assert_refused(
		TABLE(ITEM("name", string("x-a")), ITEM("datatype", string("xs:date")), ITEM("range_min", number(1))),
		"not of its datatype");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("regex", string("("))), "regular expression");
	assert_refused(TABLE(ITEM("name", string("x-a")), ITEM("lable", string("A"))), "known: name, label");
	assert_refused(number(1), "a string");
}

/* They are prepared and hashed, so no other rule could be kept. */
static void test_name_and_password_of_a_service_have_no_rules(void **state)
{
	static const char why[] = "it takes name, label and required";

	(void)state;
	assert_refused_by(MUSTER_HOST_SERVICE, TABLE(ITEM("name", string("password")), ITEM("regex", string("[a-z]+"))),
	                  why);
	assert_refused_by(MUSTER_HOST_SERVICE,
	                  TABLE(ITEM("name", string("username")), ITEM("datatype", string("xs:integer"))), why);
	assert_refused_by(MUSTER_HOST_SERVICE,
	                  TABLE(ITEM("name", string("username")), ITEM("type", string("jid-single"))), why);
	assert_refused_by(MUSTER_HOST_SERVICE, TABLE(ITEM("name", string("username")), ITEM("options", GENDERS)), why);
	assert_refused_by(MUSTER_HOST_SERVICE, TABLE(ITEM("name", string("username")), ITEM("range_min", number(1))),
	                  why);
}

static void test_names_of_ones_own(void **state)
{
	set_fields(*state, TABLE(ITEM("name", string("{urn:example}colour"))), TABLE(ITEM("name", string("x-a"))));
	assert_holds(request(*state, stranger(), ASK), "var='{urn:example}colour'");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_elements_alone_together_with_a_form_or_not),
		TEST(test_a_form_alone_where_elements_would_not_do),
		TEST(test_rules_for_values_are_told_and_kept),
		TEST(test_dates_and_decimals),
		TEST(test_lists_booleans_and_several_values),
		TEST(test_what_is_required_of_a_form),
		TEST(test_an_element_does_not_fill_in_a_forms_field),
		TEST(test_values_come_back),
		cmocka_unit_test(test_fields_that_cannot_be),
		cmocka_unit_test(test_name_and_password_of_a_service_have_no_rules),
		TEST(test_names_of_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
