/* skeleton.c -- a row a name, those of a skeleton side by side: host, a zero byte, hashes of the skeleton and the name.
 *
 * A row for each name, because names that look alike can be many where nobody keeps them out, and each would have
 * to be written again with every other. */
#include "muster/skeleton.h"

#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
enum tag { TAG_NAME = 1 };

static const MDB_val version_key = { sizeof("skeletons") - 1, "skeletons" };

/* What the keys of all names with this skeleton begin with. */
static void make_prefix(struct muster_key *key, struct muster_text host, struct muster_text skeleton)
{
	muster_key_of_host(key, host);
	muster_key_add_hash(key, skeleton);
}

static void make_key(struct muster_key *key, struct muster_text host, struct muster_text skeleton,
                     struct muster_text name)
{
	make_prefix(key, host, skeleton);
	muster_key_add_hash(key, name);
}

int muster_skeleton_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                        struct muster_text name)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;

	make_key(&key, host, skeleton, name);
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_NAME, name);
	return muster_row_put(transaction, transaction->store->skeletons, &key.value, &record);
}

int muster_skeleton_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                           struct muster_text name)
{
	struct muster_key key;

	make_key(&key, host, skeleton, name);
	return muster_row_remove(transaction, transaction->store->skeletons, &key.value);
}

/* --- finding --- */

static bool begins_with(const MDB_val *key, const struct muster_key *prefix)
{
	return key->mv_size >= prefix->value.mv_size && memcmp(key->mv_data, prefix->bytes, prefix->value.mv_size) == 0;
}

/* MUSTER_NOT_FOUND if the row is that of `name`. */
static int take_other(const MDB_val *value, struct muster_text name, struct muster_buffer *found)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_NAME && !muster_text_is(record.value, name))
			return muster_buffer_set(found, record.value);
	return error;
}

int muster_skeleton_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                         struct muster_text name, struct muster_buffer *found)
{
	struct muster_key prefix;
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(transaction->txn, transaction->store->skeletons, &cursor), error = MUSTER_NOT_FOUND;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	make_prefix(&prefix, host, skeleton);
	key = prefix.value;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	while (code == MDB_SUCCESS && error == MUSTER_NOT_FOUND && begins_with(&key, &prefix)) {
		error = take_other(&value, name, found);
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (code != MDB_SUCCESS && code != MDB_NOTFOUND && error == MUSTER_NOT_FOUND)
		error = muster_transaction_result(transaction, code);
	return error;
}

/* --- the index as a whole --- */

int muster_skeleton_get_version(struct muster_transaction *transaction, struct muster_buffer *version)
{
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->meta, &version_key, &value);

	return error == MUSTER_OK ? muster_buffer_set(version, (struct muster_text){ value.mv_data, value.mv_size })
	                          : error;
}

int muster_skeleton_set_version(struct muster_transaction *transaction, struct muster_text version)
{
	struct muster_buffer row = { 0 };

	if (!version.data)
		return muster_row_remove(transaction, transaction->store->meta, &version_key);
	muster_buffer_set(&row, version);
	return muster_row_put(transaction, transaction->store->meta, &version_key, &row);
}

int muster_skeleton_clear(struct muster_transaction *transaction)
{
	int error = muster_skeleton_set_version(transaction, MUSTER_NO_TEXT);

	return error == MUSTER_OK ? muster_transaction_result(
					    transaction, mdb_drop(transaction->txn, transaction->store->skeletons, 0))
	                          : error;
}
