/* text.c -- comparing borrowed text; the owned buffer. */
#include "muster/text.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"

struct muster_text muster_text_of(const char *string)
{
	return (struct muster_text){ string, string ? strlen(string) : 0 };
}

struct muster_text muster_buffer_text(const struct muster_buffer *buffer)
{
	return (struct muster_text){ buffer->data, buffer->size };
}

bool muster_text_is(struct muster_text text, struct muster_text other)
{
	return text.size == other.size && (text.size == 0 || memcmp(text.data, other.data, text.size) == 0);
}

bool muster_text_is_c(struct muster_text text, const char *string)
{
	return muster_text_is(text, muster_text_of(string));
}

int muster_text_compare(struct muster_text text, struct muster_text other)
{
	size_t common = text.size < other.size ? text.size : other.size;
	int order = common > 0 ? memcmp(text.data, other.data, common) : 0;

	if (order == 0 && text.size != other.size)
		order = text.size < other.size ? -1 : 1;
	return order;
}

bool muster_text_same_secret(struct muster_text text, struct muster_text other)
{
	unsigned char difference = 0;

	if (text.size != other.size)
		return false;
	for (size_t i = 0; i < text.size; i++)
		difference |= (unsigned char)(text.data[i] ^ other.data[i]);
	return difference == 0;
}

static int reserve(struct muster_buffer *buffer, size_t more)
{
	size_t wanted = buffer->size + more + 1, capacity = buffer->capacity > 0 ? buffer->capacity : 64;
	char *data;

	if (buffer->error != MUSTER_OK || wanted <= buffer->capacity)
		return buffer->error;
	while (capacity < wanted)
		capacity *= 2;
	data = muster_reallocate(buffer->data, capacity);
	if (!data)
		return buffer->error = MUSTER_NO_MEMORY;
	buffer->data = data;
	buffer->capacity = capacity;
	return MUSTER_OK;
}

int muster_buffer_add(struct muster_buffer *buffer, struct muster_text text)
{
	int error = reserve(buffer, text.size);

	if (error != MUSTER_OK)
		return error;
	if (text.size > 0)
		memcpy(buffer->data + buffer->size, text.data, text.size);
	buffer->size += text.size;
	buffer->data[buffer->size] = '\0';
	return MUSTER_OK;
}

int muster_buffer_add_c(struct muster_buffer *buffer, const char *string)
{
	return muster_buffer_add(buffer, muster_text_of(string));
}

int muster_buffer_add_byte(struct muster_buffer *buffer, char byte)
{
	return muster_buffer_add(buffer, (struct muster_text){ &byte, 1 });
}

int muster_buffer_add_number(struct muster_buffer *buffer, long long number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", number);
	return muster_buffer_add_c(buffer, digits);
}

int muster_buffer_set(struct muster_buffer *buffer, struct muster_text text)
{
	muster_buffer_clear(buffer);
	return muster_buffer_add(buffer, text);
}

void muster_buffer_clear(struct muster_buffer *buffer)
{
	muster_free(buffer->data);
	*buffer = (struct muster_buffer){ 0 };
}

void muster_wipe(void *memory, size_t size)
{
	explicit_bzero(memory, size);
}
