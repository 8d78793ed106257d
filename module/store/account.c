/* account.c -- account records: their encoding, and operations on them inside a transaction. */
#include "muster/account.h"

#include <string.h>

#include "base/memory.h"
#include "muster/mix.h"
#include "store/account.h"
#include "store/count.h"
#include "store/device.h"
#include "store/internal.h"
#include "store/key.h"
#include "store/keys.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };

enum tag {
	TAG_HOST = 1,
	TAG_NAME = 2,
	TAG_STATE = 3,
	TAG_CREATED = 4,
	TAG_PASSWORD_CHANGED = 5,
	TAG_CHANGED = 6,
	TAG_REASON = 7,
	TAG_KEYS = 8,  /* once a hash */
	TAG_FIELD = 9, /* once a field: a record of its own */
	TAG_PURGE = 10,
	TAG_SECRET = 11, /* once a secret: a record of its own */
	TAG_LIFT = 12,
	TAG_ADDRESS = 13,
	TAG_INVITER = 14,
	TAG_ORIGIN = 15,
	TAG_DOOR = 16,
	TAG_DEVICE = 17, /* once a device: a record of its own */
	TAG_FIELD_NAME = 1,
	TAG_FIELD_VALUE = 2,
	TAG_SECRET_NAME = 1,
	TAG_SECRET_KEYS = 2, /* as TAG_KEYS */
};

const char *muster_account_state_name(enum muster_account_state state)
{
	static const char *const names[MUSTER_ACCOUNT_STATES] = {
		[MUSTER_ACCOUNT_ENABLED] = "enabled",       [MUSTER_ACCOUNT_DISABLED] = "disabled",
		[MUSTER_ACCOUNT_UNFINISHED] = "unfinished", [MUSTER_ACCOUNT_DELETED] = "deleted",
		[MUSTER_ACCOUNT_PENDING] = "pending",
	};

	return names[state] ? names[state] : "";
}

/* --- encoding --- */

static struct muster_text bytes_text(const uint8_t *bytes, size_t size)
{
	return (struct muster_text){ (const char *)bytes, size };
}

static void add_field(struct muster_buffer *record, const struct muster_field *field)
{
	struct muster_buffer nested = { 0 };

	muster_record_begin(&nested, VERSION);
	muster_record_add_text(&nested, TAG_FIELD_NAME, field->name);
	muster_record_add_text(&nested, TAG_FIELD_VALUE, field->value);
	muster_record_add_nested(record, TAG_FIELD, &nested);
}

static void add_secret(struct muster_buffer *record, const struct muster_secret *secret, const struct muster_seal *seal)
{
	struct muster_buffer nested = { 0 };

	muster_record_begin(&nested, VERSION);
	muster_record_add_text(&nested, TAG_SECRET_NAME, secret->name);
	muster_keys_add(&nested, TAG_SECRET_KEYS, MUSTER_SHA_256, &secret->keys, seal);
	muster_record_add_nested(record, TAG_SECRET, &nested);
}

static void encode(struct muster_buffer *record, const struct muster_account *account, const struct muster_seal *seal)
{
	muster_record_begin(record, VERSION);
	muster_record_add_text(record, TAG_HOST, account->host);
	muster_record_add_text(record, TAG_NAME, account->name);
	muster_record_add_number(record, TAG_STATE, account->state);
	muster_record_add_number(record, TAG_CREATED, (uint64_t)account->created_s);
	muster_record_add_number(record, TAG_PASSWORD_CHANGED, (uint64_t)account->password_changed_s);
	muster_record_add_number(record, TAG_CHANGED, (uint64_t)account->changed_s);
	if (account->purge_s != 0)
		muster_record_add_number(record, TAG_PURGE, (uint64_t)account->purge_s);
	if (account->lift_s != 0)
		muster_record_add_number(record, TAG_LIFT, (uint64_t)account->lift_s);
	if (account->reason.data)
		muster_record_add_text(record, TAG_REASON, account->reason);
	if (account->address.data)
		muster_record_add_text(record, TAG_ADDRESS, account->address);
	if (muster_origin_is_known(&account->origin))
		muster_record_add_text(record, TAG_ORIGIN, bytes_text(account->origin.bytes, MUSTER_ORIGIN_SIZE));
	if (account->door.data)
		muster_record_add_text(record, TAG_DOOR, account->door);
	if (account->inviter.data)
		muster_record_add_text(record, TAG_INVITER, account->inviter);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (account->keys[hash].iterations > 0)
			muster_keys_add(record, TAG_KEYS, hash, &account->keys[hash], seal);
	for (size_t i = 0; i < account->field_count; i++)
		add_field(record, &account->fields[i]);
	for (size_t i = 0; i < account->secret_count; i++)
		add_secret(record, &account->secrets[i], seal);
	for (size_t i = 0; i < account->device_count; i++)
		muster_device_add(record, TAG_DEVICE, &account->devices[i], seal);
}

