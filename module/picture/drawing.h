/* drawing.h -- an answer as a picture: letters of several fonts and sizes that touch and lean, lines that join them and
 * cut through them, all of it warped. */
#ifndef MUSTER_PICTURE_DRAWING_H
#define MUSTER_PICTURE_DRAWING_H

#include "muster/error.h"
#include "muster/text.h"

/* Can these letters be drawn by the font, or those of the system if it is NULL? Returns MUSTER_OK, MUSTER_BAD_OPTION,
 * MUSTER_NO_MEMORY; `failure` may be NULL. */
int muster_drawing_check(const char *font, const char *letters, struct muster_failure *failure);

/* A PNG of an answer, which is short. Any thread. Returns MUSTER_OK, MUSTER_PICTURE_DRAWING, MUSTER_IO,
 * MUSTER_NO_MEMORY. */
int muster_drawing_make(const char *font, struct muster_text answer, struct muster_buffer *bytes);

#endif
