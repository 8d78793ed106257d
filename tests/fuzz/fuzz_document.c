/* fuzz_document.c -- any bytes as XML: however they are cut, the same tree; written again, the same tree. */
#include "base/memory.h"
#include "fuzz.h"
#include "xml/document.h"
#include "xml/writer.h"

static bool same(const struct muster_element *one, const struct muster_element *other)
{
	const struct muster_element *a = one->first, *b = other->first;
	const struct muster_attribute *c = one->attributes, *d = other->attributes;

	if (!muster_text_is(one->name, other->name) || !muster_text_is(one->space, other->space) ||
	    !muster_text_is(one->text, other->text))
		return false;
	for (; c && d; c = c->next, d = d->next)
		if (!muster_text_is(c->name, d->name) || !muster_text_is(c->value, d->value))
			return false;
	for (; a && b; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return !a && !b && !c && !d;
}

/* The text of any element and any attribute can be written and read back. */
static void check_writing(const struct muster_element *element)
{
	struct muster_buffer xml = { 0 };
	struct muster_document document;

	muster_buffer_add_c(&xml, "<a");
	muster_xml_attribute(&xml, "b", element->attributes ? element->attributes->value : MUSTER_TEXT(""));
	muster_buffer_add_c(&xml, ">");
	muster_xml_text(&xml, element->text);
	muster_buffer_add_c(&xml, "</a>");
	if (muster_document_read(&document, muster_buffer_text(&xml), NULL) != MUSTER_TOO_LARGE)
		check(muster_text_is(document.root->text, element->text));
	muster_document_clear(&document);
	muster_buffer_clear(&xml);
	for (const struct muster_element *child = element->first; child; child = child->next)
		check_writing(child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_text xml = { (const char *)data, size };
	struct muster_limits limits = muster_default_limits;
	struct muster_document whole, pieces;
	int error = muster_document_read(&whole, xml, NULL);

	limits.piece_bytes = size % 7 + 1;
	check(muster_document_read(&pieces, xml, &limits) == error);
	if (error == MUSTER_OK) {
		check(same(whole.root, pieces.root));
		check_writing(whole.root);
	} else {
		check(error == MUSTER_MALFORMED || error == MUSTER_TOO_LARGE);
	}
	muster_document_clear(&whole);
	muster_document_clear(&pieces);
	check(muster_memory_live() == 0);
	return 0;
}
