/* test_challenge.c -- what strangers have to solve: asked, solved, failed, late, another's. */
#include "asking.h"

#include <stdlib.h>

#include "base/clock.h"

/* --- what is asked --- */

/* R-158-01, R-158-02, R-158-03, D-10, Q-15: two kinds, a count of what is to be filled in, and nothing outside of the
 * form */
static void test_the_form(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	char wanted[2048];
	const char *found = request(place, on(stream), GET);

	snprintf(wanted, sizeof(wanted),
	         "send <iq type='result' id='reg1'><query xmlns='jabber:iq:register'>"
	         "<instructions>Choose a username and password for use with this service.</instructions>"
	         "<x xmlns='jabber:x:data' type='form'><title>Creating a new account</title>"
	         "<instructions>Choose a username and password for use with this service.</instructions>"
	         "<instructions>Solve one of the challenges too. The one that is a number is for programs."
	         "</instructions>"
	         "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
	         "<field type='hidden' var='challenge'><value>%s</value></field>"
	         "<field type='hidden' var='sid'><value>reg1</value></field>"
	         "<field type='hidden' var='answers'><value>3</value></field>"
	         "<field type='text-single' var='username' label='Username'><required/></field>"
	         "<field type='text-private' var='password' label='Password'><required/></field>"
	         "<field type='text-single' var='qa' label='The colour of grass?'></field>"
	         "<field type='text-single' var='SHA-256' label='%s'></field></x></query></iq>\n",
	         stream->challenge->id, label_of(stream));
	assert_string_equal(found, wanted);
	assert_int_equal(strlen(stream->challenge->id), 40);
	muster_stream_release(stream);
}

/* Required fields of the operator's count too. */
static void test_more_fields(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();

	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email+")), ELEMENT(string("nick"))));
	assert_non_null(strstr(request(place, on(stream), GET), "var='answers'><value>4</value>"));
	assert_string_equal(verdict(answer(place, stream, "qa", "green")), MISSING);
	assert_false(stream->challenge->solved);
	muster_stream_release(stream);
}

/* Each get has another challenge, and the one before is gone. */
static void test_another_get(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);
	char id[64];

	snprintf(id, sizeof(id), "%s", stream->challenge->id);
	request(place, on(stream), GET);
	assert_string_not_equal(stream->challenge->id, id);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", id, "qa", "green"))), WRONG);
	muster_stream_release(stream);
}

/* In the reader's language. */
static void test_a_question_in_languages(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();

	set_option(place, "muster_questions",
	           TABLE(ELEMENT(TABLE(ITEM("question", TABLE(ITEM("en", string("The colour of grass?")),
	                                                      ITEM("de", string("Die Farbe von Gras?")))),
	                               ITEM("answers", TABLE(ELEMENT(string("green")), ELEMENT(string("gruen"))))))));
	assert_non_null(
		strstr(request(place, on(stream),
	                       "<iq type='get' id='1' xml:lang='de-AT'><query xmlns='jabber:iq:register'/></iq>"),
	               "var='qa' label='Die Farbe von Gras?'"));
	assert_string_equal(verdict(answer(place, stream, "qa", "gruen")), "result");
	muster_stream_release(stream);
}

/* R-158-13: who is logged in is not asked, nor is an order, nor a service */
static void test_who_is_not_asked(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_null(strstr(request(place, account("bill"), GET), "jabber:x:data"));
	assert_string_equal(verdict(set(place, account("bill"), "<username>bill</username><password>new</password>")),
	                    "result");
	assert_null(login(place, "bill", "new"));
	assert_string_equal(verdict(set(place, account("bill"), "<remove/>")), "result");
}

/* D-34: an invitation lifts it */
static void test_an_invitation(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);

	facts.invited = true;
	assert_non_null(strstr(request(place, facts, GET), "<username/><password/>"));
	assert_string_equal(verdict(set(place, facts, "<username>bill</username><password>x</password>")), "result");
	muster_stream_release(stream);
}

/* Without a stream there is nothing to remember a challenge by. */
static void test_no_stream(void **state)
{
	struct place *place = *state;

	assert_string_equal(verdict(request(place, stranger(), GET)), "resource-constraint wait 500");
	assert_string_equal(verdict(set(place, stranger(), filled("bill", "0", "qa", "green"))), WRONG);
	assert_int_equal(state_of(place, "bill"), 0);
}

/* --- solving --- */

