/* password.c -- the rules of password_policy, in the order in which a user can do something about them. */
#include "policy/password.h"

#include <string.h>

#include "muster/preparation.h"

/* Does `text` hold `part`, letter case of ASCII aside? Names are folded already. */
static bool contains(struct muster_text text, struct muster_text part)
{
	for (size_t i = 0; part.size > 0 && i + part.size <= text.size; i++)
		if (strncasecmp(text.data + i, part.data, part.size) == 0)
			return true;
	return false;
}

static bool blocked(const struct muster_password_rules *rules, struct muster_text password)
{
	for (size_t i = 0; i < rules->blocklist_count; i++)
		if (muster_text_is(rules->blocklist[i], password))
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
	if (blocked(rules, password))
		return MUSTER_PHRASE_PASSWORD_COMMON;
	return MUSTER_PHRASE_NONE;
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
		return MUSTER_OK;
	muster_buffer_clear(derivable);
	return MUSTER_BAD_PASSWORD;
}
