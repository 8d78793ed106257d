/* invitation.h -- invitations: tokens that let their holders register, become contacts, or choose another password; and
 * whom each inviter has invited.
 *
 * A token exists where it is handed out and nowhere else: what is kept, and looked up, is its SHA-256. */
#ifndef MUSTER_INVITATION_H
#define MUSTER_INVITATION_H

#include <stdint.h>

#include "muster/store.h"

enum muster_invitation_kind {
	MUSTER_INVITATION_REGISTER = 1,
	MUSTER_INVITATION_CONTACT = 2, /* its holder may become the inviter's contact, and no more */
	MUSTER_INVITATION_RESET = 3,   /* its holder may choose another password for an account */
	MUSTER_INVITATION_FOREIGN = 4, /* another module's that was used here, and is not to be used again */
};

enum {
	MUSTER_TOKEN_SIZE = 24, /* letters and digits: 142 bits (XEP-0379, section 5.1 asks for 80) */
	MUSTER_TOKEN_HASH_SIZE = 32,
	MUSTER_INVITATION_ID_SIZE = 12, /* hexadecimal digits: the beginning of the hash */
	MUSTER_INVITATION_KEPT_S = 86400,
};

#define MUSTER_USES_UNLIMITED UINT32_MAX

struct muster_invitation {
	struct muster_text host;
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	enum muster_invitation_kind kind;
	struct muster_text name;    /* prepared: the only one to register with, or whose password; absent for any */
	struct muster_text inviter; /* a bare JID; absent for operators */
	struct muster_text role; /* of the new account: a role's name, or several and spaces between; may be absent */
	struct muster_text note; /* for operators; may be absent */
	bool contact;            /* inviter and invited get into each other's rosters */
	int64_t created_s, expires_s;
	int64_t account_s;        /* when the account of MUSTER_INVITATION_RESET was made; 0 for others */
	uint32_t uses;            /* that are left */
	struct muster_text taker; /* who used it last: a name, or a bare JID; absent as long as nobody did */
	int64_t taken_s;
	struct muster_buffer record; /* owns the texts after muster_invitation_get */
};

/* Make a token: letters and digits, and a zero byte. Returns MUSTER_OK or MUSTER_IO. */
int muster_token_make(char token[MUSTER_TOKEN_SIZE + 1]);
void muster_token_hash(struct muster_text token, uint8_t hash[MUSTER_TOKEN_HASH_SIZE]);

/* What operators call an invitation: it tells nothing of the token. */
void muster_invitation_id(const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], char id[MUSTER_INVITATION_ID_SIZE + 1]);

const char *
muster_invitation_kind_name(enum muster_invitation_kind kind); /* "register", "contact", "reset", "foreign" */

/* Can it be used now? */
bool muster_invitation_is_live(const struct muster_invitation *invitation, int64_t now_s);

/* Add one; its name, if it is to register with, is kept from now on until it expires or is used. `invitation` is only
 * read. Returns MUSTER_OK, MUSTER_EXISTS (there is one of that id), MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_invitation_add(struct muster_transaction *transaction, const struct muster_invitation *invitation);

/* Read one, by its token's hash or by its id. On MUSTER_OK the caller clears it. Expired ones are found for
 * MUSTER_INVITATION_KEPT_S, used ones as long as they would have lived.
 * Return MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_invitation_get(struct muster_transaction *transaction, struct muster_text host,
                          const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], struct muster_invitation *invitation);
int muster_invitation_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text id,
                           struct muster_invitation *invitation);
void muster_invitation_clear(struct muster_invitation *invitation);

/* Use one up, or once less: its expiry is no concern here. Returns MUSTER_OK, MUSTER_SPENT (it is gone, or has no uses
 * left), or as muster_invitation_get and muster_invitation_add. */
int muster_invitation_spend(struct muster_transaction *transaction, struct muster_text host,
                            const uint8_t hash[MUSTER_TOKEN_HASH_SIZE], struct muster_text taker, int64_t now_s);

/* Remove one, with all that is kept for it. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_invitation_remove(struct muster_transaction *transaction, const struct muster_invitation *invitation);

/* The invitation for which a name is kept at this time. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT,
 * MUSTER_NEWER, MUSTER_IO. */
int muster_invitation_holder(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                             int64_t now_s, uint8_t hash[MUSTER_TOKEN_HASH_SIZE]);

/* Called once an invitation; valid during the call. Return false to stop before it. */
typedef bool (*muster_invitation_fn)(void *context, const struct muster_invitation *invitation);

/* Go through a host's invitations as muster_account_walk does through accounts. */
int muster_invitation_walk(struct muster_transaction *transaction, struct muster_text host,
                           struct muster_buffer *position, size_t most, muster_invitation_fn visit, void *context);

/* --- inviters: bare JIDs, prepared --- */

/* Note, and forget, that an account of the host was invited by somebody.
 * Return MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_invitee_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                       struct muster_text name);
int muster_invitee_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                          struct muster_text name);

/* Called once an account; valid during the call. Return false to stop before it. */
typedef bool (*muster_invitee_fn)(void *context, struct muster_text name);

/* Go through the accounts that somebody has invited, in no order that matters; `position` as in
 * muster_account_walk. */
int muster_invitee_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter,
                        struct muster_buffer *position, size_t most, muster_invitee_fn visit, void *context);

/* Remove all invitations of somebody who is gone. Returns as muster_invitation_get and muster_invitation_add. */
int muster_inviter_forget(struct muster_transaction *transaction, struct muster_text host, struct muster_text inviter);

#endif
