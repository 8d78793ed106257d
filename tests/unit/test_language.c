/* test_language.c -- what users are told, in the language that they ask for. */
#include "support.h"

#include <dirent.h>

#include "policy/host.h"

#define assert_holds(outcome, part)                                                                                    \
	do {                                                                                                           \
		const char *found_ = (outcome);                                                                        \
		if (!strstr(found_, part))                                                                             \
			fail_msg("\"%s\" is not in %s", part, found_);                                                 \
	} while (0)

/* --- tags --- */

/* RFC 4647, section 3.4: subtag by subtag, and a single letter goes with what it introduces. */
static void test_ranges_get_wider(void **state)
{
	static const char *const steps[][6] = {
		{ "zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh", "" },
		{ "de-DE-u-co-phonebk", "de-DE-u-co", "de-DE", "de", "" },
		{ "en-a-b-c", "en", "" },
		{ "sl-1-nedis", "sl", "" },
		{ "x-private", "" },
		{ "i-klingon", "" },
		{ "de", "" },
		{ "", "" },
		{ "-", "" },
		{ "de-", "de", "" },
		{ "de--AT", "de-", "de", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct muster_text range = text(steps[i][0]);

		for (size_t j = 1; j < 6 && steps[i][j]; j++) {
			range = muster_language_widen(range);
			assert_text(range, steps[i][j]);
		}
		assert_int_equal(range.size, 0);
	}
}

static void test_letter_case_does_not_count(void **state)
{
	(void)state;
	assert_true(muster_language_is(text("zh-Hant"), text("ZH-hANT")));
	assert_true(muster_language_is(text(""), MUSTER_NO_TEXT));
	assert_false(muster_language_is(text("zh"), text("zh-Hant")));
	assert_false(muster_language_is(text("de"), text("en")));
}

static void test_what_a_tag_may_be(void **state)
{
	(void)state;
	assert_true(muster_language_valid(text("de")));
	assert_true(muster_language_valid(text("zh-Hant-TW")));
	assert_true(muster_language_valid(text("sl-rozaj-1994")));
	assert_false(muster_language_valid(MUSTER_NO_TEXT));
	assert_false(muster_language_valid(text("")));
	assert_false(muster_language_valid(text("-de")));
	assert_false(muster_language_valid(text("de_AT")));
	assert_false(muster_language_valid(text("de AT")));
	assert_false(muster_language_valid(text("fran\xc3\xa7"
	                                        "ais")));
}

/* --- what operators write in several languages --- */

static void assert_wording(const struct muster_wording *wording, const char *language, const char *wanted)
{
	assert_text(muster_wording_in(wording, text(language)).text, wanted);
}

static void test_wordings_by_language(void **state)
{
	struct place *place = *state;
	const struct muster_wording *title = &place->host->title;

	assert_wording(title, "de", NULL);
	set_option(place, "registration_title", string("Join"));
	assert_wording(title, "de", "Join");
	assert_wording(title, NULL, "Join");
	set_option(place, "registration_title",
	           TABLE(ITEM("de", string("Hallo")), ITEM("en", string("Hello")), ITEM("de-AT", string("Servus"))));
	assert_wording(title, "de-AT-1996", "Servus");
	assert_wording(title, "DE-at", "Servus");
	assert_wording(title, "de-CH", "Hallo");
	assert_wording(title, "en-GB", "Hello");
	assert_wording(title, "fr", "Hello");
	assert_wording(title, "d", "Hello");
	assert_wording(title, NULL, "Hello");
	assert_text(muster_wording_in(title, text("de-at")).language, "de-AT");
}

static void test_wordings_without_english(void **state)
{
	struct place *place = *state;
	const struct muster_wording *title = &place->host->title;

	set_option(place, "registration_title", TABLE(ITEM("es", string("Hola"))));
	assert_wording(title, "fr", "Hola");
	assert_wording(title, NULL, "Hola");
	set_option(place, "registration_title", table(NULL, 0));
	assert_wording(title, "fr", NULL);
}

/* What a stranger who reads that language is told; NULL says nothing of it. */
static const char *send_in(struct place *place, const char *type, const char *language)
{
	char xml[256], attribute[64] = "";

	if (language)
		snprintf(attribute, sizeof(attribute), " xml:lang='%s'", language);
	snprintf(xml, sizeof(xml), "<iq type='%s' id='a&apos;1'%s><query xmlns='jabber:iq:register'/></iq>", type,
	         attribute);
	return request(place, stranger(), xml);
}

static struct muster_value in_both(const char *german, const char *english)
{
	static struct muster_item items[16][2];
	static size_t next;
	struct muster_item *both = items[next++ % 16];

	both[0] = (struct muster_item)ITEM("de", string(german));
	both[1] = (struct muster_item)ITEM("en", string(english));
	return table(both, 2);
}

static void ask_gender(struct place *place)
{
	set_option(place, "muster_offer_form", string("always"));
	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("email")),
	                 ELEMENT(TABLE(ITEM("name", string("x-gender")), ITEM("type", string("list-single")),
	                               ITEM("label", in_both("Geschlecht", "Gender")),
	                               ITEM("options", TABLE(ELEMENT(TABLE(ITEM("value", string("F")),
	                                                                   ITEM("label", in_both("Frau", "Woman")))),
	                                                     ELEMENT(string("M"))))))));
}

