/* clock.c -- time and randomness from the system. */
#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "muster/error.h"

static int64_t pretended_s; /* 0: the clock is real */

void muster_clock_pretend(int64_t now_s)
{
	__atomic_store_n(&pretended_s, now_s, __ATOMIC_RELAXED);
}

int64_t muster_wall_clock_us(void)
{
	int64_t pretended = __atomic_load_n(&pretended_s, __ATOMIC_RELAXED);
	struct timespec now;

	if (pretended != 0)
		return pretended * 1000000;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t muster_wall_clock_s(void)
{
	return muster_wall_clock_us() / 1000000;
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
