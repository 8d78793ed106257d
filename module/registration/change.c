/* change.c -- what operations do: derive keys on any thread, change accounts inside a transaction. */
#include "base/clock.h"
#include "registration/operation.h"

enum { RESERVATION_S = 60 }; /* how long a name without a password is kept for who named it */

/* --- derivation --- */

static void derive_new(struct muster_operation *operation)
{
	int error = MUSTER_OK;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && error == MUSTER_OK; hash++) {
		if (!operation->host->makes[hash])
			continue;
		error = muster_scram_salt(&operation->keys[hash], operation->host->iterations);
		if (error == MUSTER_OK)
			muster_scram_derive(hash, muster_buffer_text(&operation->derivable), &operation->keys[hash]);
	}
	muster_buffer_clear(&operation->derivable);
	operation->task.error = error;
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

static void derive(struct muster_task *task)
{
	struct muster_operation *operation = muster_operation_of(task);

	if (operation->proof.data && !is_password(&operation->proof, operation->proven_hash, &operation->proven))
		task->error = MUSTER_WRONG_PASSWORD;
	else if (operation->derivable.data)
		derive_new(operation);
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

bool muster_reservation_is_stale(const struct muster_account *account)
{
	return account->state == MUSTER_ACCOUNT_UNFINISHED &&
	       account->created_s + RESERVATION_S < muster_wall_clock_s();
}

static int write_effect(struct muster_operation *operation, struct muster_transaction *transaction,
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

static int replace_stale(struct muster_transaction *transaction, const struct muster_account *account)
{
	struct muster_account present;
	int error = muster_account_get(transaction, account->host, account->name, &present);
	bool stale = error == MUSTER_OK && muster_reservation_is_stale(&present);

	if (error != MUSTER_OK)
		return error;
	muster_account_clear(&present);
	return stale ? muster_account_put(transaction, account) : MUSTER_EXISTS;
}

static int add(struct muster_operation *operation, struct muster_transaction *transaction,
               enum muster_account_state state)
{
	struct muster_account account = {
		.host = operation->host->name,
		.name = operation->username,
		.state = state,
		.created_s = muster_wall_clock_s(),
		.fields = operation->fields,
		.field_count = operation->field_count,
	};
	int error;

	account.changed_s = account.password_changed_s = account.created_s;
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		account.keys[hash] = operation->keys[hash];
	error = muster_account_add(transaction, &account);
	if (error == MUSTER_EXISTS)
		error = replace_stale(transaction, &account);
	muster_wipe(account.keys, sizeof(account.keys));
	if (error == MUSTER_OK && state == MUSTER_ACCOUNT_ENABLED)
		error = write_effect(operation, transaction, MUSTER_EFFECT_REGISTERED);
	return error;
}

static int remove_account(struct muster_operation *operation, struct muster_transaction *transaction,
                          const struct muster_account *account)
{
	int error = muster_account_remove(transaction, operation->host->name, operation->username);

	if (error == MUSTER_OK && account->state != MUSTER_ACCOUNT_UNFINISHED)
		error = write_effect(operation, transaction, MUSTER_EFFECT_DELETED);
	return error;
}

static int put(struct muster_operation *operation, struct muster_transaction *transaction,
               struct muster_account *account, enum muster_effect_kind kind)
{
	int error;

	account->changed_s = muster_wall_clock_s();
	error = muster_account_put(transaction, account);
	if (error == MUSTER_OK && kind != 0)
		error = write_effect(operation, transaction, kind);
	return error;
}

static int set_password(struct muster_operation *operation, struct muster_transaction *transaction,
                        struct muster_account *account)
{
	bool unfinished = account->state == MUSTER_ACCOUNT_UNFINISHED;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		account->keys[hash] = operation->keys[hash];
	account->password_changed_s = muster_wall_clock_s();
	return put(operation, transaction, account, unfinished ? 0 : MUSTER_EFFECT_PASSWORD_CHANGED);
}

/* Enabling what was only named makes it an account. */
static int enable(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	enum muster_effect_kind kind = 0;

	if (account->state == MUSTER_ACCOUNT_UNFINISHED)
		kind = MUSTER_EFFECT_REGISTERED;
	else if (account->state == MUSTER_ACCOUNT_DISABLED)
		kind = MUSTER_EFFECT_ENABLED;
	account->state = MUSTER_ACCOUNT_ENABLED;
	account->reason = MUSTER_NO_TEXT;
	return put(operation, transaction, account, kind);
}

static int disable(struct muster_operation *operation, struct muster_transaction *transaction,
                   struct muster_account *account)
{
	bool enabled = account->state == MUSTER_ACCOUNT_ENABLED;

	account->state = MUSTER_ACCOUNT_DISABLED;
	account->reason = operation->reason;
	return put(operation, transaction, account, enabled ? MUSTER_EFFECT_DISABLED : 0);
}

/* The password that proved who asks may have been changed since. */
static bool is_still_proven(const struct muster_operation *operation, const struct muster_account *account)
{
	return operation->proven.iterations == 0 ||
	       muster_scram_same(operation->proven_hash, &operation->proven, &account->keys[operation->proven_hash]);
}

static int change(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	if (!is_still_proven(operation, account))
		return MUSTER_WRONG_PASSWORD;
	switch (operation->kind) {
	case MUSTER_UNREGISTER:
		return remove_account(operation, transaction, account);
	case MUSTER_CHANGE_PASSWORD:
		return set_password(operation, transaction, account);
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