/* --- decoding: texts borrow from the record --- */

static int take_bytes(uint8_t *bytes, size_t size, struct muster_text value)
{
	if (value.size != size)
		return MUSTER_CORRUPT;
	memcpy(bytes, value.data, size);
	return MUSTER_OK;
}

static int take_secret(struct muster_account *account, struct muster_text value, const struct muster_seal *seal)
{
	struct muster_secret *secrets, *secret;
	enum muster_hash hash = MUSTER_HASH_COUNT;
	struct muster_record record;
	int error = muster_record_open(&record, value.data, value.size, VERSION);

	if (error != MUSTER_OK)
		return error;
	secrets = muster_reallocate(account->owned_secrets, (account->secret_count + 1) * sizeof(*secrets));
	if (!secrets)
		return MUSTER_NO_MEMORY;
	account->secrets = account->owned_secrets = secrets;
	secret = &secrets[account->secret_count++];
	*secret = (struct muster_secret){ .name = MUSTER_NO_TEXT };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_SECRET_NAME)
			secret->name = record.value;
		else if (record.tag == TAG_SECRET_KEYS)
			error = muster_keys_read(record.value, &secret->keys, &hash, seal);
	if (error == MUSTER_NOT_FOUND)
		error = hash == MUSTER_SHA_256 ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}

/* Room for twice as many, whenever there is none left. */
static int make_room_for_device(struct muster_account *account)
{
	size_t count = account->device_count;
	struct muster_device *devices;

	if ((count & (count - 1)) != 0)
		return MUSTER_OK;
	devices = muster_reallocate(account->owned_devices, (count > 0 ? 2 * count : 1) * sizeof(*devices));
	if (!devices)
		return MUSTER_NO_MEMORY;
	account->devices = account->owned_devices = devices;
	return MUSTER_OK;
}

static int take_device(struct muster_account *account, struct muster_text value, const struct muster_seal *seal)
{
	int error = make_room_for_device(account);

	if (error != MUSTER_OK)
		return error;
	return muster_device_read(value, &account->owned_devices[account->device_count++], seal);
}

