/* keys.c -- sets of keys: their encoding, and the seal on them. */
#include "store/keys.h"

#include <string.h>

#include "muster/error.h"
#include "store/record.h"

enum { VERSION = 1, PLAIN_MAX = 2 * MUSTER_DIGEST_MAX };

enum tag {
	TAG_HASH = 1,
	TAG_ITERATIONS = 2,
	TAG_SALT = 3,
	TAG_STORED = 4,
	TAG_SERVER = 5,
	TAG_PEPPER = 6,
	TAG_SEALED = 7, /* in place of StoredKey and ServerKey: both */
};

static struct muster_text bytes_text(const uint8_t *bytes, size_t size)
{
	return (struct muster_text){ (const char *)bytes, size };
}

/* --- the seal --- */

/* What has been sealed is of no use in another account, nor with another salt or fewer iterations. */
enum { CONTEXT_SIZE = 5 };

struct context {
	struct muster_text texts[CONTEXT_SIZE];
	uint8_t iterations[4];
};

static void describe(struct context *context, const struct muster_seal *seal, enum muster_hash hash,
                     const struct muster_scram_keys *keys)
{
	for (int i = 0; i < 4; i++)
		context->iterations[i] = (uint8_t)(keys->iterations >> (24 - 8 * i));
	context->texts[0] = seal->host;
	context->texts[1] = seal->name;
	context->texts[2] = muster_text_of(muster_hash_name(hash));
	context->texts[3] = bytes_text(context->iterations, sizeof(context->iterations));
	context->texts[4] = bytes_text(keys->salt, keys->salt_size);
}

static int add_sealed(struct muster_buffer *record, enum muster_hash hash, const struct muster_scram_keys *keys,
                      const struct muster_seal *seal)
{
	size_t size = muster_hash_size(hash);
	uint8_t plain[PLAIN_MAX], sealed[PLAIN_MAX + MUSTER_PEPPER_OVERHEAD];
	struct context context;
	int error;

	memcpy(plain, keys->stored_key, size);
	memcpy(plain + size, keys->server_key, size);
	describe(&context, seal, hash, keys);
	error = muster_pepper_seal(seal->pepper, context.texts, CONTEXT_SIZE, bytes_text(plain, 2 * size), sealed);
	muster_wipe(plain, sizeof(plain));
	if (error != MUSTER_OK)
		return error;
	muster_record_add_text(record, TAG_PEPPER, muster_pepper_id(seal->pepper));
	muster_record_add_text(record, TAG_SEALED, bytes_text(sealed, 2 * size + MUSTER_PEPPER_OVERHEAD));
	return MUSTER_OK;
}

static int open_sealed(struct muster_scram_keys *keys, enum muster_hash hash, const struct muster_pepper *pepper,
                       const struct muster_seal *seal, struct muster_text sealed)
{
	size_t size = muster_hash_size(hash);
	uint8_t plain[PLAIN_MAX];
	struct context context;
	int error;

	if (sealed.size != 2 * size + MUSTER_PEPPER_OVERHEAD)
		return MUSTER_CORRUPT;
	if (!seal)
		return MUSTER_OK;
	if (!pepper)
		return MUSTER_NO_PEPPER;
	describe(&context, seal, hash, keys);
	error = muster_pepper_open(pepper, context.texts, CONTEXT_SIZE, sealed, plain);
	if (error == MUSTER_OK) {
		memcpy(keys->stored_key, plain, size);
		memcpy(keys->server_key, plain + size, size);
	}
	muster_wipe(plain, sizeof(plain));
	return error;
}

/* --- encoding --- */

void muster_keys_add(struct muster_buffer *record, uint8_t tag, enum muster_hash hash,
                     const struct muster_scram_keys *keys, const struct muster_seal *seal)
{
	struct muster_buffer nested = { 0 };
	size_t size = muster_hash_size(hash);
	int error = MUSTER_OK;

	muster_record_begin(&nested, VERSION);
	muster_record_add_text(&nested, TAG_HASH, muster_text_of(muster_hash_name(hash)));
	muster_record_add_number(&nested, TAG_ITERATIONS, keys->iterations);
	muster_record_add_text(&nested, TAG_SALT, bytes_text(keys->salt, keys->salt_size));
	if (seal->pepper) {
		error = add_sealed(&nested, hash, keys, seal);
	} else {
		muster_record_add_text(&nested, TAG_STORED, bytes_text(keys->stored_key, size));
		muster_record_add_text(&nested, TAG_SERVER, bytes_text(keys->server_key, size));
	}
	if (nested.error == MUSTER_OK)
		nested.error = error;
	muster_record_add_nested(record, tag, &nested);
}

/* --- decoding --- */

struct reading {
	const struct muster_seal *seal;
	struct muster_scram_keys *keys;
	enum muster_hash hash;
	const struct muster_pepper *pepper;
};

static int take_key(const struct reading *reading, uint8_t *key, struct muster_text value)
{
	if (value.size != muster_hash_size(reading->hash))
		return MUSTER_CORRUPT;
	if (reading->seal)
		memcpy(key, value.data, value.size);
	return MUSTER_OK;
}

static int take_salt(struct muster_scram_keys *keys, struct muster_text value)
{
	if (value.size > MUSTER_SALT_MAX)
		return MUSTER_CORRUPT;
	keys->salt_size = (uint8_t)value.size;
	if (value.size > 0)
		memcpy(keys->salt, value.data, value.size);
	return MUSTER_OK;
}

static int take_field(struct reading *reading, const struct muster_record *record)
{
	struct muster_scram_keys *keys = reading->keys;

	switch (record->tag) {
	case TAG_HASH:
		reading->hash = muster_hash_of(record->value);
		return MUSTER_OK;
	case TAG_ITERATIONS:
		keys->iterations = (uint32_t)muster_record_number(record);
		return MUSTER_OK;
	case TAG_SALT:
		return take_salt(keys, record->value);
	case TAG_PEPPER:
		reading->pepper = reading->seal ? muster_peppers_find(reading->seal->peppers, record->value) : NULL;
		return MUSTER_OK;
	default:
		break;
	}
	if (reading->hash == MUSTER_HASH_COUNT)
		return MUSTER_OK;
	switch (record->tag) {
	case TAG_STORED:
		return take_key(reading, keys->stored_key, record->value);
	case TAG_SERVER:
		return take_key(reading, keys->server_key, record->value);
	case TAG_SEALED:
		return open_sealed(keys, reading->hash, reading->pepper, reading->seal, record->value);
	default:
		return MUSTER_OK;
	}
}

int muster_keys_read(struct muster_text value, struct muster_scram_keys *keys, enum muster_hash *hash,
                     const struct muster_seal *seal)
{
	struct reading reading = { .seal = seal, .keys = keys, .hash = MUSTER_HASH_COUNT };
	struct muster_record record;
	int error = muster_record_open(&record, value.data, value.size, VERSION);

	*keys = (struct muster_scram_keys){ 0 };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		error = take_field(&reading, &record);
	*hash = reading.hash;
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_keys_take(struct muster_scram_keys sets[MUSTER_HASH_COUNT], struct muster_text value,
                     const struct muster_seal *seal)
{
	struct muster_scram_keys keys;
	enum muster_hash hash;
	int error = muster_keys_read(value, &keys, &hash, seal);

	if (error == MUSTER_OK && hash != MUSTER_HASH_COUNT)
		sets[hash] = keys;
	muster_wipe(&keys, sizeof(keys));
	return error;
}