static void test_an_operators_words_in_an_answer(void **state)
{
	struct place *place = *state;
	const char *answer;

	set_option(place, "registration_title", in_both("Mitmachen", "Join"));
	set_option(place, "registration_instructions", in_both("Wie heißt du?", "Who are you?"));
	ask_gender(place);
	answer = send_in(place, "get", "de-CH");
	assert_holds(answer, "<query xmlns='jabber:iq:register'><instructions>Wie heißt du?</instructions><username/>");
	assert_holds(answer, "<title>Mitmachen</title><instructions>Wie heißt du?</instructions>");
	assert_holds(answer, "var='x-gender' label='Geschlecht'><option label='Frau'><value>F</value></option>"
	                     "<option label='M'><value>M</value></option>");
	answer = send_in(place, "get", "fr");
	assert_holds(answer, "<query xmlns='jabber:iq:register'><instructions>Who are you?</instructions><username/>");
	assert_holds(answer, "<title>Join</title><instructions>Who are you?</instructions>");
	assert_holds(answer, "var='x-gender' label='Gender'><option label='Woman'><value>F</value></option>");
}

static void assert_refused(const char *option, struct muster_value value, const char *first, const char *second)
{
	struct muster_failure failure = { 0 };
	struct muster_host *host;

	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(host, option, &value, &failure), MUSTER_BAD_OPTION);
	if (!strstr(failure.text, option) || !strstr(failure.text, first) || !strstr(failure.text, second))
		fail_msg("\"%s\" lacks \"%s\", \"%s\" or \"%s\"", failure.text, option, first, second);
	muster_host_release(host);
}

static void test_wordings_that_cannot_be(void **state)
{
	(void)state;
	assert_refused("registration_title", TABLE(ITEM("de_AT", string("Servus"))), "\"de_AT\"", "tags of languages");
	assert_refused("registration_title", TABLE(ELEMENT(string("Hello"))), "\"\"", "tags of languages");
	assert_refused("registration_instructions", TABLE(ITEM("de", number(1))), "1 is not allowed", "a string");
	assert_refused("registration_instructions", TABLE(ITEM("de", TABLE(ITEM("en", string("a"))))), "a table",
	               "a string");
}

/* --- the catalogues that come with it --- */

static const struct muster_catalogue *catalogue_of(const struct muster_host *host, const char *language)
{
	for (size_t i = 0; i < host->catalogue_count; i++)
		if (muster_text_is_c(host->catalogues[i].language, language))
			return &host->catalogues[i];
	fail_msg("there is no catalogue %s", language);
	return NULL;
}

static bool has_place(struct muster_text words)
{
	return memmem(words.data, words.size, "{field}", strlen("{field}")) != NULL;
}

static void test_every_phrase_in_every_language(void **state)
{
	struct place *place = *state;
	const struct muster_host *host = place->host;

	set_option(place, "muster_languages", string(LANGUAGES));
	assert_non_null(catalogue_of(host, "de"));
	assert_non_null(catalogue_of(host, "es"));
	assert_non_null(catalogue_of(host, "zh"));
	for (size_t i = 0; i < host->catalogue_count; i++)
		for (enum muster_phrase phrase = 1; phrase < MUSTER_PHRASE_COUNT; phrase++) {
			const struct muster_catalogue *catalogue = &host->catalogues[i];
			struct muster_text words = catalogue->phrases[phrase];
			const char *wanted = strstr(muster_phrase_english(phrase), "{field}");

			if (!words.data || has_place(words) != (wanted != NULL))
				fail_msg("%s in %s is \"%s\"", muster_phrase_key(phrase), catalogue->language.data,
				         words.data ? words.data : "(absent)");
		}
}

