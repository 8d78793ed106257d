/* ink.c -- putting, drawing, warping. */
#include "picture/ink.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"

#define TURN 6.283185307179586

int muster_ink_new(struct muster_ink *ink, int width, int height)
{
	ink->width = width;
	ink->height = height;
	ink->levels = muster_allocate_zeroed((size_t)width, (size_t)height);
	return ink->levels ? MUSTER_OK : MUSTER_NO_MEMORY;
}

void muster_ink_free(struct muster_ink *ink)
{
	muster_free(ink->levels);
	*ink = (struct muster_ink){ 0 };
}

void muster_ink_clean(struct muster_ink *ink)
{
	memset(ink->levels, 0, (size_t)ink->width * (size_t)ink->height);
}

bool muster_ink_same(const struct muster_ink *ink, const struct muster_ink *other)
{
	return memcmp(ink->levels, other->levels, (size_t)ink->width * (size_t)ink->height) == 0;
}

struct muster_extent muster_ink_extent(const struct muster_ink *ink)
{
	struct muster_extent extent = { .left = ink->width, .top = ink->height };

	for (int y = 0; y < ink->height; y++)
		for (int x = 0; x < ink->width; x++) {
			if (*muster_ink_at(ink, x, y) < 128)
				continue;
			extent.left = x < extent.left ? x : extent.left;
			extent.top = y < extent.top ? y : extent.top;
			extent.right = x >= extent.right ? x + 1 : extent.right;
			extent.bottom = y + 1;
		}
	return extent;
}

/* --- putting --- */

static int greater(int a, int b)
{
	return a > b ? a : b;
}

static int lesser(int a, int b)
{
	return a < b ? a : b;
}

/* What of the part is on the plane, if its corner comes to x and y. */
static struct muster_extent clip(const struct muster_ink *to, int x, int y, struct muster_extent part)
{
	return (struct muster_extent){ greater(part.left, part.left - x), greater(part.top, part.top - y),
		                       lesser(part.right, part.left + to->width - x),
		                       lesser(part.bottom, part.top + to->height - y) };
}

double muster_ink_overlap(const struct muster_ink *to, int x, int y, const struct muster_ink *from,
                          struct muster_extent part)
{
	const struct muster_extent on = clip(to, x, y, part);
	const int right = x - part.left, down = y - part.top;
	long sum = 0;

	for (int row = on.top; row < on.bottom; row++)
		for (int column = on.left; column < on.right; column++)
			sum += *muster_ink_at(from, column, row) * *muster_ink_at(to, column + right, row + down);
	return (double)sum / (255.0 * 255.0);
}

void muster_ink_put(struct muster_ink *to, int x, int y, const struct muster_ink *from, struct muster_extent part)
{
	const struct muster_extent on = clip(to, x, y, part);
	const int right = x - part.left, down = y - part.top;

	for (int row = on.top; row < on.bottom; row++)
		for (int column = on.left; column < on.right; column++) {
			uint8_t *pixel = muster_ink_at(to, column + right, row + down);

			*pixel = (uint8_t)greater(*pixel, *muster_ink_at(from, column, row));
		}
}

/* --- drawing --- */

/* How much of a pixel that far from its middle a disc covers, about. */
static double cover(double distance, double radius)
{
	double part = radius + 0.5 - distance;

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

void muster_ink_dab(struct muster_ink *ink, double x, double y, double radius, uint8_t level)
{
	const int left = greater(0, (int)(x - radius - 1)), right = lesser(ink->width - 1, (int)(x + radius + 1));
	const int top = greater(0, (int)(y - radius - 1)), bottom = lesser(ink->height - 1, (int)(y + radius + 1));

	for (int row = top; row <= bottom; row++)
		for (int column = left; column <= right; column++) {
			double part = cover(hypot(column - x, row - y), radius);
			uint8_t *pixel = muster_ink_at(ink, column, row), there = *pixel;

			if (level > 0)
				*pixel = (uint8_t)greater(there, (int)(part * level));
			else
				*pixel = (uint8_t)lesser(there, (int)((1 - part) * 255));
		}
}

void muster_ink_draw(struct muster_ink *ink, struct muster_extent within, const struct muster_wave *wave, uint8_t level)
{
	const double middle_x = (within.left + within.right) / 2.0, middle_y = (within.top + within.bottom) / 2.0;

	for (int half = 2 * within.left; half < 2 * within.right; half++) {
		double x = half / 2.0;
		double y = middle_y + wave->shift + wave->slope * (x - middle_x) +
		           wave->height * sin(x / wave->length * TURN + wave->phase);

		muster_ink_dab(ink, x, y, wave->radius, level);
	}
}

/* --- warping --- */

struct ripple {
	double height, length, phase;
};

static struct ripple make_ripple(struct muster_dice *dice, double height, double length)
{
	return (struct ripple){ muster_dice_either(dice, height * 0.6, height),
		                muster_dice_between(dice, length * 0.7, length * 1.3),
		                muster_dice_between(dice, 0, TURN) };
}

static double at(const struct ripple *ripple, double place)
{
	return ripple->height * sin(place / ripple->length * TURN + ripple->phase);
}

/* The ink between four pixels; none beyond the edges. */
static double sample(const struct muster_ink *ink, double x, double y)
{
	const int left = (int)floor(x), top = (int)floor(y);
	const double part_x = x - left, part_y = y - top;
	const uint8_t *pixel;

	if (left < 0 || top < 0 || left + 1 >= ink->width || top + 1 >= ink->height)
		return 0;
	pixel = muster_ink_at(ink, left, top);
	return (pixel[0] * (1 - part_x) + pixel[1] * part_x) * (1 - part_y) +
	       (pixel[ink->width] * (1 - part_x) + pixel[ink->width + 1] * part_x) * part_y;
}

void muster_ink_warp(const struct muster_ink *from, struct muster_ink *to, struct muster_dice *dice)
{
	const struct ripple right_by_y = make_ripple(dice, 4, 60), right_by_x = make_ripple(dice, 1.5, 40);
	const struct ripple down_by_x = make_ripple(dice, 5, 90), down_by_x_too = make_ripple(dice, 1.2, 30);
	double right[MUSTER_INK_WIDTH], down[MUSTER_INK_WIDTH];

	for (int x = 0; x < to->width; x++) {
		right[x] = at(&right_by_x, x);
		down[x] = at(&down_by_x, x) + at(&down_by_x_too, x);
	}
	for (int y = 0; y < to->height; y++) {
		const double row_right = at(&right_by_y, y);

		for (int x = 0; x < to->width; x++)
			*muster_ink_at(to, x, y) = (uint8_t)sample(from, x + right[x] + row_right, y + down[x]);
	}
}
