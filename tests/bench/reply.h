/* reply.h -- reading what a dialogue needs from one complete element: its name, an attribute, its error. */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* One top-level element; borrowed from the connection's buffer for the length of a callback. */
struct reply {
	const char *text;
	size_t size;
};

bool reply_is(struct reply reply, const char *name);
bool reply_contains(struct reply reply, const char *text);

/* Copies an attribute of the outermost tag, shortened to fit. False, and an empty value, when it has none. */
bool reply_attribute(struct reply reply, const char *name, char *value, size_t size);

/* Name of the defined condition in <error/>, <failure/> or <stream:error/>; "unknown" without one. */
void reply_condition(struct reply reply, char *condition, size_t size);

#endif
