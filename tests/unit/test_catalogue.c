/* test_catalogue.c -- catalogues of an operator's own: what is read, and what is refused. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "policy/host.h"

#define assert_holds(outcome, part)                                                                                    \
	do {                                                                                                           \
		const char *found_ = (outcome);                                                                        \
		if (!strstr(found_, part))                                                                             \
			fail_msg("\"%s\" is not in %s", part, found_);                                                 \
	} while (0)

/* What a stranger who reads that language is told. */
static const char *get_in(struct place *place, const char *language)
{
	char xml[256];

	snprintf(xml, sizeof(xml), "<iq type='get' id='1' xml:lang='%s'><query xmlns='jabber:iq:register'/></iq>",
	         language);
	return request(place, stranger(), xml);
}

static const char *set_in(struct place *place, const char *language)
{
	struct muster_facts facts = stranger();

	facts.language = text(language);
	return set(place, facts, "");
}

/* --- files --- */

static const char *languages_in(const struct place *place)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/languages", place->directory);
	return path;
}

static void write_file(const struct place *place, const char *name, const char *content)
{
	FILE *file;

	mkdir(languages_in(place), 0700);
	file = fopen(path_in(languages_in(place), name), "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static void remove_file(const struct place *place, const char *name)
{
	const char *path = path_in(languages_in(place), name);

	if (unlink(path) != 0)
		assert_int_equal(rmdir(path), 0);
}

static void use_languages(struct place *place)
{
	set_option(place, "muster_languages", string(languages_in(place)));
}

/* What the option is refused with. The next call overwrites it. */
static const char *refusal(struct muster_value value)
{
	static struct muster_failure failure;
	struct muster_host *host;

	failure = (struct muster_failure){ 0 };
	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(host, "muster_languages", &value, &failure), MUSTER_BAD_OPTION);
	muster_host_release(host);
	return failure.text;
}

/* The file is named once. It is removed then. */
static void assert_file_refused(const struct place *place, const char *name, const char *why)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "option muster_languages: %s: %s", name, why);
	assert_string_equal(refusal(string(languages_in(place))), wanted);
	remove_file(place, name);
}

static void assert_content_refused(const struct place *place, const char *content, const char *why)
{
	write_file(place, "fr.txt", content);
	assert_file_refused(place, "fr.txt", why);
}

/* --- what is read --- */

static void test_a_catalogue_may_lack_phrases(void **state)
{
	struct place *place = *state;
	const char *answer;

	write_file(place, "fr.txt", "instructions: Choisissez un nom et un mot de passe.\n");
	write_file(place, "fr-CA.txt", "username: Pseudonyme\n");
	write_file(place, "notes", "no catalogue");
	write_file(place, ".de.txt.swp.txt", "no catalogue either");
	use_languages(place);
	assert_int_equal(place->host->catalogue_count, 2);
	set_option(place, "muster_offer_form", string("always"));
	answer = get_in(place, "fr-CA");
	assert_holds(answer, "<instructions>Choisissez un nom et un mot de passe.</instructions>");
	assert_holds(answer, " var='username' label='Pseudonyme'>");
	assert_holds(answer, " var='password' label='Password'>");
	assert_holds(answer, "<title>Creating a new account</title>");
	assert_holds(set_in(place, "fr-CA"), " xml:lang='en'>The field username is required.</text>");
}

static void test_how_a_catalogue_may_be_written(void **state)
{
	struct place *place = *state;
	struct muster_saying saying;

	write_file(place, "FR.txt",
	           "\r\n# a comment: with a colon\r\n  \t\r\n\t# another\n  title :\tUn titre : court # ou long \r\n"
	           "name:Nom & <b>\nfield-required: {field} et {field}\nclosed: Ferm\xc3\xa9.");
	use_languages(place);
	saying = muster_phrase_in(place->host, MUSTER_PHRASE_TITLE, text("fr"));
	assert_text(saying.text, "Un titre : court # ou long");
	assert_text(saying.language, "FR");
	assert_text(muster_phrase_in(place->host, MUSTER_PHRASE_NAME, text("fr-x-a")).text, "Nom & <b>");
	assert_text(muster_phrase_in(place->host, MUSTER_PHRASE_CLOSED, text("fr")).text, "Ferm\xc3\xa9.");
	assert_text(muster_phrase_in(place->host, MUSTER_PHRASE_DATE, text("fr")).text, "Date");
	set_option(place, "muster_offer_form", string("always"));
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("name"))));
	assert_holds(get_in(place, "fr"), " var='name' label='Nom &amp; &lt;b&gt;'>");
	assert_holds(set_in(place, "fr"), " xml:lang='FR'>username et {field}</text>");
}

