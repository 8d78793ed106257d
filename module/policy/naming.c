/* naming.c -- rules for names. Patterns are the Lua host's; it matches them for us. */
#include "policy/naming.h"

#include "muster/preparation.h"
#include "policy/host.h"

/* A reserved name counts in every way to write it. */
int muster_naming_set_reserved(const struct muster_setting *setting)
{
	struct muster_naming *naming = &setting->host->naming;
	struct muster_text *names;
	int error = muster_setting_texts(setting, setting->value, &naming->reserved, &naming->reserved_count);

	names = (struct muster_text *)naming->reserved;
	for (size_t i = 0; i < naming->reserved_count && error == MUSTER_OK; i++) {
		struct muster_buffer prepared = { 0 };

		error = muster_name_prepare(names[i], &prepared);
		if (error == MUSTER_OK)
			error = muster_arena_copy(&setting->host->arena, muster_buffer_text(&prepared), &names[i]);
		else if (error == MUSTER_BAD_NAME)
			error = muster_setting_refuse(setting, &setting->value->items[i].value, "names of accounts");
		muster_buffer_clear(&prepared);
	}
	return error;
}

static int check_pattern(const struct muster_setting *setting, const struct muster_value *value,
                         struct muster_text pattern)
{
	const struct muster_matcher *matcher = &setting->host->matcher;

	if (matcher->match && matcher->match(matcher->context, pattern, MUSTER_TEXT("x")) >= 0)
		return MUSTER_OK;
	return muster_setting_refuse(setting, value, "patterns of Lua");
}

int muster_naming_set_excluded(const struct muster_setting *setting)
{
	struct muster_naming *naming = &setting->host->naming;
	int error = muster_setting_texts(setting, setting->value, &naming->excluded, &naming->excluded_count);

	for (size_t i = 0; i < naming->excluded_count && error == MUSTER_OK; i++)
		error = check_pattern(setting, &setting->value->items[i].value, naming->excluded[i]);
	return error;
}

int muster_naming_set_required(const struct muster_setting *setting)
{
	struct muster_naming *naming = &setting->host->naming;
	int error = muster_setting_text(setting, setting->value, &naming->required);

	return error == MUSTER_OK ? check_pattern(setting, setting->value, naming->required) : error;
}

int muster_naming_set_length(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 1, 1023, &setting->host->naming.length);
}

int muster_naming_set_max_length(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 1, 1023, &setting->host->naming.max_length);
}

/* --- looking --- */

static uint32_t code_points(struct muster_text text)
{
	uint32_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return count;
}

bool muster_naming_is_short_or_long(const struct muster_host *host, struct muster_text name)
{
	uint32_t length = code_points(name);

	return length < host->naming.length || length > host->naming.max_length;
}

bool muster_naming_is_reserved(const struct muster_host *host, struct muster_text name)
{
	for (size_t i = 0; i < host->naming.reserved_count; i++)
		if (muster_text_is(host->naming.reserved[i], name))
			return true;
	return false;
}

/* More than 0: it matches; less: it cannot be told, and then the name is not let in. */
static int match(const struct muster_host *host, struct muster_text pattern, struct muster_text name)
{
	return host->matcher.match(host->matcher.context, pattern, name);
}

struct muster_text muster_naming_excluding(const struct muster_host *host, struct muster_text name)
{
	for (size_t i = 0; i < host->naming.excluded_count; i++)
		if (match(host, host->naming.excluded[i], name) != 0)
			return host->naming.excluded[i];
	return MUSTER_NO_TEXT;
}

bool muster_naming_lacks_required(const struct muster_host *host, struct muster_text name)
{
	return host->naming.required.data && match(host, host->naming.required, name) <= 0;
}
