/* error.h -- the one list of errors: number, name, text.
 *
 * Every function of the library that can fail returns one of these numbers as an `int`, MUSTER_OK being zero.
 * The names are stable and reach Lua as they stand; the texts are for logs and may change. Neither ever holds
 * anything that a caller passed in, so an error can be logged as it is. */
#ifndef MUSTER_ERROR_H
#define MUSTER_ERROR_H

#include <stddef.h>

#define MUSTER_ERRORS(X)                                                                                               \
	X(OK, "ok", "success")                                                                                         \
	X(NOT_FOUND, "not-found", "no such account")                                                                   \
	X(EXISTS, "exists", "the name is taken")                                                                       \
	X(DISABLED, "disabled", "the account is disabled")                                                             \
	X(WRONG_PASSWORD, "wrong-password", "the password is wrong")                                                   \
	X(BLOCKED, "blocked", "there were too many wrong tries")                                                       \
	X(BAD_NAME, "bad-name", "the name cannot be used")                                                             \
	X(BAD_PASSWORD, "bad-password", "the password cannot be used")                                                 \
	X(SPENT, "spent", "the invitation was used meanwhile")                                                         \
	X(REFUSED, "refused", "the request was refused")                                                               \
	X(BAD_OPTION, "bad-option", "a setting has a value that is not allowed")                                       \
	X(MALFORMED, "malformed", "the text is not well-formed")                                                       \
	X(TOO_LARGE, "too-large", "the text exceeds a limit")                                                          \
	X(BUSY, "busy", "too much work is waiting already")                                                            \
	X(CLOSED, "closed", "the store is closed")                                                                     \
	X(FORKED, "forked", "the store was opened by the parent process")                                              \
	X(IN_USE, "in-use", "the store is in use")                                                                     \
	X(NEWER, "newer", "the store was written by a newer version")                                                  \
	X(CORRUPT, "corrupt", "a record in the store cannot be read")                                                  \
	X(NO_PEPPER, "no-pepper", "a pepper is missing by which accounts in the store are sealed")                     \
	X(DENIED, "denied", "no permission to use the store")                                                          \
	X(NOT_A_DIRECTORY, "not-a-directory", "the path is not a directory")                                           \
	X(FULL, "full", "the store or its disk is full")                                                               \
	X(IO, "io", "the store cannot be read or written")                                                             \
	X(NO_MEMORY, "no-memory", "out of memory")                                                                     \
	X(LEAKED_UNREADABLE, "leaked-unreadable", "the file of leaked passwords cannot be read")                       \
	X(PICTURE_DRAWING, "picture-drawing", "a picture cannot be drawn")                                             \
	X(PICTURE_COMMAND, "picture-command", "the command for pictures cannot be run, or failed")                     \
	X(PICTURE_TIMEOUT, "picture-timeout", "the command for pictures took too long")                                \
	X(PICTURE_UNUSABLE, "picture-unusable", "the command for pictures wrote no PNG, JPEG or GIF of at most 8 KiB")

enum muster_error {
#define MUSTER_ERROR_NUMBER(symbol, name, text) MUSTER_##symbol,
	MUSTER_ERRORS(MUSTER_ERROR_NUMBER)
#undef MUSTER_ERROR_NUMBER
		MUSTER_ERROR_COUNT
};

/* What went wrong, for an operator: filled by calls that open or configure something.
 * text  a sentence that names the file or option and the cause; empty when there is nothing to add */
struct muster_failure {
	int error;
	char text[512];
};

/* The stable name of an error, such as "exists"; "unknown" for a number that is none. Never NULL. */
const char *muster_error_name(int error);

/* A sentence for a log. Never NULL. */
const char *muster_error_text(int error);

/* Set `failure` (may be NULL) and return `error`, so that a caller can `return muster_fail(...)`. */
int muster_fail(struct muster_failure *failure, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
