/* record.c -- a version byte, then fields: tag, size in four bytes (big-endian), value. */
#include "store/record.h"

#include <endian.h>
#include <string.h>

#include "muster/error.h"

enum { HEADER = 5, NUMBER = 8 };

static void put_big_endian(uint8_t *bytes, uint64_t number, size_t size)
{
	for (size_t i = size; i > 0; i--, number >>= 8)
		bytes[i - 1] = (uint8_t)number;
}

/* At once, not byte by byte: every field that is read has one or two. */
static uint32_t get_size(const uint8_t *bytes)
{
	uint32_t big_endian;

	memcpy(&big_endian, bytes, sizeof(big_endian));
	return be32toh(big_endian);
}

static uint64_t get_number(const void *bytes)
{
	uint64_t big_endian;

	memcpy(&big_endian, bytes, sizeof(big_endian));
	return be64toh(big_endian);
}

void muster_record_begin(struct muster_buffer *record, uint8_t version)
{
	muster_buffer_clear(record);
	muster_buffer_add_byte(record, (char)version);
}

void muster_record_add_text(struct muster_buffer *record, uint8_t tag, struct muster_text text)
{
	uint8_t header[HEADER] = { tag };

	put_big_endian(header + 1, text.size, HEADER - 1);
	muster_buffer_add(record, (struct muster_text){ (const char *)header, HEADER });
	muster_buffer_add(record, text);
}

void muster_record_add_number(struct muster_buffer *record, uint8_t tag, uint64_t number)
{
	uint8_t bytes[NUMBER];

	put_big_endian(bytes, number, NUMBER);
	muster_record_add_text(record, tag, (struct muster_text){ (const char *)bytes, NUMBER });
}

void muster_record_add_nested(struct muster_buffer *record, uint8_t tag, struct muster_buffer *nested)
{
	muster_record_add_text(record, tag, muster_buffer_text(nested));
	if (nested->error != MUSTER_OK)
		record->error = nested->error;
	muster_buffer_clear(nested);
}

int muster_record_open(struct muster_record *record, const void *bytes, size_t size, uint8_t newest)
{
	const uint8_t *first = bytes;

	*record = (struct muster_record){ 0 };
	if (size == 0 || first[0] == 0)
		return MUSTER_CORRUPT;
	record->next = first + 1;
	record->end = first + size;
	return first[0] > newest ? MUSTER_NEWER : MUSTER_OK;
}

int muster_record_next(struct muster_record *record)
{
	size_t left = (size_t)(record->end - record->next), size;

	if (left == 0)
		return MUSTER_NOT_FOUND;
	if (left < HEADER)
		return MUSTER_CORRUPT;
	size = get_size(record->next + 1);
	if (size > left - HEADER)
		return MUSTER_CORRUPT;
	record->tag = record->next[0];
	record->value = (struct muster_text){ (const char *)record->next + HEADER, size };
	record->next += HEADER + size;
	return MUSTER_OK;
}

uint64_t muster_record_number(const struct muster_record *record)
{
	return record->value.size == NUMBER ? get_number(record->value.data) : 0;
}
