/* field.h -- fields that a registration asks for beside name and password. */
#ifndef MUSTER_POLICY_FIELD_H
#define MUSTER_POLICY_FIELD_H

#include <regex.h>
#include <stddef.h>

#include "policy/language.h"

/* XEP-0004, section 3.3, without those that nobody can fill in. */
enum muster_field_type {
	MUSTER_FIELD_TEXT_SINGLE,
	MUSTER_FIELD_TEXT_MULTI,
	MUSTER_FIELD_TEXT_PRIVATE,
	MUSTER_FIELD_LIST_SINGLE,
	MUSTER_FIELD_LIST_MULTI,
	MUSTER_FIELD_BOOLEAN,
	MUSTER_FIELD_JID_SINGLE,
	MUSTER_FIELD_JID_MULTI,
	MUSTER_FIELD_TYPE_COUNT,
};

/* XEP-0122, section 5.1: the datatypes of it that are checked here. */
enum muster_datatype {
	MUSTER_DATATYPE_NONE,
	MUSTER_DATATYPE_STRING,
	MUSTER_DATATYPE_INTEGER,
	MUSTER_DATATYPE_DECIMAL,
	MUSTER_DATATYPE_DATE,
	MUSTER_DATATYPE_COUNT,
};

struct muster_choice {
	struct muster_text value;
	struct muster_wording label; /* empty: the value */
};

struct muster_field_rule {
	struct muster_text name;
	const char *element;         /* of jabber:iq:register, or NULL: then it stands in forms only */
	struct muster_wording label; /* empty: our own words, if there are any */
	enum muster_field_type type;
	bool asked; /* always, but for username and password, which a service may do without */
	bool required;
	bool secret; /* a verify field: kept as a hash, proves who asks, never shown */
	const struct muster_choice *choices;
	size_t choice_count;
	enum muster_datatype datatype;
	struct muster_text least, most; /* of an integer, decimal or date; absent if there is no bound */
	struct muster_text pattern;     /* a POSIX extended regular expression for the whole value; absent if none */
	regex_t *compiled;              /* of the pattern */
};

enum { MUSTER_FIELDS_MAX = 20 };

struct muster_setting;

/* Set a host's fields from additional_registration_fields, and those that prove who asks from muster_verify_fields. */
int muster_field_set(const struct muster_setting *setting);
int muster_field_set_verify(const struct muster_setting *setting);

/* Let go of what the arena does not hold. */
void muster_field_clear(struct muster_field_rule *rule);

const char *muster_field_type_name(enum muster_field_type type);
const char *muster_datatype_name(enum muster_datatype datatype); /* "xs:integer" */

/* May such a field have several values? */
bool muster_field_takes_several(enum muster_field_type type);

/* Is this, not empty, one that the field can have? Returns MUSTER_OK if so, MUSTER_REFUSED if not, MUSTER_NO_MEMORY. */
int muster_field_check(const struct muster_field_rule *rule, struct muster_text value);

#endif
