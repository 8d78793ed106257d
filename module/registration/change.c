/* change.c -- what operations do: derive keys on any thread, change accounts inside a transaction. */
#include "base/clock.h"
#include "muster/due.h"
#include "muster/tombstone.h"
#include "registration/operation.h"

enum { RESERVATION_S = 60 }; /* how long a name without a password is kept for who named it */

/* --- derivation --- */

/* Make keys, with a salt of their own, of the input, which is wiped. */
static int make_keys(const struct muster_host *host, enum muster_hash hash, struct muster_text input,
                     struct muster_scram_keys *keys)
{
	int error = muster_scram_salt(keys, host->iterations);

	if (error == MUSTER_OK)
		muster_scram_derive(hash, input, keys);
	return error;
}

static int derive_password(struct muster_operation *operation)
{
	int error = MUSTER_OK;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && error == MUSTER_OK; hash++)
		if (operation->host->makes[hash])
			error = make_keys(operation->host, hash, muster_buffer_text(&operation->derivable),
			                  &operation->keys[hash]);
	muster_buffer_clear(&operation->derivable);
	return error;
}

static int derive_secrets(struct muster_operation *operation)
{
	int error = MUSTER_OK;

	for (size_t i = 0; i < operation->secret_count && error == MUSTER_OK; i++) {
		struct muster_derivation *secret = &operation->secrets[i];

		error = make_keys(operation->host, secret->hash, muster_buffer_text(&secret->input), &secret->keys);
		muster_buffer_clear(&secret->input);
	}
	return error;
}

/* Is it the password of these keys? It is wiped. */
static bool is_password(struct muster_buffer *derivable, enum muster_hash hash, const struct muster_scram_keys *keys)
{
	struct muster_scram_keys derived = *keys;
	bool same;

	muster_scram_derive(hash, muster_buffer_text(derivable), &derived);
	same = muster_scram_same(hash, &derived, keys);
	muster_wipe(&derived, sizeof(derived));
	muster_buffer_clear(derivable);
	return same;
}

/* All are looked at, so that time does not tell which is wrong. */
static void check_proofs(struct muster_operation *operation)
{
	for (size_t i = 0; i < operation->proof_count; i++) {
		struct muster_derivation *proof = &operation->proofs[i];
		bool right = is_password(&proof->input, proof->hash, &proof->keys);

		operation->disproved = operation->disproved || !right;
	}
}

static void derive(struct muster_task *task)
{
	struct muster_operation *operation = muster_operation_of(task);

	check_proofs(operation);
	if (operation->disproved)
		return;
	if (operation->derivable.data)
		task->error = derive_password(operation);
	if (task->error == MUSTER_OK)
		task->error = derive_secrets(operation);
}

/* A password is checked against the first set there is; a name that nobody has carries a decoy. */
static void check(struct muster_task *task)
{
	struct muster_operation *operation = muster_operation_of(task);
	enum muster_hash hash = 0;
	bool same;

	while (hash + 1 < MUSTER_HASH_COUNT && operation->keys[hash].iterations == 0)
		hash++;
	same = is_password(&operation->derivable, hash, &operation->keys[hash]);
	task->error = !same                                        ? MUSTER_WRONG_PASSWORD
	              : operation->state == MUSTER_ACCOUNT_ENABLED ? MUSTER_OK
	                                                           : MUSTER_DISABLED;
}

/* --- changes --- */

static bool is_stale(const struct muster_account *account)
{
	return account->state == MUSTER_ACCOUNT_UNFINISHED &&
	       account->created_s + RESERVATION_S < muster_wall_clock_s();
}

/* Operators may give a name again that is kept after a removed account. */
static int check_tombstone(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	int64_t ends_after_s = operation->host->tombstone_s, at_s = 0;
	int error;

	if (!operation->self_service)
		return MUSTER_OK;
	error = muster_tombstone_get(transaction, operation->host->name, operation->username, &at_s);
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error != MUSTER_OK)
		return error;
	return ends_after_s == MUSTER_NEVER || muster_wall_clock_s() < at_s + ends_after_s ? MUSTER_EXISTS : MUSTER_OK;
}

