/* invitation.c -- a row an invitation, under the hash of its token; and a row a name that is kept for one. */
#include "muster/invitation.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/clock.h"
#include "store/inviter.h"
#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };

enum tag {
	TAG_KIND = 1,
	TAG_NAME = 2,
	TAG_INVITER = 3,
	TAG_ROLE = 4,
	TAG_NOTE = 5,
	TAG_CONTACT = 6,
	TAG_CREATED = 7,
	TAG_EXPIRES = 8,
	TAG_ACCOUNT = 9,
	TAG_USES = 10,
	TAG_TAKER = 11,
	TAG_TAKEN = 12,
	TAG_HELD_HASH = 1,
	TAG_HELD_EXPIRES = 2,
};

/* --- tokens --- */

int muster_token_make(char token[MUSTER_TOKEN_SIZE + 1])
{
	static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const uint8_t count = sizeof(characters) - 1,
		      most = 256 / count * count; /* beyond, some would come more often */
	uint8_t bytes[MUSTER_TOKEN_SIZE];
	int error = MUSTER_OK;

	for (size_t made = 0; made < MUSTER_TOKEN_SIZE && error == MUSTER_OK;) {
		error = muster_random(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes) && made < MUSTER_TOKEN_SIZE && error == MUSTER_OK; i++)
			if (bytes[i] < most)
				token[made++] = characters[bytes[i] % count];
	}
	muster_wipe(bytes, sizeof(bytes));
	token[MUSTER_TOKEN_SIZE] = '\0';
	return error;
}

void muster_token_hash(struct muster_text token, uint8_t hash[MUSTER_TOKEN_HASH_SIZE])
{
	EVP_Digest(token.data, token.size, hash, NULL, EVP_sha256(), NULL);
}

void muster_invitation_id(const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], char id[MUSTER_INVITATION_ID_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < MUSTER_INVITATION_ID_SIZE; i++)
		id[i] = digits[i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0xf];
	id[MUSTER_INVITATION_ID_SIZE] = '\0';
}

const char *muster_invitation_kind_name(enum muster_invitation_kind kind)
{
	static const char *const names[] = { "", "register", "contact", "reset", "foreign" };

	return names[kind];
}

/* --- records --- */

static void add_optional(struct muster_buffer *record, uint8_t tag, struct muster_text text)
{
	if (text.data)
		muster_record_add_text(record, tag, text);
}

static void encode(struct muster_buffer *record, const struct muster_invitation *invitation)
{
	muster_record_begin(record, VERSION);
	muster_record_add_number(record, TAG_KIND, invitation->kind);
	add_optional(record, TAG_NAME, invitation->name);
	add_optional(record, TAG_INVITER, invitation->inviter);
	add_optional(record, TAG_ROLE, invitation->role);
	add_optional(record, TAG_NOTE, invitation->note);
	if (invitation->contact)
		muster_record_add_number(record, TAG_CONTACT, 1);
	muster_record_add_number(record, TAG_CREATED, (uint64_t)invitation->created_s);
	muster_record_add_number(record, TAG_EXPIRES, (uint64_t)invitation->expires_s);
	if (invitation->account_s != 0)
		muster_record_add_number(record, TAG_ACCOUNT, (uint64_t)invitation->account_s);
	muster_record_add_number(record, TAG_USES, invitation->uses);
	add_optional(record, TAG_TAKER, invitation->taker);
	if (invitation->taken_s != 0)
		muster_record_add_number(record, TAG_TAKEN, (uint64_t)invitation->taken_s);
}

static void take_tag(struct muster_invitation *invitation, const struct muster_record *record)
{
	const uint64_t number = muster_record_number(record);

	switch (record->tag) {
	case TAG_KIND:
		invitation->kind = number <= MUSTER_INVITATION_FOREIGN ? (enum muster_invitation_kind)number : 0;
		break;
	case TAG_NAME:
		invitation->name = record->value;
		break;
	case TAG_INVITER:
		invitation->inviter = record->value;
		break;
	case TAG_ROLE:
		invitation->role = record->value;
		break;
	case TAG_NOTE:
		invitation->note = record->value;
		break;
	case TAG_CONTACT:
		invitation->contact = number != 0;
		break;
	case TAG_CREATED:
		invitation->created_s = (int64_t)number;
		break;
	case TAG_EXPIRES:
		invitation->expires_s = (int64_t)number;
		break;
	case TAG_ACCOUNT:
		invitation->account_s = (int64_t)number;
		break;
	case TAG_USES:
		invitation->uses = number < MUSTER_USES_UNLIMITED ? (uint32_t)number : MUSTER_USES_UNLIMITED;
		break;
	case TAG_TAKER:
		invitation->taker = record->value;
		break;
	case TAG_TAKEN:
		invitation->taken_s = (int64_t)number;
		break;
	default:
		break;
	}
}

