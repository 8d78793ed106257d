/* change.c -- what operations do: derive keys on any thread, change accounts inside a transaction. */
#include "base/clock.h"
#include "muster/due.h"
#include "muster/guess.h"
#include "muster/tombstone.h"
#include "policy/lookalike.h"
#include "registration/equipping.h"
#include "registration/inviting.h"
#include "registration/judgement.h"
#include "registration/steering.h"

/* --- derivation --- */

/* Make keys of the input, with a salt of their own. */
static int gather_keys(const struct muster_host *host, enum muster_hash hash, const struct muster_buffer *input,
                       struct muster_scram_keys *keys, struct muster_batch *batch)
{
	int error = muster_scram_salt(keys, host->iterations);

	if (error == MUSTER_OK)
		muster_batch_add(batch, hash, muster_buffer_text(input), keys);
	return error;
}

static int gather_new(struct muster_operation *operation, struct muster_batch *batch)
{
	const struct muster_host *host = operation->host;
	int error = MUSTER_OK;

	for (enum muster_hash hash = 0; operation->derivable.data && hash < MUSTER_HASH_COUNT; hash++)
		if (host->makes[hash] && error == MUSTER_OK)
			error = gather_keys(host, hash, &operation->derivable, &operation->keys[hash], batch);
	for (size_t i = 0; i < operation->secret_count && error == MUSTER_OK; i++) {
		struct muster_derivation *secret = &operation->secrets[i];

		error = gather_keys(host, secret->hash, &secret->input, &secret->keys, batch);
	}
	return error;
}

/* All are looked at, so that time does not tell which is wrong. */
static void gather_proofs(struct muster_operation *operation, struct muster_batch *batch)
{
	for (size_t i = 0; i < operation->proof_count; i++) {
		struct muster_derivation *proof = &operation->proofs[i];

		proof->derived = proof->keys;
		muster_batch_add(batch, proof->hash, muster_buffer_text(&proof->input), &proof->derived);
	}
}

/* Has the password or secret the keys that are on file? Both its traces are wiped. */
static bool is_right(enum muster_hash hash, struct muster_scram_keys *derived, const struct muster_scram_keys *keys,
                     struct muster_buffer *input)
{
	bool same = muster_scram_same(hash, derived, keys);

	muster_wipe(derived, sizeof(*derived));
	muster_buffer_clear(input);
	return same;
}

static void check_proofs(struct muster_operation *operation)
{
	for (size_t i = 0; i < operation->proof_count; i++) {
		struct muster_derivation *proof = &operation->proofs[i];
		bool right = is_right(proof->hash, &proof->derived, &proof->keys, &proof->input);

		operation->disproved = operation->disproved || !right;
	}
}

/* Proofs come first: for who cannot prove anything nothing is derived. */
static void gather(struct muster_task *task, struct muster_batch *batch)
{
	struct muster_operation *operation = muster_operation_of(task);

	if (operation->kind == MUSTER_MAKE_DEVICE)
		muster_equipping_gather(operation, batch);
	else if (operation->proof_count > 0)
		gather_proofs(operation, batch);
	else if (!operation->disproved)
		task->error = gather_new(operation, batch);
}

static void derive(struct muster_task *task)
{
	struct muster_operation *operation = muster_operation_of(task);
	struct muster_batch batch = { .count = 0 };

	check_proofs(operation);
	if (operation->disproved)
		return;
	if (operation->proof_count > 0)
		task->error = gather_new(operation, &batch);
	muster_batch_derive(&batch);
	muster_buffer_clear(&operation->derivable);
	for (size_t i = 0; i < operation->secret_count; i++)
		muster_buffer_clear(&operation->secrets[i].input);
}

/* A password is checked against the first set there is; a name that nobody has carries a decoy. */
static void gather_check(struct muster_task *task, struct muster_batch *batch)
{
	struct muster_operation *operation = muster_operation_of(task);
	enum muster_hash hash = muster_scram_first(operation->keys);

	operation->derived = operation->keys[hash];
	muster_batch_add(batch, hash, muster_buffer_text(&operation->derivable), &operation->derived);
}

