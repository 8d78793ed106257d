/* test_precis.c -- the string classes of RFC 8264, the rules that they rest on, and OpaqueString. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "credential/precis.h"
#include "muster/error.h"

#define ALEF "\xd7\x90" /* a letter of Hebrew */
#define BET "\xd7\x91"
#define ARABIC_ALEF "\xd8\xa7"
#define ZWNJ "\xe2\x80\x8c"
#define ZWJ "\xe2\x80\x8d"
#define KERAIA "\xcd\xb5" /* Greek lower numeral sign */
#define KATAKANA_DOT "\xe3\x83\xbb"
#define ARABIC_5 "\xd9\xa5" /* Arabic-Indic digits and their extended kin */
#define EXTENDED_5 "\xdb\xb5"
#define KA_VIRAMA "\xe0\xa4\x95\xe0\xa5\x8d"
#define ACUTE "\xcc\x81" /* U+0301, combining */

static bool is_in(enum muster_precis_class class, const char *text)
{
	struct muster_wide wide = { 0 };
	bool permitted;

	assert_int_equal(muster_wide_decode(&wide, muster_text_of(text)), MUSTER_OK);
	permitted = muster_precis_permits(class, &wide);
	muster_wide_close(&wide);
	return permitted;
}

static void the_classes_are_those_of_rfc_8264(void **state)
{
	static const char *const both[] = {
		"a", "~", "\xc3\x9f", "\xcf\x82", "\xe3\x80\x87", "\xe6\x9d\x8e", "\xcc\x81", "\xea\xb0\x80", "\xdb\xbd"
	};
	static const char *const freeform[] = { " ",
		                                "\xc2\xa0",
		                                "\xe2\x84\xaa",
		                                "\xef\xbc\xa1",
		                                "\xe2\x85\xa3",
		                                "\xe2\x99\x9a",
		                                "\xe2\x80\x94",
		                                "\xf0\x9f\x98\x80" };
	static const char *const none[] = { "\x1f",         "\x7f",         "\xc2\x85",     "\xc2\xad",
		                            "\xcd\xb8",     "\xe1\x84\x80", "\xe2\x80\xa8", "\xe2\x80\xae",
		                            "\xee\x80\x80", "\xef\xbf\xbf", "\xd9\x80" };

	(void)state;
	for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++)
		assert_true(is_in(MUSTER_PRECIS_IDENTIFIER, both[i]) && is_in(MUSTER_PRECIS_FREEFORM, both[i]));
	for (size_t i = 0; i < sizeof(freeform) / sizeof(*freeform); i++) {
		assert_true(is_in(MUSTER_PRECIS_FREEFORM, freeform[i]));
		assert_false(is_in(MUSTER_PRECIS_IDENTIFIER, freeform[i]));
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_false(is_in(MUSTER_PRECIS_IDENTIFIER, none[i]) || is_in(MUSTER_PRECIS_FREEFORM, none[i]));
}

/* Contexts are the same for both classes. */
static bool permits(const char *text)
{
	bool permitted = is_in(MUSTER_PRECIS_IDENTIFIER, text);

	assert_int_equal(is_in(MUSTER_PRECIS_FREEFORM, text), permitted);
	return permitted;
}

static void the_context_rules_are_those_of_rfc_5892(void **state)
{
	(void)state;
	assert_true(permits(KA_VIRAMA ZWNJ));
	assert_true(permits(KA_VIRAMA ZWJ));
	assert_false(permits(ZWJ KA_VIRAMA));
	assert_false(permits(ZWNJ));
	assert_true(permits("\xd8\xa8" ZWNJ "\xd8\xa8"));                 /* two letters that would join */
	assert_true(permits("\xd8\xa8\xd9\x8e" ZWNJ "\xd9\x8e\xd8\xa7")); /* with marks between */
	assert_false(permits("\xd8\xa7" ZWNJ "\xd8\xa8"));                /* alef joins nothing that follows */
	assert_false(permits("\xd8\xa8" ZWNJ));
	assert_false(permits("\xd8\xa8" ZWNJ "a"));
	assert_false(permits("\xd8\xa8" ZWJ "\xd8\xa8"));
	assert_true(permits(KERAIA "\xce\xb1"));
	assert_false(permits(KERAIA "a"));
	assert_false(permits("\xce\xb1" KERAIA));
	assert_true(permits(ALEF "\xd7\xb4" BET));
	assert_false(permits("a\xd7\xb4"));
	assert_true(permits(KATAKANA_DOT "\xe3\x81\x82"));
	assert_true(permits("a" KATAKANA_DOT "\xe6\x9d\x8e"));
	assert_false(permits(KATAKANA_DOT));
	assert_true(permits(EXTENDED_5 EXTENDED_5));
	assert_false(permits(EXTENDED_5 ARABIC_5));
}

