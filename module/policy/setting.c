/* setting.c -- values of one kind, taken or refused with a sentence that an operator understands. */
#include "policy/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/host.h"

static void describe(const struct muster_value *value, char *text, size_t size)
{
	switch (value->kind) {
	case MUSTER_BOOLEAN:
		snprintf(text, size, "%s", value->boolean ? "true" : "false");
		break;
	case MUSTER_NUMBER:
		snprintf(text, size, "%.14g", value->number);
		break;
	case MUSTER_STRING:
		snprintf(text, size, "\"%.*s\"", (int)(value->text.size < 60 ? value->text.size : 60),
		         value->text.data ? value->text.data : "");
		break;
	case MUSTER_TABLE:
		snprintf(text, size, "a table");
		break;
	}
}

int muster_setting_refuse(const struct muster_setting *setting, const struct muster_value *value, const char *allowed)
{
	char text[80];

	describe(value, text, sizeof(text));
	return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: %s is not allowed; allowed: %s",
	                   setting->option, text, allowed);
}

int muster_setting_refuse_key(const struct muster_setting *setting, struct muster_text key, const char *allowed)
{
	return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: key \"%.*s\" is not known; known: %s",
	                   setting->option, (int)(key.size < 60 ? key.size : 60), key.data ? key.data : "", allowed);
}

int muster_setting_boolean(const struct muster_setting *setting, const struct muster_value *value, bool *target)
{
	if (value->kind != MUSTER_BOOLEAN)
		return muster_setting_refuse(setting, value, "true, false");
	*target = value->boolean;
	return MUSTER_OK;
}

int muster_setting_number(const struct muster_setting *setting, const struct muster_value *value, uint32_t least,
                          uint32_t most, uint32_t *target)
{
	char allowed[64];

	snprintf(allowed, sizeof(allowed), "a whole number from %u to %u", (unsigned)least, (unsigned)most);
	if (value->kind != MUSTER_NUMBER || !(value->number >= least && value->number <= most) ||
	    value->number != (uint32_t)value->number)
		return muster_setting_refuse(setting, value, allowed);
	*target = (uint32_t)value->number;
	return MUSTER_OK;
}

/* Prosody 13 reads units by their first letters too. A bare "m" could be either of two. */
static int64_t unit_s(const char *unit)
{
	static const struct {
		const char *letters;
		int64_t seconds;
	} units[] = {
		{ "s", 1 },         { "mi", 60 },         { "h", 3600 },        { "d", 86400 },
		{ "w", 7 * 86400 }, { "mo", 31 * 86400 }, { "y", 366 * 86400 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strncasecmp(unit, units[i].letters, strlen(units[i].letters)) == 0)
			return units[i].seconds;
	return *unit == '\0' ? 1 : 0;
}

int muster_setting_period(const struct muster_setting *setting, const struct muster_value *value, int64_t *seconds)
{
	const double most = 1e11; /* three thousand years */
	char text[32] = "", *end = text;
	double number = value->number;
	int64_t unit = value->kind == MUSTER_NUMBER ? 1 : 0;

	*seconds = MUSTER_NEVER;
	if (value->kind == MUSTER_STRING && value->text.size > 0 && value->text.size < sizeof(text)) {
		memcpy(text, value->text.data, value->text.size);
		number = strtod(text, &end);
		unit = end == text ? 0 : unit_s(end + strspn(end, " "));
	}
	if (strcmp(text, "never") == 0 || (value->kind == MUSTER_BOOLEAN && !value->boolean) ||
	    (unit > 0 && number < 0))
		return MUSTER_OK;
	if (unit == 0 || !(number * (double)unit <= most))
		return muster_setting_refuse(setting, value,
		                             "a number of seconds, a text such as \"2 weeks\", or \"never\"");
	*seconds = (int64_t)(number * (double)unit);
	return MUSTER_OK;
}

int muster_setting_text(const struct muster_setting *setting, const struct muster_value *value,
                        struct muster_text *target)
{
	if (value->kind != MUSTER_STRING)
		return muster_setting_refuse(setting, value, "a string");
	return muster_arena_copy(&setting->host->arena, value->text, target);
}

int muster_setting_texts(const struct muster_setting *setting, const struct muster_value *value,
                         const struct muster_text **texts, size_t *count)
{
	struct muster_text *list;
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, "a list of strings");
	list = muster_arena_take(&setting->host->arena, (value->count + 1) * sizeof(*list));
	if (!list)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = value->items[i].key.data
		                ? muster_setting_refuse_key(setting, value->items[i].key, "none, it is a list")
		                : muster_setting_text(setting, &value->items[i].value, &list[i]);
	*texts = list;
	*count = error == MUSTER_OK ? value->count : 0;
	return error;
}

int muster_setting_word(const struct muster_setting *setting, const char *const *words, int *choice)
{
	char allowed[128] = "";
	size_t size = 0;

	for (int i = 0; words[i]; i++) {
		if (setting->value->kind == MUSTER_STRING && muster_text_is_c(setting->value->text, words[i])) {
			*choice = i;
			return MUSTER_OK;
		}
		size += (size_t)snprintf(allowed + size, sizeof(allowed) - size, "%s\"%s\"", i > 0 ? ", " : "",
		                         words[i]);
	}
	return muster_setting_refuse(setting, setting->value, allowed);
}
