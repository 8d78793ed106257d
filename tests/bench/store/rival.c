/* rival.c -- SQLite at its best: no rowid beside the key, one statement, prepared once. */
#include "rival.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "population.h"
#include "store/internal.h"

enum { TOLD = 1000000 };

struct rival {
	sqlite3 *database;
	sqlite3_stmt *get;
};

static void must_sqlite(sqlite3 *database, int code, const char *what)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return;
	fprintf(stderr, "muster-store: %s: %s\n", what, sqlite3_errmsg(database));
	exit(1);
}

static void run(sqlite3 *database, const char *sql)
{
	must_sqlite(database, sqlite3_exec(database, sql, NULL, NULL, NULL), sql);
}

static void copy_rows(MDB_cursor *cursor, sqlite3 *database, sqlite3_stmt *insert)
{
	int host_size = (int)POPULATION_HOST.size;
	uint64_t copied = 0;
	MDB_val key, value;

	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS) {
		const char *bytes = key.mv_data;

		sqlite3_bind_text(insert, 1, bytes, host_size, SQLITE_STATIC);
		sqlite3_bind_text(insert, 2, bytes + host_size + 1, (int)key.mv_size - host_size - 1, SQLITE_STATIC);
		sqlite3_bind_blob(insert, 3, value.mv_data, (int)value.mv_size, SQLITE_STATIC);
		must_sqlite(database, sqlite3_step(insert), "insert");
		sqlite3_reset(insert);
		if (++copied % TOLD == 0)
			fprintf(stderr, "SQLite: %" PRIu64 " accounts\n", copied);
	}
}

void rival_fill(struct muster_store *store, const char *file)
{
	struct muster_transaction *transaction;
	sqlite3_stmt *insert;
	sqlite3 *database;
	MDB_cursor *cursor;

	must_sqlite(NULL, sqlite3_open(file, &database), file);
	run(database, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
	run(database,
	    "CREATE TABLE accounts (host TEXT, name TEXT, record BLOB, PRIMARY KEY (host, name)) WITHOUT ROWID");
	must_sqlite(database, sqlite3_prepare_v2(database, "INSERT INTO accounts VALUES (?, ?, ?)", -1, &insert, NULL),
	            "prepare");
	must(muster_transaction_read(store, &transaction), "begin");
	must_lmdb(mdb_cursor_open(transaction->txn, store->accounts, &cursor), "open a cursor");
	run(database, "BEGIN");
	copy_rows(cursor, database, insert);
	run(database, "COMMIT");
	mdb_cursor_close(cursor);
	muster_transaction_abort(transaction);
	sqlite3_finalize(insert);
	sqlite3_close(database);
}

struct rival *rival_open(const char *file, bool mapped)
{
	struct rival *rival = must_allocate(sizeof(*rival));

	must_sqlite(rival->database, sqlite3_open_v2(file, &rival->database, SQLITE_OPEN_READONLY, NULL), file);
	run(rival->database, "PRAGMA cache_size = -65536");
	if (mapped)
		run(rival->database, "PRAGMA mmap_size = 34359738368");
	must_sqlite(rival->database,
	            sqlite3_prepare_v2(rival->database, "SELECT record FROM accounts WHERE host = ? AND name = ?", -1,
	                               &rival->get, NULL),
	            "prepare");
	sqlite3_bind_text(rival->get, 1, POPULATION_HOST.data, (int)POPULATION_HOST.size, SQLITE_STATIC);
	return rival;
}

bool rival_get(struct rival *rival, const char *name)
{
	bool found;

	sqlite3_bind_text(rival->get, 2, name, NAME_SIZE, SQLITE_STATIC);
	found = sqlite3_step(rival->get) == SQLITE_ROW && sqlite3_column_blob(rival->get, 0) != NULL;
	sqlite3_reset(rival->get);
	return found;
}

void rival_close(struct rival *rival)
{
	sqlite3_finalize(rival->get);
	sqlite3_close(rival->database);
	free(rival);
}
