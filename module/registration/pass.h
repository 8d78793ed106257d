/* pass.h -- an invitation that somebody has shown: what a stream remembers of it, and an operation takes along. */
#ifndef MUSTER_REGISTRATION_PASS_H
#define MUSTER_REGISTRATION_PASS_H

#include "base/arena.h"
#include "muster/invitation.h"
#include "muster/registration.h"

struct muster_pass {
	enum muster_invitation_kind kind; /* to register, or to choose another password; 0: there is none */
	bool foreign, reusable;           /* of another module's, and whether that lets it be used again */
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	struct muster_text name, inviter, role; /* as of struct muster_invitation; the inviter is who answers for it */
	bool contact;
	int64_t account_s, expires_s;
};

/* What a token is good for now: one of ours, or `foreign` if that is it. Texts go into the arena.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND (nothing), or what the store returns. */
int muster_pass_of_token(struct muster_pass *pass, struct muster_arena *arena, struct muster_transaction *transaction,
                         const struct muster_host *host, struct muster_text token,
                         const struct muster_foreign *foreign);

int muster_pass_copy(struct muster_pass *copy, struct muster_arena *arena, const struct muster_pass *pass);

struct muster_operation;

/* Have an operation use it up. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_operation_take_pass(struct muster_operation *operation, const struct muster_pass *pass);

/* Is it still there; and use it up, inside the transaction. Return MUSTER_OK, MUSTER_SPENT, or what the store returns.
 */
int muster_operation_check_pass(const struct muster_operation *operation, struct muster_transaction *transaction);
int muster_operation_spend_pass(const struct muster_operation *operation, struct muster_transaction *transaction);

/* Who invites has to be an account that can log in, if it is one of this host. Returns MUSTER_OK, MUSTER_NOT_FOUND, or
 * what the store returns. */
int muster_inviter_check(struct muster_transaction *transaction, const struct muster_host *host,
                         struct muster_text inviter);

/* The localpart of a bare JID of this host; absent if it is another's. */
struct muster_text muster_local_name(const struct muster_host *host, struct muster_text jid);

#endif
