/* row.c -- rows, with the transaction's error looked at first. */
#include "store/row.h"

#include "store/key.h"

int muster_row_get(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key, MDB_val *value)
{
	MDB_val sought = *key;

	if (transaction->error != MUSTER_OK)
		return transaction->error;
	return muster_transaction_result(transaction, mdb_get(transaction->txn, database, &sought, value));
}

int muster_row_put(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key,
                   struct muster_buffer *record)
{
	MDB_val written = *key, value = { record->size, record->data };
	int error = transaction->error != MUSTER_OK ? transaction->error : record->error;

	if (error == MUSTER_OK)
		error = muster_transaction_result(transaction,
		                                  mdb_put(transaction->txn, database, &written, &value, 0));
	muster_buffer_clear(record);
	return error;
}

int muster_row_remove(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key)
{
	MDB_val removed = *key;
	int error = transaction->error;

	if (error != MUSTER_OK)
		return error;
	error = muster_transaction_result(transaction, mdb_del(transaction->txn, database, &removed, NULL));
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int seek_first(MDB_cursor *cursor, struct muster_text host, MDB_val *key, MDB_val *value)
{
	struct muster_key first;

	muster_key_of_host(&first, host);
	*key = first.value;
	return mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
}

/* --- sweeping --- */

enum { SWEPT = 2 /* rows looked at with each that is written */ };

/* The next row that is the host's, of any host's if it is absent; behind the last comes the first. */
static int go_round(MDB_cursor *cursor, struct muster_text host, MDB_val *key, MDB_val *value)
{
	int code = mdb_cursor_get(cursor, key, value, MDB_NEXT);

	if (code == MDB_SUCCESS && (!host.data || muster_key_is_of_host(key, host)))
		return code;
	if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
		return code;
	return host.data ? seek_first(cursor, host, key, value) : mdb_cursor_get(cursor, key, value, MDB_FIRST);
}

int muster_row_sweep_host(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *after,
                          struct muster_text host, int64_t now_s, muster_row_over_fn is_over)
{
	MDB_val key = *after, value;
	MDB_cursor *cursor;
	int code = mdb_cursor_open(transaction->txn, database, &cursor);

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	for (int i = 0; i < SWEPT && code == MDB_SUCCESS; i++) {
		code = go_round(cursor, host, &key, &value);
		if (code == MDB_SUCCESS && is_over(&value, now_s))
			code = mdb_cursor_del(cursor, 0);
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? MUSTER_OK : muster_transaction_result(transaction, code);
}

int muster_row_sweep(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *after, int64_t now_s,
                     muster_row_over_fn is_over)
{
	return muster_row_sweep_host(transaction, database, after, MUSTER_NO_TEXT, now_s, is_over);
}

/* --- walking --- */

static struct muster_text text_of(const MDB_val *value)
{
	return (struct muster_text){ value->mv_data, value->mv_size };
}

/* The host's last row is the one before the first that begins with the host and a byte above zero. */
static int seek_last(MDB_cursor *cursor, struct muster_text host, MDB_val *key, MDB_val *value)
{
	struct muster_key behind;
	int code;

	muster_key_of_host(&behind, host);
	behind.bytes[host.size] = 1;
	*key = behind.value;
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	return mdb_cursor_get(cursor, key, value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
}

/* The row at the position was seen; it may have gone since, and then its neighbour is where the cursor stands. */
static int seek_behind(MDB_cursor *cursor, const struct muster_range *range, MDB_val *key, MDB_val *value)
{
	struct muster_text position = muster_buffer_text(range->position);
	int code;

	*key = (MDB_val){ position.size, (void *)position.data };
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (range->backward)
		return mdb_cursor_get(cursor, key, value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	return code == MDB_SUCCESS && muster_text_is(text_of(key), position)
	               ? mdb_cursor_get(cursor, key, value, MDB_NEXT)
	               : code;
}

static int seek(MDB_cursor *cursor, const struct muster_range *range, MDB_val *key, MDB_val *value)
{
	if (range->position->size > 0)
		return seek_behind(cursor, range, key, value);
	return range->backward ? seek_last(cursor, range->host, key, value)
	                       : seek_first(cursor, range->host, key, value);
}

int muster_row_unread(struct muster_transaction *transaction, struct muster_text host, const MDB_val *key, int error,
                      bool *more)
{
	const size_t skipped = host.size + 1;
	const struct muster_text rest = { (const char *)key->mv_data + skipped, key->mv_size - skipped };

	if (!transaction->tell_unread || (error != MUSTER_CORRUPT && error != MUSTER_NEWER))
		return error;
	*more = transaction->tell_unread(transaction->unread_context, rest, error);
	return MUSTER_OK;
}

int muster_row_walk(struct muster_transaction *transaction, const struct muster_range *range, muster_row_fn visit,
                    void *context)
{
	const MDB_cursor_op next = range->backward ? MDB_PREV : MDB_NEXT;
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = transaction->error == MUSTER_OK ? mdb_cursor_open(transaction->txn, range->database, &cursor) : 0;
	int error = transaction->error;
	bool more = true;

	if (error != MUSTER_OK || code != MDB_SUCCESS)
		return error != MUSTER_OK ? error : muster_transaction_result(transaction, code);
	code = seek(cursor, range, &key, &value);
	for (size_t seen = 0; code == MDB_SUCCESS && seen < range->most; seen++) {
		if (!muster_key_is_of_host(&key, range->host))
			code = MDB_NOTFOUND;
		else
			error = visit(context, &key, &value, &more);
		if (error != MUSTER_OK)
			error = muster_row_unread(transaction, range->host, &key, error, &more);
		if (code != MDB_SUCCESS || error != MUSTER_OK || !more)
			break;
		error = muster_buffer_set(range->position, text_of(&key));
		if (error == MUSTER_OK)
			code = mdb_cursor_get(cursor, &key, &value, next);
		if (error != MUSTER_OK)
			break;
	}
	mdb_cursor_close(cursor);
	if (code == MDB_NOTFOUND)
		muster_buffer_clear(range->position);
	else if (code != MDB_SUCCESS && error == MUSTER_OK)
		error = muster_transaction_result(transaction, code);
	return error;
}
