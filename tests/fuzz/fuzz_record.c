/* fuzz_record.c -- any bytes as records of every kind, as a damaged store would have them. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "muster/attempt.h"
#include "muster/audit.h"
#include "muster/bucket.h"
#include "muster/claim.h"
#include "muster/directive.h"
#include "muster/due.h"
#include "muster/guess.h"
#include "muster/mix.h"
#include "muster/skeleton.h"
#include "muster/tombstone.h"
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
	int error = muster_account_glance(transaction, MUSTER_TEXT("localhost"), MUSTER_TEXT("romeo"), &account);

	check(is_known(error) || error == MUSTER_NOT_FOUND);
	check(account.device_count == 0);
	muster_account_clear(&account);
	error = muster_account_get(transaction, MUSTER_TEXT("localhost"), MUSTER_TEXT("romeo"), &account);
	check(is_known(error) || error == MUSTER_NOT_FOUND || error == MUSTER_NO_PEPPER);
	if (error != MUSTER_OK)
		return;
	check(account.keys[MUSTER_SHA_1].salt_size <= MUSTER_SALT_MAX);
	check(is_known(muster_account_put(transaction, &account)));
	muster_account_clear(&account);
}

static bool see_due(void *context, struct muster_text name)
{
	size_t *bytes = context;

	*bytes += name.size;
	return true;
}

static void read_due(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	static const uint8_t time[8];
	struct muster_key key;
	size_t bytes = 0;

	muster_key_of_host(&key, MUSTER_TEXT("localhost"));
	memcpy(key.bytes + key.value.mv_size, time, sizeof(time));
	key.value.mv_size += sizeof(time);
	muster_key_add_hash(&key, MUSTER_TEXT("romeo"));
	put(transaction, transaction->store->due, key.value, data, size);
	check(is_known(muster_due_walk(transaction, MUSTER_TEXT("localhost"), 1, see_due, &bytes)));
	check(bytes <= size);
}

static void read_attempts(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_attempt attempt = { MUSTER_TEXT("localhost"), MUSTER_TEXT("proof"), MUSTER_TEXT("romeo"), 900 };
	struct muster_attempt other = attempt;
	size_t before, after;
	struct muster_key key;
	int error;

	muster_key_of(&key, MUSTER_TEXT("localhost"), MUSTER_TEXT("proof/romeo"));
	put(transaction, transaction->store->attempts, key.value, data, size);
	error = muster_attempt_count(transaction, &attempt, 1000, &before);
	check(is_known(error) && before <= MUSTER_ATTEMPTS_MAX);
	check(muster_attempt_add(transaction, &attempt, 1000) == error);
	check(muster_attempt_count(transaction, &attempt, 1000, &after) == error);
	check(error != MUSTER_OK || after == before + (before < MUSTER_ATTEMPTS_MAX));
	/* And swept by somebody else's. */
	other.subject = MUSTER_TEXT("juliet");
	check(muster_attempt_add(transaction, &other, 1000) == MUSTER_OK);
}

static void read_skeleton(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_text host = MUSTER_TEXT("localhost"), skeleton = MUSTER_TEXT("rorneo");
	struct muster_buffer found = { 0 };
	struct muster_key key;
	int error;

	muster_key_of_host(&key, host);
	muster_key_add_hash(&key, skeleton);
	muster_key_add_hash(&key, MUSTER_TEXT("romeo"));
	put(transaction, transaction->store->skeletons, key.value, data, size);
	error = muster_skeleton_find(transaction, host, skeleton, MUSTER_TEXT("rorneo"), &found);
	check(is_known(error) || error == MUSTER_NOT_FOUND);
	check(found.size <= size);
	muster_buffer_clear(&found);
}

/* --- what the rules keep --- */

static bool see_bucket(void *context, const struct muster_bucket *bucket, struct muster_level level)
{
	size_t *bytes = context;

	*bytes += bucket->subject.size;
	check(bucket->limit > 0 && bucket->period_s > 0);
	check(level.all <= (uint64_t)bucket->limit * MUSTER_BUCKET_ONE + MUSTER_BUCKET_ONE);
	check(level.failed <= level.all);
	check(muster_bucket_wait(bucket, level) >= 0);
	return true;
}

