/* exchange.c -- an exchange's life, and what its mechanisms share. */
#include "login/exchange.h"

#include <string.h>

#include "base/memory.h"
#include "muster/preparation.h"
#include "policy/disguise.h"
#include "policy/prefix.h"

/* Best first. */
static const struct muster_mechanism mechanisms[] = {
	{ "SCRAM-SHA-512-PLUS", MUSTER_SHA_512, true, muster_scram_step, muster_scram_prove },
	{ "SCRAM-SHA-256-PLUS", MUSTER_SHA_256, true, muster_scram_step, muster_scram_prove },
	{ "SCRAM-SHA-1-PLUS", MUSTER_SHA_1, true, muster_scram_step, muster_scram_prove },
	{ "SCRAM-SHA-512", MUSTER_SHA_512, false, muster_scram_step, muster_scram_prove },
	{ "SCRAM-SHA-256", MUSTER_SHA_256, false, muster_scram_step, muster_scram_prove },
	{ "SCRAM-SHA-1", MUSTER_SHA_1, false, muster_scram_step, muster_scram_prove },
	{ "PLAIN", MUSTER_HASH_COUNT, false, muster_plain_step, muster_plain_prove },
};

enum { MECHANISM_COUNT = sizeof(mechanisms) / sizeof(mechanisms[0]) };

const char *muster_login_mechanism(const struct muster_host *host, bool bound, size_t index)
{
	for (size_t i = 0; i < MECHANISM_COUNT; i++) {
		const struct muster_mechanism *mechanism = &mechanisms[i];
		bool offered = (bound || !mechanism->binds) &&
		               (mechanism->hash == MUSTER_HASH_COUNT || muster_host_offers_hash(host, mechanism->hash));

		if (offered && index-- == 0)
			return mechanism->name;
	}
	return NULL;
}

