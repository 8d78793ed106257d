/* commit.h -- accounts put on disk, many at once. */
#ifndef BENCH_STORE_COMMIT_H
#define BENCH_STORE_COMMIT_H

#include "muster/engine.h"

/* In turns, `rounds` times, for each number of changes that wait at once: the engine, and LMDB by itself with as many
 * puts in a transaction, `seconds` each. New accounts get numbers from `first` on. Prints an object a line. */
void commit_measure(struct muster_engine *engine, uint64_t first, int rounds, double seconds);

#endif