static enum muster_account_state last_state(struct place *place, const char *outcome)
{
	char name[32] = "";

	return sscanf(strstr(outcome, "effect registered ") ? strstr(outcome, "effect registered ") : "",
	              "effect registered %31s", name) == 1
	               ? state_of(place, name)
	               : 0;
}

/* R-158-04: any configured answer, trimmed and folded */
static void test_answers(void **state)
{
	static const char *const right_ones[] = { "green", "  GREEN ", "Gr\xc3\x9cn", "\n gr\xc3\xbcn" };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(right_ones) / sizeof(right_ones[0]); i++) {
		struct muster_stream *stream = asked(place);
		const char *outcome = answer(place, stream, "qa", right_ones[i]);

		assert_string_equal(verdict(outcome), "result");
		assert_int_equal(last_state(place, outcome), MUSTER_ACCOUNT_ENABLED);
		muster_stream_release(stream);
	}
}

/* R-158-05: it is spent, and the refusal brings the next one */
static void test_a_wrong_answer(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);
	char id[64], sid[] = "<field type='hidden' var='sid'><value>1</value></field>";
	const char *outcome;

	snprintf(id, sizeof(id), "%s", stream->challenge->id);
	outcome = answer(place, stream, "qa", "blue");
	assert_string_equal(verdict(outcome), WRONG);
	assert_non_null(strstr(outcome, "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'>"));
	assert_non_null(strstr(outcome, sid));
	assert_non_null(strstr(outcome, stream->challenge->id));
	assert_string_not_equal(stream->challenge->id, id);
	assert_non_null(strstr(audit(place), "refused rule=challenge door=in-band"));
	assert_string_equal(verdict(set(place, on(stream), filled("bill", id, "qa", "green"))), WRONG);
	assert_int_equal(state_of(place, "bill"), 0);
	assert_string_equal(right(place, stream), "result");
	muster_stream_release(stream);
}

/* Cut out what differs from one to the next. */
static char *without_what_varies(const char *outcome)
{
	char *copy = strdup(outcome), *at;

	at = strstr(copy, "var='challenge'><value>");
	assert_non_null(at);
	memset(at + 23, '-', 40);
	at = strstr(copy, "var='SHA-256' label='");
	assert_non_null(at);
	memset(at + 21, '-', 2);
	return copy;
}

/* R-158-06, Q-08: unknown, expired, spent, another stream's: nobody can tell which */
static void test_the_same_answer(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place), *other = asked(place);
	char spent[64];
	char *wrong, *found;

	snprintf(spent, sizeof(spent), "%s", stream->challenge->id);
	wrong = without_what_varies(answer(place, stream, "qa", "blue"));
	found = without_what_varies(set(place, on(stream), filled("bill", spent, "qa", "green")));
	assert_string_equal(found, wrong);
	free(found);
	found = without_what_varies(
		set(place, on(stream), filled("bill", "0123456789012345678901234567890123456789", "qa", "green")));
	assert_string_equal(found, wrong);
	free(found);
	found = without_what_varies(set(place, on(stream), filled("bill", other->challenge->id, "qa", "green")));
	assert_string_equal(found, wrong);
	free(found);
	muster_clock_pretend(NOW + MUSTER_CHALLENGE_LIFE_S);
	found = without_what_varies(set(place, on(other), filled("bill", other->challenge->id, "qa", "green")));
	assert_string_equal(found, wrong);
	free(found);
	free(wrong);
	assert_int_equal(state_of(place, "bill"), 0);
	muster_stream_release(stream);
	muster_stream_release(other);
}

/* R-158-07: no challenge, no answer, or elements, which can hold neither; nothing is spent by that */
static void test_nothing_solved(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);

	assert_string_equal(verdict(set(place, on(stream), filled("bill", NULL, "qa", "green"))), MISSING);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", stream->challenge->id, NULL, NULL))),
	                    MISSING);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", stream->challenge->id, "qa", ""))), MISSING);
	assert_string_equal(verdict(set(place, on(stream), "<username>bill</username><password>Calliope</password>")),
	                    MISSING);
	assert_int_equal(state_of(place, "bill"), 0);
	assert_string_equal(right(place, stream), "result");
	muster_stream_release(stream);
}

/* One right answer is enough, beside a wrong one. */
static void test_one_of_two(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);
	char both[512];

	snprintf(both, sizeof(both), "green</value></field>" FIELD("SHA-256", "x") "<field var='other'><value>");
	assert_string_equal(verdict(answer(place, stream, "qa", both)), "result");
	muster_stream_release(stream);
}

