/* bench.c -- clocks, and an end where something fails. */
#include "bench.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "muster/error.h"

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double wall_s(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double processor_s(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

void *must_allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		fprintf(stderr, "muster-store: out of memory\n");
		exit(1);
	}
	return memory;
}

void must(int error, const char *what)
{
	if (error == MUSTER_OK)
		return;
	fprintf(stderr, "muster-store: %s: %s\n", what, muster_error_text(error));
	exit(1);
}

void must_lmdb(int code, const char *what)
{
	if (code == MDB_SUCCESS)
		return;
	fprintf(stderr, "muster-store: %s: %s\n", what, mdb_strerror(code));
	exit(1);
}
