/* bench.h -- what the parts of `muster-store` share: clocks, and an end where something fails. */
#ifndef BENCH_STORE_BENCH_H
#define BENCH_STORE_BENCH_H

#include <stddef.h>

/* Seconds of the clock, and of this thread's processor time. */
double wall_s(void);
double processor_s(void);

/* Zeroed memory; exits if there is none. */
void *must_allocate(size_t size);

/* Say what failed, and exit. Errors of ours, of LMDB. */
void must(int error, const char *what);
void must_lmdb(int code, const char *what);

#endif
