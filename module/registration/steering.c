/* steering.c -- directives given and taken back, throttles and guesses reset. */
#include "registration/steering.h"

#include "base/clock.h"
#include "muster/directive.h"
#include "muster/guess.h"
#include "muster/preparation.h"

static bool resets(enum muster_operation_kind kind)
{
	return kind == MUSTER_RESET_THROTTLE || kind == MUSTER_RESET_GUESSES;
}

bool muster_steers(enum muster_operation_kind kind)
{
	return kind == MUSTER_DIRECT || kind == MUSTER_RETRACT || resets(kind);
}

static bool is_about_network(struct muster_text directive)
{
	return muster_text_is_c(directive, "block") || muster_text_is_c(directive, "allow");
}

static bool is_about_host(struct muster_text directive)
{
	return muster_text_is_c(directive, "mode") || muster_text_is_c(directive, "difficulty");
}

int muster_steering_prepare(const struct muster_order *order, struct muster_buffer *subject)
{
	struct muster_network network;
	char text[MUSTER_NETWORK_TEXT];

	if (resets(order->kind) && muster_text_is_c(order->username, "*"))
		return muster_buffer_set(subject, order->username);
	if (!resets(order->kind) && is_about_host(order->directive))
		return muster_buffer_set(subject, MUSTER_TEXT(""));
	if (!resets(order->kind) && !is_about_network(order->directive))
		return MUSTER_MALFORMED;
	if (muster_network_read_exactly(order->username, &network) != MUSTER_OK)
		return order->kind == MUSTER_RESET_GUESSES ? muster_name_prepare(order->username, subject)
		                                           : MUSTER_MALFORMED;
	return muster_buffer_set(subject, muster_network_text(&network, text));
}

/* A service invites nobody, and has nobody approved. */
static bool has_mode(const struct muster_host *host, struct muster_text word)
{
	enum muster_mode mode;

	return muster_mode_of(word, &mode) &&
	       (host->kind == MUSTER_HOST_ACCOUNTS || (mode != MUSTER_MODE_INVITE && mode != MUSTER_MODE_APPROVAL));
}

static bool can_be(const struct muster_host *host, struct muster_text directive, struct muster_text value)
{
	uint32_t bits;

	if (muster_text_is_c(directive, "mode"))
		return has_mode(host, value);
	return !muster_text_is_c(directive, "difficulty") || muster_challenge_read_bits(value, &bits);
}

int muster_steering_take(struct muster_operation *operation, const struct muster_order *order)
{
	int error = muster_arena_copy(&operation->arena, order->directive, &operation->directive);

	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, order->value, &operation->value);
	operation->until_s = order->until_s;
	if (error == MUSTER_OK && order->kind == MUSTER_DIRECT &&
	    !can_be(operation->host, order->directive, order->value))
		error = MUSTER_MALFORMED;
	return error;
}

static int put(struct muster_operation *operation, struct muster_transaction *transaction)
{
	const struct muster_directive directive = {
		.host = operation->host->name,
		.kind = operation->directive,
		.subject = operation->username,
		.value = operation->value,
		.actor = operation->source.actor,
		.reason = operation->reason,
		.at_s = muster_wall_clock_s(),
		.until_s = operation->until_s,
	};

	return muster_directive_put(transaction, &directive);
}

/* --- the throttle: every bucket of a network, and of those inside it --- */

struct reset {
	const struct muster_operation *operation;
	struct muster_transaction *transaction;
	int error;
	bool done; /* something was reset, and the walk is to begin anew */
};

static bool is_meant(const struct muster_operation *operation, struct muster_text subject)
{
	struct muster_network meant, counted;

	if (muster_text_is(operation->username, subject))
		return true;
	return muster_network_read(operation->username, &meant) == MUSTER_OK &&
	       muster_network_read(subject, &counted) == MUSTER_OK &&
	       (muster_network_holds(&meant, &counted) || muster_network_holds(&counted, &meant));
}

