/* png.c -- sixteen colours from paper to ink, so that a pixel takes four bits. */
#include "picture/png.h"

#include <gd.h>

#include "base/memory.h"
#include "muster/error.h"

enum { COLOURS = 16, COMPRESSION = 6 };

struct colour {
	double red, green, blue;
};

/* Channels of 200 and more on ones of 90 and less: a contrast of at least 4.5 to 1, WCAG's for text. */
static struct colour choose(struct muster_dice *dice, double low, double high)
{
	return (struct colour){ muster_dice_between(dice, low, high), muster_dice_between(dice, low, high),
		                muster_dice_between(dice, low, high) };
}

static int mix(double paper, double ink, double part)
{
	return (int)(paper + (ink - paper) * part);
}

static void set_colours(gdImagePtr image, struct muster_dice *dice)
{
	const struct colour light = choose(dice, 210, 256), dark = choose(dice, 0, 90);
	const bool inverted = muster_dice_index(dice, 2) == 1;
	const struct colour paper = inverted ? dark : light, ink = inverted ? light : dark;

	for (int i = 0; i < COLOURS; i++) {
		double part = (double)i / (COLOURS - 1);

		gdImageColorAllocate(image, mix(paper.red, ink.red, part), mix(paper.green, ink.green, part),
		                     mix(paper.blue, ink.blue, part));
	}
}

static void set_pixels(gdImagePtr image, const struct muster_ink *ink)
{
	for (int y = 0; y < ink->height; y++)
		for (int x = 0; x < ink->width; x++)
			gdImagePalettePixel(image, x, y) = *muster_ink_at(ink, x, y) * COLOURS / 256;
}

/* Of what can be seen of an answer. */
static void destroy(gdImagePtr image)
{
	for (int y = 0; y < gdImageSY(image); y++)
		muster_wipe(image->pixels[y], (size_t)gdImageSX(image));
	gdImageDestroy(image);
}

static int encode(gdImagePtr image, struct muster_buffer *bytes)
{
	int size = 0, error;
	void *made = muster_memory_passes() ? gdImagePngPtrEx(image, &size, COMPRESSION) : NULL;

	if (!made)
		return MUSTER_NO_MEMORY;
	error = muster_buffer_set(bytes, (struct muster_text){ made, (size_t)size });
	muster_wipe(made, (size_t)size);
	gdFree(made);
	return error;
}

int muster_png_write(const struct muster_ink *ink, struct muster_dice *dice, struct muster_buffer *bytes)
{
	gdImagePtr image = muster_memory_passes() ? gdImageCreate(ink->width, ink->height) : NULL;
	int error;

	if (!image)
		return MUSTER_NO_MEMORY;
	set_colours(image, dice);
	set_pixels(image, ink);
	error = encode(image, bytes);
	destroy(image);
	return error;
}
