/* bucket.c -- a row a bucket, with all that is needed to tell when it is empty. */
#include "muster/bucket.h"

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
#define LONGEST_S INT64_C(1000000000000) /* no option has such a period */
enum tag { TAG_SUBJECT = 1, TAG_LIMIT = 2, TAG_PERIOD = 3, TAG_LEVEL = 4, TAG_AT = 5, TAG_FAILED = 6 };

struct row {
	struct muster_bucket bucket;
	struct muster_level level;
	int64_t at_s;
};

/* Two windows of one subject are two buckets. */
static int make_key(struct muster_key *key, const struct muster_bucket *bucket)
{
	struct muster_buffer name = { 0 };
	int error;

	muster_buffer_add(&name, bucket->subject);
	muster_buffer_add_byte(&name, ' ');
	error = muster_buffer_add_number(&name, bucket->period_s);
	if (error == MUSTER_OK)
		muster_key_of(key, bucket->host, muster_buffer_text(&name));
	muster_buffer_clear(&name);
	return error;
}

int muster_bucket_of_key(struct muster_text host, struct muster_text key, struct muster_bucket *bucket)
{
	size_t at = 0;

	*bucket = (struct muster_bucket){ .host = host, .subject = key };
	while (at < key.size && key.data[at] != ' ')
		at++;
	bucket->subject.size = at;
	for (at++; at < key.size && key.data[at] >= '0' && key.data[at] <= '9' && bucket->period_s < LONGEST_S; at++)
		bucket->period_s = bucket->period_s * 10 + (key.data[at] - '0');
	return at == key.size && bucket->period_s > 0 ? MUSTER_OK : MUSTER_MALFORMED;
}

static uint64_t capacity(const struct muster_bucket *bucket)
{
	return (uint64_t)bucket->limit * MUSTER_BUCKET_ONE;
}

static uint64_t most(const struct muster_bucket *bucket)
{
	return capacity(bucket) + MUSTER_BUCKET_ONE;
}

/* What has leaked away in a span. A clock that was set back leaks nothing; one that was so far ahead that all would
 * have gone meanwhile leaves nothing, or somebody would be kept out until then. */
static uint64_t leaked(const struct muster_bucket *bucket, int64_t seconds)
{
	const int64_t all_s = bucket->period_s * 2; /* at the most, for a bucket of one that holds one more */

	if (seconds >= all_s || seconds <= -all_s)
		return most(bucket);
	return seconds > 0 ? capacity(bucket) * (uint64_t)seconds / (uint64_t)bucket->period_s : 0;
}

static uint64_t least(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Registrations leak first: nobody gets in the sooner for having failed. */
static struct muster_level level_at(const struct row *row, int64_t now_s)
{
	uint64_t all = least(row->level.all, most(&row->bucket));

	all -= least(all, leaked(&row->bucket, now_s - row->at_s));
	return (struct muster_level){ all, least(row->level.failed, all) };
}

static bool is_whole(const struct row *row)
{
	return row->bucket.limit > 0 && row->bucket.period_s > 0 && row->bucket.period_s <= LONGEST_S && row->at_s >= 0;
}

static int decode(const MDB_val *value, struct row *row)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	*row = (struct row){ .at_s = 0 };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		switch (record.tag) {
		case TAG_SUBJECT:
			row->bucket.subject = record.value;
			break;
		case TAG_LIMIT:
			row->bucket.limit = (uint32_t)muster_record_number(&record);
			break;
		case TAG_PERIOD:
			row->bucket.period_s = (int64_t)muster_record_number(&record);
			break;
		case TAG_LEVEL:
			row->level.all = muster_record_number(&record);
			break;
		case TAG_FAILED:
			row->level.failed = muster_record_number(&record);
			break;
		case TAG_AT:
			row->at_s = (int64_t)muster_record_number(&record);
			break;
		default:
			break;
		}
	if (error == MUSTER_NOT_FOUND)
		error = is_whole(row) ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}

