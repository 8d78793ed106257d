/* errand.c -- threads for tasks that wait more than they work, such as for a program, so that no hash worker does. */
#include "base/clock.h"
#include "engine/internal.h"

int muster_engine_add_errand(struct muster_engine *engine, struct muster_task *task)
{
	struct muster_errands *errands = &engine->errands;

	if (errands->count >= MUSTER_ERRANDS_MAX)
		return MUSTER_BUSY;
	if (errands->started < MUSTER_ERRAND_THREADS && errands->started <= errands->count &&
	    muster_engine_start_thread(engine, &errands->threads[errands->started], muster_engine_run_errands) ==
	            MUSTER_OK)
		errands->started++;
	if (errands->started == 0)
		return MUSTER_NO_MEMORY;
	muster_list_add(&errands->waiting, task);
	errands->count++;
	pthread_cond_signal(&errands->work);
	return MUSTER_OK;
}

static struct muster_task *wait_for_errand(struct muster_engine *engine)
{
	struct muster_task *task = NULL;

	while (!engine->stopping && (task = muster_list_take(&engine->errands.waiting)) == NULL)
		pthread_cond_wait(&engine->errands.work, &engine->lock);
	return task;
}

void *muster_engine_run_errands(void *context)
{
	struct muster_engine *engine = context;
	struct muster_task *task;

	muster_engine_step_back();
	pthread_mutex_lock(&engine->lock);
	while ((task = wait_for_errand(engine)) != NULL) {
		pthread_mutex_unlock(&engine->lock);
		task->kind->derive(task);
		pthread_mutex_lock(&engine->lock);
		engine->errands.count--;
		muster_engine_pass_on(engine, task);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}
