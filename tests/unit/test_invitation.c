/* test_invitation.c -- invitations that are shown: used up once, kept for a name, another password, other modules'. */
#include "inviting.h"

#include <ctype.h>

#include "base/clock.h"

enum { NOW = 1000000, DAY = 86400, WEEK = 7 * DAY };

#define BILL "<username>bill</username><password>Calliope</password>"
#define BEN "<username>ben</username><password>Calliope</password>"
#define GET "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"

static const char unknown[] = "item-not-found cancel 404", forbidden[] = "forbidden auth 403";

static int open_place_in_time(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	return 0;
}

static void test_tokens(void **state)
{
	struct made one = invite_anybody(*state), other = invite_anybody(*state);
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	char id[MUSTER_INVITATION_ID_SIZE + 1];

	assert_int_equal(strlen(one.token), MUSTER_TOKEN_SIZE);
	for (size_t i = 0; i < MUSTER_TOKEN_SIZE; i++)
		assert_true(isalnum((unsigned char)one.token[i]));
	assert_string_not_equal(one.token, other.token);
	muster_token_hash(text(one.token), hash);
	muster_invitation_id(hash, id);
	assert_string_equal(one.id, id);
	assert_int_equal(one.expires_s, NOW + WEEK);
}

/* R-445-03 */
static void test_worthless_tokens(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = open_stream();
	struct made expired = invite_anybody(place), contact;

	set_option(place, "muster_stream_attempts", number(100));
	assert_shown(place, facts, "0123456789", unknown);
	assert_shown(place, facts, "", unknown);
	assert_string_equal(
		verdict(request(place, facts, "<iq type='set' id='1'><preauth xmlns='urn:xmpp:pars:0'/></iq>")),
		unknown);
	muster_clock_pretend(NOW + WEEK - 1);
	assert_shown(place, facts, expired.token, "result");
	muster_clock_pretend(NOW + WEEK);
	assert_shown(place, facts, expired.token, unknown);
	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	contact = invite(
		place, NULL,
		(struct muster_invitation){ .kind = MUSTER_INVITATION_CONTACT, .inviter = text("romeo@localhost") });
	assert_shown(place, facts, contact.token, unknown);
	assert_string_equal(
		verdict(request(place, facts, "<iq type='get' id='1'><preauth xmlns='urn:xmpp:pars:0'/></iq>")),
		"bad-request modify 400");
	end_stream(facts);
}

/* R-445-04 */
static void test_used_with_the_account_and_not_before(void **state)
{
	struct place *place = *state;
	struct muster_facts facts;
	struct made made = invite_anybody(place);

	set_option(place, "muster_registration", string("invite"));
	set_option(place, "password_policy", TABLE(ITEM("length", number(4))));
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	facts = holder_of(place, made.token);
	assert_set(place, facts, BILL, "conflict cancel 409");
	assert_set(place, facts, "<username>ben</username><password>x</password>", "not-acceptable modify 406");
	assert_set(place, facts, BEN, "result");
	assert_shown(place, facts, made.token, unknown);
	end_stream(facts);
	facts = open_stream();
	assert_shown(place, facts, made.token, unknown);
	assert_set(place, facts, "<username>will</username><password>Calliope</password>", forbidden);
	end_stream(facts);
}

static void test_used_several_times(void **state)
{
	struct place *place = *state;
	struct made twice = invite(place, NULL, (struct muster_invitation){ .uses = 2 });
	struct made always = invite(place, NULL, (struct muster_invitation){ .uses = MUSTER_USES_UNLIMITED });

	set_option(place, "muster_registration", string("invite"));
	for (int i = 0; i < 4; i++) {
		struct muster_facts facts = open_stream();
		char inner[128];

		snprintf(inner, sizeof(inner), "<username>bill%d</username><password>Calliope</password>", i);
		assert_shown(place, facts, i < 2 ? twice.token : always.token, "result");
		assert_set(place, facts, inner, "result");
		assert_shown(place, facts, twice.token, i == 0 ? "result" : unknown);
		end_stream(facts);
	}
}

/* R-445-05 */
static void test_expired_after_it_was_shown(void **state)
{
	struct place *place = *state;
	struct made made = invite_anybody(place);
	struct muster_facts facts = holder_of(place, made.token);

	set_option(place, "muster_registration", string("invite"));
	muster_clock_pretend(NOW + WEEK + DAY / 2);
	invite_anybody(place); /* sweeps */
	assert_set(place, facts, BILL, "result");
	end_stream(facts);
}