/* The hash is the end of the key; without a kind a row is damaged. */
static int decode(struct muster_invitation *invitation, struct muster_text host, const MDB_val *key, const void *bytes,
                  size_t size)
{
	struct muster_record record;
	int error = muster_record_open(&record, bytes, size, VERSION);

	invitation->host = host;
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_tag(invitation, &record);
	if (error != MUSTER_NOT_FOUND)
		return error;
	if (key->mv_size != host.size + 1 + MUSTER_TOKEN_HASH_SIZE || invitation->kind == 0)
		return MUSTER_CORRUPT;
	memcpy(invitation->hash, (const uint8_t *)key->mv_data + host.size + 1, MUSTER_TOKEN_HASH_SIZE);
	return MUSTER_OK;
}

static void make_key(struct muster_key *key, struct muster_text host, const uint8_t *hash, size_t size)
{
	muster_key_of_host(key, host);
	memcpy(key->bytes + key->value.mv_size, hash, size);
	key->value.mv_size += size;
}

bool muster_invitation_is_live(const struct muster_invitation *invitation, int64_t now_s)
{
	return invitation->uses > 0 && now_s < invitation->expires_s;
}

/* Who has shown one that was valid then may be a while about it. */
static bool is_over(const MDB_val *value, int64_t now_s)
{
	struct muster_invitation invitation = { .expires_s = 0 };
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_tag(&invitation, &record);
	return error == MUSTER_NOT_FOUND && invitation.expires_s + MUSTER_INVITATION_KEPT_S <= now_s;
}

/* --- names that are kept --- */

struct held {
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	int64_t expires_s;
};

static int decode_held(const MDB_val *value, struct held *held)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);
	bool whole = false;

	*held = (struct held){ .expires_s = 0 };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_HELD_HASH && record.value.size == sizeof(held->hash)) {
			memcpy(held->hash, record.value.data, sizeof(held->hash));
			whole = true;
		} else if (record.tag == TAG_HELD_EXPIRES) {
			held->expires_s = (int64_t)muster_record_number(&record);
		}
	if (error == MUSTER_NOT_FOUND)
		error = whole ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}

static bool is_free(const MDB_val *value, int64_t now_s)
{
	struct held held;

	return decode_held(value, &held) == MUSTER_OK && held.expires_s <= now_s;
}

static int read_held(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                     struct held *held)
{
	struct muster_key key;
	MDB_val value;
	int error;

	muster_key_of(&key, host, name);
	error = muster_row_get(transaction, transaction->store->held, &key.value, &value);
	return error == MUSTER_OK ? decode_held(&value, held) : error;
}

static bool holds_name(const struct muster_invitation *invitation)
{
	return invitation->kind == MUSTER_INVITATION_REGISTER && invitation->name.data;
}

static int hold(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	const MDB_dbi database = transaction->store->held;
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error;

	muster_key_of(&key, invitation->host, invitation->name);
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_HELD_HASH,
	                       (struct muster_text){ (const char *)invitation->hash, MUSTER_TOKEN_HASH_SIZE });
	muster_record_add_number(&record, TAG_HELD_EXPIRES, (uint64_t)invitation->expires_s);
	error = muster_row_put(transaction, database, &key.value, &record);
	return error == MUSTER_OK ? muster_row_sweep(transaction, database, &key.value, invitation->created_s, is_free)
	                          : error;
}

/* It may be kept for another one by now. */
static int let_go(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_key key;
	struct held held;
	int error = read_held(transaction, invitation->host, invitation->name, &held);

	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	if (memcmp(held.hash, invitation->hash, sizeof(held.hash)) != 0)
		return MUSTER_OK;
	muster_key_of(&key, invitation->host, invitation->name);
	return muster_row_remove(transaction, transaction->store->held, &key.value);
}

int muster_invitation_holder(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                             int64_t now_s, uint8_t hash[MUSTER_TOKEN_HASH_SIZE])
{
	struct held held;
	int error = read_held(transaction, host, name, &held);

	if (error == MUSTER_OK && held.expires_s <= now_s)
		error = MUSTER_NOT_FOUND;
	if (error == MUSTER_OK)
		memcpy(hash, held.hash, MUSTER_TOKEN_HASH_SIZE);
	return error;
}

/* --- reading --- */

static int copy(struct muster_invitation *invitation, struct muster_text host, const MDB_val *key, const MDB_val *value)
{
	int error = muster_buffer_add(&invitation->record, (struct muster_text){ value->mv_data, value->mv_size });

	if (error == MUSTER_OK)
		error = decode(invitation, host, key, invitation->record.data, invitation->record.size);
	if (error != MUSTER_OK)
		muster_invitation_clear(invitation);
	return error;
}

int muster_invitation_get(struct muster_transaction *transaction, struct muster_text host,
                          const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], struct muster_invitation *invitation)
{
	struct muster_key key;
	MDB_val value;
	int error;

	*invitation = (struct muster_invitation){ .expires_s = 0 };
	make_key(&key, host, hash, MUSTER_TOKEN_HASH_SIZE);
	error = muster_row_get(transaction, transaction->store->invitations, &key.value, &value);
	return error == MUSTER_OK ? copy(invitation, host, &key.value, &value) : error;
}

