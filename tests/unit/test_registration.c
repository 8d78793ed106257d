/* test_registration.c -- which request gets which answer. */
#include "support.h"

#include <stdlib.h>

#include "base/memory.h"
#include "muster/tombstone.h"
#include "registration/condition.h"

#define BILL "<username>bill</username><password>Calliope</password>"
#define FORM(type, inner) "<x xmlns='jabber:x:data' type='" type "'>" inner "</x>"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define ASK "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"

#define assert_verdict(outcome, wanted) assert_string_equal(verdict(outcome), wanted)

static void add(struct place *place, const char *name)
{
	assert_error(order(place, MUSTER_REGISTER, name, "Calliope"), MUSTER_OK);
}

/* --- before login --- */

/* R-077-10, R-077-12, R-077-20 */
static void test_a_get_before_login(void **state)
{
	struct place *place = *state;
	struct muster_store_size size;
	char *first = strdup(request(place, stranger(), ASK));

	assert_non_null(strstr(first, "<username/><password/></query>"));
	assert_string_equal(
		request(place, stranger(),
	                "<iq type='get' id='1' from='bill@localhost'><query xmlns='jabber:iq:register'>" BILL
	                "<registered/></query></iq>"),
		first);
	for (int i = 0; i < rounds(1000, 100); i++)
		request(place, stranger(), ASK);
	assert_error(muster_store_measure(place->store, &size), MUSTER_OK);
	assert_int_equal(size.accounts + size.effects, 0);
	free(first);
}

/* R-077-11 */
static void test_the_host_in_another_spelling(void **state)
{
	struct place *place = *state;
	char *first = strdup(request(place, stranger(), ASK));

	assert_string_equal(request(place, stranger(),
	                            "<iq type='get' id='1' to='LocalHost'><query xmlns='jabber:iq:register'/></iq>"),
	                    first);
	free(first);
}

/* R-077-48 */
static void test_another_host(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = stranger();

	assert_verdict(request(place, facts,
	                       "<iq type='set' id='1' to='elsewhere'><query xmlns='jabber:iq:register'>" BILL
	                       "</query></iq>"),
	               "service-unavailable cancel 503");
	facts.stream_host = text("elsewhere");
	assert_verdict(set(place, facts, BILL), "service-unavailable cancel 503");
	assert_int_equal(state_of(place, "bill"), 0);
}

/* R-077-13 */
static void test_closed_registration(void **state)
{
	set_option(*state, "muster_registration", string("closed"));
	assert_verdict(request(*state, stranger(), ASK), "service-unavailable cancel 503");
	assert_verdict(set(*state, stranger(), BILL), "service-unavailable cancel 503");
	assert_verdict(set(*state, stranger(), "<remove/>"), "service-unavailable cancel 503");
}

/* R-077-14 */
static void test_a_stream_in_the_clear(void **state)
{
	struct muster_facts facts = stranger();

	facts.secure = false;
	assert_verdict(request(*state, facts, ASK), "policy-violation modify 403");
	assert_verdict(set(*state, facts, BILL), "policy-violation modify 403");
	set_option(*state, "c2s_require_encryption", boolean(false));
	assert_verdict(set(*state, facts, BILL), "result");
}

/* R-077-55 */
static void test_a_taken_name(void **state)
{
	assert_verdict(set(*state, stranger(), BILL), "result");
	assert_verdict(set(*state, stranger(), "<username>BILL</username><password>x</password>"),
	               "conflict cancel 409");
}

/* R-077-56, R-077-57, R-004-06 */
static void test_what_is_required(void **state)
{
	static const char *const lacking[] = {
		"",
		"<username>bill</username>",
		"<password>x</password>",
		"<username/><password>x</password>",
		"<username>bill</username><password/>",
		"<username>bill</username><password></password>",
		FORM("submit", FIELD("username", "bill")),
		FORM("submit", ""),
		FORM("submit", FIELD("username", "bill") FIELD("password", "")),
		FORM("submit", FIELD("username", "bill") "<field var='password'/>"),
	};

	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++)
		assert_verdict(set(*state, stranger(), lacking[i]), "not-acceptable modify 406");
	assert_non_null(
		strstr(set(*state, stranger(), FORM("submit", FIELD("username", "bill"))), "field password is"));
	assert_int_equal(state_of(*state, "bill"), 0);
}

