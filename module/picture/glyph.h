/* glyph.h -- single letters of TrueType fonts, by gd. */
#ifndef MUSTER_PICTURE_GLYPH_H
#define MUSTER_PICTURE_GLYPH_H

#include "picture/ink.h"

enum { MUSTER_GLYPH_SIDE = 112 }; /* pixels of the plane that a letter is drawn on */

struct muster_glyph {
	const char *font; /* path */
	char letter;      /* ASCII */
	double size;      /* points of 1/72 inch at 96 pixels an inch; up to 40 fit the plane */
	double angle;     /* radians, against the clock */
};

/* Draw on a clean plane with sides of MUSTER_GLYPH_SIDE.
 *
 * why  may be NULL; on MUSTER_PICTURE_DRAWING what gd says, static
 *
 * Any thread. Returns MUSTER_OK, MUSTER_PICTURE_DRAWING, MUSTER_NO_MEMORY. */
int muster_glyph_draw(const struct muster_glyph *glyph, struct muster_ink *ink, const char **why);

#endif