/* R-445-06 */
static void test_shown_on_two_streams(void **state)
{
	static const struct {
		const char *mode, *second;
	} modes[] = { { "invite", forbidden }, { "open", "result" } };
	struct place *place = *state;

	for (size_t i = 0; i < 2; i++) {
		struct made made = invite(place, NULL, (struct muster_invitation){ .role = text("member") });
		struct muster_facts first = holder_of(place, made.token), second = holder_of(place, made.token);

		set_option(place, "muster_registration", string(modes[i].mode));
		assert_set(place, first, i == 0 ? BILL : "<username>will</username><password>x</password>", "result");
		assert_set(place, second, BEN, modes[i].second);
		end_stream(first);
		end_stream(second);
	}
}

static struct muster_operation *begin(struct place *place, struct muster_facts facts, const char *name)
{
	struct muster_operation *operation;
	struct muster_outcome outcome;
	char xml[256];

	snprintf(xml, sizeof(xml),
	         "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>%s</username>"
	         "<password>Calliope</password></query></iq>",
	         name);
	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	assert_error(muster_operation_look(operation, place->store, &outcome), MUSTER_OK);
	return operation;
}

/* R-445-06: both have passed all checks, and come to the writer together. */
static void test_two_streams_in_one_batch(void **state)
{
	struct place *place = *state;
	struct made made = invite_anybody(place);
	struct muster_facts facts[2] = { holder_of(place, made.token), holder_of(place, made.token) };
	struct muster_operation *operations[2] = { begin(place, facts[0], "bill"), begin(place, facts[1], "ben") };
	struct muster_transaction *batch, *one;
	struct muster_outcome outcome;
	int errors[2];

	assert_error(muster_transaction_write(place->store, &batch), MUSTER_OK);
	for (int i = 0; i < 2; i++) {
		struct muster_task *task = muster_operation_task(operations[i]);

		task->kind->derive(task);
		assert_error(muster_transaction_nest(batch, &one), MUSTER_OK);
		errors[i] = task->error = task->kind->commit(task, one);
		if (task->error == MUSTER_OK)
			assert_error(muster_transaction_commit(one), MUSTER_OK);
		else
			muster_transaction_abort(one);
	}
	assert_error(muster_transaction_commit(batch), MUSTER_OK);
	assert_error(errors[0], MUSTER_OK);
	assert_error(errors[1], MUSTER_SPENT);
	assert_error(muster_operation_finish(operations[0], &outcome), MUSTER_OK);
	assert_int_equal(outcome.action_count, 2);
	muster_outcome_clear(&outcome);
	assert_error(muster_operation_finish(operations[1], &outcome), MUSTER_OK);
	assert_error(outcome.error, MUSTER_SPENT);
	assert_int_equal(outcome.action_count, 0);
	muster_outcome_clear(&outcome);
	for (int i = 0; i < 2; i++)
		muster_operation_free(operations[i]);
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_ENABLED);
	assert_int_equal(state_of(place, "ben"), 0);
	set_option(place, "muster_registration", string("invite"));
	assert_set(place, facts[1], BEN, forbidden);
	end_stream(facts[0]);
	end_stream(facts[1]);
}

/* What is used up already costs no hash. */
static void test_used_before_it_is_looked_at(void **state)
{
	struct place *place = *state;
	struct made made = invite_anybody(place);
	struct muster_facts facts[2] = { holder_of(place, made.token), holder_of(place, made.token) };
	struct muster_operation *operation = begin(place, facts[0], "ben");
	struct muster_outcome outcome;

	assert_set(place, facts[1], BILL, "result");
	assert_error(muster_operation_look(operation, place->store, &outcome), MUSTER_SPENT);
	muster_operation_free(operation);
	end_stream(facts[0]);
	end_stream(facts[1]);
}

