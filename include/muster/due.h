/* due.h -- accounts on which something is to be done at some time: those removed by their owners, to be purged. */
#ifndef MUSTER_DUE_H
#define MUSTER_DUE_H

#include <stdint.h>

#include "muster/store.h"

/* Note, and forget, that an account falls due. Return MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_due_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                   int64_t at_s);
int muster_due_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                      int64_t at_s);

/* Called once an account, the longest due first; `name` is valid during the call. Return false to stop. */
typedef bool (*muster_due_fn)(void *context, struct muster_text name);

/* Visit a host's accounts that were due before `now_s`. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO. */
int muster_due_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s, muster_due_fn visit,
                    void *context);

#endif
