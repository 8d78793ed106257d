/* inviter.c -- a row an invitation and a row an invited account, side by side under their inviter: host, a zero byte, a
 * hash of the inviter, what it is, and a hash of the token or of the account's name. */
#include "store/inviter.h"

#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1, INVITATION = 1, ACCOUNT = 2 };
enum tag { TAG_NAME = 1, TAG_EXPIRES = 2 };

/* What the keys of all rows of one sort begin with. */
static void make_prefix(struct muster_key *key, struct muster_text host, struct muster_text inviter, uint8_t sort)
{
	muster_key_of_host(key, host);
	muster_key_add_hash(key, inviter);
	key->bytes[key->value.mv_size++] = sort;
}

static bool begins_with(const MDB_val *key, const struct muster_key *prefix)
{
	return key->mv_size >= prefix->value.mv_size && memcmp(key->mv_data, prefix->bytes, prefix->value.mv_size) == 0;
}

static int read_row(const MDB_val *value, struct muster_text *name, int64_t *expires_s)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	*name = MUSTER_NO_TEXT;
	*expires_s = 0;
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_NAME)
			*name = record.value;
		else if (record.tag == TAG_EXPIRES)
			*expires_s = (int64_t)muster_record_number(&record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* --- invitations --- */

static void make_invitation_key(struct muster_key *key, const struct muster_invitation *invitation)
{
	make_prefix(key, invitation->host, invitation->inviter, INVITATION);
	memcpy(key->bytes + key->value.mv_size, invitation->hash, MUSTER_TOKEN_HASH_SIZE);
	key->value.mv_size += MUSTER_TOKEN_HASH_SIZE;
}

/* The invitation's row goes at the same time; an account's has no such time. */
static bool is_over(const MDB_val *value, int64_t now_s)
{
	struct muster_text name;
	int64_t expires_s;

	return read_row(value, &name, &expires_s) == MUSTER_OK && expires_s != 0 &&
	       expires_s + MUSTER_INVITATION_KEPT_S <= now_s;
}

int muster_inviter_note(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	const MDB_dbi database = transaction->store->inviters;
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error;

	make_invitation_key(&key, invitation);
	muster_record_begin(&record, VERSION);
	muster_record_add_number(&record, TAG_EXPIRES, (uint64_t)invitation->expires_s);
	error = muster_row_put(transaction, database, &key.value, &record);
	return error == MUSTER_OK ? muster_row_sweep(transaction, database, &key.value, invitation->created_s, is_over)
	                          : error;
}

int muster_inviter_unnote(struct muster_transaction *transaction, const struct muster_invitation *invitation)
{
	struct muster_key key;

	make_invitation_key(&key, invitation);
	return muster_row_remove(transaction, transaction->store->inviters, &key.value);
}

/* The token's hash of the first invitation that is noted. */
static int first_invitation(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                            uint8_t hash[MUSTER_TOKEN_HASH_SIZE])
{
	struct muster_key prefix;
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = transaction->error == MUSTER_OK
	                   ? mdb_cursor_open(transaction->txn, transaction->store->inviters, &cursor)
	                   : MDB_SUCCESS;

	if (transaction->error != MUSTER_OK)
		return transaction->error;
	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	make_prefix(&prefix, host, inviter, INVITATION);
	key = prefix.value;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (code == MDB_SUCCESS && !begins_with(&key, &prefix))
		code = MDB_NOTFOUND;
	if (code == MDB_SUCCESS && key.mv_size == prefix.value.mv_size + MUSTER_TOKEN_HASH_SIZE)
		memcpy(hash, (const uint8_t *)key.mv_data + prefix.value.mv_size, MUSTER_TOKEN_HASH_SIZE);
	else if (code == MDB_SUCCESS)
		code = MDB_CORRUPTED;
	mdb_cursor_close(cursor);
	return muster_transaction_result(transaction, code);
}

/* With the invitation its row here goes; where only the row is left, that. */
static int forget_one(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                      const uint8_t hash[MUSTER_TOKEN_HASH_SIZE])
{
	struct muster_invitation invitation;
	int error = muster_invitation_get(transaction, host, hash, &invitation);

	if (error == MUSTER_OK) {
		error = muster_invitation_remove(transaction, &invitation);
		muster_invitation_clear(&invitation);
		return error;
	}
	if (error != MUSTER_NOT_FOUND)
		return error;
	invitation = (struct muster_invitation){ .host = host, .inviter = inviter };
	memcpy(invitation.hash, hash, MUSTER_TOKEN_HASH_SIZE);
	return muster_inviter_unnote(transaction, &invitation);
}

int muster_inviter_forget(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter)
{
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	int error;

	while ((error = first_invitation(transaction, host, inviter, hash)) == MUSTER_OK) {
		error = forget_one(transaction, host, inviter, hash);
		if (error != MUSTER_OK)
			return error;
	}
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* --- accounts --- */

static void make_account_key(struct muster_key *key, struct muster_text host, struct muster_text inviter,
                             struct muster_text name)
{
	make_prefix(key, host, inviter, ACCOUNT);
	muster_key_add_hash(key, name);
}

int muster_invitee_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                       struct muster_text name)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;

	make_account_key(&key, host, inviter, name);
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_NAME, name);
	return muster_row_put(transaction, transaction->store->inviters, &key.value, &record);
}

int muster_invitee_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                          struct muster_text name)
{
	struct muster_key key;

	make_account_key(&key, host, inviter, name);
	return muster_row_remove(transaction, transaction->store->inviters, &key.value);
}

struct walk {
	struct muster_key prefix;
	muster_invitee_fn visit;
	void *context;
	bool behind; /* all rows of this inviter were seen */
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	struct walk *walk = context;
	struct muster_text name;
	int64_t expires_s;
	int error;

	walk->behind = !begins_with(key, &walk->prefix);
	*more = !walk->behind;
	if (walk->behind)
		return MUSTER_OK;
	error = read_row(value, &name, &expires_s);
	if (error == MUSTER_OK)
		*more = walk->visit(walk->context, name);
	return error;
}

/* The prefix is no row's key, but stands before those that begin with it: the walk goes on behind it. */
int muster_invitee_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                        struct muster_buffer *position, size_t most, muster_invitee_fn visit, void *context)
{
	struct walk walk = { .visit = visit, .context = context };
	struct muster_range range = {
		.database = transaction->store->inviters, .host = host, .position = position, .most = most
	};
	int error = MUSTER_OK;

	make_prefix(&walk.prefix, host, inviter, ACCOUNT);
	if (position->size == 0)
		error = muster_buffer_set(position,
		                          (struct muster_text){ walk.prefix.value.mv_data, walk.prefix.value.mv_size });
	if (error == MUSTER_OK)
		error = muster_row_walk(transaction, &range, visit_row, &walk);
	if (walk.behind)
		muster_buffer_clear(position);
	return error;
}