static void read_bucket(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_bucket bucket = { MUSTER_TEXT("localhost"), MUSTER_TEXT("192.0.2.7"), 3, 3600 }, other = bucket;
	const struct muster_level one = { MUSTER_BUCKET_ONE, 0 };
	struct muster_buffer position = { 0 };
	struct muster_key key;
	struct muster_level before, after;
	size_t bytes = 0;
	int error;

	muster_key_of(&key, bucket.host, MUSTER_TEXT("192.0.2.7 3600"));
	put(transaction, transaction->store->buckets, key.value, data, size);
	check(is_known(muster_bucket_walk(transaction, bucket.host, 1000, &position, 9, see_bucket, &bytes)));
	check(bytes <= size);
	error = muster_bucket_read(transaction, &bucket, 1000, &before);
	check(is_known(error) && before.all <= 4 * MUSTER_BUCKET_ONE);
	check(muster_bucket_add(transaction, &bucket, 1000, one) == error);
	check(muster_bucket_read(transaction, &bucket, 1000, &after) == error);
	check(error != MUSTER_OK || after.all == (before.all < 3000 ? before.all + MUSTER_BUCKET_ONE : 4000));
	put(transaction, transaction->store->buckets, key.value, data, size);
	other.subject = MUSTER_TEXT("192.0.2.8"); /* and swept by somebody else's */
	check(muster_bucket_add(transaction, &other, 1000, one) == MUSTER_OK);
	muster_buffer_clear(&position);
}

static bool see_directive(void *context, const struct muster_directive *directive)
{
	size_t *bytes = context;

	*bytes += directive->kind.size + directive->subject.size + directive->value.size + directive->actor.size +
	          directive->reason.size;
	return true;
}

static void read_directive(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_directive directive, other = { .host = MUSTER_TEXT("localhost"),
		                                     .kind = MUSTER_TEXT("allow"),
		                                     .subject = MUSTER_TEXT("::1"),
		                                     .at_s = 1000 };
	struct muster_buffer position = { 0 };
	struct muster_key key;
	size_t bytes = 0;
	int error;

	muster_key_of(&key, other.host, MUSTER_TEXT("mode "));
	put(transaction, transaction->store->directives, key.value, data, size);
	check(is_known(muster_directive_walk(transaction, other.host, 1000, &position, 9, see_directive, &bytes)));
	check(bytes <= size);
	error = muster_directive_get(transaction, other.host, MUSTER_TEXT("mode"), MUSTER_TEXT(""), 1000, &directive);
	check(is_known(error) || error == MUSTER_NOT_FOUND);
	muster_directive_clear(&directive);
	check(muster_directive_put(transaction, &other) == MUSTER_OK);
	muster_buffer_clear(&position);
}

static bool see_entry(void *context, const struct muster_entry *entry)
{
	size_t *bytes = context;

	*bytes += entry->action.size + entry->username.size + entry->outcome.size + entry->rule.size +
	          entry->door.size + entry->address.size + entry->actor.size + entry->detail.size;
	return true;
}

static void read_entry(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_entry entry = { .host = MUSTER_TEXT("localhost"), .action = MUSTER_TEXT("register") };
	struct muster_buffer position = { 0 };
	struct muster_key key;
	size_t bytes = 0;

	muster_key_of_host(&key, entry.host);
	memcpy(key.bytes + key.value.mv_size, "\0\0\0\0\0\0\0\1", 8);
	key.value.mv_size += 8;
	put(transaction, transaction->store->audit, key.value, data, size);
	check(is_known(muster_audit_walk(transaction, entry.host, &position, 9, see_entry, &bytes)));
	check(bytes <= size);
	check(muster_audit_add(transaction, &entry, 1) == MUSTER_OK);
	/* The old one has gone, whatever was in it. */
	muster_buffer_clear(&position);
	check(muster_audit_walk(transaction, entry.host, &position, 9, see_entry, &bytes) == MUSTER_OK);
	muster_buffer_clear(&position);
}

