/* mode.c -- the mode as configured, and as an operator has it for a while. */
#include "policy/mode.h"

#include "muster/directive.h"
#include "policy/host.h"

const char *const muster_mode_words[] = { "open", "invite", "approval", "redirect", "closed", NULL };

bool muster_mode_of(struct muster_text word, enum muster_mode *mode)
{
	for (int i = 0; muster_mode_words[i]; i++)
		if (muster_text_is_c(word, muster_mode_words[i])) {
			*mode = (enum muster_mode)i;
			return true;
		}
	return false;
}

int muster_mode_set(const struct muster_setting *setting)
{
	int choice = 0, error = muster_setting_word(setting, muster_mode_words, &choice);

	if (error != MUSTER_OK)
		return error;
	setting->host->mode = (enum muster_mode)choice;
	setting->host->mode_set = true;
	return MUSTER_OK;
}

int muster_mode_set_allow(const struct muster_setting *setting)
{
	bool allow = false;
	int error = muster_setting_boolean(setting, setting->value, &allow);

	/* It speaks of accounts. */
	if (error == MUSTER_OK && !setting->host->mode_set && setting->host->kind == MUSTER_HOST_ACCOUNTS)
		setting->host->mode = allow ? MUSTER_MODE_OPEN : MUSTER_MODE_CLOSED;
	return error;
}

int muster_mode_now(const struct muster_host *host, struct muster_transaction *transaction, int64_t now_s,
                    enum muster_mode *mode)
{
	struct muster_directive directive;
	int error;

	*mode = host->mode;
	if (!transaction)
		return MUSTER_OK;
	error = muster_directive_get(transaction, host->name, MUSTER_TEXT("mode"), MUSTER_TEXT(""), now_s, &directive);
	if (error == MUSTER_OK)
		muster_mode_of(directive.value, mode);
	muster_directive_clear(&directive);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}
