/* stream.c -- a stream that has not logged in: what is remembered of it, and its requests judged. */
#include "registration/stream.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "muster/preparation.h"
#include "registration/handling.h"

/* --- its memory --- */

int muster_stream_new(struct muster_stream **stream)
{
	*stream = muster_allocate_zeroed(1, sizeof(**stream));
	if (!*stream)
		return MUSTER_NO_MEMORY;
	(*stream)->references = 1;
	return MUSTER_OK;
}

struct muster_stream *muster_stream_retain(struct muster_stream *stream)
{
	if (stream)
		stream->references++;
	return stream;
}

void muster_stream_release(struct muster_stream *stream)
{
	if (!stream || --stream->references > 0)
		return;
	muster_challenge_free(stream->challenge);
	muster_stream_forget_pass(stream);
	muster_free(stream);
}

void muster_stream_challenge(struct muster_stream *stream, struct muster_challenge *challenge)
{
	muster_challenge_free(stream->challenge);
	stream->challenge = challenge;
}

bool muster_stream_registered(const struct muster_stream *stream)
{
	return stream->registered;
}

bool muster_stream_shows(const struct muster_stream *stream, struct muster_text cid)
{
	return cid.size > 0 && muster_challenge_lives(stream->challenge) &&
	       muster_text_is_c(cid, stream->challenge->cid);
}

int muster_stream_renew_key(struct muster_stream *stream, struct muster_text *key)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[MUSTER_STREAM_KEY_SIZE / 2];
	int error = muster_random(bytes, sizeof(bytes));

	if (error != MUSTER_OK)
		return error;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		stream->key[2 * i] = digits[bytes[i] >> 4];
		stream->key[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	*key = (struct muster_text){ stream->key, MUSTER_STREAM_KEY_SIZE };
	return MUSTER_OK;
}

bool muster_stream_has_key(const struct muster_stream *stream, struct muster_text key)
{
	return stream && stream->key[0] &&
	       muster_text_same_secret(key, (struct muster_text){ stream->key, MUSTER_STREAM_KEY_SIZE });
}

bool muster_stream_fail(struct muster_stream *stream, const struct muster_host *host, struct muster_refusal *refusal)
{
	if (!stream || ++stream->failures <= host->stream_attempts)
		return false;
	*refusal = MUSTER_REFUSAL(NOT_ACCEPTABLE, TOO_OFTEN);
	return true;
}

/* --- its requests --- */

/* Who was invited by a name has that one (XEP-0379, section 5.2). */
static int operate(struct muster_handling *handling, struct muster_text name)
{
	const struct muster_pass *pass = &handling->pass;

	if (pass->name.data && !muster_text_is(pass->name, name))
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, INVITATION_NAME));
	return muster_handling_operate_with_password(
		handling, pass->kind == MUSTER_INVITATION_RESET ? MUSTER_CHANGE_PASSWORD : MUSTER_REGISTER, name, name);
}

static int register_account(struct muster_handling *handling)
{
	struct muster_buffer username = { 0 };
	int error = muster_name_prepare(handling->submission.username.value, &username);

	if (error == MUSTER_BAD_NAME)
		error = muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, NAME_UNUSABLE));
	else if (error == MUSTER_OK)
		error = operate(handling, muster_buffer_text(&username));
	muster_buffer_clear(&username);
	if (error != MUSTER_OK || !*handling->operation)
		return error;
	(*handling->operation)->stream = muster_stream_retain(handling->facts->stream);
	(*handling->operation)->tally = handling->outcome->tally;
	handling->outcome->tally = (struct muster_tally){ 0 };
	if (handling->facts->stream)
		handling->facts->stream->registering = true;
	return handling->pass.kind == MUSTER_INVITATION_RESET ? MUSTER_OK : muster_handling_copy_fields(handling);
}

/* Whoever chooses another password has filled in the rest before. */
static bool is_reset(const struct muster_handling *handling)
{
	return handling->pass.kind == MUSTER_INVITATION_RESET && handling->submission.username.value.size > 0 &&
	       handling->submission.password.value.size > 0;
}