static void check(struct muster_task *task)
{
	struct muster_operation *operation = muster_operation_of(task);
	enum muster_hash hash = muster_scram_first(operation->keys);
	bool same = is_right(hash, &operation->derived, &operation->keys[hash], &operation->derivable);

	task->error = !same                                        ? MUSTER_WRONG_PASSWORD
	              : operation->state == MUSTER_ACCOUNT_ENABLED ? MUSTER_OK
	                                                           : MUSTER_DISABLED;
}

/* --- changes --- */

int muster_operation_write_effect(struct muster_operation *operation, struct muster_transaction *transaction,
                                  enum muster_effect_kind kind)
{
	operation->effect = (struct muster_effect){
		.kind = kind,
		.at_s = muster_wall_clock_s(),
		.host = operation->host->name,
		.username = operation->username,
		.door = operation->effect_door.data ? operation->effect_door : operation->source.door,
		.role = kind == MUSTER_EFFECT_REGISTERED ? operation->role : MUSTER_NO_TEXT,
		.contact = operation->contact,
		.device = kind == MUSTER_EFFECT_DEVICE_REVOKED ? operation->device : MUSTER_NO_TEXT,
	};
	if (operation->pass.kind != 0) {
		operation->effect.invitation = muster_text_of(operation->pass_id);
		if (operation->pass.role.data)
			operation->effect.role = operation->pass.role;
		if (operation->pass.contact && muster_local_name(operation->host, operation->pass.inviter).data)
			operation->effect.contact = operation->pass.inviter;
	}
	return muster_effect_add(transaction, &operation->effect);
}

/* An account that somebody has made for themselves may have to prove itself for a while. */
static void limit(const struct muster_operation *operation, struct muster_account *account)
{
	const struct muster_host *host = operation->host;

	if (account->state == MUSTER_ACCOUNT_PENDING)
		account->purge_s = account->created_s + host->pending_s;
	else if (operation->self_service && !operation->invited && host->quarantine_role.data)
		account->lift_s = account->created_s + host->quarantine_s;
}

/* Note, or forget, when an account falls due. */
static int change_due(struct muster_transaction *transaction, const struct muster_account *account,
                      int (*change)(struct muster_transaction *transaction, struct muster_text host,
                                    struct muster_text name, int64_t at_s))
{
	int error = MUSTER_OK;

	if (account->purge_s != 0)
		error = change(transaction, account->host, account->name, account->purge_s);
	if (error == MUSTER_OK && account->lift_s != 0)
		error = change(transaction, account->host, account->name, account->lift_s);
	return error;
}

static int count_origin(const struct muster_operation *operation, struct muster_transaction *transaction,
                        struct muster_account *account)
{
	if (!operation->has_network || operation->host->accounts_per_address == 0)
		return MUSTER_OK;
	muster_host_origin(transaction, &operation->network, &account->origin);
	return muster_origin_add(transaction, account->host, &account->origin, 1);
}

/* The owner will log in from where they have registered, whoever has tried passwords at the name before. */
static int know_network(const struct muster_operation *operation, struct muster_transaction *transaction,
                        const struct muster_account *account)
{
	const struct muster_guard_rules *rules = &operation->host->guesses;
	const struct muster_guess_state state = { .at_s = account->created_s, .seen_s = account->created_s };
	struct muster_guess guess = {
		.host = account->host, .kind = MUSTER_GUESS_KNOWN, .subject = account->name, .forget_s = rules->forget_s
	};

	if (!operation->has_network || !operation->self_service || rules->off ||
	    operation->host->kind == MUSTER_HOST_SERVICE)
		return MUSTER_OK;
	muster_host_origin(transaction, &operation->network, &guess.origin);
	return muster_guess_write(transaction, &guess, account->created_s, &state, account->created_s + rules->known_s);
}

