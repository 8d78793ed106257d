/* lookup.h -- looking accounts up at random. */
#ifndef BENCH_STORE_LOOKUP_H
#define BENCH_STORE_LOOKUP_H

#include "muster/store.h"

/* In turns, `rounds` times: LMDB's own get, ours, SQLite's select, each `count` times. Prints an object a line: the
 * way, and look-ups a second of processor time. */
void lookup_measure(struct muster_store *store, const char *sqlite_file, uint64_t accounts, int rounds, uint64_t count);

/* Read that many accounts. */
void lookup_touch(struct muster_store *store, uint64_t accounts, uint64_t count);

#endif
