/* test_preparation.c -- which names, domains and passwords are taken, and what becomes of them.
 *
 * Refusals are checked as the library's errors; what a client is answered is the business of other tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"
#include "muster/preparation.h"

#define HAN "\xe4\xb8\xad"
#define TEN_HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN
#define ACUTE "\xcc\x81" /* U+0301, combining */
#define ALEF "\xd7\x90"  /* a letter of Hebrew */
#define BET "\xd7\x91"
#define ARABIC_ALEF "\xd8\xa7"
#define ZWNJ "\xe2\x80\x8c"
#define ZWJ "\xe2\x80\x8d"
#define MIDDLE_DOT "\xc2\xb7"
#define GERESH "\xd7\xb3"
#define KATAKANA_DOT "\xe3\x83\xbb"
#define KATAKANA_KA "\xe3\x82\xab"
#define ARABIC_5 "\xd9\xa5" /* Arabic-Indic digits and their extended kin */
#define EXTENDED_5 "\xdb\xb5"
#define KA_VIRAMA "\xe0\xa4\x95\xe0\xa5\x8d"

typedef int preparation(struct muster_text given, struct muster_buffer *prepared);

static int password(struct muster_text given, struct muster_buffer *prepared)
{
	return muster_password_prepare(given, prepared, NULL);
}

static void expect(preparation *prepare, struct muster_text given, struct muster_text wanted)
{
	struct muster_buffer prepared = { 0 }, again = { 0 };

	assert_int_equal(prepare(given, &prepared), MUSTER_OK);
	assert_int_equal(prepared.size, wanted.size);
	assert_memory_equal(prepared.data, wanted.data, wanted.size);
	assert_int_equal(prepare(muster_buffer_text(&prepared), &again), MUSTER_OK);
	assert_true(muster_text_is(muster_buffer_text(&again), wanted));
	muster_buffer_clear(&again);
	muster_buffer_clear(&prepared);
}

static void refuse(preparation *prepare, struct muster_text given, int error)
{
	struct muster_buffer prepared = { 0 };

	if (prepare(given, &prepared) != error)
		fail_msg("'%.*s' was not refused", (int)given.size, given.data ? given.data : "");
	assert_null(prepared.data);
	assert_int_equal(prepared.size, 0);
}

#define NAME(given, wanted) expect(muster_name_prepare, MUSTER_TEXT(given), MUSTER_TEXT(wanted))
#define NO_NAME(given) refuse(muster_name_prepare, MUSTER_TEXT(given), MUSTER_BAD_NAME)
#define DOMAIN(given, wanted) expect(muster_domain_prepare, MUSTER_TEXT(given), MUSTER_TEXT(wanted))
#define NO_DOMAIN(given) refuse(muster_domain_prepare, MUSTER_TEXT(given), MUSTER_BAD_NAME)
#define PASSWORD(given, wanted) expect(password, MUSTER_TEXT(given), MUSTER_TEXT(wanted))
#define NO_PASSWORD(given) refuse(password, MUSTER_TEXT(given), MUSTER_BAD_PASSWORD)

/* `text`, so many times. The answer is good until the next call. */
static struct muster_text repeated(const char *text, size_t count)
{
	static char bytes[16384];
	size_t size = strlen(text);

	assert_true(size * count <= sizeof(bytes));
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * size, text, size);
	return (struct muster_text){ bytes, size * count };
}

/* The first half of line JID-02; the login is for the host's tests. */
static void letter_case_and_width_of_names_are_folded(void **state)
{
	(void)state;
	NAME("bill", "bill");
	NAME("BILL", "bill");
	NAME("\xef\xbc\xa2\xef\xbc\xa9\xef\xbc\xac\xef\xbc\xac", "bill"); /* fullwidth */
	NAME("J.R._Neill-7~!", "j.r._neill-7~!");
	NAME("\xc3\x84rger", "\xc3\xa4rger");
	NAME("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd");
	NAME("\xce\xa3\xcf\x80", "\xcf\x83\xcf\x80");     /* capital sigma, not at the end */
	NAME("\xef\xbd\xb6\xef\xbe\x9e", "\xe3\x82\xac"); /* halfwidth ka and its voicing mark */
	NAME("\xe6\x9d\x8e", "\xe6\x9d\x8e");
	NAME("\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"); /* Deseret, beyond 16 bits */
}