/* R-077-40 */
static void test_an_element_twice(void **state)
{
	assert_verdict(set(*state, stranger(), BILL "<password>Calliope</password>"), "bad-request modify 400");
	assert_verdict(set(*state, stranger(), BILL "<username>bill</username>"), "bad-request modify 400");
	assert_verdict(set(*state, stranger(),
	                   FORM("submit", FIELD("username", "a") FIELD("username", "b") FIELD("password", "c"))),
	               "bad-request modify 400");
}

/* Text alone would be another name, or another password. */
static void test_an_element_in_a_field(void **state)
{
	static const char *const nested[] = {
		"<username>ne<b>st</b>ed</username><password>Calliope</password>",
		"<username>need<b/></username><password>Calliope</password>",
		"<username>need</username><password>Call<b>i</b>ope</password>",
		"<username>need</username><password>Calliope</password><email><a xmlns='b'/></email>",
		FORM("submit", FIELD("username", "ne<b>st</b>ed") FIELD("password", "Calliope")),
		FORM("submit", FIELD("username", "need") FIELD("password", "Calliope</value><value><b/>")),
	};
	struct place *place = *state;

	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	for (size_t i = 0; i < sizeof(nested) / sizeof(nested[0]); i++)
		assert_verdict(set(place, stranger(), nested[i]), "bad-request modify 400");
	assert_int_equal(state_of(place, "need"), 0);
	assert_error(order(place, MUSTER_REGISTER, "need", "Calliope"), MUSTER_OK);
	assert_verdict(set(place, account("need"), "<username>need</username><password>n<b/>ew</password>"),
	               "bad-request modify 400");
	assert_null(login(place, "need", "Calliope"));
	assert_verdict(set(place, account("need"),
	                   "<email>a</email><username>need</username><password>new</password>"
	                   "<misc>of <b>no</b> interest</misc>"),
	               "result");
}

/* R-077-39, R-004-05 */
static void test_what_was_not_asked_is_left_out(void **state)
{
	assert_verdict(set(*state, stranger(),
	                   "<registered/><instructions>x</instructions><key>1</key><nick>b</nick>"
	                   "<y xmlns='urn:other'/>" BILL),
	               "result");
	assert_verdict(set(*state, stranger(),
	                   FORM("submit", FIELD("username", "will") FIELD("password", "x") FIELD("x-new", "y"))),
	               "result");
}

/* R-077-59, R-JID-01, R-JID-03, R-JID-09 */
static void test_names_that_cannot_be(void **state)
{
	static const char *const names[] = { "a b", "bill@localhost", "a/b",  "a&amp;b", "a&lt;b", "'a'",
		                             "a:b", " bill",          "bill " };
	char inner[1500], name[1100];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(inner, sizeof(inner), "<username>%s</username><password>x</password>", names[i]);
		assert_verdict(set(*state, stranger(), inner), "not-acceptable modify 406");
	}
	for (int size = 1023; size <= 1024; size++) {
		memset(name, 'x', (size_t)size);
		name[size] = '\0';
		snprintf(inner, sizeof(inner), "<username>%s</username><password>x</password>", name);
		assert_verdict(set(*state, stranger(), inner), size == 1023 ? "result" : "not-acceptable modify 406");
	}
}

/* R-JID-04 */
static void test_one_name_in_two_encodings(void **state)
{
	assert_verdict(set(*state, stranger(), "<username>jos\xc3\xa9</username><password>x</password>"), "result");
	assert_verdict(set(*state, stranger(), "<username>jose\xcc\x81</username><password>x</password>"),
	               "conflict cancel 409");
}

