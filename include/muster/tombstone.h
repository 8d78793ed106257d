/* tombstone.h -- names of removed accounts, kept so that nobody else takes the place of who left. */
#ifndef MUSTER_TOMBSTONE_H
#define MUSTER_TOMBSTONE_H

#include <stdint.h>

#include "muster/store.h"

/* Keep a name.
 *
 * at_s    when its account was removed
 * kept_s  for how long this host keeps names, less than 0 for ever: a few others that it has kept for longer go
 *
 * Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_tombstone_put(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         int64_t at_s, int64_t kept_s);

/* When was an account of that name removed? Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT, MUSTER_NEWER,
 * MUSTER_IO. */
int muster_tombstone_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         int64_t *at_s);

/* Give a name free; one that is not kept is fine. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_tombstone_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name);

/* Called once a name; valid during the call. Return false to stop before it. */
typedef bool (*muster_tombstone_fn)(void *context, struct muster_text name, int64_t at_s);

/* Go through the names that are kept on a host, as muster_account_walk does through accounts. */
int muster_tombstone_walk(struct muster_transaction *transaction, struct muster_text host,
                          struct muster_buffer *position, size_t most, muster_tombstone_fn visit, void *context);

#endif