int muster_operation_check_name(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error == MUSTER_NOT_FOUND)
		return check_tombstone(operation, transaction);
	if (error != MUSTER_OK)
		return error;
	error = is_stale(&account) ? MUSTER_OK : MUSTER_EXISTS;
	muster_account_clear(&account);
	return error;
}

int muster_operation_write_effect(struct muster_operation *operation, struct muster_transaction *transaction,
                                  enum muster_effect_kind kind)
{
	operation->effect = (struct muster_effect){
		.kind = kind,
		.at_s = muster_wall_clock_s(),
		.host = operation->host->name,
		.username = operation->username,
		.door = operation->door,
	};
	return muster_effect_add(transaction, &operation->effect);
}

static int put_new(struct muster_operation *operation, struct muster_transaction *transaction,
                   enum muster_account_state state)
{
	struct muster_account account = {
		.host = operation->host->name,
		.name = operation->username,
		.state = state,
		.created_s = muster_wall_clock_s(),
	};

	account.changed_s = account.password_changed_s = account.created_s;
	return muster_operation_put(operation, transaction, &account);
}

static int add(struct muster_operation *operation, struct muster_transaction *transaction,
               enum muster_account_state state)
{
	int error = muster_operation_check_name(operation, transaction);

	if (error == MUSTER_OK)
		error = muster_tombstone_remove(transaction, operation->host->name, operation->username);
	if (error == MUSTER_OK)
		error = put_new(operation, transaction, state);
	if (error == MUSTER_OK && state == MUSTER_ACCOUNT_ENABLED)
		error = muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_REGISTERED);
	return error;
}

/* What was only named by the host and never finished leaves nothing behind. */
static int remove_account(struct muster_operation *operation, struct muster_transaction *transaction,
                          const struct muster_account *account)
{
	int error = muster_account_remove(transaction, account->host, account->name);

	if (error == MUSTER_OK && account->purge_s != 0)
		error = muster_due_remove(transaction, account->host, account->name, account->purge_s);
	if (error != MUSTER_OK || account->state == MUSTER_ACCOUNT_UNFINISHED)
		return error;
	if (operation->host->tombstone_s != 0)
		error = muster_tombstone_put(transaction, account->host, account->name, muster_wall_clock_s());
	return error == MUSTER_OK ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_DELETED)
	                          : error;
}

static int put(struct muster_operation *operation, struct muster_transaction *transaction,
               struct muster_account *account, enum muster_effect_kind kind)
{
	int error;

	account->changed_s = muster_wall_clock_s();
	error = muster_account_put(transaction, account);
	if (error == MUSTER_OK && kind != 0)
		error = muster_operation_write_effect(operation, transaction, kind);
	return error;
}

/* An owner's account can be restored for a while; an operator knows what they do. */
static int unregister(struct muster_operation *operation, struct muster_transaction *transaction,
                      struct muster_account *account)
{
	int error;

	if (!operation->self_service || operation->host->grace_s == 0)
		return remove_account(operation, transaction, account);
	account->state = MUSTER_ACCOUNT_DELETED;
	account->purge_s = muster_wall_clock_s() + operation->host->grace_s;
	error = muster_due_add(transaction, account->host, account->name, account->purge_s);
	return error == MUSTER_OK ? put(operation, transaction, account, MUSTER_EFFECT_DELETION_PENDING) : error;
}

static int purge(struct muster_operation *operation, struct muster_transaction *transaction,
                 const struct muster_account *account)
{
	if (account->state != MUSTER_ACCOUNT_DELETED || account->purge_s > muster_wall_clock_s())
		return MUSTER_NOT_FOUND;
	return remove_account(operation, transaction, account);
}

