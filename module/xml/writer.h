/* writer.h -- XML written into a buffer. What is a literal in our source goes in as it is; everything else passes
 * through here and comes out escaped. Errors stay in the buffer (`buffer->error`) and are looked at once. */
#ifndef MUSTER_XML_WRITER_H
#define MUSTER_XML_WRITER_H

#include "muster/text.h"

/* Is this UTF-8, of characters that XML can carry? */
bool muster_xml_can_hold(struct muster_text text);

/* Character data. What XML cannot carry (control characters, broken UTF-8) becomes U+FFFD. */
void muster_xml_text(struct muster_buffer *xml, struct muster_text text);

/* ` name='value'`; nothing when the value is absent. */
void muster_xml_attribute(struct muster_buffer *xml, const char *name, struct muster_text value);

/* `<name>text</name>`, or `<name/>` when the text is absent or empty. */
void muster_xml_element(struct muster_buffer *xml, const char *name, struct muster_text text);

#endif
