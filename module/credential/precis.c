/* precis.c -- string classes, context rules, the Bidi Rule and two profiles. */
#include "credential/precis.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>

#include "muster/error.h"

/* What a class says about a code point (RFC 8264, section 8). */
enum verdict {
	VALID,
	FREEFORM_ONLY, /* FREE_PVAL and ID_DIS */
	CONTEXT,       /* CONTEXTJ and CONTEXTO: valid where a rule says so */
	DISALLOWED,    /* and UNASSIGNED */
	BY_PROPERTY,   /* no exception: its properties decide */
};

enum { COMBINING_CLASS_VIRAMA = 9, ZWNJ = 0x200c, ZWJ = 0x200d };

enum {
	LETTER_DIGITS =
		U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK,
	OTHER_LETTER_DIGITS = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK,
	FREEFORM = OTHER_LETTER_DIGITS | U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK,
};

/* Section 9.6: what the properties would decide wrongly. */
static enum verdict exception(UChar32 c)
{
	switch (c) {
	case 0x00df: /* sharp s */
	case 0x03c2: /* final sigma */
	case 0x06fd:
	case 0x06fe:
	case 0x0f0b:
	case 0x3007:
		return VALID;
	case 0x0640:
	case 0x07fa:
	case 0x302e:
	case 0x302f:
	case 0x3031:
	case 0x3032:
	case 0x3033:
	case 0x3034:
	case 0x3035:
	case 0x303b:
		return DISALLOWED;
	case 0x00b7: /* middle dot */
	case 0x0375: /* Greek lower numeral sign */
	case 0x05f3: /* Hebrew geresh */
	case 0x05f4: /* Hebrew gershayim */
	case 0x30fb: /* Katakana middle dot */
		return CONTEXT;
	}
	if ((c >= 0x0660 && c <= 0x0669) || (c >= 0x06f0 && c <= 0x06f9)) /* the two kinds of Arabic digits */
		return CONTEXT;
	return BY_PROPERTY;
}

static bool is_old_hangul_jamo(UChar32 c)
{
	int32_t type = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);

	return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

/* A code point that NFKC changes cannot stand in NFKC, and the other way round. */
static bool has_compatible(UChar32 c)
{
	return u_getIntPropertyValue(c, UCHAR_NFKC_QUICK_CHECK) == UNORM_NO;
}

/* Section 8, from the step after the exceptions on, in the RFC's order. What is in no category that is named here,
 * such as surrogates and private use, is disallowed. */
static enum verdict by_property(UChar32 c)
{
	uint32_t category = U_GET_GC_MASK(c);

	if (c > ' ' && c < 0x7f)
		return VALID;
	if (u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL))
		return CONTEXT;
	if (is_old_hangul_jamo(c) || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
		return DISALLOWED;
	if (category & (U_GC_CN_MASK | U_GC_CC_MASK)) /* unassigned, noncharacters, controls */
		return DISALLOWED;
	if (has_compatible(c))
		return FREEFORM_ONLY;
	if (category & LETTER_DIGITS)
		return VALID;
	return category & FREEFORM ? FREEFORM_ONLY : DISALLOWED;
}

static enum verdict judge(UChar32 c)
{
	enum verdict verdict = exception(c);

	return verdict == BY_PROPERTY ? by_property(c) : verdict;
}

/* The code point that ends before index `at`, or that begins at it; U_SENTINEL beyond the text. */
static UChar32 before(const struct muster_wide *text, int32_t at)
{
	UChar32 c = U_SENTINEL;

	if (at > 0)
		U16_PREV(text->units, 0, at, c);
	return c;
}

static UChar32 from(const struct muster_wide *text, int32_t at)
{
	UChar32 c = U_SENTINEL;

	if (at < text->size)
		U16_NEXT(text->units, at, text->size, c);
	return c;
}

static bool has_script(UChar32 c, UScriptCode script)
{
	UErrorCode status = U_ZERO_ERROR;

	return c >= 0 && uscript_getScript(c, &status) == script;
}

static bool follows_virama(const struct muster_wide *text, int32_t at)
{
	UChar32 c = before(text, at);

	return c >= 0 && u_getCombiningClass(c) == COMBINING_CLASS_VIRAMA;
}

static int32_t joining_type(UChar32 c)
{
	return c < 0 ? U_JT_NON_JOINING : u_getIntPropertyValue(c, UCHAR_JOINING_TYPE);
}

