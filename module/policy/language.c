/* language.c -- looking up by language. */
#include "policy/language.h"

#include <string.h>

#include "policy/host.h"
#include "policy/setting.h"

bool muster_language_valid(struct muster_text tag)
{
	for (size_t i = 0; i < tag.size; i++) {
		char c = tag.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return tag.size > 0 && tag.data[0] != '-';
}

bool muster_language_is(struct muster_text tag, struct muster_text other)
{
	return tag.size == other.size && (tag.size == 0 || strncasecmp(tag.data, other.data, tag.size) == 0);
}

/* A single letter introduces what stands behind it and goes with it, also where nothing stands before it. */
struct muster_text muster_language_widen(struct muster_text range)
{
	size_t size = range.size;

	while (size > 0 && range.data[size - 1] != '-')
		size--;
	size = size > 0 ? size - 1 : 0;
	while (size == 1 || (size > 2 && range.data[size - 2] == '-'))
		size -= size == 1 ? 1 : 2;
	return (struct muster_text){ range.data, size };
}

static const struct muster_saying *find(const struct muster_wording *wording, struct muster_text range)
{
	for (; range.size > 0; range = muster_language_widen(range))
		for (size_t i = 0; i < wording->count; i++)
			if (muster_language_is(wording->sayings[i].language, range))
				return &wording->sayings[i];
	return NULL;
}

struct muster_saying muster_wording_in(const struct muster_wording *wording, struct muster_text language)
{
	const struct muster_saying *found = find(wording, language);

	if (!found)
		found = find(wording, MUSTER_TEXT("en"));
	if (!found && wording->count > 0)
		found = &wording->sayings[0];
	return found ? *found : (struct muster_saying){ MUSTER_NO_TEXT, MUSTER_NO_TEXT };
}

static int take_saying(const struct muster_setting *setting, const struct muster_item *item,
                       struct muster_saying *saying)
{
	int error;

	if (!muster_language_valid(item->key))
		return muster_setting_refuse_key(setting, item->key,
		                                 "tags of languages, such as \"en\" or \"zh-Hant\"");
	error = muster_arena_copy(&setting->host->arena, item->key, &saying->language);
	return error == MUSTER_OK ? muster_setting_text(setting, &item->value, &saying->text) : error;
}

int muster_setting_wording(const struct muster_setting *setting, const struct muster_value *value,
                           struct muster_wording *wording)
{
	size_t count = value->kind == MUSTER_TABLE ? value->count : 1;
	struct muster_saying *sayings = muster_arena_take(&setting->host->arena, (count + 1) * sizeof(*sayings));
	int error = MUSTER_OK;

	if (!sayings)
		return MUSTER_NO_MEMORY;
	if (value->kind != MUSTER_TABLE)
		error = muster_setting_text(setting, value, &sayings[0].text);
	for (size_t i = 0; value->kind == MUSTER_TABLE && i < count && error == MUSTER_OK; i++)
		error = take_saying(setting, &value->items[i], &sayings[i]);
	*wording = (struct muster_wording){ sayings, error == MUSTER_OK ? count : 0 };
	return error;
}
