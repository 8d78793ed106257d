/* challenge.h -- what a stream is to solve before it may register (XEP-0158). */
#ifndef MUSTER_REGISTRATION_CHALLENGE_H
#define MUSTER_REGISTRATION_CHALLENGE_H

#include "policy/host.h"
#include "policy/rule.h"
#include "registration/submission.h"

enum {
	MUSTER_CHALLENGE_LIFE_S = 300,
	MUSTER_CHALLENGE_ID = 40,  /* hexadecimal digits */
	MUSTER_CHALLENGE_CID = 58, /* bytes of "sha1+…@bob.xmpp.org" */
};

/* One that was made for a get, with one challenge of each kind, of which `needed` are to be solved. It belongs to its
 * stream, which has one at most, so memory for challenges ends with streams. */
struct muster_challenge {
	struct muster_host *host; /* retained: whose question it is */
	int64_t at_s;
	bool solved;
	unsigned kinds, required; /* sets; what is required must be solved, whatever else is */
	unsigned needed;
	char id[MUSTER_CHALLENGE_ID + 1];

	struct muster_buffer addressed; /* SHA-256: the JID that was asked, with which its answer begins */
	uint32_t bits, label;
	const struct muster_question *question;
	char letters[MUSTER_PICTURE_ANSWER + 1];
	struct muster_picture picture;
	char cid[MUSTER_CHALLENGE_CID + 1];
};

/* Make one as hard as that; the picture is still to be drawn, if there is to be one. `addressed` is the JID of the get,
 * or absent. Returns MUSTER_OK, MUSTER_IO, MUSTER_NO_MEMORY; the caller frees it. */
int muster_challenge_new(struct muster_challenge **challenge, struct muster_host *host,
                         const struct muster_difficulty *difficulty, struct muster_text addressed);
void muster_challenge_free(struct muster_challenge *challenge); /* NULL is fine; wiped */

/* Draw its picture. Any thread. Returns what muster_picture_draw returns. */
int muster_challenge_draw(struct muster_challenge *challenge);

bool muster_challenge_has(const struct muster_challenge *challenge, enum muster_challenge_kind kind);

/* Can it still be solved, or is it solved? NULL cannot. */
bool muster_challenge_lives(const struct muster_challenge *challenge);

/* What a registration has made of it, if it is asked. Changes nothing but `solution` and `tally`. NULL, where there is
 * none, is solved by nothing. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_challenge_judge(const struct muster_challenge *challenge, const struct muster_submission *submission,
                           enum muster_solution *solution, struct muster_tally *tally);

/* How many fields that are not hidden have to be filled in, for what is not solved yet (XEP-0158, section 3.2). */
unsigned muster_challenge_answers(const struct muster_challenge *challenge);

#endif
