/* pass.c -- invitations that are shown (XEP-0445), and what becomes of them. */
#include "registration/pass.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "muster/preparation.h"
#include "registration/handling.h"

enum { FOREIGN_KEPT_S = 366 * 86400 /* for which another module's token stays used up that does not say how long */ };

/* --- what a token is good for --- */

struct muster_text muster_local_name(const struct muster_host *host, struct muster_text jid)
{
	const char *at = jid.size > 0 ? memchr(jid.data, '@', jid.size) : NULL;
	size_t size = at ? (size_t)(at - jid.data) : 0;

	if (!at || !muster_text_is((struct muster_text){ at + 1, jid.size - size - 1 }, host->name))
		return MUSTER_NO_TEXT;
	return (struct muster_text){ jid.data, size };
}

int muster_inviter_check(struct muster_transaction *transaction, const struct muster_host *host,
                         struct muster_text inviter)
{
	struct muster_text name = muster_local_name(host, inviter);
	struct muster_account account;
	int error;

	if (!name.data)
		return MUSTER_OK;
	error = muster_account_get(transaction, host->name, name, &account);
	if (error != MUSTER_OK)
		return error;
	error = account.state == MUSTER_ACCOUNT_ENABLED ? MUSTER_OK : MUSTER_NOT_FOUND;
	muster_account_clear(&account);
	return error;
}

/* An account of that name may be another by now. */
static int check_account(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_account account;
	int error = muster_account_get(transaction, invitation->host, invitation->name, &account);

	if (error != MUSTER_OK)
		return error;
	error = account.created_s == invitation->account_s ? MUSTER_OK : MUSTER_NOT_FOUND;
	muster_account_clear(&account);
	return error;
}

static int check_invitation(struct muster_transaction *transaction, const struct muster_host *host,
                            const struct muster_invitation *invitation)
{
	if (!muster_invitation_is_live(invitation, muster_wall_clock_s()))
		return MUSTER_NOT_FOUND;
	switch (invitation->kind) {
	case MUSTER_INVITATION_REGISTER:
		return muster_inviter_check(transaction, host, invitation->inviter);
	case MUSTER_INVITATION_RESET:
		return check_account(transaction, invitation);
	default:
		return MUSTER_NOT_FOUND;
	}
}

int muster_pass_copy(struct muster_pass *copy, struct muster_arena *arena, const struct muster_pass *pass)
{
	int error = muster_arena_copy(arena, pass->name, &copy->name);

	if (error == MUSTER_OK)
		error = muster_arena_copy(arena, pass->inviter, &copy->inviter);
	if (error == MUSTER_OK)
		error = muster_arena_copy(arena, pass->role, &copy->role);
	if (error != MUSTER_OK)
		return error;
	copy->kind = pass->kind;
	copy->foreign = pass->foreign;
	copy->reusable = pass->reusable;
	copy->contact = pass->contact;
	copy->account_s = pass->account_s;
	copy->expires_s = pass->expires_s;
	memcpy(copy->hash, pass->hash, sizeof(copy->hash));
	return MUSTER_OK;
}

static int of_invitation(struct muster_pass *pass, struct muster_arena *arena,
                         const struct muster_invitation *invitation)
{
	struct muster_pass found = {
		.kind = invitation->kind,
		.name = invitation->name,
		.inviter = invitation->inviter,
		.role = invitation->role,
		.contact = invitation->contact,
		.account_s = invitation->account_s,
		.expires_s = invitation->expires_s,
	};

	memcpy(found.hash, invitation->hash, sizeof(found.hash));
	return muster_pass_copy(pass, arena, &found);
}

/* An inviter that is no account's JID is nobody to us; a name that nobody can have makes it worth nothing. */
static int prepare_foreign(const struct muster_foreign *foreign, struct muster_buffer *name,
                           struct muster_buffer *inviter)
{
	int error = foreign->inviter.data ? muster_bare_jid_prepare(foreign->inviter, inviter) : MUSTER_OK;

	if (error != MUSTER_OK && error != MUSTER_BAD_NAME)
		return error;
	if (foreign->name.data)
		return muster_name_prepare(foreign->name, name);
	return foreign->resets ? MUSTER_BAD_NAME : MUSTER_OK;
}

