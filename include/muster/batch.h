/* batch.h -- derivations of many tasks, made together: side by side in the processor's vectors where it has them. */
#ifndef MUSTER_BATCH_H
#define MUSTER_BATCH_H

#include "muster/scram.h"

enum { MUSTER_BATCH_MAX = 64 };

struct muster_batch {
	size_t count;
	struct muster_scram_request requests[MUSTER_BATCH_MAX]; /* of keys that are not derived yet */
};

/* Have keys derived, as by muster_scram_derive: with muster_batch_derive, or at once if it is full. Password and keys
 * stay where they are until then. */
void muster_batch_add(struct muster_batch *batch, enum muster_hash hash, struct muster_text password,
                      struct muster_scram_keys *keys);

/* Derive all that was added; the batch is empty then. */
void muster_batch_derive(struct muster_batch *batch);

#endif