static void test_english_is_the_same_in_its_file(void **state)
{
	struct place *place = *state;
	const struct muster_catalogue *english;

	set_option(place, "muster_languages", string(LANGUAGES));
	english = catalogue_of(place->host, "en");
	for (enum muster_phrase phrase = 1; phrase < MUSTER_PHRASE_COUNT; phrase++)
		assert_text(english->phrases[phrase], muster_phrase_english(phrase));
}

/* Each key once, in the order of the list, so that files can be compared side by side. */
static void check_order(const char *path)
{
	enum muster_phrase phrase = 1;
	FILE *file = fopen(path, "r");
	char line[256];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		size_t size = strcspn(line, ":");

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_in_range(phrase, 1, MUSTER_PHRASE_COUNT - 1);
		assert_memory_equal(line + size, ": ", 2);
		line[size] = '\0';
		assert_string_equal(line, muster_phrase_key(phrase++));
	}
	assert_int_equal(phrase, MUSTER_PHRASE_COUNT);
	fclose(file);
}

static void test_catalogues_are_in_order(void **state)
{
	DIR *directory = opendir(LANGUAGES);
	struct dirent *entry;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			check_order(path_in(LANGUAGES, entry->d_name));
	closedir(directory);
}

/* --- answers --- */

/* Cut out what stands between `opening` and `closing`, wherever it does. */
static void blank(char *xml, const char *opening, char closing)
{
	for (char *at = xml; (at = strstr(at, opening)) != NULL;) {
		char *end = strchr(at += strlen(opening), closing);

		assert_non_null(end);
		memmove(at, end, strlen(end) + 1);
	}
}

/* The answer without words and without the language that they are in. The next call but one overwrites it. */
static const char *skeleton(const char *answer)
{
	static char copies[2][16384];
	static int next;
	char *copy = copies[next++ % 2];

	snprintf(copy, sizeof(copies[0]), "%s", answer);
	blank(copy, " xml:lang='", '\'');
	blank(copy, " xml:lang=''>", '<');
	blank(copy, " label='", '\'');
	blank(copy, "<title>", '<');
	blank(copy, "<instructions>", '<');
	return copy;
}

struct words {
	const char *title, *instructions, *username, *password, *email; /* of the form */
	const char *error;                                              /* to a set without a username */
};

static const struct words english = {
	"<title>Creating a new account</title>",
	"<instructions>Choose a username and password for use with this service.</instructions>",
	" var='username' label='Username'>",
	" var='password' label='Password'>",
	" var='email' label='E-mail address'>",
	" xml:lang='en'>The field username is required.</text>",
};

static const struct words german = {
	"<title>Neues Konto erstellen</title>",
	"<instructions>Wählen Sie einen Benutzernamen und ein Passwort für diesen Dienst.</instructions>",
	" var='username' label='Benutzername'>",
	" var='password' label='Passwort'>",
	" var='email' label='E-Mail-Adresse'>",
	" xml:lang='de'>Das Feld username muss ausgefüllt werden.</text>",
};

static const struct words spanish = {
	"<title>Crear una cuenta nueva</title>",
	"<instructions>Elija un nombre de usuario y una contraseña para este servicio.</instructions>",
	" var='username' label='Nombre de usuario'>",
	" var='password' label='Contraseña'>",
	" var='email' label='Dirección de correo electrónico'>",
	" xml:lang='es'>El campo username es obligatorio.</text>",
};

static const struct words chinese = {
	"<title>创建新账号</title>",          "<instructions>请选择用于此服务的用户名和密码。</instructions>",
	" var='username' label='用户名'>",    " var='password' label='密码'>",
	" var='email' label='电子邮件地址'>", " xml:lang='zh'>字段 username 为必填项。</text>",
};

