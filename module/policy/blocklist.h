/* blocklist.h -- passwords that nobody may choose, in memory. */
#ifndef MUSTER_POLICY_BLOCKLIST_H
#define MUSTER_POLICY_BLOCKLIST_H

#include "muster/value.h"

struct muster_setting;

struct muster_blocklist {
	const struct muster_text *passwords; /* sorted; live as long as the host */
	size_t count;
};

/* Take a list of passwords, or the path of a file with one a line.
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_blocklist_set(const struct muster_setting *setting, const struct muster_value *value,
                         struct muster_blocklist *blocklist);

bool muster_blocklist_holds(const struct muster_blocklist *blocklist, struct muster_text password);

#endif
