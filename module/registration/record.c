/* record.c -- what is on file, with what an operation brings; and the records of services, which are accounts under
 * bare JIDs (XEP-0077, section 3.1). */
#include "base/clock.h"
#include "muster/claim.h"
#include "registration/operation.h"

/* --- merging --- */

static bool is_edited(const struct muster_operation *operation, struct muster_text name)
{
	for (size_t i = 0; i < operation->edited_count; i++)
		if (muster_text_is(operation->edited[i], name))
			return true;
	return operation->kind == MUSTER_REGISTER;
}

static int merge_fields(struct muster_operation *operation, struct muster_account *account)
{
	size_t room = account->field_count + operation->field_count + 1, count = 0;
	struct muster_field *fields = muster_arena_take(&operation->arena, room * sizeof(*fields));

	if (!fields)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < account->field_count; i++)
		if (!is_edited(operation, account->fields[i].name))
			fields[count++] = account->fields[i];
	for (size_t i = 0; i < operation->field_count; i++)
		fields[count++] = operation->fields[i];
	account->fields = fields;
	account->field_count = count;
	return MUSTER_OK;
}

static bool brings_secret(const struct muster_operation *operation, struct muster_text name)
{
	for (size_t i = 0; i < operation->secret_count; i++)
		if (muster_text_is(operation->secrets[i].name, name))
			return true;
	return false;
}

/* Those that are not brought stay, as a password does. */
static int merge_secrets(struct muster_operation *operation, struct muster_account *account)
{
	size_t room = account->secret_count + operation->secret_count + 1, count = 0;
	struct muster_secret *secrets;

	if (operation->secret_count == 0)
		return MUSTER_OK;
	secrets = muster_arena_take(&operation->arena, room * sizeof(*secrets));
	if (!secrets)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < account->secret_count; i++)
		if (!brings_secret(operation, account->secrets[i].name))
			secrets[count++] = account->secrets[i];
	for (size_t i = 0; i < operation->secret_count; i++)
		secrets[count++] = (struct muster_secret){ operation->secrets[i].name, operation->secrets[i].keys };
	account->secrets = secrets;
	account->secret_count = count;
	return MUSTER_OK;
}

static bool brings_keys(const struct muster_operation *operation)
{
	return muster_scram_first(operation->keys) != MUSTER_HASH_COUNT;
}

int muster_operation_put(struct muster_operation *operation, struct muster_transaction *transaction,
                         const struct muster_account *account)
{
	struct muster_account merged = *account;
	int error = merge_fields(operation, &merged);

	if (error == MUSTER_OK)
		error = merge_secrets(operation, &merged);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && brings_keys(operation); hash++)
		merged.keys[hash] = operation->keys[hash];
	if (error == MUSTER_OK)
		error = muster_account_put(transaction, &merged);
	muster_wipe(&merged, sizeof(merged));
	return error;
}

/* --- records of services --- */

static const struct muster_text username_field = { "username", sizeof("username") - 1 };

static struct muster_text username_of(const struct muster_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (muster_text_is(fields[i].name, username_field))
			return fields[i].value;
	return MUSTER_NO_TEXT;
}

/* A name of the service's own belongs to one JID at a time. */
static int change_claim(struct muster_operation *operation, struct muster_transaction *transaction,
                        struct muster_text old, struct muster_text new)
{
	struct muster_text host = operation->host->name;
	int error = new.data ? muster_claim_take(transaction, host, new, operation->username) : MUSTER_OK;

	if (error == MUSTER_OK && old.data && !muster_text_is(old, new))
		error = muster_claim_release(transaction, host, old);
	return error;
}

static int replace(struct muster_operation *operation, struct muster_transaction *transaction,
                   struct muster_account *record, bool first)
{
	struct muster_text old = username_of(record->fields, record->field_count);
	int error = change_claim(operation, transaction, old, username_of(operation->fields, operation->field_count));

	record->changed_s = muster_wall_clock_s();
	if (first)
		record->created_s = record->changed_s;
	if (brings_keys(operation))
		record->password_changed_s = record->changed_s;
	if (error == MUSTER_OK)
		error = muster_operation_put(operation, transaction, record);
	return error == MUSTER_OK && first
	               ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_REGISTERED)
	               : error;
}

static bool is_proved(const struct muster_operation *operation, struct muster_text name)
{
	for (size_t i = 0; i < operation->proof_count; i++)
		if (muster_text_is(operation->proofs[i].name, name))
			return true;
	return false;
}

/* Would it replace what came on file only after the request was judged, so that no proof was asked? */
static bool replaces_unproved(const struct muster_operation *operation, const struct muster_account *record)
{
	for (size_t i = 0; i < operation->secret_count; i++)
		if (muster_account_secret(record, operation->secrets[i].name) &&
		    !is_proved(operation, operation->secrets[i].name))
			return true;
	return operation->answers && brings_keys(operation) && operation->host->change_password != MUSTER_ALLOW &&
	       muster_account_first_hash(record) != MUSTER_HASH_COUNT;
}

int muster_record_put(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account record;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &record);
	bool first = error == MUSTER_NOT_FOUND;

	if (error != MUSTER_OK && !first)
		return error;
	if (first) {
		record = (struct muster_account){ .host = operation->host->name,
			                          .name = operation->username,
			                          .state = MUSTER_ACCOUNT_ENABLED };
		/* What was to be proved by what is on file has gone meanwhile. */
		if (operation->proves)
			return MUSTER_NOT_FOUND;
	}
	error = operation->proves ? muster_proof_judge(operation, transaction, &record) : MUSTER_OK;
	if (error == MUSTER_OK && operation->verdict == MUSTER_OK && replaces_unproved(operation, &record))
		operation->verdict = MUSTER_WRONG_PASSWORD;
	if (error == MUSTER_OK && operation->verdict == MUSTER_OK)
		error = replace(operation, transaction, &record, first);
	if (!first)
		muster_account_clear(&record);
	return error;
}

int muster_record_remove(struct muster_operation *operation, struct muster_transaction *transaction,
                         const struct muster_account *record)
{
	struct muster_text old = username_of(record->fields, record->field_count);
	int error = change_claim(operation, transaction, old, MUSTER_NO_TEXT);

	if (error == MUSTER_OK)
		error = muster_account_remove(transaction, record->host, record->name);
	return error == MUSTER_OK ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_DELETED)
	                          : error;
}
