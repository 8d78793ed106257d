/* image.c -- headers of PNG (RFC 2083), JPEG (ITU-T T.81, annex B) and GIF89a. */
#include "picture/image.h"

#include <string.h>

struct size {
	uint32_t width, height;
};

static uint32_t big(const char *bytes, size_t count)
{
	uint32_t number = 0;

	for (size_t i = 0; i < count; i++)
		number = number << 8 | (uint8_t)bytes[i];
	return number;
}

static uint32_t little(const char *bytes)
{
	return (uint32_t)(uint8_t)bytes[1] << 8 | (uint8_t)bytes[0];
}

static bool begins(struct muster_text bytes, const char *with, size_t size)
{
	return bytes.size >= size && memcmp(bytes.data, with, size) == 0;
}

/* The signature, and the chunk that has to be the first: its length, its name, width, height. */
static bool read_png(struct muster_text bytes, struct size *size)
{
	static const char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

	if (!begins(bytes, start, sizeof(start) - 1) || bytes.size < 24)
		return false;
	*size = (struct size){ big(bytes.data + 16, 4), big(bytes.data + 20, 4) };
	return true;
}

static bool read_gif(struct muster_text bytes, struct size *size)
{
	if ((!begins(bytes, "GIF87a", 6) && !begins(bytes, "GIF89a", 6)) || bytes.size < 10)
		return false;
	*size = (struct size){ little(bytes.data + 6), little(bytes.data + 8) };
	return true;
}

/* SOF0 to SOF15, among which DHT, JPG and DAC have their numbers too. */
static bool is_frame(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments of a marker, which bytes of ff may precede, and a length that counts itself, up to the frame's. */
static bool read_jpeg(struct muster_text bytes, struct size *size)
{
	size_t at = 2;

	if (!begins(bytes, "\xff\xd8\xff", 3))
		return false;
	while (at + 4 <= bytes.size && (uint8_t)bytes.data[at] == 0xff) {
		uint8_t marker = (uint8_t)bytes.data[at + 1];
		uint32_t length = big(bytes.data + at + 2, 2);

		if (marker == 0xff) {
			at++;
			continue;
		}
		if (is_frame(marker)) {
			if (length < 8 || bytes.size - at < 9)
				return false;
			*size = (struct size){ big(bytes.data + at + 7, 2), big(bytes.data + at + 5, 2) };
			return true;
		}
		if (length < 2 || marker == 0xda)
			return false;
		at += 2 + (size_t)length;
	}
	return false;
}

bool muster_image_read(struct muster_text bytes, struct muster_picture *picture)
{
	static const struct {
		const char *type;
		bool (*read)(struct muster_text bytes, struct size *size);
	} kinds[] = { { "image/png", read_png }, { "image/jpeg", read_jpeg }, { "image/gif", read_gif } };
	struct size size;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].read(bytes, &size))
			continue;
		if (size.width - 1 >= MUSTER_PICTURE_SIDE || size.height - 1 >= MUSTER_PICTURE_SIDE)
			return false;
		picture->type = kinds[i].type;
		picture->width = size.width;
		picture->height = size.height;
		return true;
	}
	return false;
}
