/* language.h -- tags of languages (RFC 5646) and texts that exist in several. */
#ifndef MUSTER_POLICY_LANGUAGE_H
#define MUSTER_POLICY_LANGUAGE_H

#include "muster/text.h"

/* Letters, digits and hyphens, as a tag has them? */
bool muster_language_valid(struct muster_text tag);

/* The same language? Letter case does not count. */
bool muster_language_is(struct muster_text tag, struct muster_text other);

/* The next wider range to look for, "zh-Hant" behind "zh-Hant-TW"; empty behind the widest (RFC 4647, section 3.4). */
struct muster_text muster_language_widen(struct muster_text range);

/* A text in a language; `language` is absent where nobody knows. Borrowed. */
struct muster_saying {
	struct muster_text text, language;
};

/* An operator's text: one, or one a language. */
struct muster_wording {
	const struct muster_saying *sayings;
	size_t count;
};

/* The saying that suits a reader best: in `language`, else in English, else any. Absent if there is none. */
struct muster_saying muster_wording_in(const struct muster_wording *wording, struct muster_text language);

struct muster_setting;
struct muster_value;

/* Take a string, or a table from tags to strings. Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_setting_wording(const struct muster_setting *setting, const struct muster_value *value,
                           struct muster_wording *wording);

#endif
