/* key.h -- keys of rows that have a host: accounts and what stands beside them. docs/format.md describes the bytes;
 * change both together. */
#ifndef MUSTER_STORE_KEY_H
#define MUSTER_STORE_KEY_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "muster/text.h"

enum { MUSTER_KEY_MAX = 511 }; /* LMDB's limit as Debian builds it */

struct muster_key {
	uint8_t bytes[MUSTER_KEY_MAX];
	MDB_val value; /* points at bytes */
};

/* The key of a host's row under a name. The host is at most MUSTER_HOST_MAX bytes, the name may have any size. */
void muster_key_of(struct muster_key *key, struct muster_text host, struct muster_text name);

/* Append the hash of a name. */
void muster_key_add_hash(struct muster_key *key, struct muster_text name);

/* The smallest key a host's rows could have, and whether a key is one of them. */
void muster_key_of_host(struct muster_key *key, struct muster_text host);
bool muster_key_is_of_host(const MDB_val *key, struct muster_text host);

#endif