/* R-JID-05, R-JID-06: an Alef before a Latin letter; a sharp s, on which the two profiles do not agree. */
static void test_names_on_which_profiles_disagree(void **state)
{
	assert_verdict(set(*state, stranger(),
	                   "<username>\xd7\x90"
	                   "bc</username><password>x</password>"),
	               "not-acceptable modify 406");
	assert_verdict(set(*state, stranger(),
	                   "<username>stra\xc3\x9f"
	                   "e</username><password>x</password>"),
	               "not-acceptable modify 406");
}

/* R-SCR-04 */
static void test_passwords_that_cannot_be(void **state)
{
	assert_verdict(set(*state, stranger(), "<username>bill</username><password>a&#9;b</password>"),
	               "not-acceptable modify 406");
	add(*state, "bill");
	assert_verdict(set(*state, account("bill"), "<username>bill</username><password>a&#9;b</password>"),
	               "not-acceptable modify 406");
	assert_null(login(*state, "bill", "Calliope"));
}

/* R-004-01, R-004-02, R-004-08, R-068-01 */
static void test_a_form_counts_alone(void **state)
{
	assert_verdict(
		set(*state, stranger(),
	            "<username>bob</username><password>x</password>" FORM(
			    "submit",
			    "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>" FIELD(
				    "username", "bill") "<field var='password' type='boolean' label='?'>"
							"<value>Calliope</value></field>")),
		"result");
	assert_int_equal(state_of(*state, "bob"), 0);
	assert_null(login(*state, "bill", "Calliope"));
	assert_verdict(set(*state, stranger(), FORM("submit", FIELD("username", "will") FIELD("password", "x"))),
	               "result");
	assert_verdict(set(*state, stranger(), FORM("submit", FIELD("FORM_TYPE", "jabber:iq:search") BILL)),
	               "bad-request modify 400");
}

/* R-004-03 */
static void test_forms_that_are_no_submissions(void **state)
{
	assert_verdict(set(*state, stranger(), FORM("cancel", "")), "result");
	assert_verdict(set(*state, stranger(), FORM("form", FIELD("username", "bill") FIELD("password", "x"))),
	               "bad-request modify 400");
	assert_verdict(set(*state, stranger(), FORM("result", "")), "bad-request modify 400");
	assert_verdict(set(*state, stranger(), "<x xmlns='jabber:x:data'/>"), "bad-request modify 400");
	assert_int_equal(state_of(*state, "bill"), 0);
}

static void test_several_values_where_one_is_asked(void **state)
{
	assert_verdict(set(*state, stranger(),
	                   FORM("submit", "<field var='username'><value>a</value><value>b</value></field>" FIELD(
						  "password", "x"))),
	               "not-acceptable modify 406");
}

/* R-077-15, R-077-26, R-077-27, R-077-38 */
static void test_further_fields_are_kept(void **state)
{
	struct place *place = *state;
	const char *answer;

	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("phone")), ELEMENT(string("email+")), ELEMENT(string("nick"))));
	assert_non_null(
		strstr(request(place, stranger(), ASK), "<username/><nick/><password/><email/><phone/></query>"));
	assert_verdict(set(place, stranger(), BILL "<email>a&amp;b@c</email><nick>will</nick>"), "result");
	answer = request(place, account("bill"), ASK);
	assert_non_null(strstr(answer, "<registered/>"));
	assert_non_null(strstr(
		answer, "<username>bill</username><nick>will</nick><password/><email>a&amp;b@c</email><phone/>"));
}

