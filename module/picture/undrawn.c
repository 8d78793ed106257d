/* undrawn.c -- what stands in for drawing in a build without gd. */
#include "picture/drawing.h"
#include "picture/picture.h"

bool muster_picture_drawn(void)
{
	return false;
}

int muster_drawing_check(const char *font, const char *letters, struct muster_failure *failure)
{
	(void)font;
	(void)letters;
	return muster_fail(failure, MUSTER_BAD_OPTION, "this build draws no pictures (MUSTER_PICTURES=OFF)");
}

int muster_drawing_make(const char *font, struct muster_text answer, struct muster_buffer *bytes)
{
	(void)font;
	(void)answer;
	(void)bytes;
	return MUSTER_PICTURE_DRAWING;
}
