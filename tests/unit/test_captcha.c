/* test_captcha.c -- challenges with a picture, which is drawn first; and how challenges are counted. */
#include "asking.h"

#include <openssl/evp.h>

#include "base/clock.h"

/* --- pictures --- */

static void need_pictures(void)
{
	if (muster_picture_drawn())
		return;
	print_message("skipped: built without gd\n");
	skip();
}

static void ask_for_pictures(struct place *place)
{
	need_pictures();
	ASK(place, "ocr", "SHA-256");
}

static int drawn(struct muster_stream *stream, const char *found)
{
	char wanted[512];

	assert_int_equal(strlen(stream->challenge->cid), MUSTER_CHALLENGE_CID);
	snprintf(wanted, sizeof(wanted),
	         "<field type='text-single' var='ocr' label='The characters in the picture'>"
	         "<media xmlns='urn:xmpp:media-element' height='%u' width='%u'><uri "
	         "type='image/png'>cid:%s</uri></media>"
	         "</field>",
	         (unsigned)stream->challenge->picture.height, (unsigned)stream->challenge->picture.width,
	         stream->challenge->cid);
	assert_non_null(strstr(found, wanted));
	snprintf(wanted, sizeof(wanted),
	         "</x><data xmlns='urn:xmpp:bob' cid='%s' type='image/png' max-age='0'>iVBORw0KGgo",
	         stream->challenge->cid);
	assert_non_null(strstr(found, wanted));
	return 0;
}

static struct muster_stream *shown(struct place *place)
{
	struct muster_stream *stream = new_stream();

	drawn(stream, request(place, on(stream), GET));
	return stream;
}

/* R-158-03, R-231-01: label, media, and the picture beside the form, under the name that its bytes have */
static void test_a_picture(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream;
	unsigned char digest[20];
	char name[64] = "sha1+";

	ask_for_pictures(place);
	stream = shown(place);
	assert_in_range(stream->challenge->picture.bytes.size, 100, 8192);
	EVP_Digest(stream->challenge->picture.bytes.data, stream->challenge->picture.bytes.size, digest, NULL,
	           EVP_sha1(), NULL);
	for (int i = 0; i < 20; i++)
		snprintf(name + 5 + 2 * i, 3, "%02x", digest[i]);
	strcat(name, "@bob.xmpp.org");
	assert_string_equal(stream->challenge->cid, name);
	muster_stream_release(stream);
}

