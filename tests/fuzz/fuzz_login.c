/* fuzz_login.c -- any bytes as a client's messages: the first chooses mechanism and channel, a line break ends a
 * message. Nobody gets in without the password. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "muster/login.h"

static const char *const mechanisms[] = { "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "SCRAM-SHA-256-PLUS" };

/* Allocations that may stay after an exchange: who has given a wrong proof is remembered, the name and the network. */
enum { REMEMBERED = 2 };

static struct muster_text take_line(struct muster_text *rest)
{
	const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
	size_t size = end ? (size_t)(end - rest->data) : rest->size, skipped = end ? size + 1 : size;
	struct muster_text line = { rest->data, size };

	*rest = (struct muster_text){ rest->data + skipped, rest->size - skipped };
	return line;
}

static void check_step(const struct muster_step *step)
{
	check(step->status >= MUSTER_LOGIN_CHALLENGE && step->status <= MUSTER_LOGIN_WORK);
	check(step->status != MUSTER_LOGIN_SUCCESS);
	if (step->status == MUSTER_LOGIN_FAILURE)
		check(step->condition && step->text);
}

static void drop_note(struct muster_exchange *exchange)
{
	struct muster_task *note;

	while ((note = muster_login_take_note(exchange)) != NULL)
		note->kind->free(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct muster_binding binding = { { "tls-exporter", 12 }, { "channel", 7 } };
	struct muster_store *store = fuzz_store();
	size_t live = muster_memory_live();
	uint8_t choice = size > 0 ? data[0] : 0;
	struct muster_text rest = { (const char *)data + (size > 0), size > 0 ? size - 1 : 0 };
	struct muster_login_facts facts = { .bindings = &binding,
		                            .binding_count = (choice & 4) != 0,
		                            .address = MUSTER_TEXT("192.0.2.7") };
	struct muster_exchange *exchange;
	struct muster_step step;

	check(muster_login_begin(fuzz_host(), muster_text_of(mechanisms[choice & 3]), &facts, &exchange) == MUSTER_OK);
	do {
		muster_login_step(exchange, store, take_line(&rest), &step);
		check_step(&step);
	} while (rest.size > 0);
	if (step.status == MUSTER_LOGIN_WAIT)
		muster_login_resume(exchange, store, &step);
	if (step.status == MUSTER_LOGIN_WORK) {
		muster_login_task(exchange)->error = MUSTER_WRONG_PASSWORD;
		muster_login_finish(exchange, store, &step);
		check(step.status == MUSTER_LOGIN_FAILURE);
	}
	drop_note(exchange);
	muster_login_free(exchange);
	check(muster_memory_live() <= live + REMEMBERED);
	return 0;
}
