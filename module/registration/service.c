/* service.c -- registration with a service, such as a contest or a gateway, by anybody's bare JID (XEP-0077, section
 * 3.1), judged. */
#include "muster/preparation.h"
#include "registration/handling.h"

/* Requests of one asker. */
struct asker {
	struct muster_handling *handling;
	struct muster_text jid; /* bare, prepared */
	const struct muster_account *record;
};

/* --- registering --- */

/* A registered asker whose password may not simply be changed gives the present one. */
static bool keeps_password(const struct asker *asker)
{
	const struct muster_host *host = asker->handling->host;

	return asker->record && host->password.asked && host->change_password != MUSTER_ALLOW &&
	       muster_account_first_hash(asker->record) != MUSTER_HASH_COUNT;
}

/* Answers on file may not simply be changed either: who could give new ones could cancel with them. */
static bool gives_answers_on_file(const struct asker *asker)
{
	const struct muster_host *host = asker->handling->host;

	for (size_t i = 0; asker->record && i < host->field_count; i++)
		if (host->fields[i].secret && asker->handling->submission.values[i].value.size > 0 &&
		    muster_account_secret(asker->record, host->fields[i].name))
			return true;
	return false;
}

static int operate(const struct asker *asker, struct muster_text username)
{
	struct muster_handling *handling = asker->handling;
	struct muster_text password = handling->submission.password.value, proof = MUSTER_NO_TEXT;
	int error;

	if (password.size > 0 && keeps_password(asker))
		proof = password;
	if (handling->host->password.asked && password.size > 0 && !proof.data)
		error = muster_handling_operate_with_password(handling, MUSTER_REGISTER, asker->jid, username);
	else
		error = muster_handling_operate(handling, MUSTER_REGISTER, asker->jid);
	if (error == MUSTER_OK && *handling->operation && (proof.data || gives_answers_on_file(asker)))
		error = muster_handling_prove(handling, proof, MUSTER_PROOF_CHANGE);
	return error;
}

static int copy(struct muster_handling *handling, struct muster_text username)
{
	int error = muster_handling_copy_fields(handling);

	if (error == MUSTER_OK && username.size > 0)
		error = muster_operation_add_field(*handling->operation, MUSTER_TEXT("username"), username);
	return error;
}

static int register_asker(const struct asker *asker)
{
	struct muster_handling *handling = asker->handling;
	struct muster_text given = handling->submission.username.value;
	struct muster_objection objection = muster_submission_object(&handling->submission, handling->host);
	struct muster_buffer username = { 0 };
	int error = MUSTER_OK;

	if (handling->submission.empty)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, NONE));
	if (objection.complaint != MUSTER_PHRASE_NONE)
		return muster_handling_object(handling, &objection);
	if (handling->host->username.asked && given.size > 0)
		error = muster_name_prepare(given, &username);
	if (error == MUSTER_BAD_NAME)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, NAME_UNUSABLE));
	if (error == MUSTER_OK)
		error = operate(asker, muster_buffer_text(&username));
	if (error == MUSTER_OK && *handling->operation)
		error = copy(handling, muster_buffer_text(&username));
	muster_buffer_clear(&username);
	return error;
}

/* --- what only the registered can do --- */

static int check_name(const struct asker *asker)
{
	struct muster_text given = asker->handling->submission.username.value, own = MUSTER_NO_TEXT;
	int error;

	if (!asker->handling->host->username.asked)
		return MUSTER_OK;
	for (size_t i = 0; i < asker->record->field_count; i++)
		if (muster_text_is_c(asker->record->fields[i].name, "username"))
			own = asker->record->fields[i].value;
	error = muster_name_is(given, own);
	if (error == MUSTER_BAD_NAME) {
		struct muster_buffer jid = { 0 };

		error = muster_bare_jid_prepare(given, &jid);
		if (error == MUSTER_OK && !muster_text_is(muster_buffer_text(&jid), asker->jid))
			error = MUSTER_BAD_NAME;
		muster_buffer_clear(&jid);
	}
	return error;
}