static void test_catalogues_are_read_anew(void **state)
{
	struct place *place = *state;

	write_file(place, "fr.txt", "title: Un\n");
	use_languages(place);
	remove_file(place, "fr.txt");
	write_file(place, "it.txt", "title: Due\n");
	use_languages(place);
	assert_int_equal(place->host->catalogue_count, 1);
	assert_text(muster_phrase_in(place->host, MUSTER_PHRASE_TITLE, text("it")).text, "Due");
}

static void test_a_byte_order_mark_is_passed_over(void **state)
{
	struct place *place = *state;

	write_file(place, "fr.txt", "\xef\xbb\xbftitle: Un\n");
	write_file(place, "it.txt", "\xef\xbb\xbf");
	use_languages(place);
	assert_text(muster_phrase_in(place->host, MUSTER_PHRASE_TITLE, text("fr")).text, "Un");
}

/* --- what is refused --- */

static void test_bad_lines_are_refused_by_file_and_line(void **state)
{
	struct place *place = *state;

	assert_content_refused(place, "# comment\n\nname: Nom\ntitel: Un titre\nname\n",
	                       "line 4 has a key that is not known");
	assert_content_refused(place, "Title: Un titre\n", "line 1 has a key that is not known");
	assert_content_refused(place, ": Un titre\n", "line 1 has a key that is not known");
	assert_content_refused(place, "\xef\xbb\xbf\xef\xbb\xbftitle: Un\n", "line 1 has a key that is not known");
	assert_content_refused(place, "name: Nom\r\ntitle", "line 2 has no colon behind the key");
	assert_content_refused(place, "title: \t\r\n", "line 1 has no words");
	assert_content_refused(place, "\ntitle:", "line 2 has no words");
	write_file(place, "pt-BR.txt", "name\n");
	assert_file_refused(place, "pt-BR.txt", "line 1 has no colon behind the key");
}

static void test_a_key_twice(void **state)
{
	struct place *place = *state;

	assert_content_refused(place, "title: Un\n# comment\nname: Nom\ntitle: Deux\n",
	                       "line 4 has the key of line 1 again");
	assert_content_refused(place, "\ntitle: Un\ntitle: Un\n", "line 3 has the key of line 2 again");
	assert_content_refused(place, "title: Un\ntitle:\n", "line 2 has the key of line 1 again");
	write_file(place, "fr.txt", "title: Un\n");
	write_file(place, "it.txt", "title: Uno\n");
	use_languages(place);
}

static void test_what_is_no_text_in_utf_8(void **state)
{
	static const char *const contents[] = {
		"name: Nom\nclosed: Ferm\xe9.\n", /* Latin-1 */
		"\n# Ferm\xe9.\n",
		"\nclosed: Ferm\xc3",
		"\nclosed: Ferm\xc3\n\xa9\n",
		"\nclosed: \xc0\xaf\n",
		"\nclosed: \xed\xa0\x80\n",
		"\nclosed: \xf4\x90\x80\x80\n",
		"\nclosed: Ferm\x1b[0m\n",
		"\nclosed: \xef\xbf\xbe\n",
		"\n\xff\xfet", /* UTF-16 */
	};

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		assert_content_refused(*state, contents[i], "line 2 is no text in UTF-8");
}

static void test_nul_is_no_text_either(void **state)
{
	static const char line[] = "title: Un\0titre\n";
	struct muster_catalogue catalogue = { .language = MUSTER_NO_TEXT };
	struct muster_arena arena = { 0 };
	struct muster_failure failure;

	(void)state;
	assert_error(
		muster_catalogue_read(&catalogue, &arena, (struct muster_text){ line, sizeof(line) - 1 }, &failure),
		MUSTER_MALFORMED);
	assert_string_equal(failure.text, "line 1 is no text in UTF-8");
	muster_arena_clear(&arena);
}

