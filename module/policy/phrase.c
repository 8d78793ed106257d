/* phrase.c -- English, and finding a phrase in another language. */
#include "policy/phrase.h"

#include "policy/host.h"

static const struct {
	const char *key, *english;
} phrases[MUSTER_PHRASE_COUNT] = { { "", "" },
#define MUSTER_PHRASE_ROW(symbol, key, english) { key, english },
	                           MUSTER_PHRASES(MUSTER_PHRASE_ROW)
#undef MUSTER_PHRASE_ROW
};

enum muster_phrase muster_phrase_of(struct muster_text key)
{
	for (enum muster_phrase phrase = 1; phrase < MUSTER_PHRASE_COUNT; phrase++)
		if (muster_text_is_c(key, phrases[phrase].key))
			return phrase;
	return MUSTER_PHRASE_NONE;
}

const char *muster_phrase_key(enum muster_phrase phrase)
{
	return phrases[phrase].key;
}

const char *muster_phrase_english(enum muster_phrase phrase)
{
	return phrases[phrase].english;
}

static const struct muster_catalogue *find(const struct muster_host *host, enum muster_phrase phrase,
                                           struct muster_text range)
{
	for (; range.size > 0; range = muster_language_widen(range))
		for (size_t i = 0; i < host->catalogue_count; i++)
			if (muster_language_is(host->catalogues[i].language, range) &&
			    host->catalogues[i].phrases[phrase].data)
				return &host->catalogues[i];
	return NULL;
}

struct muster_saying muster_phrase_in(const struct muster_host *host, enum muster_phrase phrase,
                                      struct muster_text language)
{
	const struct muster_catalogue *catalogue = find(host, phrase, language);

	if (catalogue)
		return (struct muster_saying){ catalogue->phrases[phrase], catalogue->language };
	return (struct muster_saying){ muster_text_of(phrases[phrase].english), MUSTER_TEXT("en") };
}