/* R-077-58: no answer holds the password. */
static void test_no_answer_gives_a_password_back(void **state)
{
	struct place *place = *state;
	static const char *const inner[] = {
		"<username>a b</username><password>Desdemona</password>",
		"<username>bill</username><password>Desdemona</password><password>Desdemona</password>",
		"<username>bill</username><password>Desdemona</password>",
		FORM("submit", FIELD("username",
		                     "bill") "<field var='password'><value>Desdemona</value><value>2</value></field>"),
	};

	add(place, "bill");
	set_option(place, "password_policy", TABLE(ITEM("max_length", number(5))));
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		assert_null(strstr(set(place, stranger(), inner[i]), "Desdemona"));
		assert_null(strstr(set(place, account("bill"), inner[i]), "Desdemona"));
		assert_null(strstr(set(place, account("bill"), inner[i]), "<query"));
	}
}

/* R-077-67, R-077-68 */
static void test_redirection(void **state)
{
	struct place *place = *state;

	add(place, "bill");
	set_option(place, "muster_registration", string("redirect"));
	assert_non_null(strstr(request(place, stranger(), ASK), "place:</instructions></query></iq>"));
	set_option(place, "registration_url", string("https://example.org/register?a=b&c"));
	assert_string_equal(
		request(place, stranger(), ASK),
		"send <iq type='result' id='1'><query xmlns='jabber:iq:register'><instructions>"
		"To register an account, go to another place: https://example.org/register?a=b&amp;c"
		"</instructions><x xmlns='jabber:x:oob'><url>https://example.org/register?a=b&amp;c</url></x>"
		"</query></iq>\n");
	set_option(place, "registration_instructions", string("Over there:"));
	assert_non_null(strstr(request(place, stranger(), ASK), "<instructions>Over there: https://example.org/"));
	assert_verdict(set(place, stranger(), "<username>will</username><password>x</password>"),
	               "not-allowed cancel 405");
	assert_verdict(set(place, stranger(), "<remove/>"), "unexpected-request wait 400");
	assert_int_equal(state_of(place, "will"), 0);
	assert_non_null(strstr(request(place, account("bill"), ASK), "<registered/>"));
	assert_verdict(set(place, account("bill"), "<username>bill</username><password>x</password>"), "result");
	assert_verdict(set(place, account("bill"), "<remove/>"), "result");
}

/* An invitation is for this server. */
static void test_the_invited_are_not_redirected(void **state)
{
	struct place *place = *state;
	struct muster_facts invited = stranger();

	invited.invited = true;
	set_option(place, "muster_registration", string("redirect"));
	assert_non_null(strstr(request(place, invited, ASK), "<username/>"));
	assert_verdict(set(place, invited, "<username>will</username><password>x</password>"), "result");
}

/* --- any request --- */

/* R-086-02 */
static void test_what_is_no_request(void **state)
{
	struct muster_facts facts = stranger();

	facts.id = text("7");
	assert_string_equal(request(*state, facts, "<iq type='result' id='1'><query xmlns='jabber:iq:register'/></iq>"),
	                    "");
	assert_string_equal(request(*state, facts, "<iq type='error' id='1'><query xmlns='jabber:iq:register'/></iq>"),
	                    "");
	assert_verdict(request(*state, facts, "<iq type='what' id='1'><query xmlns='jabber:iq:register'/></iq>"),
	               "bad-request modify 400");
	assert_verdict(request(*state, facts,
	                       "<iq type='set' id='1'><query xmlns='jabber:iq:register'>" BILL "</query>"
	                       "<query xmlns='jabber:iq:register'/></iq>"),
	               "bad-request modify 400");
	assert_non_null(strstr(request(*state, facts, "<iq type='set'"), " id='7'"));
	assert_verdict(request(*state, facts, "<message/>"), "bad-request modify 400");
	assert_int_equal(state_of(*state, "bill"), 0);
}

static void test_an_id_is_given_back_escaped(void **state)
{
	assert_non_null(
		strstr(request(*state, stranger(),
	                       "<iq type='get' id='&lt;&apos;&amp;\xc3\xa9'><query xmlns='jabber:iq:register'/></iq>"),
	               " id='&lt;&apos;&amp;\xc3\xa9'"));
}

