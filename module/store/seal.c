/* seal.c -- rows that say which pepper is in force, and which are needed. */
#include "store/seal.h"

#include <string.h>

#include "store/row.h"

/* Rows of `meta` */
const MDB_val muster_resealing_key = { sizeof("resealing") - 1, "resealing" };
static const char in_force_row[] = "pepper"; /* the id of the pepper in force */
static const char needed_rows[] = "pepper/"; /* and an id: a seal by which to know whether it is the same pepper */

enum { KEY_SIZE = sizeof(needed_rows) - 1 + MUSTER_PEPPER_ID_MAX, CHECK_SIZE = MUSTER_PEPPER_OVERHEAD };

static MDB_val key_of(const char *name)
{
	return (MDB_val){ strlen(name), (void *)name };
}

static struct muster_text text_of(const MDB_val *value)
{
	return (struct muster_text){ value->mv_data, value->mv_size };
}

/* --- seals of accounts --- */

struct muster_seal muster_seal_to_read(const struct muster_transaction *transaction, struct muster_text host,
                                       struct muster_text name)
{
	return (struct muster_seal){ .peppers = transaction->store->peppers, .host = host, .name = name };
}

int muster_seal_to_write(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         struct muster_seal *seal)
{
	const MDB_val key = key_of(in_force_row);
	MDB_val id;
	int error = muster_row_get(transaction, transaction->store->meta, &key, &id);

	*seal = muster_seal_to_read(transaction, host, name);
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	seal->pepper = muster_peppers_find(seal->peppers, text_of(&id));
	return seal->pepper ? MUSTER_OK : MUSTER_NO_PEPPER;
}

/* --- opening --- */

struct opening {
	const struct muster_store *store;
	MDB_txn *txn;
	struct muster_failure *failure;
};

static bool needed_key(uint8_t *bytes, struct muster_text id, MDB_val *key)
{
	size_t prefix = sizeof(needed_rows) - 1;

	if (id.size > MUSTER_PEPPER_ID_MAX)
		return false;
	memcpy(bytes, needed_rows, prefix);
	memcpy(bytes + prefix, id.data, id.size);
	*key = (MDB_val){ prefix + id.size, bytes };
	return true;
}

static bool is_needed_key(const MDB_val *key, struct muster_text *id)
{
	size_t prefix = sizeof(needed_rows) - 1;

	if (key->mv_size <= prefix || memcmp(key->mv_data, needed_rows, prefix) != 0)
		return false;
	*id = (struct muster_text){ (const char *)key->mv_data + prefix, key->mv_size - prefix };
	return true;
}

static int check_needed(const struct opening *opening, struct muster_text id, struct muster_text check)
{
	const struct muster_store *store = opening->store;
	const struct muster_pepper *pepper = muster_peppers_find(store->peppers, id);
	uint8_t nothing[1];
	int error;

	if (!pepper)
		return muster_fail(opening->failure, MUSTER_NO_PEPPER,
		                   "accounts in the store %s are sealed by the pepper %.*s, which %s", store->path,
		                   (int)id.size, id.data,
		                   store->peppers ? "the file of peppers does not have"
		                                  : "no file has: muster_pepper_file is not set");
	error = check.size == CHECK_SIZE ? muster_pepper_open(pepper, &id, 1, check, nothing) : MUSTER_CORRUPT;
	return error != MUSTER_CORRUPT
	               ? error
	               : muster_fail(opening->failure, MUSTER_NO_PEPPER,
	                             "the pepper %.*s in the file of peppers is another than the one by "
	                             "which accounts in the store %s are sealed",
	                             (int)id.size, id.data, store->path);
}

