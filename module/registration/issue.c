/* issue.c -- challenges handed out: at once, or when a worker has drawn their picture. */
#include "base/clock.h"
#include "muster/preparation.h"
#include "registration/handling.h"

bool muster_handling_is_challenged(const struct muster_handling *handling)
{
	return handling->host->challenges.kinds != 0 && handling->facts->sender == MUSTER_SENDER_STREAM &&
	       !handling->invited;
}

/* --- making one --- */

/* How hard it is for who asks, and how long they wait for a picture. */
static int look(const struct muster_handling *handling, struct muster_difficulty *difficulty, int64_t *wait_s)
{
	const struct muster_network *address = NULL;
	struct muster_transaction *transaction;
	struct muster_network network;
	int64_t now_s = muster_wall_clock_s();
	int error = muster_transaction_read(handling->store, &transaction);

	*wait_s = 0;
	if (error != MUSTER_OK)
		return error;
	if (muster_network_read(handling->facts->address, &network) == MUSTER_OK)
		address = &network;
	error = muster_difficulty_now(handling->host, transaction, address, now_s, difficulty);
	if (error == MUSTER_OK && handling->host->challenges.maker)
		error = muster_pictures_wait(handling->host, transaction, address, now_s, wait_s);
	muster_transaction_abort(transaction);
	return error;
}

/* MUSTER_REFUSED if there is to be no picture now. */
static int make(const struct muster_handling *handling, struct muster_challenge **challenge, int64_t *wait_s)
{
	struct muster_difficulty difficulty;
	int error = look(handling, &difficulty, wait_s);

	*challenge = NULL;
	if (error == MUSTER_OK && *wait_s > 0)
		error = MUSTER_REFUSED;
	return error == MUSTER_OK ? muster_challenge_new(challenge, handling->host, &difficulty, handling->request.to)
	                          : error;
}

/* What follows waits for the picture. */
static int draw(struct muster_handling *handling, struct muster_challenge *challenge)
{
	struct muster_buffer prepared = { 0 };
	struct muster_operation *operation;
	struct muster_text subject;
	int error = muster_handling_subject(handling, &prepared, &subject);

	if (error == MUSTER_OK)
		error = muster_handling_operate(handling, MUSTER_CHALLENGE, subject);
	operation = *handling->operation;
	muster_buffer_clear(&prepared);
	if (error != MUSTER_OK) {
		muster_challenge_free(challenge);
		return error;
	}
	operation->task.kind = &muster_challenge_task;
	operation->challenge = challenge;
	operation->ruling = handling->ruling;
	operation->tally = handling->outcome->tally;
	operation->stream = muster_stream_retain(handling->facts->stream);
	return MUSTER_OK;
}

static void hand_over(struct muster_stream *stream, struct muster_challenge *challenge, struct muster_tally *tally)
{
	tally->issued = challenge->kinds;
	muster_stream_challenge(stream, challenge);
}

/* --- with the form --- */

static struct muster_refusal refuse_picture(int64_t wait_s)
{
	struct muster_refusal refusal = MUSTER_REFUSAL(RESOURCE_CONSTRAINT, PICTURES);

	refusal.wait_s = wait_s;
	return refusal;
}

int muster_handling_challenge(struct muster_handling *handling)
{
	struct muster_stream *stream = handling->facts->stream;
	struct muster_challenge *challenge;
	int64_t wait_s;
	int error;

	if (!stream)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(RESOURCE_CONSTRAINT, UNABLE));
	if (muster_challenge_lives(stream->challenge) && stream->challenge->solved)
		return muster_handling_show(handling, NULL);
	error = make(handling, &challenge, &wait_s);
	if (error == MUSTER_REFUSED)
		return muster_handling_refuse(handling, refuse_picture(wait_s));
	if (error != MUSTER_OK)
		return error;
	if (muster_challenge_has(challenge, MUSTER_CHALLENGE_OCR))
		return draw(handling, challenge);
	hand_over(stream, challenge, &handling->outcome->tally);
	return muster_handling_show(handling, NULL);
}

/* --- with a refusal --- */

/* For the form that comes with the refusal; it is good until the next get. */
static struct muster_text key_of(const struct muster_stream *stream, const struct muster_host *host)
{
	return host->legacy_key ? muster_text_of(stream->key) : MUSTER_NO_TEXT;
}

