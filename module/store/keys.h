/* keys.h -- sets of keys as records inside of others. docs/format.md describes them. */
#ifndef MUSTER_STORE_KEYS_H
#define MUSTER_STORE_KEYS_H

#include <stdint.h>

#include "muster/scram.h"
#include "store/seal.h"

void muster_keys_add(struct muster_buffer *record, uint8_t tag, enum muster_hash hash,
                     const struct muster_scram_keys *keys, const struct muster_seal *seal);

/* `hash` is MUSTER_HASH_COUNT if this version does not know it. With NULL for the seal StoredKey and ServerKey are left
 * out. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_NO_PEPPER, MUSTER_NO_MEMORY. */
int muster_keys_read(struct muster_text value, struct muster_scram_keys *keys, enum muster_hash *hash,
                     const struct muster_seal *seal);

/* The same into its place among others; a hash that this version does not know is passed over. */
int muster_keys_take(struct muster_scram_keys sets[MUSTER_HASH_COUNT], struct muster_text value,
                     const struct muster_seal *seal);

#endif
