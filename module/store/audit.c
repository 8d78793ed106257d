/* audit.c -- a row an entry, in the order of their times. */
#include "muster/audit.h"

#include <errno.h>

#include "base/clock.h"
#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1, TIME_SIZE = 8, SWEPT = 2 };

enum tag {
	TAG_ACTION = 1,
	TAG_USERNAME = 2,
	TAG_OUTCOME = 3,
	TAG_RULE = 4,
	TAG_DOOR = 5,
	TAG_ADDRESS = 6,
	TAG_ACTOR = 7,
	TAG_DETAIL = 8,
	TAG_OVERRIDDEN = 9,
};

static void make_key(struct muster_key *key, struct muster_text host, int64_t at_us)
{
	uint64_t number = (uint64_t)at_us;

	muster_key_of_host(key, host);
	for (size_t i = TIME_SIZE; i > 0; i--, number >>= 8)
		key->bytes[key->value.mv_size + i - 1] = (uint8_t)number;
	key->value.mv_size += TIME_SIZE;
}

static bool is_entry(const MDB_val *key, struct muster_text host)
{
	return key->mv_size == host.size + 1 + TIME_SIZE;
}

static int64_t time_of(const MDB_val *key)
{
	const uint8_t *bytes = (const uint8_t *)key->mv_data + key->mv_size - TIME_SIZE;
	uint64_t number = 0;

	for (size_t i = 0; i < TIME_SIZE; i++)
		number = number << 8 | bytes[i];
	return (int64_t)number;
}

/* --- walking --- */

static struct muster_text *text_of(struct muster_entry *entry, uint8_t tag)
{
	switch (tag) {
	case TAG_ACTION:
		return &entry->action;
	case TAG_USERNAME:
		return &entry->username;
	case TAG_OUTCOME:
		return &entry->outcome;
	case TAG_RULE:
		return &entry->rule;
	case TAG_DOOR:
		return &entry->door;
	case TAG_ADDRESS:
		return &entry->address;
	case TAG_ACTOR:
		return &entry->actor;
	case TAG_DETAIL:
		return &entry->detail;
	default:
		return NULL;
	}
}

static int decode(struct muster_entry *entry, const MDB_val *value)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK) {
		struct muster_text *text = text_of(entry, record.tag);

		if (text)
			*text = record.value;
		else if (record.tag == TAG_OVERRIDDEN)
			entry->overridden = muster_record_number(&record) != 0;
	}
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

struct walk {
	struct muster_text host;
	muster_entry_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct muster_entry entry = { .host = walk->host };
	int error = is_entry(key, walk->host) ? decode(&entry, value) : MUSTER_CORRUPT;

	if (error != MUSTER_OK)
		return error;
	entry.at_us = time_of(key);
	*more = walk->visit(walk->context, &entry);
	return MUSTER_OK;
}

int muster_audit_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_buffer *position,
                      size_t most, muster_entry_fn visit, void *context)
{
	struct walk walk = { host, visit, context };
	struct muster_range range = { .database = transaction->store->audit,
		                      .host = host,
		                      .backward = true,
		                      .position = position,
		                      .most = most };

	return muster_row_walk(transaction, &range, visit_row, &walk);
}

/* --- adding --- */

static void add_text(struct muster_buffer *record, uint8_t tag, struct muster_text text)
{
	if (text.size > 0)
		muster_record_add_text(record, tag, text);
}

static void encode(struct muster_buffer *record, const struct muster_entry *entry)
{
	muster_record_begin(record, VERSION);
	add_text(record, TAG_ACTION, entry->action);
	add_text(record, TAG_USERNAME, entry->username);
	add_text(record, TAG_OUTCOME, entry->outcome);
	add_text(record, TAG_RULE, entry->rule);
	add_text(record, TAG_DOOR, entry->door);
	add_text(record, TAG_ADDRESS, entry->address);
	add_text(record, TAG_ACTOR, entry->actor);
	add_text(record, TAG_DETAIL, entry->detail);
	if (entry->overridden)
		muster_record_add_number(record, TAG_OVERRIDDEN, 1);
}

struct youngest {
	struct muster_text host;
	int64_t at_us;
};

static int note_time(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	struct youngest *youngest = context;

	(void)value; /* whatever is in it */
	*more = true;
	if (is_entry(key, youngest->host))
		youngest->at_us = time_of(key);
	return MUSTER_OK;
}

/* Behind the youngest, whatever the clock says: no two entries have one time, and their order is that of the deeds. */
static int next_time(struct muster_transaction *transaction, struct muster_text host, int64_t *at_us)
{
	struct muster_buffer position = { 0 };
	struct youngest youngest = { .host = host };
	struct muster_range range = {
		.database = transaction->store->audit, .host = host, .backward = true, .position = &position, .most = 1
	};
	int error = muster_row_walk(transaction, &range, note_time, &youngest);

	muster_buffer_clear(&position);
	*at_us = muster_wall_clock_us();
	if (*at_us <= youngest.at_us)
		*at_us = youngest.at_us + 1;
	return error;
}

static bool is_old(const MDB_val *key, struct muster_text host, int64_t before_us)
{
	return muster_key_is_of_host(key, host) && (!is_entry(key, host) || time_of(key) < before_us);
}

static int remove_old(struct muster_transaction *transaction, struct muster_text host, int64_t before_us)
{
	struct muster_key first;
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(transaction->txn, transaction->store->audit, &cursor);

	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	muster_key_of_host(&first, host);
	key = first.value;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	for (int i = 0; i < SWEPT && code == MDB_SUCCESS && is_old(&key, host, before_us); i++) {
		code = mdb_cursor_del(cursor, 0);
		if (code == MDB_SUCCESS)
			code = mdb_cursor_get(cursor, &key, &value, MDB_GET_CURRENT);
	}
	mdb_cursor_close(cursor);
	/* Behind the last row there is none to stand on. */
	return code == MDB_NOTFOUND || code == EINVAL ? MUSTER_OK : muster_transaction_result(transaction, code);
}

int muster_audit_add(struct muster_transaction *transaction, struct muster_entry *entry, int64_t kept_s)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error = next_time(transaction, entry->host, &entry->at_us);

	if (error != MUSTER_OK)
		return error;
	encode(&record, entry);
	make_key(&key, entry->host, entry->at_us);
	error = muster_row_put(transaction, transaction->store->audit, &key.value, &record);
	if (error != MUSTER_OK || kept_s == MUSTER_AUDIT_FOR_EVER)
		return error;
	return remove_old(transaction, entry->host, entry->at_us - kept_s * 1000000);
}
