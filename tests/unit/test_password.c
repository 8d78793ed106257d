/* test_password.c -- which passwords may be chosen, and settings of password_policy that are refused. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/host.h"
#include "policy/password.h"
#include "policy/strength.h"

/* --- support --- */

static void assert_refused(struct muster_value value, const char *allowed)
{
	struct muster_failure failure;
	struct muster_host *host;

	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(host, "password_policy", &value, &failure), MUSTER_BAD_OPTION);
	if (!strstr(failure.text, "password_policy") || !strstr(failure.text, allowed))
		fail_msg("\"%s\" lacks \"%s\"", failure.text, allowed);
	muster_host_release(host);
}

/* Why juliet's password is refused, "" if it is not. */
static const char *objection(const struct place *place, const char *password)
{
	struct muster_buffer derivable = { 0 };
	enum muster_phrase why = MUSTER_PHRASE_NONE;
	int error = muster_password_check(place->host, text("juliet"), text(password), &derivable, &why);

	assert_int_equal(error, why != MUSTER_PHRASE_NONE ? MUSTER_BAD_PASSWORD : MUSTER_OK);
	assert_int_equal(derivable.size == 0, why != MUSTER_PHRASE_NONE);
	muster_buffer_clear(&derivable);
	return muster_phrase_english(why);
}

static void assert_objects(const struct place *place, const char *password, const char *words)
{
	const char *found = objection(place, password);

	if (words[0] == '\0' ? found[0] != '\0' : !strstr(found, words))
		fail_msg("\"%s\": \"%s\", not \"%s\"", password, found, words);
}

