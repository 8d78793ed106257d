/* internal.h -- what the files of the store share. LMDB's types appear here and nowhere above. */
#ifndef MUSTER_STORE_INTERNAL_H
#define MUSTER_STORE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "muster/pepper.h"
#include "muster/store.h"

struct muster_store {
	MDB_env *env;
	MDB_dbi meta, accounts, effects, tombstones, claims, attempts, due, skeletons;
	MDB_dbi buckets, directives, audit, counts, origins, mixes, guesses;
	MDB_dbi invitations, inviters, held;
	char *path;
	int lock_file;            /* held by the server; -1 otherwise */
	pid_t process;            /* who opened it */
	uint64_t origin;          /* random, new at every opening */
	pthread_rwlock_t resize;  /* read: a transaction is open; write: the map is being changed */
	_Atomic(MDB_txn *) spare; /* a read transaction that has ended, to be begun again; it keeps no old rows */
	uint8_t secret[MUSTER_STORE_SECRET_SIZE];
	struct muster_peppers *peppers; /* NULL if there are none */
	struct muster_store *next;      /* in the list of this process */
	dev_t device;
	ino_t inode;
};

struct muster_transaction {
	struct muster_store *store;
	struct muster_transaction *parent;
	MDB_txn *txn;
	int error; /* the first failure inside */
	bool read_only;
	muster_unread_fn tell_unread; /* NULL: rows that cannot be read end a walk */
	void *unread_context;
};

/* LMDB's and the system's numbers made into ours: the one place that knows them. */
int muster_store_error(int code);

/* Keep a failure of `code` in the transaction unless it is an ordinary outcome, and translate it. */
int muster_transaction_result(struct muster_transaction *transaction, int code);

/* Files of the store: its directory, its files of the right size, mode and owner. See files.c. */
int muster_store_make_directory(const char *path, struct stat *status, struct muster_failure *failure);
int muster_store_prepare_files(const char *path, const struct stat *owner, struct muster_failure *failure);
int muster_store_lock_server(const char *path, int *lock_file, struct muster_failure *failure);

/* Read or make the rows that describe the store itself. See meta.c. */
int muster_store_read_meta(struct muster_store *store, bool server, struct muster_failure *failure);

#endif
