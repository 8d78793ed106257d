/* worker.c -- a hash worker: takes a task, or several, derives, passes them on. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "credential/lanes.h"
#include "engine/internal.h"

/* Deriving takes all the processor it can get; the event loop and the writer go first. */
enum { NICENESS = 10 };

enum { NOTHING_NS = 50000 }; /* what takes less had nothing to derive */

/* Tasks that wait are derived together where vectors make that faster, but not so few that the first would wait longer
 * than they save. Nobody waits for a batch to fill. */
enum { TOGETHER_MIN = 8, TOGETHER_MAX = MUSTER_LANES_MAX };

/* On Linux, of this thread alone. */
void muster_engine_step_back(void)
{
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
}

static size_t wait_for_tasks(struct muster_engine *engine, struct muster_task *tasks[])
{
	size_t least = muster_lanes_best() ? TOGETHER_MIN : SIZE_MAX, count;

	while (!engine->stopping) {
		count = muster_queue_take(&engine->queue, tasks, least, TOGETHER_MAX);
		if (count > 0)
			return count;
		pthread_cond_wait(&engine->hash_work, &engine->lock);
	}
	return 0;
}

static void derive(struct muster_task *tasks[], size_t count)
{
	struct muster_batch batch = { .count = 0 };

	for (size_t i = 0; i < count; i++)
		if (tasks[i]->kind->gather)
			tasks[i]->kind->gather(tasks[i], &batch);
	muster_batch_derive(&batch);
	for (size_t i = 0; i < count; i++)
		if (tasks[i]->error == MUSTER_OK)
			tasks[i]->kind->derive(tasks[i]);
}

void muster_engine_pass_on(struct muster_engine *engine, struct muster_task *task)
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

/* What a task costs is its part of the time; what it has waited for is all of it. */
static void learn(struct muster_engine *engine, int64_t took, size_t count)
{
	muster_queue_learn(&engine->queue, (double)took / (double)count);
	if (took > NOTHING_NS)
		muster_timing_add(&engine->hash, took);
}

void *muster_engine_work(void *context)
{
	struct muster_engine *engine = context;
	struct muster_task *tasks[TOGETHER_MAX];
	size_t count;

	muster_engine_step_back();
	pthread_mutex_lock(&engine->lock);
	while ((count = wait_for_tasks(engine, tasks)) > 0) {
		int64_t begun = muster_monotonic_clock_ns(), took;

		pthread_mutex_unlock(&engine->lock);
		derive(tasks, count);
		pthread_mutex_lock(&engine->lock);
		took = muster_monotonic_clock_ns() - begun;
		for (size_t i = 0; i < count; i++) {
			learn(engine, took, count);
			muster_engine_pass_on(engine, tasks[i]);
		}
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}
