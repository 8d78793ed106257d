/* challenge.h -- what a client may have to solve before it can register (XEP-0158), by kind. */
#ifndef MUSTER_CHALLENGE_H
#define MUSTER_CHALLENGE_H

enum muster_challenge_kind {
	MUSTER_CHALLENGE_OCR,     /* characters to be read in a picture */
	MUSTER_CHALLENGE_QA,      /* a question of the operator's */
	MUSTER_CHALLENGE_SHA_256, /* proof of work (XEP-0158, section 6.2) */
	MUSTER_CHALLENGE_KINDS
};

/* Several kinds are a set of these bits. */
#define MUSTER_CHALLENGE_BIT(kind) (1U << (kind))

/* "ocr", "qa", "SHA-256": as options, forms and statistics have them. */
const char *muster_challenge_name(enum muster_challenge_kind kind);

/* What a request or an operation had to do with challenges, in sets of kinds. */
struct muster_tally {
	unsigned issued;         /* handed out with the answer */
	unsigned solved, failed; /* answered, rightly or wrongly */
};

#endif
