/* test_veto.c -- what other modules of a host refuse, and how it is answered. */
#include "support.h"

#include "registration/condition.h"

#define BILL "<username>bill</username><password>Calliope</password>"

static const char *answer_of_veto(struct place *place, struct muster_veto veto)
{
	static char answer[1024];
	struct muster_facts facts = stranger();
	struct muster_outcome outcome;
	struct muster_operation *operation;

	assert_error(muster_request_begin(
			     place->host, place->store, &facts,
			     text("<iq type='set' id='1'><query xmlns='jabber:iq:register'>" BILL "</query></iq>"),
			     &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	assert_error(muster_operation_veto(operation, &veto, &outcome), MUSTER_OK);
	snprintf(answer, sizeof(answer), "%s", outcome.actions[0].xml.data);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return answer;
}

static const char *veto(struct place *place, const char *type, const char *condition, const char *words)
{
	static char verdict_of_veto[512];
	const char *answer = answer_of_veto(
		place, (struct muster_veto){ .type = text(type), .condition = text(condition), .text = text(words) });

	assert_null(strstr(answer, "xml:lang")); /* nobody knows */
	snprintf(verdict_of_veto, sizeof(verdict_of_veto), "%s%s", verdict(answer),
	         words && strstr(answer, ">a &amp; b</text>") ? " with text" : "");
	return verdict_of_veto;
}

/* R-PRJ-01 */
static void test_a_veto_answers_with_what_it_says(void **state)
{
	assert_string_equal(veto(*state, NULL, NULL, NULL), "not-acceptable modify 406");
	assert_string_equal(veto(*state, "wait", "policy-violation", "a & b"), "policy-violation wait 403 with text");
	assert_string_equal(veto(*state, "nonsense", "nonsense'/><x", NULL), "not-acceptable modify 406");
	assert_int_equal(state_of(*state, "bill"), 0);
}

/* Whoever refuses, and by whatever condition: of type wait it says after how many seconds to come back. */
static void test_every_answer_of_type_wait_says_its_seconds(void **state)
{
	for (size_t i = 0; i < MUSTER_CONDITION_COUNT; i++) {
		struct muster_veto veto = { .condition = text(muster_conditions[i].name) };
		const bool waits = strcmp(muster_conditions[i].type, "wait") == 0;

		assert_true(waits == (strstr(answer_of_veto(*state, veto), "<retry-after ") != NULL));
		veto.type = text("cancel");
		veto.wait_s = 7;
		assert_null(strstr(answer_of_veto(*state, veto), "<retry-after "));
		veto.type = text("wait");
		veto.text = text("Later.");
		assert_non_null(strstr(answer_of_veto(*state, veto),
		                       ">Later.</text><retry-after xmlns='urn:muster:wait:0' seconds='7'/></error>"));
		veto.wait_s = 0;
		assert_non_null(strstr(answer_of_veto(*state, veto), "<retry-after "));
	}
	assert_non_null(strstr(set(*state, stranger(), "<remove/>"), " seconds='1'/>"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_veto_answers_with_what_it_says),
		TEST(test_every_answer_of_type_wait_says_its_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