static int take_field(struct muster_account *account, struct muster_text value)
{
	struct muster_field *field, *fields;
	struct muster_record record;
	int error = muster_record_open(&record, value.data, value.size, VERSION);

	if (error != MUSTER_OK)
		return error;
	fields = muster_reallocate(account->owned_fields, (account->field_count + 1) * sizeof(*fields));
	if (!fields)
		return MUSTER_NO_MEMORY;
	account->fields = account->owned_fields = fields;
	field = &fields[account->field_count++];
	*field = (struct muster_field){ MUSTER_NO_TEXT, MUSTER_NO_TEXT };
	while ((error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_FIELD_NAME)
			field->name = record.value;
		else if (record.tag == TAG_FIELD_VALUE)
			field->value = record.value;
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* None, 0, for a number that is no state: it may not fit either. */
static enum muster_account_state state_of(uint64_t number)
{
	return number < MUSTER_ACCOUNT_STATES ? (enum muster_account_state)number : 0;
}

static int take_tag(struct muster_account *account, const struct muster_record *record, const struct muster_seal *seal)
{
	switch (record->tag) {
	case TAG_HOST:
		account->host = record->value;
		break;
	case TAG_NAME:
		account->name = record->value;
		break;
	case TAG_STATE:
		account->state = state_of(muster_record_number(record));
		break;
	case TAG_CREATED:
		account->created_s = (int64_t)muster_record_number(record);
		break;
	case TAG_PASSWORD_CHANGED:
		account->password_changed_s = (int64_t)muster_record_number(record);
		break;
	case TAG_CHANGED:
		account->changed_s = (int64_t)muster_record_number(record);
		break;
	case TAG_REASON:
		account->reason = record->value;
		break;
	case TAG_KEYS:
		return muster_keys_take(account->keys, record->value, seal);
	case TAG_FIELD:
		return take_field(account, record->value);
	case TAG_PURGE:
		account->purge_s = (int64_t)muster_record_number(record);
		break;
	case TAG_SECRET:
		return take_secret(account, record->value, seal);
	case TAG_LIFT:
		account->lift_s = (int64_t)muster_record_number(record);
		break;
	case TAG_ADDRESS:
		account->address = record->value;
		break;
	case TAG_ORIGIN:
		return take_bytes(account->origin.bytes, MUSTER_ORIGIN_SIZE, record->value);
	case TAG_DOOR:
		account->door = record->value;
		break;
	case TAG_INVITER:
		account->inviter = record->value;
		break;
	case TAG_DEVICE:
		return take_device(account, record->value, seal);
	default:
		break;
	}
	return MUSTER_OK;
}

/* What every account has; a host that is too long would not fit into a key. */
static bool is_whole(const struct muster_account *account)
{
	return account->host.size > 0 && account->host.size <= MUSTER_HOST_MAX && account->name.size > 0 &&
	       account->state >= MUSTER_ACCOUNT_ENABLED;
}

static int decode(struct muster_account *account, const void *bytes, size_t size, const struct muster_seal *seal)
{
	struct muster_record record;
	int error = muster_record_open(&record, bytes, size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		error = take_tag(account, &record, seal);
	if (error == MUSTER_NOT_FOUND)
		error = is_whole(account) ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}

/* seal  NULL: nothing is opened */
static int decode_copy(struct muster_account *account, const MDB_val *value, size_t size,
                       const struct muster_seal *seal)
{
	int error;

	*account = (struct muster_account){ 0 };
	error = muster_buffer_add(&account->record, (struct muster_text){ value->mv_data, size });
	if (error == MUSTER_OK)
		error = decode(account, account->record.data, account->record.size, seal);
	if (error != MUSTER_OK)
		muster_account_clear(account);
	return error;
}

/* --- operations --- */

/* Devices stand behind everything else. */
static size_t size_without_devices(const MDB_val *value)
{
	struct muster_record record;
	const uint8_t *field;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	do {
		field = record.next;
	} while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK && record.tag != TAG_DEVICE);
	return error == MUSTER_OK ? (size_t)(field - (const uint8_t *)value->mv_data) : value->mv_size;
}

/* The row of a name. */
static int find(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                MDB_val *value)
{
	struct muster_key key;

	muster_key_of(&key, host, name);
	return muster_row_get(transaction, transaction->store->accounts, &key.value, value);
}

int muster_account_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                       struct muster_account *account)
{
	const struct muster_seal seal = muster_seal_to_read(transaction, host, name);
	MDB_val value;
	int error = find(transaction, host, name, &value);

	*account = (struct muster_account){ 0 };
	return error == MUSTER_OK ? decode_copy(account, &value, value.mv_size, &seal) : error;
}

int muster_account_glance(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                          struct muster_account *account)
{
	MDB_val value;
	int error = find(transaction, host, name, &value);

	*account = (struct muster_account){ 0 };
	return error == MUSTER_OK ? decode_copy(account, &value, size_without_devices(&value), NULL) : error;
}

static bool is_key_of(const MDB_val *key, const struct muster_account *account)
{
	struct muster_key own;

	muster_key_of(&own, account->host, account->name);
	return muster_text_is((struct muster_text){ key->mv_data, key->mv_size },
	                      (struct muster_text){ own.value.mv_data, own.value.mv_size });
}

int muster_account_seal_anew(struct muster_transaction *transaction, const MDB_val *key, const MDB_val *value,
                             struct muster_buffer *record)
{
	struct muster_account named, account = { 0 };
	struct muster_seal seal;
	int error = decode_copy(&named, value, value->mv_size, NULL);

	if (error != MUSTER_OK)
		return error;
	error = is_key_of(key, &named) ? muster_seal_to_write(transaction, named.host, named.name, &seal)
	                               : MUSTER_CORRUPT;
	if (error == MUSTER_OK) {
		error = decode_copy(&account, value, value->mv_size, &seal);
		if (error == MUSTER_NO_PEPPER)
			error = MUSTER_CORRUPT; /* passed over by an earlier walk: all that are needed are there */
	}
	if (error == MUSTER_OK) {
		encode(record, &account, &seal);
		error = record->error;
	}
	muster_account_clear(&account);
	muster_account_clear(&named);
	return error;
}

/* What is counted of an account: its state, 0 if there is none, and the shape of its keys. */
struct standing {
	uint8_t state;
	struct muster_shape shape;
};

/* Keys that cannot be read are not counted; an operator may still want to be rid of them. */
static void take_standing(struct standing *standing, struct muster_scram_keys keys[MUSTER_HASH_COUNT],
                          const struct muster_record *record)
{
	struct muster_scram_keys read;
	enum muster_hash hash;

	if (record->tag == TAG_STATE)
		standing->state = (uint8_t)muster_record_number(record);
	if (record->tag == TAG_KEYS && muster_keys_read(record->value, &read, &hash, NULL) == MUSTER_OK &&
	    hash != MUSTER_HASH_COUNT)
		keys[hash] = read;
}

static int read_standing(struct muster_transaction *transaction, const struct muster_key *key,
                         struct standing *standing)
{
	struct muster_scram_keys keys[MUSTER_HASH_COUNT] = { 0 };
	struct muster_record record;
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->accounts, &key->value, &value);

	*standing = (struct standing){ 0 };
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = muster_record_open(&record, value.mv_data, value.mv_size, VERSION);
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_standing(standing, keys, &record);
	muster_shape_of(keys, &standing->shape);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int count(struct muster_transaction *transaction, struct muster_text host, const struct standing *before,
                 const struct standing *after)
{
	int error = muster_count_move(transaction, host, before->state, after->state);

	return error == MUSTER_OK ? muster_mix_move(transaction, host, &before->shape, &after->shape) : error;
}

static int write_record(struct muster_transaction *transaction, const struct muster_key *key,
                        const struct muster_account *account)
{
	struct muster_buffer record = { 0 };
	struct muster_seal seal;
	int error = muster_seal_to_write(transaction, account->host, account->name, &seal);

	if (error != MUSTER_OK)
		return error;
	encode(&record, account, &seal);
	return muster_row_put(transaction, transaction->store->accounts, &key->value, &record);
}

void muster_account_pretend(struct muster_transaction *transaction, const struct muster_account *account)
{
	struct muster_buffer record = { 0 };
	struct muster_seal seal;

	if (muster_seal_to_write(transaction, account->host, account->name, &seal) == MUSTER_OK)
		encode(&record, account, &seal);
	muster_buffer_clear(&record);
}

int muster_account_add(struct muster_transaction *transaction, const struct muster_account *account)
{
	struct standing standing;
	struct muster_key key;
	int error;

	muster_key_of(&key, account->host, account->name);
	error = read_standing(transaction, &key, &standing);
	if (error != MUSTER_OK)
		return error;
	return standing.state == 0 ? muster_account_put(transaction, account) : MUSTER_EXISTS;
}

int muster_account_put(struct muster_transaction *transaction, const struct muster_account *account)
{
	struct standing before, after = { .state = (uint8_t)account->state };
	struct muster_key key;
	int error;

	muster_key_of(&key, account->host, account->name);
	muster_shape_of(account->keys, &after.shape);
	error = read_standing(transaction, &key, &before);
	if (error == MUSTER_OK)
		error = write_record(transaction, &key, account);
	return error == MUSTER_OK ? count(transaction, account->host, &before, &after) : error;
}

int muster_account_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name)
{
	const struct standing gone = { 0 };
	struct standing standing;
	struct muster_key key;
	int error;

	muster_key_of(&key, host, name);
	error = read_standing(transaction, &key, &standing);
	if (error == MUSTER_OK && standing.state == 0)
		return MUSTER_NOT_FOUND;
	if (error == MUSTER_OK)
		error = muster_row_remove(transaction, transaction->store->accounts, &key.value);
	return error == MUSTER_OK ? count(transaction, host, &standing, &gone) : error;
}

