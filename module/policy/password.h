/* password.h -- may this password be chosen? */
#ifndef MUSTER_POLICY_PASSWORD_H
#define MUSTER_POLICY_PASSWORD_H

#include "policy/host.h"

struct muster_setting;

/* Set a host's rules from password_policy. Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_password_set(const struct muster_setting *setting);

/* Prepare a password and hold it against the host's rules.
 *
 * name       prepared username
 * derivable  an empty buffer; on MUSTER_OK the input of the derivation, caller clears
 * why        on MUSTER_BAD_PASSWORD what the user is told
 *
 * Returns MUSTER_OK, MUSTER_BAD_PASSWORD, MUSTER_LEAKED_UNREADABLE, MUSTER_NO_MEMORY. */
int muster_password_check(const struct muster_host *host, struct muster_text name, struct muster_text password,
                          struct muster_buffer *derivable, enum muster_phrase *why);

#endif
