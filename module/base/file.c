/* file.c -- opening and reading. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *look(int descriptor, uint64_t *size)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return strerror(errno);
	if (S_ISDIR(status.st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(status.st_mode))
		return "is not a regular file";
	*size = (uint64_t)status.st_size;
	return NULL;
}

/* O_NONBLOCK: a FIFO would wait for its other end. */
int muster_file_open(const char *path, uint64_t *size, const char **why)
{
	int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	*why = descriptor < 0 ? strerror(errno) : look(descriptor, size);
	if (!*why)
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

bool muster_file_read(int descriptor, void *bytes, size_t size, uint64_t offset)
{
	char *next = bytes;

	while (size > 0) {
		ssize_t count = pread(descriptor, next, size, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		next += count;
		size -= (size_t)count;
		offset += (uint64_t)count;
	}
	return true;
}