/* D-34 */
static void test_what_it_lifts(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1)), ITEM("period", number(3600))));
	set_option(place, "muster_registration", string("approval"));
	for (int i = 0; i < 3; i++) {
		struct muster_facts facts = holder_of(place, invite_anybody(place).token);
		char inner[128], name[8];

		snprintf(name, sizeof(name), "bill%d", i);
		snprintf(inner, sizeof(inner), "<username>%s</username><password>Calliope</password>", name);
		assert_set(place, facts, inner, "result");
		assert_int_equal(state_of(place, name), MUSTER_ACCOUNT_ENABLED);
		end_stream(facts);
	}
	assert_set(place, from("192.0.2.7"), BEN, "result");
	assert_int_equal(state_of(place, "ben"), MUSTER_ACCOUNT_PENDING);
	assert_set(place, from("192.0.2.7"), "<username>will</username><password>x</password>",
	           "not-acceptable wait 406");
	set_option(place, "muster_registration", string("closed"));
	assert_shown(place, from("192.0.2.7"), "x", "service-unavailable cancel 503");
}

/* D-34, R-445-06: no challenge for who is invited; one for whose invitation was used by somebody else. */
static void test_challenges_are_lifted(void **state)
{
	struct place *place = *state;
	struct made made = invite_anybody(place);
	struct muster_facts one = holder_of(place, made.token), other = holder_of(place, made.token);

	set_option(place, "muster_questions", TABLE(ITEM("The colour of grass?", TABLE(ELEMENT(string("green"))))));
	set_option(place, "muster_challenges", TABLE(ELEMENT(string("qa")), ELEMENT(string("SHA-256"))));
	assert_null(strstr(request(place, one, GET), "challenge"));
	assert_set(place, one, BILL, "result");
	assert_set(place, other, BEN, "not-acceptable modify 406");
	assert_int_equal(state_of(place, "ben"), 0);
	assert_non_null(strstr(request(place, other, GET), "var='challenge'"));
	end_stream(one);
	end_stream(other);
}

/* --- names --- */

/* R-445-08 */
static void test_for_one_name(void **state)
{
	struct place *place = *state;
	struct made made = invite(place, "BILL", (struct muster_invitation){ .uses = 1 });
	struct muster_facts facts = holder_of(place, made.token);

	set_option(place, "muster_offer_form", string("always"));
	request(place, facts, GET);
	assert_non_null(strstr(request(place, facts, GET), "<username>bill</username>"));
	assert_non_null(strstr(request(place, facts, GET), "<required/><value>bill</value></field>"));
	assert_null(strstr(request(place, stranger(), GET), "bill"));
	assert_set(place, facts, BEN, "not-acceptable modify 406");
	assert_set(place, facts, "<username>Bill</username><password>Calliope</password>", "result");
	end_stream(facts);
}

/* R-445-09 */
static void test_a_name_is_kept(void **state)
{
	struct place *place = *state;
	struct made made = invite(place, "bill", (struct muster_invitation){ .uses = 1 });
	struct muster_facts other = holder_of(place, invite_anybody(place).token), facts;

	assert_set(place, stranger(), BILL, "conflict cancel 409");
	assert_set(place, other, BILL, "conflict cancel 409");
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_EXISTS);
	assert_error(invite_by(place, "bill", (struct muster_invitation){ .kind = MUSTER_INVITATION_REGISTER },
	                       (struct muster_order){ .door = text("console") })
	                     .error,
	             MUSTER_EXISTS);
	facts = holder_of(place, made.token);
	muster_clock_pretend(NOW + WEEK);
	assert_set(place, other, BILL, "result");
	assert_set(place, facts, BILL, "conflict cancel 409");
	end_stream(other);
	end_stream(facts);
	/* Once it was used the name is free when the account is gone, and once it was taken back. */
	set_option(place, "user_tombstone_expiry", number(0));
	made = invite(place, "ben", (struct muster_invitation){ .uses = 1 });
	facts = holder_of(place, made.token);
	assert_set(place, facts, BEN, "result");
	assert_error(order(place, MUSTER_UNREGISTER, "ben", NULL), MUSTER_OK);
	assert_set(place, stranger(), BEN, "result");
	made = invite(place, "will", (struct muster_invitation){ .uses = 1 });
	assert_error(order(place, MUSTER_REVOKE, made.id, NULL), MUSTER_OK);
	assert_set(place, stranger(), "<username>will</username><password>Calliope</password>", "result");
	assert_error(order(place, MUSTER_REVOKE, made.id, NULL), MUSTER_NOT_FOUND);
	assert_error(order(place, MUSTER_REVOKE, "nonsense", NULL), MUSTER_NOT_FOUND);
	end_stream(facts);
}

