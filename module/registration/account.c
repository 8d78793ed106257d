/* account.c -- requests of an account of this host about itself, judged. */
#include "muster/preparation.h"
#include "registration/handling.h"

static int judge_get(struct muster_handling *handling)
{
	struct muster_account account;
	int error = muster_handling_find(handling, handling->facts->username, &account);

	if (error == MUSTER_NOT_FOUND)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(REGISTRATION_REQUIRED, NOT_REGISTERED));
	if (error != MUSTER_OK)
		return error;
	error = muster_handling_show(handling, &account);
	muster_account_clear(&account);
	return error;
}

/* --- change --- */

/* XEP-0077, section 3.3, gives this error the type modify: the client may come back over TLS. */
static int refuse_plaintext(struct muster_handling *handling)
{
	struct muster_refusal refusal = MUSTER_REFUSAL(NOT_AUTHORIZED, ENCRYPT_FIRST);

	refusal.type = "modify";
	return muster_handling_refuse(handling, refusal);
}

static int copy_edits(struct muster_handling *handling, int error)
{
	if (error != MUSTER_OK || !*handling->operation || !muster_handling_edits(handling))
		return error;
	return muster_handling_copy_edits(handling);
}

static int change_password(struct muster_handling *handling)
{
	const struct muster_submission *submission = &handling->submission;
	const enum muster_permission permission = muster_handling_permits(handling, handling->host->change_password);
	struct muster_text own = handling->facts->username;
	int error;

	if (permission == MUSTER_DENY)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, CHANGE_DENIED));
	if (permission == MUSTER_BY_FORM && submission->old_password.value.size == 0)
		return muster_handling_ask_proof(handling, MUSTER_PROOF_CHANGE,
		                                 MUSTER_REFUSAL(NOT_AUTHORIZED, CHANGE_PROOF));
	if (submission->password.value.size == 0)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, PASSWORD_MISSING));
	error = muster_handling_operate_with_password(handling, MUSTER_CHANGE_PASSWORD, own, own);
	error = copy_edits(handling, error);
	if (error == MUSTER_OK && *handling->operation && muster_submission_proves(submission, handling->host))
		error = muster_handling_prove(handling, submission->old_password.value, MUSTER_PROOF_CHANGE);
	return error;
}

static int change_data(struct muster_handling *handling)
{
	struct muster_objection objection = muster_submission_object_to_change(&handling->submission, handling->host);

	if (objection.complaint != MUSTER_PHRASE_NONE)
		return muster_handling_object(handling, &objection);
	if (handling->submission.password.value.size == 0 && muster_handling_edits(handling))
		return copy_edits(handling, muster_handling_operate(handling, MUSTER_EDIT, handling->facts->username));
	return change_password(handling);
}

/* A form may name the account by its localpart or its bare JID; without one the localpart alone is a username. */
static int check_own_name(struct muster_handling *handling)
{
	struct muster_text given = handling->submission.username.value;
	int error = muster_name_is(given, handling->facts->username);

	if (error == MUSTER_BAD_NAME && handling->submission.purpose != MUSTER_PURPOSE_REGISTER)
		error = muster_jid_is(given, handling->facts->username, handling->host->name);
	return error;
}

static int act_on_own_account(struct muster_handling *handling)
{
	int error;

	if (handling->submission.username.value.size == 0)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, USERNAME_MISSING));
	error = check_own_name(handling);
	if (error == MUSTER_BAD_NAME)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(FORBIDDEN, NOT_YOURS));
	if (error != MUSTER_OK)
		return error;
	if (handling->submission.purpose == MUSTER_PURPOSE_CANCEL_FORM)
		return muster_handle_cancel_form(handling, handling->facts->username);
	return change_data(handling);
}

/* A key may be left out here, but not be wrong. */
static bool has_wrong_key(const struct muster_handling *handling)
{
	return handling->host->legacy_key && handling->submission.key.value.data &&
	       !muster_stream_has_key(handling->facts->stream, handling->submission.key.value);
}

int muster_handle_account(struct muster_handling *handling)
{
	const struct muster_submission *submission = &handling->submission;
	bool removal = submission->purpose == MUSTER_PURPOSE_REMOVE;

	if (handling->request.type == MUSTER_REQUEST_GET)
		return judge_get(handling);
	if (has_wrong_key(handling) && !submission->misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, KEY_WRONG));
	if (removal)
		return muster_handle_removal(handling, handling->facts->username);
	if (handling->host->require_tls && !handling->facts->secure)
		return refuse_plaintext(handling);
	if (submission->misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, NONE));
	if (submission->purpose == MUSTER_PURPOSE_NOTHING)
		return muster_handling_result(handling);
	return act_on_own_account(handling);
}
