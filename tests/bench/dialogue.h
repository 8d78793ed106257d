/* dialogue.h -- one client's talk with the server: ask for the form, register, log in, bind, as its plan says, then
 * stay or leave.
 *
 * A dialogue reports its result once (done), and once that its connection is gone and it may be used again
 * (gone). Both are called from connection_ready(), dialogue_start() or dialogue_expire(). */
#ifndef BENCH_DIALOGUE_H
#define BENCH_DIALOGUE_H

#include <stdint.h>

#include "account.h"
#include "connection.h"

/* What a dialogue does, in this order. A login without bind ends by closing the connection at <success/>. */
enum plan { PLAN_ASK = 1, PLAN_REGISTER = 2, PLAN_LOGIN = 4, PLAN_BIND = 8, PLAN_STAY = 16 };

struct dialogue;

struct dialogue_events {
	void (*done)(struct dialogue *dialogue, const char *condition); /* NULL: it went well */
	void (*gone)(struct dialogue *dialogue);
	void (*element)(struct dialogue *dialogue, struct reply reply); /* after the plan, for one that stays */
};

struct dialogue {
	struct connection connection;
	const struct dialogue_events *events;
	void *owner;
	const char *host;
	struct account account;
	unsigned plan; /* what is still to do */
	int step;
	int64_t due_ns;      /* when it should have started: latencies count from here */
	int64_t deadline_ns; /* fails with "timeout" at this time; NEVER_NS once it stays */
};

void dialogue_init(struct dialogue *dialogue, int epoll_fd, const struct dialogue_events *events, void *owner);

/* host, account, due_ns and deadline_ns are set by the caller first. */
void dialogue_start(struct dialogue *dialogue, uint16_t port, unsigned plan);
bool dialogue_is_idle(const struct dialogue *dialogue);
void dialogue_expire(struct dialogue *dialogue, int64_t now_ns);
void dialogue_leave(struct dialogue *dialogue);

#endif