/* A row that is removed takes the ground from under the walk. */
static bool reset_one(void *context, const struct muster_bucket *bucket, struct muster_level level)
{
	struct reset *reset = context;

	(void)level;
	if (!is_meant(reset->operation, muster_pictures_of(bucket->subject)))
		return true;
	reset->error = muster_bucket_reset(reset->transaction, bucket);
	reset->done = reset->error == MUSTER_OK;
	return false;
}

/* One that cannot be read keeps out whom it counts for until it is reset. What a newer version wrote is its own. */
static bool reset_unread(void *context, struct muster_text key, int error)
{
	struct reset *reset = context;
	struct muster_bucket bucket;

	if (error != MUSTER_CORRUPT || muster_bucket_of_key(reset->operation->host->name, key, &bucket) != MUSTER_OK)
		return true;
	return reset_one(reset, &bucket, (struct muster_level){ 0, 0 });
}

static int reset_throttle(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct reset reset = { .operation = operation, .transaction = transaction };
	struct muster_buffer position = { 0 };
	int error;

	muster_transaction_tell_unread(transaction, reset_unread, &reset);
	do {
		reset.done = false;
		error = muster_bucket_walk(transaction, operation->host->name, muster_wall_clock_s(), &position,
		                           SIZE_MAX, reset_one, &reset);
	} while (error == MUSTER_OK && reset.done);
	muster_transaction_tell_unread(transaction, NULL, NULL);
	muster_buffer_clear(&position);
	return error == MUSTER_OK ? reset.error : error;
}

/* --- guesses: those against an account, from anywhere, or from a network; from where owners log in stays known --- */

static int forget_guesses(const struct reset *reset, const struct muster_guess *guess,
                          const struct muster_guess_state *state)
{
	const struct muster_guess_state known = { .at_s = state->at_s, .seen_s = state->seen_s };

	if (guess->kind != MUSTER_GUESS_KNOWN)
		return muster_guess_reset(reset->transaction, guess);
	return muster_guess_write(reset->transaction, guess, muster_wall_clock_s(), &known,
	                          state->seen_s + reset->operation->host->guesses.known_s);
}

/* A row that is written takes the ground from under the walk; one without guesses is not visited again. */
static bool reset_guess(void *context, const struct muster_guess *guess, const struct muster_guess_state *state)
{
	struct reset *reset = context;
	struct muster_guess copy = *guess;
	struct muster_buffer subject = { 0 };

	if (!muster_text_is_c(reset->operation->username, "*") && !is_meant(reset->operation, guess->subject))
		return true;
	reset->error = muster_buffer_set(&subject, guess->subject);
	copy.subject = muster_buffer_text(&subject);
	if (reset->error == MUSTER_OK)
		reset->error = forget_guesses(reset, &copy, state);
	reset->done = reset->error == MUSTER_OK;
	muster_buffer_clear(&subject);
	return false;
}

/* One that cannot be read counts for nothing anyway. */
static bool pass_over(void *context, struct muster_text key, int error)
{
	(void)context;
	(void)key;
	(void)error;
	return true;
}

static int reset_guesses(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct reset reset = { .operation = operation, .transaction = transaction };
	struct muster_buffer position = { 0 };
	int error;

	muster_transaction_tell_unread(transaction, pass_over, NULL);
	do {
		reset.done = false;
		error = muster_guess_walk(transaction, operation->host->name, muster_wall_clock_s(), &position,
		                          SIZE_MAX, reset_guess, &reset);
	} while (error == MUSTER_OK && reset.done);
	muster_transaction_tell_unread(transaction, NULL, NULL);
	muster_buffer_clear(&position);
	return error == MUSTER_OK ? reset.error : error;
}

int muster_steering_commit(struct muster_operation *operation, struct muster_transaction *transaction)
{
	switch (operation->kind) {
	case MUSTER_DIRECT:
		return put(operation, transaction);
	case MUSTER_RETRACT:
		return muster_directive_remove(transaction, operation->host->name, operation->directive,
		                               operation->username);
	case MUSTER_RESET_GUESSES:
		return reset_guesses(operation, transaction);
	default:
		return reset_throttle(operation, transaction);
	}
}
