/* skeleton.h -- what a name looks like: two names whose skeletons are the same can be taken for each other.
 *
 * The skeleton is that of UTS #39, section 4, as ICU computes it. It is only good for comparing with others of the same
 * version: another version of Unicode or ICU may make others of the same names. Thread-safe. */
#ifndef MUSTER_CREDENTIAL_SKELETON_H
#define MUSTER_CREDENTIAL_SKELETON_H

#include "muster/text.h"

enum { MUSTER_SKELETON_VERSION_MAX = 64 };

/* The skeleton of a prepared name. It is no name itself: it may hold capital letters and be longer.
 *
 * skeleton  an empty buffer; caller clears
 *
 * Returns MUSTER_OK, MUSTER_BAD_NAME (no text, or longer than a name can be), MUSTER_NO_MEMORY. */
int muster_skeleton(struct muster_text name, struct muster_buffer *skeleton);

/* Which version's skeletons these are, for a person too: "ICU 72.1, Unicode 15.0". Returns `version`. */
const char *muster_skeleton_version(char version[MUSTER_SKELETON_VERSION_MAX]);

#endif
