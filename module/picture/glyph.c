/* glyph.c -- gd's FreeType, whose cache of fonts has a lock of its own once it is set up. */
#include "picture/glyph.h"

#include <gd.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"
#include "muster/text.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int set_up; /* 0 if that worked */

static void set_up_cache(void)
{
	set_up = gdFontCacheSetup();
}

/* The plane is black, the letter white. */
static void copy(gdImagePtr image, struct muster_ink *ink)
{
	for (int y = 0; y < MUSTER_GLYPH_SIDE; y++)
		for (int x = 0; x < MUSTER_GLYPH_SIDE; x++)
			*muster_ink_at(ink, x, y) = (uint8_t)gdTrueColorGetRed(gdImageTrueColorPixel(image, x, y));
}

static void destroy(gdImagePtr image)
{
	for (int y = 0; y < MUSTER_GLYPH_SIDE; y++)
		muster_wipe(image->tpixels[y], MUSTER_GLYPH_SIDE * sizeof(image->tpixels[y][0]));
	gdImageDestroy(image);
}

int muster_glyph_draw(const struct muster_glyph *glyph, struct muster_ink *ink, const char **why)
{
	char letter[] = { glyph->letter, '\0' };
	gdImagePtr image;
	const char *fault;
	int corners[8];

	pthread_once(&once, set_up_cache);
	image = set_up == 0 && muster_memory_passes() ? gdImageCreateTrueColor(MUSTER_GLYPH_SIDE, MUSTER_GLYPH_SIDE)
	                                              : NULL;
	if (!image)
		return MUSTER_NO_MEMORY;
	fault = gdImageStringFT(image, corners, gdTrueColor(255, 255, 255), (char *)glyph->font, glyph->size,
	                        glyph->angle, MUSTER_GLYPH_SIDE / 3, MUSTER_GLYPH_SIDE * 2 / 3, letter);
	copy(image, ink);
	destroy(image);
	muster_wipe(letter, sizeof(letter));
	if (why)
		*why = fault;
	return fault ? MUSTER_PICTURE_DRAWING : MUSTER_OK;
}
