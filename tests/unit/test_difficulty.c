/* test_difficulty.c -- how hard challenges are: by the load, by order, by options that are wrong. */
#include "asking.h"

#include "base/clock.h"
#include "muster/bucket.h"

/* --- the load --- */

static uint32_t bits_from(struct place *place, const char *address)
{
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);
	uint32_t bits;

	facts.address = text(address);
	assert_string_equal(verdict(request(place, facts, GET)), "result");
	bits = stream->challenge->bits;
	muster_stream_release(stream);
	return bits;
}

static void pour(struct place *place, const char *subject, uint32_t limit, uint64_t amount)
{
	struct muster_bucket bucket = { text("localhost"), text(subject), limit, 3600 };
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(
		muster_bucket_add(transaction, &bucket, muster_wall_clock_s(), (struct muster_level){ .all = amount }),
		MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

/* Bits follow what an address, and everybody, have done lately, between the operator's bounds, and fall again. */
static void test_bits_follow_the_load(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_proof_of_work", TABLE(ITEM("min", number(10)), ITEM("max", number(20))));
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(3)), ITEM("period", number(3600))));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(101)), ITEM("period", number(3600))));
	assert_int_equal(bits_from(place, "192.0.2.7"), 10);
	pour(place, "192.0.2.7", 3, 1000);
	assert_int_equal(bits_from(place, "192.0.2.7"), 15);
	assert_int_equal(bits_from(place, "192.0.2.8"), 10);
	pour(place, "192.0.2.7", 3, 1000);
	assert_int_equal(bits_from(place, "192.0.2.7"), 20);
	assert_int_equal(bits_from(place, "127.0.0.1"), 10);
	pour(place, "*", 101, 50000);
	assert_int_equal(bits_from(place, "192.0.2.8"), 15);
	assert_int_equal(bits_from(place, NULL), 15);
	assert_int_equal(bits_from(place, "127.0.0.1"), 10);
	muster_clock_pretend(NOW + 3600);
	assert_int_equal(bits_from(place, "192.0.2.7"), 10);
}

/* "auto" asks more in the upper half of the load, also where bits are the same all the time. */
static void test_kinds_follow_the_load(void **state)
{
	struct place *place = *state;
	struct muster_stream *stream = new_stream();
	struct muster_facts facts = on(stream);

	facts.address = text("192.0.2.7");
	ASK(place, "qa", "SHA-256", "auto");
	request(place, facts, GET);
	assert_int_equal(stream->challenge->needed, 1);
	pour(place, "192.0.2.7", 3, 1500);
	request(place, facts, GET);
	assert_int_equal(stream->challenge->needed, 2);
	ASK(place, "qa", "SHA-256");
	request(place, facts, GET);
	assert_int_equal(stream->challenge->needed, 1);
	muster_stream_release(stream);
}

/* An operator's order counts in place of the load, for its time, and can be taken back. */
static void test_ordered_bits(void **state)
{
	struct place *place = *state;
	struct muster_order direct = { .kind = MUSTER_DIRECT,
		                       .directive = text("difficulty"),
		                       .value = text("12"),
		                       .until_s = NOW + 60,
		                       .door = text("console") };
	struct muster_order retract = { .kind = MUSTER_RETRACT, .directive = text("difficulty") };

	assert_string_equal(carry_out(place, direct), "ok");
	assert_int_equal(bits_from(place, "192.0.2.7"), 12);
	assert_non_null(strstr(audit(place), "difficulty 12 ok door=console"));
	muster_clock_pretend(NOW + 60);
	assert_int_equal(bits_from(place, "192.0.2.7"), 8);
	direct.until_s = 0;
	assert_string_equal(carry_out(place, direct), "ok");
	assert_int_equal(bits_from(place, "192.0.2.7"), 12);
	assert_string_equal(carry_out(place, retract), "ok");
	assert_int_equal(bits_from(place, "192.0.2.7"), 8);
	direct.value = text("33");
	assert_string_equal(carry_out(place, direct), "malformed");
	direct.value = text("7");
	assert_string_equal(carry_out(place, direct), "malformed");
	direct.value = text("twelve");
	assert_string_equal(carry_out(place, direct), "malformed");
	direct.value = text("");
	assert_string_equal(carry_out(place, direct), "malformed");
}

/* --- wrong options --- */

