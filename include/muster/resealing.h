/* resealing.h -- accounts sealed anew after another pepper was put in force, some in a transaction, so that others wait
 * for no longer. How far it has come stands in the store: who goes on goes on from there. */
#ifndef MUSTER_RESEALING_H
#define MUSTER_RESEALING_H

#include "muster/task.h"

/* By which pepper accounts are sealed.
 *
 * pepper     an empty buffer; out: the id of the one in force, nothing if there is none. Caller clears
 * resealing  out: are there accounts that may be sealed otherwise?
 *
 * Returns MUSTER_OK, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_resealing_look(struct muster_transaction *transaction, struct muster_buffer *pepper, bool *resealing);

/* Seal up to `most` accounts anew; behind the last one, other peppers are needed no more. A damaged record stays as it
 * is.
 *
 * count  out: how many accounts were sealed anew
 * more   out: are there others?
 *
 * Returns MUSTER_OK, MUSTER_NO_PEPPER, MUSTER_NEWER, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_resealing_go_on(struct muster_transaction *transaction, size_t most, size_t *count, bool *more);

/* The same for the engine's writer. Once the task has come back, count and more are set. */
struct muster_resealing {
	struct muster_task task; /* first */
	size_t count;
	bool more;
};

/* On success the caller frees it, or hands its task over. NULL without memory. */
struct muster_resealing *muster_resealing_new(void);
void muster_resealing_free(struct muster_resealing *resealing);

#endif
