/* bystander.c -- pings at fixed times, whatever the answers do: a stalled server gets no pings less. */
#include "bystander.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

static const int64_t interval_ns = 5 * MS_NS;
static const int64_t patience_ns = 30 * SECOND_NS;

static void done(struct dialogue *dialogue, const char *condition)
{
	struct bystander *bystander = dialogue->owner;

	if (!condition) {
		bystander->ready = true;
		return;
	}
	snprintf(bystander->condition, sizeof(bystander->condition), "%s", condition);
	bystander->failure = bystander->condition;
}

static void gone(struct dialogue *dialogue)
{
	struct bystander *bystander = dialogue->owner;

	if (!bystander->failure)
		bystander->failure = "gone";
}

/* The server answers one stream's pings in their order, so the oldest is meant. */
static void element(struct dialogue *dialogue, struct reply reply)
{
	struct bystander *bystander = dialogue->owner;
	char id[32];

	if (!reply_attribute(reply, "id", id, sizeof(id)) || id[0] != 'p' || bystander->answered == bystander->sent)
		return;
	histogram_add(&bystander->latencies,
	              clock_now_ns() - bystander->due_ns[bystander->answered++ % BYSTANDER_PENDING]);
}

static const struct dialogue_events events = { .done = done, .gone = gone, .element = element };

void bystander_start(struct bystander *bystander, const struct options *options, int epoll_fd)
{
	struct dialogue *dialogue = &bystander->dialogue;
	unsigned plan = PLAN_LOGIN | PLAN_BIND | PLAN_STAY;

	bystander->next_ns = NEVER_NS;
	dialogue_init(dialogue, epoll_fd, &events, bystander);
	dialogue->host = options->host;
	dialogue->deadline_ns = clock_now_ns() + patience_ns;
	if (options->login || options->ask) {
		account_name(&dialogue->account, options->prefix, 0);
	} else {
		account_name_bystander(&dialogue->account, options->prefix);
		plan |= PLAN_REGISTER;
	}
	dialogue_start(dialogue, options->port, plan);
}

void bystander_begin(struct bystander *bystander, int64_t now_ns)
{
	bystander->next_ns = now_ns;
}

void bystander_end(struct bystander *bystander)
{
	bystander->next_ns = NEVER_NS;
}

static void ping(struct bystander *bystander)
{
	bystander->due_ns[bystander->sent % BYSTANDER_PENDING] = bystander->next_ns;
	bystander->next_ns += interval_ns;
	connection_send(&bystander->dialogue.connection,
	                "<iq type='get' id='p%" PRIu64 "' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>",
	                bystander->sent++, bystander->dialogue.host);
}

int64_t bystander_tick(struct bystander *bystander, int64_t now_ns)
{
	dialogue_expire(&bystander->dialogue, now_ns);
	while (!bystander->failure && bystander->next_ns <= now_ns)
		ping(bystander);
	return bystander->next_ns;
}

bool bystander_is_done(const struct bystander *bystander)
{
	return bystander->failure || bystander->answered == bystander->sent;
}
