/* equipping.c -- orders about devices. */
#include "registration/equipping.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "muster/preparation.h"
#include "registration/judgement.h"

bool muster_is_equipping(enum muster_operation_kind kind)
{
	return kind == MUSTER_MAKE_DEVICE || kind == MUSTER_REVOKE_DEVICE;
}

/* --- taking an order --- */

static int take_name(struct muster_operation *operation, struct muster_text given)
{
	struct muster_buffer name = { 0 }, reason = { 0 };
	int error = muster_label_prepare(given, &name);

	if (error == MUSTER_OK && name.size > MUSTER_DEVICE_NAME_MAX)
		error = MUSTER_BAD_NAME;
	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_buffer_text(&name), &operation->device);
	if (error == MUSTER_OK) { /* so that the audit tells which */
		muster_buffer_add_c(&reason, "device ");
		error = muster_buffer_add(&reason, operation->device);
	}
	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_buffer_text(&reason), &operation->reason);
	muster_buffer_clear(&name);
	muster_buffer_clear(&reason);
	return error;
}

/* Salts and iterations are the account's, so that what SCRAM shows of them is the same for all of its secrets. */
static int take_shape(struct muster_operation *operation, struct muster_store *store)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_glance(transaction, operation->host->name, operation->username, &account);
	muster_transaction_abort(transaction);
	if (error != MUSTER_OK)
		return error;
	memcpy(operation->keys, account.keys, sizeof(operation->keys));
	muster_account_clear(&account);
	return MUSTER_OK;
}

static int make_secret(struct muster_operation *operation)
{
	char secret[MUSTER_TOKEN_SIZE + 1];
	int error = muster_token_make(secret);

	if (error == MUSTER_OK)
		error = muster_arena_copy(&operation->arena, muster_text_of(secret), &operation->token);
	muster_wipe(secret, sizeof(secret));
	return error;
}

int muster_equipping_take(struct muster_operation *operation, struct muster_store *store,
                          const struct muster_order *order, enum muster_phrase *why)
{
	int error =
		operation->host->kind == MUSTER_HOST_ACCOUNTS ? take_name(operation, order->device) : MUSTER_MALFORMED;

	*why = MUSTER_PHRASE_DEVICE_UNUSABLE;
	if (error != MUSTER_OK || order->kind == MUSTER_REVOKE_DEVICE)
		return error;
	error = take_shape(operation, store);
	return error == MUSTER_OK ? make_secret(operation) : error;
}

/* --- judging --- */

static int refuse(struct muster_operation *operation, enum muster_ground ground, enum muster_phrase phrase)
{
	struct muster_verdict *ruling = &operation->ruling;

	*ruling = (struct muster_verdict){ .rule = "devices", .applies = true, .ground = ground, .phrase = phrase };
	snprintf(ruling->detail, sizeof(ruling->detail), "%.*s", (int)operation->reason.size, operation->reason.data);
	return MUSTER_REFUSED;
}

static int judge(struct muster_operation *operation, const struct muster_account *account)
{
	const struct muster_device *device = muster_account_device(account, operation->device);

	if (operation->kind == MUSTER_REVOKE_DEVICE)
		return device ? MUSTER_OK : refuse(operation, MUSTER_GROUND_UNUSABLE, MUSTER_PHRASE_DEVICE_UNKNOWN);
	if (account->state != MUSTER_ACCOUNT_ENABLED)
		return MUSTER_NOT_FOUND;
	if (operation->host->devices_max == 0)
		return refuse(operation, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_DEVICES_DENIED);
	if (device)
		return refuse(operation, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_DEVICE_TAKEN);
	if (account->device_count >= operation->host->devices_max)
		return refuse(operation, MUSTER_GROUND_UNUSABLE, MUSTER_PHRASE_DEVICES_MANY);
	return MUSTER_OK;
}

int muster_equipping_look(struct muster_operation *operation, struct muster_transaction *transaction)
{
	struct muster_account account;
	int error = muster_account_get(transaction, operation->host->name, operation->username, &account);

	if (error != MUSTER_OK)
		return error;
	error = judge(operation, &account);
	muster_account_clear(&account);
	return error;
}

/* --- making and taking back --- */

void muster_equipping_gather(struct muster_operation *operation, struct muster_batch *batch)
{
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (operation->keys[hash].iterations > 0)
			muster_batch_add(batch, hash, operation->token, &operation->keys[hash]);
}

/* Sets whose salts have changed meanwhile are left out by whoever looks for them. */
static void make(const struct muster_operation *operation, struct muster_device *device)
{
	uint8_t digest[MUSTER_DIGEST_MAX];

	*device = (struct muster_device){ .name = operation->device, .created_s = muster_wall_clock_s() };
	muster_digest(MUSTER_SHA_256, operation->token, digest);
	memcpy(device->digest, digest, sizeof(device->digest));
	memcpy(device->keys, operation->keys, sizeof(device->keys));
}

int muster_equipping_commit(struct muster_operation *operation, struct muster_transaction *transaction,
                            struct muster_account *account)
{
	bool revokes = operation->kind == MUSTER_REVOKE_DEVICE;
	struct muster_device *devices;
	size_t count = 0;
	int error = judge(operation, account);

	if (error != MUSTER_OK)
		return error == MUSTER_REFUSED ? muster_ruling_error(&operation->ruling) : error;
	devices = muster_arena_take(&operation->arena, (account->device_count + 1) * sizeof(*devices));
	if (!devices)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < account->device_count; i++)
		if (!muster_text_is(account->devices[i].name, operation->device))
			devices[count++] = account->devices[i];
	if (!revokes)
		make(operation, &devices[count++]);
	account->devices = devices;
	account->device_count = count;
	account->changed_s = muster_wall_clock_s();
	error = muster_account_put(transaction, account);
	return error == MUSTER_OK && revokes
	               ? muster_operation_write_effect(operation, transaction, MUSTER_EFFECT_DEVICE_REVOKED)
	               : error;
}

void muster_equipping_tell(const struct muster_operation *operation, struct muster_outcome *outcome)
{
	if (operation->kind == MUSTER_MAKE_DEVICE)
		outcome->secret = operation->token;
}
