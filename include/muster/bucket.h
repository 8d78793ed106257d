/* bucket.h -- leaky buckets: how much somebody has done lately, kept over restarts.
 *
 * What is poured in leaks away evenly, a full bucket within its period. Amounts are thousandths of a registration. */
#ifndef MUSTER_BUCKET_H
#define MUSTER_BUCKET_H

#include <stdint.h>

#include "muster/store.h"

enum {
	MUSTER_BUCKET_ONE = 1000,                          /* a registration */
	MUSTER_BUCKET_FAILURE = 200,                       /* a failed try */
	MUSTER_BUCKET_FORGIVEN = 4 * MUSTER_BUCKET_FAILURE /* failed tries that are not yet held against anybody */
};

/* What is in a bucket, or poured in: all of it, and the part that failed tries are of it. */
struct muster_level {
	uint64_t all, failed;
};

struct muster_bucket {
	struct muster_text host, subject; /* whose: a network as text, or "*" for everybody. Borrowed */
	uint32_t limit;                   /* registrations that fill it; at least one */
	int64_t period_s;                 /* at least a second */
};

/* What is in it now. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_bucket_read(struct muster_transaction *transaction, const struct muster_bucket *bucket, int64_t now_s,
                       struct muster_level *level);

/* Pour in; it never holds more than one registration above its limit, so that nobody waits longer than that takes.
 * Empty buckets of others are removed on the way, little by little. Returns as muster_bucket_read, and MUSTER_FULL. */
int muster_bucket_add(struct muster_transaction *transaction, const struct muster_bucket *bucket, int64_t now_s,
                      struct muster_level amount);

/* In how many seconds will there be room for one more registration? 0: there is. Failed tries take room by whole
 * registrations only: whoever has mistyped something is let in where those who have not would be. */
int64_t muster_bucket_wait(const struct muster_bucket *bucket, struct muster_level level);

/* Empty one; it need not exist. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_bucket_reset(struct muster_transaction *transaction, const struct muster_bucket *bucket);

/* What the key of a row says of its bucket, for one that cannot be read: its subject, borrowed, and its period.
 *
 * key  as muster_unread_fn has it
 *
 * Returns MUSTER_OK or MUSTER_MALFORMED. */
int muster_bucket_of_key(struct muster_text host, struct muster_text key, struct muster_bucket *bucket);

/* Called once a bucket that is not empty; valid during the call. Return false to stop before it. */
typedef bool (*muster_bucket_fn)(void *context, const struct muster_bucket *bucket, struct muster_level level);

/* Go through a host's buckets as muster_account_walk does through accounts. */
int muster_bucket_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                       struct muster_buffer *position, size_t most, muster_bucket_fn visit, void *context);

#endif
