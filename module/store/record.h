/* record.h -- records as bytes: a version, then tagged fields. docs/format.md describes them; change both together. */
#ifndef MUSTER_STORE_RECORD_H
#define MUSTER_STORE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "muster/text.h"

/* Writing. Errors stay in the buffer. */
void muster_record_begin(struct muster_buffer *record, uint8_t version);
void muster_record_add_text(struct muster_buffer *record, uint8_t tag, struct muster_text text);
void muster_record_add_number(struct muster_buffer *record, uint8_t tag, uint64_t number);
/* A record inside of another, which is cleared. */
void muster_record_add_nested(struct muster_buffer *record, uint8_t tag, struct muster_buffer *nested);

/* Reading: a view on bytes that stay where they are. */
struct muster_record {
	const uint8_t *next, *end;
	uint8_t tag; /* of the current field */
	struct muster_text value;
};

/* Begin to read. Returns MUSTER_OK, MUSTER_CORRUPT, or MUSTER_NEWER for a version above `newest`. */
int muster_record_open(struct muster_record *record, const void *bytes, size_t size, uint8_t newest);

/* Step to the next field. Returns MUSTER_OK, MUSTER_NOT_FOUND at the end, or MUSTER_CORRUPT. */
int muster_record_next(struct muster_record *record);

/* The current field as a number; one that is no number reads as zero. */
uint64_t muster_record_number(const struct muster_record *record);

#endif