static const char *refused(struct muster_host *host, const char *option, struct muster_value value)
{
	static struct muster_failure failure;

	failure.text[0] = '\0';
	if (muster_host_set(host, option, &value, &failure) == MUSTER_OK)
		muster_host_check(host, &failure);
	return failure.text;
}

static void test_wrong_options(void **state)
{
	struct muster_host *host = ((struct place *)*state)->host;

	assert_non_null(strstr(refused(host, "muster_challenges", TABLE(ELEMENT(string("qa")))),
	                       "option muster_challenges: one kind is not allowed"));
	assert_non_null(strstr(refused(host, "muster_challenges", TABLE(ELEMENT(string("auto")))),
	                       "option muster_challenges: one kind is not allowed"));
	assert_non_null(
		strstr(refused(host, "muster_challenges",
	                       TABLE(ELEMENT(string("ocr")), ELEMENT(string("SHA-256")), ELEMENT(string("auto")))),
	               "option muster_challenges: \"auto\" is not allowed without both \"qa\" and \"SHA-256\""));
	assert_string_equal(
		refused(host, "muster_challenges", TABLE(ELEMENT(string("sha-256")))),
		"option muster_challenges: \"sha-256\" is not allowed; allowed: \"ocr\", \"qa\", \"SHA-256\", "
		"\"auto\"");
	assert_non_null(
		strstr(refused(host, "muster_challenges", string("qa")), "\"qa\" is not allowed; allowed: a list"));
	assert_string_equal(refused(host, "muster_challenges", boolean(false)), "");
	assert_string_equal(
		refused(host, "muster_challenges", TABLE(ELEMENT(string("qa")), ELEMENT(string("SHA-256")))), "");
	assert_non_null(strstr(refused(host, "muster_questions", table(NULL, 0)),
	                       "option muster_questions: it is missing, and muster_challenges has \"qa\""));
	assert_non_null(strstr(refused(host, "muster_questions", TABLE(ITEM("Yes?", string(" ")))),
	                       "option muster_questions: \" \" is not allowed; allowed: an answer"));
	assert_non_null(strstr(refused(host, "muster_questions", TABLE(ITEM("Yes?", number(1)))),
	                       "option muster_questions: 1 is not allowed"));
	assert_non_null(strstr(refused(host, "muster_questions", TABLE(ITEM("", string("yes")))),
	                       "option muster_questions: a table is not allowed"));
	assert_non_null(
		strstr(refused(host, "muster_questions", TABLE(ELEMENT(TABLE(ITEM("question", string("Yes?")))))),
	               "option muster_questions: a table is not allowed"));
	assert_non_null(strstr(refused(host, "muster_questions", TABLE(ELEMENT(TABLE(ITEM("x", string("Yes?")))))),
	                       "key \"x\" is not known; known: question, answers"));
	assert_non_null(strstr(refused(host, "muster_proof_of_work", number(7)),
	                       "option muster_proof_of_work: 7 is not allowed; allowed: a whole number from 8 to 32"));
	assert_non_null(strstr(refused(host, "muster_proof_of_work", TABLE(ITEM("min", number(24)))),
	                       "option muster_proof_of_work: a table is not allowed"));
	assert_non_null(strstr(refused(host, "muster_proof_of_work", TABLE(ITEM("least", number(24)))),
	                       "key \"least\" is not known; known: min, max"));
}

static void test_a_service_asks_nothing(void **state)
{
	struct muster_host *service;
	struct muster_failure failure = { 0 };
	struct muster_value value = TABLE(ELEMENT(string("qa")), ELEMENT(string("SHA-256")), ELEMENT(string("auto")));

	(void)state;
	assert_error(muster_host_new(&service, MUSTER_HOST_SERVICE, text("contest.localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(service, "muster_challenges", &value, &failure), MUSTER_OK);
	value = TABLE(ELEMENT(string("email")));
	assert_error(muster_host_set(service, "additional_registration_fields", &value, &failure), MUSTER_OK);
	assert_error(muster_host_check(service, &failure), MUSTER_OK);
	assert_int_equal(service->challenges.kinds, 0);
	muster_host_release(service);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_asking_place, close_asking_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bits_follow_the_load), TEST(kinds_follow_the_load),  TEST(ordered_bits),
		TEST(wrong_options),        TEST(a_service_asks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
