/* effect.h -- what remains to be done outside the store once a change is committed.
 *
 * A row is written in the transaction that makes the change and removed when the server has carried it out, so a
 * server killed in between, or a change made by another process, loses none. Carrying out a row twice must do no
 * harm: it happens when the server dies between the deed and the removal. */
#ifndef MUSTER_EFFECT_H
#define MUSTER_EFFECT_H

#include <stdint.h>

#include "muster/store.h"

enum muster_effect_kind {
	MUSTER_EFFECT_REGISTERED = 1,       /* an account was made */
	MUSTER_EFFECT_DELETED = 2,          /* an account was removed: close its streams, drop its data */
	MUSTER_EFFECT_PASSWORD_CHANGED = 3, /* close its other streams, revoke tokens */
	MUSTER_EFFECT_DISABLED = 4,         /* close its streams */
	MUSTER_EFFECT_ENABLED = 5,
	MUSTER_EFFECT_DELETION_PENDING = 6, /* an account was removed by its owner and can be restored */
	MUSTER_EFFECT_PENDING = 7,          /* an account waits to be approved: tell the operators */
	MUSTER_EFFECT_LIFTED = 8,           /* a new account is like others from now on */
	MUSTER_EFFECT_BEFRIENDED = 9,       /* somebody may be an account's contact, and it theirs */
	MUSTER_EFFECT_DEVICE_REVOKED = 10,  /* close the streams that logged in by it, revoke tokens */
};

struct muster_effect {
	uint64_t id;     /* rises with every row; set by muster_effect_add */
	uint64_t origin; /* the opening of the store that wrote it; set by muster_effect_add */
	int64_t at_s;    /* Unix seconds */
	enum muster_effect_kind kind;
	struct muster_text host, username;
	struct muster_text door;       /* how the change came: "in-band", "console", ... */
	struct muster_text role;       /* that a new account is to have, as of struct muster_invitation; absent for the
	                                * host's usual one */
	struct muster_text invitation; /* the id of the one by which it came; absent if there was none */
	struct muster_text device;     /* whose secret was taken back; else absent */
	struct muster_text contact; /* a bare JID that it is to have in its roster, and the other way; may be absent */
};

/* "registered", "deleted", "password-changed", "disabled", "enabled", "deletion-pending", "pending", "lifted",
 * "befriended", "device-revoked". */
const char *muster_effect_name(enum muster_effect_kind kind);

/* How the account's streams are closed: a stream error and its text; both absent where they stay open. A changed
 * password closes all but the stream that changed it, a device that is revoked those that logged in by it. */
void muster_effect_closing(enum muster_effect_kind kind, struct muster_text *condition, struct muster_text *text);

/* Add a row. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_effect_add(struct muster_transaction *transaction, struct muster_effect *effect);

/* Remove a row; one that is gone already is fine. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_effect_remove(struct muster_transaction *transaction, uint64_t id);

/* Called once a row, which is valid during the call. Return false to stop before this row. */
typedef bool (*muster_effect_fn)(void *context, const struct muster_effect *effect);

/* Visit, in order, the rows that this opening of the store did not write itself: those of an earlier run and of other
 * processes.
 *
 * position  in: the number of the row after which to begin, 0 for the first; out: the last row passed, so that the next
 *           walk goes on from there and none is visited twice
 *
 * Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO. */
int muster_effect_walk(struct muster_transaction *transaction, uint64_t *position, muster_effect_fn visit,
                       void *context);

#endif
