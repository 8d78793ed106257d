/* inviting.h -- invitations made, taken back, and taken by those who want to be contacts. */
#ifndef MUSTER_REGISTRATION_INVITING_H
#define MUSTER_REGISTRATION_INVITING_H

#include "registration/operation.h"

bool muster_is_inviting(enum muster_operation_kind kind);

/* What an order is about: a name or none, an invitation's id, an account. Returns MUSTER_OK, MUSTER_BAD_NAME,
 * MUSTER_NO_MEMORY. */
int muster_inviting_prepare(const struct muster_order *order, struct muster_buffer *subject);

/* Take what the order says into the operation. Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_BAD_NAME, MUSTER_NO_MEMORY,
 * MUSTER_IO. */
int muster_inviting_take(struct muster_operation *operation, const struct muster_order *order);

/* Is it to be judged like the registration that comes of it? */
bool muster_inviting_names(const struct muster_operation *operation);

/* Can it be done? Changes nothing. Returns MUSTER_OK, MUSTER_REFUSED with the ruling, MUSTER_NOT_FOUND, or what the
 * store returns. */
int muster_inviting_look(struct muster_operation *operation, struct muster_transaction *transaction);

/* Carry out, inside the transaction. Returns the same, and MUSTER_SPENT. */
int muster_inviting_commit(struct muster_operation *operation, struct muster_transaction *transaction);

/* What the outcome says of one that was made. */
void muster_inviting_tell(const struct muster_operation *operation, struct muster_outcome *outcome);

#endif
