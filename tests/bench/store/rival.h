/* rival.h -- the same accounts in SQLite: a row each, found by host and name, with the record as it is in the store. */
#ifndef BENCH_STORE_RIVAL_H
#define BENCH_STORE_RIVAL_H

#include "muster/store.h"

struct rival;

/* Copy all accounts into a new file; says on stderr how far it is. Exits on errors, as all of these. */
void rival_fill(struct muster_store *store, const char *file);

/* Open, with a cache of 64 MiB, or with the file mapped too; read one row by a prepared statement; close. */
struct rival *rival_open(const char *file, bool mapped);
bool rival_get(struct rival *rival, const char *name);
void rival_close(struct rival *rival);

#endif
