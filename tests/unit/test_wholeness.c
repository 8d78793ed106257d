/* test_wholeness.c -- what the rules have to do with: registrations that wait, orders that steer a host, what is noted.
 * As a whole or not at all, whichever allocation fails. */
#include "failing.h"

#include "base/clock.h"
#include "muster/policy.h"

static void assert_state(struct place *place, enum muster_account_state wanted)
{
	assert_int_equal(state_of(place, "bill"), wanted);
}

static void check_enabled(struct place *place)
{
	assert_state(place, MUSTER_ACCOUNT_ENABLED);
	assert_null(login(place, "bill", "theglobe"));
}

static void check_removal(struct place *place)
{
	assert_state(place, 0);
}

static int fall_due(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_FALL_DUE, .username = text("bill") });
}

static int register_from_somewhere(struct place *place)
{
	return try_set(place, from("192.0.2.7"), "<username>bill</username><password>theglobe</password>");
}

static void check_pending(struct place *place)
{
	assert_state(place, MUSTER_ACCOUNT_PENDING);
	assert_string_equal(login(place, "bill", "theglobe"), "account-disabled");
	assert_string_equal(audit(place), "register bill ok door=in-band address=192.0.2.7\n");
}

static int approve(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_APPROVE, .username = text("bill") });
}

static int reject(struct place *place)
{
	return try_order(place, &(struct muster_order){
					.kind = MUSTER_REJECT, .username = text("bill"), .reason = text("spam") });
}

/* With all that can be counted of a registration. */
static void test_registration_that_waits(void **state)
{
	static const struct change changes[] = {
		{ register_from_somewhere, MUSTER_OK, check_pending },
		{ approve, MUSTER_OK, check_enabled },
	};

	set_option(*state, "muster_registration", string("approval"));
	set_option(*state, "muster_max_accounts_per_address", number(1));
	set_option(*state, "muster_rate", TABLE(ITEM("limit", number(100))));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		fail_at_every_point_of_change(*state, &changes[i]);
}

static void test_rejection(void **state)
{
	static const struct change change = { reject, MUSTER_OK, check_removal };

	set_option(*state, "muster_registration", string("approval"));
	set_option(*state, "muster_max_accounts_per_address", number(1));
	assert_error(register_from_somewhere(*state), MUSTER_OK);
	fail_at_every_point_of_change(*state, &change);
}

/* As if a day were over. */
static void check_lifted(struct place *place)
{
	assert_non_null(strstr(audit(place), "fall-due bill ok"));
	assert_null(login(place, "bill", "theglobe"));
}

static void test_lifting(void **state)
{
	static const struct change change = { fall_due, MUSTER_OK, check_lifted };

	set_option(*state, "muster_quarantine", TABLE(ITEM("role", string("guest"))));
	muster_clock_pretend(1000000);
	assert_error(register_from_somewhere(*state), MUSTER_OK);
	muster_clock_pretend(1000000 + 86400);
	fail_at_every_point_of_change(*state, &change);
}

/* Over a name that gives way, and all that was noted of it. */
static void test_registration_over_a_name_that_gives_way(void **state)
{
	static const struct muster_order create = {
		.kind = MUSTER_CREATE, .username = { "bill", 4 }, .address = { "192.0.2.8", 9 }, .self_service = true
	};
	static const struct change change = { register_from_somewhere, MUSTER_OK, check_enabled };

	set_option(*state, "muster_quarantine", TABLE(ITEM("role", string("guest"))));
	set_option(*state, "muster_max_accounts_per_address", number(1));
	muster_clock_pretend(1000000);
	assert_error(try_order(*state, &create), MUSTER_OK);
	muster_clock_pretend(1000061);
	fail_at_every_point_of_change(*state, &change);
}

struct explanation {
	const char *rule;
	char detail[128];
};

static void tell(void *context, const struct muster_opinion *opinion)
{
	struct explanation *explanation = context;

	if (strcmp(opinion->rule, explanation->rule) == 0)
		snprintf(explanation->detail, sizeof(explanation->detail), "%.*s", (int)opinion->detail.size,
		         opinion->detail.data ? opinion->detail.data : "");
}

