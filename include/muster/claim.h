/* claim.h -- values that one owner at a time may have on a host, such as a service's usernames. */
#ifndef MUSTER_CLAIM_H
#define MUSTER_CLAIM_H

#include "muster/store.h"

/* Take a value for an owner, who may have it already.
 * Returns MUSTER_OK, MUSTER_EXISTS (somebody else has it), MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_FULL, MUSTER_IO,
 * MUSTER_NO_MEMORY. */
int muster_claim_take(struct muster_transaction *transaction, struct muster_text host, struct muster_text value,
                      struct muster_text owner);

/* Let go of it; one that nobody has is fine. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_claim_release(struct muster_transaction *transaction, struct muster_text host, struct muster_text value);

#endif