static void test_a_huge_request(void **state)
{
	struct muster_buffer xml = { 0 };

	muster_buffer_add_c(&xml, "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>");
	while (xml.size < 70000)
		muster_buffer_add_c(&xml, "xxxxxxxxxxxxxxxx");
	muster_buffer_add_c(&xml, "</username></query></iq>");
	assert_verdict(request(*state, stranger(), xml.data), "policy-violation modify 403");
	muster_buffer_clear(&xml);
}

/* R-086-01: the table of conformance, in the project's own words in docs/conformance.md. */
static void test_conditions_have_types_and_codes(void **state)
{
	(void)state;
	for (enum muster_condition condition = 0; condition < MUSTER_CONDITION_COUNT; condition++) {
		const struct muster_condition_row *row = &muster_conditions[condition];

		assert_int_equal(muster_condition_of(text(row->name)), condition);
		assert_non_null(muster_condition_type_of(text(row->type)));
		assert_in_range(row->code, 302, 504);
	}
	assert_int_equal(muster_condition_of(text("unheard-of")), MUSTER_CONDITION_COUNT);
	assert_null(muster_condition_type_of(text("unheard-of")));
	assert_int_equal(muster_conditions[MUSTER_CONDITION_CONFLICT].code, 409);
	assert_string_equal(muster_conditions[MUSTER_CONDITION_INTERNAL_SERVER_ERROR].type, "wait");
}

/* --- after login --- */

/* R-077-25 */
static void test_a_get_after_login(void **state)
{
	static const char *const to[] = { "", " to='localhost'", " to='bill@localhost'" };
	char xml[256];

	add(*state, "bill");
	for (size_t i = 0; i < 3; i++) {
		snprintf(xml, sizeof(xml), "<iq type='get' id='1'%s><query xmlns='jabber:iq:register'/></iq>", to[i]);
		assert_non_null(strstr(request(*state, account("bill"), xml), "<registered/>"));
	}
}

/* R-077-28, R-077-77 */
static void test_the_streams_account_counts(void **state)
{
	add(*state, "bill");
	add(*state, "will");
	assert_non_null(strstr(request(*state, account("bill"),
	                               "<iq type='get' id='1' from='will@localhost'><query xmlns='jabber:iq:register'>"
	                               "<username>will</username></query></iq>"),
	                       "<username>bill</username>"));
	assert_verdict(set(*state, account("bill"), "<remove/>"), "result");
	assert_int_equal(state_of(*state, "bill"), 0);
	assert_int_equal(state_of(*state, "will"), MUSTER_ACCOUNT_ENABLED);
}

/* R-077-46 */
static void test_somebody_elses_account(void **state)
{
	add(*state, "bill");
	add(*state, "will");
	assert_verdict(set(*state, account("bill"), "<username>will</username><password>x</password>"),
	               "forbidden auth 403");
	assert_verdict(set(*state, account("bill"), "<username>new</username><password>x</password>"),
	               "forbidden auth 403");
	assert_null(login(*state, "will", "Calliope"));
	assert_int_equal(state_of(*state, "new"), 0);
}

/* R-077-95, R-077-97, R-077-98, R-077-109 */
static void test_changes_of_password(void **state)
{
	struct place *place = *state;

	add(place, "bill");
	assert_verdict(set(place, account("bill"), "<password>x</password>"), "bad-request modify 400");
	assert_verdict(set(place, account("bill"), "<username>bill</username>"), "bad-request modify 400");
	assert_verdict(set(place, account("bill"), "<username>bill</username><password/>"), "bad-request modify 400");
	set_option(place, "password_policy", TABLE(ITEM("length", number(3))));
	assert_verdict(set(place, account("bill"), "<username>bill</username><password>x</password>"),
	               "not-acceptable modify 406");
	assert_null(login(place, "bill", "Calliope"));
	assert_verdict(set(place, account("bill"), "<username>BILL</username><password>newpass</password>"), "result");
	assert_null(login(place, "bill", "newpass"));
	assert_verdict(
		set(place, account("bill"), FORM("submit", FIELD("username", "bill") FIELD("password", "third"))),
		"result");
	assert_null(login(place, "bill", "third"));
}

