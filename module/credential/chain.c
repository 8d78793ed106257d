/* chain.c -- chains over OpenSSL's block functions.
 *
 * Its own PBKDF2 prepares a context in every round, which takes longer than the two blocks. The block functions are
 * deprecated as an interface for users of whole hashes; for this use the library offers no other. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "credential/chain.h"

#include <openssl/sha.h>
#include <string.h>

enum { BLOCK_MAX = 128, NUMBER_SIZE = 4 };

/* SHA-1's five words end within sixteen bytes, which are stored at once: what follows a digest in its block is kept
 * beside the states as a sixth word, which the block function passes over. */
#define SHA_1_PADDING 0x80000000

/* The library's, each of which begins with the state. */
union context {
	union muster_words words;
	SHA_CTX sha_1;
	SHA256_CTX sha_256;
	SHA512_CTX sha_512;
};

static size_t block_size(enum muster_hash hash)
{
	return hash == MUSTER_SHA_512 ? 128 : 64;
}

static void block_of(enum muster_hash hash, union context *context, const uint8_t *block)
{
	switch (hash) {
	case MUSTER_SHA_1:
		SHA1_Transform(&context->sha_1, block);
		break;
	case MUSTER_SHA_256:
		SHA256_Transform(&context->sha_256, block);
		break;
	default:
		SHA512_Transform(&context->sha_512, block);
		break;
	}
}

/* --- words and bytes --- */

/* Sixteen bytes at a time, as the block functions load them again: they would wait for smaller stores. */
typedef uint16_t halves __attribute__((vector_size(16)));

static inline void put_short(uint8_t *bytes, const uint32_t *words)
{
	for (size_t i = 0; i < 2; i++) {
		halves part;

		memcpy(&part, words + 4 * i, sizeof(part));
		part = part << 8 | part >> 8;
		part = __builtin_shufflevector(part, part, 1, 0, 3, 2, 5, 4, 7, 6);
		memcpy(bytes + sizeof(part) * i, &part, sizeof(part));
	}
}

static void put_long(uint8_t *bytes, const uint64_t *words)
{
	for (size_t i = 0; i < 8; i++) {
		uint64_t big_endian = __builtin_bswap64(words[i]);

		memcpy(bytes + 8 * i, &big_endian, 8);
	}
}

static inline void put_words(enum muster_hash hash, uint8_t *bytes, const union muster_words *words)
{
	if (hash == MUSTER_SHA_512)
		put_long(bytes, words->long_words);
	else
		put_short(bytes, words->short_words);
}

/* --- messages --- */

/* Pad what is left of a message (FIPS 180-4, section 5.1), which is of so many bytes with the blocks that went before.
 * Returns of how many blocks it is then. */
static size_t pad(enum muster_hash hash, uint8_t *tail, size_t left, size_t message_size)
{
	size_t size = block_size(hash), count = left + 1 + size / 8 <= size ? 1 : 2;
	uint64_t bits = __builtin_bswap64(8 * (uint64_t)message_size);

	memset(tail + left, 0, count * size - left);
	tail[left] = 0x80;
	memcpy(tail + count * size - sizeof(bits), &bits, sizeof(bits));
	return count;
}

/* A message that is a digest, its block behind that of the key. */
static void pad_digest(enum muster_hash hash, uint8_t *block)
{
	size_t digest_size = muster_hash_size(hash);

	pad(hash, block, digest_size, block_size(hash) + digest_size);
}

/* Hash the digest in the block, behind the key's `state`; the block has the new one then. */
static inline void hash_on(enum muster_hash hash, union context *context, const union muster_words *state,
                           uint8_t *block)
{
	memcpy(context, state, hash == MUSTER_SHA_512 ? 64 : 32);
	block_of(hash, context, block);
	put_words(hash, block, &context->words);
}

/* --- start and end --- */

static void start_state(enum muster_hash hash, union context *context)
{
	static const union muster_words initial[MUSTER_HASH_COUNT] = {
		{ .short_words = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0, SHA_1_PADDING } },
		{ .short_words = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
		                   0x5be0cd19 } },
		{ .long_words = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		                  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 } },
	};

	context->words = initial[hash];
}

