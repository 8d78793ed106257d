/* effect.c -- rows of what remains to be done, in the order of their numbers. */
#include "muster/effect.h"

#include <string.h>

#include "store/internal.h"
#include "store/record.h"

enum { VERSION = 1, ID_SIZE = 8 };

enum tag {
	TAG_KIND = 1,
	TAG_ORIGIN = 2,
	TAG_AT = 3,
	TAG_HOST = 4,
	TAG_USERNAME = 5,
	TAG_DOOR = 6,
	TAG_ROLE = 7,
	TAG_INVITATION = 8,
	TAG_CONTACT = 9,
	TAG_DEVICE = 10,
};

static const char last_id_row[] = "last-effect";

const char *muster_effect_name(enum muster_effect_kind kind)
{
	switch (kind) {
	case MUSTER_EFFECT_REGISTERED:
		return "registered";
	case MUSTER_EFFECT_DELETED:
		return "deleted";
	case MUSTER_EFFECT_PASSWORD_CHANGED:
		return "password-changed";
	case MUSTER_EFFECT_DISABLED:
		return "disabled";
	case MUSTER_EFFECT_ENABLED:
		return "enabled";
	case MUSTER_EFFECT_DELETION_PENDING:
		return "deletion-pending";
	case MUSTER_EFFECT_PENDING:
		return "pending";
	case MUSTER_EFFECT_LIFTED:
		return "lifted";
	case MUSTER_EFFECT_BEFRIENDED:
		return "befriended";
	case MUSTER_EFFECT_DEVICE_REVOKED:
		return "device-revoked";
	}
	return "unknown";
}

void muster_effect_closing(enum muster_effect_kind kind, struct muster_text *condition, struct muster_text *text)
{
	*condition = *text = MUSTER_NO_TEXT;
	if (kind == MUSTER_EFFECT_DELETED || kind == MUSTER_EFFECT_DELETION_PENDING) {
		*condition = MUSTER_TEXT("not-authorized");
		*text = MUSTER_TEXT("The account was removed.");
	} else if (kind == MUSTER_EFFECT_DISABLED) {
		*condition = MUSTER_TEXT("not-authorized");
		*text = MUSTER_TEXT("The account is disabled.");
	} else if (kind == MUSTER_EFFECT_PASSWORD_CHANGED) {
		*condition = MUSTER_TEXT("reset");
		*text = MUSTER_TEXT("The password was changed.");
	} else if (kind == MUSTER_EFFECT_DEVICE_REVOKED) {
		*condition = MUSTER_TEXT("not-authorized");
		*text = MUSTER_TEXT("The secret of this device was revoked.");
	}
}

static void encode_id(uint8_t *bytes, uint64_t id)
{
	for (size_t i = ID_SIZE; i > 0; i--, id >>= 8)
		bytes[i - 1] = (uint8_t)id;
}

static uint64_t decode_id(const void *bytes)
{
	const uint8_t *next = bytes;
	uint64_t id = 0;

	for (size_t i = 0; i < ID_SIZE; i++)
		id = id << 8 | next[i];
	return id;
}

/* Numbers never come twice, also when the row with the last one is gone. */
static int next_id(struct muster_transaction *transaction, uint8_t *id)
{
	MDB_val key = { sizeof(last_id_row) - 1, (void *)last_id_row }, value;
	int code = mdb_get(transaction->txn, transaction->store->meta, &key, &value);
	uint64_t last = code == MDB_SUCCESS && value.mv_size == ID_SIZE ? decode_id(value.mv_data) : 0;

	if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
		return code;
	encode_id(id, last + 1);
	value = (MDB_val){ ID_SIZE, id };
	return mdb_put(transaction->txn, transaction->store->meta, &key, &value, 0);
}

