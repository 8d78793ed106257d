/* store.h -- the account store: opening it, and transactions.
 *
 * A store is a directory. It may be open in several processes at once (a server, prosodyctl, tools), once in each.
 * One write transaction exists at a time, over all processes; it is begun and ended on one thread. Any number of
 * read transactions may run beside it, each on the thread that began it, and see the store as it was when they
 * began. Keep them short: while one is open the space of old records cannot be used again.
 *
 * What an operation does to accounts, effects and the like stands in their own headers. */
#ifndef MUSTER_STORE_H
#define MUSTER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "muster/error.h"
#include "muster/text.h"

struct muster_store;
struct muster_transaction;

enum { MUSTER_STORE_FORMAT = 1, MUSTER_STORE_SECRET_SIZE = 32 };

struct muster_store_options {
	const char *path;        /* the directory; made with mode 0700 if it is missing, its parent must exist */
	uint64_t map_size_bytes; /* how large the store may grow; 0 for 16 GiB. Address space, not disk or memory */
	const char *pepper_file; /* NULL if there are no peppers; read at once, see muster/pepper.h */
	bool server;             /* the one process that carries effects out; a second one is refused */
};

/* Open a store, making it if need be.
 *
 * failure  may be NULL; on error says which file and why, and on success holds a warning or nothing
 *
 * Files are made with mode 0600 for the directory's owner, also when root opens them. The size is halved, with a
 * warning, where the system refuses the address space. Opening the same directory twice in a process is refused.
 * Do not carry an open store over fork(): every call in the child returns MUSTER_FORKED.
 * A store is not opened without the peppers by which accounts in it are sealed (MUSTER_NO_PEPPER). The server puts the
 * first of the file in force, for itself and for others; then muster/resealing.h has something to do.
 * Returns MUSTER_OK, MUSTER_NOT_A_DIRECTORY, MUSTER_DENIED, MUSTER_IN_USE, MUSTER_NEWER, MUSTER_CORRUPT, MUSTER_FULL,
 * MUSTER_IO, MUSTER_NO_MEMORY, MUSTER_NO_PEPPER, MUSTER_BAD_OPTION (the file of peppers). */
int muster_store_open(struct muster_store **store, const struct muster_store_options *options,
                      struct muster_failure *failure);

/* Close; NULL is fine. No transaction may be open. */
void muster_store_close(struct muster_store *store);

/* The directory as it was given. Lives as long as the store. */
const char *muster_store_path(const struct muster_store *store);

/* A secret made with the store (MUSTER_STORE_SECRET_SIZE bytes): the key behind fake salts. Lives as long as the store.
 */
struct muster_text muster_store_secret(const struct muster_store *store);

struct muster_store_size {
	uint64_t used_bytes, map_bytes;
	uint64_t accounts, effects; /* records, over all hosts */
};

/* Returns MUSTER_OK or what muster_transaction_read returns. */
int muster_store_measure(struct muster_store *store, struct muster_store_size *size);

/* A number that changes with every commit of any process; cheap, no transaction. Tells when to look for rows. */
uint64_t muster_store_generation(struct muster_store *store);

/* Write a copy of the store into a directory, while it is in use, and read the copy back from its first row to its
 * last. Takes as long as the disk does; what is written meanwhile is not in it.
 *
 * directory  made with mode 0700 if it is missing, else empty; the copy is its `data.mdb`, with mode 0600
 * copied     may be NULL; the size of the copy, map_bytes being that of its file
 * failure    may be NULL; on error says what is wrong with which file
 *
 * On error nothing is left behind. Returns MUSTER_OK, MUSTER_EXISTS (there is something in the directory),
 * MUSTER_NOT_A_DIRECTORY, MUSTER_DENIED, MUSTER_FULL, MUSTER_CORRUPT, MUSTER_IO, MUSTER_NO_MEMORY, MUSTER_FORKED. */
int muster_store_copy(struct muster_store *store, const char *directory, struct muster_store_size *copied,
                      struct muster_failure *failure);

/* Begin. Returns MUSTER_OK, MUSTER_FORKED, MUSTER_BUSY (too many readers), MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_transaction_read(struct muster_store *store, struct muster_transaction **transaction);
int muster_transaction_write(struct muster_store *store, struct muster_transaction **transaction);

/* Begin a transaction inside a write transaction: it can be aborted without harm to its parent, and is durable once
 * the outermost one is. The parent must not be used until the child has ended. */
int muster_transaction_nest(struct muster_transaction *parent, struct muster_transaction **transaction);

/* Called once a row that a walk cannot read. Valid during the call. Return false to stop before it.
 *
 * key    what stands in the row's key behind the host: a name, for one
 * error  MUSTER_CORRUPT or MUSTER_NEWER */
typedef bool (*muster_unread_fn)(void *context, struct muster_text key, int error);

/* Have walks in this transaction pass over rows that they cannot read, and tell of each. Without it such a row ends a
 * walk, with its error. */
void muster_transaction_tell_unread(struct muster_transaction *transaction, muster_unread_fn tell, void *context);

/* End. A failure inside a write transaction is remembered: later operations return it and commit aborts.
 * After commit or abort the transaction is gone, whatever commit returns; NULL is fine for abort.
 * Commit returns MUSTER_OK (for an outermost one: everything is on disk) or the reason why nothing was written. */
int muster_transaction_commit(struct muster_transaction *transaction);
void muster_transaction_abort(struct muster_transaction *transaction);

#endif
