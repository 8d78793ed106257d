/* challenge.h -- what strangers are asked before they get an account: which kinds of challenges, and how hard. */
#ifndef MUSTER_POLICY_CHALLENGE_H
#define MUSTER_POLICY_CHALLENGE_H

#include "muster/challenge.h"
#include "picture/picture.h"
#include "policy/language.h"
#include "policy/network.h"
#include "policy/setting.h"

struct muster_transaction;

struct muster_question {
	struct muster_wording wording;
	const struct muster_text *answers; /* prepared; any of them will do */
	size_t answer_count;
};

struct muster_challenges {
	unsigned kinds; /* that are offered; none for none */
	bool follows;   /* "auto": in a wave, proof of work beside one of the others */
	const struct muster_question *questions;
	size_t question_count;
	uint32_t least_bits, most_bits;   /* of proof of work */
	struct muster_text command, font; /* that pictures come from; absent: drawn here, in our fonts */
	struct muster_picture_maker *maker;
};

enum { MUSTER_BITS_LEAST = 8, MUSTER_BITS_MOST = 32 };

int muster_challenge_set(const struct muster_setting *setting);           /* muster_challenges */
int muster_challenge_set_questions(const struct muster_setting *setting); /* muster_questions */
int muster_challenge_set_work(const struct muster_setting *setting);      /* muster_proof_of_work */
int muster_challenge_set_command(const struct muster_setting *setting);   /* captcha_cmd */
int muster_challenge_set_font(const struct muster_setting *setting);      /* muster_picture_font */
void muster_challenge_default(struct muster_challenges *challenges);

/* What the options have to do with each other, and whether pictures can be had. Returns MUSTER_OK, MUSTER_BAD_OPTION,
 * MUSTER_NO_MEMORY. */
int muster_challenge_check(struct muster_challenges *challenges, struct muster_failure *failure);

void muster_challenge_clear(struct muster_challenges *challenges);

/* A number of bits as a directive has it. */
bool muster_challenge_read_bits(struct muster_text text, uint32_t *bits);

/* How hard it is now. */
struct muster_difficulty {
	uint32_t bits;
	bool both;       /* one challenge is not enough */
	int64_t until_s; /* by an operator's directive, 0 for good; -1: by the load */
};

/* From nobody in particular if `address` is NULL, then only everybody's rate counts. Returns MUSTER_OK, or what
 * muster_directive_get and muster_bucket_read return. */
int muster_difficulty_now(const struct muster_host *host, struct muster_transaction *transaction,
                          const struct muster_network *address, int64_t now_s, struct muster_difficulty *difficulty);

/* How many seconds until there may be another picture for an address, 0 for now; and one more that there was. An exempt
 * or unknown address has as many as it likes. Return MUSTER_OK, or what muster_bucket_read and muster_bucket_add
 * return. */
int muster_pictures_wait(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_network *address, int64_t now_s, int64_t *wait_s);
int muster_pictures_charge(const struct muster_host *host, struct muster_transaction *transaction,
                           const struct muster_network *address, int64_t now_s);

/* The network that the subject of a bucket is about, whether the bucket counts registrations or pictures. */
struct muster_text muster_pictures_of(struct muster_text subject);

#endif