/* Where to begin: the first key of the host, or the first one after the position. */
static int seek(MDB_cursor *cursor, struct muster_text host, const struct muster_buffer *position, MDB_val *key,
                MDB_val *value)
{
	struct muster_key first;
	int code;

	if (position->size == 0) {
		muster_key_of_host(&first, host);
		*key = first.value;
		return mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	}
	*key = (MDB_val){ position->size, position->data };
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (code == MDB_SUCCESS &&
	    muster_text_is((struct muster_text){ key->mv_data, key->mv_size }, muster_buffer_text(position)))
		code = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return code;
}

static int visit_record(const MDB_val *value, muster_account_fn visit, void *context, bool *more)
{
	struct muster_account account;
	int error = decode_copy(&account, value, value->mv_size, NULL);

	if (error != MUSTER_OK)
		return error;
	*more = visit(context, account.name, account.state);
	muster_account_clear(&account);
	return MUSTER_OK;
}

int muster_account_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_buffer *position,
                        size_t most, muster_account_fn visit, void *context)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(transaction->txn, transaction->store->accounts, &cursor), error = MUSTER_OK;
	bool more = true;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	code = seek(cursor, host, position, &key, &value);
	for (size_t seen = 0; code == MDB_SUCCESS && more && seen < most && error == MUSTER_OK; seen++) {
		if (!muster_key_is_of_host(&key, host)) {
			code = MDB_NOTFOUND;
			break;
		}
		error = muster_buffer_set(position, (struct muster_text){ key.mv_data, key.mv_size });
		if (error == MUSTER_OK)
			error = visit_record(&value, visit, context, &more);
		if (error != MUSTER_OK)
			error = muster_row_unread(transaction, host, &key, error, &more);
		if (error == MUSTER_OK)
			code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (code == MDB_NOTFOUND && more)
		muster_buffer_clear(position);
	else if (code != MDB_SUCCESS && code != MDB_NOTFOUND && error == MUSTER_OK)
		error = muster_transaction_result(transaction, code);
	return error;
}

