/* document.c -- expat's events made into a tree. The only file that includes expat.h. */
#include "xml/document.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"

/* Between namespace and name; no XML text can hold it, so no namespace can. */
#define SEPARATOR '\1'

const struct muster_limits muster_default_limits = {
	.size_bytes = 64 * 1024, .depth = 20, .elements = 200, .attributes = 400
};

struct reading {
	struct muster_document *document;
	const struct muster_limits *limits;
	XML_Parser parser;
	struct muster_element *open;
	unsigned depth, elements, attributes;
	int error; /* why a handler stopped the parser */
};

static void stop(struct reading *reading, int error)
{
	if (reading->error == MUSTER_OK) {
		reading->error = error;
		XML_StopParser(reading->parser, XML_FALSE);
	}
}

/* Copy a name out of expat, split at the separator. */
static int copy_name(struct reading *reading, const char *expanded, struct muster_text *space, struct muster_text *name)
{
	const char *separator = strchr(expanded, SEPARATOR);
	struct muster_arena *arena = &reading->document->arena;
	int error = MUSTER_OK;

	*space = MUSTER_NO_TEXT;
	if (separator) {
		struct muster_text before = { expanded, (size_t)(separator - expanded) };

		error = muster_arena_copy(arena, before, space);
	}
	if (error == MUSTER_OK)
		error = muster_arena_copy(arena, muster_text_of(separator ? separator + 1 : expanded), name);
	return error;
}

static int add_attribute(struct reading *reading, struct muster_element *element, const char *name, const char *value)
{
	struct muster_attribute *attribute = muster_arena_take(&reading->document->arena, sizeof(*attribute));
	int error;

	if (!attribute)
		return MUSTER_NO_MEMORY;
	if (++reading->attributes > reading->limits->attributes)
		return MUSTER_TOO_LARGE;
	error = copy_name(reading, name, &attribute->space, &attribute->name);
	if (error == MUSTER_OK)
		error = muster_arena_copy(&reading->document->arena, muster_text_of(value), &attribute->value);
	attribute->next = element->attributes;
	element->attributes = attribute;
	return error;
}

static void attach(struct reading *reading, struct muster_element *element)
{
	struct muster_element *parent = reading->open;

	element->parent = parent;
	if (!parent)
		reading->document->root = element;
	else if (parent->last)
		parent->last->next = element;
	else
		parent->first = element;
	if (parent)
		parent->last = element;
	reading->open = element;
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct reading *reading = user;
	struct muster_element *element;
	int error;

	if (reading->error != MUSTER_OK)
		return;
	if (++reading->depth > reading->limits->depth || ++reading->elements > reading->limits->elements) {
		stop(reading, MUSTER_TOO_LARGE);
		return;
	}
	element = muster_arena_take(&reading->document->arena, sizeof(*element));
	error = element ? copy_name(reading, name, &element->space, &element->name) : MUSTER_NO_MEMORY;
	for (size_t i = 0; error == MUSTER_OK && attributes[i]; i += 2)
		error = add_attribute(reading, element, attributes[i], attributes[i + 1]);
	if (error == MUSTER_OK)
		attach(reading, element);
	else
		stop(reading, error);
}

static void on_end(void *user, const char *name)
{
	struct reading *reading = user;

	(void)name;
	if (reading->error != MUSTER_OK)
		return;
	reading->depth--;
	reading->open = reading->open->parent;
}

/* Expat hands out text in pieces, at every line end and entity; room that doubles keeps the copying linear. */
static int append_text(struct reading *reading, const char *data, size_t size)
{
	struct muster_element *element = reading->open;
	size_t wanted = element->text.size + size, room = 2 * wanted;
	char *bytes = (char *)element->text.data;

	if (wanted > element->text_room) {
		bytes = muster_arena_take(&reading->document->arena, room);
		if (!bytes)
			return MUSTER_NO_MEMORY;
		if (element->text.size > 0)
			memcpy(bytes, element->text.data, element->text.size);
		element->text_room = room;
	}
	memcpy(bytes + element->text.size, data, size);
	element->text = (struct muster_text){ bytes, wanted };
	return MUSTER_OK;
}

static void on_text(void *user, const char *data, int size)
{
	struct reading *reading = user;
	int error = MUSTER_OK;

	if (reading->error == MUSTER_OK && reading->open)
		error = append_text(reading, data, (size_t)size);
	if (error != MUSTER_OK)
		stop(reading, error);
}

static void on_doctype(void *user, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(user, MUSTER_MALFORMED);
}

static void on_comment(void *user, const char *data)
{
	(void)data;
	stop(user, MUSTER_MALFORMED);
}

static void on_instruction(void *user, const char *target, const char *data)
{
	(void)target;
	(void)data;
	stop(user, MUSTER_MALFORMED);
}

static int feed(struct reading *reading, struct muster_text text)
{
	size_t piece = reading->limits->piece_bytes > 0 ? reading->limits->piece_bytes : text.size;

	for (size_t at = 0; at <= text.size; at += piece) {
		size_t size = text.size - at < piece ? text.size - at : piece;
		bool last = at + size == text.size;
		enum XML_Status status = XML_Parse(reading->parser, text.data + at, (int)size, last);

		if (reading->error != MUSTER_OK)
			return reading->error;
		if (status != XML_STATUS_OK && XML_GetErrorCode(reading->parser) == XML_ERROR_NO_MEMORY)
			return MUSTER_NO_MEMORY;
		if (status != XML_STATUS_OK)
			return MUSTER_MALFORMED;
		if (last)
			break;
	}
	return reading->document->root ? MUSTER_OK : MUSTER_MALFORMED;
}

static void set_handlers(struct reading *reading)
{
	XML_SetUserData(reading->parser, reading);
	XML_SetElementHandler(reading->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
	XML_SetCommentHandler(reading->parser, on_comment);
	XML_SetProcessingInstructionHandler(reading->parser, on_instruction);
}

int muster_document_read(struct muster_document *document, struct muster_text text, const struct muster_limits *limits)
{
	static const XML_Memory_Handling_Suite memory = { muster_allocate, muster_reallocate, muster_free };
	const char separator[] = { SEPARATOR, '\0' };
	struct reading reading = { .document = document, .limits = limits ? limits : &muster_default_limits };
	int error;

	*document = (struct muster_document){ 0 };
	if (text.size == 0)
		return MUSTER_MALFORMED;
	if (text.size > reading.limits->size_bytes || text.size > INT_MAX)
		return MUSTER_TOO_LARGE;
	reading.parser = XML_ParserCreate_MM("UTF-8", &memory, separator);
	if (!reading.parser)
		return MUSTER_NO_MEMORY;
	set_handlers(&reading);
	error = feed(&reading, text);
	XML_ParserFree(reading.parser);
	if (error != MUSTER_OK)
		muster_document_clear(document);
	return error;
}

void muster_document_clear(struct muster_document *document)
{
	muster_arena_clear(&document->arena);
	document->root = NULL;
}