/* What the hash makes of a block of the key, each byte changed by `mask`. */
static void key_state(enum muster_hash hash, const uint8_t *key, uint8_t mask, union muster_words *state)
{
	union context context;
	uint8_t padded[BLOCK_MAX];

	for (size_t i = 0; i < block_size(hash); i++)
		padded[i] = key[i] ^ mask;
	start_state(hash, &context);
	block_of(hash, &context, padded);
	*state = context.words;
	muster_wipe(&context, sizeof(context));
	muster_wipe(padded, sizeof(padded));
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
static void start_states(struct muster_chain *chain, struct muster_text password)
{
	uint8_t key[BLOCK_MAX] = { 0 };

	if (password.size > block_size(chain->hash))
		muster_digest(chain->hash, password, key);
	else if (password.size > 0)
		memcpy(key, password.data, password.size);
	key_state(chain->hash, key, 0x36, &chain->inner);
	key_state(chain->hash, key, 0x5c, &chain->outer);
	muster_wipe(key, sizeof(key));
}

/* What HMAC hashes within: the salt and the number of the block that is derived. Any length will do. */
static void hash_salt(enum muster_hash hash, union context *context, struct muster_text salt)
{
	const uint8_t *bytes = (const uint8_t *)salt.data;
	size_t size = block_size(hash), left = salt.size, count;
	uint8_t tail[2 * BLOCK_MAX];

	for (; left >= size; left -= size, bytes += size)
		block_of(hash, context, bytes);
	if (left > 0)
		memcpy(tail, bytes, left);
	memcpy(tail + left, "\0\0\0\1", NUMBER_SIZE);
	count = pad(hash, tail, left + NUMBER_SIZE, size + salt.size + NUMBER_SIZE);
	for (size_t i = 0; i < count; i++)
		block_of(hash, context, tail + i * size);
}

static void first_round(struct muster_chain *chain, struct muster_text salt)
{
	union context context = { .words = chain->inner };
	uint8_t block[BLOCK_MAX];

	hash_salt(chain->hash, &context, salt);
	put_words(chain->hash, block, &context.words);
	pad_digest(chain->hash, block);
	hash_on(chain->hash, &context, &chain->outer, block);
	chain->digest = chain->sum = context.words;
	muster_wipe(&context, sizeof(context));
	muster_wipe(block, sizeof(block));
}

void muster_chain_start(struct muster_chain *chain, enum muster_hash hash, struct muster_text password,
                        struct muster_text salt, uint32_t iterations)
{
	*chain = (struct muster_chain){ .hash = hash, .rounds = iterations - 1 };
	start_states(chain, password);
	first_round(chain, salt);
}

void muster_chain_end(struct muster_chain *chain, uint8_t *derived)
{
	uint8_t bytes[sizeof(chain->sum)];

	put_words(chain->hash, bytes, &chain->sum);
	memcpy(derived, bytes, muster_hash_size(chain->hash));
	muster_wipe(bytes, sizeof(bytes));
	muster_wipe(chain, sizeof(*chain));
}

/* --- rounds --- */

/* Compiled for each hash by itself, so that a round chooses nothing. */
static inline __attribute__((always_inline)) void run(enum muster_hash hash, struct muster_chain *chain)
{
	uint64_t *sum = chain->sum.long_words;
	union context context;
	uint8_t block[BLOCK_MAX];

	put_words(hash, block, &chain->digest);
	pad_digest(hash, block);
	for (; chain->rounds > 0; chain->rounds--) {
		hash_on(hash, &context, &chain->inner, block);
		hash_on(hash, &context, &chain->outer, block);
		for (size_t i = 0; i < (hash == MUSTER_SHA_512 ? 8 : 4); i++)
			sum[i] ^= context.words.long_words[i];
	}
	muster_wipe(&context, sizeof(context));
	muster_wipe(block, sizeof(block));
}

void muster_chain_run(struct muster_chain *chain)
{
	switch (chain->hash) {
	case MUSTER_SHA_1:
		run(MUSTER_SHA_1, chain);
		break;
	case MUSTER_SHA_256:
		run(MUSTER_SHA_256, chain);
		break;
	default:
		run(MUSTER_SHA_512, chain);
		break;
	}
}
