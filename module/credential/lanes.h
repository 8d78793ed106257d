/* lanes.h -- chains of many passwords side by side, each in a lane of the processor's vectors.
 *
 * The rounds of one chain wait for each other, and most of the processor idles meanwhile. */
#ifndef MUSTER_CREDENTIAL_LANES_H
#define MUSTER_CREDENTIAL_LANES_H

#include "credential/chain.h"

enum { MUSTER_LANES_MAX = 16 };

struct muster_lanes {
	const char *name;                /* of the instructions; NULL behind the last */
	size_t bytes;                    /* of a vector */
	size_t least[MUSTER_HASH_COUNT]; /* from so many chains on a pass is faster than one chain after the other, */
	size_t least_unaided[MUSTER_HASH_COUNT]; /* and on a processor without instructions for SHA */
	void (*rounds[MUSTER_HASH_COUNT])(void *rows, uint32_t rounds);
};

/* What this program has, the fastest first. */
extern const struct muster_lanes muster_lanes[];

/* Does this processor have the instructions? */
bool muster_lanes_supported(const struct muster_lanes *lanes);

/* The fastest that it has; NULL if there are none. */
const struct muster_lanes *muster_lanes_best(void);

/* How many chains of this hash fit, at most MUSTER_LANES_MAX. */
size_t muster_lanes_width(const struct muster_lanes *lanes, enum muster_hash hash);

/* From how many chains on a pass pays here; it may be more than fit. */
size_t muster_lanes_least(const struct muster_lanes *lanes, enum muster_hash hash);

/* Make so many rounds of 1 to muster_lanes_width chains, all of one hash, none with fewer left. */
void muster_lanes_run(const struct muster_lanes *lanes, struct muster_chain *const chains[], size_t count,
                      uint32_t rounds);

#endif
