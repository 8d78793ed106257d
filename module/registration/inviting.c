/* inviting.c -- orders about invitations. */
#include "registration/inviting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "muster/preparation.h"
#include "registration/judgement.h"

bool muster_is_inviting(enum muster_operation_kind kind)
{
	return kind == MUSTER_INVITE || kind == MUSTER_REVOKE || kind == MUSTER_BEFRIEND;
}

bool muster_inviting_names(const struct muster_operation *operation)
{
	return operation->kind == MUSTER_INVITE && operation->invitation.kind == MUSTER_INVITATION_REGISTER &&
	       operation->username.size > 0;
}

int muster_inviting_prepare(const struct muster_order *order, struct muster_buffer *subject)
{
	if (order->kind == MUSTER_REVOKE || order->username.size == 0)
		return muster_buffer_set(subject, order->username);
	return muster_name_prepare(order->username, subject);
}

/* --- taking an order --- */

/* A contact has to be somebody of this host; another password is for an account; one name is for one person. */
static bool makes_sense(const struct muster_operation *operation, const struct muster_invitation *wanted)
{
	bool named = operation->username.size > 0;
	bool local = muster_local_name(operation->host, operation->invitation.inviter).data != NULL;

	switch (wanted->kind) {
	case MUSTER_INVITATION_REGISTER:
		return (!wanted->contact || local) && (!named || wanted->uses <= 1);
	case MUSTER_INVITATION_CONTACT:
		return local && !named && !wanted->role.data;
	case MUSTER_INVITATION_RESET:
		return named && !wanted->contact && !wanted->role.data && wanted->uses <= 1;
	default:
		return false;
	}
}

static int own(struct muster_arena *arena, struct muster_text text, struct muster_text *copy)
{
	return text.size > 0 ? muster_arena_copy(arena, text, copy) : MUSTER_OK;
}

static int take_inviter(struct muster_operation *operation, struct muster_text jid)
{
	struct muster_buffer prepared = { 0 };
	int error = jid.size > 0 ? muster_bare_jid_prepare(jid, &prepared) : MUSTER_OK;

	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_buffer_text(&prepared),
		                          &operation->invitation.inviter);
	muster_buffer_clear(&prepared);
	return error;
}

static int copy_texts(struct muster_operation *operation, const struct muster_invitation *wanted)
{
	struct muster_invitation *invitation = &operation->invitation;
	int error = own(&operation->arena, wanted->role, &invitation->role);

	if (error == MUSTER_OK)
		error = own(&operation->arena, wanted->note, &invitation->note);
	if (operation->username.size > 0)
		invitation->name = operation->username;
	return error;
}

static int make_token(struct muster_operation *operation)
{
	char token[MUSTER_TOKEN_SIZE + 1], reason[sizeof("invitation ") + MUSTER_INVITATION_ID_SIZE];
	int error = muster_token_make(token);

	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_text_of(token), &operation->token);
	muster_wipe(token, sizeof(token));
	if (error != MUSTER_OK)
		return error;
	muster_token_hash(operation->token, operation->invitation.hash);
	muster_invitation_id(operation->invitation.hash, operation->pass_id);
	snprintf(reason, sizeof(reason), "invitation %s", operation->pass_id);
	return muster_arena_copy(&operation->arena, muster_text_of(reason), &operation->reason);
}

static int take_invitation(struct muster_operation *operation, const struct muster_invitation *wanted)
{
	struct muster_invitation *invitation = &operation->invitation;
	int error = wanted ? take_inviter(operation, wanted->inviter) : MUSTER_MALFORMED;

	if (error == MUSTER_OK &&
	    (!makes_sense(operation, wanted) || (wanted->expires_s != 0 && wanted->expires_s <= muster_wall_clock_s())))
		error = MUSTER_MALFORMED;
	if (error != MUSTER_OK)
		return error;
	invitation->host = operation->host->name;
	invitation->kind = wanted->kind;
	invitation->contact = wanted->contact || wanted->kind == MUSTER_INVITATION_CONTACT;
	invitation->expires_s = wanted->expires_s;
	invitation->uses = wanted->uses > 0 ? wanted->uses : 1;
	error = copy_texts(operation, wanted);
	return error == MUSTER_OK ? make_token(operation) : error;
}

static int take_contact(struct muster_operation *operation, const struct muster_order *order)
{
	struct muster_buffer contact = { 0 };
	int error = muster_bare_jid_prepare(order->contact, &contact);

	muster_token_hash(order->token, operation->invitation.hash);
	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_buffer_text(&contact), &operation->contact);
	muster_buffer_clear(&contact);
	return error;
}

int muster_inviting_take(struct muster_operation *operation, const struct muster_order *order)
{
	if (order->kind == MUSTER_INVITE)
		return take_invitation(operation, order->invitation);
	return order->kind == MUSTER_BEFRIEND ? take_contact(operation, order) : MUSTER_OK;
}

/* --- how many --- */

static struct muster_bucket quota_of(const struct muster_operation *operation)
{
	const struct muster_window *quota = &operation->host->throttle.quota;

	return (struct muster_bucket){ operation->host->name, operation->invitation.inviter, quota->limit,
		                       quota->period_s };
}

static bool has_quota(const struct muster_operation *operation)
{
	return operation->self_service && operation->host->throttle.quota.period_s > 0 &&
	       operation->invitation.inviter.data;
}