static const struct muster_mechanism *find(struct muster_text name)
{
	for (size_t i = 0; i < MECHANISM_COUNT; i++)
		if (muster_text_is_c(name, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

static int copy_bindings(struct muster_exchange *exchange, const struct muster_login_facts *facts)
{
	int error = MUSTER_OK;

	exchange->bindings =
		muster_arena_take(&exchange->arena, (facts->binding_count + 1) * sizeof(*exchange->bindings));
	if (!exchange->bindings)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < facts->binding_count && error == MUSTER_OK; i++) {
		struct muster_binding *binding = &exchange->bindings[exchange->binding_count++];

		error = muster_arena_copy(&exchange->arena, facts->bindings[i].type, &binding->type);
		if (error == MUSTER_OK)
			error = muster_arena_copy(&exchange->arena, facts->bindings[i].data, &binding->data);
	}
	return error;
}

int muster_login_begin(struct muster_host *host, struct muster_text mechanism, const struct muster_login_facts *facts,
                       struct muster_exchange **exchange)
{
	const struct muster_mechanism *found = find(mechanism);
	struct muster_exchange *made;

	*exchange = NULL;
	if (!found)
		return MUSTER_NOT_FOUND;
	made = muster_allocate_zeroed(1, sizeof(*made));
	if (!made)
		return MUSTER_NO_MEMORY;
	made->task.kind = &muster_plain_task;
	made->task.prefix = muster_prefix_of(facts->address);
	made->mechanism = found;
	made->hash = found->hash;
	made->host = muster_host_retain(host);
	muster_guess_from(made, facts->address);
	if (copy_bindings(made, facts) != MUSTER_OK) {
		muster_login_free(made);
		return MUSTER_NO_MEMORY;
	}
	*exchange = made;
	return MUSTER_OK;
}

void muster_login_free(struct muster_exchange *exchange)
{
	if (!exchange)
		return;
	muster_guess_end(exchange, MUSTER_GUESS_NEITHER);
	if (exchange->guessing.note)
		exchange->guessing.note->kind->free(exchange->guessing.note);
	if (exchange->use)
		exchange->use->kind->free(exchange->use);
	muster_upgrade_end(exchange);
	muster_account_clear(&exchange->account);
	muster_wipe(exchange->proof, sizeof(exchange->proof));
	muster_buffer_clear(&exchange->upgrade.salt);
	muster_wipe(&exchange->upgrade, sizeof(exchange->upgrade));
	muster_buffer_clear(&exchange->username);
	muster_buffer_clear(&exchange->derivable);
	muster_buffer_clear(&exchange->header);
	muster_buffer_clear(&exchange->first_bare);
	muster_buffer_clear(&exchange->server_first);
	muster_buffer_clear(&exchange->nonce);
	muster_buffer_clear(&exchange->message);
	muster_buffer_clear(&exchange->data);
	muster_arena_clear(&exchange->arena);
	muster_host_release(exchange->host);
	muster_free(exchange);
}

void muster_login_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step)
{
	*step = (struct muster_step){ 0 };
	if (exchange->over)
		muster_step_fail(step, "malformed-request", "The exchange is over.");
	else
		exchange->mechanism->step(exchange, store, message, step);
	exchange->over = exchange->over || step->status != MUSTER_LOGIN_CHALLENGE;
}

void muster_login_resume(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	*step = (struct muster_step){ 0 };
	if (!exchange->waiting) {
		muster_step_fail(step, "malformed-request", "The exchange is over.");
		return;
	}
	exchange->waiting = false;
	exchange->mechanism->prove(exchange, store, step);
}

void muster_exchange_queue(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	int64_t wait_us;
	int error = muster_guess_begin(exchange, store, &wait_us);

	if (error != MUSTER_OK) {
		muster_step_error(step, error == MUSTER_BUSY ? MUSTER_BLOCKED : error);
		return;
	}
	if (wait_us == 0) {
		exchange->mechanism->prove(exchange, store, step);
		return;
	}
	exchange->waiting = true;
	*step = (struct muster_step){ .status = MUSTER_LOGIN_WAIT, .wait_us = wait_us };
}

struct muster_task *muster_login_task(struct muster_exchange *exchange)
{
	return &exchange->task;
}

struct muster_exchange *muster_login_of(struct muster_task *task)
{
	return (struct muster_exchange *)task;
}

struct muster_text muster_login_username(const struct muster_exchange *exchange)
{
	return muster_buffer_text(&exchange->username);
}

/* --- results --- */

void muster_step_fail(struct muster_step *step, const char *condition, const char *text)
{
	*step = (struct muster_step){ .status = MUSTER_LOGIN_FAILURE, .condition = condition, .text = text };
}

void muster_step_deny(struct muster_step *step)
{
	muster_step_fail(step, "not-authorized", "The username or the password is wrong.");
}

void muster_exchange_deny(struct muster_exchange *exchange, struct muster_step *step)
{
	muster_guess_end(exchange, MUSTER_GUESS_WRONG);
	muster_step_deny(step);
}

void muster_step_error(struct muster_step *step, int error)
{
	if (error == MUSTER_BAD_NAME)
		muster_step_fail(step, "invalid-authzid", "You can act as yourself only.");
	else if (error == MUSTER_BLOCKED)
		muster_step_fail(step, "temporary-auth-failure", "There were too many wrong tries. Try again later.");
	else
		muster_step_fail(step, "temporary-auth-failure",
		                 error == MUSTER_BUSY ? "The server is overloaded. Try again later."
		                                      : "The server cannot log anybody in now. Try again later.");
}

/* --- names --- */

/* The shape of the keys to work with. Who has none of this set, or only a name, can prove nothing, as if nobody had the
 * name. */
static int read_keys(struct muster_exchange *exchange, struct muster_store *store, struct muster_text name)
{
	struct muster_transaction *transaction;
	struct muster_account account = { 0 };
	bool real = false;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = MUSTER_NOT_FOUND;
	if (exchange->username.size > 0)
		error = muster_account_glance(transaction, exchange->host->name,
		                              muster_buffer_text(&exchange->username), &account);
	if (error == MUSTER_OK || error == MUSTER_NOT_FOUND) {
		exchange->hash = exchange->mechanism->hash;
		error = muster_disguise(exchange->host, transaction, muster_store_secret(store), name,
		                        account.state == 0 ? NULL : &account, &exchange->hash, &exchange->keys, &real);
	}
	muster_transaction_abort(transaction);
	exchange->state = real ? account.state : 0;
	exchange->created_s = account.created_s;
	if (error == MUSTER_OK && real)
		muster_upgrade_look(exchange, &account);
	if (error == MUSTER_OK && exchange->mechanism->hash == MUSTER_HASH_COUNT)
		muster_upgrade_plan(exchange);
	muster_account_clear(&account);
	return error;
}

int muster_exchange_name(struct muster_exchange *exchange, struct muster_store *store, struct muster_text name)
{
	int error = muster_name_prepare(name, &exchange->username);

	if (error == MUSTER_OK)
		name = muster_buffer_text(&exchange->username);
	return error == MUSTER_OK || error == MUSTER_BAD_NAME ? read_keys(exchange, store, name) : error;
}

/* Nobody has the name: what would be read of somebody who has it takes its time all the same. */
static void pretend(const struct muster_exchange *exchange, struct muster_transaction *transaction)
{
	struct muster_account account = { .host = exchange->host->name,
		                          .name = muster_buffer_text(&exchange->username),
		                          .state = MUSTER_ACCOUNT_ENABLED };

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (exchange->host->makes[hash])
			account.keys[hash] = exchange->keys;
	muster_account_pretend(transaction, &account);
	muster_wipe(account.keys, sizeof(account.keys));
}

int muster_exchange_load(struct muster_exchange *exchange, struct muster_store *store)
{
	struct muster_account *account = &exchange->account;
	const struct muster_scram_keys *keys = &account->keys[exchange->hash];
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	muster_account_clear(account);
	error = muster_account_get(transaction, exchange->host->name, muster_buffer_text(&exchange->username), account);
	if (error == MUSTER_NOT_FOUND)
		pretend(exchange, transaction);
	muster_transaction_abort(transaction);
	if (error == MUSTER_OK && exchange->state != 0 && muster_scram_alike(keys, &exchange->keys))
		exchange->keys = *keys; /* else they have changed meanwhile, and nothing proves those before */
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_exchange_act_as(const struct muster_exchange *exchange, struct muster_text authzid)
{
	if (authzid.size == 0)
		return MUSTER_OK;
	return muster_jid_is(authzid, muster_buffer_text(&exchange->username), exchange->host->name);
}

static int read_again(struct muster_exchange *exchange, struct muster_store *store, struct muster_account *account)
{
	struct muster_transaction *transaction;
	int error = exchange->state == 0 ? MUSTER_NOT_FOUND : muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, exchange->host->name, muster_buffer_text(&exchange->username), account);
	muster_transaction_abort(transaction);
	return error;
}

static bool has_secret(const struct muster_exchange *exchange, struct muster_account *account)
{
	const struct muster_scram_keys *keys = &account->keys[exchange->hash];

	if (exchange->device)
		return muster_device_is_of(exchange, account);
	return muster_scram_same(exchange->hash, &exchange->keys, keys) || muster_upgrade_is(exchange, keys);
}

/* The exchange took time, in which the account may have been removed or its password changed. */
void muster_exchange_admit(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	struct muster_account account;
	int error = read_again(exchange, store, &account);

	if (error == MUSTER_NOT_FOUND) {
		muster_step_deny(step);
		return;
	}
	if (error != MUSTER_OK) {
		muster_step_error(step, error);
		return;
	}
	if (!has_secret(exchange, &account) || account.state == MUSTER_ACCOUNT_UNFINISHED)
		muster_step_deny(step);
	else if (account.state != MUSTER_ACCOUNT_ENABLED)
		muster_step_fail(step, "account-disabled", "The account is disabled.");
	else
		step->status = MUSTER_LOGIN_SUCCESS;
	exchange->succeeded = step->status == MUSTER_LOGIN_SUCCESS;
	muster_guess_end(exchange, exchange->succeeded ? MUSTER_GUESS_RIGHT : MUSTER_GUESS_NEITHER);
	if (exchange->succeeded && exchange->device)
		muster_device_note(exchange);
	muster_account_clear(&account);
}
