/* test_scanner.c -- cutting a stream into elements, in pieces of every size, and reading their conditions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reply.h"
#include "scanner.h"

static const char stream[] = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id=\"a>b\">"
			     "<stream:features><mechanism>PLAIN</mechanism></stream:features>\n"
			     "<success/><iq type='result'><query><x a='/>'/></query></iq></stream:stream>";

static const struct {
	enum scanner_token token;
	const char *begin;
} expected[] = {
	{ SCANNER_HEADER, "<stream:stream " },  { SCANNER_ELEMENT, "<stream:features>" },
	{ SCANNER_ELEMENT, "<success/>" },      { SCANNER_ELEMENT, "<iq type='result'>" },
	{ SCANNER_FOOTER, "</stream:stream>" },
};

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

static struct reply reply_of(const char *text)
{
	return (struct reply){ text, strlen(text) };
}

/* As a connection does it: grow the buffer, take what is complete, forget that. Returns how many tokens came. */
static size_t feed(size_t piece)
{
	struct scanner scanner = { 0 };
	char buffer[sizeof(stream)];
	size_t size = 0, tokens = 0, begin, end, done;
	enum scanner_token token;

	for (size_t at = 0; at < sizeof(stream) - 1; at += piece) {
		size_t rest = sizeof(stream) - 1 - at, more = rest < piece ? rest : piece;

		memcpy(buffer + size, stream + at, more);
		size += more;
		while ((token = scanner_next(&scanner, buffer, size, &begin, &end)) != SCANNER_MORE) {
			assert_true(tokens < EXPECTED);
			assert_int_equal(token, expected[tokens].token);
			assert_memory_equal(buffer + begin, expected[tokens].begin, strlen(expected[tokens].begin));
			assert_int_equal(buffer[end - 1], '>');
			tokens++;
		}
		done = scanner_forget(&scanner);
		size -= done;
		memmove(buffer, buffer + done, size);
	}
	return tokens;
}

static void a_stream_is_cut_the_same_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++)
		assert_int_equal(feed(piece), EXPECTED);
}

static void what_no_server_sends_is_garbled(void **state)
{
	static const char *const bad[] = { "</iq>", "<!DOCTYPE a>", "<stream:stream><!-- -->" };
	size_t begin, end;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scanner scanner = { 0 };
		enum scanner_token token;

		do {
			token = scanner_next(&scanner, bad[i], strlen(bad[i]), &begin, &end);
		} while (token == SCANNER_HEADER);
		assert_int_equal(token, SCANNER_GARBLED);
	}
}

static void a_reply_tells_its_name_and_attributes(void **state)
{
	struct reply reply = reply_of("<iq xid='no' id='p1' type=\"result\"><query id='inner' other='x'/></iq>");
	char value[8];

	(void)state;
	assert_true(reply_is(reply, "iq"));
	assert_false(reply_is(reply, "i"));
	assert_true(reply_contains(reply, "inner"));
	assert_true(reply_attribute(reply, "id", value, sizeof(value)));
	assert_string_equal(value, "p1");
	assert_true(reply_attribute(reply, "type", value, sizeof(value)));
	assert_string_equal(value, "result");
	assert_false(reply_attribute(reply, "other", value, sizeof(value)));
}

static void a_condition_is_found_behind_the_text(void **state)
{
	static const struct {
		const char *reply, *condition;
	} cases[] = {
		{ "<iq type='error'><query/><error type='cancel'><text>no</text><conflict xmlns='x'/></error></iq>",
		  "conflict" },
		{ "<failure xmlns='x'><not-authorized/></failure>", "not-authorized" },
		{ "<stream:error><host-unknown/></stream:error>", "host-unknown" },
		{ "<failure/>", "unknown" },
		{ "<iq type='error'><error></error></iq>", "unknown" },
		{ "<iq type='result'/>", "unknown" },
	};
	char condition[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reply_condition(reply_of(cases[i].reply), condition, sizeof(condition));
		assert_string_equal(condition, cases[i].condition);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_cut_the_same_in_pieces_of_any_size),
		cmocka_unit_test(what_no_server_sends_is_garbled),
		cmocka_unit_test(a_reply_tells_its_name_and_attributes),
		cmocka_unit_test(a_condition_is_found_behind_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
