/* ink.h -- a plane of ink, in 256 levels, that letters and lines are put on and taken off. */
#ifndef MUSTER_PICTURE_INK_H
#define MUSTER_PICTURE_INK_H

#include <stdbool.h>
#include <stdint.h>

#include "picture/dice.h"

enum { MUSTER_INK_WIDTH = 512 }; /* pixels, at most */

struct muster_ink {
	int width, height; /* pixels */
	uint8_t *levels;   /* row by row; 255 is all ink */
};

/* What is inked, ends excluded; empty if left is not below right. */
struct muster_extent {
	int left, top, right, bottom;
};

/* A clean plane. Returns MUSTER_OK, MUSTER_NO_MEMORY; on either, free it, which one that is all zero stands too. */
int muster_ink_new(struct muster_ink *ink, int width, int height);
void muster_ink_free(struct muster_ink *ink);

static inline uint8_t *muster_ink_at(const struct muster_ink *ink, int x, int y)
{
	return ink->levels + (long)y * ink->width + x;
}

void muster_ink_clean(struct muster_ink *ink);
struct muster_extent muster_ink_extent(const struct muster_ink *ink);

/* Is there the same on both? They are of one size. */
bool muster_ink_same(const struct muster_ink *ink, const struct muster_ink *other);

/* How much ink falls on ink if the part of `from` is put there, in pixels full of it. What is beyond the edges of `to`
 * does not count. */
double muster_ink_overlap(const struct muster_ink *to, int x, int y, const struct muster_ink *from,
                          struct muster_extent part);

/* Put the part of `from` there; what is beyond the edges is lost. */
void muster_ink_put(struct muster_ink *to, int x, int y, const struct muster_ink *from, struct muster_extent part);

/* A wave from one side of the extent to the other, through its middle; with `level` 0 it takes ink off. */
struct muster_wave {
	double radius;                /* half the line's thickness */
	double height, length, phase; /* pixels, pixels, radians */
	double slope, shift;          /* pixels a pixel, pixels */
};
void muster_ink_draw(struct muster_ink *ink, struct muster_extent within, const struct muster_wave *wave,
                     uint8_t level);

/* A disc. */
void muster_ink_dab(struct muster_ink *ink, double x, double y, double radius, uint8_t level);

/* Move every pixel by long and short waves, along both axes. `to` shows the part of `from` from the corner
 * at its left and top that it has room for. */
void muster_ink_warp(const struct muster_ink *from, struct muster_ink *to, struct muster_dice *dice);

#endif
