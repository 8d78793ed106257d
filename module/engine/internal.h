/* internal.h -- the engine as its threads see it. */
#ifndef MUSTER_ENGINE_INTERNAL_H
#define MUSTER_ENGINE_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "engine/queue.h"
#include "engine/rows.h"

enum { MUSTER_ERRAND_THREADS = 4, MUSTER_ERRANDS_MAX = 64 };

struct muster_errands {
	pthread_t threads[MUSTER_ERRAND_THREADS];
	unsigned started;
	struct muster_list waiting;
	size_t count, running; /* of which all wait that are not being run */
	pthread_cond_t work;
};

struct muster_engine {
	struct muster_store *store;
	pid_t process;
	int fd; /* eventfd, readable while `done` is not empty */
	unsigned threads, started;
	pthread_t *workers, writer;
	bool writing; /* the writer was started */

	pthread_mutex_t lock; /* over everything below */
	pthread_cond_t hash_work, write_work;
	struct muster_queue queue;
	struct muster_list write, done;
	struct muster_errands errands;
	struct muster_rows acknowledged;
	struct muster_list notes;
	size_t note_count;
	uint64_t dropped;
	struct muster_timing hash, commit;
	bool stopping;       /* nothing new is taken on */
	bool workers_joined; /* nothing more comes to the writer */
};

void *muster_engine_work(void *engine);  /* a hash worker */
void *muster_engine_write(void *engine); /* the writer */
void *muster_engine_run_errands(void *engine);

/* Threads block all signals. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_engine_start_thread(struct muster_engine *engine, pthread_t *thread, void *(*run)(void *));

/* Have this thread wait for processors that the event loop and the writer leave. */
void muster_engine_step_back(void);

/* Take an errand on; with the lock held. Returns MUSTER_OK, MUSTER_BUSY, MUSTER_NO_MEMORY. */
int muster_engine_add_errand(struct muster_engine *engine, struct muster_task *task);

/* Give up, to the end of `list`, the errands for which there was no thread yet; with the lock held. */
void muster_engine_drop_errands(struct muster_engine *engine, struct muster_list *list);

/* What is derived goes to the writer, or back; with the lock held. */
void muster_engine_pass_on(struct muster_engine *engine, struct muster_task *task);

/* Remove the rows that are still to be removed, on this thread; when no other is left. */
void muster_engine_write_rows(struct muster_engine *engine);

/* Hand back tasks that were admitted to the queue; with the lock held. */
void muster_engine_finish(struct muster_engine *engine, struct muster_list *tasks);

/* Something has taken this long; with the lock held. */
void muster_timing_add(struct muster_timing *timing, int64_t took_ns);

#endif
