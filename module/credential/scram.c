/* scram.c -- key sets: making them and comparing them. */
#include "muster/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/clock.h"
#include "credential/derivation.h"
#include "muster/error.h"

static const struct {
	const char *name;
	size_t size;
} hashes[MUSTER_HASH_COUNT] = { { "SHA-1", 20 }, { "SHA-256", 32 }, { "SHA-512", 64 } };

enum { AT_ONCE = 64 }; /* requests that are derived together */

static const EVP_MD *library_hash(enum muster_hash hash)
{
	switch (hash) {
	case MUSTER_SHA_1:
		return EVP_sha1();
	case MUSTER_SHA_256:
		return EVP_sha256();
	default:
		return EVP_sha512();
	}
}

const char *muster_hash_name(enum muster_hash hash)
{
	return hashes[hash].name;
}

size_t muster_hash_size(enum muster_hash hash)
{
	return hashes[hash].size;
}

enum muster_hash muster_hash_of(struct muster_text name)
{
	enum muster_hash hash = 0;

	while (hash < MUSTER_HASH_COUNT && !muster_text_is_c(name, hashes[hash].name))
		hash++;
	return hash;
}

enum muster_hash muster_scram_first(const struct muster_scram_keys keys[MUSTER_HASH_COUNT])
{
	enum muster_hash hash = 0;

	while (hash < MUSTER_HASH_COUNT && keys[hash].iterations == 0)
		hash++;
	return hash;
}

void muster_hmac(enum muster_hash hash, struct muster_text key, struct muster_text data, uint8_t *digest)
{
	HMAC(library_hash(hash), key.data ? key.data : "", (int)key.size, (const unsigned char *)data.data, data.size,
	     digest, NULL);
}

void muster_digest(enum muster_hash hash, struct muster_text data, uint8_t *digest)
{
	EVP_Digest(data.data, data.size, digest, NULL, library_hash(hash), NULL);
}

void muster_scram_take(enum muster_hash hash, const uint8_t *salted, struct muster_scram_keys *keys)
{
	uint8_t client_key[MUSTER_DIGEST_MAX];
	size_t size = muster_hash_size(hash);
	struct muster_text key = { (const char *)salted, size };

	muster_hmac(hash, key, MUSTER_TEXT("Client Key"), client_key);
	muster_digest(hash, (struct muster_text){ (const char *)client_key, size }, keys->stored_key);
	muster_hmac(hash, key, MUSTER_TEXT("Server Key"), keys->server_key);
	muster_wipe(client_key, sizeof(client_key));
}

static void derive_some(const struct muster_scram_request *requests, size_t count)
{
	uint8_t salted[AT_ONCE][MUSTER_DIGEST_MAX];
	struct muster_pbkdf2 derivations[AT_ONCE];

	for (size_t i = 0; i < count; i++) {
		const struct muster_scram_keys *keys = requests[i].keys;

		derivations[i] = (struct muster_pbkdf2){
			.hash = requests[i].hash,
			.iterations = keys->iterations,
			.password = requests[i].password,
			.salt = { (const char *)keys->salt, keys->salt_size },
			.derived = salted[i],
		};
	}
	muster_derive_all(derivations, count, muster_lanes_best());
	for (size_t i = 0; i < count; i++)
		muster_scram_take(requests[i].hash, salted[i], requests[i].keys);
	muster_wipe(salted, sizeof(salted));
}

void muster_scram_derive_all(const struct muster_scram_request *requests, size_t count)
{
	for (; count > AT_ONCE; requests += AT_ONCE, count -= AT_ONCE)
		derive_some(requests, AT_ONCE);
	derive_some(requests, count);
}

void muster_scram_derive(enum muster_hash hash, struct muster_text password, struct muster_scram_keys *keys)
{
	const struct muster_scram_request request = { hash, password, keys };

	muster_scram_derive_all(&request, 1);
}

int muster_scram_salt(struct muster_scram_keys *keys, uint32_t iterations)
{
	keys->iterations = iterations;
	keys->salt_size = MUSTER_SALT_SIZE;
	return muster_random(keys->salt, keys->salt_size);
}

bool muster_scram_same(enum muster_hash hash, const struct muster_scram_keys *derived,
                       const struct muster_scram_keys *kept)
{
	size_t size = muster_hash_size(hash);

	return muster_text_same_secret((struct muster_text){ (const char *)derived->stored_key, size },
	                               (struct muster_text){ (const char *)kept->stored_key, size });
}

bool muster_scram_alike(const struct muster_scram_keys *keys, const struct muster_scram_keys *others)
{
	return keys->iterations == others->iterations && keys->salt_size == others->salt_size &&
	       memcmp(keys->salt, others->salt, keys->salt_size) == 0;
}