static int check_all(const struct opening *opening)
{
	MDB_val key = key_of(needed_rows), value;
	MDB_cursor *cursor;
	struct muster_text id;
	int code = mdb_cursor_open(opening->txn, opening->store->meta, &cursor), error = MUSTER_OK;

	if (code != MDB_SUCCESS)
		return muster_store_error(code);
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	while (code == MDB_SUCCESS && error == MUSTER_OK && is_needed_key(&key, &id)) {
		error = check_needed(opening, id, text_of(&value));
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return error != MUSTER_OK || code == MDB_NOTFOUND ? error : muster_store_error(code);
}

static int write_row(const struct opening *opening, MDB_val *key, const void *bytes, size_t size)
{
	MDB_val value = { size, (void *)bytes };

	return muster_store_error(mdb_put(opening->txn, opening->store->meta, key, &value, 0));
}

static int need(const struct opening *opening, const struct muster_pepper *pepper)
{
	struct muster_text id = muster_pepper_id(pepper);
	uint8_t bytes[KEY_SIZE], check[CHECK_SIZE];
	MDB_val key;
	int error = muster_pepper_seal(pepper, &id, 1, MUSTER_NO_TEXT, check);

	if (error == MUSTER_OK && needed_key(bytes, id, &key))
		error = write_row(opening, &key, check, sizeof(check));
	return error;
}

static int put_in_force(const struct opening *opening, const struct muster_pepper *pepper)
{
	MDB_val key = key_of(in_force_row), resealing = muster_resealing_key;
	struct muster_text id = pepper ? muster_pepper_id(pepper) : MUSTER_NO_TEXT;
	int error = pepper ? need(opening, pepper) : MUSTER_OK, code;

	if (error == MUSTER_OK && pepper) {
		error = write_row(opening, &key, id.data, id.size);
	} else if (error == MUSTER_OK) {
		code = mdb_del(opening->txn, opening->store->meta, &key, NULL);
		error = code == MDB_NOTFOUND ? MUSTER_OK : muster_store_error(code);
	}
	return error == MUSTER_OK ? write_row(opening, &resealing, "", 0) : error;
}

static int choose(const struct opening *opening)
{
	const struct muster_pepper *pepper = muster_peppers_in_force(opening->store->peppers);
	MDB_val key = key_of(in_force_row), id;
	int code = mdb_get(opening->txn, opening->store->meta, &key, &id);
	struct muster_text before = code == MDB_SUCCESS ? text_of(&id) : MUSTER_NO_TEXT;

	if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
		return muster_store_error(code);
	if (muster_text_is(before, pepper ? muster_pepper_id(pepper) : MUSTER_NO_TEXT))
		return MUSTER_OK;
	return put_in_force(opening, pepper);
}

int muster_seal_open(const struct muster_store *store, MDB_txn *txn, bool server, struct muster_failure *failure)
{
	const struct opening opening = { store, txn, failure };
	int error = check_all(&opening);

	return error == MUSTER_OK && server ? choose(&opening) : error;
}

/* --- while accounts are sealed anew --- */

int muster_seal_in_force(struct muster_transaction *transaction, struct muster_buffer *id)
{
	const MDB_val key = key_of(in_force_row);
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->meta, &key, &value);

	if (error == MUSTER_OK)
		return muster_buffer_set(id, text_of(&value));
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int forget_but(struct muster_transaction *transaction, MDB_cursor *cursor, struct muster_text in_force)
{
	MDB_val key = key_of(needed_rows), value;
	struct muster_text id;
	int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

	while (code == MDB_SUCCESS && is_needed_key(&key, &id)) {
		if (!muster_text_is(id, in_force))
			code = mdb_cursor_del(cursor, 0);
		if (code == MDB_SUCCESS)
			code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	return code == MDB_NOTFOUND ? MUSTER_OK : muster_transaction_result(transaction, code);
}

int muster_seal_forget_others(struct muster_transaction *transaction)
{
	struct muster_buffer in_force = { 0 };
	MDB_cursor *cursor;
	int error = muster_seal_in_force(transaction, &in_force);

	if (error == MUSTER_OK)
		error = muster_transaction_result(transaction,
		                                  mdb_cursor_open(transaction->txn, transaction->store->meta, &cursor));
	if (error == MUSTER_OK) {
		error = forget_but(transaction, cursor, muster_buffer_text(&in_force));
		mdb_cursor_close(cursor);
	}
	muster_buffer_clear(&in_force);
	return error;
}
