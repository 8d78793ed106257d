/* rule.h -- the rules that every way of making an account passes. Each has a name, by which a verdict says why. */
#ifndef MUSTER_POLICY_RULE_H
#define MUSTER_POLICY_RULE_H

#include "policy/host.h"

/* What somebody who is to solve a challenge has made of it. */
enum muster_solution {
	MUSTER_SOLUTION_UNKNOWN, /* nobody was asked, as when a rule is explained */
	MUSTER_SOLUTION_RIGHT,
	MUSTER_SOLUTION_WRONG, /* or too late, or of another challenge */
	MUSTER_SOLUTION_MISSING
};

/* Who wants an account, from where. Borrowed. */
struct muster_applicant {
	struct muster_text username;          /* prepared; absent if it is not known yet */
	struct muster_text password;          /* only to explain; absent else */
	const struct muster_network *address; /* NULL if it is not known */
	struct muster_text listed;            /* the DNS list that knows the address; absent if none does */
	enum muster_solution solution;        /* of the challenge that was set, where one was */
	bool self_service;                    /* not an operator's door */
	bool invited;                         /* has a valid invitation */
	const uint8_t *invitation;            /* the hash of its token; NULL if it has none that names are kept for */
	bool overrides;                       /* an operator who says that rules do not count */
	int64_t now_s;
};

/* When a rule is asked. Those of one stage are asked in their order; names come last, so that nobody can find out which
 * ones exist without having passed the others. */
enum muster_stage {
	MUSTER_STAGE_BEGIN = 1,  /* before a request is looked at closely; orders do not pass here */
	MUSTER_STAGE_LOOK = 2,   /* before work is done for it */
	MUSTER_STAGE_COMMIT = 4, /* again in the transaction that makes the account, for what may have changed */
	MUSTER_STAGE_ALL = 7
};

/* What a refusal has to do with; the layer above makes it an answer. */
enum muster_ground {
	MUSTER_GROUND_NONE,
	MUSTER_GROUND_MODE,     /* nobody can register here, now */
	MUSTER_GROUND_UNWANTED, /* who asks, or from where, is not wanted */
	MUSTER_GROUND_OFTEN,    /* later, perhaps */
	MUSTER_GROUND_WRONG,    /* a challenge was not solved */
	MUSTER_GROUND_MISSING,  /* or not even tried */
	MUSTER_GROUND_TAKEN,    /* the name is somebody's, or must look so */
	MUSTER_GROUND_UNUSABLE, /* what was chosen cannot be used */
};

enum { MUSTER_DETAIL_SIZE = 192 };

struct muster_verdict {
	const char *rule;                /* its name, a literal */
	bool applies;                    /* false: it has nothing to say about this applicant */
	enum muster_ground ground;       /* MUSTER_GROUND_NONE: it passes */
	enum muster_phrase phrase;       /* for who asks */
	int64_t wait_s;                  /* after which it may pass; 0 if that is not known */
	char detail[MUSTER_DETAIL_SIZE]; /* for operators: which entry, how much. Never a secret */
};

/* Ask the rules of a stage until one refuses; `verdict` is that one's. An applicant who overrides passes all, and
 * `verdict` is that of the first that would have refused.
 * Returns MUSTER_OK, MUSTER_REFUSED, or what the store returns. */
int muster_rules_judge(const struct muster_host *host, struct muster_transaction *transaction, enum muster_stage stage,
                       const struct muster_applicant *applicant, struct muster_verdict *verdict);

/* Ask every rule, in order, without any effect. Returns MUSTER_OK, or what the store returns. */
typedef void (*muster_verdict_fn)(void *context, const struct muster_verdict *verdict);
int muster_rules_explain(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_applicant *applicant, muster_verdict_fn tell, void *context);

/* Who wants to remove their own account. Borrowed. */
struct muster_remover {
	struct muster_text role; /* absent where the host has none */
	bool last_admin;         /* nobody else administers the host */
};

/* Do the rules keep an account's owner from removing it? `verdict` says which. */
bool muster_removal_refused(const struct muster_host *host, const struct muster_remover *remover,
                            struct muster_verdict *verdict);

/* Is this address free of the rules about addresses but for blocks, because an allowlist has it? As
 * muster_access_find. */
int muster_rules_exempt(const struct muster_host *host, struct muster_transaction *transaction,
                        const struct muster_applicant *applicant, bool *exempt);

#endif