/* Line JID-04 up to the conflict: one form for both spellings. */
static void composed_and_decomposed_names_are_one(void **state)
{
	(void)state;
	NAME("ren\xc3\xa9", "ren\xc3\xa9");
	NAME("rene" ACUTE, "ren\xc3\xa9");
	NAME("RENE" ACUTE, "ren\xc3\xa9");
	NAME("\xef\xbd\x85" ACUTE, "\xc3\xa9"); /* fullwidth e */
	NAME("A\xcc\x8a", "\xc3\xa5");
}

/* Line JID-01 up to the answer. */
static void a_prepared_name_has_1_to_1023_bytes(void **state)
{
	(void)state;
	NO_NAME("");
	refuse(muster_name_prepare, MUSTER_NO_TEXT, MUSTER_BAD_NAME);
	expect(muster_name_prepare, repeated("a", 1023), repeated("a", 1023));
	refuse(muster_name_prepare, repeated("a", 1024), MUSTER_BAD_NAME);
	refuse(muster_name_prepare, repeated("a", 16384), MUSTER_BAD_NAME);
	expect(muster_name_prepare, repeated("\xe6\x9d\x8e", 341), repeated("\xe6\x9d\x8e", 341));
	refuse(muster_name_prepare, repeated("\xe6\x9d\x8e", 342), MUSTER_BAD_NAME);
	refuse(muster_name_prepare, repeated("\xc3\xa4", 512), MUSTER_BAD_NAME);
	refuse(muster_name_prepare, repeated("\xf0\x90\x90\xa8", 256), MUSTER_BAD_NAME);
	refuse(muster_name_prepare, repeated("\xf0\x90\x90\xa8", 4096), MUSTER_BAD_NAME);
}

static void the_limit_counts_what_is_prepared(void **state)
{
	struct muster_buffer prepared = { 0 };

	(void)state;
	assert_int_equal(muster_name_prepare(repeated("\xef\xbd\x81", 1023), &prepared), MUSTER_OK);
	assert_int_equal(prepared.size, 1023);
	assert_true(muster_text_is(muster_buffer_text(&prepared), repeated("a", 1023)));
	muster_buffer_clear(&prepared);
	refuse(muster_name_prepare, repeated("\xef\xbd\x81", 1024), MUSTER_BAD_NAME);
}

