/* audit.h -- who did what, by which door, and what came of it. Never a secret. */
#ifndef MUSTER_AUDIT_H
#define MUSTER_AUDIT_H

#include <stdint.h>

#include "muster/store.h"

struct muster_entry {
	struct muster_text host;
	int64_t at_us;               /* Unix microseconds; set by muster_audit_add, rises with every entry of a host */
	struct muster_text action;   /* "register", "unregister", "change-password", "block", ... */
	struct muster_text username; /* or what else the action is about, such as a network; prepared */
	struct muster_text outcome;  /* "ok", or the name of an error */
	struct muster_text rule;     /* that refused, or that was overridden; absent if none */
	struct muster_text door, address, actor;
	struct muster_text detail; /* a reason, a sentence; absent if there is none */
	bool overridden;           /* an operator said that rules do not count */
};

/* Add, and remove a few of the host's entries that are older than `kept_s`; MUSTER_AUDIT_FOR_EVER keeps all.
 * Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
enum { MUSTER_AUDIT_FOR_EVER = -1 };
int muster_audit_add(struct muster_transaction *transaction, struct muster_entry *entry, int64_t kept_s);

/* Called once an entry; valid during the call. Return false to stop before it. */
typedef bool (*muster_entry_fn)(void *context, const struct muster_entry *entry);

/* Go through a host's entries, the youngest first, as muster_account_walk does through accounts. */
int muster_audit_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_buffer *position,
                      size_t most, muster_entry_fn visit, void *context);

#endif
