/* fuzz_image.c -- headers of pictures, as an operator's command may write anything. */
#include "fuzz.h"

#include <string.h>

#include "picture/image.h"

static void check_picture(const struct muster_picture *picture)
{
	check(strcmp(picture->type, "image/png") == 0 || strcmp(picture->type, "image/jpeg") == 0 ||
	      strcmp(picture->type, "image/gif") == 0);
	check(picture->width > 0 && picture->width <= MUSTER_PICTURE_SIDE);
	check(picture->height > 0 && picture->height <= MUSTER_PICTURE_SIDE);
}

/* What a header says does not depend on what is behind it. */
static void try_without_last(const char *bytes, size_t size, const struct muster_picture *whole)
{
	struct muster_picture part = { 0 };

	if (size == 0 || !muster_image_read((struct muster_text){ bytes, size - 1 }, &part))
		return;
	check(whole->type && strcmp(part.type, whole->type) == 0);
	check(part.width == whole->width && part.height == whole->height);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_picture picture = { 0 };
	char *bytes = malloc(size > 0 ? size : 1); /* of its own, so that a byte too many is noticed */

	check(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	if (muster_image_read((struct muster_text){ bytes, size }, &picture))
		check_picture(&picture);
	else
		check(!picture.type && picture.width == 0 && picture.height == 0);
	try_without_last(bytes, size, &picture);
	free(bytes);
	return 0;
}
