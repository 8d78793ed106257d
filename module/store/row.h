/* row.h -- one row of a database by its key. Outcomes are kept in the transaction as muster_transaction_result does. */
#ifndef MUSTER_STORE_ROW_H
#define MUSTER_STORE_ROW_H

#include "store/internal.h"

/* The value lives until the transaction's next change. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_IO. */
int muster_row_get(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key, MDB_val *value);

/* Write a record over what is there; its error is the first to count. Clears the record.
 * Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_row_put(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key,
                   struct muster_buffer *record);

/* Remove; a row that is gone already is fine. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_row_remove(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key);

#endif