static int of_foreign(struct muster_pass *pass, struct muster_arena *arena, const struct muster_foreign *foreign)
{
	struct muster_pass found = {
		.kind = foreign->resets ? MUSTER_INVITATION_RESET : MUSTER_INVITATION_REGISTER,
		.foreign = true,
		.reusable = foreign->reusable,
		.role = foreign->role,
		.contact = foreign->contact,
		.expires_s = foreign->expires_s,
	};
	struct muster_buffer name = { 0 }, inviter = { 0 };
	int error = prepare_foreign(foreign, &name, &inviter);

	found.name = muster_buffer_text(&name);
	found.inviter = muster_buffer_text(&inviter);
	muster_token_hash(foreign->token, found.hash);
	if (error == MUSTER_OK)
		error = muster_pass_copy(pass, arena, &found);
	muster_buffer_clear(&name);
	muster_buffer_clear(&inviter);
	return error == MUSTER_BAD_NAME ? MUSTER_NOT_FOUND : error;
}

int muster_pass_of_token(struct muster_pass *pass, struct muster_arena *arena, struct muster_transaction *transaction,
                         const struct muster_host *host, struct muster_text token, const struct muster_foreign *foreign)
{
	struct muster_invitation invitation;
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	int error;

	if (token.size == 0)
		return MUSTER_NOT_FOUND;
	muster_token_hash(token, hash);
	error = muster_invitation_get(transaction, host->name, hash, &invitation);
	if (error == MUSTER_OK) {
		error = check_invitation(transaction, host, &invitation);
		if (error == MUSTER_OK)
			error = of_invitation(pass, arena, &invitation);
		muster_invitation_clear(&invitation);
		return error;
	}
	if (error != MUSTER_NOT_FOUND || !foreign || !muster_text_is(foreign->token, token))
		return error;
	error = of_foreign(pass, arena, foreign);
	return error == MUSTER_OK ? muster_inviter_check(transaction, host, pass->inviter) : error;
}

/* --- on a stream --- */

void muster_stream_forget_pass(struct muster_stream *stream)
{
	muster_arena_clear(&stream->passes);
	stream->pass = (struct muster_pass){ .kind = 0 };
}

/* What was shown before no longer counts. */
static int remember(struct muster_stream *stream, const struct muster_pass *pass)
{
	int error;

	muster_stream_forget_pass(stream);
	error = muster_pass_copy(&stream->pass, &stream->passes, pass);
	if (error != MUSTER_OK)
		muster_stream_forget_pass(stream);
	return error;
}

/* One answer to all that are worth nothing; whoever tries too many is sent away. */
static int refuse_token(struct muster_handling *handling)
{
	struct muster_stream *stream = handling->facts->stream;
	bool over = ++stream->bad_tokens > handling->host->stream_attempts;
	int error = muster_handling_refuse(handling, MUSTER_REFUSAL(ITEM_NOT_FOUND, INVITATION_UNKNOWN));

	if (error == MUSTER_OK && over)
		muster_outcome_close(handling->outcome, "policy-violation", "Too many attempts.");
	return error;
}

static int find_pass(struct muster_handling *handling, struct muster_text token)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_pass_of_token(&handling->pass, &handling->arena, transaction, handling->host, token,
	                             &handling->facts->foreign);
	muster_transaction_abort(transaction);
	return error;
}

static int judge_token(struct muster_handling *handling)
{
	int error;

	if (!handling->facts->stream)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	error = find_pass(handling, muster_element_attribute(handling->request.query, "token"));
	if (error == MUSTER_NOT_FOUND)
		return refuse_token(handling);
	if (error == MUSTER_OK)
		error = remember(handling->facts->stream, &handling->pass);
	return error == MUSTER_OK ? muster_handling_result(handling) : error;
}

/* Nothing is used up by it (XEP-0445, section 4), so the audit has it with the account alone; it is counted. */
int muster_handle_preauth(struct muster_handling *handling)
{
	int error = judge_token(handling);

	handling->outcome->action = MUSTER_TEXT("show-invitation");
	return error;
}

