/* leaked.h -- a file of passwords that are known from leaks, by their SHA-1; docs/format.md has its bytes.
 *
 * The file is read by offset and not mapped: one that is cut short under us is an error, and no SIGBUS. */
#ifndef MUSTER_POLICY_LEAKED_H
#define MUSTER_POLICY_LEAKED_H

#include <stdint.h>

#include "muster/text.h"

enum {
	MUSTER_LEAKED_HASH = 20, /* bytes of SHA-1 */
	MUSTER_LEAKED_LEAST = 6, /* bytes of a hash that a record has at least: fewer, and strangers are taken for it */
	MUSTER_LEAKED_HEADER = 24 /* bytes in front of the records */
};

/* Write a file's header, MUSTER_LEAKED_HEADER bytes. */
void muster_leaked_header(uint8_t *bytes, uint32_t record_size, uint64_t count);

struct muster_leaked;

/* Open a file and look whether it can be one: its header, its size, and the order of some records.
 *
 * leaked  on success, the caller closes it
 * why     on MUSTER_BAD_OPTION what is wrong with the file; valid until the next call
 *
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_leaked_open(struct muster_leaked **leaked, const char *path, const char **why);
void muster_leaked_close(struct muster_leaked *leaked); /* NULL is fine */

/* Is this hash, MUSTER_LEAKED_HASH bytes, in the file? A few reads of 4 KiB. Returns MUSTER_OK,
 * MUSTER_LEAKED_UNREADABLE. */
int muster_leaked_find(const struct muster_leaked *leaked, const uint8_t *hash, bool *found);

/* Is this password? */
int muster_leaked_holds(const struct muster_leaked *leaked, struct muster_text password, bool *found);

#endif
