/* writer.c -- the one place that escapes. */
#include "xml/writer.h"

#include <stddef.h>
#include <stdint.h>

#include "muster/error.h"

static size_t sequence_size(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if ((lead & 0xf0) == 0xe0)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Decode one code point; its size in bytes, or 0 if these bytes are not UTF-8. */
static size_t decode(const unsigned char *bytes, size_t size, uint32_t *code_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = sequence_size(bytes[0]);

	if (length == 0 || length > size)
		return 0;
	*code_point = length == 1 ? bytes[0] : bytes[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code_point = *code_point << 6 | (bytes[i] & 0x3f);
	}
	return *code_point >= least[length] ? length : 0;
}

/* Char of XML 1.0, section 2.2. */
static bool is_xml_character(uint32_t code_point)
{
	if (code_point < 0x20)
		return code_point == '\t' || code_point == '\n' || code_point == '\r';
	return code_point <= 0xd7ff || (code_point >= 0xe000 && code_point <= 0xfffd) ||
	       (code_point >= 0x10000 && code_point <= 0x10ffff);
}

static const char *escape_of(unsigned char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	case '\r':
		return "&#13;"; /* a parser would read a bare one as a line feed */
	default:
		return NULL;
	}
}

static void add_escaped(struct muster_buffer *xml, struct muster_text text, bool in_attribute)
{
	const unsigned char *bytes = (const unsigned char *)text.data;

	for (size_t i = 0; i < text.size;) {
		uint32_t code_point = 0;
		size_t length = decode(bytes + i, text.size - i, &code_point);
		const char *escape = escape_of(bytes[i]);

		if (length == 0 || !is_xml_character(code_point))
			muster_buffer_add_c(xml, "\xef\xbf\xbd");
		else if (in_attribute && (bytes[i] == '\n' || bytes[i] == '\t'))
			muster_buffer_add_c(xml, bytes[i] == '\n' ? "&#10;" : "&#9;");
		else if (escape)
			muster_buffer_add_c(xml, escape);
		else
			muster_buffer_add(xml, (struct muster_text){ text.data + i, length });
		i += length > 0 ? length : 1;
	}
}

bool muster_xml_can_hold(struct muster_text text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;
	size_t length;

	for (size_t i = 0; i < text.size; i += length) {
		uint32_t code_point = 0;

		length = decode(bytes + i, text.size - i, &code_point);
		if (length == 0 || !is_xml_character(code_point))
			return false;
	}
	return true;
}

void muster_xml_text(struct muster_buffer *xml, struct muster_text text)
{
	add_escaped(xml, text, false);
}

void muster_xml_attribute(struct muster_buffer *xml, const char *name, struct muster_text value)
{
	if (!value.data)
		return;
	muster_buffer_add_byte(xml, ' ');
	muster_buffer_add_c(xml, name);
	muster_buffer_add_c(xml, "='");
	add_escaped(xml, value, true);
	muster_buffer_add_byte(xml, '\'');
}

void muster_xml_element(struct muster_buffer *xml, const char *name, struct muster_text text)
{
	muster_buffer_add_byte(xml, '<');
	muster_buffer_add_c(xml, name);
	if (text.size > 0) {
		muster_buffer_add_byte(xml, '>');
		muster_xml_text(xml, text);
		muster_buffer_add_c(xml, "</");
		muster_buffer_add_c(xml, name);
	}
	muster_buffer_add_c(xml, text.size > 0 ? ">" : "/>");
}
