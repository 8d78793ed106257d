/* internal.h -- the engine as its threads see it. */
#ifndef MUSTER_ENGINE_INTERNAL_H
#define MUSTER_ENGINE_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "engine/queue.h"
#include "engine/rows.h"

struct muster_engine {
	struct muster_store *store;
	pid_t process;
	int fd; /* eventfd, readable while `done` is not empty */
	unsigned threads, started;
	pthread_t *workers, writer, aside;
	bool writing;             /* the writer was started */
	bool has_aside;           /* the thread aside is to be joined */
	struct muster_task *task; /* that it runs */

	pthread_mutex_t lock; /* over everything below */
	pthread_cond_t hash_work, write_work;
	struct muster_queue queue;
	struct muster_list write, done;
	struct muster_rows acknowledged;
	struct muster_list notes;
	size_t note_count;
	uint64_t dropped;
	struct muster_timing hash, commit;
	bool aside_over;     /* the thread aside has handed its task back */
	bool stopping;       /* nothing new is taken on */
	bool workers_joined; /* nothing more comes to the writer */
};

void *muster_engine_work(void *engine);  /* a hash worker */
void *muster_engine_write(void *engine); /* the writer */

/* Remove the rows that are still to be removed, on this thread; when no other is left. */
void muster_engine_write_rows(struct muster_engine *engine);

/* Hand back tasks that were admitted to the queue; with the lock held. */
void muster_engine_finish(struct muster_engine *engine, struct muster_list *tasks);

/* Something has taken this long; with the lock held. */
void muster_timing_add(struct muster_timing *timing, int64_t took_ns);

#endif
