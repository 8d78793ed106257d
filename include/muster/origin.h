/* origin.h -- how many accounts come from one network. Which one is kept only as a keyed hash. */
#ifndef MUSTER_ORIGIN_H
#define MUSTER_ORIGIN_H

#include <stdint.h>

#include "muster/store.h"

enum { MUSTER_ORIGIN_SIZE = 16 };

struct muster_origin {
	uint8_t bytes[MUSTER_ORIGIN_SIZE]; /* all zero: unknown */
};

/* The hash of a network, as text, under the store's secret. */
void muster_origin_of(struct muster_transaction *transaction, struct muster_text network, struct muster_origin *origin);
bool muster_origin_is_known(const struct muster_origin *origin);

/* Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO. */
int muster_origin_count(struct muster_transaction *transaction, struct muster_text host,
                        const struct muster_origin *origin, uint64_t *count);

/* One account more (1), or one less (-1). Returns as muster_origin_count, and MUSTER_FULL, MUSTER_NO_MEMORY. */
int muster_origin_add(struct muster_transaction *transaction, struct muster_text host,
                      const struct muster_origin *origin, int difference);

#endif
