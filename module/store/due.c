/* due.c -- rows in the order of their times: host, a zero byte, the time, a hash of the name. */
#include "muster/due.h"

#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1, TIME_SIZE = 8 };
enum tag { TAG_NAME = 1 };

static void put_time(uint8_t *bytes, int64_t at_s)
{
	uint64_t number = (uint64_t)at_s;

	for (size_t i = TIME_SIZE; i > 0; i--, number >>= 8)
		bytes[i - 1] = (uint8_t)number;
}

static int64_t get_time(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < TIME_SIZE; i++)
		number = number << 8 | bytes[i];
	return (int64_t)number;
}

static void make_key(struct muster_key *key, struct muster_text host, struct muster_text name, int64_t at_s)
{
	muster_key_of_host(key, host);
	put_time(key->bytes + key->value.mv_size, at_s);
	key->value.mv_size += TIME_SIZE;
	muster_key_add_hash(key, name);
}

int muster_due_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                   int64_t at_s)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;

	make_key(&key, host, name, at_s);
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_NAME, name);
	return muster_row_put(transaction, transaction->store->due, &key.value, &record);
}

int muster_due_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                      int64_t at_s)
{
	struct muster_key key;

	make_key(&key, host, name, at_s);
	return muster_row_remove(transaction, transaction->store->due, &key.value);
}

static bool is_due(const MDB_val *key, struct muster_text host, int64_t now_s)
{
	return muster_key_is_of_host(key, host) && key->mv_size >= host.size + 1 + TIME_SIZE &&
	       get_time((const uint8_t *)key->mv_data + host.size + 1) < now_s;
}

static int visit_row(const MDB_val *value, muster_due_fn visit, void *context, bool *more)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_NAME)
			*more = visit(context, record.value);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_due_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s, muster_due_fn visit,
                    void *context)
{
	struct muster_key first;
	MDB_cursor *cursor;
	MDB_val key, value;
	bool more = true;
	int code = mdb_cursor_open(transaction->txn, transaction->store->due, &cursor), error = MUSTER_OK;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	muster_key_of_host(&first, host);
	key = first.value;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	while (code == MDB_SUCCESS && more && error == MUSTER_OK && is_due(&key, host, now_s)) {
		error = visit_row(&value, visit, context, &more);
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (code != MDB_SUCCESS && code != MDB_NOTFOUND && error == MUSTER_OK)
		error = muster_transaction_result(transaction, code);
	return error;
}