static int judge_quota(struct muster_operation *operation, struct muster_transaction *transaction)
{
	const struct muster_bucket quota = quota_of(operation);
	struct muster_verdict *ruling = &operation->ruling;
	struct muster_level level = { 0 };
	int64_t wait_s;
	int error;

	if (!has_quota(operation))
		return MUSTER_OK;
	error = muster_bucket_read(transaction, &quota, muster_wall_clock_s(), &level);
	wait_s = error == MUSTER_OK ? muster_bucket_wait(&quota, level) : 0;
	if (wait_s <= 0)
		return error;
	*ruling = (struct muster_verdict){ .rule = "invite-quota",
		                           .applies = true,
		                           .ground = MUSTER_GROUND_OFTEN,
		                           .phrase = MUSTER_PHRASE_INVITED_TOO_MANY,
		                           .wait_s = wait_s };
	snprintf(ruling->detail, sizeof(ruling->detail), "there are %.1f of %u invitations in %" PRId64 " s",
	         (double)level.all / MUSTER_BUCKET_ONE, (unsigned)quota.limit, quota.period_s);
	return MUSTER_REFUSED;
}

/* --- making --- */

static int find_account(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error != MUSTER_OK)
		return error;
	operation->invitation.account_s = account.created_s;
	error = account.state == MUSTER_ACCOUNT_UNFINISHED ? MUSTER_NOT_FOUND : MUSTER_OK;
	muster_account_clear(&account);
	return error;
}

static int look_at_invitation(struct muster_operation *operation, struct muster_transaction *transaction)
{
	int error = muster_inviter_check(transaction, operation->host, operation->invitation.inviter);

	if (error == MUSTER_OK && operation->invitation.kind == MUSTER_INVITATION_RESET)
		error = find_account(operation, transaction);
	return error == MUSTER_OK ? judge_quota(operation, transaction) : error;
}

static int invite(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_invitation *invitation = &operation->invitation;
	const struct muster_bucket quota = quota_of(operation);
	int error = look_at_invitation(operation, transaction);

	if (error == MUSTER_OK)
		error = muster_operation_judge(operation, transaction, MUSTER_STAGE_COMMIT);
	if (error != MUSTER_OK)
		return error == MUSTER_REFUSED ? muster_ruling_error(&operation->ruling) : error;
	invitation->created_s = muster_wall_clock_s();
	if (invitation->expires_s == 0)
		invitation->expires_s = invitation->created_s + operation->host->invite_s;
	error = muster_invitation_add(transaction, invitation);
	if (error == MUSTER_OK && has_quota(operation))
		error = muster_bucket_add(transaction, &quota, invitation->created_s,
		                          (struct muster_level){ .all = MUSTER_BUCKET_ONE });
	return error;
}

void muster_inviting_tell(const struct muster_operation *operation, struct muster_outcome *outcome)
{
	if (operation->kind != MUSTER_INVITE)
		return;
	outcome->token = operation->token;
	outcome->invitation = muster_text_of(operation->pass_id);
	outcome->expires_s = operation->invitation.expires_s;
}

/* --- taking back --- */

static int revoke(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_invitation invitation;
	int error = muster_invitation_find(transaction, operation->host->name, operation->username, &invitation);

	if (error != MUSTER_OK)
		return error;
	/* What another module's was used for is to be remembered. */
	error = invitation.kind == MUSTER_INVITATION_FOREIGN ? MUSTER_NOT_FOUND
	                                                     : muster_invitation_remove(transaction, &invitation);
	muster_invitation_clear(&invitation);
	return error;
}

/* --- taking one to become a contact (XEP-0379) --- */

/* The account is the inviter; to anybody else the token says nothing. */
static int look_at_contact(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_invitation invitation;
	int error = muster_invitation_get(transaction, operation->host->name, operation->invitation.hash, &invitation);

	if (error != MUSTER_OK)
		return error;
	if (!invitation.contact || !muster_invitation_is_live(&invitation, muster_wall_clock_s()) ||
	    !muster_text_is(muster_local_name(operation->host, invitation.inviter), operation->username))
		error = MUSTER_NOT_FOUND;
	if (error == MUSTER_OK)
		error = muster_inviter_check(transaction, operation->host, invitation.inviter);
	muster_invitation_clear(&invitation);
	return error;
}

static int befriend(struct muster_operation *operation, struct muster_transaction *transaction)
{
	int error = look_at_contact(operation, transaction);

	if (error == MUSTER_OK)
		error = muster_invitation_spend(transaction, operation->host->name, operation->invitation.hash,
		                                operation->contact, muster_wall_clock_s());
	return error == MUSTER_OK ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_BEFRIENDED)
	                          : error;
}

/* --- all --- */

int muster_inviting_look(struct muster_operation *operation, struct muster_transaction *transaction)
{
	if (operation->kind == MUSTER_INVITE)
		return look_at_invitation(operation, transaction);
	return operation->kind == MUSTER_BEFRIEND ? look_at_contact(operation, transaction) : MUSTER_OK;
}

int muster_inviting_commit(struct muster_operation *operation, struct muster_transaction *transaction)
{
	switch (operation->kind) {
	case MUSTER_INVITE:
		return invite(operation, transaction);
	case MUSTER_REVOKE:
		return revoke(operation, transaction);
	default:
		return befriend(operation, transaction);
	}
}
