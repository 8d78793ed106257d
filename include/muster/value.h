/* value.h -- the value of an option as a configuration file gives it. Borrowed. */
#ifndef MUSTER_VALUE_H
#define MUSTER_VALUE_H

#include "muster/text.h"

enum muster_value_kind { MUSTER_BOOLEAN, MUSTER_NUMBER, MUSTER_STRING, MUSTER_TABLE };

struct muster_value {
	enum muster_value_kind kind;
	bool boolean;
	double number;
	struct muster_text text;
	const struct muster_item *items; /* of a table, in no order unless it is a list */
	size_t count;
};

struct muster_item {
	struct muster_text key; /* absent: an element of a list, which keep their order */
	struct muster_value value;
};

#endif
