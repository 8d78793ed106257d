/* form.h -- data forms (XEP-0004) of jabber:iq:register, written. */
#ifndef MUSTER_REGISTRATION_FORM_H
#define MUSTER_REGISTRATION_FORM_H

#include "muster/account.h"
#include "policy/host.h"

/* Add the form to register with: username, password and the host's fields.
 *
 * account  whose name and values to fill in; NULL for an empty form. The password is always empty
 *
 * Errors stay in the buffer. */
void muster_form_add(struct muster_buffer *xml, const struct muster_host *host, const struct muster_account *account);

/* Forms that prove who asks: to cancel a registration, to change a password (XEP-0077, sections 3.2, 3.3). */
enum muster_proof_form { MUSTER_PROOF_NONE, MUSTER_PROOF_CANCEL, MUSTER_PROOF_CHANGE };

void muster_form_add_proof(struct muster_buffer *xml, enum muster_proof_form form);

#endif
