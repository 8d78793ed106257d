/* operation.c -- an operation's life, and what its outcome is. */
#include "registration/operation.h"

#include "base/memory.h"
#include "policy/prefix.h"
#include "registration/reply.h"

int muster_operation_new(struct muster_operation **operation, struct muster_host *host, enum muster_operation_kind kind,
                         struct muster_text username, const struct muster_origin *origin)
{
	struct muster_operation *made = muster_allocate_zeroed(1, sizeof(*made));
	struct muster_text door = origin->door.data ? origin->door : MUSTER_TEXT("in-band");

	*operation = NULL;
	if (!made)
		return MUSTER_NO_MEMORY;
	made->task.kind = kind == MUSTER_CHECK_PASSWORD ? &muster_check_task : &muster_change_task;
	made->task.prefix = muster_prefix_of(origin->address);
	made->kind = kind;
	made->host = muster_host_retain(host);
	if (muster_arena_copy(&made->arena, username, &made->username) != MUSTER_OK ||
	    muster_arena_copy(&made->arena, door, &made->door) != MUSTER_OK) {
		muster_operation_free(made);
		return MUSTER_NO_MEMORY;
	}
	*operation = made;
	return MUSTER_OK;
}

int muster_operation_room(struct muster_operation *operation, size_t count)
{
	operation->fields = muster_arena_take(&operation->arena, (count + 1) * sizeof(*operation->fields));
	return operation->fields ? MUSTER_OK : MUSTER_NO_MEMORY;
}

int muster_operation_add_field(struct muster_operation *operation, struct muster_text name, struct muster_text value)
{
	struct muster_field *field = &operation->fields[operation->field_count];
	int error = muster_arena_copy(&operation->arena, name, &field->name);

	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, value, &field->value);
	if (error == MUSTER_OK)
		operation->field_count++;
	return error;
}

int muster_operation_prove(struct muster_operation *operation, struct muster_store *store, struct muster_buffer *proof)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, operation->host->name, operation->username, &account);
	muster_transaction_abort(transaction);
	if (error != MUSTER_OK)
		return error;
	operation->proven_hash = 0;
	while (operation->proven_hash + 1 < MUSTER_HASH_COUNT && account.keys[operation->proven_hash].iterations == 0)
		operation->proven_hash++;
	operation->proven = account.keys[operation->proven_hash];
	operation->proof = *proof;
	*proof = (struct muster_buffer){ 0 };
	muster_account_clear(&account);
	return MUSTER_OK;
}

void muster_operation_free(struct muster_operation *operation)
{
	if (!operation)
		return;
	muster_address_clear(&operation->address);
	muster_buffer_clear(&operation->derivable);
	muster_buffer_clear(&operation->proof);
	muster_arena_clear(&operation->arena);
	muster_host_release(operation->host);
	muster_free(operation);
}

enum muster_operation_kind muster_operation_kind(const struct muster_operation *operation)
{
	return operation->kind;
}

struct muster_text muster_operation_username(const struct muster_operation *operation)
{
	return operation->username;
}

size_t muster_operation_field_count(const struct muster_operation *operation)
{
	return operation->field_count;
}

const struct muster_field *muster_operation_fields(const struct muster_operation *operation)
{
	return operation->fields;
}

struct muster_task *muster_operation_task(struct muster_operation *operation)
{
	return &operation->task;
}

struct muster_operation *muster_operation_of(struct muster_task *task)
{
	return (struct muster_operation *)task;
}

/* --- outcomes --- */

static int refuse(struct muster_operation *operation, int error, const struct muster_refusal *refusal,
                  struct muster_outcome *outcome)
{
	outcome->error = error;
	outcome->text = refusal->text;
	return operation->answers ? muster_reply_error(outcome, &operation->address, refusal) : MUSTER_OK;
}

int muster_operation_veto(struct muster_operation *operation, struct muster_text type, struct muster_text condition,
                          struct muster_text text, struct muster_outcome *outcome)
{
	struct muster_refusal refusal = { .condition = muster_condition_of(condition),
		                          .type = muster_condition_type_of(type) };