static int digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The first bytes of a hash. */
static bool read_id(struct muster_text id, uint8_t bytes[MUSTER_INVITATION_ID_SIZE / 2])
{
	for (size_t i = 0; id.size == MUSTER_INVITATION_ID_SIZE && i < id.size / 2; i++) {
		int high = digit(id.data[2 * i]), low = digit(id.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return id.size == MUSTER_INVITATION_ID_SIZE;
}

/* The row whose hash begins so. The value lives until the transaction's next change. */
static int seek(struct muster_transaction *transaction, const struct muster_key *prefix, MDB_val *key, MDB_val *value)
{
	MDB_cursor *cursor;
	int code;

	if (transaction->error != MUSTER_OK)
		return transaction->error;
	code = mdb_cursor_open(transaction->txn, transaction->store->invitations, &cursor);
	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	*key = prefix->value;
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (code == MDB_SUCCESS &&
	    (key->mv_size < prefix->value.mv_size || memcmp(key->mv_data, prefix->bytes, prefix->value.mv_size) != 0))
		code = MDB_NOTFOUND;
	mdb_cursor_close(cursor);
	return muster_transaction_result(transaction, code);
}

int muster_invitation_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text id,
                           struct muster_invitation *invitation)
{
	uint8_t bytes[MUSTER_INVITATION_ID_SIZE / 2];
	struct muster_key prefix;
	MDB_val key = { 0 }, value = { 0 };
	int error;

	*invitation = (struct muster_invitation){ .expires_s = 0 };
	if (!read_id(id, bytes))
		return MUSTER_NOT_FOUND;
	make_key(&prefix, host, bytes, sizeof(bytes));
	error = seek(transaction, &prefix, &key, &value);
	return error == MUSTER_OK ? copy(invitation, host, &key, &value) : error;
}

void muster_invitation_clear(struct muster_invitation *invitation)
{
	muster_buffer_clear(&invitation->record);
	*invitation = (struct muster_invitation){ .expires_s = 0 };
}

/* --- writing --- */

static int put(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;

	make_key(&key, invitation->host, invitation->hash, MUSTER_TOKEN_HASH_SIZE);
	encode(&record, invitation);
	return muster_row_put(transaction, transaction->store->invitations, &key.value, &record);
}

int muster_invitation_add(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_key key;
	MDB_val found, value;
	int error;

	make_key(&key, invitation->host, invitation->hash, MUSTER_INVITATION_ID_SIZE / 2);
	error = seek(transaction, &key, &found, &value);
	if (error != MUSTER_NOT_FOUND)
		return error == MUSTER_OK ? MUSTER_EXISTS : error;
	error = put(transaction, invitation);
	make_key(&key, invitation->host, invitation->hash, MUSTER_TOKEN_HASH_SIZE);
	if (error == MUSTER_OK)
		error = muster_row_sweep(transaction, transaction->store->invitations, &key.value,
		                         invitation->created_s, is_over);
	if (error == MUSTER_OK && holds_name(invitation))
		error = hold(transaction, invitation);
	if (error == MUSTER_OK && invitation->inviter.data && invitation->kind != MUSTER_INVITATION_FOREIGN)
		error = muster_inviter_note(transaction, invitation);
	return error;
}

int muster_invitation_spend(struct muster_transaction *transaction, struct muster_text host,
                            const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], struct muster_text taker, int64_t now_s)
{
	struct muster_invitation invitation;
	int error = muster_invitation_get(transaction, host, hash, &invitation);

	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_SPENT : error;
	if (invitation.uses == 0)
		error = MUSTER_SPENT;
	else if (invitation.uses != MUSTER_USES_UNLIMITED)
		invitation.uses--;
	invitation.taker = taker;
	invitation.taken_s = now_s;
	if (error == MUSTER_OK)
		error = put(transaction, &invitation);
	if (error == MUSTER_OK && invitation.uses == 0 && holds_name(&invitation))
		error = let_go(transaction, &invitation);
	muster_invitation_clear(&invitation);
	return error;
}

int muster_invitation_remove(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_key key;
	int error = holds_name(invitation) ? let_go(transaction, invitation) : MUSTER_OK;

	make_key(&key, invitation->host, invitation->hash, MUSTER_TOKEN_HASH_SIZE);
	if (error == MUSTER_OK && invitation->inviter.data)
		error = muster_inviter_unnote(transaction, invitation);
	return error == MUSTER_OK ? muster_row_remove(transaction, transaction->store->invitations, &key.value) : error;
}

/* --- walking --- */

struct walk {
	struct muster_text host;
	muster_invitation_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct muster_invitation invitation = { .expires_s = 0 };
	int error = decode(&invitation, walk->host, key, value->mv_data, value->mv_size);

	if (error == MUSTER_OK)
		*more = walk->visit(walk->context, &invitation);
	return error;
}

int muster_invitation_walk(struct muster_transaction *transaction, struct muster_text host,
                           struct muster_buffer *position, size_t most, muster_invitation_fn visit, void *context)
{
	struct walk walk = { host, visit, context };
	struct muster_range range = {
		.database = transaction->store->invitations, .host = host, .position = position, .most = most
	};

	return muster_row_walk(transaction, &range, visit_row, &walk);
}