static const char *write_file(const struct place *place, const char *name, const char *bytes, size_t size)
{
	const char *path = path_in(place->directory, name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *write_lines(const struct place *place, const char *lines)
{
	return write_file(place, "lines", lines, strlen(lines));
}

/* --- settings --- */

static void test_wrong_settings(void **state)
{
	const struct muster_value list = TABLE(ELEMENT(string("a")));

	(void)state;
	assert_refused(string("strong"), "a table");
	assert_refused(TABLE(ITEM("length", string("8"))), "a whole number from 1");
	assert_refused(TABLE(ITEM("length", number(0))), "a whole number from 1");
	assert_refused(TABLE(ITEM("lenght", number(8))),
	               "length, max_length, exclude_username, blocklist, strength, leaked");
	assert_refused(TABLE(ITEM("exclude_username", number(1))), "true, false");
	assert_refused(TABLE(ITEM("blocklist", number(1))), "a list of strings, or the path of a file");
	assert_refused(TABLE(ITEM("blocklist", TABLE(ITEM("a", boolean(true))))), "is a list");
	assert_refused(TABLE(ITEM("blocklist", TABLE(ELEMENT(list)))), "a string");
	assert_refused(TABLE(ITEM("strength", number(5))), "a whole number from 0 to 4");
	assert_refused(TABLE(ITEM("strength", string("strong"))), "a whole number from 0 to 4");
	assert_refused(TABLE(ITEM("leaked", boolean(true))), "a string");
	assert_refused(TABLE(ITEM("length", number(20)), ITEM("max_length", number(10))), "above max_length 10");
}

/* A path that leads to anything but a regular file, or to none. */
static void assert_kinds_of_file(const struct place *place, const char *key)
{
	struct muster_item item = { .key = text(key), .value = string("") };

	item.value = string(path_in(place->directory, "missing"));
	assert_refused(table(&item, 1), "missing\": No such file");
	item.value = string(place->directory);
	assert_refused(table(&item, 1), "Is a directory");
	assert_int_equal(mkfifo(path_in(place->directory, "fifo"), 0600), 0);
	item.value = string(path_in(place->directory, "fifo"));
	assert_refused(table(&item, 1), "fifo\": is not a regular file");
	assert_int_equal(unlink(path_in(place->directory, "fifo")), 0);
	item.value = string("");
	assert_refused(table(&item, 1), key);
}

static void test_kinds_of_file(void **state)
{
	assert_kinds_of_file(*state, "blocklist");
	assert_kinds_of_file(*state, "leaked");
}

/* --- rules --- */

/* R-438-07 */
static void test_rules_for_passwords(void **state)
{
	struct place *place = *state;
	const struct muster_value blocked = TABLE(ELEMENT(string("qwertz12")), ELEMENT(string("password1")));

	assert_objects(place, "x", "");
	assert_objects(place, "", "empty");
	set_option(place, "password_policy",
	           TABLE(ITEM("length", number(8)), ITEM("max_length", number(10)),
	                 ITEM("exclude_username", boolean(true)), ITEM("blocklist", blocked)));
	assert_objects(place, "1234567", "short");
	assert_objects(place, "12345678", "");
	assert_objects(place, "1234567890", "");
	assert_objects(place, "12345678901", "long");
	assert_objects(place, "x-Juliet-x", "username");
	assert_objects(place, "password1", "common");
	assert_objects(place, "qwertz12", "common");
	assert_objects(place, "password2", "");
	/* Code points count, not bytes. */
	assert_objects(place, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "");
	assert_objects(place, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "short");
}

static void block(struct place *place, const char *path)
{
	set_option(place, "password_policy", TABLE(ITEM("blocklist", string(path))));
}

static void test_blocklists_from_files(void **state)
{
	struct place *place = *state;

	block(place, write_lines(place, "zebra\r\n\nletmein\nab c\nletmein\nlast"));
	assert_objects(place, "letmein", "common");
	assert_objects(place, "zebra", "common");
	assert_objects(place, "ab c", "common");
	assert_objects(place, "last", "common");
	assert_objects(place, "letmei", "");
	assert_objects(place, "Letmein", "");
	block(place, write_lines(place, ""));
	assert_objects(place, "letmein", "");
	block(place, write_lines(place, "\n\n"));
	assert_objects(place, "letmein", "");
}

static void test_a_blocklist_as_large_as_may_be(void **state)
{
	struct place *place = *state;
	const size_t size = 1024 * 1024;
	char *bytes = calloc(1, size + 1);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i += 8)
		snprintf(bytes + i, 9, "%07zu\n", i / 8 * 7919 % 131072); /* in no order */
	block(place, write_file(place, "lines", bytes, size));
	assert_objects(place, "0000000", "common");
	assert_objects(place, "0131071", "common");
	assert_objects(place, "0131072", "");
	assert_refused(TABLE(ITEM("blocklist", string(write_file(place, "lines", bytes, size + 1)))),
	               "larger than 1 MiB");
	free(bytes);
}

/* --- strength --- */

static void ask_for_strength(struct place *place, double least)
{
	set_option(place, "password_policy", TABLE(ITEM("strength", number(least))));
}

/* What zxcvbn's own implementations say of these. */
static void need_strength(void)
{
	if (muster_strength_known())
		return;
	print_message("skipped: built without zxcvbn\n");
	skip();
}

static void test_strength(void **state)
{
	static const char *const passwords[] = { "password", "zxcvbnm,./", "rosebud1941x", "Tr0ub4dour&3",
		                                 "correcthorsebatterystaple" };
	struct place *place = *state;

	need_strength();
	for (int least = 0; least <= MUSTER_STRENGTH_MAX; least++) {
		ask_for_strength(place, least);
		for (int score = 0; score <= MUSTER_STRENGTH_MAX; score++)
			assert_objects(place, passwords[score], score < least ? "easy to guess" : "");
	}
}

static void test_names_are_no_strength(void **state)
{
	const char *name = "thewinterofourdiscontentmadegl";

	(void)state;
	need_strength();
	assert_int_equal(muster_strength_score(text("xqvkz"), text("xqvkz")), 0);
	assert_int_equal(muster_strength_score(text("xqvkz"), text("yorick")), 2);
	assert_int_equal(muster_strength_score(text("xqvkz"), text("")), 2);
	assert_int_equal(muster_strength_score(text(name), text(name)), 0); /* longer than what is judged */
	assert_int_equal(muster_strength_score(text(""), text("")), 0);
}

/* Time grows fast with the length, so the rest is not looked at, neither for better nor for worse. */
static void test_the_first_twenty_characters_count(void **state)
{
	(void)state;
	need_strength();
	assert_int_equal(muster_strength_score(text("aaaaaaaaaaaaaaaaaaaakX9$vLq2!mZ7"), text("juliet")), 0);
	assert_int_equal(muster_strength_score(text("aaaaaaaaaaaaaaaakX9$vLq2!mZ7"), text("juliet")), 4);
	assert_int_equal(muster_strength_score(text("kX9$vLq2!mZ7aaaaaaaaaaaaaaaaaaaaa"), text("juliet")), 4);
}

/* Three characters of two, two and three bytes; seven bytes would have the greatest score. */
static void test_characters_count_once(void **state)
{
	(void)state;
	need_strength();
	assert_int_equal(muster_strength_score(text("\xc3\xa9\xd0\xb6\xe4\xb8\xad"), text("juliet")), 2);
	assert_int_equal(
		muster_strength_score(text("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"), text("juliet")), 0);
}

static void test_a_build_without_zxcvbn(void **state)
{
	if (muster_strength_known())
		ask_for_strength(*state, 1);
	else
		assert_refused(TABLE(ITEM("strength", number(1))), "built without zxcvbn");
	ask_for_strength(*state, 0);
}

/* --- leaks --- */

/* The file of leaked passwords that holds "letmein", with records of 20 bytes. */
static const char *write_leaked(const struct place *place)
{
	static const uint8_t hash[20] = { 0xb7, 0xa8, 0x75, 0xfc, 0x1e, 0xa2, 0x28, 0xb9, 0x06, 0x10,
		                          0x41, 0xb7, 0xce, 0xc4, 0xbd, 0x3c, 0x52, 0xab, 0x3c, 0xe3 };
	char bytes[MUSTER_LEAKED_HEADER + sizeof(hash)];

	muster_leaked_header((uint8_t *)bytes, sizeof(hash), 1);
	memcpy(bytes + MUSTER_LEAKED_HEADER, hash, sizeof(hash));
	return write_file(place, "leaked", bytes, sizeof(bytes));
}

static size_t count_descriptors(void)
{
	size_t count = 0;

	for (int descriptor = 0; descriptor < 1024; descriptor++)
		count += fcntl(descriptor, F_GETFD) >= 0;
	return count;
}

static void test_leaked_passwords(void **state)
{
	struct place *place = *state;
	size_t open_before = count_descriptors();

	assert_objects(place, "letmein", "");
	for (int i = 0; i < 3; i++) /* as set again, the file before is closed */
		set_option(place, "password_policy", TABLE(ITEM("leaked", string(write_leaked(place)))));
	assert_int_equal(count_descriptors(), open_before + 1);
	assert_objects(place, "letmein", "known from a leak");
	assert_objects(place,
	               "\xef\xbd\x8c"
	               "etmein",
	               "known from a leak"); /* a wide l is prepared to the usual one */
	assert_objects(place, "Letmein", "");
	assert_string_equal(verdict(set(place, stranger(), "<username>yorick</username><password>letmein</password>")),
	                    "not-acceptable modify 406");
	assert_error(order(place, MUSTER_REGISTER, "yorick", "letmein"), MUSTER_BAD_PASSWORD);
	assert_error(order(place, MUSTER_REGISTER, "yorick", "letmeout"), MUSTER_OK);
	assert_error(order(place, MUSTER_CHANGE_PASSWORD, "yorick", "letmein"), MUSTER_BAD_PASSWORD);
}

/* What cannot be checked is not taken, and not the user's fault. */
static void test_a_file_that_is_cut_short_meanwhile(void **state)
{
	static const char inner[] = "<username>yorick</username><password>alas, poor</password>";
	struct place *place = *state;

	set_option(place, "password_policy", TABLE(ITEM("leaked", string(write_leaked(place)))));
	assert_int_equal(truncate(path_in(place->directory, "leaked"), MUSTER_LEAKED_HEADER + 19), 0);
	assert_error(order(place, MUSTER_REGISTER, "yorick", "alas, poor"), MUSTER_LEAKED_UNREADABLE);
	assert_string_equal(verdict(set(place, stranger(), inner)), "internal-server-error wait 500");
	assert_int_equal(state_of(place, "yorick"), 0);
}

/* A new file comes into use with the configuration, the old one stays till then. */
static void test_a_file_that_is_replaced_meanwhile(void **state)
{
	struct place *place = *state;

	set_option(place, "password_policy", TABLE(ITEM("leaked", string(write_leaked(place)))));
	assert_int_equal(unlink(path_in(place->directory, "leaked")), 0);
	assert_objects(place, "letmein", "known from a leak");
	assert_objects(place, "letmeout", "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_settings),
		TEST(test_kinds_of_file),
		TEST(test_rules_for_passwords),
		TEST(test_blocklists_from_files),
		TEST(test_a_blocklist_as_large_as_may_be),
		TEST(test_strength),
		cmocka_unit_test(test_names_are_no_strength),
		cmocka_unit_test(test_the_first_twenty_characters_count),
		cmocka_unit_test(test_characters_count_once),
		TEST(test_a_build_without_zxcvbn),
		TEST(test_leaked_passwords),
		TEST(test_a_file_that_is_cut_short_meanwhile),
		TEST(test_a_file_that_is_replaced_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
