#include "inviting.h"

struct made invite_by(struct place *place, const char *name, struct muster_invitation wanted, struct muster_order order)
{
	struct muster_outcome outcome = { 0 };
	struct muster_operation *operation;
	struct made made = { .error = MUSTER_OK };

	order.kind = MUSTER_INVITE;
	order.username = text(name);
	order.invitation = &wanted;
	made.error = muster_order_begin(place->host, place->store, &order, NULL, &operation);
	if (made.error != MUSTER_OK)
		return made;
	made.error = muster_operation_look(operation, place->store, &outcome);
	if (made.error == MUSTER_OK) {
		made.error = muster_task_run(muster_operation_task(operation), place->store);
		assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	}
	if (outcome.note)
		muster_task_run(outcome.note, place->store);
	if (made.error == MUSTER_OK) {
		snprintf(made.token, sizeof(made.token), "%s", outcome.token.data);
		snprintf(made.id, sizeof(made.id), "%s", outcome.invitation.data);
		made.expires_s = outcome.expires_s;
	}
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return made;
}

struct made invite(struct place *place, const char *name, struct muster_invitation wanted)
{
	const struct muster_order order = { .door = text("console"), .actor = text("console") };
	struct made made;

	if (wanted.kind == 0)
		wanted.kind = MUSTER_INVITATION_REGISTER;
	made = invite_by(place, name, wanted, order);
	assert_error(made.error, MUSTER_OK);
	return made;
}

struct made invite_anybody(struct place *place)
{
	return invite(place, NULL, (struct muster_invitation){ .uses = 1 });
}

struct muster_facts open_stream(void)
{
	struct muster_facts facts = from("192.0.2.7");

	assert_error(muster_stream_new(&facts.stream), MUSTER_OK);
	return facts;
}

void end_stream(struct muster_facts facts)
{
	muster_stream_release(facts.stream);
}

const char *show(struct place *place, struct muster_facts facts, const char *token)
{
	char xml[256];

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><preauth xmlns='urn:xmpp:pars:0' token='%s'/></iq>", token);
	return request(place, facts, xml);
}

struct muster_facts holder_of(struct place *place, const char *token)
{
	struct muster_facts facts = open_stream();

	assert_shown(place, facts, token, "result");
	return facts;
}
