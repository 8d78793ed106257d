/* equipping.h -- devices given secrets of their own, and those taken back. */
#ifndef MUSTER_REGISTRATION_EQUIPPING_H
#define MUSTER_REGISTRATION_EQUIPPING_H

#include "registration/operation.h"

bool muster_is_equipping(enum muster_operation_kind kind);

/* Take what the order says into the operation, and make the secret. Returns MUSTER_OK, MUSTER_BAD_NAME with `why`,
 * MUSTER_NOT_FOUND (no such account), MUSTER_MALFORMED (a service), MUSTER_NO_MEMORY, MUSTER_IO,
 * or what the store returns. */
int muster_equipping_take(struct muster_operation *operation, struct muster_store *store,
                          const struct muster_order *order, enum muster_phrase *why);

/* Can it be done? Changes nothing. Returns MUSTER_OK, MUSTER_REFUSED with the ruling, MUSTER_NOT_FOUND, or what the
 * store returns. */
int muster_equipping_look(struct muster_operation *operation, struct muster_transaction *transaction);

/* Have the keys of the secret derived: of each set that the account has, with its salt. */
void muster_equipping_gather(struct muster_operation *operation, struct muster_batch *batch);

/* Carry out on what is on file, inside the transaction. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_EXISTS,
 * MUSTER_REFUSED, or what the store returns. */
int muster_equipping_commit(struct muster_operation *operation, struct muster_transaction *transaction,
                            struct muster_account *account);

/* What the outcome says of one that was made. */
void muster_equipping_tell(const struct muster_operation *operation, struct muster_outcome *outcome);

#endif
