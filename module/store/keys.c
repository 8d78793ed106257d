/* keys.c -- sets of keys: their encoding. */
#include "store/keys.h"

#include <string.h>

#include "muster/error.h"
#include "store/record.h"

enum { VERSION = 1 };

enum tag {
	TAG_HASH = 1,
	TAG_ITERATIONS = 2,
	TAG_SALT = 3,
	TAG_STORED = 4,
	TAG_SERVER = 5,
};

static struct muster_text bytes_text(const uint8_t *bytes, size_t size)
{
	return (struct muster_text){ (const char *)bytes, size };
}

void muster_keys_add(struct muster_buffer *record, uint8_t tag, enum muster_hash hash,
                     const struct muster_scram_keys *keys)
{
	struct muster_buffer nested = { 0 };
	size_t size = muster_hash_size(hash);

	muster_record_begin(&nested, VERSION);
	muster_record_add_text(&nested, TAG_HASH, muster_text_of(muster_hash_name(hash)));
	muster_record_add_number(&nested, TAG_ITERATIONS, keys->iterations);
	muster_record_add_text(&nested, TAG_SALT, bytes_text(keys->salt, keys->salt_size));
	muster_record_add_text(&nested, TAG_STORED, bytes_text(keys->stored_key, size));
	muster_record_add_text(&nested, TAG_SERVER, bytes_text(keys->server_key, size));
	muster_record_add_nested(record, tag, &nested);
}

static int take_bytes(uint8_t *bytes, size_t size, struct muster_text value)
{
	if (value.size != size)
		return MUSTER_CORRUPT;
	memcpy(bytes, value.data, size);
	return MUSTER_OK;
}

static int take_field(struct muster_scram_keys *keys, enum muster_hash *hash, const struct muster_record *record)
{
	switch (record->tag) {
	case TAG_HASH:
		*hash = muster_hash_of(record->value);
		break;
	case TAG_ITERATIONS:
		keys->iterations = (uint32_t)muster_record_number(record);
		break;
	case TAG_SALT:
		if (record->value.size > MUSTER_SALT_MAX)
			return MUSTER_CORRUPT;
		keys->salt_size = (uint8_t)record->value.size;
		return take_bytes(keys->salt, keys->salt_size, record->value);
	case TAG_STORED:
	case TAG_SERVER:
		if (*hash == MUSTER_HASH_COUNT)
			break;
		return take_bytes(record->tag == TAG_STORED ? keys->stored_key : keys->server_key,
		                  muster_hash_size(*hash), record->value);
	default:
		break;
	}
	return MUSTER_OK;
}

int muster_keys_read(struct muster_text value, struct muster_scram_keys *keys, enum muster_hash *hash)
{
	struct muster_record record;
	int error = muster_record_open(&record, value.data, value.size, VERSION);

	*keys = (struct muster_scram_keys){ 0 };
	*hash = MUSTER_HASH_COUNT;
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		error = take_field(keys, hash, &record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}
