/* base64.c -- over OpenSSL's block functions, which are lax in what they read. */
#include "credential/base64.h"

#include <openssl/evp.h>
#include <string.h>

#include "muster/error.h"

enum { READ_MAX = 64, TEXT_MAX = (READ_MAX + 2) / 3 * 4 };

int muster_base64_add(struct muster_buffer *buffer, struct muster_text bytes)
{
	enum { PIECE = 48 }; /* a multiple of 3, so that only the last piece is padded */
	unsigned char text[PIECE / 3 * 4 + 1];
	int error = MUSTER_OK;

	for (size_t at = 0; at < bytes.size && error == MUSTER_OK; at += PIECE) {
		size_t size = bytes.size - at < PIECE ? bytes.size - at : PIECE;

		EVP_EncodeBlock(text, (const unsigned char *)bytes.data + at, (int)size);
		error = muster_buffer_add_c(buffer, (const char *)text);
	}
	muster_wipe(text, sizeof(text));
	return error;
}

bool muster_base64_read(struct muster_text text, uint8_t *bytes, size_t size)
{
	unsigned char decoded[TEXT_MAX], again[TEXT_MAX + 1];
	bool same;

	if (size > READ_MAX || text.size != (size + 2) / 3 * 4 ||
	    EVP_DecodeBlock(decoded, (const unsigned char *)text.data, (int)text.size) < 0)
		return false;
	EVP_EncodeBlock(again, decoded, (int)size);
	same = memcmp(again, text.data, text.size) == 0;
	if (same)
		memcpy(bytes, decoded, size);
	muster_wipe(decoded, sizeof(decoded));
	muster_wipe(again, sizeof(again));
	return same;
}
