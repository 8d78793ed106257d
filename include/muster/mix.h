/* mix.h -- how many accounts of a host have keys of which shape: what made-up keys are drawn from, so that they do not
 * stand out (RFC 5802, section 9). Kept in the transactions that add, change and remove accounts. */
#ifndef MUSTER_MIX_H
#define MUSTER_MIX_H

#include "muster/shape.h"
#include "muster/store.h"

enum { MUSTER_SHAPES_MAX = 64 }; /* that are told apart; accounts of further ones are not counted */

struct muster_mix {
	struct muster_shape shapes[MUSTER_SHAPES_MAX];
	uint64_t accounts[MUSTER_SHAPES_MAX]; /* above 0 */
	size_t count;
};

/* The host's mix; nothing, while no account has keys. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO. */
int muster_mix_read(struct muster_transaction *transaction, struct muster_text host, struct muster_mix *mix);

/* One account's keys have changed from one shape to another, the empty one where it has none. Returns as
 * muster_mix_read, and MUSTER_FULL, MUSTER_NO_MEMORY. */
int muster_mix_move(struct muster_transaction *transaction, struct muster_text host, const struct muster_shape *from,
                    const struct muster_shape *to);

#endif