/* R-158-04: letter case does not count */
static void test_characters(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream;
	char other_case[16] = "";

	ask_for_pictures(place);
	stream = shown(place);
	for (int i = 0; stream->challenge->letters[i]; i++) {
		char c = stream->challenge->letters[i];

		other_case[i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	assert_string_equal(verdict(answer(place, stream, "ocr", other_case)), "result");
	muster_stream_release(stream);
}

/* R-158-05: the refusal waits for the next picture, and is written down and counted once */
static void test_wrong_characters(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream;
	const char *outcome;
	char id[64];

	ask_for_pictures(place);
	stream = shown(place);
	snprintf(id, sizeof(id), "%s", stream->challenge->id);
	outcome = set(place, on(stream), filled("bill", stream->challenge->id, "ocr", "......"));
	assert_string_equal(verdict(outcome), WRONG);
	drawn(stream, outcome);
	assert_string_not_equal(stream->challenge->id, id);
	assert_int_equal(stream->failures, 1);
	assert_string_equal(audit(place), "register bill refused rule=challenge door=in-band "
	                                  "detail=the challenge was not solved\n");
	assert_string_equal(verdict(answer(place, stream, "ocr", stream->challenge->letters)), "result");
	muster_stream_release(stream);
}

static const char *get_data(struct place *place, struct muster_facts facts, const char *cid)
{
	char xml[256];

	snprintf(xml, sizeof(xml), "<iq type='get' id='1'><data xmlns='urn:xmpp:bob' cid='%s'/></iq>", cid);
	return request(place, facts, xml);
}

/* R-231-02: the picture again while it lives, on the stream that it was drawn for */
static void test_the_picture_again(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream, *other = new_stream();
	struct muster_facts bill = account("bill");
	char wanted[256], cid[64];

	ask_for_pictures(place);
	stream = shown(place);
	snprintf(cid, sizeof(cid), "%s", stream->challenge->cid);
	snprintf(wanted, sizeof(wanted),
	         "send <iq type='result' id='1'><data xmlns='urn:xmpp:bob' cid='%s' type='image/png' max-age='0'>"
	         "iVBORw0KGgo",
	         cid);
	assert_memory_equal(get_data(place, on(stream), cid), wanted, strlen(wanted));
	assert_true(muster_stream_shows(stream, text(cid)));
	assert_false(muster_stream_shows(stream, text("")));
	assert_false(muster_stream_shows(other, text(cid)));
	assert_string_equal(verdict(get_data(place, on(other), cid)), "item-not-found cancel 404");
	assert_string_equal(verdict(get_data(place, stranger(), cid)), "item-not-found cancel 404");
	assert_string_equal(verdict(get_data(place, bill, cid)), "item-not-found cancel 404");
	assert_string_equal(verdict(get_data(place, on(stream), "sha1+0@bob.xmpp.org")), "item-not-found cancel 404");
	assert_string_equal(verdict(get_data(place, on(stream), "")), "item-not-found cancel 404");
	assert_string_equal(
		verdict(request(place, on(stream), "<iq type='get' id='1'><data xmlns='urn:xmpp:bob'/></iq>")),
		"item-not-found cancel 404");
	assert_string_equal(
		verdict(request(place, on(stream),
	                        "<iq type='get' id='1' to='example.com'><data xmlns='urn:xmpp:bob' cid='x'/></iq>")),
		"service-unavailable cancel 503");
	assert_string_equal(
		verdict(request(place, on(stream), "<iq type='set' id='1'><data xmlns='urn:xmpp:bob' cid='x'/></iq>")),
		"bad-request modify 400");
	muster_clock_pretend(NOW + MUSTER_CHALLENGE_LIFE_S);
	assert_string_equal(verdict(get_data(place, on(stream), cid)), "item-not-found cancel 404");
	muster_stream_release(stream);
	muster_stream_release(other);
}

/* R-158-14: ten at once for an address, then one in six seconds; forms without pictures are not counted */
static void test_many_pictures(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);
	struct muster_order reset = { .kind = MUSTER_RESET_THROTTLE, .username = text("192.0.2.7") };
	const char *found;

	facts.address = text("192.0.2.7");
	for (int i = 0; i < 12; i++)
		assert_string_equal(verdict(request(place, facts, GET)), "result");
	ask_for_pictures(place);
	for (int i = 0; i < 10; i++)
		assert_string_equal(verdict(request(place, facts, GET)), "result");
	found = request(place, facts, GET);
	assert_string_equal(verdict(found), "resource-constraint wait 500");
	assert_non_null(strstr(found, "<retry-after xmlns='urn:muster:wait:0' seconds='6'/>"));
	assert_non_null(strstr(found, "There were too many pictures. Try again in 6 seconds."));
	assert_int_equal(stream->failures, 0);
	facts.address = text("192.0.2.8");
	assert_string_equal(verdict(request(place, facts, GET)), "result");
	facts.address = text("127.0.0.1");
	for (int i = 0; i < 12; i++)
		assert_string_equal(verdict(request(place, facts, GET)), "result");
	facts.address = text("192.0.2.7");
	muster_clock_pretend(NOW + 6);
	assert_string_equal(verdict(request(place, facts, GET)), "result");
	assert_string_equal(verdict(request(place, facts, GET)), "resource-constraint wait 500");
	assert_string_equal(carry_out(place, reset), "ok");
	assert_string_equal(verdict(request(place, facts, GET)), "result");
	muster_stream_release(stream);
}

/* What was asked for too often fails without another try, and the next get says when there is one. */
static void test_no_picture_for_another_try(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);
	const char *found;

	ask_for_pictures(place);
	facts.address = text("192.0.2.7");
	for (int i = 0; i < 10; i++)
		assert_string_equal(verdict(request(place, facts, GET)), "result");
	found = set(place, facts, filled("bill", stream->challenge->id, "ocr", "......"));
	assert_string_equal(verdict(found), WRONG);
	assert_null(strstr(found, "jabber:x:data"));
	assert_null(stream->challenge);
	muster_stream_release(stream);
}

/* Two that are drawn at once, when there may be one: only the first is handed out. */
static void test_pictures_at_once(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);
	struct muster_operation *operations[2];
	struct muster_outcome outcome;
	int errors[2];

	ask_for_pictures(place);
	facts.address = text("192.0.2.7");
	for (int i = 0; i < 9; i++)
		request(place, facts, GET);
	for (int i = 0; i < 2; i++)
		assert_error(
			muster_request_begin(place->host, place->store, &facts, text(GET), &outcome, &operations[i]),
			MUSTER_OK);
	for (int i = 0; i < 2; i++) {
		assert_non_null(operations[i]);
		assert_string_equal(muster_operation_kind_name(muster_operation_kind(operations[i])), "challenge");
		errors[i] = muster_task_run(muster_operation_task(operations[i]), place->store);
		assert_error(muster_operation_finish(operations[i], &outcome), MUSTER_OK);
		assert_null(outcome.note);
		assert_null(outcome.action.data);
		muster_outcome_clear(&outcome);
		muster_operation_free(operations[i]);
	}
	assert_error(errors[0], MUSTER_OK);
	assert_error(errors[1], MUSTER_REFUSED);
	muster_stream_release(stream);
}

/* R-158-08: in a wave two are not enough if proof of work is not among them */
static void test_two_without_work(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_order direct = { .kind = MUSTER_DIRECT, .directive = text("difficulty"), .value = text("9") };
	char two[256];

	need_pictures();
	ASK(place, "ocr", "qa", "SHA-256", "auto");
	assert_string_equal(carry_out(place, direct), "ok");
	assert_string_equal(verdict(request(place, on(stream), GET)), "result");
	snprintf(two, sizeof(two), "green</value></field>" FIELD("ocr", "%s") "<field var='other'><value>",
	         stream->challenge->letters);
	assert_string_equal(verdict(answer(place, stream, "qa", two)), MISSING);
	snprintf(two, sizeof(two), "%s</value></field>" FIELD("ocr", "%s") "<field var='other'><value>",
	         work("localhost", label_of(stream)), stream->challenge->letters);
	assert_string_equal(verdict(answer(place, stream, "SHA-256", two)), "result");
	muster_stream_release(stream);
}

