/* test_image.c -- headers of pictures, and of what is none. */
#include "support.h"

#include <stdlib.h>

#include "picture/image.h"

#define BYTES(literal) ((struct muster_text){ literal, sizeof(literal) - 1 })
#define PNG(width, height) "\x89PNG\r\n\x1a\n\0\0\0\rIHDR" width height "\10\0\0\0\0"
#define JPEG "\xff\xd8"
#define APP0 "\xff\xe0\0\20JFIF\0\1\1\0\0\1\0\1\0\0"
#define FRAME(marker) marker "\0\21\10\0\74\0\214\3\1\42\0\2\21\1\3\21\1"

/* From a block of its own, so that a byte too many is seen to be read. */
static bool read(struct muster_text bytes, struct muster_picture *picture)
{
	char *copy = malloc(bytes.size > 0 ? bytes.size : 1);
	bool found;

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.size);
	found = muster_image_read((struct muster_text){ copy, bytes.size }, picture);
	free(copy);
	return found;
}

static void assert_read(struct muster_text bytes, size_t needed, const char *type, uint32_t width, uint32_t height)
{
	struct muster_picture picture = { 0 };

	assert_true(read(bytes, &picture));
	assert_string_equal(picture.type, type);
	assert_int_equal(picture.width, width);
	assert_int_equal(picture.height, height);
	for (size_t size = 0; size < bytes.size; size++) {
		picture = (struct muster_picture){ 0 };
		bytes.size = size;
		assert_int_equal(read(bytes, &picture), size >= needed);
		assert_int_equal(picture.type != NULL, size >= needed);
	}
}

static void assert_refused(struct muster_text bytes)
{
	struct muster_picture picture = { .width = 1, .height = 2 };

	assert_false(read(bytes, &picture));
	assert_null(picture.type);
	assert_int_equal(picture.width, 1);
	assert_int_equal(picture.height, 2);
}

static void test_png(void **state)
{
	(void)state;
	assert_read(BYTES(PNG("\0\0\1\2", "\0\0\0\5")), 24, "image/png", 258, 5);
	assert_read(BYTES(PNG("\0\0\xff\xff", "\0\0\xff\xff")), 24, "image/png", 65535, 65535);
	assert_refused(BYTES("\x89PNG\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\5\10\0\0\0\0"));
	assert_refused(BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\1\2\0\0\0\5\10\0\0\0\0"));
	assert_refused(BYTES("\x89PNG\r\n\x1a\n\0\0\0\16IHDR\0\0\1\2\0\0\0\5\10\0\0\0\0"));
}

static void test_gif(void **state)
{
	(void)state;
	assert_read(BYTES("GIF89a\2\1\5\0\0\0\0"), 10, "image/gif", 258, 5);
	assert_read(BYTES("GIF87a\2\1\5\0\0\0\0"), 10, "image/gif", 258, 5);
	assert_refused(BYTES("GIF88a\2\1\5\0\0\0\0"));
}

/* The frame may be of any kind, and behind other segments, whose contents may look like one. */
static void test_jpeg(void **state)
{
	(void)state;
	assert_read(BYTES(JPEG APP0 FRAME("\xff\xc0") "\xff\xda"), 2 + 18 + 9, "image/jpeg", 140, 60);
	assert_read(BYTES(JPEG FRAME("\xff\xc2")), 2 + 9, "image/jpeg", 140, 60);
	assert_read(BYTES(JPEG "\xff\xff\xff\xcf\0\21\10\0\74\0\214\3"), 2 + 11, "image/jpeg", 140, 60);
	assert_read(BYTES(JPEG "\xff\xfe\0\13\xff\xc0\0\21\10\0\1\0\1" FRAME("\xff\xc1")), 2 + 13 + 9, "image/jpeg",
	            140, 60);
	assert_refused(BYTES(JPEG FRAME("\xff\xc4")));
	assert_refused(BYTES(JPEG FRAME("\xff\xc8")));
	assert_refused(BYTES(JPEG FRAME("\xff\xcc")));
	assert_refused(BYTES(JPEG "\xff\xda\0\2" FRAME("\xff\xc0")));
	assert_refused(BYTES(JPEG "\xff\xe0\0\1" FRAME("\xff\xc0")));
	assert_refused(BYTES(JPEG "\xff\xe0\0\2\0" FRAME("\xff\xc0")));
	assert_refused(BYTES(JPEG "\xff\xe0\xff\xff" FRAME("\xff\xc0")));
	assert_refused(BYTES(JPEG "\xff\xc0\0\7\10\0\74\0\214\3"));
}

static void test_sizes_that_cannot_be_told(void **state)
{
	(void)state;
	assert_refused(BYTES(PNG("\0\0\0\0", "\0\0\0\5")));
	assert_refused(BYTES(PNG("\0\0\0\5", "\0\0\0\0")));
	assert_refused(BYTES(PNG("\0\1\0\0", "\0\0\0\5")));
	assert_refused(BYTES(PNG("\0\0\0\5", "\0\1\0\0")));
	assert_refused(BYTES(PNG("\xff\xff\xff\xff", "\0\0\0\5")));
	assert_refused(BYTES("GIF89a\0\0\5\0"));
	assert_refused(BYTES(JPEG "\xff\xc0\0\21\10\0\0\0\214\3"));
}

static void test_what_is_no_picture(void **state)
{
	(void)state;
	assert_refused(BYTES(""));
	assert_refused(BYTES("P5 140 60 255 "));
	assert_refused(BYTES("<svg xmlns='http://www.w3.org/2000/svg' width='140' height='60'/>"));
	assert_refused(BYTES("convert: not found\n"));
	assert_refused(BYTES("\xff\xd8\0\0\0\0\0\0\0\0\0\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_gif),
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_sizes_that_cannot_be_told),
		cmocka_unit_test(test_what_is_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
