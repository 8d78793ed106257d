/* guard.h -- guessing is slow: who may prove something now, and who must wait.
 *
 * After the first, second, third wrong proof the next one is looked at 1, 2, 4 seconds later, and so on. What counts is
 * in the store; this is what the owner's thread knows beyond that: whose turn is when, so that proofs that come all at
 * once are looked at one after the other. */
#ifndef MUSTER_POLICY_GUARD_H
#define MUSTER_POLICY_GUARD_H

#include "muster/guess.h"
#include "policy/setting.h"

struct muster_guard_rules {
	bool off;
	uint32_t longest_s;        /* to be waited for at most */
	uint32_t account, network; /* wrong proofs that cost no time */
	int64_t forget_s;          /* in which one is forgotten */
	int64_t known_s;           /* for which a network is known as the owner's */
};

int muster_guard_set(const struct muster_setting *setting); /* muster_guesses */
void muster_guard_default(struct muster_guard_rules *rules);

struct muster_guard;

/* NULL if there is no memory. */
struct muster_guard *muster_guard_new(void);
void muster_guard_free(struct muster_guard *guard); /* NULL is fine */

/* Forget whose turn is when: what the store says counts. Who stands in a queue may go on. */
void muster_guard_clear(struct muster_guard *guard);

enum { MUSTER_TICKETS_MAX = 2 };

/* One proof's place in one of the queues in which it stands. */
struct muster_ticket {
	uint64_t id; /* whose queue: a keyed hash */
	enum muster_guess_kind kind;
	struct muster_guess_state state; /* as the store has it; then as it is known here */
	bool held;
	int64_t before_us, until_us; /* when the next one is due without, and with it */
};

/* Join the queues of `count` tickets. `wait_us` is how long until its turn. Returns MUSTER_OK; MUSTER_BUSY if that
 * would be longer than the rules allow, or MUSTER_NO_MEMORY: then it stands nowhere. */
int muster_guard_join(struct muster_guard *guard, const struct muster_guard_rules *rules, struct muster_ticket *tickets,
                      size_t count, int64_t now_us, int64_t *wait_us);

/* What came of a proof; neither where it is not given any more, or cannot be looked at. */
enum muster_guess_outcome { MUSTER_GUESS_NEITHER, MUSTER_GUESS_RIGHT, MUSTER_GUESS_WRONG };

/* Leave them. A right proof from where the owner is known to log in makes up for the wrong ones from there. */
void muster_guard_leave(struct muster_guard *guard, const struct muster_guard_rules *rules,
                        struct muster_ticket *tickets, size_t count, int64_t now_us, enum muster_guess_outcome outcome);

/* The most that counts: more would not be waited for longer. An operator is told of so many. */
enum { MUSTER_GUESSES_TOLD = 5 };
uint64_t muster_guard_most(const struct muster_guard_rules *rules, enum muster_guess_kind kind);

#endif
