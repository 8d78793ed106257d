/* meta.c -- the rows that describe the store itself: its format and its secret. */
#include <string.h>

#include "base/clock.h"
#include "store/seal.h"

static int read_row(MDB_txn *txn, MDB_dbi meta, const char *name, MDB_val *value)
{
	MDB_val key = { strlen(name), (void *)name };

	return mdb_get(txn, meta, &key, value);
}

static int write_row(MDB_txn *txn, MDB_dbi meta, const char *name, const void *bytes, size_t size)
{
	MDB_val key = { strlen(name), (void *)name }, value = { size, (void *)bytes };

	return mdb_put(txn, meta, &key, &value, 0);
}

/* A store without a format row has just been made. */
static int make_rows(struct muster_store *store, MDB_txn *txn)
{
	const uint8_t format[4] = { 0, 0, 0, MUSTER_STORE_FORMAT };
	int code;

	if (muster_random(store->secret, sizeof(store->secret)) != MUSTER_OK)
		return MDB_PANIC;
	code = write_row(txn, store->meta, "format", format, sizeof(format));
	if (code == MDB_SUCCESS)
		code = write_row(txn, store->meta, "secret", store->secret, sizeof(store->secret));
	return code;
}

static int check_format(const struct muster_store *store, const MDB_val *value, struct muster_failure *failure)
{
	const uint8_t *bytes = value->mv_data;
	unsigned format;

	if (value->mv_size != 4)
		return muster_fail(failure, MUSTER_CORRUPT, "the account store %s has an unreadable format row",
		                   store->path);
	format = (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
	if (format > MUSTER_STORE_FORMAT)
		return muster_fail(failure, MUSTER_NEWER,
		                   "the account store %s has format %u, written by a newer version of Muster; this one "
		                   "reads up to format %d",
		                   store->path, format, MUSTER_STORE_FORMAT);
	return MUSTER_OK;
}

static int read_secret(struct muster_store *store, MDB_txn *txn, struct muster_failure *failure)
{
	MDB_val value;

	if (read_row(txn, store->meta, "secret", &value) != MDB_SUCCESS || value.mv_size != sizeof(store->secret))
		return muster_fail(failure, MUSTER_CORRUPT, "the account store %s has lost its secret", store->path);
	memcpy(store->secret, value.mv_data, sizeof(store->secret));
	return MUSTER_OK;
}

static int open_databases(struct muster_store *store, MDB_txn *txn)
{
	const struct {
		const char *name;
		MDB_dbi *handle;
	} databases[] = {
		{ "meta", &store->meta },         { "accounts", &store->accounts },
		{ "effects", &store->effects },   { "tombstones", &store->tombstones },
		{ "claims", &store->claims },     { "attempts", &store->attempts },
		{ "due", &store->due },           { "skeletons", &store->skeletons },
		{ "buckets", &store->buckets },   { "directives", &store->directives },
		{ "audit", &store->audit },       { "counts", &store->counts },
		{ "origins", &store->origins },   { "mixes", &store->mixes },
		{ "guesses", &store->guesses },   { "invitations", &store->invitations },
		{ "inviters", &store->inviters }, { "held", &store->held },
	};
	int code = MDB_SUCCESS;

	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]) && code == MDB_SUCCESS; i++)
		code = mdb_dbi_open(txn, databases[i].name, MDB_CREATE, databases[i].handle);
	return code;
}

int muster_store_read_meta(struct muster_store *store, bool server, struct muster_failure *failure)
{
	MDB_txn *txn;
	MDB_val value;
	int code = mdb_txn_begin(store->env, NULL, 0, &txn), error = MUSTER_OK;

	if (code != MDB_SUCCESS)
		goto out;
	code = open_databases(store, txn);
	if (code == MDB_SUCCESS)
		code = read_row(txn, store->meta, "format", &value);
	if (code == MDB_SUCCESS) {
		error = check_format(store, &value, failure);
		if (error == MUSTER_OK)
			error = read_secret(store, txn, failure);
	} else if (code == MDB_NOTFOUND) {
		code = make_rows(store, txn);
	}
	if (code == MDB_SUCCESS && error == MUSTER_OK)
		error = muster_seal_open(store, txn, server, failure);
	if (error != MUSTER_OK && failure && failure->error == MUSTER_OK)
		muster_fail(failure, error, "the account store %s cannot be opened: %s", store->path,
		            muster_error_text(error));
	if (code == MDB_SUCCESS && error == MUSTER_OK)
		code = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
out:
	if (code != MDB_SUCCESS)
		error = muster_fail(failure, muster_store_error(code), "the account store %s cannot be read: %s",
		                    store->path, mdb_strerror(code));
	return error;
}
