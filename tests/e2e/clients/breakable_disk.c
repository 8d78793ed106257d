/* breakable_disk.c -- preloaded into a server: while the file that MUSTER_BROKEN_DISK names exists, what a database
 * writes fails with EIO, as on a disk that is dying. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_broken(void)
{
	const char *sign = getenv("MUSTER_BROKEN_DISK");

	return sign && access(sign, F_OK) == 0;
}

#define BREAK(type, name, parameters, ...)                                                                             \
	type name parameters                                                                                           \
	{                                                                                                              \
		type(*real) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                  \
		if (is_broken()) {                                                                                     \
			errno = EIO;                                                                                   \
			return -1;                                                                                     \
		}                                                                                                      \
		return real(__VA_ARGS__);                                                                              \
	}

BREAK(ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t at), file, bytes, size, at)
BREAK(ssize_t, pwrite64, (int file, const void *bytes, size_t size, off64_t at), file, bytes, size, at)
BREAK(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), file, parts, count, at)
BREAK(ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), file, parts, count, at)
BREAK(int, fdatasync, (int file), file)
