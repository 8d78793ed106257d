/* directive.h -- what an operator has ordered at run time, beside the configuration: networks blocked or let in, who
 * may register, and how hard their challenges are. It holds over restarts, until a time or until it is taken back. */
#ifndef MUSTER_DIRECTIVE_H
#define MUSTER_DIRECTIVE_H

#include <stdint.h>

#include "muster/store.h"

struct muster_directive {
	struct muster_text host;
	struct muster_text kind;    /* "block", "allow", "mode", "difficulty" */
	struct muster_text subject; /* a network as text; empty for the host itself */
	struct muster_text value;   /* the mode's word, the bits of proof of work; absent else */
	struct muster_text actor, reason;
	int64_t at_s, until_s;       /* until_s 0: for good */
	struct muster_buffer record; /* owns the texts after muster_directive_get */
};

/* Read one that holds at `now_s`; the caller clears it. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT,
 * MUSTER_NEWER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_directive_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind,
                         struct muster_text subject, int64_t now_s, struct muster_directive *directive);

/* Is there any of a kind, whether it still holds or not? Tells cheaply when there is nothing to look for.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_directive_any(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind);

/* Write over what is there. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_directive_put(struct muster_transaction *transaction, const struct muster_directive *directive);

/* Take back. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_directive_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind,
                            struct muster_text subject);

/* Called once a directive; valid during the call. Return false to stop before it. */
typedef bool (*muster_directive_fn)(void *context, const struct muster_directive *directive);

/* Go through a host's directives that hold, as muster_account_walk does through accounts. */
int muster_directive_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                          struct muster_buffer *position, size_t most, muster_directive_fn visit, void *context);

void muster_directive_clear(struct muster_directive *directive);

#endif