/* R-158-08: in a wave proof of work and another one, both marked or counted */
static void test_both(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_order direct = { .kind = MUSTER_DIRECT, .directive = text("difficulty"), .value = text("9") };
	char both[512];
	const char *form;

	ASK(place, "qa", "SHA-256", "auto");
	assert_string_equal(carry_out(place, direct), "ok");
	form = request(place, on(stream), GET);
	assert_non_null(strstr(form, "var='answers'><value>4</value>"));
	assert_non_null(strstr(form, "var='qa' label='The colour of grass?'></field>"));
	assert_non_null(strstr(form, "'><required/></field></x>"));
	assert_int_equal(stream->challenge->bits, 9);
	assert_string_equal(right(place, stream), MISSING);
	assert_string_equal(verdict(answer(place, stream, "SHA-256", work("localhost", label_of(stream)))), MISSING);
	snprintf(both, sizeof(both), "green</value></field>" FIELD("SHA-256", "%s") "<field var='other'><value>",
	         work("localhost", label_of(stream)));
	assert_string_equal(verdict(answer(place, stream, "qa", both)), "result");
	muster_stream_release(stream);

	stream = asked(place);
	snprintf(both, sizeof(both), "blue</value></field>" FIELD("SHA-256", "%s") "<field var='other'><value>",
	         work("localhost", label_of(stream)));
	assert_string_equal(verdict(answer(place, stream, "qa", both)), WRONG);
	muster_stream_release(stream);
}

/* R-158-09, D-10: solved is solved, for another name, without another answer, as long as it lives and is of use */
static void test_solved_stays_solved(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);
	char id[64];
	const char *form;

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	snprintf(id, sizeof(id), "%s", stream->challenge->id);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", id, "qa", "green"))), "conflict cancel 409");
	form = request(place, on(stream), GET);
	assert_non_null(strstr(form, id));
	assert_non_null(strstr(form, "var='answers'><value>2</value>"));
	assert_null(strstr(form, "var='qa'"));
	muster_clock_pretend(NOW + MUSTER_CHALLENGE_LIFE_S - 1);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", id, "qa", "green"))), "conflict cancel 409");
	assert_string_equal(verdict(set(place, on(stream), filled("will", id, NULL, NULL))), "result");
	assert_null(stream->challenge);
	muster_stream_release(stream);

	muster_clock_pretend(NOW);
	stream = asked(place);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", stream->challenge->id, "qa", "green"))),
	                    "conflict cancel 409");
	muster_clock_pretend(NOW + MUSTER_CHALLENGE_LIFE_S);
	assert_string_equal(verdict(set(place, on(stream), filled("hal", stream->challenge->id, "qa", "green"))),
	                    WRONG);
	muster_stream_release(stream);
}

/* D-01: names are judged behind it, so that nobody learns of them for free. */
static void test_names_come_later(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_string_equal(verdict(set(place, on(stream), filled("bill", stream->challenge->id, "qa", "blue"))),
	                    WRONG);
	assert_string_equal(verdict(set(place, on(stream), filled("a b", stream->challenge->id, "qa", "blue"))), WRONG);
	muster_stream_release(stream);
}

/* The throttle comes first, and spends no challenge. */
static void test_behind_the_throttle(void **state)
{
	struct place *place = *state;
	struct muster_stream *first = asked(place), *stream = asked(place);
	struct muster_facts facts = on(first);

	facts.address = text("192.0.2.7");
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1)), ITEM("period", number(60))));
	assert_string_equal(verdict(set(place, facts, filled("bill", first->challenge->id, "qa", "green"))), "result");
	facts.stream = stream;
	assert_string_equal(verdict(set(place, facts, filled("will", stream->challenge->id, "qa", "blue"))),
	                    "not-acceptable wait 406");
	muster_clock_pretend(NOW + 60);
	assert_string_equal(verdict(set(place, facts, filled("will", stream->challenge->id, "qa", "green"))), "result");
	muster_stream_release(first);
	muster_stream_release(stream);
}

