/* builder.h -- a document made piece by piece, under limits, from whatever has the pieces. */
#ifndef MUSTER_XML_BUILDER_H
#define MUSTER_XML_BUILDER_H

#include "xml/document.h"

struct muster_builder {
	struct muster_document *document;   /* empty at first; whoever has it clears it, also after an error */
	const struct muster_limits *limits; /* of the size only the reader knows */
	struct muster_element *open;        /* to which what comes belongs; NULL outside of the root */
	unsigned depth, elements, attributes;
};

/* Everything is copied. Open an element inside of the open one. Returns MUSTER_OK, MUSTER_TOO_LARGE,
 * MUSTER_NO_MEMORY. */
int muster_builder_open(struct muster_builder *builder, struct muster_text space, struct muster_text name);

/* Give the open element an attribute. Returns as above. */
int muster_builder_attribute(struct muster_builder *builder, struct muster_text space, struct muster_text name,
                             struct muster_text value);

/* Append to the text of the open element. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_builder_text(struct muster_builder *builder, struct muster_text text);

void muster_builder_close(struct muster_builder *builder);

#endif
