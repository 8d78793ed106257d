/* naming.h -- which names nobody may take: reserved ones, and those that patterns or lengths exclude. */
#ifndef MUSTER_POLICY_NAMING_H
#define MUSTER_POLICY_NAMING_H

#include "policy/setting.h"

struct muster_naming {
	const struct muster_text *reserved, *excluded; /* names; patterns */
	size_t reserved_count, excluded_count;
	struct muster_text required; /* a pattern; absent for none */
	uint32_t length, max_length; /* code points */
};

/* block_registrations_users, _matching, _require, _length_minimum, _length_maximum. */
int muster_naming_set_reserved(const struct muster_setting *setting);
int muster_naming_set_excluded(const struct muster_setting *setting);
int muster_naming_set_required(const struct muster_setting *setting);
int muster_naming_set_length(const struct muster_setting *setting);
int muster_naming_set_max_length(const struct muster_setting *setting);

bool muster_naming_is_short_or_long(const struct muster_host *host, struct muster_text name);
bool muster_naming_is_reserved(const struct muster_host *host, struct muster_text name);

/* The pattern that excludes a name, or absent text. */
struct muster_text muster_naming_excluding(const struct muster_host *host, struct muster_text name);
bool muster_naming_lacks_required(const struct muster_host *host, struct muster_text name);

#endif