int muster_handling_fail_challenge(struct muster_handling *handling)
{
	struct muster_stream *stream = handling->facts->stream;
	struct muster_refusal refusal = muster_refusal_of(&handling->ruling);
	struct muster_challenge *challenge = NULL;
	int64_t wait_s;
	int error = MUSTER_OK;

	if (stream)
		muster_stream_challenge(stream, NULL);
	if (stream && stream->failures < handling->host->stream_attempts)
		error = make(handling, &challenge, &wait_s);
	if (error != MUSTER_OK && error != MUSTER_REFUSED)
		return error;
	if (challenge && muster_challenge_has(challenge, MUSTER_CHALLENGE_OCR))
		return draw(handling, challenge);
	if (challenge) {
		hand_over(stream, challenge, &handling->outcome->tally);
		refusal.challenge = challenge;
		refusal.key = key_of(stream, handling->host);
	}
	return muster_handling_refuse(handling, refusal);
}

/* --- when it is drawn --- */

static void derive(struct muster_task *task)
{
	task->error = muster_challenge_draw(muster_operation_of(task)->challenge);
}

/* Others from this address may have been first. */
static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_operation *operation = muster_operation_of(task);
	const struct muster_network *address = operation->has_network ? &operation->network : NULL;
	int64_t now_s = muster_wall_clock_s();
	int error = muster_pictures_wait(operation->host, transaction, address, now_s, &operation->wait_s);

	if (error == MUSTER_OK && operation->wait_s > 0)
		error = MUSTER_REFUSED;
	return error == MUSTER_OK ? muster_pictures_charge(operation->host, transaction, address, now_s) : error;
}

static void free_task(struct muster_task *task)
{
	muster_operation_free(muster_operation_of(task));
}

const struct muster_task_kind muster_challenge_task = { NULL, derive, commit, free_task };

/* A get that cannot be answered; nobody has done anything wrong. */
static int fail(struct muster_operation *operation, int failed, struct muster_outcome *outcome)
{
	struct muster_refusal refusal = muster_operation_refusal(operation, failed);

	if (operation->wait_s > 0)
		refusal = refuse_picture(operation->wait_s);
	else if (refusal.condition == MUSTER_CONDITION_INTERNAL_SERVER_ERROR)
		refusal.phrase = MUSTER_PHRASE_UNABLE;
	outcome->error = failed;
	return muster_reply_error(outcome, &operation->address, operation->host, &refusal);
}

/* The registration that has failed before, with or without another try. */
static int refuse(struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct muster_refusal refusal = muster_refusal_of(&operation->ruling);

	refusal.challenge = operation->stream->challenge;
	refusal.key = key_of(operation->stream, operation->host);
	return muster_operation_refuse(operation, MUSTER_REFUSED, refusal, outcome);
}

int muster_challenge_finish(struct muster_operation *operation, int failed, struct muster_outcome *outcome)
{
	struct muster_stream *stream = operation->stream;
	struct muster_view view = { .host = operation->host,
		                    .language = muster_buffer_text(&operation->address.language),
		                    .request = muster_buffer_text(&operation->address.id) };
	int error = MUSTER_OK;

	if (failed == MUSTER_OK) {
		hand_over(stream, operation->challenge, &operation->tally);
		operation->challenge = NULL;
	}
	if (operation->ruling.rule)
		return refuse(operation, outcome);
	if (failed != MUSTER_OK)
		return fail(operation, failed, outcome);
	view.challenge = stream->challenge;
	outcome->tally = operation->tally;
	if (operation->host->legacy_key)
		error = muster_stream_renew_key(stream, &view.key);
	return error == MUSTER_OK ? muster_reply_fields(outcome, &operation->address, &view) : error;
}

/* --- the picture by itself --- */

int muster_handle_data(struct muster_handling *handling)
{
	const struct muster_stream *stream = handling->facts->stream;
	struct muster_text cid = muster_element_attribute(handling->request.query, "cid");
	int error =
		handling->request.to.data ? muster_domain_is(handling->request.to, handling->host->name) : MUSTER_OK;

	if (error == MUSTER_BAD_NAME)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (error != MUSTER_OK)
		return error;
	if (handling->host->challenges.kinds == 0)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (!stream || !muster_stream_shows(stream, cid))
		return muster_handling_refuse(handling, MUSTER_REFUSAL(ITEM_NOT_FOUND, NONE));
	return muster_reply_picture(handling->outcome, &handling->address, stream->challenge);
}
