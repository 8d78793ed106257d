/* pepper.h -- peppers: secrets beside the store, without which nobody makes anything of the keys in it (XEP-0438,
 * section 6.2). They seal what SCRAM keeps of a password where it lies; what SCRAM derives and sends is as without. */
#ifndef MUSTER_PEPPER_H
#define MUSTER_PEPPER_H

#include <stdint.h>

#include "muster/error.h"
#include "muster/text.h"

enum {
	MUSTER_PEPPER_ID_MAX = 64,     /* bytes */
	MUSTER_PEPPER_SECRET_MIN = 32, /* bytes, as XEP-0438 asks for */
	MUSTER_PEPPER_SECRET_MAX = 1024,
	MUSTER_PEPPERS_MAX = 32,
	MUSTER_PEPPER_OVERHEAD = 12 + 16, /* bytes by which what is sealed is longer: nonce and tag */
};

struct muster_pepper;
struct muster_peppers;

/* Read peppers from a file of lines, each an id, blanks and a secret; blank lines and those that begin with # are
 * passed over. The first line is the pepper in force, or `none`: then nothing is sealed any more. Others open what was
 * sealed by them.
 *
 * peppers  out: the caller frees them; NULL on error
 * failure  may be NULL; on error names the file, the line and the cause, never what stands there
 *
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. A file that everybody may read is refused. */
int muster_peppers_load(struct muster_peppers **peppers, const char *path, struct muster_failure *failure);

/* The same from text, which came from the file `path`. */
int muster_peppers_parse(struct muster_peppers **peppers, struct muster_text text, const char *path,
                         struct muster_failure *failure);

/* Wipe and free; NULL is fine. */
void muster_peppers_free(struct muster_peppers *peppers);

/* The one in force, and the one of an id; NULL if there is none, or no peppers at all. They live as long as the
 * peppers. */
const struct muster_pepper *muster_peppers_in_force(const struct muster_peppers *peppers);
const struct muster_pepper *muster_peppers_find(const struct muster_peppers *peppers, struct muster_text id);

struct muster_text muster_pepper_id(const struct muster_pepper *pepper);

/* Seal, and open, with AES-256-GCM under a key that is the pepper's hash.
 *
 * context  what it is said of, such as the account and its salt: nothing is opened in another context
 * sealed   has MUSTER_PEPPER_OVERHEAD bytes more than `plain`
 *
 * Both run on any thread. Seal returns MUSTER_OK, MUSTER_IO (no random bytes), MUSTER_NO_MEMORY; open returns
 * MUSTER_OK, MUSTER_CORRUPT, MUSTER_NO_MEMORY. */
int muster_pepper_seal(const struct muster_pepper *pepper, const struct muster_text *context, size_t count,
                       struct muster_text plain, uint8_t *sealed);
int muster_pepper_open(const struct muster_pepper *pepper, const struct muster_text *context, size_t count,
                       struct muster_text sealed, uint8_t *plain);

#endif
