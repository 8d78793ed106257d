/* tally.h -- how often each error condition was seen, in the order of first sight. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stddef.h>
#include <stdint.h>

enum { TALLY_NAMES = 32, TALLY_NAME_SIZE = 48 };

struct tally {
	size_t names;
	uint64_t total;
	struct {
		char name[TALLY_NAME_SIZE];
		uint64_t count;
	} rows[TALLY_NAMES]; /* the last row takes all that have no row */
};

void tally_add(struct tally *tally, const char *name);

#endif
