/* picture.h -- pictures of a few letters that a person can read and a program cannot (XEP-0158, section 6.3).
 *
 * They are drawn here, by gd, or by an operator's command as ejabberd's captcha_cmd has it. An answer is a secret
 * until somebody has given it: copies are wiped, and only the command is told. */
#ifndef MUSTER_PICTURE_PICTURE_H
#define MUSTER_PICTURE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "muster/error.h"
#include "muster/text.h"

enum {
	MUSTER_PICTURE_ANSWER = 6,    /* letters of an answer */
	MUSTER_PICTURE_BYTES = 8192,  /* that a picture has at most (XEP-0231, section 2.6) */
	MUSTER_PICTURE_SIDE = 65535,  /* the greatest width and height that XEP-0221 can tell */
	MUSTER_PICTURE_COMMAND_S = 5, /* that a command may take; ejabberd's limit */
};

struct muster_picture {
	struct muster_buffer bytes;
	const char *type; /* such as "image/png"; static */
	uint32_t width, height;
};

/* What pictures come from: fonts, or a command. Does not change, so any thread may use it. */
struct muster_picture_maker;

/* Does this build draw pictures? Without gd (MUSTER_PICTURES=OFF) only commands make them. */
bool muster_picture_drawn(void);

/* Are they made by a command? */
bool muster_picture_commanded(const struct muster_picture_maker *maker);

/* Look whether pictures can be made, and get ready to. Reads fonts, runs no command.
 *
 * maker    on success, the caller releases it
 * font     path of a TrueType font that has the letters and digits of ASCII; NULL for several of fonts-dejavu-core
 * command  path of a program as ejabberd's captcha_cmd: it is run with the answer as its one argument, and writes a
 *          PNG, JPEG or GIF of at most MUSTER_PICTURE_BYTES to its standard output; NULL to draw here
 * failure  may be NULL; on MUSTER_BAD_OPTION what is missing: gd, a font, the command
 *
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_picture_maker_new(struct muster_picture_maker **maker, const char *font, const char *command,
                             struct muster_failure *failure);
struct muster_picture_maker *muster_picture_maker_retain(struct muster_picture_maker *maker);
void muster_picture_maker_release(struct muster_picture_maker *maker); /* NULL is fine */

/* An answer by chance, NUL behind it, of characters that cannot be taken for each other; for commands digits, since
 * ejabberd's are made for those. Compare without regard to case. The caller wipes it.
 *
 * Returns MUSTER_OK, or MUSTER_IO if the system has no random bytes. */
int muster_picture_answer(const struct muster_picture_maker *maker, char text[MUSTER_PICTURE_ANSWER + 1]);

/* Make a picture of an answer. Takes some milliseconds here, and up to MUSTER_PICTURE_COMMAND_S seconds by a command:
 * for workers, and not for an event loop. Any thread, with its signals blocked or not.
 *
 * answer   1 to MUSTER_PICTURE_ANSWER letters and digits of ASCII
 * picture  on success, the caller clears it
 *
 * Returns MUSTER_OK, MUSTER_MALFORMED if there can be no picture of that, MUSTER_PICTURE_DRAWING,
 * MUSTER_PICTURE_COMMAND, MUSTER_PICTURE_TIMEOUT, MUSTER_PICTURE_UNUSABLE, MUSTER_IO without random bytes,
 * MUSTER_NO_MEMORY. */
int muster_picture_draw(const struct muster_picture_maker *maker, struct muster_text answer,
                        struct muster_picture *picture);
void muster_picture_clear(struct muster_picture *picture);

#endif
