/* picture.c -- what makes pictures, and the answers to them. */
#include "picture/picture.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "picture/command.h"
#include "picture/drawing.h"
#include "picture/image.h"

/* One at most of what is taken for each other, none that a line across it makes another, and none that two others make:
 * 0 C D G O Q 6, 1 I J L, 2 Z, 4 A 9, 5 S, 8 B 3, 7 T, E F, P R, M N W, X Y, U V. */
static const char letters[] = "AEHNRTUX369";
static const char digits[] = "23456789";

struct muster_picture_maker {
	atomic_int references;
	char *font;    /* NULL for those of the system */
	char *command; /* NULL to draw */
};

/* --- makers --- */

static bool copy(char **copy, const char *string)
{
	if (!string)
		return true;
	*copy = muster_allocate(strlen(string) + 1);
	if (*copy)
		memcpy(*copy, string, strlen(string) + 1);
	return *copy != NULL;
}

static int check_command(const char *command, struct muster_failure *failure)
{
	struct stat status;

	if (command[0] != '/')
		return muster_fail(failure, MUSTER_BAD_OPTION, "%.400s is not an absolute path", command);
	if (stat(command, &status) != 0 || access(command, X_OK) != 0)
		return muster_fail(failure, MUSTER_BAD_OPTION, "%.400s: %s", command, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return muster_fail(failure, MUSTER_BAD_OPTION, "%.400s is not a program", command);
	return MUSTER_OK;
}

int muster_picture_maker_new(struct muster_picture_maker **maker, const char *font, const char *command,
                             struct muster_failure *failure)
{
	struct muster_picture_maker *made;
	int error = command ? check_command(command, failure) : muster_drawing_check(font, letters, failure);

	*maker = NULL;
	if (error != MUSTER_OK)
		return error;
	made = muster_allocate_zeroed(1, sizeof(*made));
	if (!made)
		return muster_fail(failure, MUSTER_NO_MEMORY, "out of memory");
	atomic_init(&made->references, 1);
	if (!copy(&made->font, font) || !copy(&made->command, command)) {
		muster_picture_maker_release(made);
		return muster_fail(failure, MUSTER_NO_MEMORY, "out of memory");
	}
	*maker = made;
	return MUSTER_OK;
}

struct muster_picture_maker *muster_picture_maker_retain(struct muster_picture_maker *maker)
{
	atomic_fetch_add(&maker->references, 1);
	return maker;
}

void muster_picture_maker_release(struct muster_picture_maker *maker)
{
	if (!maker || atomic_fetch_sub(&maker->references, 1) > 1)
		return;
	muster_free(maker->font);
	muster_free(maker->command);
	muster_free(maker);
}

bool muster_picture_commanded(const struct muster_picture_maker *maker)
{
	return maker->command != NULL;
}

/* --- answers --- */

/* A letter, all equally likely: bytes beyond the last whole round of the alphabet are thrown again. */
static int choose(const char *alphabet, char *letter)
{
	const size_t size = strlen(alphabet), end = 256 - 256 % size;
	uint8_t byte;
	int error;

	do
		error = muster_random(&byte, 1);
	while (error == MUSTER_OK && byte >= end);
	*letter = error == MUSTER_OK ? alphabet[byte % size] : '\0';
	return error;
}

int muster_picture_answer(const struct muster_picture_maker *maker, char text[MUSTER_PICTURE_ANSWER + 1])
{
	int error = MUSTER_OK;

	memset(text, 0, MUSTER_PICTURE_ANSWER + 1);
	for (size_t i = 0; i < MUSTER_PICTURE_ANSWER && error == MUSTER_OK; i++)
		error = choose(maker->command ? digits : letters, &text[i]);
	return error;
}

static bool can_be_drawn(struct muster_text answer)
{
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < answer.size; i++)
		if (!memchr(all, answer.data[i], sizeof(all) - 1))
			return false;
	return answer.size > 0 && answer.size <= MUSTER_PICTURE_ANSWER;
}

/* --- pictures --- */

static int ask(const char *command, struct muster_text answer, struct muster_picture *picture)
{
	char argument[MUSTER_PICTURE_ANSWER + 1] = "";
	int error;

	memcpy(argument, answer.data, answer.size);
	error = muster_command_run(command, argument, MUSTER_PICTURE_COMMAND_S * INT64_C(1000000000),
	                           MUSTER_PICTURE_BYTES, &picture->bytes);
	muster_wipe(argument, sizeof(argument));
	return error;
}

int muster_picture_draw(const struct muster_picture_maker *maker, struct muster_text answer,
                        struct muster_picture *picture)
{
	int error;

	*picture = (struct muster_picture){ 0 };
	if (!can_be_drawn(answer))
		return MUSTER_MALFORMED;
	if (maker->command)
		error = ask(maker->command, answer, picture);
	else
		error = muster_drawing_make(maker->font, answer, &picture->bytes);
	if (error == MUSTER_OK && !muster_image_read(muster_buffer_text(&picture->bytes), picture))
		error = maker->command ? MUSTER_PICTURE_UNUSABLE : MUSTER_PICTURE_DRAWING;
	if (error != MUSTER_OK)
		muster_picture_clear(picture);
	return error;
}

void muster_picture_clear(struct muster_picture *picture)
{
	muster_buffer_clear(&picture->bytes);
	*picture = (struct muster_picture){ 0 };
}
