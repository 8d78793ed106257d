/* shape.h -- what SCRAM tells everybody of somebody's keys: the rounds, and what the salt looks like. */
#ifndef MUSTER_SHAPE_H
#define MUSTER_SHAPE_H

#include "muster/scram.h"

/* Of one set. No iterations means that there is none. */
struct muster_set_shape {
	uint32_t iterations;
	uint8_t salt_size;
	bool uuid; /* the salt is a UUID as text, as other servers make them */
};

/* Of all sets of an account. */
struct muster_shape {
	struct muster_set_shape sets[MUSTER_HASH_COUNT];
};

enum { MUSTER_UUID_SIZE = 36 }; /* as text (RFC 4122, section 3) */

/* The shape of an account's sets. */
void muster_shape_of(const struct muster_scram_keys keys[MUSTER_HASH_COUNT], struct muster_shape *shape);

bool muster_shape_is(const struct muster_shape *shape, const struct muster_shape *other);

/* Is there no set at all? */
bool muster_shape_is_empty(const struct muster_shape *shape);

#endif
