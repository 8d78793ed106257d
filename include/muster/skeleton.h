/* skeleton.h -- an index of names by what they look like: which names of a host have this skeleton?
 *
 * What a skeleton is, is the caller's business; so is the version, which says by what means skeletons were made. */
#ifndef MUSTER_SKELETON_H
#define MUSTER_SKELETON_H

#include "muster/store.h"

/* Note, and forget, that a name has this skeleton; what is there, or not there, already is fine.
 * Return MUSTER_OK, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_skeleton_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                        struct muster_text name);
int muster_skeleton_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                           struct muster_text name);

/* Find a name with this skeleton that is another than `name`. `found` is an empty buffer; caller clears.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_skeleton_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                         struct muster_text name, struct muster_buffer *found);

/* The version of an index that is whole: by what its skeletons were made. `version` is an empty buffer; caller clears.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_skeleton_get_version(struct muster_transaction *transaction, struct muster_buffer *version);

/* Say that the index is whole, or with absent text that it is not. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO,
 * MUSTER_NO_MEMORY. */
int muster_skeleton_set_version(struct muster_transaction *transaction, struct muster_text version);

/* Forget all names of all hosts, and the version. Returns MUSTER_OK, MUSTER_FULL, MUSTER_IO. */
int muster_skeleton_clear(struct muster_transaction *transaction);

#endif