static int set_password(struct muster_operation *operation, struct muster_transaction *transaction,
                        struct muster_account *account)
{
	bool unfinished = account->state == MUSTER_ACCOUNT_UNFINISHED;
	int error;

	account->password_changed_s = account->changed_s = muster_wall_clock_s();
	error = muster_operation_put(operation, transaction, account);
	return error == MUSTER_OK && !unfinished
	               ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_PASSWORD_CHANGED)
	               : error;
}

static int edit(struct muster_operation *operation, struct muster_transaction *transaction,
                struct muster_account *account)
{
	account->changed_s = muster_wall_clock_s();
	return muster_operation_put(operation, transaction, account);
}

/* Enabling what was only named makes it an account; what its owner removed is restored. */
static int enable(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	enum muster_effect_kind kind = account->state == MUSTER_ACCOUNT_ENABLED      ? 0
	                               : account->state == MUSTER_ACCOUNT_UNFINISHED ? MUSTER_EFFECT_REGISTERED
	                                                                             : MUSTER_EFFECT_ENABLED;
	int error = MUSTER_OK;

	if (account->purge_s != 0)
		error = muster_due_remove(transaction, account->host, account->name, account->purge_s);
	account->state = MUSTER_ACCOUNT_ENABLED;
	account->purge_s = 0;
	account->reason = MUSTER_NO_TEXT;
	return error == MUSTER_OK ? put(operation, transaction, account, kind) : error;
}

/* What its owner removed stays removed: it is disabled already. */
static int disable(struct muster_operation *operation, struct muster_transaction *transaction,
                   struct muster_account *account)
{
	bool enabled = account->state == MUSTER_ACCOUNT_ENABLED;

	if (account->state != MUSTER_ACCOUNT_DELETED)
		account->state = MUSTER_ACCOUNT_DISABLED;
	account->reason = operation->reason;
	return put(operation, transaction, account, enabled ? MUSTER_EFFECT_DISABLED : 0);
}

static int change(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	int error = operation->proves ? muster_proof_judge(operation, transaction, account) : MUSTER_OK;

	if (error != MUSTER_OK || operation->verdict != MUSTER_OK)
		return error; /* a wrong try is counted, and that is committed */
	if (operation->host->kind == MUSTER_HOST_SERVICE && operation->kind == MUSTER_UNREGISTER)
		return muster_record_remove(operation, transaction, account);
	switch (operation->kind) {
	case MUSTER_UNREGISTER:
		return unregister(operation, transaction, account);
	case MUSTER_PURGE:
		return purge(operation, transaction, account);
	case MUSTER_CHANGE_PASSWORD:
		return set_password(operation, transaction, account);
	case MUSTER_EDIT:
		return edit(operation, transaction, account);
	case MUSTER_ENABLE:
		return enable(operation, transaction, account);
	default:
		return disable(operation, transaction, account);
	}
}

static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_operation *operation = muster_operation_of(task);
	struct muster_account account;
	int error;

	if (operation->kind == MUSTER_REGISTER && operation->host->kind == MUSTER_HOST_SERVICE)
		return muster_record_put(operation, transaction);
	if (operation->kind == MUSTER_REGISTER)
		return add(operation, transaction, MUSTER_ACCOUNT_ENABLED);
	if (operation->kind == MUSTER_CREATE)
		return add(operation, transaction, MUSTER_ACCOUNT_UNFINISHED);
	error = muster_account_get(transaction, operation->host->name, operation->username, &account);
	if (error != MUSTER_OK)
		return error;
	error = change(operation, transaction, &account);
	muster_account_clear(&account);
	return error;
}

static void free_task(struct muster_task *task)
{
	muster_operation_free(muster_operation_of(task));
}

const struct muster_task_kind muster_change_task = { derive, commit, free_task };
const struct muster_task_kind muster_check_task = { check, NULL, free_task };
