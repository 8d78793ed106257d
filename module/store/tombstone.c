/* tombstone.c -- names that stay taken. */
#include "muster/tombstone.h"

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
enum tag { TAG_NAME = 1, TAG_AT = 2 };

static int decode(const MDB_val *value, struct muster_text *name, int64_t *at_s)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	*name = MUSTER_NO_TEXT;
	*at_s = 0;
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_NAME)
			*name = record.value;
		else if (record.tag == TAG_AT)
			*at_s = (int64_t)muster_record_number(&record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static bool is_over(const MDB_val *value, int64_t until_s)
{
	struct muster_text name;
	int64_t at_s;

	return decode(value, &name, &at_s) == MUSTER_OK && at_s <= until_s;
}

/* Each host keeps names for as long as its options say now, so its rows alone are swept. */
int muster_tombstone_put(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         int64_t at_s, int64_t kept_s)
{
	const MDB_dbi tombstones = transaction->store->tombstones;
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error;

	muster_key_of(&key, host, name);
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_NAME, name);
	muster_record_add_number(&record, TAG_AT, (uint64_t)at_s);
	error = muster_row_put(transaction, tombstones, &key.value, &record);
	return error == MUSTER_OK && kept_s >= 0
	               ? muster_row_sweep_host(transaction, tombstones, &key.value, host, at_s - kept_s, is_over)
	               : error;
}

int muster_tombstone_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                         int64_t *at_s)
{
	struct muster_text kept;
	struct muster_key key;
	MDB_val value;
	int error;

	*at_s = 0;
	muster_key_of(&key, host, name);
	error = muster_row_get(transaction, transaction->store->tombstones, &key.value, &value);
	return error == MUSTER_OK ? decode(&value, &kept, at_s) : error;
}

struct walk {
	muster_tombstone_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct muster_text name;
	int64_t at_s;
	int error = decode(value, &name, &at_s);

	(void)key;
	if (error == MUSTER_OK)
		*more = walk->visit(walk->context, name, at_s);
	return error;
}

int muster_tombstone_walk(struct muster_transaction *transaction, struct muster_text host,
                          struct muster_buffer *position, size_t most, muster_tombstone_fn visit, void *context)
{
	struct walk walk = { visit, context };
	struct muster_range range = {
		.database = transaction->store->tombstones, .host = host, .position = position, .most = most
	};

	return muster_row_walk(transaction, &range, visit_row, &walk);
}

int muster_tombstone_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name)
{
	struct muster_key key;

	muster_key_of(&key, host, name);
	return muster_row_remove(transaction, transaction->store->tombstones, &key.value);
}
