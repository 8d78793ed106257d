/* scram.h -- what SCRAM keeps of a password (RFC 5802, section 3), and how it is made and checked. */
#ifndef MUSTER_SCRAM_H
#define MUSTER_SCRAM_H

#include <stdint.h>

#include "muster/text.h"

enum muster_hash { MUSTER_SHA_1, MUSTER_SHA_256, MUSTER_SHA_512, MUSTER_HASH_COUNT };

enum {
	MUSTER_DIGEST_MAX = 64,       /* bytes of the longest hash */
	MUSTER_SALT_SIZE = 16,        /* bytes of a salt that we make (RFC 5802 leaves it open, XEP-0438 asks for 16) */
	MUSTER_SALT_MAX = 128,        /* bytes of a salt that came from elsewhere */
	MUSTER_ITERATIONS_MIN = 4096, /* RFC 7677, section 4 */
	MUSTER_ITERATIONS_MAX = 10000000,
};

/* One set of keys: what the store holds instead of the password. No iterations means no set. */
struct muster_scram_keys {
	uint32_t iterations;
	uint8_t salt_size;
	uint8_t salt[MUSTER_SALT_MAX];
	uint8_t stored_key[MUSTER_DIGEST_MAX];
	uint8_t server_key[MUSTER_DIGEST_MAX];
};

/* "SHA-1", "SHA-256", "SHA-512"; its digest in bytes; the hash of a name, or MUSTER_HASH_COUNT. */
const char *muster_hash_name(enum muster_hash hash);
size_t muster_hash_size(enum muster_hash hash);
enum muster_hash muster_hash_of(struct muster_text name);

/* The first of the sets that there are, MUSTER_HASH_COUNT if there is none: the cheapest to check a password against.
 */
enum muster_hash muster_scram_first(const struct muster_scram_keys keys[MUSTER_HASH_COUNT]);

/* Derive StoredKey and ServerKey: the expensive call, about 0.1 µs an iteration, twice that for SHA-512; never on an
 * event loop.
 *
 * password  as muster_password_prepare left it
 * keys      in: iterations, salt_size, salt; out: stored_key, server_key
 *
 * Thread-safe, allocates nothing, leaves no trace of the password. */
void muster_scram_derive(enum muster_hash hash, struct muster_text password, struct muster_scram_keys *keys);

/* The arguments of that. */
struct muster_scram_request {
	enum muster_hash hash;
	struct muster_text password;
	struct muster_scram_keys *keys;
};

/* The same for many, which takes a fraction of the time where the processor has vectors for it. */
void muster_scram_derive_all(const struct muster_scram_request *requests, size_t count);

/* The same from what is derived of the password, SaltedPassword (RFC 5802, section 3), of muster_hash_size(hash) bytes:
 * quick. */
void muster_scram_take(enum muster_hash hash, const uint8_t *salted, struct muster_scram_keys *keys);

/* Give `keys` a fresh random salt of MUSTER_SALT_SIZE bytes and that many iterations. Returns MUSTER_OK, MUSTER_IO. */
int muster_scram_salt(struct muster_scram_keys *keys, uint32_t iterations);

/* Does `derived` hold the same StoredKey as `kept`? In constant time. */
bool muster_scram_same(enum muster_hash hash, const struct muster_scram_keys *derived,
                       const struct muster_scram_keys *kept);

/* Have both sets the same salt and iterations, so that one and the same client can prove either? */
bool muster_scram_alike(const struct muster_scram_keys *keys, const struct muster_scram_keys *others);

/* HMAC (RFC 2104) of `data`; `digest` has room for muster_hash_size(hash) bytes. */
void muster_hmac(enum muster_hash hash, struct muster_text key, struct muster_text data, uint8_t *digest);

/* The hash of `data`. */
void muster_digest(enum muster_hash hash, struct muster_text data, uint8_t *digest);

#endif
