/* fuzz_catalogue.c -- any bytes as a catalogue: what is read is trimmed, and written again it reads the same; and as a
 * language: each wider range is a shorter one, so looking up ends. */
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fuzz.h"
#include "policy/phrase.h"
#include "xml/writer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void check_words(struct muster_text words)
{
	check(words.size > 0);
	check(!is_blank(words.data[0]) && !is_blank(words.data[words.size - 1]));
	check(!memchr(words.data, '\n', words.size));
	check(words.data[words.size] == '\0');
	check(muster_xml_can_hold(words));
}

static void write_again(const struct muster_catalogue *catalogue, struct muster_buffer *text)
{
	for (enum muster_phrase phrase = 1; phrase < MUSTER_PHRASE_COUNT; phrase++) {
		if (!catalogue->phrases[phrase].data)
			continue;
		check_words(catalogue->phrases[phrase]);
		muster_buffer_add_c(text, muster_phrase_key(phrase));
		muster_buffer_add_c(text, ": ");
		muster_buffer_add(text, catalogue->phrases[phrase]);
		muster_buffer_add_c(text, "\n");
	}
}

static void check_same(const struct muster_catalogue *catalogue, struct muster_arena *arena)
{
	struct muster_catalogue other = { .language = MUSTER_NO_TEXT };
	struct muster_buffer text = { 0 };

	write_again(catalogue, &text);
	check(muster_catalogue_read(&other, arena, muster_buffer_text(&text), NULL) == MUSTER_OK);
	for (enum muster_phrase phrase = 0; phrase < MUSTER_PHRASE_COUNT; phrase++)
		check(muster_text_is(catalogue->phrases[phrase], other.phrases[phrase]));
	muster_buffer_clear(&text);
}

static void widen(struct muster_text range)
{
	while (range.size > 0) {
		struct muster_text wider = muster_language_widen(range);

		check(wider.size < range.size && wider.data == range.data);
		range = wider;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_text text = { (const char *)data, size };
	struct muster_catalogue catalogue = { .language = MUSTER_NO_TEXT };
	struct muster_arena arena = { 0 };
	struct muster_failure failure = { 0 };
	int error = muster_catalogue_read(&catalogue, &arena, text, &failure);

	if (error == MUSTER_OK) {
		check(failure.text[0] == '\0');
		check_same(&catalogue, &arena);
	} else {
		check(error == MUSTER_MALFORMED);
		check(strncmp(failure.text, "line ", 5) == 0 && failure.text[5] >= '1' && failure.text[5] <= '9');
	}
	muster_arena_clear(&arena);
	widen(text);
	check(muster_memory_live() == 0);
	return 0;
}
