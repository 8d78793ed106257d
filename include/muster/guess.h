/* guess.h -- wrong proofs at logins, by what they count against; kept over restarts.
 *
 * They are forgotten evenly, one after the other. Amounts are thousandths of a wrong proof. */
#ifndef MUSTER_GUESS_H
#define MUSTER_GUESS_H

#include <stdint.h>

#include "muster/origin.h"

enum { MUSTER_GUESS_ONE = 1000 }; /* a wrong proof */

enum muster_guess_kind {
	MUSTER_GUESS_ACCOUNT = 1, /* against a name, whether or not there is such an account, from anywhere */
	MUSTER_GUESS_NETWORK = 2, /* from a network, against any name */
	MUSTER_GUESS_KNOWN = 3,   /* against a name from where its owner logs in */
};

/* "account", "network", "known". */
const char *muster_guess_kind_name(enum muster_guess_kind kind);

struct muster_guess {
	struct muster_text host;
	enum muster_guess_kind kind;
	struct muster_text subject;  /* a name, or a network as text. Borrowed */
	struct muster_origin origin; /* of MUSTER_GUESS_KNOWN: from where */
	int64_t forget_s;            /* in which one is forgotten; at least a second */
};

struct muster_guess_state {
	uint64_t level;
	int64_t at_s;   /* of the last wrong proof; 0 if there was none */
	int64_t seen_s; /* of MUSTER_GUESS_KNOWN: of the last login that is kept; 0 if there was none */
	bool told;      /* the audit has an entry of these */
};

/* What there is now; nothing, where the row cannot be read. Returns MUSTER_OK, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_guess_read(struct muster_transaction *transaction, const struct muster_guess *guess, int64_t now_s,
                      struct muster_guess_state *state);

/* Write it; of no use any more at `until_s`. Others' rows that are of no use are removed on the way, little by little.
 * Returns as muster_guess_read, and MUSTER_FULL. */
int muster_guess_write(struct muster_transaction *transaction, const struct muster_guess *guess, int64_t now_s,
                       const struct muster_guess_state *state, int64_t until_s);

/* Forget one; it need not exist. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_guess_reset(struct muster_transaction *transaction, const struct muster_guess *guess);

/* Called once a row with wrong proofs that are not forgotten; valid during the call. Return false to stop before it. */
typedef bool (*muster_guess_fn)(void *context, const struct muster_guess *guess,
                                const struct muster_guess_state *state);

/* Go through a host's rows as muster_account_walk does through accounts. */
int muster_guess_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                      struct muster_buffer *position, size_t most, muster_guess_fn visit, void *context);

#endif
