/* test_picture.c -- pictures that are drawn here: what they are, how they differ, and fonts that are none. */
#include "failing.h"

#include <ctype.h>
#include <gd.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/memory.h"
#include "picture/picture.h"

static struct muster_picture_maker *maker;

static int open_maker(void **state)
{
	struct muster_failure failure = { 0 };

	(void)state;
	assert_error(muster_picture_maker_new(&maker, NULL, NULL, &failure), MUSTER_OK);
	return 0;
}

static int close_maker(void **state)
{
	(void)state;
	muster_picture_maker_release(maker);
	return 0;
}

/* A picture of a new answer, as gd reads it. */
static gdImagePtr draw(struct muster_picture *picture)
{
	char answer[MUSTER_PICTURE_ANSWER + 1];
	gdImagePtr image;

	assert_error(muster_picture_answer(maker, answer), MUSTER_OK);
	assert_error(muster_picture_draw(maker, text(answer), picture), MUSTER_OK);
	image = gdImageCreateFromPngPtr((int)picture->bytes.size, picture->bytes.data);
	assert_non_null(image);
	return image;
}

/* --- what they are --- */

static void test_every_picture_is_a_small_png(void **state)
{
	const int count = rounds(1000, 20);

	(void)state;
	for (int i = 0; i < count; i++) {
		struct muster_picture picture;
		gdImagePtr image = draw(&picture);

		assert_string_equal(picture.type, "image/png");
		assert_int_equal(picture.width, gdImageSX(image));
		assert_int_equal(picture.height, gdImageSY(image));
		assert_in_range(picture.width, 100, 420);
		assert_in_range(picture.height, 60, 120);
		assert_in_range(picture.bytes.size, 500, MUSTER_PICTURE_BYTES);
		gdImageDestroy(image);
		muster_picture_clear(&picture);
		assert_null(picture.bytes.data);
	}
}

static void test_pictures_of_one_answer_differ(void **state)
{
	struct muster_picture one, other;

	(void)state;
	assert_error(muster_picture_draw(maker, text("AEHKNR"), &one), MUSTER_OK);
	assert_error(muster_picture_draw(maker, text("AEHKNR"), &other), MUSTER_OK);
	assert_false(muster_text_is(muster_buffer_text(&one.bytes), muster_buffer_text(&other.bytes)));
	muster_picture_clear(&one);
	muster_picture_clear(&other);
}

static void assert_not_drawn(struct muster_text answer)
{
	struct muster_picture picture;

	assert_error(muster_picture_draw(maker, answer, &picture), MUSTER_MALFORMED);
	assert_null(picture.bytes.data);
}

static void test_what_can_be_drawn(void **state)
{
	static const char *const drawn[] = { "A", "z9", "WMWMWM", "abcxyz", "iIlL1j" };
	static const char *const refused[] = { NULL, "", "AEHKNRT", "A B", "A-B", "&#65;", "\xc3\xa9" };
	struct muster_picture picture;

	(void)state;
	for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]); i++) {
		assert_error(muster_picture_draw(maker, text(drawn[i]), &picture), MUSTER_OK);
		assert_true(picture.bytes.size <= MUSTER_PICTURE_BYTES);
		muster_picture_clear(&picture);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_not_drawn(text(refused[i]));
	assert_not_drawn((struct muster_text){ "A\0B", 3 });
}

/* --- answers --- */

/* Of each pair that is taken for each other, whatever the case, one is there at most. */
static void assert_cannot_be_confused(const int *counts)
{
	static const char *const alike[] = { "0O", "0D", "DO", "OQ", "CG", "C6", "G6", "1I", "1L",
		                             "IL", "IJ", "2Z", "4A", "49", "5S", "8B", "38", "3B",
		                             "7T", "EF", "PR", "MN", "NW", "XY", "UV", "VY" };

	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		if (counts[(unsigned char)alike[i][0]] > 0 && counts[(unsigned char)alike[i][1]] > 0)
			fail_msg("%s are taken for each other", alike[i]);
}

