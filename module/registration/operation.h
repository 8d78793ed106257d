/* operation.h -- what a decided request needs until it is done. */
#ifndef MUSTER_REGISTRATION_OPERATION_H
#define MUSTER_REGISTRATION_OPERATION_H

#include "base/arena.h"
#include "muster/attempt.h"
#include "policy/rule.h"
#include "registration/reply.h"
#include "registration/request.h"
#include "registration/stream.h"

/* Where an operation comes from, and how it is counted. Borrowed for the call that makes one of it. */
struct muster_source {
	struct muster_text door, address; /* "in-band" and unknown if absent */
	struct muster_text actor;         /* who acts on the account, if that is not its owner */
};

/* What is derived from a password or a secret: made anew, or checked against what is on file. */
struct muster_derivation {
	struct muster_text name;    /* of the secret; absent for the password */
	struct muster_buffer input; /* prepared; empty once it was derived from */
	enum muster_hash hash;
	struct muster_scram_keys keys, derived; /* to be kept or on file; of a proof, to be compared with those */
};

struct muster_operation {
	struct muster_task task; /* first, so that either pointer is the other */
	enum muster_operation_kind kind;
	struct muster_host *host;
	struct muster_arena arena; /* owns the texts */
	bool answers;              /* to a stanza; an order has no asker */
	bool self_service;         /* asked for by a user, not by an operator */
	bool invited, overrides;   /* as muster_applicant has them */
	bool has_network;          /* of the address */
	bool bound;                /* to the account that was created then, not to whoever has the name */
	bool proves, disproved;    /* a proof is asked; one is wrong */
	char pass_id[MUSTER_INVITATION_ID_SIZE + 1]; /* of the pass, or of the invitation that is made */
	struct muster_source source;                 /* its texts are the arena's */
	struct muster_network network;
	struct muster_text listed;    /* the DNS list that has it; absent if none has */
	struct muster_verdict ruling; /* that refused, or was overridden */
	int64_t created_s;            /* of the account to which it is bound */
	struct muster_address address;
	struct muster_stream *stream;       /* that registers, or is asked a challenge; NULL for others */
	struct muster_challenge *challenge; /* that is drawn */
	struct muster_tally tally;
	int64_t wait_s; /* until there may be another picture */
	struct muster_text username, reason;
	int64_t until_s;                     /* of a directive; 0 for good */
	struct muster_text directive, value; /* a directive's kind, and what it says */
	struct muster_text role;             /* that the account is to have; absent for the host's usual one */
	struct muster_text effect_door; /* how the account came that an effect is about; absent: as the operation */
	struct muster_field *fields;
	size_t field_count;
	const struct muster_text *edited; /* names of the fields that `fields` replace; all, for a registration */
	size_t edited_count;
	struct muster_buffer derivable;                   /* the prepared password */
	struct muster_scram_keys keys[MUSTER_HASH_COUNT]; /* made, or to be checked against */
	struct muster_scram_keys derived;                 /* of the password that is checked */
	enum muster_account_state state;                  /* of the account that is checked; 0 if there is none */
	struct muster_derivation *secrets, *proofs;       /* to be kept; to be right before anything is done */
	size_t secret_count, proof_count;
	int verdict;                         /* why a task that went well has changed nothing of what was asked */
	struct muster_effect effect;         /* written with the change; no kind if none was */
	struct muster_pass pass;             /* used up with it */
	struct muster_invitation invitation; /* to be made; or its hash, to be taken */
	struct muster_text token, contact;   /* of what is made; who takes it */
	struct muster_text device;           /* that gets a secret, the token, or loses it */
};

/* Make an operation on a prepared name. Returns MUSTER_OK or MUSTER_NO_MEMORY; the caller frees it. */
int muster_operation_new(struct muster_operation **operation, struct muster_host *host, enum muster_operation_kind kind,
                         struct muster_text username, const struct muster_source *source);

/* Room for `count` more fields, then one after the other. Return MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_operation_room(struct muster_operation *operation, size_t count);
int muster_operation_add_field(struct muster_operation *operation, struct muster_text name, struct muster_text value);

/* The same of secrets to keep. `input` moves into the operation. */
int muster_operation_expect_secrets(struct muster_operation *operation, size_t count);
int muster_operation_add_secret(struct muster_operation *operation, struct muster_text name,
                                struct muster_buffer *input);

/* The same of proofs: from now on the operation is done only if all of them are right. */
int muster_operation_expect_proofs(struct muster_operation *operation, size_t count);
int muster_operation_add_proof(struct muster_operation *operation, struct muster_text name, struct muster_buffer *input,
                               enum muster_hash hash, const struct muster_scram_keys *keys);

/* Wrong proofs against an account: so many in so long a time, and no other is looked at. */
enum { MUSTER_PROOF_TRIES = 5, MUSTER_PROOF_PERIOD_S = 900 };

int muster_proof_tries(const struct muster_operation *operation, struct muster_transaction *transaction, size_t *count);

/* Inside the transaction: set the verdict, and count a wrong try. Returns what the store returns. */
int muster_proof_judge(struct muster_operation *operation, struct muster_transaction *transaction,
                       const struct muster_account *account);

/* What the engine runs for each kind of operation. */
extern const struct muster_task_kind muster_change_task, muster_check_task, muster_challenge_task;

/* The outcome of drawing: the form, or the refusal that gives another try. As muster_operation_finish. */
int muster_challenge_finish(struct muster_operation *operation, int failed, struct muster_outcome *outcome);

/* Refuse: count it against the stream, note it, answer. */
int muster_operation_refuse(struct muster_operation *operation, int error, struct muster_refusal refusal,
                            struct muster_outcome *outcome);

/* What a failed task tells whoever asked for it. */
struct muster_refusal muster_operation_refusal(const struct muster_operation *operation, int error);

/* Write what is on file with what the operation brings: its keys, fields and secrets. */
int muster_operation_put(struct muster_operation *operation, struct muster_transaction *transaction,
                         const struct muster_account *account);

/* Register at a service, or replace what is on file, inside the transaction; and the opposite. */
int muster_record_put(struct muster_operation *operation, struct muster_transaction *transaction);
int muster_record_remove(struct muster_operation *operation, struct muster_transaction *transaction,
                         const struct muster_account *record);

/* Write the operation's effect. */
int muster_operation_write_effect(struct muster_operation *operation, struct muster_transaction *transaction,
                                  enum muster_effect_kind kind);

#endif
