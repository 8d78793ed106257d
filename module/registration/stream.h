/* stream.h -- what is remembered of a client's stream from one request to the next. */
#ifndef MUSTER_REGISTRATION_STREAM_H
#define MUSTER_REGISTRATION_STREAM_H

#include "muster/registration.h"
#include "registration/challenge.h"
#include "registration/pass.h"
#include "registration/reply.h"

enum { MUSTER_STREAM_KEY_SIZE = 40 }; /* hexadecimal digits */

struct muster_stream {
	int references;                       /* counted by the owner's thread alone */
	bool registering;                     /* an operation is under way, or has made an account */
	bool registered;                      /* it has */
	uint32_t failures;                    /* sets that were refused */
	char key[MUSTER_STREAM_KEY_SIZE + 1]; /* handed out with the last get; empty if none is valid */
	struct muster_challenge *challenge;   /* handed out with the last get, or solved; NULL for none */
	struct muster_pass pass;              /* the invitation that was shown last and was valid then */
	struct muster_arena passes;           /* its texts */
	uint32_t bad_tokens;                  /* that were shown */
};

struct muster_stream *muster_stream_retain(struct muster_stream *stream);

/* Hand out another key (XEP-0077, section 7). Returns MUSTER_OK or MUSTER_IO. */
int muster_stream_renew_key(struct muster_stream *stream, struct muster_text *key);
bool muster_stream_has_key(const struct muster_stream *stream, struct muster_text key);

/* Take over another challenge, or NULL; what it had before is gone. */
void muster_stream_challenge(struct muster_stream *stream, struct muster_challenge *challenge);

/* Count a refused set. True if it is one too many: then `refusal` is what it is answered by, and the stream is closed
 * (XEP-0077, section 3.1.1). A stream that is not known, NULL, may go on for ever. */
bool muster_stream_fail(struct muster_stream *stream, const struct muster_host *host, struct muster_refusal *refusal);

/* The invitation counts as not shown. */
void muster_stream_forget_pass(struct muster_stream *stream);

#endif
