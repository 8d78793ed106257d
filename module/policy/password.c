/* password.c -- the rules of password_policy, in the order in which a user can do something about them. */
#include "policy/password.h"

#include <string.h>

#include "muster/preparation.h"
#include "policy/setting.h"
#include "policy/strength.h"

/* --- setting the rules --- */

static int set_strength(const struct muster_setting *setting, const struct muster_value *value)
{
	uint32_t *strength = &setting->host->password_rules.strength;
	int error = muster_setting_number(setting, value, 0, MUSTER_STRENGTH_MAX, strength);

	if (error == MUSTER_OK && *strength > 0 && !muster_strength_known())
		error = muster_fail(setting->failure, MUSTER_BAD_OPTION,
		                    "option %s: strength cannot be judged, Muster was built without zxcvbn",
		                    setting->option);
	return error;
}

static int set_leaked(const struct muster_setting *setting, const struct muster_value *value)
{
	struct muster_password_rules *rules = &setting->host->password_rules;
	struct muster_text path = MUSTER_NO_TEXT;
	const char *why = NULL;
	int error = muster_setting_text(setting, value, &path);

	if (error != MUSTER_OK)
		return error;
	muster_leaked_close(rules->leaked);
	error = muster_leaked_open(&rules->leaked, path.data, &why);
	if (error == MUSTER_BAD_OPTION)
		muster_fail(setting->failure, error, "option %s: leaked \"%.200s\": %s", setting->option, path.data,
		            why);
	return error;
}

static int set_rule(const struct muster_setting *setting, const struct muster_item *item)
{
	struct muster_password_rules *rules = &setting->host->password_rules;

	if (muster_text_is_c(item->key, "length"))
		return muster_setting_number(setting, &item->value, 1, 1024, &rules->length);
	if (muster_text_is_c(item->key, "max_length"))
		return muster_setting_number(setting, &item->value, 1, 1024, &rules->max_length);
	if (muster_text_is_c(item->key, "exclude_username"))
		return muster_setting_boolean(setting, &item->value, &rules->exclude_username);
	if (muster_text_is_c(item->key, "blocklist"))
		return muster_blocklist_set(setting, &item->value, &rules->blocklist);
	if (muster_text_is_c(item->key, "strength"))
		return set_strength(setting, &item->value);
	if (muster_text_is_c(item->key, "leaked"))
		return set_leaked(setting, &item->value);
	return muster_setting_refuse_key(setting, item->key,
	                                 "length, max_length, exclude_username, blocklist, strength, leaked");
}

int muster_password_set(const struct muster_setting *setting)
{
	const struct muster_password_rules *rules = &setting->host->password_rules;
	int error = MUSTER_OK;

	if (setting->value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, setting->value, "a table such as { length = 8 }");
	for (size_t i = 0; i < setting->value->count && error == MUSTER_OK; i++)
		error = set_rule(setting, &setting->value->items[i]);
	if (error == MUSTER_OK && rules->length > rules->max_length)
		error = muster_fail(setting->failure, MUSTER_BAD_OPTION,
		                    "option %s: length %u is above max_length %u, no password could be chosen",
		                    setting->option, (unsigned)rules->length, (unsigned)rules->max_length);
	return error;
}

/* --- keeping them --- */

/* Does `text` hold `part`, letter case of ASCII aside? Names are folded already. */
static bool contains(struct muster_text text, struct muster_text part)
{
	for (size_t i = 0; part.size > 0 && i + part.size <= text.size; i++)
		if (strncasecmp(text.data + i, part.data, part.size) == 0)
			return true;
	return false;
}

static enum muster_phrase objection(const struct muster_password_rules *rules, struct muster_text name,
                                    struct muster_text password, size_t length)
{
	if (length < rules->length)
		return MUSTER_PHRASE_PASSWORD_SHORT;
	if (length > rules->max_length)
		return MUSTER_PHRASE_PASSWORD_LONG;
	if (rules->exclude_username && contains(password, name))
		return MUSTER_PHRASE_PASSWORD_HAS_NAME;
	if (muster_blocklist_holds(&rules->blocklist, password))
		return MUSTER_PHRASE_PASSWORD_COMMON;
	if (rules->strength > 0 && muster_strength_score(password, name) < rules->strength)
		return MUSTER_PHRASE_PASSWORD_GUESSABLE;
	return MUSTER_PHRASE_NONE;
}

/* Last, as it may have to wait for the disk. */
static int look_for_leak(const struct muster_password_rules *rules, struct muster_text password,
                         enum muster_phrase *why)
{
	bool found = false;
	int error = rules->leaked ? muster_leaked_holds(rules->leaked, password, &found) : MUSTER_OK;

	*why = found ? MUSTER_PHRASE_PASSWORD_LEAKED : MUSTER_PHRASE_NONE;
	return error;
}

int muster_password_check(const struct muster_host *host, struct muster_text name, struct muster_text password,
                          struct muster_buffer *derivable, enum muster_phrase *why)
{
	size_t length = 0;
	int error = muster_password_prepare(password, derivable, &length);

	*why = MUSTER_PHRASE_PASSWORD_UNUSABLE;
	if (error != MUSTER_OK)
		return error;
	*why = objection(&host->password_rules, name, muster_buffer_text(derivable), length);
	if (*why == MUSTER_PHRASE_NONE)
		error = look_for_leak(&host->password_rules, muster_buffer_text(derivable), why);
	if (*why != MUSTER_PHRASE_NONE)
		error = MUSTER_BAD_PASSWORD;
	if (error != MUSTER_OK)
		muster_buffer_clear(derivable);
	return error;
}
