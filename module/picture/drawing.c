/* drawing.c -- how a picture is put together. */
#include "picture/drawing.h"

#include <string.h>

#include "picture/glyph.h"
#include "picture/picture.h"
#include "picture/png.h"

enum {
	HEIGHT = 96,
	MARGIN = 14, /* beside the letters: room for what is warped */
	WIDTH = 2 * MARGIN + MUSTER_PICTURE_ANSWER * 64,
	SLIDE = 10, /* pixels that a letter goes over the one before, at most */
	SPECKS = 24
};

/* The package is fonts-dejavu-core. */
static const char *const fonts[] = {
	MUSTER_FONTS "/DejaVuSans-Bold.ttf",     MUSTER_FONTS "/DejaVuSans.ttf",
	MUSTER_FONTS "/DejaVuSerif-Bold.ttf",    MUSTER_FONTS "/DejaVuSerif.ttf",
	MUSTER_FONTS "/DejaVuSansMono-Bold.ttf",
};

enum { FONTS = sizeof(fonts) / sizeof(fonts[0]) };

struct drawing {
	const char *font; /* NULL for any of ours */
	struct muster_dice dice;
	struct muster_ink letter, letters, warped;
	int right; /* where the letters end */
};

bool muster_picture_drawn(void)
{
	return true;
}

/* --- letters --- */

static struct muster_glyph choose_glyph(struct drawing *drawing, char letter)
{
	return (struct muster_glyph){ drawing->font ? drawing->font : fonts[muster_dice_index(&drawing->dice, FONTS)],
		                      letter, muster_dice_between(&drawing->dice, 34, 42),
		                      muster_dice_between(&drawing->dice, -0.28, 0.28) };
}

/* As far over what is there as it takes to touch it well: a letter that leans may go under another. */
static int find_place(struct drawing *drawing, struct muster_extent part, int y)
{
	const double wanted = muster_dice_between(&drawing->dice, 0.5, 2);
	int x = drawing->right;

	while (x > MARGIN && drawing->right - x < SLIDE &&
	       muster_ink_overlap(&drawing->letters, x, y, &drawing->letter, part) < wanted)
		x--;
	return x;
}

static int add_letter(struct drawing *drawing, char letter)
{
	const struct muster_glyph glyph = choose_glyph(drawing, letter);
	struct muster_extent part;
	int error, x, y;

	muster_ink_clean(&drawing->letter);
	error = muster_glyph_draw(&glyph, &drawing->letter, NULL);
	if (error != MUSTER_OK)
		return error;
	part = muster_ink_extent(&drawing->letter);
	if (part.left >= part.right)
		return MUSTER_PICTURE_DRAWING;
	y = (HEIGHT - (part.bottom - part.top)) / 2 + (int)muster_dice_between(&drawing->dice, -6, 7);
	x = find_place(drawing, part, y);
	muster_ink_put(&drawing->letters, x, y, &drawing->letter, part);
	drawing->right = x + part.right - part.left;
	return MUSTER_OK;
}

/* --- lines --- */

static void add_line(struct drawing *drawing, double thinnest, double thickest, uint8_t level)
{
	struct muster_dice *dice = &drawing->dice;
	const struct muster_extent within = { MARGIN / 2, 0, drawing->right + MARGIN / 2, HEIGHT };
	const struct muster_wave wave = {
		.radius = muster_dice_between(dice, thinnest, thickest),
		.height = muster_dice_between(dice, 6, 16),
		.length = muster_dice_between(dice, 80, 200),
		.phase = muster_dice_between(dice, 0, 6.28),
		.slope = muster_dice_between(dice, -0.08, 0.08),
		.shift = muster_dice_between(dice, -10, 10),
	};

	muster_ink_draw(&drawing->letters, within, &wave, level);
}

static void add_specks(struct drawing *drawing)
{
	struct muster_dice *dice = &drawing->dice;

	for (int i = 0; i < SPECKS; i++)
		muster_ink_dab(&drawing->letters, muster_dice_between(dice, 0, drawing->right + MARGIN),
		               muster_dice_between(dice, 0, HEIGHT), muster_dice_between(dice, 0.3, 1.1), 255);
}

/* --- pictures --- */

static int add_letters(struct drawing *drawing, struct muster_text answer)
{
	int error = MUSTER_OK;

	for (size_t i = 0; i < answer.size && error == MUSTER_OK; i++)
		error = add_letter(drawing, answer.data[i]);
	return error;
}

