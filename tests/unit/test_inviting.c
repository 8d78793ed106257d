/* test_inviting.c -- invitations made: by whom and how many, for contacts; whose they are, and what goes with them. */
#include "failing.h"
#include "inviting.h"

#include "base/clock.h"
#include "registration/operation.h"
#include "rows.h"

enum { NOW = 1000000, DAY = 86400, WEEK = 7 * DAY };

#define BILL "<username>bill</username><password>Calliope</password>"
#define BEN "<username>ben</username><password>Calliope</password>"
#define GET "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>"

static int open_place_in_time(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	return 0;
}

static void test_names_that_nobody_can_be_invited_to(void **state)
{
	struct place *place = *state;
	const struct muster_invitation wanted = { .kind = MUSTER_INVITATION_REGISTER };
	const struct muster_order order_of_console = { .door = text("console") };

	set_option(place, "block_registrations_users", TABLE(ELEMENT(string("root"))));
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_error(invite_by(place, "bill", wanted, order_of_console).error, MUSTER_EXISTS);
	assert_error(invite_by(place, "root", wanted, order_of_console).error, MUSTER_EXISTS);
	assert_error(invite_by(place, "two words", wanted, order_of_console).error, MUSTER_BAD_NAME);
	assert_non_null(strstr(audit(place), "invite root exists rule=name-reserved door=console"));
	assert_error(
		invite_by(place, "root", wanted, (struct muster_order){ .door = text("console"), .overrides = true })
			.error,
		MUSTER_OK);
}

static void test_orders_that_make_no_sense(void **state)
{
	struct place *place = *state;
	const struct {
		const char *name;
		struct muster_invitation wanted;
		int error;
	} orders[] = {
		{ NULL, { .kind = 0 }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_FOREIGN }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_RESET }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_CONTACT }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_CONTACT, .inviter = text("a@elsewhere") }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_REGISTER, .contact = true }, MUSTER_MALFORMED },
		{ "bill", { .kind = MUSTER_INVITATION_REGISTER, .uses = 2 }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_REGISTER, .expires_s = NOW }, MUSTER_MALFORMED },
		{ NULL, { .kind = MUSTER_INVITATION_REGISTER, .inviter = text("localhost") }, MUSTER_BAD_NAME },
		{ NULL, { .kind = MUSTER_INVITATION_REGISTER, .inviter = text("nobody@localhost") }, MUSTER_NOT_FOUND },
		{ "nobody", { .kind = MUSTER_INVITATION_RESET }, MUSTER_NOT_FOUND },
		{ NULL, { .kind = MUSTER_INVITATION_REGISTER, .inviter = text("a@elsewhere") }, MUSTER_OK },
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		assert_error(
			invite_by(place, orders[i].name, orders[i].wanted, (struct muster_order){ .overrides = false })
				.error,
			orders[i].error);
}

/* --- inviters --- */

static bool note_name(void *context, struct muster_text name)
{
	char *names = context;

	snprintf(names + strlen(names), 256 - strlen(names), "%.*s ", (int)name.size, name.data);
	return true;
}

static const char *invitees(struct place *place, const char *inviter)
{
	static char names[256];
	struct muster_buffer position = { 0 };
	struct muster_transaction *transaction;

	names[0] = '\0';
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	do
		assert_error(muster_invitee_walk(transaction, text("localhost"), text(inviter), &position, 1, note_name,
		                                 names),
		             MUSTER_OK);
	while (position.size > 0);
	muster_transaction_abort(transaction);
	return names;
}

static size_t count(struct place *place, MDB_dbi database)
{
	struct muster_transaction *transaction;
	size_t rows;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	rows = count_rows(transaction, database);
	muster_transaction_abort(transaction);
	return rows;
}

static void register_invited(struct place *place, const char *inviter, const char *name)
{
	struct made made = invite(place, name, (struct muster_invitation){ .inviter = text(inviter) });
	struct muster_facts facts = holder_of(place, made.token);
	char inner[128];

	snprintf(inner, sizeof(inner), "<username>%s</username><password>Calliope</password>", name);
	assert_set(place, facts, inner, "result");
	end_stream(facts);
}

