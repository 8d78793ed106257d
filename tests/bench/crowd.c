/* crowd.c -- starting clients, at full speed or at a fixed rate, and counting what becomes of them. */
#include "crowd.h"

#include <stdlib.h>

#include "clock.h"

static const int64_t patience_ns = 60 * SECOND_NS;

static void done(struct dialogue *dialogue, const char *condition)
{
	struct crowd *crowd = dialogue->owner;
	int64_t now_ns = clock_now_ns();

	crowd->finished++;
	crowd->ended_ns = now_ns;
	if (condition)
		tally_add(&crowd->failures, condition);
	else
		histogram_add(&crowd->latencies, now_ns - dialogue->due_ns);
}

/* The place is used again by crowd_tick(), not here: a server that refuses everybody would make this a recursion. */
static void gone(struct dialogue *dialogue)
{
	(void)dialogue;
}

static const struct dialogue_events events = { .done = done, .gone = gone };

bool crowd_init(struct crowd *crowd, const struct options *options, int epoll_fd)
{
	crowd->options = options;
	crowd->places = calloc(options->connections, sizeof(*crowd->places));
	for (uint64_t i = 0; crowd->places && i < options->connections; i++)
		dialogue_init(&crowd->places[i], epoll_fd, &events, crowd);
	return crowd->places != NULL;
}

void crowd_free(struct crowd *crowd)
{
	for (uint64_t i = 0; crowd->places && i < crowd->options->connections; i++)
		connection_close(&crowd->places[i].connection);
	free(crowd->places);
}

void crowd_begin(struct crowd *crowd, int64_t now_ns)
{
	crowd->began_ns = crowd->ended_ns = now_ns;
}

/* When the next client is due; NEVER_NS when there is none. */
static int64_t next_due(const struct crowd *crowd, int64_t now_ns)
{
	if (crowd->started == crowd->options->count)
		return NEVER_NS;
	if (crowd->options->rate <= 0)
		return now_ns;
	return crowd->began_ns + (int64_t)((double)crowd->started / crowd->options->rate * (double)SECOND_NS);
}

static enum plan plan_of(const struct options *options)
{
	if (options->ask)
		return PLAN_ASK;
	return options->login ? PLAN_LOGIN : PLAN_REGISTER;
}

static void start(struct crowd *crowd, struct dialogue *dialogue, int64_t due_ns, int64_t now_ns)
{
	dialogue->host = crowd->options->host;
	dialogue->due_ns = due_ns;
	dialogue->deadline_ns = now_ns + patience_ns;
	account_name(&dialogue->account, crowd->options->prefix, crowd->started++);
	dialogue_start(dialogue, crowd->options->port, plan_of(crowd->options));
}

int64_t crowd_tick(struct crowd *crowd, int64_t now_ns)
{
	int64_t due_ns = next_due(crowd, now_ns);

	for (uint64_t i = 0; i < crowd->options->connections; i++) {
		struct dialogue *dialogue = &crowd->places[i];

		dialogue_expire(dialogue, now_ns);
		if (!dialogue_is_idle(dialogue) || due_ns > now_ns)
			continue;
		start(crowd, dialogue, due_ns, now_ns);
		due_ns = next_due(crowd, now_ns);
	}
	/* One that is due already waits for a place, which a reply frees and not the time. */
	return due_ns > now_ns ? clock_earlier(due_ns, now_ns + SECOND_NS) : now_ns + SECOND_NS;
}

bool crowd_is_done(const struct crowd *crowd)
{
	return crowd->finished == crowd->options->count;
}
