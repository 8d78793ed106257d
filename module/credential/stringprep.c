/* stringprep.c -- ICU's profiles; SASLprep in steps, so that no password stays behind. */
#include "credential/stringprep.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/usprep.h>
#include <unicode/utf16.h>

#include "muster/error.h"
#include "muster/preparation.h"

enum {
	NODE_MAX = MUSTER_NAME_MAX, /* units; each is a byte or more */
	NFKC_MAX = 18,              /* units that NFKC makes of U+FDFA, the most of all */
};

int muster_stringprep_node(const struct muster_wide *name, struct muster_wide *prepared)
{
	UErrorCode status = U_ZERO_ERROR;
	UStringPrepProfile *profile;
	int error = muster_wide_open(prepared, NODE_MAX);

	if (error != MUSTER_OK)
		return error;
	profile = usprep_openByType(USPREP_RFC3920_NODEPREP, &status);
	prepared->size = usprep_prepare(profile, name->units, name->size, prepared->units, prepared->capacity,
	                                USPREP_DEFAULT, NULL, &status);
	if (profile)
		usprep_close(profile);
	return muster_wide_error(status);
}

/* SASLprep of one code point; NFKC of the whole follows. ICU is shown no more than one at a time, because
 * usprep_prepare copies its text into memory that it does not wipe. */
static int map_code_point(const UStringPrepProfile *profile, UChar32 c, struct muster_wide *mapped)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar source[2], *result = mapped->units + mapped->size;
	int32_t source_size = 0, size;

	U16_APPEND_UNSAFE(source, source_size, c);
	size = usprep_prepare(profile, source, source_size, result, NFKC_MAX, USPREP_DEFAULT, NULL, &status);
	if (status == U_STRINGPREP_CHECK_BIDI_ERROR) { /* only the whole text can break that rule; all else was fine */
		status = U_ZERO_ERROR;
		memcpy(result, source, sizeof(source));
		size = source_size;
	}
	muster_wipe(source, sizeof(source));
	mapped->size += size;
	return muster_wide_error(status);
}

static bool runs_left(UChar32 c)
{
	UCharDirection direction = u_charDirection(c);

	return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

/* RFC 3454, section 6: looser than the Bidi Rule on numbers, stricter on the end. */
static bool keeps_stringprep_bidi(const struct muster_wide *text)
{
	bool first = false, last = false, any = false, other = false;

	for (int32_t at = 0; at < text->size;) {
		bool begins = at == 0;
		UChar32 c;

		U16_NEXT(text->units, at, text->size, c);
		last = runs_left(c);
		first = begins ? last : first;
		any = any || last;
		other = other || u_charDirection(c) == U_LEFT_TO_RIGHT;
	}
	return !any || (first && last && !other);
}

int muster_stringprep_sasl(const struct muster_wide *password, struct muster_wide *prepared)
{
	UErrorCode status = U_ZERO_ERROR;
	UStringPrepProfile *profile;
	int error = muster_wide_open(prepared, password->size * NFKC_MAX);

	if (error != MUSTER_OK)
		return error;
	profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
	error = muster_wide_error(status);
	for (int32_t at = 0; error == MUSTER_OK && at < password->size;) {
		UChar32 c;

		U16_NEXT(password->units, at, password->size, c);
		error = map_code_point(profile, c, prepared);
	}
	if (profile)
		usprep_close(profile);
	if (error == MUSTER_OK)
		error = muster_wide_to_nfkc(prepared);
	if (error == MUSTER_OK && (prepared->size == 0 || !keeps_stringprep_bidi(prepared)))
		error = MUSTER_MALFORMED;
	return error;
}
