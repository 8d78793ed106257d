/* batch.c -- a batch fills and is derived. */
#include "muster/batch.h"

void muster_batch_add(struct muster_batch *batch, enum muster_hash hash, struct muster_text password,
                      struct muster_scram_keys *keys)
{
	if (batch->count == MUSTER_BATCH_MAX)
		muster_batch_derive(batch);
	batch->requests[batch->count++] = (struct muster_scram_request){ hash, password, keys };
}

void muster_batch_derive(struct muster_batch *batch)
{
	muster_scram_derive_all(batch->requests, batch->count);
	batch->count = 0;
}