static void check_get(const char *answer, const struct words *words)
{
	const char *query = strstr(answer, "<query xmlns='jabber:iq:register'>");

	assert_non_null(query);
	query += strlen("<query xmlns='jabber:iq:register'>");
	if (strncmp(query, words->instructions, strlen(words->instructions)) != 0)
		fail_msg("\"%s\" does not begin %s", words->instructions, query);
	assert_holds(strstr(answer, "<x xmlns='jabber:x:data'"), words->instructions);
	assert_holds(answer, words->title);
	assert_holds(answer, words->username);
	assert_holds(answer, words->password);
	assert_holds(answer, words->email);
}

static void check_language(struct place *place, const char *language, const struct words *words)
{
	const char *answer, *wanted = skeleton(send_in(place, "get", "en"));

	answer = send_in(place, "get", language);
	assert_holds(answer, "send <iq type='result' id='a&apos;1'>");
	check_get(answer, words);
	assert_string_equal(skeleton(answer), wanted);
	wanted = skeleton(send_in(place, "set", "en"));
	answer = send_in(place, "set", language);
	assert_holds(answer, "send <iq type='error' id='a&apos;1'>");
	assert_string_equal(verdict(answer), "not-acceptable modify 406");
	assert_holds(answer, words->error);
	assert_string_equal(skeleton(answer), wanted);
}

/* R-077-21 */
static void test_answers_in_the_readers_language(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_languages", string(LANGUAGES));
	set_option(place, "muster_offer_form", string("always"));
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	check_language(place, "en", &english);
	check_language(place, "de", &german);
	check_language(place, "de-AT", &german);
	check_language(place, "es-419", &spanish);
	check_language(place, "ZH-hans-CN", &chinese);
	check_language(place, "fr", &english);
	check_language(place, "", &english);
	check_language(place, NULL, &english);
}

static void test_the_streams_language_counts_where_a_request_has_none(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = stranger();

	facts.language = text("de-DE");
	set_option(place, "muster_languages", string(LANGUAGES));
	assert_holds(request(place, facts, "<iq type='get'><query xmlns='jabber:iq:register'/></iq>"),
	             german.instructions);
	assert_holds(request(place, facts, "<iq type='get' xml:lang='es'><query xmlns='jabber:iq:register'/></iq>"),
	             spanish.instructions);
}

static void test_forms_that_prove_who_asks(void **state)
{
	struct place *place = *state;
	const char *answer;

	set_option(place, "muster_languages", string(LANGUAGES));
	set_option(place, "muster_change_password", string("form"));
	set_option(place, "muster_verify_fields",
	           TABLE(ELEMENT(TABLE(ITEM("name", string("x-mmn")), ITEM("label", in_both("Mutter", "Mother"))))));
	assert_string_equal(verdict(set(place, stranger(),
	                                "<x xmlns='jabber:x:data' type='submit'>"
	                                "<field var='username'><value>bill</value></field>"
	                                "<field var='password'><value>Calliope</value></field>"
	                                "<field var='x-mmn'><value>Arden</value></field></x>")),
	                    "result");
	answer = request(place, account("bill"),
	                 "<iq type='set' id='1' xml:lang='de'><query xmlns='jabber:iq:register'>"
	                 "<username>bill</username><password>new</password></query></iq>");
	assert_string_equal(verdict(answer), "not-authorized modify 401");
	assert_holds(answer, "<title>Passwort ändern</title>");
	assert_holds(answer, " var='username' label='Benutzername'>");
	assert_holds(answer, " var='old_password' label='Altes Passwort'>");
	assert_holds(answer, " var='password' label='Neues Passwort'>");
	assert_holds(answer, " var='x-mmn' label='Mutter'>");
	assert_holds(answer, " xml:lang='de'>Geben Sie auch das alte Passwort an.</text>");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_get_wider),
		cmocka_unit_test(test_letter_case_does_not_count),
		cmocka_unit_test(test_what_a_tag_may_be),
		TEST(test_wordings_by_language),
		TEST(test_wordings_without_english),
		TEST(test_an_operators_words_in_an_answer),
		cmocka_unit_test(test_wordings_that_cannot_be),
		TEST(test_every_phrase_in_every_language),
		TEST(test_english_is_the_same_in_its_file),
		cmocka_unit_test(test_catalogues_are_in_order),
		TEST(test_answers_in_the_readers_language),
		TEST(test_the_streams_language_counts_where_a_request_has_none),
		TEST(test_forms_that_prove_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
