/* stringprep.h -- the profiles of stringprep (RFC 3454) that hosts and clients still use. */
#ifndef MUSTER_CREDENTIAL_STRINGPREP_H
#define MUSTER_CREDENTIAL_STRINGPREP_H

#include "credential/wide.h"

/* Apply Nodeprep (RFC 6122, appendix A) or SASLprep (RFC 4013). Unassigned code points are refused, those of Unicode
 * versions after 3.2 with them, and so is an empty password. `prepared` is empty and the caller closes it, also after
 * a failure. Thread-safe. Return MUSTER_OK, MUSTER_MALFORMED for what the profile refuses, MUSTER_NO_MEMORY. */
int muster_stringprep_node(const struct muster_wide *name, struct muster_wide *prepared);
int muster_stringprep_sasl(const struct muster_wide *password, struct muster_wide *prepared);

#endif
