/* scanner.h -- cuts an XMPP stream into its header, its top-level elements and its end.
 *
 * Enough for a load generator that talks to a known server: tags, quotes and declarations are understood,
 * comments and CDATA (which XMPP servers do not send) are not. Bytes may arrive in pieces of any size. */
#ifndef BENCH_SCANNER_H
#define BENCH_SCANNER_H

#include <stddef.h>

enum scanner_token { SCANNER_MORE, SCANNER_HEADER, SCANNER_ELEMENT, SCANNER_FOOTER, SCANNER_GARBLED };

struct scanner {
	size_t next;  /* first byte not looked at */
	size_t start; /* where the unfinished element (or tag) begins */
	size_t tag;   /* where the tag being read begins */
	int depth;    /* 0 outside the stream, 1 between elements */
	char quote;   /* the quote that is open inside a tag, or 0 */
	int in_tag;
};

/* The next token in `bytes`, which is the same buffer at each call, grown at its end. Text between elements
 * is skipped. For a token, *begin and *end are its first byte and the one after its last. */
enum scanner_token scanner_next(struct scanner *scanner, const char *bytes, size_t size, size_t *begin, size_t *end);

/* How many bytes at the front are finished with; the caller drops just that many. */
size_t scanner_forget(struct scanner *scanner);

#endif
