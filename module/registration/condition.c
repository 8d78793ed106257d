/* condition.c -- the table of stanza errors. */
#include "registration/condition.h"

const struct muster_condition_row muster_conditions[MUSTER_CONDITION_COUNT] = {
#define MUSTER_CONDITION_ROW(symbol, name, type, code) { name, type, code },
	MUSTER_CONDITIONS(MUSTER_CONDITION_ROW)
#undef MUSTER_CONDITION_ROW
};

enum muster_condition muster_condition_of(struct muster_text name)
{
	enum muster_condition condition = 0;

	while (condition < MUSTER_CONDITION_COUNT && !muster_text_is_c(name, muster_conditions[condition].name))
		condition++;
	return condition;
}

const char *muster_condition_type_of(struct muster_text name)
{
	static const char *const types[] = { "auth", "cancel", "continue", "modify", "wait" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (muster_text_is_c(name, types[i]))
			return types[i];
	return NULL;
}
