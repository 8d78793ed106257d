/* failing.h -- the first, the second, the third allocation fails, and so on until none does: whatever fails, nothing
 * leaks, nothing is half done, and the next try works. */
#ifndef TEST_FAILING_H
#define TEST_FAILING_H

#include "support.h"

/* Tries once while allocations fail: MUSTER_NO_MEMORY, or what came of it when it got through. */
typedef int attempt_fn(struct place *place);

/* Fail at every point of what gets through with MUSTER_OK. */
void fail_at_every_point(struct place *place, attempt_fn *attempt);

/* What changes the store: as a whole or not at all. */
struct change {
	attempt_fn *attempt;
	int outcome;                        /* when it got through */
	void (*check)(struct place *place); /* asserts that everything of it is there */
};

/* The same of a change. It is undone after each try, and stays in the end. */
void fail_at_every_point_of_change(struct place *place, const struct change *change);

/* Attempts: a request as it stands, a set of iq:register around `inner`, an operation by name. Where there is memory
 * for an answer to what failed for want of it, it must say so. */
int try_request(struct place *place, struct muster_facts facts, const char *xml);
int try_set(struct place *place, struct muster_facts facts, const char *inner);
int try_order(struct place *place, const struct muster_order *order);

#endif
