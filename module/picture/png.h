/* png.h -- a plane of ink as a picture, by gd. */
#ifndef MUSTER_PICTURE_PNG_H
#define MUSTER_PICTURE_PNG_H

#include "muster/text.h"
#include "picture/ink.h"

/* Write a PNG, with dark colours on light ones or the other way round. Any thread. Returns MUSTER_OK,
 * MUSTER_NO_MEMORY. */
int muster_png_write(const struct muster_ink *ink, struct muster_dice *dice, struct muster_buffer *bytes);

#endif
