/* mix.c -- a row a host: a shape, with its number of accounts, a field. */
#include "muster/mix.h"

#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1, TAG_SHAPE = 1, NUMBER_SIZE = 8, SET_SIZE = 6 };

static uint64_t take_number(const char **bytes, size_t size)
{
	uint64_t number = 0;

	for (; size > 0; size--)
		number = number << 8 | (uint8_t) * (*bytes)++;
	return number;
}

static void put_number(struct muster_buffer *buffer, uint64_t number, size_t size)
{
	for (; size > 0; size--)
		muster_buffer_add_byte(buffer, (char)(number >> 8 * (size - 1)));
}

/* What a newer version says of further hashes is passed over. */
static int take_shape(struct muster_mix *mix, struct muster_text value)
{
	const char *bytes = value.data, *end = value.data + value.size;
	struct muster_shape *shape = &mix->shapes[mix->count];

	if (value.size < NUMBER_SIZE || (value.size - NUMBER_SIZE) % SET_SIZE != 0)
		return MUSTER_CORRUPT;
	if (mix->count == MUSTER_SHAPES_MAX)
		return MUSTER_OK;
	*shape = (struct muster_shape){ 0 };
	mix->accounts[mix->count] = take_number(&bytes, NUMBER_SIZE);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT && bytes < end; hash++) {
		struct muster_set_shape *set = &shape->sets[hash];

		set->iterations = (uint32_t)take_number(&bytes, 4);
		set->salt_size = (uint8_t)take_number(&bytes, 1);
		set->uuid = take_number(&bytes, 1) != 0;
		if (set->salt_size > MUSTER_SALT_MAX || (set->uuid && set->salt_size != MUSTER_UUID_SIZE))
			return MUSTER_CORRUPT;
	}
	mix->count += mix->accounts[mix->count] > 0 && !muster_shape_is_empty(shape);
	return MUSTER_OK;
}

static int read(struct muster_transaction *transaction, const struct muster_key *key, struct muster_mix *mix)
{
	struct muster_record record;
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->mixes, &key->value, &value);

	mix->count = 0;
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = muster_record_open(&record, value.mv_data, value.mv_size, VERSION);
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_SHAPE)
			error = take_shape(mix, record.value);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static void add_shape(struct muster_buffer *record, const struct muster_shape *shape, uint64_t accounts)
{
	struct muster_buffer value = { 0 };

	put_number(&value, accounts, NUMBER_SIZE);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		put_number(&value, shape->sets[hash].iterations, 4);
		put_number(&value, shape->sets[hash].salt_size, 1);
		put_number(&value, shape->sets[hash].uuid, 1);
	}
	muster_record_add_text(record, TAG_SHAPE, muster_buffer_text(&value));
	if (value.error != MUSTER_OK)
		record->error = value.error;
	muster_buffer_clear(&value);
}

static int write(struct muster_transaction *transaction, const struct muster_key *key, const struct muster_mix *mix)
{
	struct muster_buffer record = { 0 };

	muster_record_begin(&record, VERSION);
	for (size_t i = 0; i < mix->count; i++)
		if (mix->accounts[i] > 0)
			add_shape(&record, &mix->shapes[i], mix->accounts[i]);
	return muster_row_put(transaction, transaction->store->mixes, &key->value, &record);
}

/* The number of a shape; `count` if it is not there. */
static size_t find(const struct muster_mix *mix, const struct muster_shape *shape)
{
	size_t i = 0;

	while (i < mix->count && !muster_shape_is(&mix->shapes[i], shape))
		i++;
	return i;
}

static void remove_one(struct muster_mix *mix, const struct muster_shape *shape)
{
	size_t i = find(mix, shape);

	if (i < mix->count && mix->accounts[i] > 0)
		mix->accounts[i]--;
}

static void add_one(struct muster_mix *mix, const struct muster_shape *shape)
{
	size_t i = find(mix, shape);

	if (i == MUSTER_SHAPES_MAX || muster_shape_is_empty(shape))
		return;
	if (i == mix->count) {
		mix->shapes[i] = *shape;
		mix->accounts[i] = 0;
		mix->count++;
	}
	mix->accounts[i]++;
}

int muster_mix_move(struct muster_transaction *transaction, struct muster_text host, const struct muster_shape *from,
                    const struct muster_shape *to)
{
	struct muster_mix mix;
	struct muster_key key;
	int error;

	if (muster_shape_is(from, to))
		return MUSTER_OK;
	muster_key_of_host(&key, host);
	error = read(transaction, &key, &mix);
	if (error != MUSTER_OK)
		return error;
	remove_one(&mix, from);
	add_one(&mix, to);
	return write(transaction, &key, &mix);
}

int muster_mix_read(struct muster_transaction *transaction, struct muster_text host, struct muster_mix *mix)
{
	struct muster_key key;

	muster_key_of_host(&key, host);
	return read(transaction, &key, mix);
}