static void encode(struct muster_buffer *record, const struct muster_effect *effect)
{
	muster_record_begin(record, VERSION);
	muster_record_add_number(record, TAG_KIND, effect->kind);
	muster_record_add_number(record, TAG_ORIGIN, effect->origin);
	muster_record_add_number(record, TAG_AT, (uint64_t)effect->at_s);
	muster_record_add_text(record, TAG_HOST, effect->host);
	muster_record_add_text(record, TAG_USERNAME, effect->username);
	muster_record_add_text(record, TAG_DOOR, effect->door);
	if (effect->role.data)
		muster_record_add_text(record, TAG_ROLE, effect->role);
	if (effect->invitation.data)
		muster_record_add_text(record, TAG_INVITATION, effect->invitation);
	if (effect->contact.data)
		muster_record_add_text(record, TAG_CONTACT, effect->contact);
	if (effect->device.data)
		muster_record_add_text(record, TAG_DEVICE, effect->device);
}

static void take_tag(struct muster_effect *effect, const struct muster_record *record)
{
	switch (record->tag) {
	case TAG_KIND:
		effect->kind = (enum muster_effect_kind)muster_record_number(record);
		break;
	case TAG_ORIGIN:
		effect->origin = muster_record_number(record);
		break;
	case TAG_AT:
		effect->at_s = (int64_t)muster_record_number(record);
		break;
	case TAG_HOST:
		effect->host = record->value;
		break;
	case TAG_USERNAME:
		effect->username = record->value;
		break;
	case TAG_DOOR:
		effect->door = record->value;
		break;
	case TAG_INVITATION:
		effect->invitation = record->value;
		break;
	case TAG_CONTACT:
		effect->contact = record->value;
		break;
	case TAG_DEVICE:
		effect->device = record->value;
		break;
	case TAG_ROLE:
		effect->role = record->value;
		break;
	default:
		break;
	}
}

static int decode(struct muster_effect *effect, const MDB_val *key, const MDB_val *value)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	*effect = (struct muster_effect){ 0 };
	if (error == MUSTER_OK && key->mv_size != ID_SIZE)
		error = MUSTER_CORRUPT;
	if (error == MUSTER_OK)
		effect->id = decode_id(key->mv_data);
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_tag(effect, &record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_effect_add(struct muster_transaction *transaction, struct muster_effect *effect)
{
	struct muster_buffer record = { 0 };
	uint8_t id[ID_SIZE];
	int error = transaction->error;

	if (error != MUSTER_OK)
		return error;
	effect->origin = transaction->store->origin;
	encode(&record, effect);
	error = record.error;
	if (error == MUSTER_OK)
		error = muster_transaction_result(transaction, next_id(transaction, id));
	if (error == MUSTER_OK) {
		MDB_val key = { ID_SIZE, id }, value = { record.size, record.data };

		effect->id = decode_id(id);
		error = muster_transaction_result(
			transaction, mdb_put(transaction->txn, transaction->store->effects, &key, &value, MDB_APPEND));
	}
	muster_buffer_clear(&record);
	return error;
}

int muster_effect_remove(struct muster_transaction *transaction, uint64_t id)
{
	uint8_t bytes[ID_SIZE];
	MDB_val key = { ID_SIZE, bytes };
	int error = transaction->error;

	if (error != MUSTER_OK)
		return error;
	encode_id(bytes, id);
	error = muster_transaction_result(transaction,
	                                  mdb_del(transaction->txn, transaction->store->effects, &key, NULL));
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_effect_walk(struct muster_transaction *transaction, uint64_t *position, muster_effect_fn visit,
                       void *context)
{
	uint8_t first[ID_SIZE];
	MDB_val key = { ID_SIZE, first }, value;
	MDB_cursor *cursor;
	struct muster_effect effect;
	int code = mdb_cursor_open(transaction->txn, transaction->store->effects, &cursor), error = MUSTER_OK;
	bool more = true;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	encode_id(first, *position + 1);
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	while (code == MDB_SUCCESS) {
		error = decode(&effect, &key, &value);
		if (error == MUSTER_OK && effect.origin != transaction->store->origin)
			more = visit(context, &effect);
		if (error != MUSTER_OK || !more)
			break;
		*position = effect.id;
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (code != MDB_SUCCESS && code != MDB_NOTFOUND && error == MUSTER_OK)
		error = muster_transaction_result(transaction, code);
	return error;
}
