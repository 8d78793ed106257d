/* index.c -- the index of skeletons made anew, some accounts a transaction, its version with the last. */
#include <string.h>

#include "credential/skeleton.h"
#include "muster/account.h"
#include "muster/skeleton.h"
#include "policy/lookalike.h"

enum { PORTION = 1000 }; /* accounts in a transaction: others wait for no longer, and its pages stay in memory */

struct rebuild {
	struct muster_store *store;
	struct muster_transaction *transaction;
	struct muster_buffer host, position; /* whose accounts, and behind which to go on */
	size_t count;                        /* of names in the index */
	bool done;
	int error; /* while an account was visited */
};

/* A name that has no skeleton stands in a damaged record; it keeps the others from nothing. */
static int add(struct rebuild *rebuild, struct muster_text name)
{
	struct muster_buffer skeleton = { 0 };
	int error = muster_skeleton(name, &skeleton);

	if (error == MUSTER_OK) {
		error = muster_skeleton_add(rebuild->transaction, muster_buffer_text(&rebuild->host),
		                            muster_buffer_text(&skeleton), name);
		rebuild->count++;
	}
	muster_buffer_clear(&skeleton);
	return error == MUSTER_BAD_NAME ? MUSTER_OK : error;
}

/* The records of services are named by bare JIDs, and no account has an @ in its name. */
static bool visit(void *context, struct muster_text name, enum muster_account_state state)
{
	struct rebuild *rebuild = context;

	(void)state;
	if (!memchr(name.data, '@', name.size))
		rebuild->error = add(rebuild, name);
	return rebuild->error == MUSTER_OK;
}

/* A portion of a host's accounts. A record that cannot be read is passed over: the position is behind it already. */
static int add_portion(struct rebuild *rebuild)
{
	int error = MUSTER_OK;

	if (rebuild->position.size == 0)
		error = muster_account_next_host(rebuild->transaction, &rebuild->host);
	rebuild->done = error == MUSTER_NOT_FOUND;
	if (error != MUSTER_OK)
		return rebuild->done ? MUSTER_OK : error;
	error = muster_account_walk(rebuild->transaction, muster_buffer_text(&rebuild->host), &rebuild->position,
	                            PORTION, visit, rebuild);
	if (rebuild->error != MUSTER_OK)
		return rebuild->error;
	return error == MUSTER_CORRUPT || error == MUSTER_NEWER ? MUSTER_OK : error;
}

static int write_portion(struct rebuild *rebuild, bool first, struct muster_text version)
{
	int error = muster_transaction_write(rebuild->store, &rebuild->transaction);

	if (error != MUSTER_OK)
		return error;
	if (first)
		error = muster_skeleton_clear(rebuild->transaction);
	if (error == MUSTER_OK)
		error = add_portion(rebuild);
	if (error == MUSTER_OK && rebuild->done)
		error = muster_skeleton_set_version(rebuild->transaction, version);
	if (error == MUSTER_OK)
		return muster_transaction_commit(rebuild->transaction);
	muster_transaction_abort(rebuild->transaction);
	return error;
}

static int make_anew(struct muster_store *store, struct muster_text version, size_t *count)
{
	struct rebuild rebuild = { .store = store };
	int error = write_portion(&rebuild, true, version);

	while (error == MUSTER_OK && !rebuild.done)
		error = write_portion(&rebuild, false, version);
	muster_buffer_clear(&rebuild.host);
	muster_buffer_clear(&rebuild.position);
	*count = rebuild.count;
	return error;
}

static int read_version(struct muster_store *store, struct muster_buffer *version)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_skeleton_get_version(transaction, version);
	muster_transaction_abort(transaction);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* Tools leave it to the server, unless there is nothing to do but to say that the index is whole. */
static int is_wanted(struct muster_store *store, bool server, const char *version, bool *wanted)
{
	struct muster_buffer stored = { 0 };
	struct muster_store_size size = { 0 };
	int error = read_version(store, &stored);

	*wanted = error == MUSTER_OK && !muster_text_is_c(muster_buffer_text(&stored), version);
	muster_buffer_clear(&stored);
	if (*wanted && !server) {
		error = muster_store_measure(store, &size);
		*wanted = error == MUSTER_OK && size.accounts == 0;
	}
	return error;
}

static void warn(struct muster_failure *failure, const struct muster_store *store, int error, const char *version,
                 size_t count)
{
	if (!failure || failure->text[0])
		return;
	if (error != MUSTER_OK)
		muster_fail(failure, MUSTER_OK,
		            "the index of look-alike names in the account store %s cannot be made anew for %s, so that "
		            "some may be registered: %s",
		            muster_store_path(store), version, muster_error_text(error));
	else if (count > 0)
		muster_fail(
			failure, MUSTER_OK,
			"the index of look-alike names in the account store %s was made anew for %s, with %zu names",
			muster_store_path(store), version, count);
}

int muster_lookalike_index(struct muster_store *store, bool server, struct muster_failure *failure)
{
	char version[MUSTER_SKELETON_VERSION_MAX];
	bool wanted;
	size_t count = 0;
	int error = is_wanted(store, server, muster_skeleton_version(version), &wanted);

	if (wanted)
		error = make_anew(store, muster_text_of(version), &count);
	if (error == MUSTER_NO_MEMORY)
		return muster_fail(failure, error, "out of memory");
	warn(failure, store, error, version, count);
	return MUSTER_OK;
}
