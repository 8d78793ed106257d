/* proof.c -- who asks must prove it: by the password and by secrets that stand on file (XEP-0077, sections 3.2, 3.3).
 */
#include "base/clock.h"
#include "muster/preparation.h"
#include "registration/handling.h"

/* XEP-0077, section 3.3, gives not-authorized the type modify: the client may come back with more. */
int muster_handling_ask_proof(struct muster_handling *handling, enum muster_proof_form form,
                              struct muster_refusal refusal)
{
	refusal.form = form;
	if (form == MUSTER_PROOF_CHANGE)
		refusal.type = "modify";
	return muster_handling_refuse(handling, refusal);
}

/* The answer takes back the address that the operation has taken. */
static void abandon(struct muster_handling *handling)
{
	handling->address = (*handling->operation)->address;
	(*handling->operation)->address = (struct muster_address){ .has_id = false };
	muster_operation_free(*handling->operation);
	*handling->operation = NULL;
}

/* What cannot be a secret is a wrong one, and counts as such. */
static int add_proof(struct muster_handling *handling, struct muster_text name, const struct muster_text given,
                     const struct muster_scram_keys *keys, enum muster_hash hash)
{
	struct muster_operation *operation = *handling->operation;
	struct muster_buffer input = { 0 };
	int error = name.data ? muster_answer_prepare(given, &input) : muster_password_prepare(given, &input, NULL);

	if (error == MUSTER_BAD_PASSWORD || !keys || keys->iterations == 0) {
		operation->disproved = true;
		error = MUSTER_OK;
	} else if (error == MUSTER_OK) {
		error = muster_operation_add_proof(operation, name, &input, hash, keys);
	}
	muster_buffer_clear(&input);
	return error;
}

/* In a registration at a service an answer may be left out, by an empty field too: then it stays. */
static bool is_given(const struct muster_handling *handling, struct muster_text answer)
{
	return (*handling->operation)->kind == MUSTER_REGISTER ? answer.size > 0 : answer.data != NULL;
}

/* A secret that is not on file, because the account is older than the option, is not asked of it. */
static int add_secrets(struct muster_handling *handling, const struct muster_account *account, bool all)
{
	const struct muster_host *host = handling->host;
	int error = MUSTER_OK;

	for (size_t i = 0; i < host->field_count && error == MUSTER_OK; i++) {
		const struct muster_given *given = &handling->submission.values[i];
		const struct muster_scram_keys *keys = muster_account_secret(account, host->fields[i].name);

		if (host->fields[i].secret && keys && (all || is_given(handling, given->value)))
			error = add_proof(handling, host->fields[i].name, given->value, keys, MUSTER_SHA_256);
	}
	return error;
}

static int add_proofs(struct muster_handling *handling, const struct muster_account *account,
                      struct muster_text password, bool all)
{
	enum muster_hash hash = muster_account_first_hash(account);
	int error = muster_operation_expect_proofs(*handling->operation, handling->host->field_count + 1);

	if (error == MUSTER_OK && handling->host->password.asked && (all || password.data))
		error = add_proof(handling, MUSTER_NO_TEXT, password,
		                  hash < MUSTER_HASH_COUNT ? &account->keys[hash] : NULL,
		                  hash < MUSTER_HASH_COUNT ? hash : 0);
	return error == MUSTER_OK ? add_secrets(handling, account, all) : error;
}

/* Whoever has got hold of a device does not get hold of the account by it. */
enum muster_permission muster_handling_permits(const struct muster_handling *handling,
                                               enum muster_permission permission)
{
	return permission == MUSTER_ALLOW && handling->facts->device ? MUSTER_BY_FORM : permission;
}

/* What a registration at a service does not give it does not change either. */
static bool asks_all(const struct muster_handling *handling, enum muster_proof_form form)
{
	return form == MUSTER_PROOF_CANCEL ||
	       (muster_handling_permits(handling, handling->host->change_password) == MUSTER_BY_FORM &&
	        (*handling->operation)->kind != MUSTER_REGISTER);
}

static int look_at_tries(struct muster_handling *handling, struct muster_account *account)
{
	struct muster_transaction *transaction;
	size_t count = 0;
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, handling->host->name, (*handling->operation)->username, account);
	if (error == MUSTER_OK) {
		error = muster_proof_tries(*handling->operation, transaction, &count);
		if (error == MUSTER_OK && count >= MUSTER_PROOF_TRIES)
			error = MUSTER_BLOCKED;
		if (error != MUSTER_OK)
			muster_account_clear(account);
	}
	muster_transaction_abort(transaction);
	return error;
}

