/* population.c -- made-up accounts, and many of them at once. */
#include "population.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "policy/lookalike.h"
#include "store/internal.h"

enum { A_TRANSACTION = 20000, TOLD = 200000 };

static const uint64_t names = (UINT64_C(1) << 40) - 1;

uint64_t population_draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Multiplying by an odd number only mixes the numbers up. */
void person_name(uint64_t number, char name[NAME_SIZE + 1])
{
	uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15) & names;

	for (int i = 0; i < NAME_SIZE; i++, mixed >>= 5)
		name[i] = "abcdefghijklmnopqrstuvwxyz234567"[mixed % 32];
	name[NAME_SIZE] = '\0';
}

static void fill(uint8_t *bytes, size_t size, uint64_t *state)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)population_draw(state);
}

static void make_keys(struct muster_account *account, enum muster_hash hash, uint64_t *state)
{
	struct muster_scram_keys *keys = &account->keys[hash];

	keys->iterations = 10000;
	keys->salt_size = MUSTER_SALT_SIZE;
	fill(keys->salt, MUSTER_SALT_SIZE, state);
	fill(keys->stored_key, muster_hash_size(hash), state);
	fill(keys->server_key, muster_hash_size(hash), state);
}

void person_make(struct person *person, uint64_t number)
{
	uint64_t state = number + 1;

	person_name(number, person->name);
	person->account = (struct muster_account){
		.host = POPULATION_HOST,
		.name = { person->name, NAME_SIZE },
		.state = MUSTER_ACCOUNT_ENABLED,
		.created_s = 1700000000,
		.password_changed_s = 1700000000,
		.changed_s = 1700000000,
		.address = MUSTER_TEXT("203.0.113.77"),
		.door = MUSTER_TEXT("in-band"),
	};
	make_keys(&person->account, MUSTER_SHA_1, &state);
	make_keys(&person->account, MUSTER_SHA_256, &state);
}

static void add_some(struct muster_store *store, uint64_t first, uint64_t end)
{
	struct muster_transaction *transaction;
	struct person person;

	must(muster_transaction_write(store, &transaction), "begin");
	for (uint64_t number = first; number < end; number++) {
		person_make(&person, number);
		must(muster_lookalike_add(transaction, person.account.host, person.account.name), "add a skeleton");
		must(muster_account_put(transaction, &person.account), "put an account");
	}
	must(muster_transaction_commit(transaction), "commit");
}

void population_fill(struct muster_store *store, uint64_t first, uint64_t end)
{
	double begun = wall_s();
	uint64_t next = first, told = first;

	mdb_env_set_flags(store->env, MDB_NOSYNC, 1);
	for (uint64_t stop; next < end; next = stop) {
		stop = next + A_TRANSACTION < end ? next + A_TRANSACTION : end;
		add_some(store, next, stop);
		if (stop >= told + TOLD || stop == end) {
			told = stop;
			fprintf(stderr, "fill: %" PRIu64 " of %" PRIu64 " accounts, %.0f/s\n", stop, end,
			        (double)(stop - first) / (wall_s() - begun));
		}
	}
	mdb_env_set_flags(store->env, MDB_NOSYNC, 0);
	mdb_env_sync(store->env, 1);
}