int muster_handling_take_pass(struct muster_handling *handling)
{
	const struct muster_stream *stream = handling->facts->stream;
	int error = MUSTER_NOT_FOUND;

	handling->invited = handling->facts->invited;
	if (stream && stream->pass.kind != 0)
		error = muster_pass_copy(&handling->pass, &handling->arena, &stream->pass);
	else if (handling->facts->foreign.token.data)
		error = find_pass(handling, handling->facts->foreign.token);
	if (error == MUSTER_OK)
		handling->invited = true;
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* --- on an operation --- */

int muster_operation_take_pass(struct muster_operation *operation, const struct muster_pass *pass)
{
	char reason[sizeof("invitation ") + MUSTER_INVITATION_ID_SIZE];
	struct muster_buffer text = { 0 };
	int error = muster_pass_copy(&operation->pass, &operation->arena, pass);

	if (error != MUSTER_OK || pass->kind == 0)
		return error;
	operation->invited = true;
	muster_invitation_id(pass->hash, operation->pass_id);
	snprintf(reason, sizeof(reason), "invitation %s", operation->pass_id);
	muster_buffer_add_c(&text, reason);
	if (pass->inviter.data) {
		muster_buffer_add_c(&text, " of ");
		muster_buffer_add(&text, pass->inviter);
	}
	error = text.error != MUSTER_OK
	                ? text.error
	                : muster_arena_copy(&operation->arena, muster_buffer_text(&text), &operation->reason);
	muster_buffer_clear(&text);
	return error;
}

int muster_operation_invite(struct muster_operation *operation, const struct muster_foreign *foreign)
{
	struct muster_pass pass = { .kind = 0 };
	int error;

	if (!foreign || !foreign->token.data) {
		operation->invited = true;
		return MUSTER_OK;
	}
	error = of_foreign(&pass, &operation->arena, foreign);
	if (error == MUSTER_OK && (pass.kind != MUSTER_INVITATION_REGISTER ||
	                           (pass.name.data && !muster_text_is(pass.name, operation->username))))
		error = MUSTER_NOT_FOUND;
	return error == MUSTER_OK ? muster_operation_take_pass(operation, &pass) : error;
}

struct muster_text muster_operation_invitation(const struct muster_operation *operation, bool *foreign)
{
	*foreign = operation->pass.foreign;
	return operation->pass.kind != 0 ? muster_text_of(operation->pass_id) : MUSTER_NO_TEXT;
}

int muster_operation_check_pass(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_invitation invitation;
	bool spent;
	int error;

	if (operation->pass.kind == 0)
		return MUSTER_OK;
	error = muster_invitation_get(transaction, operation->host->name, operation->pass.hash, &invitation);
	if (error != MUSTER_OK && error != MUSTER_NOT_FOUND)
		return error;
	spent = (error == MUSTER_NOT_FOUND) != operation->pass.foreign || (error == MUSTER_OK && invitation.uses == 0);
	muster_invitation_clear(&invitation);
	return spent ? MUSTER_SPENT : MUSTER_OK;
}

/* The other module may forget what it has promised; so its token is noted here. */
static int spend_foreign(const struct muster_operation *operation, struct muster_transaction *transaction,
                         int64_t now_s)
{
	const struct muster_pass *pass = &operation->pass;
	struct muster_invitation invitation = {
		.host = operation->host->name,
		.kind = MUSTER_INVITATION_FOREIGN,
		.name = pass->name,
		.inviter = pass->inviter,
		.created_s = now_s,
		.expires_s = pass->expires_s != 0 ? pass->expires_s : now_s + FOREIGN_KEPT_S,
		.taker = operation->username,
		.taken_s = now_s,
	};
	int error;

	memcpy(invitation.hash, pass->hash, sizeof(invitation.hash));
	error = muster_invitation_add(transaction, &invitation);
	return error == MUSTER_EXISTS ? MUSTER_SPENT : error;
}

int muster_operation_spend_pass(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	const struct muster_pass *pass = &operation->pass;
	int64_t now_s = muster_wall_clock_s();

	if (pass->kind == 0)
		return MUSTER_OK;
	if (pass->foreign)
		return pass->reusable ? MUSTER_OK : spend_foreign(operation, transaction, now_s);
	return muster_invitation_spend(transaction, operation->host->name, pass->hash, operation->username, now_s);
}
