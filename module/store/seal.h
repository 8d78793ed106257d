/* seal.h -- how what SCRAM keeps of passwords is sealed in the store, and by which pepper. docs/format.md describes the
 * rows. */
#ifndef MUSTER_STORE_SEAL_H
#define MUSTER_STORE_SEAL_H

#include "muster/pepper.h"
#include "store/internal.h"

/* Of one account. */
struct muster_seal {
	const struct muster_peppers *peppers; /* to open with */
	const struct muster_pepper *pepper;   /* to seal with; NULL: nothing is sealed */
	struct muster_text host, name;
};

/* To open with. */
struct muster_seal muster_seal_to_read(const struct muster_transaction *transaction, struct muster_text host,
                                       struct muster_text name);

/* To seal with, and to open: by the pepper that the store says is in force, whatever this process would choose, so that
 * none is needed any more once another has taken its place. Returns MUSTER_OK, MUSTER_NO_PEPPER, MUSTER_IO. */
int muster_seal_to_write(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         struct muster_seal *seal);

/* While a store is opened: has it all the peppers that it needs? A server also puts its first one in force.
 * Returns MUSTER_OK, MUSTER_NO_PEPPER, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_seal_open(const struct muster_store *store, MDB_txn *txn, bool server, struct muster_failure *failure);

/* In `meta`, while accounts may be sealed by another pepper than the one in force, or not at all: the key of the last
 * that was looked at, empty before the first. */
extern const MDB_val muster_resealing_key;

/* The id of the pepper in force, nothing if there is none. `id` is an empty buffer; caller clears. */
int muster_seal_in_force(struct muster_transaction *transaction, struct muster_buffer *id);

/* No account is sealed by another pepper than that any more. */
int muster_seal_forget_others(struct muster_transaction *transaction);

#endif