static int put_new(struct muster_operation *operation, struct muster_transaction *transaction,
                   enum muster_account_state state)
{
	char address[MUSTER_NETWORK_TEXT];
	struct muster_account account = {
		.host = operation->host->name,
		.name = operation->username,
		.state = state,
		.created_s = muster_wall_clock_s(),
		.door = operation->source.door,
	};
	int error;

	account.changed_s = account.password_changed_s = account.created_s;
	if (operation->has_network)
		account.address = muster_host_kept_address(operation->host, &operation->network, address);
	account.inviter = operation->pass.inviter;
	limit(operation, &account);
	error = count_origin(operation, transaction, &account);
	if (error == MUSTER_OK)
		error = know_network(operation, transaction, &account);
	if (error == MUSTER_OK && account.inviter.data)
		error = muster_invitee_add(transaction, account.host, account.inviter, account.name);
	if (error == MUSTER_OK)
		error = change_due(transaction, &account, muster_due_add);
	return error == MUSTER_OK ? muster_operation_put(operation, transaction, &account) : error;
}

/* What state a new account begins in. */
static int first_state(const struct muster_operation *operation, struct muster_transaction *transaction,
                       enum muster_account_state *state)
{
	enum muster_mode mode;
	int error = muster_mode_now(operation->host, transaction, muster_wall_clock_s(), &mode);

	*state = operation->kind == MUSTER_CREATE ? MUSTER_ACCOUNT_UNFINISHED : MUSTER_ACCOUNT_ENABLED;
	if (mode == MUSTER_MODE_APPROVAL && operation->self_service && !operation->invited)
		*state = MUSTER_ACCOUNT_PENDING;
	return error;
}

/* Who is gone has invited nobody any more that has not come yet; and nobody has invited them. */
static int leave_inviters(struct muster_transaction *transaction, const struct muster_account *account)
{
	struct muster_buffer jid = { 0 };
	int error = MUSTER_OK;

	muster_buffer_add(&jid, account->name);
	muster_buffer_add_byte(&jid, '@');
	error = muster_buffer_add(&jid, account->host);
	if (error == MUSTER_OK)
		error = muster_inviter_forget(transaction, account->host, muster_buffer_text(&jid));
	muster_buffer_clear(&jid);
	if (error == MUSTER_OK && account->inviter.data)
		error = muster_invitee_remove(transaction, account->host, account->inviter, account->name);
	return error;
}

/* What was never an account leaves nothing behind. */
static bool was_account(const struct muster_account *account)
{
	return account->state != MUSTER_ACCOUNT_UNFINISHED && account->state != MUSTER_ACCOUNT_PENDING;
}

static int remove_account(struct muster_operation *operation, struct muster_transaction *transaction,
                          const struct muster_account *account)
{
	int error = muster_account_remove(transaction, account->host, account->name);

	if (error == MUSTER_OK)
		error = change_due(transaction, account, muster_due_remove);
	if (error == MUSTER_OK)
		error = muster_lookalike_remove(transaction, account->host, account->name);
	if (error == MUSTER_OK && muster_origin_is_known(&account->origin))
		error = muster_origin_add(transaction, account->host, &account->origin, -1);
	if (error == MUSTER_OK)
		error = leave_inviters(transaction, account);
	if (error != MUSTER_OK || !was_account(account))
		return error;
	if (operation->host->tombstone_s != 0)
		error = muster_tombstone_put(transaction, account->host, account->name, muster_wall_clock_s(),
		                             operation->host->tombstone_s);
	return error == MUSTER_OK ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_DELETED)
	                          : error;
}

/* A name that was made by the host and never finished gives way, and all that is noted of it. */
static int clear_way(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error == MUSTER_OK) {
		error = remove_account(operation, transaction, &account);
		muster_account_clear(&account);
	}
	return error == MUSTER_OK || error == MUSTER_NOT_FOUND
	               ? muster_tombstone_remove(transaction, operation->host->name, operation->username)
	               : error;
}

