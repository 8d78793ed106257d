/* test_transcript.c -- the seeds' exchanges of jabber:iq:register, byte in and byte out. */
#include "support.h"

#define REGISTER " xmlns='jabber:iq:register'"
#define STANZAS " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

static void assert_answer(const char *found, const char *wanted)
{
	assert_string_equal(found, wanted);
}

static void add_bill(struct place *place)
{
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
}

static void require_email(struct place *place)
{
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email+"))));
}

/* E-000-1 */
static void test_fields_with_an_email_address(void **state)
{
	require_email(*state);
	assert_answer(request(*state, stranger(), "<iq type='get' id='reg1' to='localhost'><query" REGISTER "/></iq>"),
	              "send <iq type='result' id='reg1'><query" REGISTER ">"
	              "<instructions>Choose a username and password for use with this service.</instructions>"
	              "<username/><password/><email/></query></iq>\n");
}

/* E-000-2 */
static void test_an_account_asks(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "olivia", "twelfth night"), MUSTER_OK);
	assert_answer(request(place, account("olivia"), "<iq type='get' id='reg1'><query" REGISTER "/></iq>"),
	              "send <iq type='result' id='reg1' to='olivia@localhost/globe' from='olivia@localhost'>"
	              "<query" REGISTER "><registered/>"
	              "<instructions>You are registered. You can change your password here.</instructions>"
	              "<username>olivia</username><password/></query></iq>\n");
}

/* E-000-3, E-000-4, E-000-5 */
static void test_registration_with_an_email_address(void **state)
{
	struct place *place = *state;

	require_email(place);
	assert_answer(request(place, stranger(),
	                      "<iq type='set' id='reg2'><query" REGISTER "><username>bill</username>"
	                      "<password>Calliope</password></query></iq>"),
	              "send <iq type='error' id='reg2'><error type='modify' code='406'>"
	              "<not-acceptable" STANZAS "/><text" STANZAS " xml:lang='en'>The field email is required.</text>"
	              "</error></iq>\n");
	assert_int_equal(state_of(place, "bill"), 0);
	assert_answer(request(place, stranger(),
	                      "<iq type='set' id='reg2'><query" REGISTER "><username>bill</username>"
	                      "<password>Calliope</password><email>bard@shakespeare.lit</email></query></iq>"),
	              "send <iq type='result' id='reg2'/>\neffect registered bill -\n");
	assert_null(login(place, "bill", "Calliope"));
	assert_answer(request(place, stranger(),
	                      "<iq type='set' id='reg2'><query" REGISTER "><username>bill</username>"
	                      "<password>m1cro$oft</password><email>billg@bigcompany.com</email></query></iq>"),
	              "send <iq type='error' id='reg2'><error type='cancel' code='409'>"
	              "<conflict" STANZAS "/><text" STANZAS " xml:lang='en'>That username is taken.</text>"
	              "</error></iq>\n");
	assert_null(login(place, "bill", "Calliope"));
}

/* E-000-6 */
static void test_an_account_may_not_name_another(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "olivia", "twelfth night"), MUSTER_OK);
	assert_answer(request(place, account("olivia"),
	                      "<iq type='set' id='reg2'><query" REGISTER "><email/><username>bill</username>"
	                      "<password>Calliope</password></query></iq>"),
	              "send <iq type='error' id='reg2' to='olivia@localhost/globe' from='olivia@localhost'>"
	              "<error type='auth' code='403'><forbidden" STANZAS "/>"
	              "<text" STANZAS " xml:lang='en'>That is not your account.</text></error></iq>\n");
	assert_int_equal(state_of(place, "bill"), 0);
}

/* E-000-9 */
static void test_removal(void **state)
{
	struct place *place = *state;

	add_bill(place);
	assert_answer(
		request(place, account("bill"), "<iq type='set' id='unreg1'><query" REGISTER "><remove/></query></iq>"),
		"send <iq type='result' id='unreg1' to='bill@localhost/globe' from='bill@localhost'/>\n"
		"close not-authorized\neffect deleted bill not-authorized\n");
	assert_string_equal(login(place, "bill", "Calliope"), "not-authorized");
}

/* E-000-10a */
static void test_removal_with_company(void **state)
{
	struct place *place = *state;

	add_bill(place);
	assert_answer(request(place, account("bill"),
	                      "<iq type='set' id='unreg1'><query" REGISTER
	                      "><remove/><username>bill</username></query></iq>"),
	              "send <iq type='error' id='unreg1' to='bill@localhost/globe' from='bill@localhost'>"
	              "<error type='modify' code='400'><bad-request" STANZAS "/>"
	              "<text" STANZAS " xml:lang='en'>Nothing may stand beside remove.</text></error></iq>\n");
	assert_null(login(place, "bill", "Calliope"));
}