static void test_whom_somebody_has_invited(void **state)
{
	struct place *place = *state;
	const char *names;

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	register_invited(place, "romeo@localhost", "bill");
	register_invited(place, "romeo@localhost", "ben");
	register_invited(place, "bill@localhost", "will");
	names = invitees(place, "romeo@localhost");
	assert_true(strcmp(names, "bill ben ") == 0 || strcmp(names, "ben bill ") == 0);
	assert_string_equal(invitees(place, "bill@localhost"), "will ");
	assert_string_equal(invitees(place, "will@localhost"), "");
	assert_error(order(place, MUSTER_UNREGISTER, "ben", NULL), MUSTER_OK);
	assert_string_equal(invitees(place, "romeo@localhost"), "bill ");
	assert_error(order(place, MUSTER_UNREGISTER, "bill", NULL), MUSTER_OK);
	assert_error(order(place, MUSTER_UNREGISTER, "will", NULL), MUSTER_OK);
	assert_error(order(place, MUSTER_UNREGISTER, "romeo", NULL), MUSTER_OK);
	assert_int_equal(count(place, place->store->inviters), 0);
	assert_int_equal(count(place, place->store->invitations), 0);
	assert_int_equal(count(place, place->store->held), 0);
}

static void invite_many(struct place *place, int many, const char *end)
{
	for (int i = 0; i < many; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%02x%s", (unsigned)i * 37 % 256, end);
		invite(place, name, (struct muster_invitation){ .inviter = text("romeo@localhost") });
	}
}

/* Little by little, with those that are made; which ones come first is a matter of chance. */
static void test_old_rows_go(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	invite_many(place, 50, "old");
	assert_int_equal(count(place, place->store->invitations), 50);
	muster_clock_pretend(NOW + WEEK + DAY);
	invite_many(place, 200, "new");
	assert_in_range(count(place, place->store->invitations), 200, 215);
	assert_in_range(count(place, place->store->inviters), 200, 215);
	assert_in_range(count(place, place->store->held), 200, 215);
}

static void test_quota(void **state)
{
	struct place *place = *state;
	const struct muster_invitation wanted = { .kind = MUSTER_INVITATION_REGISTER,
		                                  .inviter = text("romeo@localhost") };
	const struct muster_order own = { .self_service = true, .door = text("ad-hoc") };

	set_option(place, "muster_invite_quota", TABLE(ITEM("limit", number(2)), ITEM("period", number(DAY))));
	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_OK);
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_OK);
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_REFUSED);
	assert_non_null(strstr(audit(place), "rule=invite-quota door=ad-hoc"));
	invite(place, NULL, wanted); /* an operator in their name */
	muster_clock_pretend(NOW + DAY / 2);
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_OK);
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_REFUSED);
	set_option(place, "muster_invite_quota", boolean(false));
	assert_error(invite_by(place, NULL, wanted, own).error, MUSTER_OK);
}

/* --- contacts (XEP-0379) --- */

static const char *befriend(struct place *place, const char *name, const char *token, const char *contact)
{
	return carry_out(place, (struct muster_order){ .kind = MUSTER_BEFRIEND,
	                                               .username = text(name),
	                                               .token = text(token),
	                                               .contact = text(contact),
	                                               .door = text("in-band") });
}

static void test_contacts(void **state)
{
	struct place *place = *state;
	struct muster_invitation contact = { .kind = MUSTER_INVITATION_CONTACT, .inviter = text("romeo@localhost") };
	struct muster_invitation account_only = { .inviter = text("romeo@localhost") };
	struct made made;

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "paris", "x"), MUSTER_OK);
	made = invite(place, NULL, contact);
	assert_string_equal(befriend(place, "paris", made.token, "j@c.lit"), "not-found");
	assert_string_equal(befriend(place, "romeo", "nonsense", "j@c.lit"), "not-found");
	assert_string_equal(befriend(place, "romeo", made.token, "c.lit"), "bad-name");
	assert_string_equal(befriend(place, "romeo", made.token, "j@c.lit/balcony"), "ok befriended romeo by in-band");
	assert_string_equal(befriend(place, "romeo", made.token, "n@c.lit"), "not-found");
	made = invite(place, NULL, account_only);
	assert_string_equal(befriend(place, "romeo", made.token, "j@c.lit"), "not-found");
	made = invite(place, NULL, contact);
	muster_clock_pretend(NOW + WEEK);
	assert_string_equal(befriend(place, "romeo", made.token, "j@c.lit"), "not-found");
	contact.kind = MUSTER_INVITATION_REGISTER;
	contact.contact = true;
	made = invite(place, NULL, contact);
	assert_string_equal(befriend(place, "romeo", made.token, "j@c.lit"), "ok befriended romeo by in-band");
}

