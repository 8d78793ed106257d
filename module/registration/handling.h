/* handling.h -- a request while it is judged, and what its judges share. */
#ifndef MUSTER_REGISTRATION_HANDLING_H
#define MUSTER_REGISTRATION_HANDLING_H

#include "registration/judgement.h"
#include "registration/reply.h"
#include "registration/submission.h"

#define MUSTER_REFUSAL(name, words)                                                                                    \
	((struct muster_refusal){ .condition = MUSTER_CONDITION_##name, .phrase = MUSTER_PHRASE_##words })

struct muster_handling {
	struct muster_host *host;
	struct muster_store *store;
	const struct muster_facts *facts;
	struct muster_outcome *outcome;
	struct muster_operation **operation;
	struct muster_request request;
	struct muster_submission submission;
	struct muster_address address;
	struct muster_verdict ruling; /* that refused */
	enum muster_mode mode;        /* that holds now, for who has no account here */
	struct muster_pass pass;      /* the invitation that counts for this request, if there is one */
	struct muster_arena arena;    /* its texts */
	bool invited;                 /* there is, or the host says so */
};

/* The judges: of a stream that has not logged in, of an account of this host, and at a service of anybody. They answer,
 * or make an operation. All of these return MUSTER_OK, MUSTER_NO_MEMORY, or what the store returns. */
int muster_handle_stream(struct muster_handling *handling);
int muster_handle_account(struct muster_handling *handling);
int muster_handle_service(struct muster_handling *handling);

/* A stream that has not logged in shows an invitation (XEP-0445); and the one that counts for what it asks now. */
int muster_handle_preauth(struct muster_handling *handling);
int muster_handling_take_pass(struct muster_handling *handling);

/* Answers. */
int muster_handling_refuse(struct muster_handling *handling, struct muster_refusal refusal);
int muster_handling_object(struct muster_handling *handling, const struct muster_objection *objection);
int muster_handling_result(struct muster_handling *handling);
int muster_handling_show(struct muster_handling *handling, const struct muster_account *account);

/* Whom a request is about, where that is beyond doubt; `prepared` is where it may live. Returns MUSTER_OK or
 * MUSTER_NO_MEMORY. */
int muster_handling_subject(const struct muster_handling *handling, struct muster_buffer *prepared,
                            struct muster_text *subject);

/* Ask the rules that come before anything is said of names; one that refuses is answered. */
int muster_handling_judge(struct muster_handling *handling, enum muster_solution solution, bool *refused);

/* Who may register now. */
int muster_handling_mode(struct muster_handling *handling, enum muster_mode *mode);

/* Read what is on file under a name; the caller clears it. MUSTER_NOT_FOUND if there is nothing. */
int muster_handling_find(struct muster_handling *handling, struct muster_text name, struct muster_account *account);

/* Make the operation; it takes the address with it. */
int muster_handling_operate(struct muster_handling *handling, enum muster_operation_kind kind, struct muster_text name);

/* The same with the submitted password, which the host's rules must allow; `username` is what it must not contain. */
int muster_handling_operate_with_password(struct muster_handling *handling, enum muster_operation_kind kind,
                                          struct muster_text name, struct muster_text username);

/* What an operation that was made takes from the submission: every field and secret, or those that may be edited. */
int muster_handling_copy_fields(struct muster_handling *handling);
int muster_handling_copy_edits(struct muster_handling *handling);

/* Are there fields in the submission that may be edited? */
bool muster_handling_edits(const struct muster_handling *handling);

/* Challenges; see issue.c. Is the sender to solve one before it may register? */
bool muster_handling_is_challenged(const struct muster_handling *handling);

/* Answer a get by the form to register, with a challenge in it unless one is solved already; where its picture is to be
 * drawn first an operation is made. */
int muster_handling_challenge(struct muster_handling *handling);

/* The rules have refused what was made of a challenge. It is spent, and the refusal brings the next one as long as the
 * stream may try. */
int muster_handling_fail_challenge(struct muster_handling *handling);

/* Answer a get of urn:xmpp:bob. */
int muster_handle_data(struct muster_handling *handling);

/* Judge what needs a proof of who asks; see proof.c. `name` is under what the asker is on file. */
int muster_handle_cancel_form(struct muster_handling *handling, struct muster_text name);
int muster_handle_removal(struct muster_handling *handling, struct muster_text name);

/* What an option permits on this stream: less to one that has logged in by a device. */
enum muster_permission muster_handling_permits(const struct muster_handling *handling,
                                               enum muster_permission permission);

/* Have the operation check `password`, and every secret that was submitted, before it does anything. */
int muster_handling_prove(struct muster_handling *handling, struct muster_text password, enum muster_proof_form form);

/* Refuse, and hand out the form to prove with. */
int muster_handling_ask_proof(struct muster_handling *handling, enum muster_proof_form form,
                              struct muster_refusal refusal);

#endif
