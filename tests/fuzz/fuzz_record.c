/* fuzz_record.c -- any bytes as records of an account and of an effect, as a damaged store would have them. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "store/internal.h"
#include "store/key.h"

static void put(struct muster_transaction *transaction, MDB_dbi database, MDB_val key, const uint8_t *data, size_t size)
{
	MDB_val value = { size, (void *)data };

	check(mdb_put(transaction->txn, database, &key, &value, 0) == MDB_SUCCESS);
}

static bool see_account(void *context, struct muster_text name, enum muster_account_state state)
{
	size_t *bytes = context;

	*bytes += name.size + (state == MUSTER_ACCOUNT_DISABLED);
	return true;
}

static bool see_effect(void *context, const struct muster_effect *effect)
{
	size_t *bytes = context;

	*bytes += effect->host.size + effect->username.size + effect->door.size;
	check(muster_effect_name(effect->kind) != NULL);
	return true;
}

static bool is_known(int error)
{
	return error == MUSTER_OK || error == MUSTER_CORRUPT || error == MUSTER_NEWER;
}

static void read_account(struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, MUSTER_TEXT("localhost"), MUSTER_TEXT("romeo"), &account);

	check(is_known(error) || error == MUSTER_NOT_FOUND);
	if (error != MUSTER_OK)
		return;
	check(account.keys[MUSTER_SHA_1].salt_size <= MUSTER_SALT_MAX);
	check(is_known(muster_account_put(transaction, &account)));
	muster_account_clear(&account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_store *store = fuzz_store();
	size_t live = muster_memory_live(), bytes = 0, names = 0;
	struct muster_transaction *transaction;
	struct muster_buffer position = { 0 };
	struct muster_key key;
	uint8_t number[8] = { 0, 0, 0, 0, 0, 0, 0, 9 };
	uint64_t after = 0;

	check(muster_transaction_write(store, &transaction) == MUSTER_OK);
	muster_key_of(&key, MUSTER_TEXT("localhost"), MUSTER_TEXT("romeo"));
	put(transaction, store->accounts, key.value, data, size);
	put(transaction, store->effects, (MDB_val){ sizeof(number), number }, data, size);
	check(is_known(muster_account_walk(transaction, MUSTER_TEXT("localhost"), &position, 10, see_account, &names)));
	check(is_known(muster_effect_walk(transaction, &after, see_effect, &bytes)));
	check(bytes <= size);
	read_account(transaction);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&position);
	check(muster_memory_live() == live);
	return 0;
}
