/* inviter.h -- what belongs to an inviter, found without looking at every invitation and every account. */
#ifndef MUSTER_STORE_INVITER_H
#define MUSTER_STORE_INVITER_H

#include "muster/invitation.h"

/* Note, and forget, who has made an invitation. Return MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_inviter_note(struct muster_transaction *transaction, const struct muster_invitation *invitation);
int muster_inviter_unnote(struct muster_transaction *transaction, const struct muster_invitation *invitation);

#endif
