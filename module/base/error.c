/* error.c -- names and texts of errors. */
#include "muster/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
#define MUSTER_ERROR_NAME(symbol, name, text) name,
	MUSTER_ERRORS(MUSTER_ERROR_NAME)
#undef MUSTER_ERROR_NAME
};

static const char *const texts[] = {
#define MUSTER_ERROR_TEXT(symbol, name, text) text,
	MUSTER_ERRORS(MUSTER_ERROR_TEXT)
#undef MUSTER_ERROR_TEXT
};

const char *muster_error_name(int error)
{
	return error >= 0 && error < MUSTER_ERROR_COUNT ? names[error] : "unknown";
}

const char *muster_error_text(int error)
{
	return error >= 0 && error < MUSTER_ERROR_COUNT ? texts[error] : "unknown error";
}

int muster_fail(struct muster_failure *failure, int error, const char *format, ...)
{
	va_list arguments;

	if (failure) {
		failure->error = error;
		va_start(arguments, format);
		vsnprintf(failure->text, sizeof(failure->text), format, arguments);
		va_end(arguments);
	}
	return error;
}
