/* element.h -- a read XML element: its name, attributes, children and text. Borrowed from its document. */
#ifndef MUSTER_XML_ELEMENT_H
#define MUSTER_XML_ELEMENT_H

#include "muster/text.h"

struct muster_attribute {
	struct muster_attribute *next;
	struct muster_text space; /* namespace; absent for the ordinary, unprefixed attribute */
	struct muster_text name;
	struct muster_text value;
};

struct muster_element {
	struct muster_element *parent, *next, *first, *last;
	struct muster_attribute *attributes;
	struct muster_text space; /* namespace; absent if none */
	struct muster_text name;
	struct muster_text text; /* the element's own character data, its children's left out; absent if none */
	size_t text_room;        /* the reader's: bytes that `text` may grow to in place */
};

bool muster_element_is(const struct muster_element *element, const char *space, const char *name);

/* The first child of that name, or NULL; `space` NULL stands for the parent's namespace. */
const struct muster_element *muster_element_child(const struct muster_element *element, const char *space,
                                                  const char *name);

/* An unprefixed attribute's value; absent if there is none. */
struct muster_text muster_element_attribute(const struct muster_element *element, const char *name);

/* The value of xml:lang; absent if there is none. */
struct muster_text muster_element_language(const struct muster_element *element);

#endif
