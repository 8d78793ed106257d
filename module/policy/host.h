/* host.h -- the settings behind a host, for the layers above. */
#ifndef MUSTER_POLICY_HOST_H
#define MUSTER_POLICY_HOST_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "muster/host.h"
#include "muster/scram.h"

enum muster_registration { MUSTER_REGISTRATION_OPEN, MUSTER_REGISTRATION_CLOSED };
enum muster_permission { MUSTER_ALLOW, MUSTER_DENY };

struct muster_field_rule {
	const char *name; /* an element of jabber:iq:register */
	bool required;
};

struct muster_password_rules {
	uint32_t length, max_length; /* code points */
	bool exclude_username;
	const struct muster_text *blocklist;
	size_t blocklist_count;
};

enum { MUSTER_FIELDS_MAX = 20 };

struct muster_host {
	atomic_int references;
	struct muster_arena arena;
	struct muster_text name;
	bool registration_set; /* muster_registration stands in the configuration, so allow_registration does not count
	                        */
	enum muster_registration registration;
	bool require_tls;
	struct muster_text title, instructions;
	struct muster_field_rule fields[MUSTER_FIELDS_MAX];
	size_t field_count;
	enum muster_permission unregister, change_password;
	struct muster_password_rules password;
	uint32_t iterations;
	bool makes[MUSTER_HASH_COUNT];
};

/* The first of the hashes for which keys are made here: the cheapest to check a password against. */
enum muster_hash muster_host_first_hash(const struct muster_host *host);

#endif
