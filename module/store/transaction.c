/* transaction.c -- transactions with a sticky error. */
#include <stdatomic.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/internal.h"

static struct muster_transaction *new_transaction(struct muster_store *store, struct muster_transaction *parent,
                                                  bool read_only)
{
	struct muster_transaction *transaction = muster_allocate_zeroed(1, sizeof(*transaction));

	if (transaction) {
		transaction->store = store;
		transaction->parent = parent;
		transaction->read_only = read_only;
	}
	return transaction;
}

/* Another process has made the map larger: adopt its size, with no transaction open in this one. */
static int adopt_map_size(struct muster_store *store)
{
	int code;

	pthread_rwlock_wrlock(&store->resize);
	code = mdb_env_set_mapsize(store->env, 0);
	pthread_rwlock_unlock(&store->resize);
	return code;
}

/* A read transaction that was used before has its place among the readers already. */
static int begin_read(struct muster_store *store, MDB_txn **txn)
{
	int code;

	*txn = atomic_exchange(&store->spare, NULL);
	if (!*txn)
		return mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
	code = mdb_txn_renew(*txn);
	if (code != MDB_SUCCESS)
		mdb_txn_abort(*txn);
	return code;
}

static void end_read(struct muster_store *store, MDB_txn *txn)
{
	mdb_txn_reset(txn);
	txn = atomic_exchange(&store->spare, txn);
	mdb_txn_abort(txn); /* of two that ran beside each other one is kept */
}

static int begin_txn(struct muster_store *store, bool read_only, MDB_txn **txn)
{
	int code;

	pthread_rwlock_rdlock(&store->resize);
	code = read_only ? begin_read(store, txn) : mdb_txn_begin(store->env, NULL, 0, txn);
	if (code != MDB_SUCCESS)
		pthread_rwlock_unlock(&store->resize);
	return code;
}

static int begin(struct muster_store *store, bool read_only, struct muster_transaction **transaction)
{
	struct muster_transaction *begun;
	int code;

	*transaction = NULL;
	if (store->process != getpid())
		return MUSTER_FORKED;
	begun = new_transaction(store, NULL, read_only);
	if (!begun)
		return MUSTER_NO_MEMORY;
	code = begin_txn(store, read_only, &begun->txn);
	if (code == MDB_MAP_RESIZED && adopt_map_size(store) == MDB_SUCCESS)
		code = begin_txn(store, read_only, &begun->txn);
	if (code == MDB_READERS_FULL && mdb_reader_check(store->env, NULL) == MDB_SUCCESS)
		code = begin_txn(store, read_only, &begun->txn);
	if (code != MDB_SUCCESS) {
		muster_free(begun);
		return muster_store_error(code);
	}
	*transaction = begun;
	return MUSTER_OK;
}

int muster_transaction_read(struct muster_store *store, struct muster_transaction **transaction)
{
	return begin(store, true, transaction);
}

int muster_transaction_write(struct muster_store *store, struct muster_transaction **transaction)
{
	return begin(store, false, transaction);
}

int muster_transaction_nest(struct muster_transaction *parent, struct muster_transaction **transaction)
{
	struct muster_transaction *begun = new_transaction(parent->store, parent, false);
	int code;

	*transaction = NULL;
	if (!begun)
		return MUSTER_NO_MEMORY;
	code = mdb_txn_begin(parent->store->env, parent->txn, 0, &begun->txn);
	if (code != MDB_SUCCESS) {
		muster_free(begun);
		return muster_transaction_result(parent, code);
	}
	*transaction = begun;
	return MUSTER_OK;
}

void muster_transaction_tell_unread(struct muster_transaction *transaction, muster_unread_fn tell, void *context)
{
	transaction->tell_unread = tell;
	transaction->unread_context = context;
}

static void end(struct muster_transaction *transaction)
{
	if (!transaction->parent)
		pthread_rwlock_unlock(&transaction->store->resize);
	muster_free(transaction);
}

int muster_transaction_commit(struct muster_transaction *transaction)
{
	int error = transaction->error;

	if (error != MUSTER_OK)
		mdb_txn_abort(transaction->txn);
	else
		error = muster_store_error(mdb_txn_commit(transaction->txn)); /* has ended it, however it went */
	end(transaction);
	return error;
}

void muster_transaction_abort(struct muster_transaction *transaction)
{
	if (!transaction)
		return;
	if (transaction->read_only)
		end_read(transaction->store, transaction->txn);
	else
		mdb_txn_abort(transaction->txn);
	end(transaction);
}

int muster_transaction_result(struct muster_transaction *transaction, int code)
{
	int error = muster_store_error(code);

	if (error != MUSTER_OK && error != MUSTER_NOT_FOUND && error != MUSTER_EXISTS &&
	    transaction->error == MUSTER_OK)
		transaction->error = error;
	return error;
}
