/* schema.c -- names of data elements. */
#include "policy/schema.h"

/* username, password and key have meanings of their own and stand elsewhere. */
const char *const muster_schema[] = {
	"nick",  "name", "first", "last", "email", "address", "city",
	"state", "zip",  "phone", "url",  "date",  "misc",    "text",
};

const size_t muster_schema_count = sizeof(muster_schema) / sizeof(muster_schema[0]);

const char *muster_schema_find(struct muster_text name)
{
	for (size_t i = 0; i < muster_schema_count; i++)
		if (muster_text_is_c(name, muster_schema[i]))
			return muster_schema[i];
	return NULL;
}

size_t muster_schema_place(const char *name)
{
	size_t place = 0;

	while (place < muster_schema_count && muster_schema[place] != name)
		place++;
	return place;
}
