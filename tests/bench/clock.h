/* clock.h -- the monotonic clock, in nanoseconds: the only time the load generator knows. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)
#define NEVER_NS INT64_MAX

static inline int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static inline int64_t clock_earlier(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

#endif
