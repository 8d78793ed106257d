/* replay.h -- a wave against a door, in virtual time. */
#ifndef SIMULATION_REPLAY_H
#define SIMULATION_REPLAY_H

#include "door.h"
#include "wave.h"

struct tally {
	unsigned visitors; /* tries of bots, or people */
	unsigned made;     /* accounts */
	unsigned refused;  /* people who never got in, within a day of their first try */
	unsigned delayed;  /* people who got in after being told to come back later */
	int64_t *delays_s; /* of these, sorted */
	unsigned solved;   /* challenges */
	double hashes;     /* for proof of work */
};

struct score {
	struct tally of[ORIGIN_COUNT], bots, people;
	unsigned attempts; /* of all, retries too */
	double judged_s;
};

/* Replay: bots try once and take what they get, people do as they are told. People solve any challenge; `bots_solve`
 * are the kinds that bots do. Clear the score when done. */
void replay(const struct wave *wave, struct door *door, unsigned bots_solve, struct score *score);
void score_clear(struct score *score);

int64_t tally_median_s(const struct tally *tally); /* 0 if nobody was delayed */
int64_t tally_longest_s(const struct tally *tally);

#endif
