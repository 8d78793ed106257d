/* wide.h -- UTF-16 text, the form in which ICU works.
 *
 * A `struct muster_wide` owns its units and wipes them before it lets go: half of them are a password. Room is always
 * made for the worst case beforehand, because ICU would otherwise work in memory of its own, which it does not wipe.
 * What ICU refuses in a text is MUSTER_MALFORMED here; the callers know whether it was a name or a password. */
#ifndef MUSTER_CREDENTIAL_WIDE_H
#define MUSTER_CREDENTIAL_WIDE_H

#include <stdint.h>
#include <unicode/unorm2.h>

#include "muster/text.h"

struct muster_wide {
	UChar *units; /* not NUL-terminated; NULL while empty */
	int32_t size, capacity;
};

/* An empty text with room for so many units. Returns MUSTER_OK, MUSTER_NO_MEMORY. */
int muster_wide_open(struct muster_wide *wide, int32_t capacity);
void muster_wide_close(struct muster_wide *wide); /* wipes and frees; closing twice is fine */

/* Decode strictly; `text` has at most INT32_MAX bytes. Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_NO_MEMORY. */
int muster_wide_decode(struct muster_wide *wide, struct muster_text text);

/* Append to `buffer` as UTF-8. Returns MUSTER_OK, MUSTER_NO_MEMORY. */
int muster_wide_encode(const struct muster_wide *wide, struct muster_buffer *buffer);

/* The rest of these return MUSTER_OK, MUSTER_MALFORMED, MUSTER_NO_MEMORY; on failure `wide` holds what it held. */
int muster_wide_copy(struct muster_wide *wide, const struct muster_wide *other);
int muster_wide_to_nfc(struct muster_wide *wide);
int muster_wide_to_nfkc(struct muster_wide *wide);
int muster_wide_to_lower(struct muster_wide *wide); /* full mapping, of no language */

bool muster_wide_same(const struct muster_wide *wide, const struct muster_wide *other);

/* The library's error for ICU's. */
int muster_wide_error(UErrorCode status);

#endif
