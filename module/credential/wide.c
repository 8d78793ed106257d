/* wide.c -- UTF-16 text in memory that is wiped. */
#include "credential/wide.h"

#include <string.h>
#include <unicode/ustring.h>

#include "base/memory.h"
#include "muster/error.h"

/* Growth in units at the worst: U+1F82 has four in NFD, which ICU writes before it composes them again; U+FDFA has 18
 * in NFKC; lower-casing makes two of U+0130. */
enum { GROWTH_NFC = 4, GROWTH_NFKC = 18, GROWTH_LOWER = 2 };

int muster_wide_open(struct muster_wide *wide, int32_t capacity)
{
	*wide = (struct muster_wide){ .units = muster_allocate((size_t)capacity * sizeof(UChar)) };
	if (!wide->units)
		return MUSTER_NO_MEMORY;
	wide->capacity = capacity;
	return MUSTER_OK;
}

void muster_wide_close(struct muster_wide *wide)
{
	muster_free(wide->units);
	*wide = (struct muster_wide){ 0 };
}

int muster_wide_error(UErrorCode status)
{
	if (U_SUCCESS(status))
		return MUSTER_OK;
	switch (status) {
	case U_INVALID_CHAR_FOUND:
	case U_STRINGPREP_PROHIBITED_ERROR:
	case U_STRINGPREP_UNASSIGNED_ERROR:
	case U_STRINGPREP_CHECK_BIDI_ERROR:
	case U_BUFFER_OVERFLOW_ERROR: /* rooms hold all that is allowed, so this was longer */
		return MUSTER_MALFORMED;
	default: /* no memory, or no data in ICU: never the text's fault */
		return MUSTER_NO_MEMORY;
	}
}

int muster_wide_decode(struct muster_wide *wide, struct muster_text text)
{
	UErrorCode status = U_ZERO_ERROR;
	int error = muster_wide_open(wide, (int32_t)text.size);

	if (error != MUSTER_OK)
		return error;
	u_strFromUTF8(wide->units, wide->capacity, &wide->size, text.data, (int32_t)text.size, &status);
	error = muster_wide_error(status);
	if (error != MUSTER_OK)
		muster_wide_close(wide);
	return error;
}

int muster_wide_encode(const struct muster_wide *wide, struct muster_buffer *buffer)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t capacity = wide->size * 3, size = 0; /* a unit has at most three bytes */
	char *bytes = muster_allocate((size_t)capacity);
	int error = MUSTER_NO_MEMORY;

	if (bytes) {
		u_strToUTF8(bytes, capacity, &size, wide->units, wide->size, &status);
		error = muster_wide_error(status);
	}
	if (error == MUSTER_OK)
		error = muster_buffer_add(buffer, (struct muster_text){ bytes, (size_t)size });
	muster_free(bytes);
	return error;
}

int muster_wide_copy(struct muster_wide *wide, const struct muster_wide *other)
{
	struct muster_wide copy;
	int error = muster_wide_open(&copy, other->size);

	if (error != MUSTER_OK)
		return error;
	if (other->size > 0)
		memcpy(copy.units, other->units, (size_t)other->size * sizeof(UChar));
	copy.size = other->size;
	muster_wide_close(wide);
	*wide = copy;
	return MUSTER_OK;
}

/* `mapped` takes the place of `wide` if ICU was content. */
static int settle(struct muster_wide *wide, struct muster_wide *mapped, UErrorCode status)
{
	int error = muster_wide_error(status);

	if (error != MUSTER_OK) {
		muster_wide_close(mapped);
		return error;
	}
	muster_wide_close(wide);
	*wide = *mapped;
	return MUSTER_OK;
}

static int normalize(struct muster_wide *wide, const UNormalizer2 *form, int32_t growth, UErrorCode status)
{
	struct muster_wide mapped;
	int error = muster_wide_open(&mapped, wide->size * growth);

	if (error != MUSTER_OK)
		return error;
	mapped.size = unorm2_normalize(form, wide->units, wide->size, mapped.units, mapped.capacity, &status);
	return settle(wide, &mapped, status);
}

int muster_wide_to_nfc(struct muster_wide *wide)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFCInstance(&status);

	return normalize(wide, form, GROWTH_NFC, status);
}

int muster_wide_to_nfkc(struct muster_wide *wide)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFKCInstance(&status);

	return normalize(wide, form, GROWTH_NFKC, status);
}

int muster_wide_to_lower(struct muster_wide *wide)
{
	UErrorCode status = U_ZERO_ERROR;
	struct muster_wide mapped;
	int error = muster_wide_open(&mapped, wide->size * GROWTH_LOWER);

	if (error != MUSTER_OK)
		return error;
	mapped.size = u_strToLower(mapped.units, mapped.capacity, wide->units, wide->size, "", &status);
	return settle(wide, &mapped, status);
}

bool muster_wide_same(const struct muster_wide *wide, const struct muster_wide *other)
{
	return wide->size == other->size &&
	       (wide->size == 0 || memcmp(wide->units, other->units, (size_t)wide->size * sizeof(UChar)) == 0);
}
