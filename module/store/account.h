/* account.h -- account records as bytes, for the store's own files. */
#ifndef MUSTER_STORE_ACCOUNT_H
#define MUSTER_STORE_ACCOUNT_H

#include "muster/account.h"
#include "store/internal.h"

/* The record of a row as it is with the pepper in force. `record` is an empty buffer; caller clears.
 * Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_NO_PEPPER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_account_seal_anew(struct muster_transaction *transaction, const MDB_val *key, const MDB_val *value,
                             struct muster_buffer *record);

#endif