/* An answer that is guessed once in a million times is as good as none guessed in one try. */
static void test_answers(void **state) /* R-158-04 */
{
	const int count = rounds(5000, 500);
	int counts[256] = { 0 }, letters = 0;

	(void)state;
	for (int i = 0; i < count; i++) {
		char answer[MUSTER_PICTURE_ANSWER + 1];

		assert_error(muster_picture_answer(maker, answer), MUSTER_OK);
		assert_int_equal(strlen(answer), MUSTER_PICTURE_ANSWER);
		for (size_t j = 0; j < MUSTER_PICTURE_ANSWER; j++)
			counts[(unsigned char)answer[j]]++;
	}
	for (int letter = 0; letter < 256; letter++)
		letters += counts[letter] > 0;
	assert_true(pow(letters, MUSTER_PICTURE_ANSWER) > 1e6);
	for (int letter = 0; letter < 256; letter++)
		if (counts[letter] > 0)
			assert_in_range(counts[letter], count * 6 / letters / 2, count * 6 / letters * 2);
	assert_cannot_be_confused(counts);
}

/* --- how they look --- */

/* WCAG's relative luminance of a colour of the palette. */
static double luminance(gdImagePtr image, int colour)
{
	const double weights[] = { 0.2126, 0.7152, 0.0722 };
	const int channels[] = { gdImageRed(image, colour), gdImageGreen(image, colour), gdImageBlue(image, colour) };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double part = channels[i] / 255.0;

		sum += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* The first colour is the paper's, the last the ink's. */
static double contrast(gdImagePtr image)
{
	double one = luminance(image, 0) + 0.05, other = luminance(image, gdImageColorsTotal(image) - 1) + 0.05;

	return one > other ? one / other : other / one;
}

static void test_colours_can_be_told_apart(void **state)
{
	const int count = rounds(200, 20);

	(void)state;
	for (int i = 0; i < count; i++) {
		struct muster_picture picture;
		gdImagePtr image = draw(&picture);

		assert_true(contrast(image) >= 4.5);
		gdImageDestroy(image);
		muster_picture_clear(&picture);
	}
}

/* Pixels of a column that are more ink than paper. */
static int ink_in(gdImagePtr image, int column)
{
	int count = 0;

	for (int y = 0; y < gdImageSY(image); y++)
		count += gdImagePalettePixel(image, column, y) >= gdImageColorsTotal(image) / 2;
	return count;
}

/* How many pieces the columns with more ink than that are in; specks do not count. */
static int count_pieces(gdImagePtr image, int ink)
{
	int pieces = 0, width = 0;

	for (int x = 0; x <= gdImageSX(image); x++) {
		if (x < gdImageSX(image) && ink_in(image, x) > ink) {
			width++;
			continue;
		}
		pieces += width > 4;
		width = 0;
	}
	return pieces;
}

/* How many of the pictures fall into as many pieces as they have letters. */
static int count_divided(const gdImagePtr *images, int count, int ink)
{
	int divided = 0;

	for (int i = 0; i < count; i++)
		divided += count_pieces(images[i], ink) == MUSTER_PICTURE_ANSWER;
	return divided;
}

/* Letters hang together by more than a line: pictures cut where there is no ink, or a little, do not fall into letters.
 * Cut where there is more, letters fall to pieces themselves, and the number is right by chance. */
static void test_letters_are_not_divided_by_columns(void **state)
{
	const int count = rounds(200, 40);
	gdImagePtr images[200];
	struct muster_picture picture;

	(void)state;
	for (int i = 0; i < count; i++) {
		images[i] = draw(&picture);
		muster_picture_clear(&picture);
	}
	for (int ink = 0; ink <= 4; ink++)
		assert_in_range(count_divided(images, count, ink), 0, count / 20);
	for (int ink = 5; ink <= 20; ink++)
		assert_in_range(count_divided(images, count, ink), 0, count / 2);
	for (int i = 0; i < count; i++)
		gdImageDestroy(images[i]);
}

/* --- threads, memory --- */

static void *draw_some(void *context)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < *(int *)context; i++) {
		struct muster_picture picture;

		gdImageDestroy(draw(&picture));
		muster_picture_clear(&picture);
	}
	return NULL;
}

static void test_several_at_once(void **state)
{
	pthread_t threads[4];
	int count = rounds(50, 5);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_some, &count), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static int try_drawing(struct place *place)
{
	struct muster_picture picture;
	int error = muster_picture_draw(maker, text("AEHKNR"), &picture);

	(void)place;
	muster_picture_clear(&picture);
	return error;
}