/* R-077-84, R-077-100 */
static void test_what_is_denied(void **state)
{
	add(*state, "bill");
	set_option(*state, "muster_unregister", string("deny"));
	set_option(*state, "muster_change_password", string("deny"));
	assert_verdict(set(*state, account("bill"), "<remove/>"), "not-allowed cancel 405");
	assert_verdict(set(*state, account("bill"), BILL), "not-allowed cancel 405");
	assert_null(login(*state, "bill", "Calliope"));
}

/* R-077-75, R-077-76, R-077-80, R-077-81, R-077-89 */
static void test_removals(void **state)
{
	add(*state, "bill");
	assert_verdict(set(*state, stranger(), "<remove/>"), "unexpected-request wait 400");
	assert_verdict(set(*state, account("bill"), "<remove/><key>1</key>"), "bad-request modify 400");
	assert_verdict(set(*state, account("bill"), "<remove/><remove/>"), "bad-request modify 400");
	assert_null(login(*state, "bill", "Calliope"));
	assert_non_null(strstr(set(*state, account("bill"), "<remove></remove>"),
	                       "/>\nclose not-authorized\neffect deleted bill not-authorized\n"));
	assert_string_equal(login(*state, "bill", "Calliope"), "not-authorized");
	assert_verdict(set(*state, account("bill"), "<remove/>"), "registration-required auth 407");
	assert_verdict(request(*state, account("bill"), ASK), "registration-required auth 407");
}

static int tombstone_of(struct place *place, const char *name)
{
	struct muster_transaction *transaction;
	int64_t at_s;
	int error;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	error = muster_tombstone_get(transaction, text("localhost"), text(name), &at_s);
	muster_transaction_abort(transaction);
	return error;
}

/* A removal sweeps: but not for those who keep names for ever. */
static void test_names_that_were_kept_long_enough(void **state)
{
	struct muster_transaction *transaction;
	struct place *place = *state;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_tombstone_put(transaction, text("localhost"), text("old"), 1000, -1), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	add(place, "bill");
	assert_verdict(set(place, account("bill"), "<remove/>"), "result");
	assert_error(tombstone_of(place, "old"), MUSTER_OK);
	set_option(place, "user_tombstone_expiry", number(60));
	add(place, "will");
	assert_verdict(set(place, account("will"), "<remove/>"), "result");
	assert_error(tombstone_of(place, "old"), MUSTER_NOT_FOUND);
	assert_error(tombstone_of(place, "bill"), MUSTER_OK);
	assert_error(tombstone_of(place, "will"), MUSTER_OK);
}

/* R-077-106 */
static void test_no_change_before_login(void **state)
{
	add(*state, "bill");
	assert_verdict(
		set(*state, stranger(),
	            FORM("submit", FIELD("FORM_TYPE", "jabber:iq:register:changepassword") FIELD("username", "bill"))),
		"unexpected-request wait 400");
	assert_verdict(set(*state, stranger(), "<username>bill</username><password>new</password>"),
	               "conflict cancel 409");
	assert_null(login(*state, "bill", "Calliope"));
}

/* --- nobody of ours --- */

/* R-175-01 */
static void test_anonymous_streams(void **state)
{
	struct muster_facts facts = { .sender = MUSTER_SENDER_ANONYMOUS,
		                      .secure = true,
		                      .full_jid = text("x@localhost/y") };

	assert_verdict(request(*state, facts, ASK), "service-unavailable cancel 503");
	assert_verdict(set(*state, facts, BILL), "not-allowed cancel 405");
	assert_verdict(set(*state, facts, "<remove/>"), "registration-required auth 407");
	assert_int_equal(state_of(*state, "bill"), 0);
}