/* Line JID-03 up to the answer. */
static void signs_controls_and_spaces_are_refused_anywhere_in_a_name(void **state)
{
	static const char *const bad[] = {
		"\"",
		"&",
		"'",
		"/",
		":",
		"<",
		">",
		"@",
		" ",
		"\t",
		"\n",
		"\r",
		"\x01",
		"\x1f",
		"\x7f",
		"\xc2\x80",
		"\xc2\x9f",
		"\xc2\xa0",
		"\xe1\x9a\x80",
		"\xe2\x80\x83",
		"\xe3\x80\x80",
		"\xe2\x80\xa8",
		"\xef\xbc\xa0",
		"\xef\xbc\x8f",
		"\xef\xbc\x82",
	};
	static const char *const around[] = { "bill", "\xc3\xa4rger" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		for (size_t j = 0; j < 2; j++) {
			char text[32];

			strcat(strcpy(text, bad[i]), around[j]);
			refuse(muster_name_prepare, muster_text_of(text), MUSTER_BAD_NAME);
			strcat(strcpy(text, around[j]), bad[i]);
			refuse(muster_name_prepare, muster_text_of(text), MUSTER_BAD_NAME);
			strcat(strcat(strcpy(text, around[j]), bad[i]), around[j]);
			refuse(muster_name_prepare, muster_text_of(text), MUSTER_BAD_NAME);
		}
	refuse(muster_name_prepare, MUSTER_TEXT("bi\0ll"), MUSTER_BAD_NAME);
	refuse(muster_name_prepare, MUSTER_TEXT("\xc3\xa4\0"), MUSTER_BAD_NAME);
	NO_NAME("<\xcc\xb8\xc3\xa4"); /* would compose to another sign */
}

/* Line JID-05 up to the answer. */
static void names_keep_the_bidi_rule(void **state)
{
	(void)state;
	NAME(ALEF BET, ALEF BET);
	NAME(ALEF "1" BET, ALEF "1" BET);
	NO_NAME(ALEF "a");
	NO_NAME("a" ALEF);
	NO_NAME("a" ALEF "a");
	NO_NAME(ALEF "a" ALEF);
	NO_NAME("1" ALEF);
	NO_NAME(ALEF "1"); /* the Bidi Rule would have it, Nodeprep not */
	NO_NAME(ALEF "-");
	NO_NAME(ARABIC_ALEF "1" ARABIC_5 ARABIC_ALEF);
	NO_NAME(ARABIC_5);
}

/* Line JID-06 up to the answer. */
static void names_on_which_the_profiles_differ_are_refused(void **state)
{
	(void)state;
	NO_NAME("fu\xc3\x9f"
	        "ball"); /* sharp s: Nodeprep makes it ss */
	NO_NAME("FU\xe1\xba\x9e"
	        "BALL");     /* the capital one is younger than Nodeprep */
	NO_NAME("\xcf\x82"); /* final sigma: Nodeprep makes it the other */
	NO_NAME("\xcf\x80\xcf\x82");
	NO_NAME("\xce\xa0\xce\xa3"); /* becomes final */
	NAME("\xcf\x80\xcf\x83", "\xcf\x80\xcf\x83");
	NO_NAME("\xe2\x84\xaa"
	        "evin"); /* Kelvin, Angstrom, Ohm sign: letters for Nodeprep */
	NO_NAME("\xe2\x84\xab");
	NO_NAME("\xe2\x84\xa6");
	NO_NAME("henry\xe2\x85\xa3"); /* Roman numeral */
	NO_NAME("\xef\xac\x81sh");    /* ligature */
	NO_NAME("so"
	        "\xc2\xad"
	        "ft");               /* soft hyphen: Nodeprep drops it */
	NO_NAME("\xe2\x99\x9a");     /* a king of chess: PRECIS refuses it */
	NO_NAME("\xf0\x9f\x98\x80"); /* emoji */
	NO_NAME("\xc8\xa1"
	        "a");                        /* a letter that Unicode 3.2 had not */
	NO_NAME("\xcd\xb8");                 /* assigned in no version */
	NO_NAME("\xe1\x84\x80\xe1\x85\xa1"); /* conjoining jamo */
	NO_NAME("\xd9\x80" ARABIC_ALEF);     /* tatweel */
	NO_NAME("\xee\x80\x80");             /* private use */
	NO_NAME("\xef\xbf\xbf");             /* noncharacter */
	NO_NAME("\xf3\xa0\x81\xa1"
	        "a"); /* tag */
}

static void names_keep_the_context_rules(void **state)
{
	(void)state;
	NAME("col" MIDDLE_DOT "lecci\xc3\xb3", "col" MIDDLE_DOT "lecci\xc3\xb3");
	NO_NAME("col" MIDDLE_DOT "a");
	NO_NAME("a" MIDDLE_DOT "l");
	NO_NAME(MIDDLE_DOT "l");
	NO_NAME("l" MIDDLE_DOT);
	NAME(KATAKANA_KA KATAKANA_DOT, KATAKANA_KA KATAKANA_DOT);
	NO_NAME("a" KATAKANA_DOT);
	NAME(ALEF GERESH, ALEF GERESH);
	NO_NAME(GERESH ALEF);
	NAME(ARABIC_ALEF ARABIC_5 ARABIC_ALEF, ARABIC_ALEF ARABIC_5 ARABIC_ALEF);
	NO_NAME(ARABIC_ALEF ARABIC_5 EXTENDED_5 ARABIC_ALEF);
	NO_NAME(KA_VIRAMA ZWJ); /* Nodeprep drops both joiners */
	NO_NAME(KA_VIRAMA ZWNJ);
	NO_NAME("a" ZWJ "b");
}

static void text_that_is_not_utf_8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xff",
		"\xc3",
		"a\xc3",
		"\xc0\x80",
		"\xc1\xa1",
		"\xe0\x80\xaf",
		"\xe6\x9d",
		"\xed\xa0\x80",
		"\xed\xa0\x80\xed\xb0\x80",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xc3\xa4\xc3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		refuse(muster_name_prepare, muster_text_of(bad[i]), MUSTER_BAD_NAME);
		refuse(muster_domain_prepare, muster_text_of(bad[i]), MUSTER_BAD_NAME);
		refuse(password, muster_text_of(bad[i]), MUSTER_BAD_PASSWORD);
	}
}