/* --- what is told --- */

struct seen {
	int count;
	char text[256];
};

static bool note_effect(void *context, const struct muster_effect *effect)
{
	struct seen *seen = context;

	if (effect->invitation.data)
		snprintf(seen->text, sizeof(seen->text), "%s %.*s %.*s %.*s", muster_effect_name(effect->kind),
		         (int)effect->username.size, effect->username.data, (int)effect->contact.size,
		         effect->contact.data, (int)effect->role.size, effect->role.data);
	seen->count++;
	return true;
}

/* R-401-07: the server learns of it after a restart too. */
static void test_effects(void **state)
{
	struct place *place = *state;
	struct muster_invitation wanted = { .contact = true,
		                            .inviter = text("romeo@localhost"),
		                            .role = text("member") };
	struct muster_transaction *transaction;
	struct seen seen = { 0 };
	uint64_t position = 0;
	struct muster_facts facts;
	struct made made;

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	made = invite(place, NULL, wanted);
	facts = holder_of(place, made.token);
	assert_set(place, facts, BILL, "result");
	end_stream(facts);
	reopen_store(place);
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_effect_walk(transaction, &position, note_effect, &seen), MUSTER_OK);
	muster_transaction_abort(transaction);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.text, "registered bill romeo@localhost member");
}

static void test_audit(void **state)
{
	struct place *place = *state;
	struct made made;
	struct muster_facts facts;
	char wanted[256];

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	made = invite(place, "bill", (struct muster_invitation){ .inviter = text("romeo@localhost") });
	snprintf(wanted, sizeof(wanted), "invite bill ok door=console actor=console detail=invitation %s\n", made.id);
	assert_non_null(strstr(audit(place), wanted));
	assert_null(strstr(audit(place), made.token));
	facts = holder_of(place, made.token);
	assert_set(place, facts, BILL, "result");
	snprintf(wanted, sizeof(wanted), "detail=invitation %s of romeo@localhost\n", made.id);
	assert_non_null(strstr(audit(place), wanted));
	made = invite_anybody(place);
	assert_error(order(place, MUSTER_REVOKE, made.id, NULL), MUSTER_OK);
	snprintf(wanted, sizeof(wanted), "revoke %s ok", made.id);
	assert_non_null(strstr(audit(place), wanted));
	end_stream(facts);
}

static void test_by_name(void **state)
{
	struct place *place = *state;
	struct made made = invite(place, "bill", (struct muster_invitation){ .uses = 1 });
	struct muster_order own = { .kind = MUSTER_REGISTER,
		                    .username = text("ben"),
		                    .password = text("Calliope"),
		                    .token = text(made.token),
		                    .self_service = true,
		                    .door = text("web") };

	assert_string_equal(carry_out(place, own), "spent");
	own.username = text("bill");
	assert_string_equal(carry_out(place, own), "ok registered bill by web");
	own.username = text("will");
	assert_string_equal(carry_out(place, own), "spent");
}

/* --- failures --- */

static struct made shared; /* with attempts */

static int try_to_invite(struct place *place)
{
	const struct muster_invitation wanted = { .kind = MUSTER_INVITATION_REGISTER,
		                                  .inviter = text("romeo@localhost"),
		                                  .role = text("member"),
		                                  .note = text("for bill") };

	return try_order(place, &(struct muster_order){ .kind = MUSTER_INVITE,
	                                                .username = text("bill"),
	                                                .invitation = &wanted,
	                                                .self_service = true });
}

static void check_invitation(struct place *place)
{
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	struct muster_transaction *transaction;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_invitation_holder(transaction, text("localhost"), text("bill"), NOW, hash), MUSTER_OK);
	muster_transaction_abort(transaction);
}

