/* pictures.c -- `muster-pictures DIRECTORY COUNT [FONT]`: draws pictures, for people and programs to try and read.
 *
 * Writes DIRECTORY/000.png and so on; 000-clean.png, the same as an attacker would have it for a program; and sheet.png
 * with the first twenty. Prints a line each: number, answer, bytes, microseconds of processor time. */
#include <gd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "picture/picture.h"

enum { ZOOM = 3, SHEET = 20, SHEET_COLUMNS = 4, CELL_WIDTH = 330, CELL_HEIGHT = 106, COUNT_MAX = 1000 };

static const char *directory;

static void stop(const char *what)
{
	fprintf(stderr, "muster-pictures: %s\n", what);
	exit(EXIT_FAILURE);
}

static FILE *create(const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return file;
}

static void save(gdImagePtr image, const char *name)
{
	FILE *file = create(name);

	gdImagePng(image, file);
	if (fclose(file) != 0)
		stop("cannot write a picture");
}

/* --- what attackers do --- */

/* The palette goes from paper to ink. */
static int is_ink(gdImagePtr image, int x, int y)
{
	return gdImageBoundsSafe(image, x, y) && gdImagePalettePixel(image, x, y) >= gdImageColorsTotal(image) / 2;
}

/* A square of ink of two by two that the pixel is part of: thinner lines and specks go. */
static int is_thick(gdImagePtr image, int x, int y)
{
	for (int left = x - 1; left <= x; left++)
		for (int top = y - 1; top <= y; top++)
			if (is_ink(image, left, top) && is_ink(image, left + 1, top) && is_ink(image, left, top + 1) &&
			    is_ink(image, left + 1, top + 1))
				return 1;
	return 0;
}

/* Black on white, without what is thin, and enlarged smoothly. */
static gdImagePtr clean(gdImagePtr image)
{
	gdImagePtr plain = gdImageCreateTrueColor(gdImageSX(image), gdImageSY(image)), large;

	for (int y = 0; y < gdImageSY(image); y++)
		for (int x = 0; x < gdImageSX(image); x++)
			gdImageSetPixel(plain, x, y,
			                is_thick(image, x, y) ? gdTrueColor(0, 0, 0) : gdTrueColor(255, 255, 255));
	gdImageSetInterpolationMethod(plain, GD_BICUBIC_FIXED);
	large = gdImageScale(plain, (unsigned)(ZOOM * gdImageSX(image)), (unsigned)(ZOOM * gdImageSY(image)));
	gdImageDestroy(plain);
	if (!large)
		stop("out of memory");
	return large;
}

/* --- pictures --- */

static long long processor_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void write_one(const struct muster_picture_maker *maker, int number, gdImagePtr sheet)
{
	char answer[MUSTER_PICTURE_ANSWER + 1], name[32];
	struct muster_picture picture;
	long long begun;
	gdImagePtr image, cleaned;

	if (muster_picture_answer(maker, answer) != MUSTER_OK)
		stop("no random bytes");
	begun = processor_us();
	if (muster_picture_draw(maker, muster_text_of(answer), &picture) != MUSTER_OK)
		stop("cannot draw");
	printf("%03d %s %zu %lld\n", number, answer, picture.bytes.size, processor_us() - begun);
	image = gdImageCreateFromPngPtr((int)picture.bytes.size, picture.bytes.data);
	if (!image)
		stop("a picture cannot be read");
	snprintf(name, sizeof(name), "%03d.png", number);
	save(image, name);
	if (number < SHEET)
		gdImageCopy(sheet, image, number % SHEET_COLUMNS * CELL_WIDTH + 5,
		            number / SHEET_COLUMNS * CELL_HEIGHT + 5, 0, 0, gdImageSX(image), gdImageSY(image));
	cleaned = clean(image);
	snprintf(name, sizeof(name), "%03d-clean.png", number);
	save(cleaned, name);
	gdImageDestroy(cleaned);
	gdImageDestroy(image);
	muster_picture_clear(&picture);
}

int main(int count, char **arguments)
{
	struct muster_failure failure = { 0 };
	struct muster_picture_maker *maker;
	gdImagePtr sheet = gdImageCreateTrueColor(SHEET_COLUMNS * CELL_WIDTH, SHEET / SHEET_COLUMNS * CELL_HEIGHT);
	long pictures = count > 2 ? strtol(arguments[2], NULL, 10) : 0;

	if (pictures < 1 || pictures > COUNT_MAX || !sheet)
		stop("DIRECTORY COUNT [FONT], with a count of 1 to 1000");
	directory = arguments[1];
	if (muster_picture_maker_new(&maker, count > 3 ? arguments[3] : NULL, NULL, &failure) != MUSTER_OK)
		stop(failure.text);
	for (int number = 0; number < pictures; number++)
		write_one(maker, number, sheet);
	save(sheet, "sheet.png");
	gdImageDestroy(sheet);
	muster_picture_maker_release(maker);
	return EXIT_SUCCESS;
}