static void read_counts(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_account account = { .host = MUSTER_TEXT("elsewhere"),
		                          .name = MUSTER_TEXT("romeo"),
		                          .state = MUSTER_ACCOUNT_PENDING };
	struct muster_origin origin = { .bytes = "sixteen bytes.." };
	uint64_t before[MUSTER_ACCOUNT_STATES], after[MUSTER_ACCOUNT_STATES], count, more;
	struct muster_key key;
	int error;

	muster_key_of_host(&key, account.host);
	put(transaction, transaction->store->counts, key.value, data, size);
	error = muster_account_count(transaction, account.host, before);
	check(is_known(error));
	check(muster_account_add(transaction, &account) == error);
	check(muster_account_count(transaction, account.host, after) == error);
	check(error != MUSTER_OK || after[MUSTER_ACCOUNT_PENDING] == before[MUSTER_ACCOUNT_PENDING] + 1);
	memcpy(key.bytes + key.value.mv_size, origin.bytes, sizeof(origin.bytes));
	key.value.mv_size += sizeof(origin.bytes);
	put(transaction, transaction->store->origins, key.value, data, size);
	error = muster_origin_count(transaction, account.host, &origin, &count);
	check(is_known(error));
	check(muster_origin_add(transaction, account.host, &origin, 1) == error);
	check(muster_origin_count(transaction, account.host, &origin, &more) == error);
	check(error != MUSTER_OK || more == count + 1);
	check(muster_origin_add(transaction, account.host, &origin, -1) == error);
}

static void read_mix(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	const struct muster_shape none = { 0 }, shape = { .sets = { { .iterations = 4096, .salt_size = 16 } } };
	struct muster_text host = MUSTER_TEXT("localhost");
	struct muster_mix before, after;
	struct muster_key key;
	int error;

	muster_key_of_host(&key, host);
	put(transaction, transaction->store->mixes, key.value, data, size);
	error = muster_mix_read(transaction, host, &before);
	check(is_known(error));
	check(muster_mix_move(transaction, host, &none, &shape) == error);
	check(muster_mix_read(transaction, host, &after) == error);
	check(error != MUSTER_OK || after.count >= before.count);
	for (size_t i = 0; error == MUSTER_OK && i < after.count; i++)
		check(after.accounts[i] > 0 && !muster_shape_is_empty(&after.shapes[i]));
	check(muster_mix_move(transaction, host, &shape, &none) == error);
}

static bool see_guess(void *context, const struct muster_guess *guess, const struct muster_guess_state *state)
{
	check(*muster_guess_kind_name(guess->kind) && state->level > 0);
	*(size_t *)context += guess->subject.size;
	return true;
}

static void read_guess(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	const struct muster_guess guess = {
		MUSTER_TEXT("localhost"), MUSTER_GUESS_ACCOUNT, MUSTER_TEXT("romeo"), { "" }, 300
	};
	struct muster_guess_state state;
	struct muster_buffer position = { 0 };
	struct muster_key key;
	size_t bytes = 0;

	muster_key_of(&key, guess.host, MUSTER_TEXT("account romeo"));
	put(transaction, transaction->store->guesses, key.value, data, size);
	check(muster_guess_read(transaction, &guess, 1000, &state) == MUSTER_OK);
	check(is_known(muster_guess_walk(transaction, guess.host, 1000, &position, 9, see_guess, &bytes)));
	check(bytes <= size);
	muster_buffer_clear(&position);
	state.level = 3 * MUSTER_GUESS_ONE;
	state.at_s = 1000;
	check(muster_guess_write(transaction, &guess, 1000, &state, 2000) == MUSTER_OK);
	check(muster_guess_read(transaction, &guess, 1300, &state) == MUSTER_OK);
	check(state.level == 2 * MUSTER_GUESS_ONE);
	check(muster_guess_reset(transaction, &guess) == MUSTER_OK);
}

static void read_rows(struct muster_transaction *transaction, const uint8_t *data, size_t size)
{
	struct muster_store *store = transaction->store;
	struct muster_text host = MUSTER_TEXT("localhost"), name = MUSTER_TEXT("romeo");
	struct muster_key key;
	int64_t at_s;
	int error;

	muster_key_of(&key, host, name);
	put(transaction, store->claims, key.value, data, size);
	error = muster_claim_take(transaction, host, name, MUSTER_TEXT("romeo@montague.lit"));
	check(is_known(error) || error == MUSTER_EXISTS);
	put(transaction, store->tombstones, key.value, data, size);
	check(is_known(muster_tombstone_get(transaction, host, name, &at_s)));
	read_due(transaction, data, size);
	read_attempts(transaction, data, size);
	read_skeleton(transaction, data, size);
	read_bucket(transaction, data, size);
	read_directive(transaction, data, size);
	read_entry(transaction, data, size);
	read_counts(transaction, data, size);
	read_mix(transaction, data, size);
	read_guess(transaction, data, size);
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
	read_rows(transaction, data, size);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&position);
	check(muster_memory_live() == live);
	return 0;
}
