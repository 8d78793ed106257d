/* schema.h -- the data elements of jabber:iq:register (XEP-0077, section 14.1), in the schema's order. */
#ifndef MUSTER_POLICY_SCHEMA_H
#define MUSTER_POLICY_SCHEMA_H

#include <stddef.h>

#include "muster/text.h"

extern const char *const muster_schema[];
extern const size_t muster_schema_count;

/* The element of that name, or NULL. */
const char *muster_schema_find(struct muster_text name);

/* Its place in the schema's order. */
size_t muster_schema_place(const char *name);

#endif
