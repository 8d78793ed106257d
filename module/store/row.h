/* row.h -- rows of a database. Outcomes are kept in the transaction as muster_transaction_result does. */
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

/* Is this row of no use any more at `now_s`? */
typedef bool (*muster_row_over_fn)(const MDB_val *value, int64_t now_s);

/* Look at a few rows behind this one, from the last on to the first, and remove those that are over: with every row
 * that is written, all have their turn. The second looks at one host's rows alone, from its last on to its first.
 * Return MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_row_sweep(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *after, int64_t now_s,
                     muster_row_over_fn is_over);
int muster_row_sweep_host(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *after,
                          struct muster_text host, int64_t now_s, muster_row_over_fn is_over);

struct muster_range {
	MDB_dbi database;
	struct muster_text host; /* the rows whose keys begin with it */
	bool backward;
	struct muster_buffer *position; /* in: empty to begin; out: where to go on, empty when all were seen */
	size_t most;                    /* rows to visit at most */
};

/* What a walk of a host makes of a row that it got this error from: MUSTER_OK if it is passed over, as
 * muster_transaction_tell_unread has it, and then `more` is whether to go on. */
int muster_row_unread(struct muster_transaction *transaction, struct muster_text host, const MDB_val *key, int error,
                      bool *more);

/* Called once a row; sets `more` to false to stop before it. What it returns, if not MUSTER_OK, ends the walk. */
typedef int (*muster_row_fn)(void *context, const MDB_val *key, const MDB_val *value, bool *more);

/* Returns MUSTER_OK, MUSTER_IO, MUSTER_NO_MEMORY, or what `visit` returns. */
int muster_row_walk(struct muster_transaction *transaction, const struct muster_range *range, muster_row_fn visit,
                    void *context);

#endif
