/* decoy.h -- keys for names that nobody has, so that an answer does not tell who exists (RFC 5802, section 9).
 *
 * All that is made up is a keyed hash of the store's secret, host and name: the same each time, and no password's. */
#ifndef MUSTER_CREDENTIAL_DECOY_H
#define MUSTER_CREDENTIAL_DECOY_H

#include "muster/shape.h"

struct muster_decoy {
	uint8_t key[32];
};

void muster_decoy_begin(struct muster_decoy *decoy, struct muster_text secret, struct muster_text host,
                        struct muster_text name);

/* Which of these shapes a name's keys have, each as likely as its weight says; there is at least one, and weights are
 * above 0. When weights change, only as many names as need be change theirs, and only to shapes that have gained: as
 * accounts do. */
const struct muster_shape *muster_decoy_draw(const struct muster_decoy *decoy, const struct muster_shape *shapes,
                                             const uint64_t *weights, size_t count);

/* Make up a set. Another shape, another salt: as where keys are made anew. */
void muster_decoy_keys(const struct muster_decoy *decoy, enum muster_hash hash, const struct muster_set_shape *shape,
                       struct muster_scram_keys *keys);

#endif