static int try_to_use(struct place *place)
{
	struct muster_facts facts = stranger();
	char xml[256];
	int error = muster_stream_new(&facts.stream);

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><preauth xmlns='urn:xmpp:pars:0' token='%s'/></iq>",
	         shared.token);
	if (error == MUSTER_OK)
		error = try_request(place, facts, xml);
	if (error == MUSTER_OK)
		error = try_request(place, facts, GET);
	if (error == MUSTER_OK)
		error = try_set(place, facts, BILL);
	muster_stream_release(facts.stream);
	return error;
}

static void check_account(struct place *place)
{
	assert_int_equal(state_of(place, "bill"), MUSTER_ACCOUNT_ENABLED);
	assert_string_equal(invitees(place, "romeo@localhost"), "bill ");
}

static int try_to_befriend(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_BEFRIEND,
	                                                .username = text("romeo"),
	                                                .contact = text("juliet@capulet.lit"),
	                                                .token = text(shared.token) });
}

static void check_nothing(struct place *place)
{
	(void)place;
}

static int try_to_revoke(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_REVOKE, .username = text(shared.id) });
}

static int try_to_remove(struct place *place)
{
	return try_order(place, &(struct muster_order){ .kind = MUSTER_UNREGISTER, .username = text("romeo") });
}

static void check_removal(struct place *place)
{
	assert_int_equal(count(place, place->store->invitations), 0);
}

static void test_without_memory(void **state)
{
	const struct muster_invitation wanted = { .inviter = text("romeo@localhost"), .contact = true };
	const struct change changes[] = {
		{ try_to_invite, MUSTER_OK, check_invitation }, { try_to_revoke, MUSTER_OK, check_nothing },
		{ try_to_use, MUSTER_OK, check_account },       { try_to_befriend, MUSTER_OK, check_nothing },
		{ try_to_remove, MUSTER_OK, check_removal },
	};
	struct place *place = *state;

	set_option(place, "muster_stream_attempts", number(1000));
	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		shared = invite(place, NULL, wanted);
		if (changes[i].attempt == try_to_use) /* the name is kept for the one that was made first */
			order_anyway(place, MUSTER_UNREGISTER, "bill", NULL);
		fail_at_every_point_of_change(place, &changes[i]);
		if (changes[i].attempt == try_to_invite)
			muster_clock_pretend(NOW + WEEK);
	}
}

static int get_it(struct muster_transaction *transaction)
{
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	struct muster_invitation invitation;
	int error;

	muster_token_hash(text(shared.token), hash);
	error = muster_invitation_get(transaction, text("localhost"), hash, &invitation);
	muster_invitation_clear(&invitation);
	return error;
}

static bool see(void *context, const struct muster_invitation *invitation)
{
	(void)invitation;
	++*(int *)context;
	return true;
}

static void test_damaged_rows(void **state)
{
	static const struct {
		struct muster_text bytes;
		int error;
	} damages[] = { { { "\1\2\0\0", 4 }, MUSTER_CORRUPT },
		        { { "\1", 1 }, MUSTER_CORRUPT },
		        { { "\2\2\0\0", 4 }, MUSTER_NEWER } };
	struct place *place = *state;
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];

	assert_error(order(place, MUSTER_REGISTER, "romeo", "x"), MUSTER_OK);
	shared = invite(place, "bill", (struct muster_invitation){ .inviter = text("romeo@localhost") });
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct muster_transaction *transaction = writing(state);
		struct muster_buffer position = { 0 };
		int seen = 0;

		assert_error(get_it(transaction), MUSTER_OK);
		overwrite(transaction, place->store->invitations, damages[i].bytes);
		overwrite(transaction, place->store->held, damages[i].bytes);
		assert_error(get_it(transaction), damages[i].error);
		assert_error(muster_invitation_walk(transaction, text("localhost"), &position, 10, see, &seen),
		             damages[i].error);
		assert_error(muster_invitation_holder(transaction, text("localhost"), text("bill"), NOW, hash),
		             damages[i].error);
		assert_int_equal(seen, 0);
		muster_buffer_clear(&position);
		muster_transaction_abort(transaction);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place_in_time, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_that_nobody_can_be_invited_to),
		TEST(test_orders_that_make_no_sense),
		TEST(test_whom_somebody_has_invited),
		TEST(test_old_rows_go),
		TEST(test_quota),
		TEST(test_contacts),
		TEST(test_effects),
		TEST(test_audit),
		TEST(test_by_name),
		TEST(test_without_memory),
		TEST(test_damaged_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
