/* form.h -- data forms (XEP-0004) of jabber:iq:register, written. */
#ifndef MUSTER_REGISTRATION_FORM_H
#define MUSTER_REGISTRATION_FORM_H

#include "muster/account.h"
#include "policy/host.h"

/* Add the form to register with: username, password and the host's fields.
 *
 * account  whose name and values to fill in; NULL for an empty form. A private field never has a value
 *
 * Errors stay in the buffer. */
void muster_form_add(struct muster_buffer *xml, const struct muster_host *host, const struct muster_account *account);

#endif