static int add(struct muster_operation *operation, struct muster_transaction *transaction)
{
	enum muster_account_state state;
	int error = muster_operation_judge(operation, transaction, MUSTER_STAGE_COMMIT);

	if (error == MUSTER_OK)
		error = first_state(operation, transaction, &state);
	if (error == MUSTER_OK)
		error = clear_way(operation, transaction);
	if (error == MUSTER_OK)
		error = muster_lookalike_add(transaction, operation->host->name, operation->username);
	if (error == MUSTER_OK)
		error = put_new(operation, transaction, state);
	if (error == MUSTER_REFUSED)
		return muster_ruling_error(&operation->ruling);
	if (error != MUSTER_OK || state == MUSTER_ACCOUNT_UNFINISHED)
		return error;
	return muster_operation_write_effect(operation, transaction,
	                                     state == MUSTER_ACCOUNT_PENDING ? MUSTER_EFFECT_PENDING
	                                                                     : MUSTER_EFFECT_REGISTERED);
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

/* With a changed password, and with an account that nobody can log in to, the secrets of its devices go for good. */
static void revoke_devices(struct muster_account *account)
{
	account->device_count = 0;
}

/* An owner's account can be restored for a while; an operator knows what they do. */
static int unregister(struct muster_operation *operation, struct muster_transaction *transaction,
                      struct muster_account *account)
{
	int error;

	if (!operation->self_service || operation->host->grace_s == 0)
		return remove_account(operation, transaction, account);
	error = account->purge_s != 0 ? muster_due_remove(transaction, account->host, account->name, account->purge_s)
	                              : MUSTER_OK;
	revoke_devices(account);
	account->state = MUSTER_ACCOUNT_DELETED;
	account->purge_s = muster_wall_clock_s() + operation->host->grace_s;
	if (error == MUSTER_OK)
		error = muster_due_add(transaction, account->host, account->name, account->purge_s);
	return error == MUSTER_OK ? put(operation, transaction, account, MUSTER_EFFECT_DELETION_PENDING) : error;
}

/* What made a new account less than others goes. */
static int lift(struct muster_operation *operation, struct muster_transaction *transaction,
                struct muster_account *account)
{
	int error = muster_due_remove(transaction, account->host, account->name, account->lift_s);

	account->lift_s = 0;
	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, account->door, &operation->effect_door);
	if (error == MUSTER_OK)
		error = put(operation, transaction, account,
		            account->state == MUSTER_ACCOUNT_ENABLED ? MUSTER_EFFECT_LIFTED : 0);
	return error;
}

static int fall_due(struct muster_operation *operation, struct muster_transaction *transaction,
                    struct muster_account *account)
{
	int64_t now_s = muster_wall_clock_s();

	if (account->purge_s != 0 && account->purge_s <= now_s)
		return remove_account(operation, transaction, account);
	if (account->lift_s != 0 && account->lift_s <= now_s)
		return lift(operation, transaction, account);
	return MUSTER_NOT_FOUND;
}

static int set_password(struct muster_operation *operation, struct muster_transaction *transaction,
                        struct muster_account *account)
{
	bool unfinished = account->state == MUSTER_ACCOUNT_UNFINISHED;
	int error;