/* R-JID-10 */
static void domains_have_one_form(void **state)
{
	(void)state;
	DOMAIN("example.com", "example.com");
	DOMAIN("EXAMPLE.com", "example.com");
	DOMAIN("example.com.", "example.com");
	DOMAIN("localhost", "localhost");
	DOMAIN("xn--bcher-kva.Example.", "b\xc3\xbc"
	                                 "cher.example");
	DOMAIN("XN--BCHER-KVA.example", "b\xc3\xbc"
	                                "cher.example");
	DOMAIN("B\xc3\x9c"
	       "CHER.example",
	       "b\xc3\xbc"
	       "cher.example");
	DOMAIN("bu\xcc\x88"
	       "cher.example\xe3\x80\x82",
	       "b\xc3\xbc"
	       "cher.example"); /* ideographic full stop */
	DOMAIN("fa\xc3\x9f.de", "fa\xc3\x9f.de");
	DOMAIN("xn--fa-hia.de", "fa\xc3\x9f.de");
	DOMAIN("\xef\xbd\x85xample", "example");
	DOMAIN("my_server.local", "my_server.local");
	DOMAIN("127.0.0.1", "127.0.0.1");
	DOMAIN("[0:0::1]", "[::1]");
	DOMAIN("[2001:DB8::1]", "[2001:db8::1]");
}

static void what_is_no_domain_is_refused(void **state)
{
	struct muster_text longest;

	(void)state;
	NO_DOMAIN("");
	NO_DOMAIN(".");
	NO_DOMAIN("example..com");
	NO_DOMAIN("example.com..");
	NO_DOMAIN(".example.com");
	NO_DOMAIN("-example.com");
	NO_DOMAIN("example-.com");
	NO_DOMAIN("bill@example.com");
	NO_DOMAIN("example.com/x");
	NO_DOMAIN("example.com:5222");
	NO_DOMAIN("example .com");
	NO_DOMAIN("\xc3\xa4 .com");
	NO_DOMAIN("\xc3\xa4<.com");
	NO_DOMAIN("example\0.com");
	NO_DOMAIN("xn--.com");
	NO_DOMAIN("xn--0.example");    /* no Punycode */
	NO_DOMAIN("xn--example-.com"); /* nothing that needs it */
	NO_DOMAIN("ab--cd.example");
	NO_DOMAIN("a" ALEF ".example");
	NO_DOMAIN("[::1");
	NO_DOMAIN("[]");
	NO_DOMAIN("[::1\0]");
	NO_DOMAIN("[example]");
	NO_DOMAIN("[::1].");
	refuse(muster_domain_prepare, MUSTER_NO_TEXT, MUSTER_BAD_NAME);
	expect(muster_domain_prepare, repeated("a", 63), repeated("a", 63));
	refuse(muster_domain_prepare, repeated("a", 64), MUSTER_BAD_NAME);
	refuse(muster_domain_prepare, repeated("\xc3\xbc", 63), MUSTER_BAD_NAME);
	longest = repeated("abcdefg.", 128);
	longest.size--;
	expect(muster_domain_prepare, longest, longest);
	refuse(muster_domain_prepare, repeated("abcdefg.", 129), MUSTER_BAD_NAME);
	refuse(muster_domain_prepare, repeated("\xc3\xbc.", 512), MUSTER_BAD_NAME);
	expect(muster_domain_prepare, repeated(TEN_HAN, 5), repeated(TEN_HAN, 5));
	refuse(muster_domain_prepare, repeated(TEN_HAN TEN_HAN TEN_HAN TEN_HAN ".", 9), MUSTER_BAD_NAME);
}

static size_t length_of(struct muster_text given)
{
	struct muster_buffer derivable = { 0 };
	size_t length = 0;

	assert_int_equal(muster_password_prepare(given, &derivable, &length), MUSTER_OK);
	muster_buffer_clear(&derivable);
	return length;
}