/* What a rule has against an address; the next call overwrites it. */
static const char *explain(struct place *place, const char *rule, const char *address)
{
	static struct explanation explanation;
	const struct muster_candidate candidate = { .address = text(address), .self_service = true };

	explanation = (struct explanation){ .rule = rule };
	assert_error(muster_policy_explain(place->host, place->store, &candidate, tell, &explanation), MUSTER_OK);
	return explanation.detail;
}

static struct muster_order blocking(enum muster_operation_kind kind)
{
	return (struct muster_order){ .kind = kind,
		                      .directive = text("block"),
		                      .username = text("192.0.2.0/24"),
		                      .reason = text("spam"),
		                      .actor = text("admin@localhost"),
		                      .until_s = INT64_MAX };
}

static int block(struct place *place)
{
	const struct muster_order order = blocking(MUSTER_DIRECT);

	return try_order(place, &order);
}

static void check_block(struct place *place)
{
	assert_string_equal(explain(place, "blocklist", "192.0.2.7"), "192.0.2.0/24 is blocked");
}

static int unblock(struct place *place)
{
	const struct muster_order order = blocking(MUSTER_RETRACT);

	return try_order(place, &order);
}

static void check_unblock(struct place *place)
{
	assert_string_equal(explain(place, "blocklist", "192.0.2.7"), "");
}

static int close_registration(struct place *place)
{
	return try_order(place, &(struct muster_order){
					.kind = MUSTER_DIRECT, .directive = text("mode"), .value = text("closed") });
}

static void check_closed(struct place *place)
{
	assert_string_equal(explain(place, "mode", NULL), "registration is closed");
}

static int reset_throttle(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_RESET_THROTTLE, .username = text("192.0.2.7") });
}

static void check_reset(struct place *place)
{
	assert_int_equal(*explain(place, "throttle", "192.0.2.7"), 0);
	assert_non_null(strstr(audit(place), "reset-throttle 192.0.2.7 ok"));
}

static void test_steering(void **state)
{
	static const struct change changes[] = {
		{ block, MUSTER_OK, check_block },
		{ unblock, MUSTER_OK, check_unblock },
		{ close_registration, MUSTER_OK, check_closed },
		{ reset_throttle, MUSTER_OK, check_reset },
	};

	set_option(*state, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(1)))),
	                 ELEMENT(TABLE(ITEM("limit", number(1)), ITEM("period", number(60))))));
	assert_error(register_from_somewhere(*state), MUSTER_OK);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		fail_at_every_point_of_change(*state, &changes[i]);
}

/* A refusal and what is noted of it, at the address's cost. */
static int note_refusal(struct place *place)
{
	struct muster_facts facts = from("192.0.2.7");
	struct muster_operation *operation;
	struct muster_outcome outcome;
	int error = muster_request_begin(place->host, place->store, &facts,
	                                 text("<iq type='set' id='1'><query xmlns='jabber:iq:register'>"
	                                      "<username>bill</username><password/></query></iq>"),
	                                 &outcome, &operation);

	assert_null(operation);
	if (error == MUSTER_OK)
		error = outcome.error == MUSTER_REFUSED ? MUSTER_OK : outcome.error;
	if (error == MUSTER_OK)
		error = outcome.note ? muster_task_run(outcome.note, place->store) : MUSTER_NO_MEMORY;
	muster_outcome_clear(&outcome);
	return error;
}

static void check_note(struct place *place)
{
	assert_string_equal(audit(place), "register bill refused door=in-band address=192.0.2.7\n");
}

static void test_notes(void **state)
{
	static const struct change change = { note_refusal, MUSTER_OK, check_note };

	fail_at_every_point_of_change(*state, &change);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registration_that_waits),
		TEST(test_rejection),
		TEST(test_lifting),
		TEST(test_registration_over_a_name_that_gives_way),
		TEST(test_steering),
		TEST(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
