/* precis.h -- PRECIS: the two string classes of RFC 8264 and the two profiles of RFC 8265 that XMPP uses.
 *
 * Everything rests on the properties of the Unicode version that ICU knows; the classes are computed as section 8 of
 * RFC 8264 says, and the only code points listed here are those that the RFC lists one by one. Thread-safe. */
#ifndef MUSTER_CREDENTIAL_PRECIS_H
#define MUSTER_CREDENTIAL_PRECIS_H

#include "credential/wide.h"

enum muster_precis_class { MUSTER_PRECIS_IDENTIFIER, MUSTER_PRECIS_FREEFORM };

/* Does every code point belong to the class, in a context that allows it (RFC 5892, appendix A)? */
bool muster_precis_permits(enum muster_precis_class class, const struct muster_wide *text);

/* Does the text keep the Bidi Rule (RFC 5893, section 2), if it has characters that run from right to left? */
bool muster_precis_keeps_bidi_rule(const struct muster_wide *text);

/* Enforce UsernameCaseMapped (RFC 8265, section 3.3) or OpaqueString (section 4.2) in place.
 * Return MUSTER_OK, MUSTER_MALFORMED for what the profile refuses, MUSTER_NO_MEMORY. */
int muster_precis_username_case_mapped(struct muster_wide *name);
int muster_precis_opaque_string(struct muster_wide *password);

#endif
