/* store.c -- opening and closing the LMDB environment. */
#include "muster/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/internal.h"

enum { DATABASES_MAX = 32 };

static const uint64_t default_map_size_bytes = UINT64_C(16) << 30;
static const uint64_t least_map_size_bytes = UINT64_C(1) << 20;

/* A process loses all its locks on a file when it closes it once, LMDB's too; so a directory that is open already is
 * refused before any file in it is touched. */
static pthread_mutex_t open_stores_lock = PTHREAD_MUTEX_INITIALIZER;
static struct muster_store *open_stores;

static int enlist(struct muster_store *store, const struct stat *directory, struct muster_failure *failure)
{
	int error = MUSTER_OK;

	store->device = directory->st_dev;
	store->inode = directory->st_ino;
	pthread_mutex_lock(&open_stores_lock);
	for (struct muster_store *other = open_stores; other; other = other->next)
		if (other->process == store->process && other->device == store->device && other->inode == store->inode)
			error = muster_fail(failure, MUSTER_IN_USE,
			                    "the account store %s is open in this process already", store->path);
	if (error == MUSTER_OK) {
		store->next = open_stores;
		open_stores = store;
	}
	pthread_mutex_unlock(&open_stores_lock);
	return error;
}

static void delist(struct muster_store *store)
{
	pthread_mutex_lock(&open_stores_lock);
	for (struct muster_store **link = &open_stores; *link; link = &(*link)->next)
		if (*link == store) {
			*link = store->next;
			break;
		}
	pthread_mutex_unlock(&open_stores_lock);
}

static int open_env(struct muster_store *store, uint64_t map_size_bytes)
{
	int code = mdb_env_create(&store->env);

	if (code != MDB_SUCCESS)
		return code;
	code = mdb_env_set_maxdbs(store->env, DATABASES_MAX);
	if (code == MDB_SUCCESS)
		code = mdb_env_set_mapsize(store->env, map_size_bytes);
	if (code == MDB_SUCCESS)
		code = mdb_env_open(store->env, store->path, MDB_NOTLS, 0600);
	if (code != MDB_SUCCESS) {
		mdb_env_close(store->env);
		store->env = NULL;
	}
	return code;
}

/* A store that has outgrown half of its map gets room to double. */
static int grow_map(struct muster_store *store)
{
	MDB_envinfo info;
	MDB_stat status;
	uint64_t wanted;

	mdb_env_info(store->env, &info);
	mdb_env_stat(store->env, &status);
	wanted = 2 * (uint64_t)(info.me_last_pgno + 1) * status.ms_psize;
	return wanted > info.me_mapsize ? mdb_env_set_mapsize(store->env, wanted) : MDB_SUCCESS;
}

static int open_as_large_as_possible(struct muster_store *store, uint64_t wanted, struct muster_failure *failure)
{
	uint64_t size = wanted > least_map_size_bytes ? wanted : least_map_size_bytes;
	int code = open_env(store, size);

	while (code == ENOMEM && size > least_map_size_bytes) {
		size /= 2;
		code = open_env(store, size);
	}
	if (code == MDB_SUCCESS && size < wanted)
		muster_fail(
			failure, MUSTER_OK,
			"the account store %s may grow to %llu MiB only: the system refused %llu MiB of address space",
			store->path, (unsigned long long)(size >> 20), (unsigned long long)(wanted >> 20));
	if (code == MDB_SUCCESS)
		code = grow_map(store);
	if (code == MDB_SUCCESS)
		code = mdb_reader_check(store->env, NULL);
	if (code != MDB_SUCCESS)
		return muster_fail(failure, muster_store_error(code), "the account store %s cannot be opened: %s",
		                   store->path, mdb_strerror(code));
	return MUSTER_OK;
}

static struct muster_store *new_store(const char *path)
{
	struct muster_store *store = muster_allocate_zeroed(1, sizeof(*store));
	size_t size = strlen(path) + 1;

	if (!store)
		return NULL;
	store->lock_file = -1;
	store->process = getpid();
	store->path = muster_allocate(size);
	if (!store->path) {
		muster_free(store);
		return NULL;
	}
	memcpy(store->path, path, size);
	pthread_rwlock_init(&store->resize, NULL);
	return store;
}

int muster_store_open(struct muster_store **store, const struct muster_store_options *options,
                      struct muster_failure *failure)
{
	struct muster_store *opened = new_store(options->path);
	struct stat directory;
	uint64_t wanted = options->map_size_bytes > 0 ? options->map_size_bytes : default_map_size_bytes;
	int error;

	*store = NULL;
	muster_fail(failure, MUSTER_OK, "%s", "");
	if (!opened)
		return muster_fail(failure, MUSTER_NO_MEMORY, "out of memory");
	error = muster_random(&opened->origin, sizeof(opened->origin));
	if (error == MUSTER_OK && options->pepper_file)
		error = muster_peppers_load(&opened->peppers, options->pepper_file, failure);
	if (error == MUSTER_OK)
		error = muster_store_make_directory(opened->path, &directory, failure);
	if (error == MUSTER_OK)
		error = enlist(opened, &directory, failure);
	if (error == MUSTER_OK)
		error = muster_store_prepare_files(opened->path, &directory, failure);
	if (error == MUSTER_OK && options->server)
		error = muster_store_lock_server(opened->path, &opened->lock_file, failure);
	if (error == MUSTER_OK)
		error = open_as_large_as_possible(opened, wanted, failure);
	if (error == MUSTER_OK)
		error = muster_store_read_meta(opened, options->server, failure);
	if (error != MUSTER_OK)
		muster_store_close(opened);
	else
		*store = opened;
	return error;
}

void muster_store_close(struct muster_store *store)
{
	if (!store)
		return;
	delist(store);
	/* After fork the child must not touch LMDB's locks, which belong to the parent. */
	if (store->env && store->process == getpid()) {
		mdb_txn_abort(store->spare);
		mdb_env_close(store->env);
	}
	if (store->lock_file >= 0)
		close(store->lock_file);
	pthread_rwlock_destroy(&store->resize);
	muster_peppers_free(store->peppers);
	muster_free(store->path);
	muster_free(store);
}

const char *muster_store_path(const struct muster_store *store)
{
	return store->path;
}

struct muster_text muster_store_secret(const struct muster_store *store)
{
	return (struct muster_text){ (const char *)store->secret, sizeof(store->secret) };
}

static uint64_t entries(struct muster_transaction *transaction, MDB_dbi database)
{
	MDB_stat status = { 0 };

	mdb_stat(transaction->txn, database, &status);
	return status.ms_entries;
}

int muster_store_measure(struct muster_store *store, struct muster_store_size *size)
{
	struct muster_transaction *transaction;
	MDB_envinfo info;
	MDB_stat status;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	mdb_env_info(store->env, &info);
	mdb_env_stat(store->env, &status);
	size->used_bytes = (uint64_t)(info.me_last_pgno + 1) * status.ms_psize;
	size->map_bytes = info.me_mapsize;
	size->accounts = entries(transaction, store->accounts);
	size->effects = entries(transaction, store->effects);
	muster_transaction_abort(transaction);
	return MUSTER_OK;
}

uint64_t muster_store_generation(struct muster_store *store)
{
	MDB_envinfo info = { 0 };

	mdb_env_info(store->env, &info);
	return info.me_last_txnid;
}