static void the_length_of_a_password_is_in_code_points_of_opaque_string(void **state)
{
	struct muster_buffer derivable = { 0 };
	size_t length = 77;

	(void)state;
	assert_int_equal(length_of(MUSTER_TEXT("secret")), 6);
	assert_int_equal(length_of(MUSTER_TEXT("p\xc3\xa4ssw\xc3\xb6rd")), 8);
	assert_int_equal(length_of(MUSTER_TEXT("pa\xcc\x88sswo\xcc\x88rd")), 8);
	assert_int_equal(length_of(MUSTER_TEXT("\xf0\x90\x8c\xb0\xf0\x90\x8c\xb1")), 2); /* Gothic, beyond 16 bits */
	assert_int_equal(length_of(MUSTER_TEXT("\xe2\x85\xa8")), 1);                     /* the derivable one has two */
	assert_int_equal(muster_password_prepare(MUSTER_TEXT("\n"), &derivable, &length), MUSTER_BAD_PASSWORD);
	assert_int_equal(length, 77);
}

/* Line SCR-04 up to the derivation and the answer; the first five are the examples of RFC 4013, section 3. */
static void the_derivable_password_is_that_of_saslprep(void **state)
{
	(void)state;
	NO_PASSWORD("I\xc2\xadX"); /* SASLprep would drop the soft hyphen, OpaqueString refuses it */
	PASSWORD("user", "user");
	PASSWORD("USER", "USER");
	PASSWORD("\xc2\xaa", "a");
	PASSWORD("\xe2\x85\xa8", "IX");
	NO_PASSWORD("\x07");
	NO_PASSWORD(ARABIC_ALEF "1");
	PASSWORD(" correct  horse ", " correct  horse ");
	PASSWORD("\"&'/:<>@", "\"&'/:<>@");
	PASSWORD("a\xc2\xa0z", "a z");
	PASSWORD("\xe3\x80\x80\xef\xbc\xa1", " A");
	PASSWORD("e" ACUTE, "\xc3\xa9");
	PASSWORD("fu\xc3\x9f"
	         "ball\xcf\x82",
	         "fu\xc3\x9f"
	         "ball\xcf\x82");
	PASSWORD("\xe2\x84\xab", "\xc3\x85"); /* Angstrom */
	PASSWORD("\xe2\x84\xaa", "K");
	PASSWORD("x" KA_VIRAMA ZWJ, "x" KA_VIRAMA);           /* the joiner is in its context, and dropped */
	PASSWORD("\xf0\xaf\xa1\xa8", "\xf0\xa1\x8d\xaa");     /* U+2F868: as Unicode 3.2 decomposed it */
	PASSWORD("\xef\xac\x9d" BET, "\xd7\x99\xd6\xb4" BET); /* a ligature of Hebrew, whose own end is a mark */
}

static void passwords_that_either_profile_refuses_are_refused(void **state)
{
	(void)state;
	NO_PASSWORD("");
	refuse(password, MUSTER_NO_TEXT, MUSTER_BAD_PASSWORD);
	NO_PASSWORD("se\0cret");
	NO_PASSWORD("\xc3\xa4\0");
	NO_PASSWORD("\0");
	NO_PASSWORD("a\nb");
	NO_PASSWORD("a\x7f");
	NO_PASSWORD("\xc3\xa4\x1b");
	NO_PASSWORD("\xc2\x85");
	NO_PASSWORD("\xf0\x9f\x98\x80"); /* younger than Unicode 3.2: unassigned for SASLprep */
	NO_PASSWORD("\xcd\xb8");         /* unassigned for both */
	NO_PASSWORD(ALEF "a");           /* OpaqueString has no rule for directions, SASLprep has */
	NO_PASSWORD("a" ALEF);
	NO_PASSWORD("1" ALEF);
	NO_PASSWORD("\xe2\x80\x8e"
	            "a"); /* a mark of direction */
	NO_PASSWORD("\xee\x80\x80");
	NO_PASSWORD("\xef\xbf\xbd"); /* replacement character */
	NO_PASSWORD("a" ZWJ "b");
	NO_PASSWORD("a" MIDDLE_DOT "b");
}

/* A host prepares what SASL PLAIN brings and asks with the outcome, which must pass as well. */
static void passwords_that_would_not_pass_once_prepared_are_refused(void **state)
{
	(void)state;
	NO_PASSWORD("\xc5\x80"
	            "a"); /* U+0140: SASLprep parts it into l and a middle dot */
	PASSWORD("\xc5\x80l", "l" MIDDLE_DOT "l");
	NO_PASSWORD("\xe3\x85\x8b\xe3\x85\x8b"); /* compatibility jamo become conjoining ones */
}

