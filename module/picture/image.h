/* image.h -- what a PNG, JPEG or GIF says about itself in its header. */
#ifndef MUSTER_PICTURE_IMAGE_H
#define MUSTER_PICTURE_IMAGE_H

#include <stdbool.h>

#include "picture/picture.h"

/* Find the type by the first bytes, and width and height, each 1 to MUSTER_PICTURE_SIDE. The rest of the bytes is not
 * looked at. Sets the picture's type, width and height, and nothing if it returns false. */
bool muster_image_read(struct muster_text bytes, struct muster_picture *picture);

#endif
