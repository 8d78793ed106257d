/* preparation.h -- names and passwords in the one form in which they are stored, compared and hashed. */
#ifndef MUSTER_PREPARATION_H
#define MUSTER_PREPARATION_H

#include "muster/text.h"

enum { MUSTER_NAME_MAX = 1023, MUSTER_DOMAIN_MAX = 1023 }; /* bytes of UTF-8 (RFC 7622, section 3.3) */

/* Prepare a username (the localpart of a JID).
 *
 * name      as the client sent it, UTF-8; borrowed for the call
 * prepared  an empty buffer; on success holds 1 to 1023 bytes of UTF-8, caller clears
 *
 * Accepted only if UsernameCaseMapped (RFC 8265, section 3.3, with the exclusions of RFC 7622, section 3.3.1) and
 * Nodeprep (RFC 6122) both accept it and agree, and a second pass changes nothing. Thread-safe.
 * Returns MUSTER_OK, MUSTER_BAD_NAME, MUSTER_NO_MEMORY. */
int muster_name_prepare(struct muster_text name, struct muster_buffer *prepared);

/* Prepare a domain for comparison: letter case folded, A-labels turned into U-labels, one trailing dot removed
 * (RFC 7622, section 3.2). Arguments and returns as above, MUSTER_BAD_NAME for what is no domain. */
int muster_domain_prepare(struct muster_text domain, struct muster_buffer *prepared);

/* Does `name`, or `domain`, once prepared, equal `prepared`? Returns MUSTER_OK if so, MUSTER_BAD_NAME if not,
 * MUSTER_NO_MEMORY. */
int muster_name_is(struct muster_text name, struct muster_text prepared);
int muster_domain_is(struct muster_text domain, struct muster_text prepared);

/* Is `jid` the bare JID of this prepared name at this prepared domain? Returns as those. */
int muster_jid_is(struct muster_text jid, struct muster_text name, struct muster_text domain);

/* Prepare a JID with a localpart, its resource left out: "bill@shakespeare.lit". Arguments and returns as above. */
int muster_bare_jid_prepare(struct muster_text jid, struct muster_buffer *prepared);

/* Prepare the answer to a question that proves who asks: folded (NFKC, lower case) and trimmed, as people do not repeat
 * letter case and spaces. Returns MUSTER_OK, MUSTER_BAD_PASSWORD (empty, or no text), MUSTER_NO_MEMORY. */
int muster_answer_prepare(struct muster_text answer, struct muster_buffer *prepared);

/* Prepare what somebody calls a thing of theirs, such as a device: OpaqueString (RFC 8265, section 4.2), trimmed.
 * Returns MUSTER_OK, MUSTER_BAD_NAME (empty, too long, or no text), MUSTER_NO_MEMORY. */
int muster_label_prepare(struct muster_text label, struct muster_buffer *prepared);

/* Prepare a password for derivation.
 *
 * password   as the client sent it, UTF-8; borrowed for the call
 * derivable  an empty buffer; on success holds SASLprep(password) (RFC 4013), the input of SCRAM's Hi()
 * length     unless NULL: code points of OpaqueString(password) (RFC 8265, section 4.2), what length rules count
 *
 * Refuses what either profile refuses, an empty password included; unassigned code points too. Thread-safe.
 * Returns MUSTER_OK, MUSTER_BAD_PASSWORD, MUSTER_NO_MEMORY. */
int muster_password_prepare(struct muster_text password, struct muster_buffer *derivable, size_t *length);

#endif