/* The limit may have been changed since the row was written; what is in it stays, as far as it fits. */
static int read_level(struct muster_transaction *transaction, const struct muster_key *key,
                      const struct muster_bucket *bucket, int64_t now_s, struct muster_level *level)
{
	struct row row;
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->buckets, &key->value, &value);

	*level = (struct muster_level){ 0, 0 };
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = decode(&value, &row);
	if (error != MUSTER_OK)
		return error;
	row.bucket = *bucket;
	*level = level_at(&row, now_s);
	return MUSTER_OK;
}

int muster_bucket_read(struct muster_transaction *transaction, const struct muster_bucket *bucket, int64_t now_s,
                       struct muster_level *level)
{
	struct muster_key key;
	int error = make_key(&key, bucket);

	*level = (struct muster_level){ 0, 0 };
	return error == MUSTER_OK ? read_level(transaction, &key, bucket, now_s, level) : error;
}

static bool is_empty(const MDB_val *value, int64_t now_s)
{
	struct row row;

	return decode(value, &row) == MUSTER_OK && level_at(&row, now_s).all == 0;
}

static int write_level(struct muster_transaction *transaction, const struct muster_key *key,
                       const struct muster_bucket *bucket, int64_t now_s, struct muster_level level)
{
	struct muster_buffer record = { 0 };

	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_SUBJECT, bucket->subject);
	muster_record_add_number(&record, TAG_LIMIT, bucket->limit);
	muster_record_add_number(&record, TAG_PERIOD, (uint64_t)bucket->period_s);
	muster_record_add_number(&record, TAG_LEVEL, level.all);
	muster_record_add_number(&record, TAG_AT, (uint64_t)now_s);
	if (level.failed > 0)
		muster_record_add_number(&record, TAG_FAILED, level.failed);
	return muster_row_put(transaction, transaction->store->buckets, &key->value, &record);
}

int muster_bucket_add(struct muster_transaction *transaction, const struct muster_bucket *bucket, int64_t now_s,
                      struct muster_level amount)
{
	struct muster_level level;
	struct muster_key key;
	int error = make_key(&key, bucket);

	if (error == MUSTER_OK)
		error = read_level(transaction, &key, bucket, now_s, &level);
	if (error != MUSTER_OK)
		return error;
	level.all += least(amount.all, most(bucket) - level.all);
	level.failed = least(level.failed + least(amount.failed, most(bucket)), level.all);
	error = write_level(transaction, &key, bucket, now_s, level);
	return error == MUSTER_OK
	               ? muster_row_sweep(transaction, transaction->store->buckets, &key.value, now_s, is_empty)
	               : error;
}

int64_t muster_bucket_wait(const struct muster_bucket *bucket, struct muster_level level)
{
	const uint64_t full = capacity(bucket);
	uint64_t over = level.all + MUSTER_BUCKET_ONE - least(level.failed, MUSTER_BUCKET_FORGIVEN);

	if (over <= full)
		return 0;
	over -= full;
	return (int64_t)((over * (uint64_t)bucket->period_s + full - 1) / full);
}

int muster_bucket_reset(struct muster_transaction *transaction, const struct muster_bucket *bucket)
{
	struct muster_key key;
	int error = make_key(&key, bucket);

	return error == MUSTER_OK ? muster_row_remove(transaction, transaction->store->buckets, &key.value) : error;
}

struct walk {
	struct muster_text host;
	int64_t now_s;
	muster_bucket_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct row row;
	int error = decode(value, &row);

	(void)key;
	if (error != MUSTER_OK)
		return error;
	row.bucket.host = walk->host;
	if (level_at(&row, walk->now_s).all > 0)
		*more = walk->visit(walk->context, &row.bucket, level_at(&row, walk->now_s));
	return MUSTER_OK;
}

int muster_bucket_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                       struct muster_buffer *position, size_t most, muster_bucket_fn visit, void *context)
{
	struct walk walk = { host, now_s, visit, context };
	struct muster_range range = {
		.database = transaction->store->buckets, .host = host, .position = position, .most = most
	};

	return muster_row_walk(transaction, &range, visit_row, &walk);
}
