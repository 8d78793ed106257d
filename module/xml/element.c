/* element.c -- looking into a read element. */
#include "xml/element.h"

#include <stddef.h>

#define XML_SPACE "http://www.w3.org/XML/1998/namespace"

bool muster_element_is(const struct muster_element *element, const char *space, const char *name)
{
	return muster_text_is_c(element->name, name) && muster_text_is_c(element->space, space);
}

const struct muster_element *muster_element_child(const struct muster_element *element, const char *space,
                                                  const char *name)
{
	struct muster_text wanted = space ? muster_text_of(space) : element->space;

	for (const struct muster_element *child = element->first; child; child = child->next)
		if (muster_text_is_c(child->name, name) && muster_text_is(child->space, wanted))
			return child;
	return NULL;
}

static struct muster_text attribute(const struct muster_element *element, struct muster_text space, const char *name)
{
	for (const struct muster_attribute *each = element->attributes; each; each = each->next)
		if (muster_text_is_c(each->name, name) && muster_text_is(each->space, space))
			return each->value;
	return MUSTER_NO_TEXT;
}

struct muster_text muster_element_attribute(const struct muster_element *element, const char *name)
{
	return attribute(element, MUSTER_NO_TEXT, name);
}

struct muster_text muster_element_language(const struct muster_element *element)
{
	return attribute(element, MUSTER_TEXT(XML_SPACE), "lang");
}
