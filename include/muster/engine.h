/* engine.h -- a store with threads: hash workers that derive, and one writer that commits many tasks at once.
 *
 *   submit → hash worker (derive) → writer (one commit for all that wait) → take
 *
 * A task comes back only when its change is on disk. The queue is bounded by the time that its work will take, and by
 * address, so that nobody waits for long and nobody takes it all.
 *
 * submit, take, acknowledge, stop and close are called from one thread, the owner's, which should watch
 * muster_engine_fd. The threads start with the first submitted task; they block all signals. Do not carry an engine
 * over fork(): every call in the child returns MUSTER_FORKED, and closing it there only lets go of memory. */
#ifndef MUSTER_ENGINE_H
#define MUSTER_ENGINE_H

#include "muster/task.h"

struct muster_engine;

struct muster_engine_options {
	struct muster_store_options store;
	unsigned hash_threads; /* 0: processors - 1, at least 1 */
};

/* Lanes take turns, so that a wave of registrations does not keep people from logging in. */
enum muster_lane {
	MUSTER_LANE_LOGIN,
	MUSTER_LANE_CHANGE,
	MUSTER_LANE_COUNT,
	MUSTER_LANE_ERRAND = MUSTER_LANE_COUNT /* threads of its own, for what waits for a disk or a program */
};

/* Open the store and prepare the engine. Errors and `failure` as for muster_store_open. */
int muster_engine_open(struct muster_engine **engine, const struct muster_engine_options *options,
                       struct muster_failure *failure);

/* Lives as long as the engine; may be used directly by the owner's thread. */
struct muster_store *muster_engine_store(struct muster_engine *engine);

/* Hand a task over. On MUSTER_OK the engine has it until muster_engine_take returns it; else the caller still has it.
 * Returns MUSTER_OK, MUSTER_BUSY (too much waits, or too much from one address), MUSTER_CLOSED (stopped),
 * MUSTER_FORKED, MUSTER_NO_MEMORY (no thread can be started). */
int muster_engine_submit(struct muster_engine *engine, struct muster_task *task, enum muster_lane lane);

/* A finished task, its outcome in task->error, or NULL if there is none. */
struct muster_task *muster_engine_take(struct muster_engine *engine);

/* A descriptor that is readable while muster_engine_take has something to give. Lives as long as the engine. */
int muster_engine_fd(const struct muster_engine *engine);

/* Remove an effect's row, it was carried out: with the next commit, within a quarter of a second, or when the engine is
 * closed. Returns MUSTER_OK, MUSTER_FORKED, MUSTER_NO_MEMORY: then the row stays and is seen again. */
int muster_engine_acknowledge(struct muster_engine *engine, uint64_t effect);

enum { MUSTER_NOTES_MAX = 10000 }; /* that wait to be written */

/* Hand over a task that nobody waits for, such as an entry of the audit: its change is made with the next commit,
 * within a quarter of a second, and the engine frees it. It has nothing to derive. Where so many wait already that
 * memory would run out it is dropped, and counted. Takes the task in any case; NULL is fine. */
void muster_engine_note(struct muster_engine *engine, struct muster_task *task);

/* How long something has taken since the engine was opened. */
enum { MUSTER_TIMING_BOUNDS = 8 };
extern const double muster_timing_bounds_s[MUSTER_TIMING_BOUNDS]; /* ascending */

struct muster_timing {
	uint64_t count;
	uint64_t within[MUSTER_TIMING_BOUNDS + 1]; /* how often up to each bound and above the one before; beyond all */
	double mean_s;                             /* moving: what was seen last counts a tenth */
	double longest_s;
};

struct muster_engine_load {
	unsigned threads;            /* hash workers */
	size_t queued;               /* tasks that are not finished */
	double seconds;              /* how long they will take */
	struct muster_timing hash;   /* deriving what one task needs */
	struct muster_timing commit; /* of all that waited, with the synchronisation of the disk */
	uint64_t dropped;            /* notes that were not written */
};

void muster_engine_measure(struct muster_engine *engine, struct muster_engine_load *load);

/* Stop: what is being worked on is finished and committed, what only waited gets MUSTER_CLOSED; all
 * of it can then be taken. Waits for that, errands too. Submitting is refused from now on. */
void muster_engine_stop(struct muster_engine *engine);

/* Stop, remove acknowledged rows, free what was not taken, and close the store. NULL is fine. */
void muster_engine_close(struct muster_engine *engine);

#endif
