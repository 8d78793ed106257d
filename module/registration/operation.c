/* operation.c -- an operation's life, and what its outcome is. */
#include "registration/operation.h"

#include "base/memory.h"
#include "policy/prefix.h"
#include "registration/equipping.h"
#include "registration/handling.h"
#include "registration/inviting.h"
#include "registration/judgement.h"

int muster_operation_new(struct muster_operation **operation, struct muster_host *host, enum muster_operation_kind kind,
                         struct muster_text username, const struct muster_source *source)
{
	struct muster_operation *made = muster_allocate_zeroed(1, sizeof(*made));
	struct muster_text door = source->door.data ? source->door : MUSTER_TEXT("in-band");

	*operation = NULL;
	if (!made)
		return MUSTER_NO_MEMORY;
	made->task.kind = kind == MUSTER_CHECK_PASSWORD ? &muster_check_task : &muster_change_task;
	made->task.prefix = muster_prefix_of(source->address);
	made->has_network =
		source->address.size > 0 && muster_network_read(source->address, &made->network) == MUSTER_OK;
	made->kind = kind;
	made->host = muster_host_retain(host);
	if (muster_arena_copy(&made->arena, username, &made->username) != MUSTER_OK ||
	    muster_arena_copy(&made->arena, door, &made->source.door) != MUSTER_OK ||
	    muster_arena_copy(&made->arena, source->actor, &made->source.actor) != MUSTER_OK) {
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

static int expect(struct muster_operation *operation, size_t count, struct muster_derivation **derivations)
{
	*derivations = muster_arena_take(&operation->arena, (count + 1) * sizeof(**derivations));
	return *derivations ? MUSTER_OK : MUSTER_NO_MEMORY;
}

static void take_input(struct muster_derivation *derivation, struct muster_buffer *input)
{
	derivation->input = *input;
	*input = (struct muster_buffer){ 0 };
}

int muster_operation_expect_secrets(struct muster_operation *operation, size_t count)
{
	return expect(operation, count, &operation->secrets);
}

int muster_operation_add_secret(struct muster_operation *operation, struct muster_text name,
                                struct muster_buffer *input)
{
	struct muster_derivation *secret = &operation->secrets[operation->secret_count];
	int error = muster_arena_copy(&operation->arena, name, &secret->name);

	if (error != MUSTER_OK)
		return error;
	secret->hash = MUSTER_SHA_256;
	take_input(secret, input);
	operation->secret_count++;
	return MUSTER_OK;
}

int muster_operation_expect_proofs(struct muster_operation *operation, size_t count)
{
	operation->proves = true;
	return expect(operation, count, &operation->proofs);
}

int muster_operation_add_proof(struct muster_operation *operation, struct muster_text name, struct muster_buffer *input,
                               enum muster_hash hash, const struct muster_scram_keys *keys)
{
	struct muster_derivation *proof = &operation->proofs[operation->proof_count];
	int error = muster_arena_copy(&operation->arena, name, &proof->name);

	if (error != MUSTER_OK)
		return error;
	proof->hash = hash;
	proof->keys = *keys;
	take_input(proof, input);
	operation->proof_count++;
	return MUSTER_OK;
}

/* A stream whose registration came to nothing may try again. */
static void leave_stream(struct muster_operation *operation)
{
	if (operation->stream && operation->kind == MUSTER_REGISTER && !operation->stream->registered)
		operation->stream->registering = false;
	muster_stream_release(operation->stream);
}

void muster_operation_free(struct muster_operation *operation)
{
	if (!operation)
		return;
	muster_address_clear(&operation->address);
	muster_buffer_clear(&operation->derivable);
	for (size_t i = 0; i < operation->secret_count; i++)
		muster_buffer_clear(&operation->secrets[i].input);
	for (size_t i = 0; i < operation->proof_count; i++)
		muster_buffer_clear(&operation->proofs[i].input);
	leave_stream(operation);
	muster_challenge_free(operation->challenge);
	muster_arena_clear(&operation->arena);
	muster_host_release(operation->host);
	muster_free(operation);
}

enum muster_operation_kind muster_operation_kind(const struct muster_operation *operation)
{
	return operation->kind;
}

bool muster_operation_waits(const struct muster_operation *operation)
{
	return operation->kind == MUSTER_CHALLENGE && muster_picture_commanded(operation->host->challenges.maker);
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

const char *muster_operation_kind_name(enum muster_operation_kind kind)
{
	static const char *const names[] = {
		[MUSTER_REGISTER] = "register",
		[MUSTER_UNREGISTER] = "unregister",
		[MUSTER_CHANGE_PASSWORD] = "change-password",
		[MUSTER_CREATE] = "create",
		[MUSTER_ENABLE] = "enable",
		[MUSTER_DISABLE] = "disable",
		[MUSTER_CHECK_PASSWORD] = "check-password",
		[MUSTER_EDIT] = "edit",
		[MUSTER_FALL_DUE] = "fall-due",
		[MUSTER_CONFIRM] = "confirm",
		[MUSTER_APPROVE] = "approve",
		[MUSTER_REJECT] = "reject",
		[MUSTER_DIRECT] = "direct",
		[MUSTER_RETRACT] = "retract",
		[MUSTER_RESET_THROTTLE] = "reset-throttle",
		[MUSTER_RESET_GUESSES] = "reset-guesses",
		[MUSTER_RELEASE] = "release",
		[MUSTER_CHALLENGE] = "challenge",
		[MUSTER_INVITE] = "invite",
		[MUSTER_REVOKE] = "revoke",
		[MUSTER_BEFRIEND] = "befriend",
		[MUSTER_MAKE_DEVICE] = "make-device",
		[MUSTER_REVOKE_DEVICE] = "revoke-device",
	};

	return names[kind];
}

/* --- outcomes --- */

int muster_operation_refuse(struct muster_operation *operation, int error, struct muster_refusal refusal,
                            struct muster_outcome *outcome)
{
	bool over = muster_stream_fail(operation->stream, operation->host, &refusal);
	struct muster_text language;
	int failed;

	outcome->error = error;
	outcome->rule = muster_text_of(operation->ruling.rule);
	if (operation->ruling.detail[0])
		outcome->detail = muster_text_of(operation->ruling.detail);
	outcome->action = muster_operation_action(operation);
	outcome->tally = operation->tally;
	failed = muster_operation_note(operation, error, &outcome->note);
	if (failed != MUSTER_OK)
		return failed;
	if (!operation->answers)
		return muster_outcome_say(outcome, operation->host, &refusal, MUSTER_NO_TEXT, &language);
	failed = muster_reply_error(outcome, &operation->address, operation->host, &refusal);
	if (failed == MUSTER_OK && over)
		muster_outcome_close(outcome, "policy-violation", "Too many attempts.");
	return failed;
}

int muster_operation_veto(struct muster_operation *operation, const struct muster_veto *veto,
                          struct muster_outcome *outcome)
{
	struct muster_refusal refusal = { .condition = muster_condition_of(veto->condition),
		                          .type = muster_condition_type_of(veto->type),
		                          .wait_s = veto->wait_s };
	struct muster_text rule = veto->rule.data ? veto->rule : MUSTER_TEXT("veto");

	*outcome = (struct muster_outcome){ 0 };
	if (refusal.condition == MUSTER_CONDITION_COUNT)
		refusal.condition = MUSTER_CONDITION_NOT_ACCEPTABLE;
	if ((veto->text.data && muster_buffer_add(&outcome->owned, veto->text) != MUSTER_OK) ||
	    muster_arena_copy(&operation->arena, rule, &rule) != MUSTER_OK)
		return MUSTER_NO_MEMORY;
	operation->ruling = (struct muster_verdict){ .rule = rule.data };
	refusal.text = muster_buffer_text(&outcome->owned);
	return muster_operation_refuse(operation, MUSTER_REFUSED, refusal, outcome);
}

/* Who registers again at a service is shown the form for another password only where it would be of use. */
static bool offers_change_form(const struct muster_operation *operation)
{
	return operation->kind != MUSTER_REGISTER ||
	       (operation->host->password.asked && operation->host->change_password == MUSTER_BY_FORM);
}

/* A wrong proof may be tried again (XEP-0077, section 3.3, has the type modify for that). */
static struct muster_refusal refuse_proof(const struct muster_operation *operation)
{
	struct muster_refusal refusal = MUSTER_REFUSAL(NOT_AUTHORIZED, PASSWORD_WRONG);
	bool secrets = false;

	for (size_t i = 0; i < operation->host->field_count; i++)
		secrets = secrets || operation->host->fields[i].secret;
	if (secrets)
		refusal.phrase = MUSTER_PHRASE_PROOF_WRONG;
	if (operation->kind == MUSTER_UNREGISTER) {
		refusal.form = MUSTER_PROOF_CANCEL;
		return refusal;
	}
	refusal.type = "modify";
	if (offers_change_form(operation))
		refusal.form = MUSTER_PROOF_CHANGE;
	return refusal;
}

/* What a failed change tells whoever asked for it. */
struct muster_refusal muster_operation_refusal(const struct muster_operation *operation, int error)
{
	struct muster_refusal refusal;

	if (error == MUSTER_NOT_FOUND && operation->pass.kind != 0)
		return MUSTER_REFUSAL(ITEM_NOT_FOUND, INVITATION_UNKNOWN);
	if ((error == MUSTER_REFUSED || error == MUSTER_EXISTS) && operation->ruling.ground != MUSTER_GROUND_NONE)
		return muster_refusal_of(&operation->ruling);
	switch (error) {
	case MUSTER_EXISTS:
		return MUSTER_REFUSAL(CONFLICT, NAME_TAKEN);
	case MUSTER_NOT_FOUND:
		return MUSTER_REFUSAL(REGISTRATION_REQUIRED, NOT_REGISTERED);
	case MUSTER_SPENT:
		return MUSTER_REFUSAL(ITEM_NOT_FOUND, INVITATION_UNKNOWN);
	case MUSTER_FULL:
	case MUSTER_BUSY:
	case MUSTER_NO_MEMORY:
		return MUSTER_REFUSAL(RESOURCE_CONSTRAINT, OVERLOADED);
	case MUSTER_WRONG_PASSWORD:
		return refuse_proof(operation);
	case MUSTER_BLOCKED:
		refusal = MUSTER_REFUSAL(POLICY_VIOLATION, PROOF_BLOCKED);
		refusal.type = "wait";
		refusal.wait_s = MUSTER_PROOF_PERIOD_S;
		return refusal;
	default:
		return MUSTER_REFUSAL(INTERNAL_SERVER_ERROR, NOT_CHANGED);
	}
}

/* The account's other streams are closed with it (XEP-0077, section 3.2), or so that they log in anew. Those who
 * register at a service have no streams with it. */
static void add_effect(struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct muster_action *action = muster_outcome_add(outcome, MUSTER_ACTION_EFFECT);

	action->effect = operation->effect;
	if (operation->host->kind == MUSTER_HOST_ACCOUNTS)
		muster_effect_closing(operation->effect.kind, &action->condition, &action->text);
}

int muster_operation_look(struct muster_operation *operation, struct muster_store *store,
                          struct muster_outcome *outcome)
{
	struct muster_transaction *transaction;
	int error;

	*outcome = (struct muster_outcome){ 0 };
	error = muster_transaction_read(store, &transaction);
	if (error != MUSTER_OK)
		return error;
	error = muster_operation_check_pass(operation, transaction);
	if (error == MUSTER_OK && muster_is_inviting(operation->kind))
		error = muster_inviting_look(operation, transaction);
	if (error == MUSTER_OK && muster_is_equipping(operation->kind))
		error = muster_equipping_look(operation, transaction);
	if (error == MUSTER_OK)
		error = muster_operation_judge(operation, transaction, MUSTER_STAGE_LOOK);
	muster_transaction_abort(transaction);
	if (error != MUSTER_REFUSED)
		return error;
	error = muster_ruling_error(&operation->ruling);
	operation->task.error = error;
	if (muster_operation_refuse(operation, error, muster_operation_refusal(operation, error), outcome) == MUSTER_OK)
		return error;
	muster_outcome_clear(outcome);
	return MUSTER_NO_MEMORY;
}

int muster_operation_list(struct muster_operation *operation, struct muster_text list)
{
	return muster_arena_copy(&operation->arena, list, &operation->listed);
}

int muster_operation_cast(struct muster_operation *operation, struct muster_text role)
{
	return muster_arena_copy(&operation->arena, role, &operation->role);
}

static void note_registration(struct muster_operation *operation)
{
	if (!operation->stream)
		return;
	operation->stream->registered = true;
	operation->stream->key[0] = '\0';
	muster_stream_challenge(operation->stream, NULL);
	muster_stream_forget_pass(operation->stream);
}

/* Somebody else has used the invitation: it counts as not shown, and the request is to be judged anew. Who wanted
 * another password did not want another account. */
static bool is_to_begin_anew(struct muster_operation *operation, int failed)
{
	if (failed != MUSTER_SPENT || !operation->answers)
		return false;
	if (operation->stream)
		muster_stream_forget_pass(operation->stream);
	return operation->pass.kind == MUSTER_INVITATION_REGISTER;
}

/* The order on the asker's stream is answer, closing; then the effect closes the account's other streams. */
int muster_operation_finish(struct muster_operation *operation, struct muster_outcome *outcome)
{
	int failed = operation->task.error != MUSTER_OK ? operation->task.error : operation->verdict;
	bool account = operation->host->kind == MUSTER_HOST_ACCOUNTS;
	int error = MUSTER_OK;

	*outcome = (struct muster_outcome){ 0 };
	if (operation->kind == MUSTER_CHALLENGE)
		return muster_challenge_finish(operation, failed, outcome);
	if (is_to_begin_anew(operation, failed)) {
		outcome->error = MUSTER_SPENT;
		return MUSTER_OK;
	}
	if (failed != MUSTER_OK)
		return muster_operation_refuse(operation, failed, muster_operation_refusal(operation, failed), outcome);
	note_registration(operation);
	if (operation->kind == MUSTER_RESET_GUESSES)
		muster_guard_clear(operation->host->guard);
	outcome->action = muster_operation_action(operation);
	outcome->tally = operation->tally;
	muster_inviting_tell(operation, outcome);
	muster_equipping_tell(operation, outcome);
	if (operation->answers)
		error = muster_reply_result(outcome, &operation->address);
	if (operation->answers && operation->kind == MUSTER_UNREGISTER && account)
		muster_outcome_close(outcome, "not-authorized", "The account was removed.");
	if (operation->effect.kind != 0)
		add_effect(operation, outcome);
	return error;
}
