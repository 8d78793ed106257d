/* decoy.h -- keys for names that nobody has, so that an answer does not tell who exists (RFC 5802, section 9). */
#ifndef MUSTER_CREDENTIAL_DECOY_H
#define MUSTER_CREDENTIAL_DECOY_H

#include "muster/scram.h"

/* Make up keys: the same for the same host, name and hash as long as the store's secret lives, and no password's. */
void muster_decoy(enum muster_hash hash, struct muster_text secret, struct muster_text host, struct muster_text name,
                  uint32_t iterations, struct muster_scram_keys *keys);

#endif
