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

/* An errand that a thread was free for is as good as begun, and is finished. */
void muster_engine_drop_errands(struct muster_engine *engine, struct muster_list *list)
{
	struct muster_errands *errands = &engine->errands;
	struct muster_list begun = { 0 };
	struct muster_task *task;

	for (size_t free = errands->started - errands->running; free > 0; free--)
		if ((task = muster_list_take(&errands->waiting)) != NULL)
			muster_list_add(&begun, task);
	muster_list_move(list, &errands->waiting);
	errands->waiting = begun;
}

static struct muster_task *wait_for_errand(struct muster_engine *engine)
{
	struct muster_task *task = NULL;

	while ((task = muster_list_take(&engine->errands.waiting)) == NULL && !engine->stopping)
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
		engine->errands.running++;
		pthread_mutex_unlock(&engine->lock);
		task->kind->derive(task);
		pthread_mutex_lock(&engine->lock);
		engine->errands.running--;
		engine->errands.count--;
		muster_engine_pass_on(engine, task);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}
