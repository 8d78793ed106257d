/* upgrade.c -- keys that a host makes today and an account lacks, or has with too few iterations, are made when its
 * password comes by: on the worker that has just found it right, written by the engine, once; or of what a client that
 * has proved itself by SCRAM brings instead of the password. */
#include "login/exchange.h"

#include "credential/base64.h"

/* Accounts of a host that are being upgraded, so that parallel logins do not do it twice; on the owner's thread. */
static bool is_upgrading(const struct muster_exchange *exchange)
{
	struct muster_text name = muster_buffer_text(&exchange->username);

	for (const struct muster_exchange *other = exchange->host->upgrading; other; other = other->upgrade.next)
		if (muster_text_is(muster_buffer_text(&other->username), name))
			return true;
	return false;
}

void muster_upgrade_look(struct muster_exchange *exchange, const struct muster_account *account)
{
	const struct muster_host *host = exchange->host;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && account->state == MUSTER_ACCOUNT_ENABLED; hash++)
		exchange->upgrade.lacks[hash] = host->makes[hash] && account->keys[hash].iterations < host->iterations;
}

void muster_upgrade_plan(struct muster_exchange *exchange)
{
	struct muster_upgrade *upgrade = &exchange->upgrade;
	bool any = false;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		any = any || upgrade->lacks[hash];
	if (!any || is_upgrading(exchange))
		return;
	upgrade->planned = true;
	upgrade->next = exchange->host->upgrading;
	exchange->host->upgrading = exchange;
}

void muster_upgrade_end(struct muster_exchange *exchange)
{
	struct muster_exchange **link = &exchange->host->upgrading;

	if (!exchange->upgrade.planned)
		return;
	while (*link && *link != exchange)
		link = &(*link)->upgrade.next;
	if (*link)
		*link = exchange->upgrade.next;
	exchange->upgrade.planned = false;
}

void muster_upgrade_derive(struct muster_exchange *exchange)
{
	struct muster_upgrade *upgrade = &exchange->upgrade;
	int error = MUSTER_OK;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && error == MUSTER_OK; hash++) {
		if (!upgrade->lacks[hash])
			continue;
		error = muster_scram_salt(&upgrade->keys[hash], exchange->host->iterations);
		if (error == MUSTER_OK)
			muster_scram_derive(hash, muster_buffer_text(&exchange->derivable), &upgrade->keys[hash]);
	}
	upgrade->made = error == MUSTER_OK;
}

/* Nothing is written if the password has been changed meanwhile. */
int muster_upgrade_commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_exchange *exchange = muster_login_of(task);
	const struct muster_upgrade *upgrade = &exchange->upgrade;
	struct muster_account account;
	int error;

	if (!upgrade->made)
		return MUSTER_OK;
	error = muster_account_get(transaction, exchange->host->name, muster_buffer_text(&exchange->username),
	                           &account);
	if (error != MUSTER_OK)
		return error;
	if (account.state == MUSTER_ACCOUNT_ENABLED &&
	    muster_scram_same(exchange->hash, &exchange->keys, &account.keys[exchange->hash])) {
		for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
			if (upgrade->lacks[hash])
				account.keys[hash] = upgrade->keys[hash];
		error = muster_account_put(transaction, &account);
	}
	muster_account_clear(&account);
	return error;
}

bool muster_upgrade_is(const struct muster_exchange *exchange, const struct muster_scram_keys *keys)
{
	const struct muster_upgrade *upgrade = &exchange->upgrade;

	return upgrade->made && upgrade->lacks[exchange->hash] &&
	       muster_scram_same(exchange->hash, &upgrade->keys[exchange->hash], keys);
}

/* --- keys that a client brings (XEP-0480) --- */

bool muster_host_makes_hash(const struct muster_host *host, enum muster_hash hash)
{
	return host->makes[hash];
}

bool muster_login_lacks(const struct muster_exchange *exchange, enum muster_hash hash)
{
	const struct muster_upgrade *upgrade = &exchange->upgrade;

	return exchange->succeeded && !exchange->device && !upgrade->made && hash < MUSTER_HASH_COUNT &&
	       upgrade->lacks[hash];
}

int muster_login_ask_keys(struct muster_exchange *exchange, enum muster_hash hash, struct muster_text *salt,
                          uint32_t *iterations)
{
	struct muster_upgrade *upgrade = &exchange->upgrade;
	struct muster_scram_keys *keys = &upgrade->keys[hash];
	int error;

	if (!muster_login_lacks(exchange, hash))
		return MUSTER_NOT_FOUND;
	error = muster_scram_salt(keys, exchange->host->iterations);
	muster_buffer_clear(&upgrade->salt);
	if (error == MUSTER_OK)
		error = muster_base64_add(&upgrade->salt,
		                          (struct muster_text){ (const char *)keys->salt, keys->salt_size });
	upgrade->hash = hash;
	upgrade->asked = error == MUSTER_OK;
	*salt = muster_buffer_text(&upgrade->salt);
	*iterations = keys->iterations;
	return error;
}

int muster_login_bring_keys(struct muster_exchange *exchange, struct muster_text salted)
{
	static const struct muster_task_kind write_task = { NULL, NULL, muster_upgrade_commit, muster_login_free_task };
	struct muster_upgrade *upgrade = &exchange->upgrade;
	uint8_t bytes[MUSTER_DIGEST_MAX];

	if (!upgrade->asked || !muster_base64_read(salted, bytes, muster_hash_size(upgrade->hash)))
		return MUSTER_MALFORMED;
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		upgrade->lacks[hash] = hash == upgrade->hash;
	muster_scram_take(upgrade->hash, bytes, &upgrade->keys[upgrade->hash]);
	muster_wipe(bytes, sizeof(bytes));
	upgrade->asked = false;
	upgrade->made = upgrade->brought = true;
	exchange->task.kind = &write_task;
	exchange->task.error = MUSTER_OK;
	return MUSTER_OK;
}