/* A key is the host, a zero byte, the name. */
static int take_host(const MDB_val *key, struct muster_buffer *host)
{
	const char *bytes = key->mv_data, *end = memchr(bytes, 0, key->mv_size);

	if (!end || end == bytes || end - bytes > MUSTER_HOST_MAX)
		return MUSTER_CORRUPT;
	return muster_buffer_set(host, (struct muster_text){ bytes, (size_t)(end - bytes) });
}

int muster_account_next_host(struct muster_transaction *transaction, struct muster_buffer *host)
{
	uint8_t after[MUSTER_HOST_MAX + 1] = { 0 }; /* greater than all of the host's keys, less than those behind */
	MDB_val key = { host->size + 1, after }, value;
	MDB_cursor *cursor;
	int code = mdb_cursor_open(transaction->txn, transaction->store->accounts, &cursor), error;

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	if (host->size > 0)
		memcpy(after, host->data, host->size);
	after[host->size] = 1;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	error = code == MDB_SUCCESS ? take_host(&key, host) : muster_transaction_result(transaction, code);
	mdb_cursor_close(cursor);
	return error;
}

const struct muster_scram_keys *muster_account_secret(const struct muster_account *account, struct muster_text name)
{
	for (size_t i = 0; i < account->secret_count; i++)
		if (muster_text_is(account->secrets[i].name, name))
			return &account->secrets[i].keys;
	return NULL;
}

const struct muster_device *muster_account_device(const struct muster_account *account, struct muster_text name)
{
	for (size_t i = 0; i < account->device_count; i++)
		if (muster_text_is(account->devices[i].name, name))
			return &account->devices[i];
	return NULL;
}

enum muster_hash muster_account_first_hash(const struct muster_account *account)
{
	return muster_scram_first(account->keys);
}

void muster_account_clear(struct muster_account *account)
{
	muster_free(account->owned_fields);
	muster_free(account->owned_secrets);
	muster_free(account->owned_devices);
	muster_buffer_clear(&account->record);
	muster_wipe(account, sizeof(*account));
}
