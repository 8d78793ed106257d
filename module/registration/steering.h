/* steering.h -- what operators order at run time about a host: networks, the mode, the throttle. */
#ifndef MUSTER_REGISTRATION_STEERING_H
#define MUSTER_REGISTRATION_STEERING_H

#include "registration/operation.h"

bool muster_steers(enum muster_operation_kind kind);

/* What an order to steer is about, as it is kept: a network in its one spelling, "*" for everybody's throttle, nothing
 * for the mode. Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_NO_MEMORY. */
int muster_steering_prepare(const struct muster_order *order, struct muster_buffer *subject);

/* Take what the order says into the operation. Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_NO_MEMORY. */
int muster_steering_take(struct muster_operation *operation, const struct muster_order *order);

/* Carry out, inside the transaction. Returns MUSTER_OK, MUSTER_NOT_FOUND (nothing to take back), or what the store
 * returns. */
int muster_steering_commit(struct muster_operation *operation, struct muster_transaction *transaction);

#endif
