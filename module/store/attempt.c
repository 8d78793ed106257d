/* attempt.c -- a row a subject: until when it matters, and its times. */
#include "muster/attempt.h"

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
enum tag { TAG_UNTIL = 1, TAG_AT = 2 /* once a time, the oldest first */ };

static int make_key(struct muster_key *key, const struct muster_attempt *attempt)
{
	struct muster_buffer name = { 0 };
	int error;

	muster_buffer_add(&name, attempt->kind);
	muster_buffer_add_byte(&name, '/');
	error = muster_buffer_add(&name, attempt->subject);
	if (error == MUSTER_OK)
		muster_key_of(key, attempt->host, muster_buffer_text(&name));
	muster_buffer_clear(&name);
	return error;
}

static bool counts(const struct muster_attempt *attempt, int64_t at_s, int64_t now_s)
{
	return at_s > now_s - attempt->period_s && at_s <= now_s;
}

/* Go through a row's times; those that count are copied to `kept` unless it is NULL. */
static int read_times(const MDB_val *value, const struct muster_attempt *attempt, int64_t now_s, size_t *count,
                      struct muster_buffer *kept)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK) {
		int64_t at_s = (int64_t)muster_record_number(&record);

		if (record.tag != TAG_AT || !counts(attempt, at_s, now_s) || *count == MUSTER_ATTEMPTS_MAX)
			continue;
		++*count;
		if (kept)
			muster_record_add_number(kept, TAG_AT, (uint64_t)at_s);
	}
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int read_row(struct muster_transaction *transaction, const struct muster_key *key,
                    const struct muster_attempt *attempt, int64_t now_s, size_t *count, struct muster_buffer *kept)
{
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->attempts, &key->value, &value);

	*count = 0;
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	return error == MUSTER_OK ? read_times(&value, attempt, now_s, count, kept) : error;
}

int muster_attempt_count(struct muster_transaction *transaction, const struct muster_attempt *attempt, int64_t now_s,
                         size_t *count)
{
	struct muster_key key;
	int error = make_key(&key, attempt);

	*count = 0;
	return error == MUSTER_OK ? read_row(transaction, &key, attempt, now_s, count, NULL) : error;
}

static bool is_over(const MDB_val *value, int64_t now_s)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_UNTIL)
			return (int64_t)muster_record_number(&record) < now_s;
	return false;
}

int muster_attempt_add(struct muster_transaction *transaction, const struct muster_attempt *attempt, int64_t now_s)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;
	size_t count;
	int error = make_key(&key, attempt);

	if (error != MUSTER_OK)
		return error;
	muster_record_begin(&record, VERSION);
	muster_record_add_number(&record, TAG_UNTIL, (uint64_t)(now_s + attempt->period_s));
	error = read_row(transaction, &key, attempt, now_s, &count, &record);
	if (error != MUSTER_OK) {
		muster_buffer_clear(&record);
		return error;
	}
	muster_record_add_number(&record, TAG_AT, (uint64_t)now_s);
	error = muster_row_put(transaction, transaction->store->attempts, &key.value, &record);
	return error == MUSTER_OK
	               ? muster_row_sweep(transaction, transaction->store->attempts, &key.value, now_s, is_over)
	               : error;
}