static void long_passwords_are_refused_unread(void **state)
{
	(void)state;
	expect(password, repeated("a", 4096), repeated("a", 4096));
	refuse(password, repeated("a", 4097), MUSTER_BAD_PASSWORD);
	expect(password, repeated("\xf0\x90\x8c\xb0", 1024), repeated("\xf0\x90\x8c\xb0", 1024));
	refuse(password, repeated("\xf0\x90\x8c\xb0", 1025), MUSTER_BAD_PASSWORD);
}

static void failing_allocations_leave_nothing(preparation *prepare, struct muster_text given)
{
	const size_t live = muster_memory_live();
	long passes = 0;
	int error;

	do {
		struct muster_buffer prepared = { 0 };

		muster_memory_fail_after(passes++);
		error = prepare(given, &prepared);
		muster_memory_fail_after(-1);
		if (error != MUSTER_OK) {
			assert_int_equal(error, MUSTER_NO_MEMORY);
			assert_int_equal(prepared.size, 0);
			assert_int_equal(prepared.error, MUSTER_OK);
			assert_int_equal(muster_memory_live(), live);
		}
		muster_buffer_clear(&prepared);
	} while (error != MUSTER_OK);
	assert_int_equal(muster_memory_live(), live);
	assert_true(passes > 1);
}

static void out_of_memory_is_reported_and_leaves_nothing(void **state)
{
	(void)state;
	failing_allocations_leave_nothing(muster_name_prepare, MUSTER_TEXT("BILL"));
	failing_allocations_leave_nothing(muster_name_prepare, MUSTER_TEXT("RENE" ACUTE));
	failing_allocations_leave_nothing(muster_domain_prepare, MUSTER_TEXT("example.com"));
	failing_allocations_leave_nothing(muster_domain_prepare, MUSTER_TEXT("[::1]"));
	failing_allocations_leave_nothing(muster_domain_prepare, MUSTER_TEXT("xn--bcher-kva.example"));
	failing_allocations_leave_nothing(password, MUSTER_TEXT("secret"));
	failing_allocations_leave_nothing(password, MUSTER_TEXT("p\xc3\xa4sswo\xcc\x88rd"));
}

static void *prepare_often(void *failures)
{
	size_t *count = failures;

	for (int i = 0; i < 500; i++) {
		struct muster_buffer name = { 0 }, derivable = { 0 };

		if (muster_name_prepare(MUSTER_TEXT("RENE" ACUTE), &name) != MUSTER_OK ||
		    muster_password_prepare(MUSTER_TEXT("p\xc3\xa4ss"), &derivable, NULL) != MUSTER_OK ||
		    !muster_text_is_c(muster_buffer_text(&name), "ren\xc3\xa9"))
			++*count;
		muster_buffer_clear(&name);
		muster_buffer_clear(&derivable);
	}
	return NULL;
}

static void threads_may_prepare_at_once(void **state)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	size_t failures[THREADS] = { 0 };

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, prepare_often, &failures[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(failures[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_may_prepare_at_once), /* first, so that they open the profiles */
		cmocka_unit_test(letter_case_and_width_of_names_are_folded),
		cmocka_unit_test(composed_and_decomposed_names_are_one),
		cmocka_unit_test(a_prepared_name_has_1_to_1023_bytes),
		cmocka_unit_test(the_limit_counts_what_is_prepared),
		cmocka_unit_test(signs_controls_and_spaces_are_refused_anywhere_in_a_name),
		cmocka_unit_test(names_keep_the_bidi_rule),
		cmocka_unit_test(names_on_which_the_profiles_differ_are_refused),
		cmocka_unit_test(names_keep_the_context_rules),
		cmocka_unit_test(text_that_is_not_utf_8_is_refused),
		cmocka_unit_test(domains_have_one_form),
		cmocka_unit_test(what_is_no_domain_is_refused),
		cmocka_unit_test(the_length_of_a_password_is_in_code_points_of_opaque_string),
		cmocka_unit_test(the_derivable_password_is_that_of_saslprep),
		cmocka_unit_test(passwords_that_either_profile_refuses_are_refused),
		cmocka_unit_test(passwords_that_would_not_pass_once_prepared_are_refused),
		cmocka_unit_test(long_passwords_are_refused_unread),
		cmocka_unit_test(out_of_memory_is_reported_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
