/* lookalike.h -- accounts whose names can be taken for each other, by the index of skeletons in the store.
 *
 * Whoever adds or removes an account adds or removes its name here, in the same transaction. Accounts of any state
 * count. Records of services, whose names are bare JIDs, have no place here. */
#ifndef MUSTER_POLICY_LOOKALIKE_H
#define MUSTER_POLICY_LOOKALIKE_H

#include "muster/store.h"

/* Names are prepared. Return what the store returns, or MUSTER_NO_MEMORY. */
int muster_lookalike_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text name);
int muster_lookalike_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name);

/* Find another account that looks like this name. `found` is an empty buffer; caller clears.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, what the store returns, MUSTER_NO_MEMORY. */
int muster_lookalike_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                          struct muster_buffer *found);

/* Make the index anew if there is none, or one of another version of ICU or Unicode; before anybody is served.
 *
 * server   whether this is the server, which alone does it where there are accounts
 * failure  may be NULL; a warning, unless there is one already: that the index was made anew, or could not be. The
 *          latter keeps nobody from logging in; look-alikes may then get through until the next start
 *
 * Killed in the middle, it begins anew at the next start. Returns MUSTER_OK, MUSTER_NO_MEMORY. */
int muster_lookalike_index(struct muster_store *store, bool server, struct muster_failure *failure);

#endif
