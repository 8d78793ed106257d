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

struct muster_resealed {
	size_t count;   /* accounts that were sealed anew */
	size_t damaged; /* whose records cannot be read, and stay as they are */
	bool more;      /* are there others? */
};

/* Seal up to `most` accounts anew; behind the last one, other peppers are needed no more. For the server only, which
 * has had all peppers since it opened the store. Returns MUSTER_OK, MUSTER_DENIED (not the server), MUSTER_NO_PEPPER,
 * MUSTER_NEWER, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_resealing_go_on(struct muster_transaction *transaction, size_t most, struct muster_resealed *resealed);

/* The same for the engine's writer; what came of it is set once the task has come back. */
struct muster_resealing {
	struct muster_task task; /* first */
	struct muster_resealed resealed;
};

/* On success the caller frees it, or hands its task over. NULL without memory. */
struct muster_resealing *muster_resealing_new(void);
void muster_resealing_free(struct muster_resealing *resealing);

#endif
