/* mode.h -- who may register at all. */
#ifndef MUSTER_POLICY_MODE_H
#define MUSTER_POLICY_MODE_H

#include <stdint.h>

#include "policy/setting.h"

struct muster_transaction;

/* In the order of the option's words. */
enum muster_mode {
	MUSTER_MODE_OPEN,
	MUSTER_MODE_INVITE,
	MUSTER_MODE_APPROVAL,
	MUSTER_MODE_REDIRECT,
	MUSTER_MODE_CLOSED
};

/* The words, NULL behind the last. */
extern const char *const muster_mode_words[];

/* The mode of that name; false if there is none. */
bool muster_mode_of(struct muster_text word, enum muster_mode *mode);

int muster_mode_set(const struct muster_setting *setting);       /* muster_registration */
int muster_mode_set_allow(const struct muster_setting *setting); /* allow_registration */

/* What holds now: the operator's directive, or the configuration. Without a transaction, the configuration.
 * Returns MUSTER_OK, or what muster_directive_get returns. */
int muster_mode_now(const struct muster_host *host, struct muster_transaction *transaction, int64_t now_s,
                    enum muster_mode *mode);

#endif
