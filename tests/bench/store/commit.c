/* commit.c -- durable changes: the engine's writer beside LMDB's own transactions. */
#include "commit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "population.h"
#include "store/internal.h"
#include "store/key.h"

struct change {
	struct muster_task task; /* first, so that either pointer is the other */
	uint64_t number;
};

static int put(struct muster_task *task, struct muster_transaction *transaction)
{
	const struct change *change = (const struct change *)task;
	struct person person;

	person_make(&person, change->number);
	return muster_account_put(transaction, &person.account);
}

static void free_change(struct muster_task *task)
{
	free(task);
}

static const struct muster_task_kind put_task = { NULL, NULL, put, free_change };

static void submit(struct muster_engine *engine, uint64_t number)
{
	struct change *change = must_allocate(sizeof(*change));

	*change = (struct change){ .task = { .kind = &put_task }, .number = number };
	must(muster_engine_submit(engine, &change->task, MUSTER_LANE_CHANGE), "submit");
}

static void take(struct muster_engine *engine)
{
	struct pollfd waiting = { .fd = muster_engine_fd(engine), .events = POLLIN };
	struct muster_task *task = muster_engine_take(engine);

	while (!task) {
		poll(&waiting, 1, -1);
		task = muster_engine_take(engine);
	}
	must(task->error, "commit");
	free_change(task);
}

/* Always so many under way. Returns how many were done. */
static uint64_t commit_by_engine(struct muster_engine *engine, uint64_t first, size_t at_once, double seconds)
{
	double end = wall_s() + seconds;
	uint64_t next = first, done = 0;

	for (size_t i = 0; i < at_once; i++)
		submit(engine, next++);
	for (; wall_s() < end; done++) {
		take(engine);
		submit(engine, next++);
	}
	for (size_t i = 0; i < at_once; i++)
		take(engine);
	return done;
}

/* The same bytes under names that the accounts do not have. */
static void put_raw(MDB_txn *txn, MDB_dbi accounts, MDB_val record, uint64_t number)
{
	char name[NAME_SIZE + 1];
	struct muster_key key;

	person_name(number, name);
	muster_key_of(&key, MUSTER_TEXT("example.org"), (struct muster_text){ name, NAME_SIZE });
	must_lmdb(mdb_put(txn, accounts, &key.value, &record, 0), "put");
}

static uint64_t commit_raw(struct muster_store *store, uint64_t first, size_t at_once, double seconds)
{
	static uint8_t record[384];
	double end = wall_s() + seconds;
	uint64_t next = first;
	MDB_txn *txn;

	while (wall_s() < end) {
		must_lmdb(mdb_txn_begin(store->env, NULL, 0, &txn), "begin");
		for (size_t i = 0; i < at_once; i++)
			put_raw(txn, store->accounts, (MDB_val){ sizeof(record), record }, next++);
		must_lmdb(mdb_txn_commit(txn), "commit");
	}
	return next - first;
}

static void print(const char *way, size_t at_once, uint64_t done, double seconds)
{
	printf("{\"way\": \"%s\", \"at_once\": %zu, \"per_second\": %.0f}\n", way, at_once, (double)done / seconds);
	fflush(stdout);
}

void commit_measure(struct muster_engine *engine, uint64_t first, int rounds, double seconds)
{
	static const size_t at_once[] = { 1, 8, 64 };
	struct muster_store *store = muster_engine_store(engine);
	uint64_t next = first;

	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < sizeof(at_once) / sizeof(at_once[0]); i++) {
			uint64_t raw = commit_raw(store, next, at_once[i], seconds);
			uint64_t ours = commit_by_engine(engine, next, at_once[i], seconds);

			print("LMDB", at_once[i], raw, seconds);
			print("Muster", at_once[i], ours, seconds);
			next += (raw > ours ? raw : ours) + at_once[i];
		}
}
