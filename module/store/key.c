/* key.c -- host, a zero byte, then the name, or where that is too long its hash behind a byte no name begins with. */
#include "store/key.h"

#include <openssl/evp.h>
#include <string.h>

enum { HASHED = 0xff, HASH_SIZE = 32 }; /* 0xff begins no UTF-8 text, so hashed keys meet no name's */

void muster_key_of_host(struct muster_key *key, struct muster_text host)
{
	memcpy(key->bytes, host.data, host.size);
	key->bytes[host.size] = 0;
	key->value = (MDB_val){ host.size + 1, key->bytes };
}

void muster_key_add_hash(struct muster_key *key, struct muster_text name)
{
	EVP_Digest(name.data, name.size, key->bytes + key->value.mv_size, NULL, EVP_sha256(), NULL);
	key->value.mv_size += HASH_SIZE;
}

void muster_key_of(struct muster_key *key, struct muster_text host, struct muster_text name)
{
	uint8_t *end;

	muster_key_of_host(key, host);
	end = key->bytes + key->value.mv_size;
	if (key->value.mv_size + name.size <= MUSTER_KEY_MAX) {
		if (name.size > 0)
			memcpy(end, name.data, name.size);
		key->value.mv_size += name.size;
		return;
	}
	end[0] = HASHED;
	key->value.mv_size++;
	muster_key_add_hash(key, name);
}

bool muster_key_is_of_host(const MDB_val *key, struct muster_text host)
{
	const uint8_t *bytes = key->mv_data;

	return key->mv_size > host.size && memcmp(bytes, host.data, host.size) == 0 && bytes[host.size] == 0;
}