/* R-077-30 */
static void test_strangers_of_other_servers(void **state)
{
	struct muster_facts facts = { .sender = MUSTER_SENDER_OTHER, .secure = true, .full_jid = text("a@b/c") };

	assert_verdict(request(*state, facts, ASK), "service-unavailable cancel 503");
	assert_verdict(set(*state, facts, BILL), "forbidden auth 403");
	assert_verdict(set(*state, facts, "<remove/>"), "registration-required auth 407");
	assert_int_equal(state_of(*state, "bill"), 0);
}

/* Put the day that an account was made in the past. */
static void age(struct place *place, const char *name)
{
	struct muster_transaction *transaction;
	struct muster_account account;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(name), &account), MUSTER_OK);
	account.created_s -= 60;
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	muster_account_clear(&account);
}

/* A request of bill, whose account goes to somebody else before it is carried out */
static void assert_not_done_to_the_next(struct place *place, const char *inner)
{
	char xml[1024];
	struct muster_facts facts = account("bill");
	struct muster_outcome outcome;
	struct muster_operation *operation;

	add(place, "bill");
	age(place, "bill");
	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>", inner);
	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "bill", "somebody else"), MUSTER_OK);
	assert_error(muster_task_run(muster_operation_task(operation), place->store), MUSTER_NOT_FOUND);
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	assert_verdict(outcome.actions[0].xml.data, "registration-required auth 407");
	assert_int_equal(outcome.action_count, 1);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	assert_null(login(place, "bill", "somebody else"));
	assert_null(strstr(request(place, account("bill"), ASK), "<nick>N</nick>"));
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
}

static void test_the_next_account_of_a_name_is_not_meant(void **state)
{
	set_option(*state, "user_tombstone_expiry", number(0));
	set_option(*state, "additional_registration_fields", TABLE(ELEMENT(string("nick"))));
	set_option(*state, "muster_editable_fields", TABLE(ELEMENT(string("nick"))));
	assert_not_done_to_the_next(*state, "<username>bill</username><password>newpass</password>");
	assert_not_done_to_the_next(*state, "<username>bill</username><nick>N</nick>");
	assert_not_done_to_the_next(*state, "<remove/>");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_get_before_login),
		TEST(test_the_host_in_another_spelling),
		TEST(test_another_host),
		TEST(test_closed_registration),
		TEST(test_a_stream_in_the_clear),
		TEST(test_a_taken_name),
		TEST(test_what_is_required),
		TEST(test_an_element_twice),
		TEST(test_an_element_in_a_field),
		TEST(test_what_was_not_asked_is_left_out),
		TEST(test_names_that_cannot_be),
		TEST(test_one_name_in_two_encodings),
		TEST(test_names_on_which_profiles_disagree),
		TEST(test_passwords_that_cannot_be),
		TEST(test_a_form_counts_alone),
		TEST(test_forms_that_are_no_submissions),
		TEST(test_several_values_where_one_is_asked),
		TEST(test_further_fields_are_kept),
		TEST(test_no_answer_gives_a_password_back),
		TEST(test_redirection),
		TEST(test_the_invited_are_not_redirected),
		TEST(test_what_is_no_request),
		TEST(test_an_id_is_given_back_escaped),
		TEST(test_a_huge_request),
		cmocka_unit_test(test_conditions_have_types_and_codes),
		TEST(test_a_get_after_login),
		TEST(test_the_streams_account_counts),
		TEST(test_somebody_elses_account),
		TEST(test_changes_of_password),
		TEST(test_what_is_denied),
		TEST(test_removals),
		TEST(test_names_that_were_kept_long_enough),
		TEST(test_the_next_account_of_a_name_is_not_meant),
		TEST(test_no_change_before_login),
		TEST(test_anonymous_streams),
		TEST(test_strangers_of_other_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
