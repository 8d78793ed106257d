/* base64.h -- base 64 (RFC 4648, section 4), strict. */
#ifndef MUSTER_CREDENTIAL_BASE64_H
#define MUSTER_CREDENTIAL_BASE64_H

#include <stdint.h>

#include "muster/text.h"

/* Append the encoding of `bytes`. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_base64_add(struct muster_buffer *buffer, struct muster_text bytes);

/* Does `text` encode exactly `size` bytes, in the one way there is? If so they are in `bytes`. `size` is at most 64. */
bool muster_base64_read(struct muster_text text, uint8_t *bytes, size_t size);

#endif
