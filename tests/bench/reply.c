/* reply.c -- string search over a complete element. */
#include "reply.h"

#include <stdio.h>
#include <string.h>

static const char *find(struct reply reply, const char *text)
{
	return memmem(reply.text, reply.size, text, strlen(text));
}

static struct reply after(struct reply reply, const char *at)
{
	return (struct reply){ at, reply.size - (size_t)(at - reply.text) };
}

static bool ends_name(char byte)
{
	return byte == ' ' || byte == '>' || byte == '/';
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
	snprintf(to, size, "%.*s", (int)length, from);
}

bool reply_is(struct reply reply, const char *name)
{
	size_t length = strlen(name);

	return reply.size > length + 1 && memcmp(reply.text + 1, name, length) == 0 &&
	       ends_name(reply.text[length + 1]);
}

bool reply_contains(struct reply reply, const char *text)
{
	return find(reply, text) != NULL;
}

bool reply_attribute(struct reply reply, const char *name, char *value, size_t size)
{
	const char *end = memchr(reply.text, '>', reply.size);
	size_t length = strlen(name);

	value[0] = '\0';
	for (const char *at = reply.text; end && at + length + 3 < end; at++) {
		const char *quoted = at + length + 2, *close;

		if (at[0] != ' ' || memcmp(at + 1, name, length) != 0 || at[length + 1] != '=')
			continue;
		close = memchr(quoted + 1, *quoted, (size_t)(end - quoted - 1));
		if (!close)
			return false;
		copy(value, size, quoted + 1, (size_t)(close - quoted - 1));
		return true;
	}
	return false;
}

void reply_condition(struct reply reply, char *condition, size_t size)
{
	static const char *const holders[] = { "<stream:error", "<failure", "<error" };
	const char *at = NULL;

	snprintf(condition, size, "unknown");
	for (size_t i = 0; !at && i < sizeof(holders) / sizeof(holders[0]); i++)
		at = find(reply, holders[i]);
	while (at && (at = find(after(reply, at + 1), "<")) != NULL) {
		const char *name = at + 1, *end = name, *stop = reply.text + reply.size;

		while (end < stop && !ends_name(*end))
			end++;
		if (memcmp(name, "text", 4) == 0 || memcmp(name, "/text", 5) == 0)
			continue;
		if (end == name || *name == '/')
			return; /* the holder closes: no condition in it */
		copy(condition, size, name, (size_t)(end - name));
		return;
	}
}
