/* setting.h -- one option being set: what every option's function is given, and values of one kind. */
#ifndef MUSTER_POLICY_SETTING_H
#define MUSTER_POLICY_SETTING_H

#include <stdint.h>

#include "muster/host.h"

struct muster_setting {
	struct muster_host *host;
	const char *option;
	const struct muster_value *value;
	struct muster_failure *failure;
};

/* Refuse a value, the option's or one inside it, and say what is allowed. Return MUSTER_BAD_OPTION. */
int muster_setting_refuse(const struct muster_setting *setting, const struct muster_value *value, const char *allowed);

/* The same of a key that is not known. */
int muster_setting_refuse_key(const struct muster_setting *setting, struct muster_text key, const char *known);

/* Take a value of that kind; a period is in seconds, MUSTER_NEVER if without end. Return MUSTER_OK, MUSTER_BAD_OPTION,
 * MUSTER_NO_MEMORY; a text lives as long as the host.
 */
int muster_setting_boolean(const struct muster_setting *setting, const struct muster_value *value, bool *target);
int muster_setting_number(const struct muster_setting *setting, const struct muster_value *value, uint32_t least,
                          uint32_t most, uint32_t *target);
int muster_setting_period(const struct muster_setting *setting, const struct muster_value *value, int64_t *seconds);
int muster_setting_text(const struct muster_setting *setting, const struct muster_value *value,
                        struct muster_text *target);

/* A list of texts. */
int muster_setting_texts(const struct muster_setting *setting, const struct muster_value *value,
                         const struct muster_text **texts, size_t *count);

/* The option's value as one of the words, by number; NULL ends them. */
int muster_setting_word(const struct muster_setting *setting, const char *const *words, int *choice);

#endif