/* An engine that has too much to do. */
static void test_no_picture_for_want_of_time(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);
	struct muster_operation *operation;
	struct muster_outcome outcome;

	ask_for_pictures(place);
	assert_error(muster_request_begin(place->host, place->store, &facts, text(GET), &outcome, &operation),
	             MUSTER_OK);
	muster_operation_task(operation)->error = MUSTER_BUSY;
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	assert_error(outcome.error, MUSTER_BUSY);
	assert_non_null(strstr(outcome.actions[0].xml.data, "<error type='wait' code='500'><resource-constraint"));
	assert_int_equal(outcome.tally.issued, 0);
	assert_null(stream->challenge);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	muster_stream_release(stream);
}

/* An operator's program that fails: nobody gets in, and the log will say why. */
static void test_a_command_that_fails(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();

	set_option(place, "captcha_cmd", string("/bin/false"));
	ask_for_pictures(place);
	assert_string_equal(verdict(request(place, on(stream), GET)), "internal-server-error wait 500");
	assert_null(stream->challenge);
	muster_stream_release(stream);
}

static void test_wrong_options_of_pictures(void **state)
{
	struct place *place = *state;
	struct muster_value list = TABLE(ELEMENT(string("ocr")), ELEMENT(string("SHA-256")));
	struct muster_value nowhere = string("/nowhere"), none = string("");
	struct muster_failure failure = { 0 };

	assert_error(muster_host_set(place->host, "muster_challenges", &list, NULL), MUSTER_OK);
	assert_error(muster_host_set(place->host, "muster_picture_font", &nowhere, NULL), MUSTER_OK);
	assert_error(muster_host_check(place->host, &failure), MUSTER_BAD_OPTION);
	assert_non_null(strstr(failure.text, "option muster_picture_font: "));
	assert_error(muster_host_set(place->host, "captcha_cmd", &nowhere, NULL), MUSTER_OK);
	assert_error(muster_host_check(place->host, &failure), MUSTER_BAD_OPTION);
	assert_non_null(strstr(failure.text, "option captcha_cmd: "));
	assert_error(muster_host_set(place->host, "captcha_cmd", &none, NULL), MUSTER_OK);
	assert_error(muster_host_check(place->host, &failure), MUSTER_BAD_OPTION);
}

/* --- what is counted --- */

static struct muster_tally tally_of(struct place *place, struct muster_stream *stream, const char *xml)
{
	struct muster_facts facts = on(stream);
	struct muster_operation *operation;
	struct muster_outcome outcome;
	struct muster_tally tally;

	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	if (operation) {
		muster_task_run(muster_operation_task(operation), place->store);
		assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	}
	tally = outcome.tally;
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return tally;
}

static void assert_tally(struct muster_tally found, unsigned issued, unsigned solved, unsigned failed)
{
	assert_int_equal(found.issued, issued);
	assert_int_equal(found.solved, solved);
	assert_int_equal(found.failed, failed);
}

static const char *filled_iq(const struct muster_stream *stream, const char *kind, const char *answer)
{
	static char xml[4096];

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>",
	         filled("bill", stream->challenge->id, kind, answer));
	return xml;
}

static void test_tallies(void **state)
{
	enum { OCR = 1, QA = 2, WORK = 4 };
	struct place *place = *state;
	struct muster_stream *stream = new_stream();

	assert_tally(tally_of(place, stream, GET), QA | WORK, 0, 0);
	assert_tally(tally_of(place, stream, filled_iq(stream, "qa", "blue")), QA | WORK, 0, QA);
	assert_tally(tally_of(place, stream, filled_iq(stream, "SHA-256", work("localhost", label_of(stream)))), 0,
	             WORK, 0);
	muster_stream_release(stream);
	stream = new_stream();
	ask_for_pictures(place);
	assert_tally(tally_of(place, stream, GET), OCR | WORK, 0, 0);
	assert_tally(tally_of(place, stream, filled_iq(stream, "ocr", "......")), OCR | WORK, 0, OCR);
	/* A name that is taken: it was solved all the same, once. */
	assert_tally(tally_of(place, stream, filled_iq(stream, "ocr", stream->challenge->letters)), 0, OCR, 0);
	assert_tally(tally_of(place, stream, filled_iq(stream, "ocr", "......")), 0, 0, 0);
	muster_stream_release(stream);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_asking_place, close_asking_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture),
		TEST(characters),
		TEST(wrong_characters),
		TEST(the_picture_again),
		TEST(many_pictures),
		TEST(no_picture_for_another_try),
		TEST(pictures_at_once),
		TEST(two_without_work),
		TEST(no_picture_for_want_of_time),
		TEST(a_command_that_fails),
		TEST(wrong_options_of_pictures),
		TEST(tallies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