static int change_password(const struct asker *asker)
{
	struct muster_handling *handling = asker->handling;
	const struct muster_submission *submission = &handling->submission;
	int error;

	if (handling->host->change_password == MUSTER_DENY || !handling->host->password.asked)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, CHANGE_DENIED));
	if (handling->host->change_password == MUSTER_BY_FORM && submission->old_password.value.size == 0)
		return muster_handling_ask_proof(handling, MUSTER_PROOF_CHANGE,
		                                 MUSTER_REFUSAL(NOT_AUTHORIZED, CHANGE_PROOF));
	if (submission->password.value.size == 0)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, PASSWORD_MISSING));
	error = muster_handling_operate_with_password(handling, MUSTER_CHANGE_PASSWORD, asker->jid,
	                                              submission->username.value);
	if (error == MUSTER_OK && *handling->operation && muster_submission_proves(submission, handling->host))
		error = muster_handling_prove(handling, submission->old_password.value, MUSTER_PROOF_CHANGE);
	return error;
}

static int use_form(const struct asker *asker)
{
	struct muster_handling *handling = asker->handling;
	int error = check_name(asker);

	if (error == MUSTER_BAD_NAME)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(FORBIDDEN, NOT_YOURS));
	if (error != MUSTER_OK)
		return error;
	return handling->submission.purpose == MUSTER_PURPOSE_CANCEL_FORM
	               ? muster_handle_cancel_form(handling, asker->jid)
	               : change_password(asker);
}

/* --- any request --- */

static int judge_set(const struct asker *asker)
{
	struct muster_handling *handling = asker->handling;
	enum muster_purpose purpose = handling->submission.purpose;
	bool registers = purpose == MUSTER_PURPOSE_REGISTER || purpose == MUSTER_PURPOSE_NOTHING;

	if (purpose == MUSTER_PURPOSE_REMOVE && handling->submission.misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, REMOVE_ALONE));
	if (!asker->record && !registers)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(REGISTRATION_REQUIRED, NOT_REGISTERED));
	if (purpose == MUSTER_PURPOSE_REMOVE)
		return muster_handle_removal(handling, asker->jid);
	if (handling->submission.misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, NONE));
	if (purpose == MUSTER_PURPOSE_NOTHING)
		return muster_handling_result(handling);
	if (!registers)
		return use_form(asker);
	if (!asker->record && handling->mode == MUSTER_MODE_REDIRECT)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, ELSEWHERE));
	return register_asker(asker);
}

static int judge(const struct asker *asker)
{
	struct muster_handling *handling = asker->handling;
	enum muster_mode mode = handling->mode;

	if (!asker->record && mode == MUSTER_MODE_CLOSED)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, CLOSED));
	if (handling->request.type == MUSTER_REQUEST_SET)
		return judge_set(asker);
	if (!asker->record && mode == MUSTER_MODE_REDIRECT)
		return muster_reply_redirect(handling->outcome, &handling->address, handling->host);
	return muster_handling_show(handling, asker->record);
}

static int judge_jid(struct muster_handling *handling, struct muster_text jid)
{
	struct muster_account record;
	struct asker asker = { .handling = handling, .jid = jid };
	int error = muster_handling_mode(handling, &handling->mode);

	if (error == MUSTER_OK)
		error = muster_handling_find(handling, jid, &record);
	if (error == MUSTER_NOT_FOUND)
		return judge(&asker);
	if (error != MUSTER_OK)
		return error;
	asker.record = &record;
	error = judge(&asker);
	muster_account_clear(&record);
	return error;
}

int muster_handle_service(struct muster_handling *handling)
{
	struct muster_buffer jid = { 0 };
	int error = MUSTER_OK;

	if (handling->request.to.data)
		error = muster_domain_is(handling->request.to, handling->host->name);
	if (error == MUSTER_BAD_NAME || handling->facts->sender == MUSTER_SENDER_STREAM)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (error == MUSTER_OK)
		error = muster_bare_jid_prepare(handling->facts->full_jid, &jid);
	if (error == MUSTER_BAD_NAME)
		error = muster_handling_refuse(handling, MUSTER_REFUSAL(FORBIDDEN, NONE));
	else if (error == MUSTER_OK && !handling->facts->local && !handling->host->allow_remote)
		error = muster_handling_refuse(handling, MUSTER_REFUSAL(FORBIDDEN, LOCAL_ONLY));
	else if (error == MUSTER_OK)
		error = judge_jid(handling, muster_buffer_text(&jid));
	muster_buffer_clear(&jid);
	return error;
}