int muster_handling_prove(struct muster_handling *handling, struct muster_text password, enum muster_proof_form form)
{
	struct muster_account account;
	struct muster_refusal blocked = MUSTER_REFUSAL(POLICY_VIOLATION, PROOF_BLOCKED);
	int error = look_at_tries(handling, &account);

	if (error == MUSTER_OK) {
		error = add_proofs(handling, &account, password, asks_all(handling, form));
		muster_account_clear(&account);
	}
	if (error == MUSTER_OK)
		return MUSTER_OK;
	abandon(handling);
	blocked.type = "wait";
	blocked.wait_s = MUSTER_PROOF_PERIOD_S;
	if (error == MUSTER_BLOCKED)
		return muster_handling_refuse(handling, blocked);
	if (error == MUSTER_NOT_FOUND)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(REGISTRATION_REQUIRED, NOT_REGISTERED));
	return error;
}

static struct muster_remover remover_of(const struct muster_handling *handling)
{
	return (struct muster_remover){ handling->facts->role, handling->facts->last_admin };
}

int muster_handle_cancel_form(struct muster_handling *handling, struct muster_text name)
{
	const struct muster_remover asker = remover_of(handling);
	int error;

	if (handling->host->unregister == MUSTER_DENY)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, REMOVAL_DENIED));
	if (muster_removal_refused(handling->host, &asker, &handling->ruling))
		return muster_handling_refuse(handling, muster_refusal_of(&handling->ruling));
	error = muster_handling_operate(handling, MUSTER_UNREGISTER, name);
	return error == MUSTER_OK
	               ? muster_handling_prove(handling, handling->submission.password.value, MUSTER_PROOF_CANCEL)
	               : error;
}

int muster_handle_removal(struct muster_handling *handling, struct muster_text name)
{
	const struct muster_host *host = handling->host;
	const struct muster_remover asker = remover_of(handling);

	if (handling->submission.misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, REMOVE_ALONE));
	if (host->unregister == MUSTER_DENY)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, REMOVAL_DENIED));
	if (muster_removal_refused(host, &asker, &handling->ruling))
		return muster_handling_refuse(handling, muster_refusal_of(&handling->ruling));
	if (muster_handling_permits(handling, host->unregister) == MUSTER_BY_FORM)
		return muster_handling_ask_proof(handling, MUSTER_PROOF_CANCEL,
		                                 MUSTER_REFUSAL(NOT_ALLOWED, REMOVAL_PROOF));
	return muster_handling_operate(handling, MUSTER_UNREGISTER, name);
}

/* --- tries --- */

static struct muster_attempt tries_of(const struct muster_operation *operation)
{
	return (struct muster_attempt){
		.host = operation->host->name,
		.kind = MUSTER_TEXT("proof"),
		.subject = operation->username,
		.period_s = MUSTER_PROOF_PERIOD_S,
	};
}

int muster_proof_tries(const struct muster_operation *operation, struct muster_transaction *transaction, size_t *count)
{
	struct muster_attempt tries = tries_of(operation);

	return muster_attempt_count(transaction, &tries, muster_wall_clock_s(), count);
}

/* The keys that were checked against may have been changed since. */
static bool is_still_proven(const struct muster_operation *operation, const struct muster_account *account)
{
	for (size_t i = 0; i < operation->proof_count; i++) {
		const struct muster_derivation *proof = &operation->proofs[i];
		const struct muster_scram_keys *keys =
			proof->name.data ? muster_account_secret(account, proof->name) : &account->keys[proof->hash];

		if (!keys || !muster_scram_same(proof->hash, &proof->keys, keys))
			return false;
	}
	return true;
}

int muster_proof_judge(struct muster_operation *operation, struct muster_transaction *transaction,
                       const struct muster_account *account)
{
	struct muster_attempt tries = tries_of(operation);
	size_t count = 0;
	int error = muster_proof_tries(operation, transaction, &count);

	if (error != MUSTER_OK)
		return error;
	if (count >= MUSTER_PROOF_TRIES)
		operation->verdict = MUSTER_BLOCKED;
	else if (operation->disproved || !is_still_proven(operation, account))
		operation->verdict = MUSTER_WRONG_PASSWORD;
	return operation->disproved && count < MUSTER_PROOF_TRIES
	               ? muster_attempt_add(transaction, &tries, muster_wall_clock_s())
	               : MUSTER_OK;
}
