/* worker.c -- a hash worker: takes a task, derives, passes it on. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/internal.h"

/* Deriving takes all the processor it can get; the event loop and the writer go first. */
enum { NICENESS = 10 };

enum { NOTHING_NS = 50000 }; /* what takes less had nothing to derive */

static struct muster_task *wait_for_task(struct muster_engine *engine)
{
	struct muster_task *task;

	while (!engine->stopping) {
		task = muster_queue_next(&engine->queue);
		if (task)
			return task;
		pthread_cond_wait(&engine->hash_work, &engine->lock);
	}
	return NULL;
}

static void pass_on(struct muster_engine *engine, struct muster_task *task)
{
	struct muster_list one = { 0 };

	if (task->error == MUSTER_OK && task->kind->commit) {
		muster_list_add(&engine->write, task);
		pthread_cond_signal(&engine->write_work);
		return;
	}
	muster_list_add(&one, task);
	muster_engine_finish(engine, &one);
}

void *muster_engine_work(void *context)
{
	struct muster_engine *engine = context;
	struct muster_task *task;

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* on Linux, of this thread alone */
	pthread_mutex_lock(&engine->lock);
	while ((task = wait_for_task(engine)) != NULL) {
		int64_t begun = muster_monotonic_clock_ns(), took;

		pthread_mutex_unlock(&engine->lock);
		task->kind->derive(task);
		pthread_mutex_lock(&engine->lock);
		took = muster_monotonic_clock_ns() - begun;
		muster_queue_learn(&engine->queue, (double)took);
		if (took > NOTHING_NS)
			muster_timing_add(&engine->hash, took);
		pass_on(engine, task);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}