static int try_making(struct place *place)
{
	struct muster_picture_maker *made;
	struct muster_failure failure = { 0 };
	int error = muster_picture_maker_new(&made, NULL, NULL, &failure);

	(void)place;
	assert_int_equal(failure.error, error);
	muster_picture_maker_release(made);
	return error;
}

static void test_without_memory(void **state)
{
	(void)state;
	fail_at_every_point(NULL, try_drawing);
	fail_at_every_point(NULL, try_making);
}

static void test_references(void **state)
{
	size_t live = muster_memory_live();
	struct muster_picture_maker *other;

	(void)state;
	assert_error(muster_picture_maker_new(&other, NULL, NULL, NULL), MUSTER_OK);
	assert_ptr_equal(muster_picture_maker_retain(other), other);
	muster_picture_maker_release(other);
	assert_true(muster_memory_live() > live);
	muster_picture_maker_release(other);
	muster_picture_maker_release(NULL);
	assert_int_equal(muster_memory_live(), live);
}

/* --- fonts --- */

static const char sans[] = FONTS "/DejaVuSans.ttf";

static void assert_refused(const char *font, const char *words)
{
	struct muster_failure failure = { 0 };
	struct muster_picture_maker *made;

	assert_error(muster_picture_maker_new(&made, font, NULL, &failure), MUSTER_BAD_OPTION);
	assert_null(made);
	if (!strstr(failure.text, font) || !strstr(failure.text, words))
		fail_msg("\"%s\" lacks \"%s\" or the path", failure.text, words);
}

/* The first characters of a table of characters of formats 4 and 12: those from 0x20 to 0x7e, which stay alone. */
static const char first_4[] = "\0\0\0\x20\0\xa0", first_12[] = "\0\0\0\x20\0\0\0\x7e";

static void change(char *bytes, size_t size, const char *first)
{
	char *table = memmem(bytes, size, "cmap", 4), *found;
	size_t offset = 0;

	assert_non_null(table);
	for (size_t i = 8; i < 12; i++)
		offset = offset << 8 | (unsigned char)table[i];
	assert_true(offset < size);
	found = memmem(bytes + offset, size - offset, first, first == first_4 ? 6 : 8);
	assert_non_null(found);
	found[3] = 0x7e;
}

/* A copy of a font in which of ASCII only the tilde is found. */
static void copy_without_letters(const char *path)
{
	FILE *from = fopen(sans, "rb"), *to = fopen(path, "wb");
	static char bytes[1 << 20];
	size_t size;

	assert_non_null(from);
	assert_non_null(to);
	size = fread(bytes, 1, sizeof(bytes), from);
	change(bytes, size, first_4);
	change(bytes, size, first_12);
	assert_int_equal(fwrite(bytes, 1, size, to), size);
	fclose(from);
	assert_int_equal(fclose(to), 0);
}

static void test_a_font_of_ones_own(void **state)
{
	struct muster_picture_maker *made;
	struct muster_picture picture;

	(void)state;
	assert_error(muster_picture_maker_new(&made, sans, NULL, NULL), MUSTER_OK);
	assert_error(muster_picture_draw(made, text("AEHKNR"), &picture), MUSTER_OK);
	muster_picture_clear(&picture);
	muster_picture_maker_release(made);
}

static void test_fonts_that_cannot_be_used(void **state)
{
	char *directory = make_directory();
	char path[128];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s", path_in(directory, "missing.ttf"));
	assert_refused(path, "font");
	assert_refused(directory, "font");
	snprintf(path, sizeof(path), "%s", path_in(directory, "text.ttf"));
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("no font", file);
	fclose(file);
	assert_refused(path, "font");
	snprintf(path, sizeof(path), "%s", path_in(directory, "tilde.ttf"));
	copy_without_letters(path);
	assert_refused(path, "has no \"A\"");
	remove_directory(directory);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_maker, close_maker)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_picture_is_a_small_png),
		TEST(test_pictures_of_one_answer_differ),
		TEST(test_what_can_be_drawn),
		TEST(test_answers),
		TEST(test_colours_can_be_told_apart),
		TEST(test_letters_are_not_divided_by_columns),
		TEST(test_several_at_once),
		TEST(test_without_memory),
		TEST(test_references),
		TEST(test_a_font_of_ones_own),
		TEST(test_fonts_that_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
