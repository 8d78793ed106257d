/* scanner.c -- a byte at a time; one tag after the other moves the depth. */
#include "scanner.h"

/* A tag from scanner->tag up to and with the '>' before `end` is complete: what does it finish? */
static enum scanner_token finish_tag(struct scanner *scanner, const char *bytes, size_t end)
{
	const char *tag = bytes + scanner->tag;
	int empty = bytes[end - 2] == '/';

	scanner->in_tag = 0;
	if (tag[1] == '?')
		return SCANNER_MORE;
	if (tag[1] == '!' || (tag[1] == '/' && scanner->depth == 0))
		return SCANNER_GARBLED;
	if (tag[1] == '/') {
		scanner->depth--;
		if (scanner->depth == 0)
			return SCANNER_FOOTER;
		return scanner->depth == 1 ? SCANNER_ELEMENT : SCANNER_MORE;
	}
	if (empty)
		return scanner->depth == 1 ? SCANNER_ELEMENT : SCANNER_MORE;
	scanner->depth++;
	return scanner->depth == 1 ? SCANNER_HEADER : SCANNER_MORE;
}

static void begin_tag(struct scanner *scanner, size_t at)
{
	scanner->in_tag = 1;
	scanner->quote = 0;
	scanner->tag = at;
	if (scanner->depth <= 1)
		scanner->start = at;
}

enum scanner_token scanner_next(struct scanner *scanner, const char *bytes, size_t size, size_t *begin, size_t *end)
{
	while (scanner->next < size) {
		char byte = bytes[scanner->next++];
		enum scanner_token token;

		if (!scanner->in_tag) {
			if (byte == '<')
				begin_tag(scanner, scanner->next - 1);
			continue;
		}
		if (scanner->quote) {
			if (byte == scanner->quote)
				scanner->quote = 0;
			continue;
		}
		if (byte == '\'' || byte == '"')
			scanner->quote = byte;
		if (byte != '>')
			continue;
		token = finish_tag(scanner, bytes, scanner->next);
		if (token == SCANNER_MORE)
			continue;
		*begin = scanner->start;
		*end = scanner->next;
		scanner->start = scanner->next;
		return token;
	}
	return SCANNER_MORE;
}

size_t scanner_forget(struct scanner *scanner)
{
	/* Between elements nothing is kept; inside one everything from its start is. */
	size_t done = scanner->in_tag || scanner->depth > 1 ? scanner->start : scanner->next;

	scanner->next -= done;
	scanner->start = 0;
	scanner->tag = scanner->in_tag ? scanner->tag - done : 0;
	return done;
}