/* An older invitation of that name does not let go of what is kept for the one behind it. */
static void test_a_name_is_kept_anew(void **state)
{
	struct place *place = *state;
	struct made old = invite(place, "bill", (struct muster_invitation){ .uses = 1 }), made;

	muster_clock_pretend(NOW + WEEK + 1);
	made = invite(place, "bill", (struct muster_invitation){ .uses = 1 });
	assert_error(order(place, MUSTER_REVOKE, old.id, NULL), MUSTER_OK);
	assert_set(place, stranger(), BILL, "conflict cancel 409");
	assert_error(order(place, MUSTER_REVOKE, made.id, NULL), MUSTER_OK);
	assert_set(place, stranger(), BILL, "result");
}

/* --- who shows them --- */

/* R-445-10 */
static void test_where_they_are_shown(void **state)
{
	struct place *place = *state;
	struct made made = invite_anybody(place);
	struct muster_facts facts = open_stream();

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_shown(place, account("bill"), made.token, "service-unavailable cancel 503");
	assert_shown(place, stranger(), made.token, "service-unavailable cancel 503");
	for (int i = 0; i < 5; i++)
		assert_null(strstr(show(place, facts, "x"), "close"));
	assert_shown(place, facts, made.token, "result");
	show(place, facts, "x");
	assert_non_null(strstr(show(place, facts, "x"), "close policy-violation"));
	assert_shown(place, facts, "x", unknown);
	end_stream(facts);
}