/* E-000-10e */
static void test_removal_before_login(void **state)
{
	assert_answer(
		request(*state, stranger(), "<iq type='set' id='unreg1'><query" REGISTER "><remove/></query></iq>"),
		"send <iq type='error' id='unreg1'><error type='wait' code='400'>"
		"<unexpected-request" STANZAS "/><text" STANZAS " xml:lang='en'>Log in first.</text>"
		"<retry-after xmlns='urn:muster:wait:0' seconds='1'/></error></iq>\n");
}

/* E-000-11 */
static void test_change_of_password(void **state)
{
	struct place *place = *state;

	add_bill(place);
	assert_answer(request(place, account("bill"),
	                      "<iq type='set' to='localhost' id='change1'><query" REGISTER "><username>bill</username>"
	                      "<password>newpass</password></query></iq>"),
	              "send <iq type='result' id='change1' to='bill@localhost/globe' from='localhost'/>\n"
	              "effect password-changed bill reset\n");
	assert_null(login(place, "bill", "newpass"));
	assert_string_equal(login(place, "bill", "Calliope"), "not-authorized");
}

/* E-000-12a */
static void test_change_without_a_name(void **state)
{
	struct place *place = *state;

	add_bill(place);
	assert_answer(request(place, account("bill"),
	                      "<iq type='set' id='change1'><query" REGISTER
	                      "><password>newpass</password></query></iq>"),
	              "send <iq type='error' id='change1' to='bill@localhost/globe' from='bill@localhost'>"
	              "<error type='modify' code='400'><bad-request" STANZAS "/>"
	              "<text" STANZAS " xml:lang='en'>The username is missing.</text></error></iq>\n");
	assert_null(login(place, "bill", "Calliope"));
}

/* E-000-12b */
static void test_change_in_the_clear(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = account("bill");

	add_bill(place);
	facts.secure = false;
	assert_answer(request(place, facts,
	                      "<iq type='set' to='localhost' id='change1'><query" REGISTER "><username>bill</username>"
	                      "<password>newpass</password></query></iq>"),
	              "send <iq type='error' id='change1' to='bill@localhost/globe' from='localhost'>"
	              "<error type='modify' code='401'><not-authorized" STANZAS "/>"
	              "<text" STANZAS " xml:lang='en'>Encrypt the stream first.</text></error></iq>\n");
	assert_null(login(place, "bill", "Calliope"));
}

/* E-000-12d */
static void test_change_before_login(void **state)
{
	add_bill(*state);
	assert_answer(request(*state, stranger(),
	                      "<iq type='set' id='change2'><query" REGISTER "><x xmlns='jabber:x:data' type='submit'>"
	                      "<field var='FORM_TYPE'><value>jabber:iq:register:changepassword</value></field>"
	                      "<field var='username'><value>bill</value></field>"
	                      "<field var='old_password'><value>Calliope</value></field>"
	                      "<field var='password'><value>newpass</value></field></x></query></iq>"),
	              "send <iq type='error' id='change2'><error type='wait' code='400'>"
	              "<unexpected-request" STANZAS "/><text" STANZAS " xml:lang='en'>Log in first.</text>"
	              "<retry-after xmlns='urn:muster:wait:0' seconds='1'/></error></iq>\n");
}

/* E-001-2, E-001-3 */
static void test_a_real_clients_registration(void **state)
{
	struct place *place = *state;

	assert_answer(
		request(place, stranger(), "<iq id='uid1' type='get' xmlns='jabber:client'><query" REGISTER "/></iq>"),
		"send <iq type='result' id='uid1'><query" REGISTER ">"
		"<instructions>Choose a username and password for use with this service.</instructions>"
		"<username/><password/></query></iq>\n");
	assert_answer(request(place, stranger(),
	                      "<iq id='uid2' type='set' xmlns='jabber:client'><query" REGISTER
	                      "><username>test3</username>"
	                      "<password>1234</password></query></iq>"),
	              "send <iq type='result' id='uid2'/>\neffect registered test3 -\n");
	assert_null(login(place, "test3", "1234"));
}

/* E-001-4 */
static void test_a_short_password(void **state)
{
	struct place *place = *state;

	set_option(place, "password_policy", TABLE(ITEM("length", number(8))));
	assert_answer(request(place, stranger(),
	                      "<iq id='uid2' type='set' xmlns='jabber:client'><query" REGISTER
	                      "><username>test3</username>"
	                      "<password>1234</password></query></iq>"),
	              "send <iq type='error' id='uid2'><error type='modify' code='406'>"
	              "<not-acceptable" STANZAS "/><text" STANZAS " xml:lang='en'>The password is too short.</text>"
	              "</error></iq>\n");
	assert_int_equal(state_of(place, "test3"), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields_with_an_email_address),
		TEST(test_an_account_asks),
		TEST(test_registration_with_an_email_address),
		TEST(test_an_account_may_not_name_another),
		TEST(test_removal),
		TEST(test_removal_with_company),
		TEST(test_removal_before_login),
		TEST(test_change_of_password),
		TEST(test_change_without_a_name),
		TEST(test_change_in_the_clear),
		TEST(test_change_before_login),
		TEST(test_a_real_clients_registration),
		TEST(test_a_short_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
