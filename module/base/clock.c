/* clock.c -- time and randomness from the system. */
#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "muster/error.h"

int64_t muster_wall_clock_s(void)
{
	return (int64_t)time(NULL);
}

int64_t muster_monotonic_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int muster_random(void *bytes, size_t size)
{
	unsigned char *next = bytes;

	while (size > 0) {
		ssize_t got = getrandom(next, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return MUSTER_IO;
		next += got;
		size -= (size_t)got;
	}
	return MUSTER_OK;
}
