/* policy.h -- what a host's rules say, without doing anything. */
#ifndef MUSTER_POLICY_H
#define MUSTER_POLICY_H

#include <stdint.h>

#include "muster/challenge.h"
#include "muster/guess.h"
#include "muster/host.h"
#include "muster/store.h"

/* A made-up registration. Borrowed; what is absent is not judged. */
struct muster_candidate {
	struct muster_text username, password, address;
	struct muster_text listed; /* a DNS list that has the address */
	bool self_service;         /* not by an operator's door */
	bool invited;
};

/* One rule's word on it. Valid during the call. */
struct muster_opinion {
	const char *rule;
	bool applies, refuses;
	int64_t wait_s;            /* after which it may not refuse any more; 0 if that is not known */
	struct muster_text detail; /* for operators */
};

typedef void (*muster_opinion_fn)(void *context, const struct muster_opinion *opinion);

/* Ask every rule, in order, without any effect.
 * Returns MUSTER_OK, MUSTER_BAD_NAME, MUSTER_MALFORMED (the address), MUSTER_NO_MEMORY, or what the store returns. */
int muster_policy_explain(const struct muster_host *host, struct muster_store *store,
                          const struct muster_candidate *candidate, muster_opinion_fn tell, void *context);

/* Who may register now: "open", "invite", "approval", "redirect", "closed"; by an operator's directive until then
 * (0: for good), or by the configuration (-1). Returns MUSTER_OK, or what the store returns. */
int muster_policy_mode(const struct muster_host *host, struct muster_store *store, const char **mode, int64_t *until_s);

/* Is registration announced to strangers now (XEP-0077, section 8): open here, by invitation, or elsewhere? And can
 * anything be done by jabber:iq:register: registering, cancelling, changing a password?
 * Return MUSTER_OK, or what the store returns; then it is false. */
int muster_policy_announces(const struct muster_host *host, struct muster_store *store, bool *announces);
int muster_policy_serves(const struct muster_host *host, struct muster_store *store, bool *serves);

/* What strangers have to solve now before they get an account. */
struct muster_demand {
	unsigned kinds;                       /* a set of enum muster_challenge_kind; none: nothing */
	uint32_t bits, least_bits, most_bits; /* of proof of work: now, and as configured */
	bool both;                            /* proof of work and another one */
	int64_t until_s;                      /* by an operator's directive, 0 for good; -1: by the load */
};

/* Of those who come from this address, or from nowhere in particular where it is absent.
 * Returns MUSTER_OK, MUSTER_MALFORMED, or what the store returns. */
int muster_policy_demand(const struct muster_host *host, struct muster_store *store, struct muster_text address,
                         struct muster_demand *demand);

/* Is this address let pass by the rules about addresses but for blocks, because an allowlist has it?
 * Returns MUSTER_OK, MUSTER_MALFORMED, or what the store returns. */
int muster_policy_exempts(const struct muster_host *host, struct muster_store *store, struct muster_text address,
                          bool *exempt);

/* The names under which DNS lists are to be asked for an address, one after the other from 0, each with its list.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND behind the last, MUSTER_MALFORMED, MUSTER_NO_MEMORY; the caller clears `name`. */
int muster_policy_lookup(const struct muster_host *host, struct muster_text address, size_t index,
                         struct muster_buffer *name, struct muster_text *list);

/* In how many seconds is the next proof looked at that stands against what counts here? 0: now. */
int64_t muster_guess_wait_s(const struct muster_host *host, const struct muster_guess *guess,
                            const struct muster_guess_state *state, int64_t now_s);

#endif
