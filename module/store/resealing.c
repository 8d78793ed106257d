/* resealing.c -- accounts sealed anew, some in a transaction. */
#include "muster/resealing.h"

#include "base/memory.h"
#include "store/account.h"
#include "store/row.h"
#include "store/seal.h"

static struct muster_text text_of(const MDB_val *value)
{
	return (struct muster_text){ value->mv_data, value->mv_size };
}

static int get_position(struct muster_transaction *transaction, struct muster_buffer *position)
{
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->meta, &muster_resealing_key, &value);

	return error == MUSTER_OK ? muster_buffer_set(position, text_of(&value)) : error;
}

int muster_resealing_look(struct muster_transaction *transaction, struct muster_buffer *pepper, bool *resealing)
{
	struct muster_buffer position = { 0 };
	int error = get_position(transaction, &position);

	*resealing = error == MUSTER_OK;
	muster_buffer_clear(&position);
	return error == MUSTER_OK || error == MUSTER_NOT_FOUND ? muster_seal_in_force(transaction, pepper) : error;
}

/* Behind the position, or at the first account. */
static int seek(MDB_cursor *cursor, const struct muster_buffer *position, MDB_val *key, MDB_val *value)
{
	int code;

	if (position->size == 0)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	*key = (MDB_val){ position->size, position->data };
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (code == MDB_SUCCESS && muster_text_is(text_of(key), muster_buffer_text(position)))
		code = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return code;
}

/* key  a copy: LMDB moves what is in its page before it has written all */
static int reseal(struct muster_transaction *transaction, MDB_cursor *cursor, MDB_val key, const MDB_val *value,
                  struct muster_resealed *resealed)
{
	struct muster_buffer record = { 0 };
	MDB_val written;
	int error = muster_account_seal_anew(transaction, &key, value, &record);

	if (error == MUSTER_OK) {
		written = (MDB_val){ record.size, record.data };
		error = muster_transaction_result(transaction, mdb_cursor_put(cursor, &key, &written, MDB_CURRENT));
		resealed->count++;
	}
	muster_buffer_clear(&record);
	if (error != MUSTER_CORRUPT)
		return error;
	resealed->damaged++;
	return MUSTER_OK;
}

/* position  in: the last account seen; out: the same, empty behind the last of all */
static int reseal_some(struct muster_transaction *transaction, struct muster_buffer *position, size_t most,
                       struct muster_resealed *resealed)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(transaction->txn, transaction->store->accounts, &cursor), error = MUSTER_OK;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	code = seek(cursor, position, &key, &value);
	for (size_t seen = 0; code == MDB_SUCCESS && error == MUSTER_OK && seen < most; seen++) {
		error = muster_buffer_set(position, text_of(&key));
		if (error == MUSTER_OK)
			error = reseal(transaction, cursor, (MDB_val){ position->size, position->data }, &value,
			               resealed);
		if (error == MUSTER_OK)
			code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (error == MUSTER_OK && code == MDB_NOTFOUND)
		muster_buffer_clear(position);
	else if (error == MUSTER_OK && code != MDB_SUCCESS)
		error = muster_transaction_result(transaction, code);
	return error;
}

static int end(struct muster_transaction *transaction)
{
	int error = muster_seal_forget_others(transaction);

	return error == MUSTER_OK ? muster_row_remove(transaction, transaction->store->meta, &muster_resealing_key)
	                          : error;
}

int muster_resealing_go_on(struct muster_transaction *transaction, size_t most, struct muster_resealed *resealed)
{
	struct muster_buffer position = { 0 };
	int error = transaction->store->lock_file < 0 ? MUSTER_DENIED : get_position(transaction, &position);

	*resealed = (struct muster_resealed){ 0 };
	if (error == MUSTER_OK)
		error = reseal_some(transaction, &position, most, resealed);
	resealed->more = error == MUSTER_OK && position.size > 0;
	if (resealed->more)
		error = muster_row_put(transaction, transaction->store->meta, &muster_resealing_key, &position);
	else if (error == MUSTER_OK)
		error = end(transaction);
	muster_buffer_clear(&position);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* --- as a task --- */

enum { PORTION = 500 };

static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_resealing *resealing = (struct muster_resealing *)task;

	return muster_resealing_go_on(transaction, PORTION, &resealing->resealed);
}

static void free_task(struct muster_task *task)
{
	muster_resealing_free((struct muster_resealing *)task);
}

static const struct muster_task_kind resealing_task = { NULL, NULL, commit, free_task };

struct muster_resealing *muster_resealing_new(void)
{
	struct muster_resealing *resealing = muster_allocate_zeroed(1, sizeof(*resealing));

	if (resealing)
		resealing->task.kind = &resealing_task;
	return resealing;
}

void muster_resealing_free(struct muster_resealing *resealing)
{
	muster_free(resealing);
}