/* What cuts comes first, so that what joins stays whole. */
static int finish(struct drawing *drawing, struct muster_buffer *bytes)
{
	add_line(drawing, 0.4, 0.7, 0);
	add_line(drawing, 0.6, 1.0, 255);
	add_specks(drawing);
	muster_ink_warp(&drawing->letters, &drawing->warped, &drawing->dice);
	return muster_png_write(&drawing->warped, &drawing->dice, bytes);
}

static int make(struct drawing *drawing, struct muster_text answer, struct muster_buffer *bytes)
{
	int error = muster_dice_shake(&drawing->dice);

	if (error == MUSTER_OK)
		error = muster_ink_new(&drawing->letter, MUSTER_GLYPH_SIDE, MUSTER_GLYPH_SIDE);
	if (error == MUSTER_OK)
		error = muster_ink_new(&drawing->letters, WIDTH, HEIGHT);
	if (error == MUSTER_OK)
		error = add_letters(drawing, answer);
	if (error == MUSTER_OK)
		error = muster_ink_new(&drawing->warped, drawing->right + MARGIN, HEIGHT);
	return error == MUSTER_OK ? finish(drawing, bytes) : error;
}

int muster_drawing_make(const char *font, struct muster_text answer, struct muster_buffer *bytes)
{
	struct drawing drawing = { .font = font, .right = MARGIN };
	int error = make(&drawing, answer, bytes);

	muster_ink_free(&drawing.letter);
	muster_ink_free(&drawing.letters);
	muster_ink_free(&drawing.warped);
	if (error == MUSTER_OK && bytes->size > MUSTER_PICTURE_BYTES)
		error = MUSTER_PICTURE_DRAWING;
	return error;
}

/* --- fonts --- */

/* A character that no font has: what is drawn instead, if anything, is what letters must not be like. */
enum { MISSING = '\1' };

static int try_letter(const char *font, char letter, struct muster_ink *ink, struct muster_failure *failure)
{
	const struct muster_glyph glyph = { font, letter, 30, 0 };
	const char *why = NULL;
	int error = muster_glyph_draw(&glyph, ink, &why);

	if (error == MUSTER_PICTURE_DRAWING)
		return muster_fail(failure, MUSTER_BAD_OPTION, "%.400s: %.80s", font, why);
	return error == MUSTER_OK ? error : muster_fail(failure, error, "out of memory");
}

static int check_letters(const char *font, const char *letters, struct muster_ink *missing, struct muster_ink *ink,
                         struct muster_failure *failure)
{
	int error = try_letter(font, MISSING, missing, failure);

	for (const char *letter = letters; *letter && error == MUSTER_OK; letter++) {
		error = try_letter(font, *letter, ink, failure);
		if (error == MUSTER_OK && muster_ink_same(ink, missing))
			error = muster_fail(failure, MUSTER_BAD_OPTION, "%.400s has no \"%c\"", font, *letter);
	}
	return error;
}

static int check_font(const char *font, const char *letters, struct muster_failure *failure)
{
	struct muster_ink missing = { 0 }, ink = { 0 };
	int error = muster_ink_new(&missing, MUSTER_GLYPH_SIDE, MUSTER_GLYPH_SIDE);

	if (error == MUSTER_OK)
		error = muster_ink_new(&ink, MUSTER_GLYPH_SIDE, MUSTER_GLYPH_SIDE);
	if (error == MUSTER_OK)
		error = check_letters(font, letters, &missing, &ink, failure);
	else
		muster_fail(failure, error, "out of memory");
	muster_ink_free(&missing);
	muster_ink_free(&ink);
	return error;
}

static int check_fonts(const char *letters, struct muster_failure *failure)
{
	struct muster_failure one = { 0 };
	int error = MUSTER_OK;

	for (size_t i = 0; i < FONTS && error == MUSTER_OK; i++)
		error = check_font(fonts[i], letters, &one);
	if (error == MUSTER_BAD_OPTION)
		return muster_fail(failure, error, "%.400s; install fonts-dejavu-core, or name a font", one.text);
	return error == MUSTER_OK ? error : muster_fail(failure, error, "%s", one.text);
}

int muster_drawing_check(const char *font, const char *letters, struct muster_failure *failure)
{
	return font ? check_font(font, letters, failure) : check_fonts(letters, failure);
}
