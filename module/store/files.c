/* files.c -- the store's directory and files: made with the right mode, owner and size before LMDB sees them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

enum { LOCK_FILE_SIZE = 64 * 1024 }; /* room for about a thousand readers */

/* A tool run as root acts for whoever owns the directory; else the server could not use what it leaves behind. */
static int give_to_owner(int file, const struct stat *owner)
{
	if (geteuid() == 0 && owner->st_uid != 0 && fchown(file, owner->st_uid, owner->st_gid) != 0)
		return errno;
	return 0;
}

static int parent_of(const char *path, struct stat *status)
{
	char *parent = strdup(path), *slash;
	int code;

	if (!parent)
		return ENOMEM;
	slash = strrchr(parent, '/');
	if (slash && slash != parent)
		*slash = '\0';
	code = stat(slash ? parent : ".", status) == 0 ? 0 : errno;
	free(parent);
	return code;
}

static int make_directory(const char *path)
{
	struct stat owner;
	int code, directory;

	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? 0 : errno;
	code = parent_of(path, &owner);
	if (code != 0)
		return code;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return errno;
	code = give_to_owner(directory, &owner);
	close(directory);
	return code;
}

/* Open or make a file. The mode is set, not left to umask; an existing file of ours is tightened likewise. */
static int open_file(const char *path, const struct stat *owner, int *file)
{
	struct stat status;
	int code;

	*file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*file < 0)
		return errno;
	code = fstat(*file, &status) == 0 ? 0 : errno;
	if (code == 0 && (status.st_mode & 077) != 0 && fchmod(*file, 0600) != 0)
		code = errno;
	if (code == 0)
		code = give_to_owner(*file, owner);
	if (code != 0)
		close(*file);
	return code;
}

/* LMDB writes its lock file through a map. On a full disk a sparse one kills the process with SIGBUS, so its blocks
 * are taken before. */
static int prepare_file(const char *directory, const char *name, off_t size, const struct stat *owner)
{
	char *path;
	int file, code;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return ENOMEM;
	code = open_file(path, owner, &file);
	free(path);
	if (code != 0)
		return code;
	if (size > 0)
		code = posix_fallocate(file, 0, size);
	close(file);
	return code;
}

static int explain(struct muster_failure *failure, const char *path, int code)
{
	int error = muster_store_error(code);

	if (error == MUSTER_DENIED)
		return muster_fail(failure, error, "the account store %s cannot be used by user %u: %s", path,
		                   (unsigned)geteuid(), strerror(code));
	if (error == MUSTER_NOT_A_DIRECTORY)
		return muster_fail(failure, error, "the account store %s is not a directory", path);
	return muster_fail(failure, error, "the account store %s cannot be opened: %s", path, strerror(code));
}

int muster_store_make_directory(const char *path, struct stat *status, struct muster_failure *failure)
{
	int code = make_directory(path);

	if (code == 0 && stat(path, status) != 0)
		code = errno;
	if (code == 0 && !S_ISDIR(status->st_mode))
		code = ENOTDIR;
	return code == 0 ? MUSTER_OK : explain(failure, path, code);
}

int muster_store_prepare_files(const char *path, const struct stat *owner, struct muster_failure *failure)
{
	int code = prepare_file(path, "data.mdb", 0, owner);

	if (code == 0)
		code = prepare_file(path, "lock.mdb", LOCK_FILE_SIZE, owner);
	if (code == 0)
		code = prepare_file(path, "server.lock", 0, owner);
	return code == 0 ? MUSTER_OK : explain(failure, path, code);
}

int muster_store_lock_server(const char *path, int *lock_file, struct muster_failure *failure)
{
	char *name;
	int code = 0;

	if (asprintf(&name, "%s/server.lock", path) < 0)
		return muster_fail(failure, MUSTER_NO_MEMORY, "out of memory");
	*lock_file = open(name, O_RDWR | O_CLOEXEC);
	free(name);
	if (*lock_file < 0)
		return explain(failure, path, errno);
	if (flock(*lock_file, LOCK_EX | LOCK_NB) == 0)
		return MUSTER_OK;
	code = errno;
	close(*lock_file);
	*lock_file = -1;
	if (code == EWOULDBLOCK)
		return muster_fail(failure, MUSTER_IN_USE, "the account store %s is in use by another server", path);
	return explain(failure, path, code);
}
