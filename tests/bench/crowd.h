/* crowd.h -- the clients that make the load: a fixed set of places, each used for one client after the other. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "dialogue.h"
#include "histogram.h"
#include "options.h"
#include "tally.h"

struct crowd {
	const struct options *options;
	struct dialogue *places;
	uint64_t started, finished;
	int64_t began_ns, ended_ns;
	struct histogram latencies; /* of those that went well; with a rate counted from when they were due */
	struct tally failures;
};

bool crowd_init(struct crowd *crowd, const struct options *options, int epoll_fd);
void crowd_free(struct crowd *crowd);
void crowd_begin(struct crowd *crowd, int64_t now_ns);

/* Starts who is due, and gives up who is late. Returns when to be called again at the latest. */
int64_t crowd_tick(struct crowd *crowd, int64_t now_ns);
bool crowd_is_done(const struct crowd *crowd);

#endif
