/* attempt.h -- attempts that are counted against somebody for a while, such as wrong proofs against an account. */
#ifndef MUSTER_ATTEMPT_H
#define MUSTER_ATTEMPT_H

#include <stdint.h>

#include "muster/store.h"

enum { MUSTER_ATTEMPTS_MAX = 1000 }; /* times that are remembered of one subject */

/* What is counted, against whom, and for how long a time counts. Borrowed. */
struct muster_attempt {
	struct muster_text host, kind, subject;
	int64_t period_s;
};

/* How many times within the period before `now_s`? Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO,
 * MUSTER_NO_MEMORY. */
int muster_attempt_count(struct muster_transaction *transaction, const struct muster_attempt *attempt, int64_t now_s,
                         size_t *count);

/* Count one more; what no longer counts is forgotten, of others too, little by little.
 * Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_attempt_add(struct muster_transaction *transaction, const struct muster_attempt *attempt, int64_t now_s);

#endif