	revoke_devices(account);
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

static enum muster_effect_kind effect_of_enabling(enum muster_account_state state)
{
	if (state == MUSTER_ACCOUNT_ENABLED)
		return 0;
	return state == MUSTER_ACCOUNT_UNFINISHED || state == MUSTER_ACCOUNT_PENDING ? MUSTER_EFFECT_REGISTERED
	                                                                             : MUSTER_EFFECT_ENABLED;
}

/* Enabling what was only named, or waits to be approved, makes it an account; what its owner removed is restored. */
static int enable(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	enum muster_effect_kind kind = effect_of_enabling(account->state);
	int error = MUSTER_OK;

	if (account->purge_s != 0)
		error = muster_due_remove(transaction, account->host, account->name, account->purge_s);
	if (error == MUSTER_OK && account->state == MUSTER_ACCOUNT_PENDING)
		error = muster_arena_copy(&operation->arena, account->door, &operation->effect_door);
	account->state = MUSTER_ACCOUNT_ENABLED;
	account->purge_s = 0;
	account->reason = MUSTER_NO_TEXT;
	return error == MUSTER_OK ? put(operation, transaction, account, kind) : error;
}

/* Only what waits is approved or rejected. */
static int decide(struct muster_operation *operation, struct muster_transaction *transaction,
                  struct muster_account *account)
{
	if (account->state != MUSTER_ACCOUNT_PENDING)
		return MUSTER_NOT_FOUND;
	return operation->kind == MUSTER_APPROVE ? enable(operation, transaction, account)
	                                         : remove_account(operation, transaction, account);
}

/* What its owner removed stays removed: it is disabled already. */
static int disable(struct muster_operation *operation, struct muster_transaction *transaction,
                   struct muster_account *account)
{
	bool enabled = account->state == MUSTER_ACCOUNT_ENABLED;

	if (account->state != MUSTER_ACCOUNT_DELETED && account->state != MUSTER_ACCOUNT_PENDING)
		account->state = MUSTER_ACCOUNT_DISABLED;
	account->reason = operation->reason;
	revoke_devices(account);
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
	case MUSTER_FALL_DUE:
		return fall_due(operation, transaction, account);
	case MUSTER_CONFIRM:
		return account->lift_s != 0 ? lift(operation, transaction, account) : MUSTER_NOT_FOUND;
	case MUSTER_APPROVE:
	case MUSTER_REJECT:
		return decide(operation, transaction, account);
	case MUSTER_CHANGE_PASSWORD:
		return set_password(operation, transaction, account);
	case MUSTER_EDIT:
		return edit(operation, transaction, account);
	case MUSTER_ENABLE:
		return enable(operation, transaction, account);
	case MUSTER_MAKE_DEVICE:
	case MUSTER_REVOKE_DEVICE:
		return muster_equipping_commit(operation, transaction, account);
	default:
		return disable(operation, transaction, account);
	}
}

static int release(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	int64_t at_s;
	int error = muster_tombstone_get(transaction, operation->host->name, operation->username, &at_s);

	return error == MUSTER_OK ? muster_tombstone_remove(transaction, operation->host->name, operation->username)
	                          : error;
}

static bool is_meant(const struct muster_operation *operation, const struct muster_account *account)
{
	return !operation->bound || account->created_s == operation->created_s;
}

static int change_account(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error != MUSTER_OK)
		return error;
	error = is_meant(operation, &account) ? change(operation, transaction, &account) : MUSTER_NOT_FOUND;
	muster_account_clear(&account);
	return error;
}

static int carry_out(struct muster_operation *operation, struct muster_transaction *transaction)
{
	int error;

	if (muster_steers(operation->kind))
		return muster_steering_commit(operation, transaction);
	if (muster_is_inviting(operation->kind))
		return muster_inviting_commit(operation, transaction);
	error = muster_operation_spend_pass(operation, transaction);
	if (error != MUSTER_OK)
		return error;
	if (operation->kind == MUSTER_REGISTER && operation->host->kind == MUSTER_HOST_SERVICE)
		return muster_record_put(operation, transaction);
	if (operation->kind == MUSTER_REGISTER || operation->kind == MUSTER_CREATE)
		return add(operation, transaction);
	if (operation->kind == MUSTER_RELEASE)
		return release(operation, transaction);
	return change_account(operation, transaction);
}

static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_operation *operation = muster_operation_of(task);
	int error = carry_out(operation, transaction);

	return error == MUSTER_OK && operation->verdict == MUSTER_OK ? muster_operation_record(operation, transaction)
	                                                             : error;
}

static void free_task(struct muster_task *task)
{
	muster_operation_free(muster_operation_of(task));
}

const struct muster_task_kind muster_change_task = { gather, derive, commit, free_task };
const struct muster_task_kind muster_check_task = { gather_check, check, NULL, free_task };
