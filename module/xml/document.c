/* document.c -- expat's events made into a document. The only file that includes expat.h. */
#include "xml/builder.h"

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
	struct muster_builder builder;
	XML_Parser parser;
	int error; /* why a handler stopped the parser */
};

static void stop(struct reading *reading, int error)
{
	if (reading->error == MUSTER_OK) {
		reading->error = error;
		XML_StopParser(reading->parser, XML_FALSE);
	}
}

/* Expat's name, split at the separator. */
static struct muster_text cut_name(const char *expanded, struct muster_text *space)
{
	const char *separator = strchr(expanded, SEPARATOR);

	*space = separator ? (struct muster_text){ expanded, (size_t)(separator - expanded) } : MUSTER_NO_TEXT;
	return muster_text_of(separator ? separator + 1 : expanded);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct reading *reading = user;
	struct muster_text space, local = cut_name(name, &space);
	int error;

	if (reading->error != MUSTER_OK)
		return;
	error = muster_builder_open(&reading->builder, space, local);
	for (size_t i = 0; error == MUSTER_OK && attributes[i]; i += 2) {
		local = cut_name(attributes[i], &space);
		error = muster_builder_attribute(&reading->builder, space, local, muster_text_of(attributes[i + 1]));
	}
	if (error != MUSTER_OK)
		stop(reading, error);
}

static void on_end(void *user, const char *name)
{
	struct reading *reading = user;

	(void)name;
	if (reading->error == MUSTER_OK)
		muster_builder_close(&reading->builder);
}

static void on_text(void *user, const char *data, int size)
{
	struct reading *reading = user;
	int error = MUSTER_OK;

	if (reading->error == MUSTER_OK && reading->builder.open)
		error = muster_builder_text(&reading->builder, (struct muster_text){ data, (size_t)size });
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
	size_t piece = reading->builder.limits->piece_bytes > 0 ? reading->builder.limits->piece_bytes : text.size;

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
	return reading->builder.document->root ? MUSTER_OK : MUSTER_MALFORMED;
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

struct muster_reader {
	XML_Parser parser;
};

struct muster_reader *muster_reader_new(void)
{
	static const XML_Memory_Handling_Suite memory = { muster_allocate, muster_reallocate, muster_free };
	const char separator[] = { SEPARATOR, '\0' };
	struct muster_reader *reader = muster_allocate_zeroed(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->parser = XML_ParserCreate_MM("UTF-8", &memory, separator);
	if (reader->parser)
		return reader;
	muster_free(reader);
	return NULL;
}

void muster_reader_free(struct muster_reader *reader)
{
	if (reader)
		XML_ParserFree(reader->parser);
	muster_free(reader);
}

static int read_all(struct muster_reader *reader, struct muster_document *document, struct muster_text text,
                    const struct muster_limits *limits)
{
	struct reading reading = { .builder = { .document = document, .limits = limits }, .parser = reader->parser };

	if (text.size == 0)
		return MUSTER_MALFORMED;
	if (text.size > limits->size_bytes || text.size > INT_MAX)
		return MUSTER_TOO_LARGE;
	if (!XML_ParserReset(reader->parser, "UTF-8"))
		return MUSTER_NO_MEMORY;
	set_handlers(&reading);
	return feed(&reading, text);
}

int muster_reader_read(struct muster_reader *reader, struct muster_document *document, struct muster_text text,
                       const struct muster_limits *limits)
{
	*document = (struct muster_document){ 0 };
	return muster_document_end(document,
	                           read_all(reader, document, text, limits ? limits : &muster_default_limits));
}

int muster_document_read(struct muster_document *document, struct muster_text text, const struct muster_limits *limits)
{
	struct muster_reader *reader = muster_reader_new();
	int error;

	*document = (struct muster_document){ .error = MUSTER_NO_MEMORY };
	if (!reader)
		return MUSTER_NO_MEMORY;
	error = muster_reader_read(reader, document, text, limits);
	muster_reader_free(reader);
	return error;
}

int muster_document_end(struct muster_document *document, int error)
{
	if (error != MUSTER_OK)
		muster_document_clear(document);
	document->error = error;
	return error;
}

void muster_document_clear(struct muster_document *document)
{
	muster_arena_clear(&document->arena);
	document->root = NULL;
}