/* Where keys are used, the form that comes with a refusal has the one that is still good. */
static void test_with_a_key(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream;
	char with_key[256], key[64];
	const char *outcome;

	set_option(place, "muster_legacy_key", boolean(true));
	stream = asked(place);
	assert_string_equal(verdict(answer(place, stream, "qa", "green")), MISSING);
	snprintf(key, sizeof(key), "%s", stream->key);
	snprintf(with_key, sizeof(with_key), "blue</value></field>" FIELD("key", "%s") "<field var='other'><value>",
	         key);
	outcome = answer(place, stream, "qa", with_key);
	assert_string_equal(verdict(outcome), WRONG);
	assert_non_null(strstr(strstr(outcome, "<field type='hidden' var='key'><value>"), key));
	snprintf(with_key, sizeof(with_key), "green</value></field>" FIELD("key", "%s") "<field var='other'><value>",
	         key);
	assert_string_equal(verdict(answer(place, stream, "qa", with_key)), "result");
	muster_stream_release(stream);
}

/* Guessing ends with the stream. */
static void test_guessing(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);

	for (int i = 0; i < 5; i++)
		assert_string_equal(verdict(answer(place, stream, "qa", "blue")), WRONG);
	assert_non_null(strstr(answer(place, stream, "qa", "blue"), "\nclose policy-violation"));
	assert_null(stream->challenge);
	muster_stream_release(stream);
}

/* --- proof of work --- */

/* R-158-11, Q-14: the vector, and what differs by a digit or in its beginning */
static void test_the_vector(void **state)
{
	static const struct {
		const char *given, *verdict;
	} cases[] = { { "shakespeare.lit18E7C7", "result" },
		      { "shakespeare.lit18E7C8", WRONG },
		      { "hakespeare.lit18E7C7", WRONG },
		      { "", MISSING } };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct muster_stream *stream = asked(place);

		stream->challenge->bits = 20;
		stream->challenge->label = 0x93c7a;
		assert_error(muster_buffer_set(&stream->challenge->addressed, text("shakespeare.lit")), MUSTER_OK);
		assert_string_equal(verdict(answer(place, stream, "SHA-256", cases[i].given)), cases[i].verdict);
		muster_stream_release(stream);
	}
}

/* A right hash behind another beginning. */
static void test_another_beginning(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = asked(place);

	assert_string_equal(verdict(answer(place, stream, "SHA-256", work("example.com", label_of(stream)))), WRONG);
	assert_string_equal(verdict(answer(place, stream, "SHA-256", work("localhost", label_of(stream)))), "result");
	muster_stream_release(stream);
}

/* R-158-10: the label has exactly so many bits, and the answer begins with what the get was sent to */
static void test_labels(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	uint32_t all = 0;

	set_option(place, "muster_proof_of_work", number(32));
	for (int i = 0; i < 100; i++) {
		request(place, on(stream), GET);
		assert_true(stream->challenge->label >= UINT32_C(1) << 31);
		all |= stream->challenge->label;
	}
	assert_int_equal(all, UINT32_MAX);
	set_option(place, "muster_proof_of_work", number(8));
	request(place, on(stream), "<iq type='get' id='1' to='LocalHost'><query xmlns='jabber:iq:register'/></iq>");
	assert_in_range(stream->challenge->label, 128, 255);
	assert_string_equal(verdict(answer(place, stream, "SHA-256", work("LocalHost", label_of(stream)))), "result");
	muster_stream_release(stream);
}

static void test_twenty_bits_unless_configured(void **state)
{
	struct place *place;
	struct muster_stream *stream = new_stream();

	(void)state;
	open_place((void **)&place);
	set_option(place, "muster_challenges", TABLE(ELEMENT(string("qa")), ELEMENT(string("SHA-256"))));
	set_option(place, "muster_questions", TABLE(ITEM("Yes?", string("yes"))));
	request(place, on(stream), GET);
	assert_in_range(stream->challenge->label, 1 << 19, (1 << 20) - 1);
	muster_stream_release(stream);
	close_place((void **)&place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_asking_place, close_asking_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_form),
		TEST(more_fields),
		TEST(another_get),
		TEST(a_question_in_languages),
		TEST(who_is_not_asked),
		TEST(an_invitation),
		TEST(no_stream),
		TEST(answers),
		TEST(a_wrong_answer),
		TEST(the_same_answer),
		TEST(nothing_solved),
		TEST(one_of_two),
		TEST(both),
		TEST(solved_stays_solved),
		TEST(names_come_later),
		TEST(behind_the_throttle),
		TEST(with_a_key),
		TEST(guessing),
		TEST(the_vector),
		TEST(another_beginning),
		TEST(labels),
		TEST(twenty_bits_unless_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
