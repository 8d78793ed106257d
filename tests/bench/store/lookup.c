/* lookup.c -- the same names looked up in each way. */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "population.h"
#include "rival.h"
#include "store/internal.h"
#include "store/key.h"

struct place {
	struct muster_store *store;
	struct rival *rival, *mapped;
	struct muster_transaction *transaction;
	MDB_txn *txn;
	uint64_t sum; /* of what was read, so that nothing is left out */
};

typedef bool look_fn(struct place *place, struct muster_text name);

static bool get_raw(struct place *place, struct muster_text name)
{
	struct muster_key key;
	MDB_val value;

	muster_key_of(&key, POPULATION_HOST, name);
	if (mdb_get(place->txn, place->store->accounts, &key.value, &value) != MDB_SUCCESS)
		return false;
	place->sum += *(const uint8_t *)value.mv_data;
	return true;
}

static bool get_raw_anew(struct place *place, struct muster_text name)
{
	bool found;

	mdb_txn_reset(place->txn);
	must_lmdb(mdb_txn_renew(place->txn), "renew");
	found = get_raw(place, name);
	return found;
}

static bool get_account(struct place *place, struct muster_text name)
{
	struct muster_account account;

	if (muster_account_get(place->transaction, POPULATION_HOST, name, &account) != MUSTER_OK)
		return false;
	place->sum += account.state;
	muster_account_clear(&account);
	return true;
}

static bool get_account_anew(struct place *place, struct muster_text name)
{
	bool found;

	must(muster_transaction_read(place->store, &place->transaction), "begin");
	found = get_account(place, name);
	muster_transaction_abort(place->transaction);
	return found;
}

static bool select_row(struct place *place, struct muster_text name)
{
	return rival_get(place->rival, name.data);
}

static bool select_mapped_row(struct place *place, struct muster_text name)
{
	return rival_get(place->mapped, name.data);
}

struct way {
	const char *name;
	look_fn *look;
	bool transaction, txn; /* one for all look-ups */
};

static const struct way ways[] = {
	{ .name = "LMDB", .look = get_raw, .txn = true },
	{ .name = "Muster", .look = get_account, .transaction = true },
	{ .name = "LMDB, renewed", .look = get_raw_anew, .txn = true },
	{ .name = "Muster, a transaction each", .look = get_account_anew },
	{ .name = "SQLite", .look = select_row },
	{ .name = "SQLite, mapped", .look = select_mapped_row },
};

static void look(struct place *place, const struct way *way, uint64_t accounts, uint64_t count, uint64_t seed)
{
	char name[NAME_SIZE + 1];

	if (way->transaction)
		must(muster_transaction_read(place->store, &place->transaction), "begin");
	if (way->txn)
		must_lmdb(mdb_txn_begin(place->store->env, NULL, MDB_RDONLY, &place->txn), "begin");
	for (uint64_t i = 0; i < count; i++) {
		person_name(population_draw(&seed) % accounts, name);
		if (!way->look(place, (struct muster_text){ name, NAME_SIZE })) {
			fprintf(stderr, "muster-store: %s: %s is missing\n", way->name, name);
			exit(1);
		}
	}
	if (way->transaction)
		muster_transaction_abort(place->transaction);
	if (way->txn)
		mdb_txn_abort(place->txn);
}

void lookup_measure(struct muster_store *store, const char *sqlite_file, uint64_t accounts, int rounds, uint64_t count)
{
	struct place place = {
		.store = store,
		.rival = rival_open(sqlite_file, false),
		.mapped = rival_open(sqlite_file, true),
	};

	for (int round = 0; round <= rounds; round++) /* the first warms up */
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			double begun = processor_s();

			look(&place, &ways[i], accounts, count, (uint64_t)round + 1);
			if (round > 0)
				printf("{\"way\": \"%s\", \"per_second\": %.0f}\n", ways[i].name,
				       (double)count / (processor_s() - begun));
			fflush(stdout);
		}
	rival_close(place.rival);
	rival_close(place.mapped);
}

void lookup_touch(struct muster_store *store, uint64_t accounts, uint64_t count)
{
	struct place place = { .store = store };

	look(&place, &ways[1], accounts, count, 1);
}
