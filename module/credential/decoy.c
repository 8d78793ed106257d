/* decoy.c -- keyed hashes in place of a salt and keys. */
#include "credential/decoy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { KEY_SIZE = sizeof(((struct muster_decoy *)NULL)->key) };

static struct muster_text bytes_text(const void *bytes, size_t size)
{
	return (struct muster_text){ bytes, size };
}

/* In pieces, as names may be long. */
void muster_decoy_begin(struct muster_decoy *decoy, struct muster_text secret, struct muster_text host,
                        struct muster_text name)
{
	uint8_t key[KEY_SIZE];

	muster_hmac(MUSTER_SHA_256, secret, MUSTER_TEXT("decoy"), key);
	muster_hmac(MUSTER_SHA_256, bytes_text(key, KEY_SIZE), host, key);
	muster_hmac(MUSTER_SHA_256, bytes_text(key, KEY_SIZE), name, decoy->key);
	muster_wipe(key, sizeof(key));
}

static void keyed(const struct muster_decoy *decoy, struct muster_text label, uint8_t digest[KEY_SIZE])
{
	muster_hmac(MUSTER_SHA_256, bytes_text(decoy->key, KEY_SIZE), label, digest);
}

/* --- drawing --- */

/* A number above 0 and below 1. */
static double lot(const struct muster_decoy *decoy, const struct muster_shape *shape)
{
	char label[32 * MUSTER_HASH_COUNT] = "lot";
	uint8_t digest[KEY_SIZE];
	uint64_t bits = 0;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (shape->sets[hash].iterations > 0)
			snprintf(label + strlen(label), sizeof(label) - strlen(label), " %s %u %u%s",
			         muster_hash_name(hash), shape->sets[hash].iterations, shape->sets[hash].salt_size,
			         shape->sets[hash].uuid ? " uuid" : "");
	keyed(decoy, muster_text_of(label), digest);
	memcpy(&bits, digest, sizeof(bits));
	return ((double)(bits >> 12) + 0.5) / 0x1p52;
}

/* Each shape has an exponentially distributed delay with its weight as the rate; the first one is taken. */
const struct muster_shape *muster_decoy_draw(const struct muster_decoy *decoy, const struct muster_shape *shapes,
                                             const uint64_t *weights, size_t count)
{
	double least = INFINITY;
	size_t first = 0;

	for (size_t i = 0; count > 1 && i < count; i++) {
		double delay = -log(lot(decoy, &shapes[i])) / (double)weights[i];

		if (delay < least) {
			least = delay;
			first = i;
		}
	}
	return &shapes[first];
}

/* --- keys --- */

/* A UUID of random bits (RFC 4122, section 4.4). */
static void write_uuid(uint8_t *salt, const uint8_t *bytes)
{
	static const char *const form = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", *const digits = "0123456789abcdef";
	size_t used = 0;

	for (size_t i = 0; i < MUSTER_UUID_SIZE; i++) {
		unsigned nibble = bytes[used / 2] >> (used % 2 * 4) & 15;

		used += form[i] == 'x' || form[i] == 'y';
		if (form[i] == 'x')
			salt[i] = (uint8_t)digits[nibble];
		else if (form[i] == 'y')
			salt[i] = (uint8_t)digits[8 | (nibble & 3)];
		else
			salt[i] = (uint8_t)form[i];
	}
}

static void make_salt(const struct muster_decoy *decoy, enum muster_hash hash, struct muster_scram_keys *keys,
                      bool uuid)
{
	char label[64];
	uint8_t digest[KEY_SIZE];

	for (size_t done = 0; done < keys->salt_size; done += KEY_SIZE) {
		size_t rest = keys->salt_size - done;

		snprintf(label, sizeof(label), "salt %s %u %u %zu", muster_hash_name(hash), keys->iterations,
		         keys->salt_size, done);
		keyed(decoy, muster_text_of(label), digest);
		memcpy(keys->salt + done, digest, rest < KEY_SIZE ? rest : KEY_SIZE);
	}
	if (uuid) {
		memcpy(digest, keys->salt, KEY_SIZE);
		write_uuid(keys->salt, digest);
	}
}

void muster_decoy_keys(const struct muster_decoy *decoy, enum muster_hash hash, const struct muster_set_shape *shape,
                       struct muster_scram_keys *keys)
{
	*keys = (struct muster_scram_keys){ .iterations = shape->iterations, .salt_size = shape->salt_size };
	make_salt(decoy, hash, keys, shape->uuid);
	keyed(decoy, MUSTER_TEXT("stored key"), keys->stored_key);
	keyed(decoy, MUSTER_TEXT("server key"), keys->server_key);
}
