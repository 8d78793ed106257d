/* reply.h -- answers written into an outcome. */
#ifndef MUSTER_REGISTRATION_REPLY_H
#define MUSTER_REGISTRATION_REPLY_H

#include "registration/condition.h"
#include "registration/form.h"
#include "registration/request.h"

/* An error of a stanza: the condition, and a type that differs from the table's or NULL. */
struct muster_refusal {
	enum muster_condition condition;
	const char *type;
	enum muster_phrase phrase;   /* for the user */
	struct muster_text text;     /* in place of the phrase, in whatever language; absent if there is none */
	struct muster_text field;    /* that the phrase names */
	enum muster_proof_form form; /* to fill in before trying again */
	const struct muster_challenge *challenge; /* to be solved instead, in the form to register; NULL for none */
	struct muster_text key;                   /* for that form, where keys are used */
	int64_t wait_s;                           /* when to come back, with the type wait; 0 if that is not known */
};

/* Each adds one action that sends. They return MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_reply_result(struct muster_outcome *outcome, const struct muster_address *address);
int muster_reply_error(struct muster_outcome *outcome, const struct muster_address *address,
                       const struct muster_host *host, const struct muster_refusal *refusal);

/* The answers to a get: where to go instead; what to fill in, or what is on file where the view has an account. */
int muster_reply_redirect(struct muster_outcome *outcome, const struct muster_address *address,
                          const struct muster_host *host);
int muster_reply_fields(struct muster_outcome *outcome, const struct muster_address *address,
                        const struct muster_view *view);

/* The answer to a get of urn:xmpp:bob: a challenge's picture. */
int muster_reply_picture(struct muster_outcome *outcome, const struct muster_address *address,
                         const struct muster_challenge *challenge);

/* Set outcome->text to what a refusal says to the user, `language` to what it is in: absent if that is not known.
 * Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_outcome_say(struct muster_outcome *outcome, const struct muster_host *host,
                       const struct muster_refusal *refusal, struct muster_text reader, struct muster_text *language);

/* Further actions. */
void muster_outcome_close(struct muster_outcome *outcome, const char *condition, const char *text);
struct muster_action *muster_outcome_add(struct muster_outcome *outcome, enum muster_action_kind kind);

#endif
