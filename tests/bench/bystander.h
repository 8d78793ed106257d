/* bystander.h -- somebody who is logged in while the crowd comes, and sends a ping every few milliseconds. */
#ifndef BENCH_BYSTANDER_H
#define BENCH_BYSTANDER_H

#include <stdbool.h>
#include <stdint.h>

#include "dialogue.h"
#include "histogram.h"
#include "options.h"

enum { BYSTANDER_PENDING = 65536 };

struct bystander {
	struct dialogue dialogue;
	bool ready;          /* logged in */
	const char *failure; /* why it is of no use, or NULL */
	char condition[48];
	int64_t next_ns; /* when the next ping is due; NEVER_NS: no more */
	uint64_t sent, answered;
	int64_t due_ns[BYSTANDER_PENDING]; /* of the pings that are not answered, as a ring */
	struct histogram latencies;
};

/* Begins to log in. To register accounts it makes one of its own; else it uses the crowd's first. */
void bystander_start(struct bystander *bystander, const struct options *options, int epoll_fd);
void bystander_begin(struct bystander *bystander, int64_t now_ns);
void bystander_end(struct bystander *bystander);

/* Sends what is due. Returns when to be called again at the latest. */
int64_t bystander_tick(struct bystander *bystander, int64_t now_ns);
bool bystander_is_done(const struct bystander *bystander);

#endif
