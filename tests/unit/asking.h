/* asking.h -- a host that asks strangers to solve challenges, and clients that do. */
#ifndef TEST_ASKING_H
#define TEST_ASKING_H

#include "registration/stream.h"
#include "support.h"

enum { NOW = 1000000 };

#define GET "<iq type='get' id='reg1'><query xmlns='jabber:iq:register'/></iq>"
#define WRONG "not-acceptable cancel 406"
#define MISSING "not-acceptable modify 406"

/* Setup and teardown: a place that asks "qa" and "SHA-256", of eight bits, while the clock stands at NOW. Its one
 * question is "The colour of grass?": green, or gr\u00fcn. */
int open_asking_place(void **state);
int close_asking_place(void **state);

/* Ask these kinds from now on. */
void ask_challenges(struct place *place, const char *kinds[], size_t count);
#define ASK(place, ...)                                                                                                \
	ask_challenges(place, (const char *[]){ __VA_ARGS__ },                                                         \
	               sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *))

/* Streams, of strangers; released by the caller. */
struct muster_facts on(struct muster_stream *stream);
struct muster_stream *new_stream(void);
struct muster_stream *asked(struct place *place); /* that has the form now */

#define FIELD(name, value) "<field var='" name "'><value>" value "</value></field>"

/* A form with this challenge and this answer of a kind, each of which may be NULL. The next call overwrites it. */
const char *filled(const char *name, const char *challenge, const char *kind, const char *answer);

/* Register, under another name each time, with an answer to the stream's challenge; what request() gives. */
const char *answer(struct place *place, struct muster_stream *stream, const char *kind, const char *answer);

/* The same with a right answer; its verdict. */
const char *right(struct place *place, struct muster_stream *stream);

/* Proof of work as a client finds it, for the label that it is shown. The next call overwrites it. */
const char *work(const char *prefix, const char *label);
const char *label_of(const struct muster_stream *stream);

#endif