static int judge_registration(struct muster_handling *handling)
{
	const struct muster_submission *submission = &handling->submission;
	struct muster_stream *stream = handling->facts->stream;
	enum muster_solution solution = MUSTER_SOLUTION_UNKNOWN;
	struct muster_objection objection = { .complaint = MUSTER_PHRASE_NONE };
	bool refused = false;
	int error = MUSTER_OK;

	if (handling->mode == MUSTER_MODE_REDIRECT && !handling->invited)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, ELSEWHERE));
	if (stream && stream->registering)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, ONCE));
	if (!is_reset(handling))
		objection = muster_submission_object(submission, handling->host);
	if (objection.complaint != MUSTER_PHRASE_NONE)
		return muster_handling_object(handling, &objection);
	if (handling->host->legacy_key && !muster_stream_has_key(stream, submission->key.value))
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ACCEPTABLE, KEY_WRONG));
	if (muster_handling_is_challenged(handling))
		error = muster_challenge_judge(stream ? stream->challenge : NULL, submission, &solution,
		                               &handling->outcome->tally);
	if (error == MUSTER_OK)
		error = muster_handling_judge(handling, solution, &refused);
	if (error != MUSTER_OK || refused)
		return error;
	if (solution == MUSTER_SOLUTION_RIGHT && stream)
		stream->challenge->solved = true;
	return register_account(handling);
}

static int judge_set(struct muster_handling *handling)
{
	const struct muster_submission *submission = &handling->submission;

	switch (submission->purpose) {
	case MUSTER_PURPOSE_REMOVE:
	case MUSTER_PURPOSE_CANCEL_FORM:
	case MUSTER_PURPOSE_CHANGE_FORM:
		return muster_handling_refuse(handling, MUSTER_REFUSAL(UNEXPECTED_REQUEST, LOG_IN_FIRST));
	default:
		break;
	}
	if (submission->misshapen)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, NONE));
	if (submission->purpose == MUSTER_PURPOSE_NOTHING)
		return muster_handling_result(handling);
	return judge_registration(handling);
}

/* Hosts hand over a stanza by its `to`, whatever domain its stream was opened to. Absent text is no objection. */
static int check_domain(const struct muster_handling *handling, struct muster_text domain)
{
	return domain.data ? muster_domain_is(domain, handling->host->name) : MUSTER_OK;
}

/* Is anything to be asked here, by this stream, now? If not, that is answered. */
static int admit(struct muster_handling *handling, bool *admitted)
{
	int error = check_domain(handling, handling->request.to);

	if (error == MUSTER_OK)
		error = check_domain(handling, handling->facts->stream_host);
	if (error == MUSTER_BAD_NAME)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (error != MUSTER_OK)
		return error;
	error = muster_handling_mode(handling, &handling->mode);
	if (error != MUSTER_OK)
		return error;
	if (handling->mode == MUSTER_MODE_CLOSED)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, CLOSED));
	if (handling->host->require_tls && !handling->facts->secure)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(POLICY_VIOLATION, ENCRYPT_FIRST));
	*admitted = true;
	return MUSTER_OK;
}

int muster_handle_stream(struct muster_handling *handling)
{
	bool admitted = false;
	int error = admit(handling, &admitted);

	if (error != MUSTER_OK || !admitted)
		return error;
	if (handling->request.type == MUSTER_REQUEST_PREAUTH)
		return muster_handle_preauth(handling);
	error = muster_handling_take_pass(handling);
	if (error != MUSTER_OK)
		return error;
	if (handling->request.type == MUSTER_REQUEST_SET)
		return judge_set(handling);
	if (handling->mode == MUSTER_MODE_REDIRECT && !handling->invited)
		return muster_reply_redirect(handling->outcome, &handling->address, handling->host);
	return muster_handling_is_challenged(handling) ? muster_handling_challenge(handling)
	                                               : muster_handling_show(handling, NULL);
}
