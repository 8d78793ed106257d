/* decoy.c -- keyed hashes in place of a salt and keys. */
#include "credential/decoy.h"

#include <string.h>

/* Hash a label, the hash's name, the host and the name under the secret; in pieces, as names may be long. */
static void keyed(const char *label, enum muster_hash hash, struct muster_text secret, struct muster_text host,
                  struct muster_text name, uint8_t *digest)
{
	uint8_t key[MUSTER_DIGEST_MAX];
	struct muster_text inner = { (const char *)key, muster_hash_size(MUSTER_SHA_256) };

	muster_hmac(MUSTER_SHA_256, secret, muster_text_of(label), key);
	muster_hmac(MUSTER_SHA_256, inner, muster_text_of(muster_hash_name(hash)), key);
	muster_hmac(MUSTER_SHA_256, inner, host, key);
	muster_hmac(MUSTER_SHA_256, inner, name, digest);
	muster_wipe(key, sizeof(key));
}

void muster_decoy(enum muster_hash hash, struct muster_text secret, struct muster_text host, struct muster_text name,
                  uint32_t iterations, struct muster_scram_keys *keys)
{
	uint8_t digest[MUSTER_DIGEST_MAX];

	*keys = (struct muster_scram_keys){ .iterations = iterations, .salt_size = MUSTER_SALT_SIZE };
	keyed("salt", hash, secret, host, name, digest);
	memcpy(keys->salt, digest, MUSTER_SALT_SIZE);
	keyed("stored key", hash, secret, host, name, keys->stored_key);
	keyed("server key", hash, secret, host, name, keys->server_key);
	muster_wipe(digest, sizeof(digest));
}
