/* device.c -- secrets of an account's devices, beside its password: found by their hashes, or tried as SCRAM's keys;
 * and what is written down of them. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "login/exchange.h"

enum { USE_NOTED_S = 3600 }; /* a use that was noted so lately is not noted again */

void muster_device_use(struct muster_exchange *exchange, const struct muster_device *device)
{
	exchange->device = device;
	muster_upgrade_end(exchange); /* what the password lacks is not made of another secret */
}

static bool has_digest(const struct muster_device *device, const uint8_t digest[MUSTER_DEVICE_DIGEST_SIZE])
{
	return muster_text_same_secret((struct muster_text){ (const char *)device->digest, MUSTER_DEVICE_DIGEST_SIZE },
	                               (struct muster_text){ (const char *)digest, MUSTER_DEVICE_DIGEST_SIZE });
}

void muster_device_find(struct muster_exchange *exchange, struct muster_text secret)
{
	const struct muster_account *account = &exchange->account;
	const struct muster_device *found = NULL;
	uint8_t digest[MUSTER_DEVICE_DIGEST_SIZE];

	muster_digest(MUSTER_SHA_256, secret, digest);
	for (size_t i = 0; i < account->device_count; i++)
		if (has_digest(&account->devices[i], digest))
			found = &account->devices[i];
	muster_wipe(digest, sizeof(digest));
	if (found)
		muster_device_use(exchange, found);
}

static struct muster_device *find_again(struct muster_account *account, const uint8_t digest[MUSTER_DEVICE_DIGEST_SIZE])
{
	for (size_t i = 0; i < account->device_count; i++)
		if (has_digest(&account->owned_devices[i], digest))
			return &account->owned_devices[i];
	return NULL;
}

bool muster_device_is_of(const struct muster_exchange *exchange, struct muster_account *account)
{
	return find_again(account, exchange->device->digest) != NULL;
}

struct muster_text muster_login_device(const struct muster_exchange *exchange)
{
	return exchange->device ? exchange->device->name : MUSTER_NO_TEXT;
}

/* --- keys that the account has and the device lacks, as after the account's were made anew --- */

bool muster_device_lacks(struct muster_exchange *exchange)
{
	struct muster_upgrade *upgrade = &exchange->upgrade;
	bool any = false;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		const struct muster_scram_keys *keys = &exchange->account.keys[hash];

		upgrade->lacks[hash] = keys->iterations > 0 && !muster_scram_alike(keys, &exchange->device->keys[hash]);
		any = any || upgrade->lacks[hash];
	}
	return any;
}

static void gather(struct muster_task *task, struct muster_batch *batch)
{
	struct muster_exchange *exchange = muster_login_of(task);
	struct muster_upgrade *upgrade = &exchange->upgrade;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		if (!upgrade->lacks[hash])
			continue;
		upgrade->keys[hash] = exchange->account.keys[hash];
		muster_batch_add(batch, hash, muster_buffer_text(&exchange->derivable), &upgrade->keys[hash]);
	}
}

static void derive(struct muster_task *task)
{
	struct muster_exchange *exchange = muster_login_of(task);

	exchange->upgrade.made = true;
	muster_buffer_clear(&exchange->derivable);
}

/* Nothing is written of a device that has been revoked meanwhile; keys with a salt that the account has no longer are
 * no use, and made anew another time. */
static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_exchange *exchange = muster_login_of(task);
	const struct muster_upgrade *upgrade = &exchange->upgrade;
	struct muster_account account;
	struct muster_device *device;
	int error = muster_account_get(transaction, exchange->host->name, muster_buffer_text(&exchange->username),
	                               &account);

	if (error != MUSTER_OK)
		return error;
	device = find_again(&account, exchange->device->digest);
	for (enum muster_hash hash = 0; device && hash < MUSTER_HASH_COUNT; hash++)
		if (upgrade->lacks[hash])
			device->keys[hash] = upgrade->keys[hash];
	if (device)
		error = muster_account_put(transaction, &account);
	muster_account_clear(&account);
	return error;
}

const struct muster_task_kind muster_device_task = { gather, derive, commit, muster_login_free_task };

/* --- when it was last used --- */

struct use {
	struct muster_task task; /* first */
	struct muster_host *host;
	struct muster_arena arena;
	struct muster_text name;
	uint8_t digest[MUSTER_DEVICE_DIGEST_SIZE];
	int64_t at_s;
};

static int commit_use(struct muster_task *task, struct muster_transaction *transaction)
{
	const struct use *use = (const struct use *)task;
	struct muster_account account;
	struct muster_device *device;
	int error = muster_account_get(transaction, use->host->name, use->name, &account);

	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	device = find_again(&account, use->digest);
	if (device && device->used_s < use->at_s) {
		device->used_s = use->at_s;
		error = muster_account_put(transaction, &account);
	}
	muster_account_clear(&account);
	return error;
}

static void free_use(struct muster_task *task)
{
	struct use *use = (struct use *)task;

	muster_arena_clear(&use->arena);
	muster_host_release(use->host);
	muster_free(use);
}

static const struct muster_task_kind use_task = { NULL, NULL, commit_use, free_use };

/* Without memory the last use that is known stays an earlier one. */
void muster_device_note(struct muster_exchange *exchange)
{
	int64_t now_s = muster_wall_clock_s();
	struct use *use;

	if (now_s - exchange->device->used_s < USE_NOTED_S)
		return;
	use = muster_allocate_zeroed(1, sizeof(*use));
	if (!use)
		return;
	use->task.kind = &use_task;
	use->host = muster_host_retain(exchange->host);
	use->at_s = now_s;
	memcpy(use->digest, exchange->device->digest, sizeof(use->digest));
	if (muster_arena_copy(&use->arena, muster_buffer_text(&exchange->username), &use->name) == MUSTER_OK)
		exchange->use = &use->task;
	else
		free_use(&use->task);
}
