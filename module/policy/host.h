/* host.h -- the settings behind a host, for the layers above. */
#ifndef MUSTER_POLICY_HOST_H
#define MUSTER_POLICY_HOST_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "muster/host.h"
#include "muster/origin.h"
#include "muster/scram.h"
#include "policy/access.h"
#include "policy/blocklist.h"
#include "policy/challenge.h"
#include "policy/field.h"
#include "policy/guard.h"
#include "policy/mode.h"
#include "policy/naming.h"
#include "policy/leaked.h"
#include "policy/phrase.h"
#include "policy/throttle.h"

/* In the order of the options' words. By form: with a form that proves who asks. */
enum muster_permission { MUSTER_ALLOW, MUSTER_BY_FORM, MUSTER_DENY };

/* When data forms are offered, in the order of the option's words. */
enum muster_form_rule { MUSTER_FORM_AUTO, MUSTER_FORM_ALWAYS, MUSTER_FORM_ONLY };

enum {
	MUSTER_NEVER = -1,        /* a period without end */
	MUSTER_DEVICES_MAX = 100, /* of an account, for each is tried at a login by SCRAM */
	MUSTER_RESERVATION_S = 60 /* how long a name without a password is kept for who named it */
};

struct muster_password_rules {
	uint32_t length, max_length; /* code points */
	bool exclude_username;
	struct muster_blocklist blocklist;
	uint32_t strength;            /* the least score of zxcvbn; 0 for any */
	struct muster_leaked *leaked; /* NULL for none */
};

/* What the audit, and an account's record, keep of addresses, and for how long. */
struct muster_trail {
	int64_t kept_s;
	bool addresses;
	uint8_t bits_4, bits_6;
};

struct muster_exchange;

struct muster_host {
	struct muster_arena arena;
	struct muster_text name;
	atomic_int references;
	enum muster_host_kind kind;

	/* who may register, from where, how often */
	enum muster_mode mode;
	uint32_t accounts_max, accounts_per_address; /* 0: as many as they like */
	uint32_t stream_attempts;                    /* failing sets that a stream may send */
	struct muster_matcher matcher;
	struct muster_access access;
	struct muster_throttle throttle;
	int64_t pending_s;                  /* for which an account waits to be approved */
	int64_t invite_s;                   /* for which an invitation is good, unless it says so itself */
	struct muster_text quarantine_role; /* of new accounts; absent for none */
	int64_t quarantine_s;
	struct muster_trail trail;
	struct muster_challenges challenges; /* of who has no account yet */

	/* what is asked, and how it is said */
	struct muster_catalogue *catalogues;
	size_t catalogue_count;
	struct muster_wording title, instructions; /* what is written above the fields; empty for our own words */
	struct muster_text url;                    /* where registration is redirected to; absent if it is not said */
	struct muster_field_rule username, password;
	struct muster_field_rule fields[MUSTER_FIELDS_MAX];
	size_t field_count;
	const struct muster_text *editable; /* names of fields that their owner may change */
	size_t editable_count;

	/* names, passwords, removal */
	struct muster_naming naming;
	struct muster_password_rules password_rules;
	uint32_t iterations;
	enum muster_form_rule form;
	enum muster_permission unregister, change_password;
	int64_t grace_s;                          /* for which a removed account can be restored */
	int64_t tombstone_s;                      /* for which a removed account's name is kept from others */
	const struct muster_text *removing_roles; /* that may remove their own accounts; all, if there are none */
	size_t removing_role_count;

	uint32_t devices_max; /* secrets beside an account's password */

	bool mode_set; /* muster_registration stands in the configuration, so allow_registration does not count */
	bool require_tls, legacy_key;
	bool lookalikes;   /* names that can be taken for another account's are refused */
	bool allow_remote; /* service: users of other servers too */
	bool protects_last_admin;
	bool makes[MUSTER_HASH_COUNT];  /* sets of keys, of each password */
	bool offers[MUSTER_HASH_COUNT]; /* mechanisms; those of `makes` unless it is set */
	bool offers_set;
	struct muster_guard_rules guesses;
	struct muster_guard *guard;        /* the owner's thread's, as the next */
	struct muster_exchange *upgrading; /* login's: exchanges that bring keys up to date */
};

/* What a get before registration holds (XEP-0077, sections 3.1, 4, 6): elements as long as they can say what is asked,
 * a form where they cannot or the operator wants one, and it alone where elements would not do. */
bool muster_host_offers_elements(const struct muster_host *host);
bool muster_host_offers_form(const struct muster_host *host);

/* An address as far as it is kept: `text` is where it lives; absent if it is not kept. */
struct muster_text muster_host_kept_address(const struct muster_host *host, const struct muster_network *address,
                                            char text[MUSTER_NETWORK_TEXT]);

/* Among whose accounts do those from this address count? An IPv6 /64 counts as one. */
void muster_host_origin(struct muster_transaction *transaction, const struct muster_network *address,
                        struct muster_origin *origin);

/* May the owner change this field? */
bool muster_host_lets_edit(const struct muster_host *host, const struct muster_field_rule *rule);

/* Is SCRAM with this hash offered? */
bool muster_host_offers_hash(const struct muster_host *host, enum muster_hash hash);

/* The first of the hashes for which keys are made here: the cheapest to check a password against. */
enum muster_hash muster_host_first_hash(const struct muster_host *host);

#endif