/* Appendix A.1: between letters that would join, marks on them aside. [at, end) is the non-joiner. */
static bool parts_joining_letters(const struct muster_wide *text, int32_t at, int32_t end)
{
	int32_t left, right;

	while ((left = joining_type(before(text, at))) == U_JT_TRANSPARENT)
		U16_BACK_1(text->units, 0, at);
	while ((right = joining_type(from(text, end))) == U_JT_TRANSPARENT)
		U16_FWD_1(text->units, end, text->size);
	return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) &&
	       (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

static bool has_kana_or_han(const struct muster_wide *text)
{
	for (int32_t at = 0; at < text->size;) {
		UChar32 c;

		U16_NEXT(text->units, at, text->size, c);
		if (has_script(c, USCRIPT_HIRAGANA) || has_script(c, USCRIPT_KATAKANA) || has_script(c, USCRIPT_HAN))
			return true;
	}
	return false;
}

static bool has_between(const struct muster_wide *text, UChar first, UChar last)
{
	for (int32_t at = 0; at < text->size; at++)
		if (text->units[at] >= first && text->units[at] <= last)
			return true;
	return false;
}

/* RFC 5892, appendix A. [at, end) is `c`. */
static bool context_allows(const struct muster_wide *text, UChar32 c, int32_t at, int32_t end)
{
	switch (c) {
	case ZWNJ:
		return follows_virama(text, at) || parts_joining_letters(text, at, end);
	case ZWJ:
		return follows_virama(text, at);
	case 0x00b7:
		return before(text, at) == 'l' && from(text, end) == 'l';
	case 0x0375:
		return has_script(from(text, end), USCRIPT_GREEK);
	case 0x05f3:
	case 0x05f4:
		return has_script(before(text, at), USCRIPT_HEBREW);
	case 0x30fb:
		return has_kana_or_han(text);
	default: /* one kind of Arabic digits, not both */
		return c <= 0x0669 ? !has_between(text, 0x06f0, 0x06f9) : !has_between(text, 0x0660, 0x0669);
	}
}

bool muster_precis_permits(enum muster_precis_class class, const struct muster_wide *text)
{
	int32_t end = 0;

	while (end < text->size) {
		int32_t at = end;
		enum verdict verdict;
		UChar32 c;

		U16_NEXT(text->units, end, text->size, c);
		verdict = judge(c);
		if (verdict == CONTEXT)
			verdict = context_allows(text, c, at, end) ? VALID : DISALLOWED;
		if (verdict == DISALLOWED || (verdict == FREEFORM_ONLY && class == MUSTER_PRECIS_IDENTIFIER))
			return false;
	}
	return true;
}

#define DIRECTION(name) (1u << U_##name)

enum {
	RIGHT_TO_LEFT = DIRECTION(RIGHT_TO_LEFT) | DIRECTION(RIGHT_TO_LEFT_ARABIC),
	ARABIC_NUMBER = DIRECTION(ARABIC_NUMBER),
	EUROPEAN_NUMBER = DIRECTION(EUROPEAN_NUMBER),
	NUMBERS = ARABIC_NUMBER | EUROPEAN_NUMBER,
	MARK = DIRECTION(DIR_NON_SPACING_MARK),
	/* condition 2 */
	ALLOWED = RIGHT_TO_LEFT | NUMBERS | MARK | DIRECTION(EUROPEAN_NUMBER_SEPARATOR) |
	          DIRECTION(COMMON_NUMBER_SEPARATOR) | DIRECTION(EUROPEAN_NUMBER_TERMINATOR) |
	          DIRECTION(OTHER_NEUTRAL) | DIRECTION(BOUNDARY_NEUTRAL),
};

/* A text that runs to the left must begin with such a letter (condition 1; conditions 5 and 6 allow none in a text
 * that begins otherwise) and end with such a letter or a number, marks aside (3); it has one kind of numbers (4). */
bool muster_precis_keeps_bidi_rule(const struct muster_wide *text)
{
	unsigned first = 0, last = 0, all = 0;

	for (int32_t at = 0; at < text->size;) {
		unsigned direction;
		UChar32 c;

		U16_NEXT(text->units, at, text->size, c);
		direction = 1u << u_charDirection(c);
		if (all == 0)
			first = direction;
		if (direction != MARK)
			last = direction;
		all |= direction;
	}
	if (!(all & (RIGHT_TO_LEFT | ARABIC_NUMBER)))
		return true;
	return (first & RIGHT_TO_LEFT) && (last & (RIGHT_TO_LEFT | NUMBERS)) && !(all & ~(unsigned)ALLOWED) &&
	       (all & NUMBERS) != NUMBERS;
}

/* Fullwidth and halfwidth code points become what they stand for: one unit each, before and after. */
static int map_width(struct muster_wide *name)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFKCInstance(&status);

	for (int32_t at = 0; U_SUCCESS(status) && at < name->size; at++) {
		int32_t type = u_getIntPropertyValue(name->units[at], UCHAR_DECOMPOSITION_TYPE);

		if (type == U_DT_WIDE || type == U_DT_NARROW)
			unorm2_getRawDecomposition(form, name->units[at], name->units + at, 1, &status);
	}
	return muster_wide_error(status);
}

static void map_spaces(struct muster_wide *password)
{
	for (int32_t at = 0; at < password->size; at++)
		if (u_charType(password->units[at]) == U_SPACE_SEPARATOR) /* all of them are single units */
			password->units[at] = ' ';
}

/* RFC 8265 tests the class before it maps case, RFC 8264 after everything: both tests must pass. */
int muster_precis_username_case_mapped(struct muster_wide *name)
{
	int error = map_width(name);

	if (error == MUSTER_OK && !muster_precis_permits(MUSTER_PRECIS_IDENTIFIER, name))
		error = MUSTER_MALFORMED;
	if (error == MUSTER_OK)
		error = muster_wide_to_lower(name);
	if (error == MUSTER_OK)
		error = muster_wide_to_nfc(name);
	if (error == MUSTER_OK && (name->size == 0 || !muster_precis_permits(MUSTER_PRECIS_IDENTIFIER, name) ||
	                           !muster_precis_keeps_bidi_rule(name)))
		error = MUSTER_MALFORMED;
	return error;
}

int muster_precis_opaque_string(struct muster_wide *password)
{
	int error = MUSTER_OK;

	if (password->size == 0 || !muster_precis_permits(MUSTER_PRECIS_FREEFORM, password))
		return MUSTER_MALFORMED;
	map_spaces(password);
	error = muster_wide_to_nfc(password);
	if (error == MUSTER_OK && !muster_precis_permits(MUSTER_PRECIS_FREEFORM, password))
		error = MUSTER_MALFORMED; /* U+0387 has become a middle dot, for which the context counts */
	return error;
}