	*outcome = (struct muster_outcome){ 0 };
	if (refusal.condition == MUSTER_CONDITION_COUNT)
		refusal.condition = MUSTER_CONDITION_NOT_ACCEPTABLE;
	if (text.data && muster_buffer_add(&outcome->owned, text) != MUSTER_OK)
		return MUSTER_NO_MEMORY;
	refusal.text = muster_buffer_text(&outcome->owned);
	return refuse(operation, MUSTER_REFUSED, &refusal, outcome);
}

/* What a failed change tells whoever asked for it. */
static struct muster_refusal refusal_of(int error)
{
	switch (error) {
	case MUSTER_EXISTS:
		return (struct muster_refusal){ .condition = MUSTER_CONDITION_CONFLICT,
			                        .text = MUSTER_TEXT("That username is taken.") };
	case MUSTER_NOT_FOUND:
		return (struct muster_refusal){ .condition = MUSTER_CONDITION_REGISTRATION_REQUIRED,
			                        .text = MUSTER_TEXT("There is no such account any more.") };
	case MUSTER_FULL:
	case MUSTER_BUSY:
	case MUSTER_NO_MEMORY:
		return (struct muster_refusal){ .condition = MUSTER_CONDITION_RESOURCE_CONSTRAINT,
			                        .text = MUSTER_TEXT("The server is overloaded. Try again later.") };
	case MUSTER_WRONG_PASSWORD:
		return (struct muster_refusal){ .condition = MUSTER_CONDITION_NOT_AUTHORIZED,
			                        .text = MUSTER_TEXT("The password is wrong.") };
	default:
		return (struct muster_refusal){ .condition = MUSTER_CONDITION_INTERNAL_SERVER_ERROR,
			                        .text = MUSTER_TEXT(
							"The account could not be changed. Try again later.") };
	}
}

/* A wrong proof may be tried again (XEP-0077, section 3.3, has the type modify for that). */
static void ask_again(const struct muster_operation *operation, struct muster_refusal *refusal)
{
	if (operation->kind == MUSTER_UNREGISTER) {
		refusal->form = MUSTER_PROOF_CANCEL;
	} else {
		refusal->form = MUSTER_PROOF_CHANGE;
		refusal->type = "modify";
	}
}

static int finish_failed(struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct muster_refusal refusal = refusal_of(operation->task.error);

	if (operation->task.error == MUSTER_WRONG_PASSWORD)
		ask_again(operation, &refusal);

	return refuse(operation, operation->task.error, &refusal, outcome);
}

/* The account's other streams are closed with it (XEP-0077, section 3.2), or so that they log in anew. */
static void add_effect(struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct muster_action *action = muster_outcome_add(outcome, MUSTER_ACTION_EFFECT);

	action->effect = operation->effect;
	muster_effect_closing(operation->effect.kind, &action->condition, &action->text);
}

int muster_operation_look(struct muster_operation *operation, struct muster_store *store,
                          struct muster_outcome *outcome)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error;

	*outcome = (struct muster_outcome){ 0 };
	if (operation->kind != MUSTER_REGISTER && operation->kind != MUSTER_CREATE)
		return MUSTER_OK;
	error = muster_transaction_read(store, &transaction);
	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, operation->host->name, operation->username, &account);
	muster_transaction_abort(transaction);
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error != MUSTER_OK)
		return error;
	error = muster_reservation_is_stale(&account) ? MUSTER_OK : MUSTER_EXISTS;
	muster_account_clear(&account);
	if (error == MUSTER_EXISTS) {
		operation->task.error = error;
		finish_failed(operation, outcome);
	}
	return error;
}

/* The order on the asker's stream is answer, closing; then the effect closes the account's other streams. */
int muster_operation_finish(struct muster_operation *operation, struct muster_outcome *outcome)
{
	int error = MUSTER_OK;

	*outcome = (struct muster_outcome){ 0 };
	if (operation->task.error != MUSTER_OK)
		return finish_failed(operation, outcome);
	if (operation->answers)
		error = muster_reply_result(outcome, &operation->address);
	if (operation->answers && operation->kind == MUSTER_UNREGISTER)
		muster_outcome_close(outcome, "not-authorized", "The account was removed.");
	if (operation->effect.kind != 0)
		add_effect(operation, outcome);
	return error;
}
