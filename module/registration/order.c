/* order.c -- operations by name. */
#include "policy/disguise.h"
#include "muster/preparation.h"
#include "policy/password.h"
#include "registration/equipping.h"
#include "registration/inviting.h"
#include "registration/steering.h"

static int take_fields(struct muster_operation *operation, const struct muster_order *order)
{
	int error = muster_operation_room(operation, order->field_count);

	for (size_t i = 0; i < order->field_count && error == MUSTER_OK; i++)
		error = muster_operation_add_field(operation, order->fields[i].name, order->fields[i].value);
	return error;
}

/* A password that the host's rules refuse is taken from an operator who overrides them; the audit says so. */
static int note_overridden(struct muster_operation *operation, const struct muster_order *order)
{
	struct muster_buffer derivable = { 0 };
	enum muster_phrase why = MUSTER_PHRASE_NONE;
	int error = muster_password_check(operation->host, operation->username, order->password, &derivable, &why);

	muster_buffer_clear(&derivable);
	if (error == MUSTER_BAD_PASSWORD)
		operation->ruling.rule = "password";
	return error == MUSTER_BAD_PASSWORD ? MUSTER_OK : error;
}

static int take_password(struct muster_operation *operation, const struct muster_order *order, enum muster_phrase *why)
{
	int error;

	*why = order->kind == MUSTER_CHECK_PASSWORD ? MUSTER_PHRASE_PASSWORD_WRONG : MUSTER_PHRASE_PASSWORD_UNUSABLE;
	if (order->kind != MUSTER_CHECK_PASSWORD && !operation->overrides)
		return muster_password_check(operation->host, operation->username, order->password,
		                             &operation->derivable, why);
	error = muster_password_prepare(order->password, &operation->derivable, NULL);
	return error == MUSTER_OK && operation->overrides ? note_overridden(operation, order) : error;
}

static int read_check(struct muster_operation *operation, struct muster_store *store,
                      struct muster_transaction *transaction)
{
	enum muster_hash hash = MUSTER_HASH_COUNT;
	struct muster_scram_keys keys;
	struct muster_account account = { 0 };
	bool real = false;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error == MUSTER_OK || error == MUSTER_NOT_FOUND)
		error = muster_disguise(operation->host, transaction, muster_store_secret(store), operation->username,
		                        account.state == 0 ? NULL : &account, &hash, &keys, &real);
	if (error == MUSTER_OK) {
		operation->keys[hash] = keys;
		operation->state = real ? account.state : 0;
	}
	muster_account_clear(&account);
	return error;
}

/* The keys to check against: the account's, or made-up ones. */
static int take_keys(struct muster_operation *operation, struct muster_store *store)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = read_check(operation, store, transaction);
	muster_transaction_abort(transaction);
	return error;
}

/* Only to register: whoever holds another one is told that it is no invitation. */
static int take_token(struct muster_operation *operation, struct muster_store *store, struct muster_text token)
{
	struct muster_pass pass = { .kind = 0 };
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_pass_of_token(&pass, &operation->arena, transaction, operation->host, token, NULL);
	muster_transaction_abort(transaction);
	if (error == MUSTER_OK && (pass.kind != MUSTER_INVITATION_REGISTER ||
	                           (pass.name.data && !muster_text_is(pass.name, operation->username))))
		error = MUSTER_NOT_FOUND;
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_SPENT : error;
	return muster_operation_take_pass(operation, &pass);
}

/* A service may ask for no password, or let it be left out. */
static bool needs_password(const struct muster_host *host, const struct muster_order *order)
{
	if (order->kind == MUSTER_REGISTER && host->kind == MUSTER_HOST_SERVICE)
		return host->password.asked && (host->password.required || order->password.size > 0);
	return order->kind == MUSTER_REGISTER || order->kind == MUSTER_CHANGE_PASSWORD ||
	       order->kind == MUSTER_CHECK_PASSWORD;
}

static int take(struct muster_operation *operation, struct muster_store *store, const struct muster_order *order,
                enum muster_phrase *why)
{
	int error = muster_arena_copy(&operation->arena, order->reason, &operation->reason);

	if (error == MUSTER_OK && order->kind == MUSTER_REGISTER)
		error = take_fields(operation, order);
	if (error == MUSTER_OK && needs_password(operation->host, order))
		error = take_password(operation, order, why);
	if (error == MUSTER_OK && order->kind == MUSTER_CHECK_PASSWORD)
		error = take_keys(operation, store);
	if (error == MUSTER_OK && muster_steers(order->kind))
		error = muster_steering_take(operation, order);
	if (error == MUSTER_OK && muster_is_inviting(order->kind))
		error = muster_inviting_take(operation, order);
	if (error == MUSTER_OK && muster_is_equipping(order->kind))
		error = muster_equipping_take(operation, store, order, why);
	if (error == MUSTER_OK && order->kind == MUSTER_REGISTER && order->token.data)
		error = take_token(operation, store, order->token);
	return error;
}

/* A service has its records under bare JIDs. */
static int prepare_name(const struct muster_host *host, const struct muster_order *order,
                        struct muster_buffer *prepared)
{
	if (muster_steers(order->kind))
		return muster_steering_prepare(order, prepared);
	if (muster_is_inviting(order->kind))
		return host->kind == MUSTER_HOST_ACCOUNTS ? muster_inviting_prepare(order, prepared) : MUSTER_MALFORMED;
	return host->kind == MUSTER_HOST_SERVICE ? muster_bare_jid_prepare(order->username, prepared)
	                                         : muster_name_prepare(order->username, prepared);
}

int muster_order_begin(struct muster_host *host, struct muster_store *store, const struct muster_order *order,
                       const char **why, struct muster_operation **operation)
{
	const struct muster_source source = { order->door, order->address, order->actor };
	struct muster_buffer username = { 0 };
	enum muster_phrase reason = MUSTER_PHRASE_NAME_UNUSABLE;
	int error = prepare_name(host, order, &username);

	*operation = NULL;
	if (error == MUSTER_OK)
		error = muster_operation_new(operation, host, order->kind, muster_buffer_text(&username), &source);
	muster_buffer_clear(&username);
	if (error == MUSTER_OK) {
		(*operation)->self_service = order->self_service;
		(*operation)->invited = order->invited;
		(*operation)->overrides = order->overrides && !order->self_service;
		error = take(*operation, store, order, &reason);
	}
	if (error != MUSTER_OK) {
		muster_operation_free(*operation);
		*operation = NULL;
	}
	if (why)
		*why = muster_phrase_english(reason);
	return error;
}
