/* copy.c -- a copy of the store, written while it is in use and read back.
 *
 * LMDB would make the file of the copy with a mode that umask decides, and the keys of all accounts are in it; so the
 * file is made here, and LMDB writes into it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

enum { DATABASES_MAX = 32 };

struct copy {
	const char *directory;
	char *file;          /* data.mdb in it */
	bool made_directory; /* so that it goes again if the copy comes to nothing */
	bool made_file;
};

static int explain(const struct copy *copy, int code, struct muster_failure *failure)
{
	int error = muster_store_error(code);

	if (error == MUSTER_DENIED)
		return muster_fail(failure, error, "%s cannot be written by user %u: %s", copy->directory,
		                   (unsigned)geteuid(), strerror(code));
	return muster_fail(failure, error, "%s: %s", copy->directory, mdb_strerror(code));
}

/* --- the directory and the file --- */

static bool is_empty(DIR *directory)
{
	const struct dirent *entry;

	while ((entry = readdir(directory)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

static int take_directory(struct copy *copy, struct muster_failure *failure)
{
	DIR *directory;
	bool empty;

	copy->made_directory = mkdir(copy->directory, 0700) == 0;
	if (copy->made_directory)
		return MUSTER_OK;
	directory = errno == EEXIST ? opendir(copy->directory) : NULL;
	if (!directory)
		return explain(copy, errno, failure);
	empty = is_empty(directory);
	closedir(directory);
	return empty ? MUSTER_OK : muster_fail(failure, MUSTER_EXISTS, "%s is not empty", copy->directory);
}

/* A name on disk needs its directory to be synchronised. */
static int sync_directory(const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code;

	if (file < 0)
		return errno;
	code = fsync(file) == 0 ? 0 : errno;
	close(file);
	return code;
}

static int write_map(struct muster_store *store, int file)
{
	int code;

	pthread_rwlock_rdlock(&store->resize);
	code = mdb_env_copyfd2(store->env, file, MDB_CP_COMPACT);
	pthread_rwlock_unlock(&store->resize);
	if (code == 0 && fsync(file) != 0)
		code = errno;
	return code;
}

static int write_copy(struct muster_store *store, struct copy *copy)
{
	int file = open(copy->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), code;

	if (file < 0)
		return errno;
	copy->made_file = true;
	code = write_map(store, file);
	if (close(file) != 0 && code == 0)
		code = errno;
	return code == 0 ? sync_directory(copy->directory) : code;
}

/* --- reading it back --- */

/* Visit every row; as many are to be found as the database says that it has. */
static int read_rows(MDB_txn *txn, MDB_dbi database, uint64_t *rows)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_stat status;
	int code = mdb_stat(txn, database, &status);

	*rows = 0;
	if (code == 0)
		code = mdb_cursor_open(txn, database, &cursor);
	if (code != 0)
		return code;
	while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		++*rows;
	mdb_cursor_close(cursor);
	if (code != MDB_NOTFOUND)
		return code;
	return *rows == status.ms_entries ? 0 : MDB_CORRUPTED;
}

static int read_database(MDB_txn *txn, const MDB_val *key, struct muster_store_size *size)
{
	char *name = strndup(key->mv_data, key->mv_size);
	uint64_t rows = 0;
	MDB_dbi database;
	int code = name ? mdb_dbi_open(txn, name, 0, &database) : ENOMEM;

	if (code == 0)
		code = read_rows(txn, database, &rows);
	if (code == 0 && strcmp(name, "accounts") == 0)
		size->accounts = rows;
	if (code == 0 && strcmp(name, "effects") == 0)
		size->effects = rows;
	free(name);
	return code;
}

/* The rows of the unnamed database are the names of the others. */
static int read_databases(MDB_txn *txn, struct muster_store_size *size)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_dbi names;
	int code = mdb_dbi_open(txn, NULL, 0, &names), count = 0;

	if (code == 0)
		code = mdb_cursor_open(txn, names, &cursor);
	if (code != 0)
		return code;
	for (; (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0; count++) {
		code = read_database(txn, &key, size);
		if (code != 0)
			break;
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND && count > 0 ? 0 : code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

/* LMDB reads through a map, and a file that is too short would end the process. */
static int check_size(const char *file, MDB_env *env, struct muster_store_size *size)
{
	struct stat status;
	MDB_envinfo info;
	MDB_stat pages;
	int code = mdb_env_info(env, &info);

	if (code == 0)
		code = mdb_env_stat(env, &pages);
	if (code == 0 && stat(file, &status) != 0)
		code = errno;
	if (code != 0)
		return code;
	size->used_bytes = (uint64_t)(info.me_last_pgno + 1) * pages.ms_psize;
	size->map_bytes = (uint64_t)status.st_size;
	return size->map_bytes >= size->used_bytes ? 0 : MDB_CORRUPTED;
}

static int read_env(MDB_env *env, const struct copy *copy, struct muster_store_size *size)
{
	MDB_txn *txn;
	int code = mdb_env_set_maxdbs(env, DATABASES_MAX);

	if (code == 0)
		code = mdb_env_open(env, copy->file, MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR, 0600);
	if (code == 0)
		code = check_size(copy->file, env, size);
	if (code == 0)
		code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	if (code != 0)
		return code;
	code = read_databases(txn, size);
	mdb_txn_abort(txn);
	return code;
}

static int read_back(const struct copy *copy, struct muster_store_size *size)
{
	MDB_env *env;
	int code = mdb_env_create(&env);

	if (code != 0)
		return code;
	code = read_env(env, copy, size);
	mdb_env_close(env);
	return code;
}

/* --- all of it --- */

static void leave_nothing(const struct copy *copy)
{
	if (copy->made_file)
		unlink(copy->file);
	if (copy->made_directory)
		rmdir(copy->directory);
}

int muster_store_copy(struct muster_store *store, const char *directory, struct muster_store_size *copied,
                      struct muster_failure *failure)
{
	struct copy copy = { .directory = directory };
	struct muster_store_size size = { 0 };
	int error, code;

	if (store->process != getpid())
		return MUSTER_FORKED;
	if (asprintf(&copy.file, "%s/data.mdb", directory) < 0)
		return muster_fail(failure, MUSTER_NO_MEMORY, "out of memory");
	error = take_directory(&copy, failure);
	if (error == MUSTER_OK) {
		code = write_copy(store, &copy);
		if (code == 0)
			code = read_back(&copy, &size);
		if (code != 0) {
			error = explain(&copy, code, failure);
			leave_nothing(&copy);
		}
	}
	free(copy.file);
	if (error == MUSTER_OK && copied)
		*copied = size;
	return error;
}
