/* document.h -- XML bytes read into elements, under limits. */
#ifndef MUSTER_XML_DOCUMENT_H
#define MUSTER_XML_DOCUMENT_H

#include "base/arena.h"
#include "xml/element.h"

struct muster_document {
	struct muster_arena arena;
	struct muster_element *root; /* NULL if there is none */
	int error;                   /* why not */
};

struct muster_limits {
	size_t size_bytes; /* of the whole text */
	unsigned depth;    /* the root is at depth 1 */
	unsigned elements;
	unsigned attributes; /* in all; xmlns declarations do not count */
	size_t piece_bytes;  /* how much expat is fed at a time, 0 for all at once; tests cut everywhere */
};

extern const struct muster_limits muster_default_limits; /* 64 KiB, depth 20, 200 elements, 400 attributes */

/* Read one element with nothing beside it.
 *
 * Plain XML as XMPP has it (RFC 6120, section 11.1): no document type, so no entities beyond the five; no comment, no
 * processing instruction. `limits` may be NULL for the defaults. On success `document` owns the tree until
 * muster_document_clear; on failure it is empty.
 * Returns MUSTER_OK, MUSTER_MALFORMED, MUSTER_TOO_LARGE, MUSTER_NO_MEMORY. */
int muster_document_read(struct muster_document *document, struct muster_text text, const struct muster_limits *limits);

/* The same by a reader, for who reads many: making one takes longer than most texts. It keeps what it has read until
 * the next, so it is not for secrets. One thread at a time. NULL without memory; NULL is fine to free. */
struct muster_reader;
struct muster_reader *muster_reader_new(void);
int muster_reader_read(struct muster_reader *reader, struct muster_document *document, struct muster_text text,
                       const struct muster_limits *limits);
void muster_reader_free(struct muster_reader *reader);

/* What came of making a document by other means (builder.h): with an error it is empty. Returns the error. */
int muster_document_end(struct muster_document *document, int error);

/* Wipe and free; an empty document is fine. */
void muster_document_clear(struct muster_document *document);

#endif
