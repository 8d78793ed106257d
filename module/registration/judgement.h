/* judgement.h -- operations and requests before the host's rules, and what is kept of it: the audit, the throttle. */
#ifndef MUSTER_REGISTRATION_JUDGEMENT_H
#define MUSTER_REGISTRATION_JUDGEMENT_H

#include "policy/rule.h"
#include "registration/operation.h"
#include "registration/reply.h"

/* Ask the rules of a stage about an operation that makes an account; any other passes. `operation->ruling` says which
 * refused, or was overridden. Returns MUSTER_OK, MUSTER_REFUSED, or what the store returns. */
int muster_operation_judge(struct muster_operation *operation, struct muster_transaction *transaction,
                           enum muster_stage stage);

/* What a refusal by a rule is called as an error: MUSTER_EXISTS for a name that is taken, or must look so. */
int muster_ruling_error(const struct muster_verdict *verdict);

/* What a verdict is answered by. */
struct muster_refusal muster_refusal_of(const struct muster_verdict *verdict);

/* What the audit, and an outcome, call what it does: "register", ... */
struct muster_text muster_operation_action(const struct muster_operation *operation);

/* Write, in the transaction of a change, that it was made, and count a registration against its address. Returns what
 * muster_audit_add and muster_throttle_charge return. */
int muster_operation_record(struct muster_operation *operation, struct muster_transaction *transaction);

/* What is to be written of a refusal, which changes nothing else: a task of its own. */
struct muster_incident {
	struct muster_host *host;
	struct muster_source source;
	const struct muster_network *network; /* NULL if it is not known */
	struct muster_text action, username, outcome;
	const struct muster_verdict *verdict; /* NULL if no rule refused, or nothing but its name is known */
	struct muster_text rule;              /* then that, or absent */
	bool costs;                           /* a failed try to register, which counts against the address */
	struct muster_text detail;            /* where no rule has one */
};

/* Returns MUSTER_OK or MUSTER_NO_MEMORY; the caller frees the task by its kind. */
int muster_note_new(struct muster_task **note, const struct muster_incident *incident);

/* The incident of an operation that came to nothing, by this error. */
int muster_operation_note(const struct muster_operation *operation, int error, struct muster_task **note);

#endif