static void test_bad_files_are_refused_by_name(void **state)
{
	struct place *place = *state;

	write_file(place, "de_AT.txt", "title: Servus\n");
	assert_file_refused(place, "de_AT.txt", "the name is no tag of a language");
	assert_int_equal(mkdir(path_in(languages_in(place), "fr.txt"), 0700), 0);
	assert_file_refused(place, "fr.txt", "it is not a regular file");
	assert_int_equal(symlink("nowhere", path_in(languages_in(place), "it.txt")), 0);
	assert_file_refused(place, "it.txt", "No such file or directory");
	assert_int_equal(symlink("/dev/zero", path_in(languages_in(place), "it.txt")), 0);
	assert_file_refused(place, "it.txt", "it is not a regular file");
	if (geteuid() == 0)
		return; /* who may read everything */
	write_file(place, "nl.txt", "title: Hallo\n");
	assert_int_equal(chmod(path_in(languages_in(place), "nl.txt"), 0), 0);
	assert_file_refused(place, "nl.txt", "Permission denied");
}

/* Opening it must not wait for somebody who writes. */
static void test_a_pipe_is_refused(void **state)
{
	struct place *place = *state;

	write_file(place, "it.txt", "title: Uno\n");
	assert_int_equal(mkfifo(path_in(languages_in(place), "fr.txt"), 0600), 0);
	alarm(10);
	assert_file_refused(place, "fr.txt", "it is not a regular file");
	alarm(0);
}

static void test_a_language_twice(void **state)
{
	struct place *place = *state;
	const char *why;

	write_file(place, "pt-BR.txt", "title: Um\n");
	write_file(place, "pt-br.txt", "title: Um\n");
	why = refusal(string(languages_in(place)));
	if (strcmp(why, "option muster_languages: pt-BR.txt: another file there has the same language") != 0)
		assert_string_equal(why,
		                    "option muster_languages: pt-br.txt: another file there has the same language");
}

static void test_a_file_has_less_than_64_kib(void **state)
{
	static char content[64 * 1024 + 1];
	struct place *place = *state;

	memset(content, '#', sizeof(content) - 1);
	write_file(place, "fr.txt", content);
	assert_string_equal(refusal(string(languages_in(place))), "option muster_languages: fr.txt: File too large");
	content[sizeof(content) - 2] = '\0';
	write_file(place, "fr.txt", content);
	use_languages(place);
}

static void test_more_languages_than_are_read(void **state)
{
	struct place *place = *state;
	char name[16];

	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "x%d.txt", i);
		write_file(place, name, "title: Un\n");
	}
	use_languages(place);
	assert_int_equal(place->host->catalogue_count, 64);
	write_file(place, "fr.txt", "");
	assert_holds(refusal(string(languages_in(place))), ".txt: at most 64 languages are read");
}

static void test_directories_that_cannot_be_read(void **state)
{
	static const char allowed[] = "is not allowed; allowed: the path of a directory that can be read";
	struct place *place = *state;

	assert_holds(refusal(string("/nowhere/languages")), "option muster_languages: \"/nowhere/languages\" is not");
	assert_holds(refusal(string("/nowhere/languages")), allowed);
	assert_holds(refusal(string("")), allowed);
	write_file(place, "fr.txt", "");
	assert_holds(refusal(string(path_in(languages_in(place), "fr.txt"))), allowed);
	assert_holds(refusal(boolean(true)), "true is not allowed; allowed: a string");
}

static void test_without_memory(void **state)
{
	const struct muster_value path = string(LANGUAGES);
	struct place *place = *state;
	struct muster_failure failure;
	int error = MUSTER_NO_MEMORY;
	size_t count;

	set_option(place, "muster_languages", path);
	count = place->host->catalogue_count;
	for (long point = 0; error == MUSTER_NO_MEMORY; point++) {
		assert_in_range(point, 0, 1000);
		muster_memory_fail_after(point);
		error = muster_host_set(place->host, "muster_languages", &path, &failure);
		muster_memory_fail_after(-1);
	}
	assert_error(error, MUSTER_OK);
	assert_int_equal(place->host->catalogue_count, count);
	for (size_t i = 0; i < count; i++)
		assert_non_null(place->host->catalogues[i].phrases[MUSTER_PHRASE_UNABLE].data);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_catalogue_may_lack_phrases),
		TEST(test_how_a_catalogue_may_be_written),
		TEST(test_catalogues_are_read_anew),
		TEST(test_a_byte_order_mark_is_passed_over),
		TEST(test_bad_lines_are_refused_by_file_and_line),
		TEST(test_a_key_twice),
		TEST(test_what_is_no_text_in_utf_8),
		cmocka_unit_test(test_nul_is_no_text_either),
		TEST(test_bad_files_are_refused_by_name),
		TEST(test_a_pipe_is_refused),
		TEST(test_a_language_twice),
		TEST(test_a_file_has_less_than_64_kib),
		TEST(test_more_languages_than_are_read),
		TEST(test_directories_that_cannot_be_read),
		TEST(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
