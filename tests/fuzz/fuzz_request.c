/* fuzz_request.c -- any bytes as a request: the first says who sent it, whether they are asked a challenge, and whether
 * they have shown an invitation; the others are the stanza. A get or set has one answer, which is XML, and never holds
 * a password. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "registration/stream.h"
#include "xml/document.h"

enum { ASKED = 16, INVITED = 32, RESETS = 64, FOREIGN = 128 };

static struct muster_facts facts_of(uint8_t choice)
{
	struct muster_facts facts = { .sender = choice & 3, .secure = (choice & 4) == 0, .id = MUSTER_TEXT("7") };

	if (facts.sender == MUSTER_SENDER_ACCOUNT)
		facts.username = MUSTER_TEXT("juliet");
	if (facts.sender != MUSTER_SENDER_STREAM)
		facts.full_jid = MUSTER_TEXT("juliet@localhost/balcony");
	if (choice & FOREIGN)
		facts.foreign = (struct muster_foreign){ .token = MUSTER_TEXT("stock"),
			                                 .name = MUSTER_TEXT("Bill"),
			                                 .inviter = MUSTER_TEXT("a@b@c"),
			                                 .resets = (choice & RESETS) != 0 };
	return facts;
}

static void check_outcome(const struct muster_outcome *outcome)
{
	int answers = 0;

	check(outcome->action_count <= MUSTER_ACTIONS_MAX);
	for (size_t i = 0; i < outcome->action_count; i++) {
		struct muster_document document;

		if (outcome->actions[i].kind != MUSTER_ACTION_SEND)
			continue;
		answers++;
		check(muster_document_read(&document, outcome->actions[i].xml, NULL) == MUSTER_OK);
		check(muster_element_is(document.root, NULL, "iq"));
		muster_document_clear(&document);
	}
	check(answers <= 1);
}

/* Nothing is committed: the operation is vetoed, or ends with an error that the engine may give. */
static void end(struct muster_operation *operation, uint8_t choice)
{
	struct muster_outcome outcome;

	check(muster_operation_username(operation).size > 0);
	if (choice & 8) {
		check(muster_operation_veto(operation, &(struct muster_veto){ .text = MUSTER_TEXT("<no>") },
		                            &outcome) == MUSTER_OK);
	} else {
		muster_operation_task(operation)->error = choice % MUSTER_ERROR_COUNT;
		check(muster_operation_finish(operation, &outcome) == MUSTER_OK);
	}
	check_outcome(&outcome);
	check(outcome.action_count > 0 || outcome.error == MUSTER_SPENT);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
}

/* A challenge whose name a seed can have. */
static void ask(struct muster_stream *stream)
{
	const struct muster_difficulty difficulty = { .bits = 20 };

	check(muster_challenge_new(&stream->challenge, fuzz_asking_host(), &difficulty, MUSTER_NO_TEXT) == MUSTER_OK);
	memset(stream->challenge->id, '0', MUSTER_CHALLENGE_ID);
	stream->challenge->label = 0x93c7a;
}

static struct muster_stream *new_stream(uint8_t choice)
{
	struct muster_stream *stream;

	check(muster_stream_new(&stream) == MUSTER_OK);
	if (choice & ASKED)
		ask(stream);
	if (choice & INVITED)
		stream->pass = (struct muster_pass){ .kind = choice & RESETS ? MUSTER_INVITATION_RESET
			                                                     : MUSTER_INVITATION_REGISTER,
			                             .name = MUSTER_TEXT("bill"),
			                             .inviter = MUSTER_TEXT("juliet@localhost") };
	return stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_store *store = fuzz_store();
	size_t live = muster_memory_live();
	uint8_t choice = size > 0 ? data[0] : 0;
	struct muster_text xml = { (const char *)data + (size > 0), size > 0 ? size - 1 : 0 };
	struct muster_facts facts = facts_of(choice);
	struct muster_host *host = choice & ASKED ? fuzz_asking_host() : fuzz_host();
	struct muster_operation *operation;
	struct muster_outcome outcome;

	if (choice & (ASKED | INVITED | FOREIGN))
		facts.stream = new_stream(choice);
	check(muster_request_begin(host, store, &facts, xml, &outcome, &operation) == MUSTER_OK);
	check_outcome(&outcome);
	muster_outcome_clear(&outcome);
	if (operation)
		end(operation, choice);
	muster_stream_release(facts.stream);
	check(muster_memory_live() == live);
	return 0;
}
