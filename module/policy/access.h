/* access.h -- from where people may register: lists of networks, of the configuration and of the operator at run time.
 */
#ifndef MUSTER_POLICY_ACCESS_H
#define MUSTER_POLICY_ACCESS_H

#include "policy/network.h"
#include "policy/setting.h"

struct muster_transaction;

struct muster_networks {
	const struct muster_network *list;
	size_t count;
};

struct muster_access {
	struct muster_networks allowed, blocked;
	bool only_allowed;
	const struct muster_text *dns_lists; /* asked by the Lua host, which has a resolver */
	size_t dns_list_count;
};

/* registration_allowlist, registration_blocklist, allowlist_registration_only, and their older names; muster_dnsbl. */
int muster_access_set_allowed(const struct muster_setting *setting);
int muster_access_set_blocked(const struct muster_setting *setting);
int muster_access_set_only(const struct muster_setting *setting);
int muster_access_set_dns_lists(const struct muster_setting *setting);

/* The entry that holds the address, written into `entry`; a directive of that kind ("allow", "block") counts like one
 * of the configuration. Without a transaction only the configuration is looked at.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, or what muster_directive_get returns. */
int muster_access_find(const struct muster_host *host, struct muster_transaction *transaction, struct muster_text kind,
                       const struct muster_network *address, int64_t now_s, char entry[MUSTER_NETWORK_TEXT]);

/* The same among directives alone. */
int muster_access_ordered(const struct muster_host *host, struct muster_transaction *transaction,
                          struct muster_text kind, const struct muster_network *address, int64_t now_s,
                          char entry[MUSTER_NETWORK_TEXT]);

#endif
