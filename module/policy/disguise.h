/* disguise.h -- the keys that a name shows to those who want to log in, whether or not anybody has it. */
#ifndef MUSTER_POLICY_DISGUISE_H
#define MUSTER_POLICY_DISGUISE_H

#include "muster/account.h"
#include "policy/host.h"

/* The keys of a set: the account's, or made up where it lacks the set or there is no account. The same work either way.
 *
 * account  NULL if nobody has the name
 * hash     in: whose set, MUSTER_HASH_COUNT for the first that the name has; out: whose it is
 * real     out: are they the account's?
 *
 * Returns MUSTER_OK or MUSTER_IO. */
int muster_disguise(const struct muster_host *host, struct muster_transaction *transaction, struct muster_text secret,
                    struct muster_text name, const struct muster_account *account, enum muster_hash *hash,
                    struct muster_scram_keys *keys, bool *real);

#endif
