/* form.h -- data forms (XEP-0004) of jabber:iq:register, written. */
#ifndef MUSTER_REGISTRATION_FORM_H
#define MUSTER_REGISTRATION_FORM_H

#include "muster/account.h"
#include "policy/host.h"
#include "registration/challenge.h"

/* What is shown, and to whom. Borrowed. */
struct muster_view {
	const struct muster_host *host;
	const struct muster_account *account;     /* whose values to fill in; NULL for empty fields */
	struct muster_text username;              /* the only one to choose; absent for any */
	struct muster_text language;              /* of the reader */
	struct muster_text key;                   /* to be sent back (XEP-0077, section 7); absent if none is used */
	const struct muster_challenge *challenge; /* to be solved, or solved; NULL for none */
	struct muster_text request;               /* the id of the request that is answered */
};

/* What is on file for a field: the first value. Secrets are not among them. */
struct muster_text muster_view_value(const struct muster_view *view, const struct muster_field_rule *rule);

/* What stands above the fields. */
struct muster_text muster_view_instructions(const struct muster_view *view);

/* Add the form to register with: username, password and the host's fields. The password is always empty. Errors stay in
 * the buffer. */
void muster_form_add(struct muster_buffer *xml, const struct muster_view *view);

/* Add the picture of a challenge, if it has one, for `<query/>` or as an answer (XEP-0231, section 2). */
void muster_form_add_picture(struct muster_buffer *xml, const struct muster_challenge *challenge);

/* Forms that prove who asks: to cancel a registration, to change a password (XEP-0077, sections 3.2, 3.3). */
enum muster_proof_form { MUSTER_PROOF_NONE, MUSTER_PROOF_CANCEL, MUSTER_PROOF_CHANGE };

void muster_form_add_proof(struct muster_buffer *xml, const struct muster_view *view, enum muster_proof_form form);

#endif