static void test_of_whom_nobody_is_left(void **state)
{
	struct place *place = *state;
	struct muster_invitation of_romeo = { .inviter = text("ROMEO@localhost") };
	struct muster_facts facts = open_stream();
	struct made made, other;

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	made = invite(place, NULL, of_romeo);
	other = invite(place, "bill", of_romeo);
	assert_error(order(place, MUSTER_DISABLE, "romeo", NULL), MUSTER_OK);
	assert_shown(place, facts, made.token, unknown);
	assert_error(order(place, MUSTER_ENABLE, "romeo", NULL), MUSTER_OK);
	assert_shown(place, facts, made.token, "result");
	assert_error(order(place, MUSTER_UNREGISTER, "romeo", NULL), MUSTER_OK);
	assert_error(order_anyway(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	assert_shown(place, facts, made.token, unknown);
	assert_shown(place, facts, other.token, unknown);
	assert_set(place, stranger(), BILL, "result");
	end_stream(facts);
}

/* --- another password --- */

/* R-445-11 */
static void test_reset(void **state)
{
	struct place *place = *state;
	struct muster_invitation reset = { .kind = MUSTER_INVITATION_RESET };
	struct muster_facts facts, other;
	struct made made;

	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email+"))));
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	made = invite(place, "bill", reset);
	facts = holder_of(place, made.token);
	other = holder_of(place, made.token);
	assert_set(place, facts, "<username>ben</username><password>Thalia</password>", "not-acceptable modify 406");
	assert_set(place, facts, "<username>bill</username>", "not-acceptable modify 406");
	assert_string_equal(set(place, facts, "<username>Bill</username><password>Thalia</password>"),
	                    "send <iq type='result' id='1'/>\neffect password-changed bill reset\n");
	assert_null(login(place, "bill", "Thalia"));
	assert_string_equal(login(place, "bill", "Calliope"), "not-authorized");
	assert_set(place, other, "<username>bill</username><password>Erato</password>", unknown);
	assert_null(login(place, "bill", "Thalia"));
	assert_shown(place, other, made.token, unknown);
	end_stream(facts);
	end_stream(other);
}

/* It is for the account that was there then. */
static void test_reset_of_who_is_gone(void **state)
{
	struct place *place = *state;
	struct muster_invitation reset = { .kind = MUSTER_INVITATION_RESET };
	struct muster_facts facts, late = open_stream();
	struct made made;

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	made = invite(place, "bill", reset);
	facts = holder_of(place, made.token);
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
	assert_set(place, facts, BILL, unknown);
	assert_shown(place, late, made.token, unknown);
	muster_clock_pretend(NOW + 1);
	assert_error(order_anyway(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_shown(place, late, made.token, unknown);
	end_stream(facts);
	end_stream(late);
}

/* --- other modules' --- */

static struct muster_facts foreigner(struct muster_foreign foreign)
{
	struct muster_facts facts = open_stream();

	facts.foreign = foreign;
	return facts;
}

static void test_foreign(void **state)
{
	struct place *place = *state;
	struct muster_foreign foreign = { .token = text("stock"), .expires_s = NOW + DAY };
	struct muster_facts one = foreigner(foreign), other = foreigner(foreign), direct = foreigner(foreign);

	set_option(place, "muster_registration", string("invite"));
	assert_shown(place, one, "other", unknown);
	assert_shown(place, one, "stock", "result");
	assert_shown(place, other, "stock", "result");
	assert_set(place, one, BILL, "result");
	assert_set(place, other, BEN, forbidden);
	assert_set(place, direct, BEN, forbidden);
	assert_shown(place, other, "stock", unknown);
	end_stream(one);
	end_stream(other);
	end_stream(direct);
	/* What stands in the facts of a set counts as well. */
	foreign = (struct muster_foreign){ .token = text("more"), .reusable = true };
	for (int i = 0; i < 2; i++) {
		direct = foreigner(foreign);
		assert_set(place, direct, i == 0 ? BEN : "<username>will</username><password>x</password>", "result");
		end_stream(direct);
	}
}

static void test_foreign_of_a_name(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = foreigner((struct muster_foreign){ .token = text("t"), .name = text("Bill") });

	assert_shown(place, facts, "t", "result");
	assert_set(place, facts, BEN, "not-acceptable modify 406");
	assert_set(place, facts, BILL, "result");
	end_stream(facts);
	facts = foreigner((struct muster_foreign){ .token = text("u"), .name = text("no name") });
	assert_shown(place, facts, "u", unknown);
	end_stream(facts);
	facts = foreigner((struct muster_foreign){ .token = text("v"), .name = text("ben"), .resets = true });
	assert_shown(place, facts, "v", "result");
	assert_set(place, facts, "<username>mallory</username><password>x</password>", "not-acceptable modify 406");
	assert_set(place, facts, BEN, unknown);
	assert_int_equal(state_of(place, "ben"), 0);
	end_stream(facts);
	facts = foreigner((struct muster_foreign){ .token = text("v"), .name = text("bill"), .resets = true });
	assert_shown(place, facts, "v", "result");
	assert_set(place, facts, "<username>bill</username><password>Erato</password>", "result");
	assert_null(login(place, "bill", "Erato"));
	end_stream(facts);
}

/* Found out by the host only when it asked other modules. */
static void test_foreign_behind_the_veto(void **state)
{
	static const struct muster_foreign foreign = { .token = { "t", 1 } },
					   of_ben = { .token = { "u", 1 }, .name = { "ben", 3 } };
	struct place *place = *state;
	struct muster_facts facts = open_stream();
	struct muster_operation *operation = begin(place, facts, "bill");
	bool is_foreign = false;

	assert_true(muster_operation_invitation(operation, &is_foreign).data == NULL);
	assert_error(muster_operation_invite(operation, &of_ben), MUSTER_NOT_FOUND);
	assert_error(muster_operation_invite(operation, &foreign), MUSTER_OK);
	assert_int_equal(muster_operation_invitation(operation, &is_foreign).size, MUSTER_INVITATION_ID_SIZE);
	assert_true(is_foreign);
	assert_error(muster_task_run(muster_operation_task(operation), place->store), MUSTER_OK);
	muster_operation_free(operation);
	operation = begin(place, facts, "ben");
	assert_error(muster_operation_invite(operation, &foreign), MUSTER_OK);
	assert_error(muster_task_run(muster_operation_task(operation), place->store), MUSTER_SPENT);
	muster_operation_free(operation);
	end_stream(facts);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place_in_time, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tokens),
		TEST(test_worthless_tokens),
		TEST(test_used_with_the_account_and_not_before),
		TEST(test_used_several_times),
		TEST(test_expired_after_it_was_shown),
		TEST(test_shown_on_two_streams),
		TEST(test_two_streams_in_one_batch),
		TEST(test_used_before_it_is_looked_at),
		TEST(test_what_it_lifts),
		TEST(test_challenges_are_lifted),
		TEST(test_for_one_name),
		TEST(test_a_name_is_kept),
		TEST(test_a_name_is_kept_anew),
		TEST(test_where_they_are_shown),
		TEST(test_of_whom_nobody_is_left),
		TEST(test_reset),
		TEST(test_reset_of_who_is_gone),
		TEST(test_foreign),
		TEST(test_foreign_of_a_name),
		TEST(test_foreign_behind_the_veto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
