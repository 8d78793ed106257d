/* operation.h -- what a decided request needs until it is done. */
#ifndef MUSTER_REGISTRATION_OPERATION_H
#define MUSTER_REGISTRATION_OPERATION_H

#include "base/arena.h"
#include "policy/host.h"
#include "registration/request.h"

struct muster_operation {
	struct muster_task task; /* first, so that either pointer is the other */
	enum muster_operation_kind kind;
	struct muster_host *host;
	struct muster_arena arena; /* owns the texts */
	bool answers;              /* to a stanza; an order has no asker */
	struct muster_address address;
	struct muster_text username, reason, door;
	struct muster_field *fields;
	size_t field_count;
	struct muster_buffer derivable;                   /* the prepared password */
	struct muster_scram_keys keys[MUSTER_HASH_COUNT]; /* made, or to be checked against */
	enum muster_account_state state;                  /* of the account that is checked; 0 if there is none */
	struct muster_buffer proof;      /* the prepared password that proves who asks; no bytes if none is asked */
	struct muster_scram_keys proven; /* the account's, of `proven_hash`, to hold it against */
	enum muster_hash proven_hash;
	struct muster_effect effect; /* written with the change; no kind if none was */
};

/* Where an operation comes from, and how it is counted. Borrowed for the call. */
struct muster_origin {
	struct muster_text door, address; /* "in-band" and unknown if absent */
};

/* Make an operation on a prepared name. Returns MUSTER_OK or MUSTER_NO_MEMORY; the caller frees it. */
int muster_operation_new(struct muster_operation **operation, struct muster_host *host, enum muster_operation_kind kind,
                         struct muster_text username, const struct muster_origin *origin);

/* Room for `count` more fields, then one after the other. Return MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_operation_room(struct muster_operation *operation, size_t count);
int muster_operation_add_field(struct muster_operation *operation, struct muster_text name, struct muster_text value);

/* Ask for a proof: `proof` must be the account's password. It moves into the operation.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, or what muster_transaction_read and muster_account_get return. */
int muster_operation_prove(struct muster_operation *operation, struct muster_store *store, struct muster_buffer *proof);

/* What the engine runs for each kind of operation. */
extern const struct muster_task_kind muster_change_task, muster_check_task;

/* Is the name free, or reserved so long ago that its maker is gone? `account` is what muster_account_get gave. */
bool muster_reservation_is_stale(const struct muster_account *account);

#endif
