/* plain.c -- PLAIN (RFC 4616): the password itself, so a key is derived from it. */
#include <string.h>

#include "login/exchange.h"
#include "muster/preparation.h"

struct plain_message {
	struct muster_text authzid, authcid, password;
};

/* [authzid] NUL authcid NUL password, and no further NUL. */
static bool parse(struct muster_text message, struct plain_message *parsed)
{
	const char *end = message.data + message.size, *first, *second;

	first = message.size > 0 ? memchr(message.data, '\0', message.size) : NULL;
	second = first ? memchr(first + 1, '\0', (size_t)(end - first - 1)) : NULL;
	if (!second || memchr(second + 1, '\0', (size_t)(end - second - 1)))
		return false;
	parsed->authzid = (struct muster_text){ message.data, (size_t)(first - message.data) };
	parsed->authcid = (struct muster_text){ first + 1, (size_t)(second - first - 1) };
	parsed->password = (struct muster_text){ second + 1, (size_t)(end - second - 1) };
	return parsed->authcid.size > 0 && parsed->password.size > 0;
}

/* A password that cannot be prepared is nobody's; it costs the same work as another wrong one. */
static int take_password(struct muster_exchange *exchange, struct muster_text password)
{
	int error = muster_password_prepare(password, &exchange->derivable, NULL);

	if (error != MUSTER_BAD_PASSWORD)
		return error;
	exchange->state = 0;
	return muster_buffer_set(&exchange->derivable, MUSTER_TEXT("?"));
}

static void gather(struct muster_task *task, struct muster_batch *batch)
{
	struct muster_exchange *exchange = muster_login_of(task);

	exchange->derived = exchange->keys;
	muster_batch_add(batch, exchange->hash, muster_buffer_text(&exchange->derivable), &exchange->derived);
}

static void derive(struct muster_task *task)
{
	struct muster_exchange *exchange = muster_login_of(task);

	exchange->proved = muster_scram_same(exchange->hash, &exchange->derived, &exchange->keys);
	task->error = exchange->proved ? MUSTER_OK : MUSTER_WRONG_PASSWORD;
	muster_wipe(&exchange->derived, sizeof(exchange->derived));
	if (exchange->proved && exchange->upgrade.planned)
		muster_upgrade_derive(exchange);
	muster_buffer_clear(&exchange->derivable);
}

void muster_login_free_task(struct muster_task *task)
{
	muster_login_free(muster_login_of(task));
}

const struct muster_task_kind muster_plain_task = { gather, derive, NULL, muster_login_free_task };

static const struct muster_task_kind upgrade_task = { gather, derive, muster_upgrade_commit, muster_login_free_task };

/* A device's secret is right already. */
static void prove_device(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	if (!muster_device_lacks(exchange)) {
		muster_exchange_admit(exchange, store, step);
		return;
	}
	exchange->proved = true;
	exchange->task.kind = &muster_device_task;
	step->status = MUSTER_LOGIN_WORK;
}

void muster_plain_prove(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	int error = muster_exchange_load(exchange, store);

	if (error != MUSTER_OK) {
		muster_step_error(step, error);
		return;
	}
	muster_device_find(exchange, muster_buffer_text(&exchange->derivable));
	if (exchange->device) {
		prove_device(exchange, store, step);
		return;
	}
	exchange->task.kind = exchange->upgrade.planned ? &upgrade_task : &muster_plain_task;
	step->status = MUSTER_LOGIN_WORK;
}

void muster_plain_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step)
{
	struct plain_message parsed;
	int error;

	if (!message.data && !exchange->challenged) {
		exchange->challenged = true;
		*step = (struct muster_step){ .status = MUSTER_LOGIN_CHALLENGE, .data = MUSTER_TEXT("") };
		return;
	}
	if (!parse(message, &parsed)) {
		muster_step_fail(step, "malformed-request", "The message cannot be read.");
		return;
	}
	error = muster_exchange_name(exchange, store, parsed.authcid);
	if (error == MUSTER_OK)
		error = take_password(exchange, parsed.password);
	if (error == MUSTER_OK)
		error = muster_exchange_act_as(exchange, parsed.authzid);
	if (error != MUSTER_OK)
		muster_step_error(step, error);
	else
		muster_exchange_queue(exchange, store, step);
}

/* Unlike keys that are made by the way these were asked of the client, who should know. */
static void finish_upgrade(const struct muster_exchange *exchange, struct muster_step *step)
{
	if (exchange->task.error == MUSTER_OK)
		step->status = MUSTER_LOGIN_SUCCESS;
	else
		muster_step_error(step, exchange->task.error);
}

void muster_login_finish(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	/* A right password is one, whether or not keys could be written. */
	int error = exchange->proved ? MUSTER_OK : exchange->task.error;

	*step = (struct muster_step){ 0 };
	muster_upgrade_end(exchange);
	if (exchange->upgrade.brought) {
		finish_upgrade(exchange, step);
		return;
	}
	if (error == MUSTER_WRONG_PASSWORD)
		muster_exchange_deny(exchange, step);
	else if (error != MUSTER_OK)
		muster_step_error(step, error);
	else
		muster_exchange_admit(exchange, store, step);
}