static bool keeps_bidi_rule(const char *text)
{
	struct muster_wide wide = { 0 };
	bool kept;

	assert_int_equal(muster_wide_decode(&wide, muster_text_of(text)), MUSTER_OK);
	kept = muster_precis_keeps_bidi_rule(&wide);
	muster_wide_close(&wide);
	return kept;
}

static void the_bidi_rule_is_that_of_rfc_5893(void **state)
{
	(void)state;
	assert_true(keeps_bidi_rule(""));
	assert_true(keeps_bidi_rule("-a-"));            /* nothing runs left, so it does not apply */
	assert_true(keeps_bidi_rule(ALEF "1"));         /* condition 3 */
	assert_true(keeps_bidi_rule(ALEF "1\xd6\xb4")); /* a mark behind the end */
	assert_true(keeps_bidi_rule(ARABIC_ALEF ARABIC_5));
	assert_true(keeps_bidi_rule(ALEF "-+,!" BET)); /* condition 2 */
	assert_false(keeps_bidi_rule("1" ALEF));       /* 1 */
	assert_false(keeps_bidi_rule("\xd6\xb4" ALEF));
	assert_false(keeps_bidi_rule(ALEF "a" BET));           /* 2 */
	assert_false(keeps_bidi_rule(ALEF "-"));               /* 3 */
	assert_false(keeps_bidi_rule(ALEF "1" ARABIC_5 ALEF)); /* 4 */
	assert_false(keeps_bidi_rule("a" ALEF));               /* 5 */
	assert_false(keeps_bidi_rule("a" ARABIC_5));
}

static void opaque(const char *given, const char *wanted)
{
	struct muster_wide wide = { 0 };
	struct muster_buffer made = { 0 };
	int error;

	assert_int_equal(muster_wide_decode(&wide, muster_text_of(given)), MUSTER_OK);
	error = muster_precis_opaque_string(&wide);
	assert_int_equal(error, wanted ? MUSTER_OK : MUSTER_MALFORMED);
	if (wanted) {
		assert_int_equal(muster_wide_encode(&wide, &made), MUSTER_OK);
		assert_string_equal(made.data, wanted);
	}
	muster_buffer_clear(&made);
	muster_wide_close(&wide);
}

/* R-JID-11 */
static void opaque_string_is_that_of_rfc_8265(void **state)
{
	(void)state;
	opaque("a\xc2\xa0z", "a z");
	opaque("foo\xe1\x9a\x80"
	       "bar",
	       "foo bar"); /* Ogham space */
	opaque("\xe3\x80\x80", " ");
	opaque("e" ACUTE, "\xc3\xa9");
	opaque("Correct Horse", "Correct Horse"); /* letter case stays */
	opaque("\xef\xbc\xa1", "\xef\xbc\xa1");   /* width stays */
	opaque("  a  ", "  a  ");                 /* nothing is trimmed */
	opaque("\xcf\x80\xc3\x9f\xc3\xa5", "\xcf\x80\xc3\x9f\xc3\xa5");
	opaque("Jack of \xe2\x99\xa6s", "Jack of \xe2\x99\xa6s");
	opaque("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	opaque(ALEF "a1", ALEF "a1"); /* no rule for directions */
	opaque("", NULL);
	opaque("my cat is a \tby", NULL);
	opaque("a\x7f", NULL);
	opaque("\xc2\x85", NULL);
	opaque("so\xc2\xad"
	       "ft",
	       NULL);
	opaque("\xcd\xb8", NULL);     /* unassigned */
	opaque("\xe1\x84\x80", NULL); /* conjoining jamo */
	opaque("\xee\x80\x80", NULL); /* private use */
	opaque("l\xce\x87"
	       "a",
	       NULL); /* becomes a middle dot, out of its context */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_classes_are_those_of_rfc_8264),
		cmocka_unit_test(the_context_rules_are_those_of_rfc_5892),
		cmocka_unit_test(the_bidi_rule_is_that_of_rfc_5893),
		cmocka_unit_test(opaque_string_is_that_of_rfc_8265),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
