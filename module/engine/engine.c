/* engine.c -- opening, submitting, taking, stopping. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "policy/lookalike.h"

/* --- life --- */

static unsigned default_threads(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors > 2 ? (unsigned)processors - 1 : 1;
}

static void init_locks(struct muster_engine *engine)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&engine->lock, NULL);
	pthread_cond_init(&engine->hash_work, NULL);
	pthread_cond_init(&engine->errands.work, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&engine->write_work, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static struct muster_engine *new_engine(unsigned threads)
{
	struct muster_engine *engine = muster_allocate_zeroed(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->workers = muster_allocate_zeroed(threads, sizeof(*engine->workers));
	engine->fd = engine->workers ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
	if (engine->fd < 0) {
		muster_free(engine->workers);
		muster_free(engine);
		return NULL;
	}
	engine->threads = threads;
	engine->process = getpid();
	muster_queue_init(&engine->queue, threads);
	init_locks(engine);
	return engine;
}

static void free_tasks(struct muster_list *tasks)
{
	struct muster_task *task;

	while ((task = muster_list_take(tasks)) != NULL)
		task->kind->free(task);
}

static void free_engine(struct muster_engine *engine)
{
	close(engine->fd);
	muster_store_close(engine->store);
	muster_rows_clear(&engine->acknowledged);
	free_tasks(&engine->notes);
	muster_free(engine->workers);
	muster_free(engine);
}

int muster_engine_open(struct muster_engine **engine, const struct muster_engine_options *options,
                       struct muster_failure *failure)
{
	struct muster_engine *made = new_engine(options->hash_threads ? options->hash_threads : default_threads());
	int error;

	*engine = NULL;
	if (!made)
		return muster_fail(failure, MUSTER_NO_MEMORY, "no memory or descriptor left for the engine");
	error = muster_store_open(&made->store, &options->store, failure);
	if (error == MUSTER_OK)
		error = muster_lookalike_index(made->store, options->store.server, failure);
	if (error != MUSTER_OK) {
		free_engine(made);
		return error;
	}
	*engine = made;
	return MUSTER_OK;
}

static bool is_forked(const struct muster_engine *engine)
{
	return engine->process != getpid();
}

void muster_engine_close(struct muster_engine *engine)
{
	if (!engine)
		return;
	if (!is_forked(engine)) {
		muster_engine_stop(engine);
		muster_engine_write_rows(engine);
		free_tasks(&engine->done);
		pthread_cond_destroy(&engine->hash_work);
		pthread_cond_destroy(&engine->errands.work);
		pthread_cond_destroy(&engine->write_work);
		pthread_mutex_destroy(&engine->lock);
	}
	free_engine(engine);
}

struct muster_store *muster_engine_store(struct muster_engine *engine)
{
	return engine->store;
}

int muster_engine_fd(const struct muster_engine *engine)
{
	return engine->fd;
}

/* --- threads --- */

/* The host's signal handlers belong to its own threads. */
int muster_engine_start_thread(struct muster_engine *engine, pthread_t *thread, void *(*run)(void *))
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(thread, NULL, run, engine);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code == 0 ? MUSTER_OK : MUSTER_NO_MEMORY;
}

/* One worker is enough to go on with; the others are tried again with the next task. */
static int start(struct muster_engine *engine)
{
	if (!engine->writing && muster_engine_start_thread(engine, &engine->writer, muster_engine_write) == MUSTER_OK)
		engine->writing = true;
	while (engine->writing && engine->started < engine->threads &&
	       muster_engine_start_thread(engine, &engine->workers[engine->started], muster_engine_work) == MUSTER_OK)
		engine->started++;
	return engine->started > 0 ? MUSTER_OK : MUSTER_NO_MEMORY;
}

static void close_waiting(struct muster_engine *engine)
{
	struct muster_list closed = { 0 };

	muster_queue_empty(&engine->queue, &closed);
	muster_engine_drop_errands(engine, &closed);
	for (struct muster_task *task = closed.first; task; task = task->next)
		task->error = MUSTER_CLOSED;
	muster_engine_finish(engine, &closed);
}

void muster_engine_stop(struct muster_engine *engine)
{
	if (is_forked(engine))
		return;
	pthread_mutex_lock(&engine->lock);
	engine->stopping = true;
	close_waiting(engine);
	pthread_cond_broadcast(&engine->hash_work);
	pthread_cond_broadcast(&engine->errands.work);
	pthread_mutex_unlock(&engine->lock);
	while (engine->started > 0)
		pthread_join(engine->workers[--engine->started], NULL);
	while (engine->errands.started > 0)
		pthread_join(engine->errands.threads[--engine->errands.started], NULL);
	pthread_mutex_lock(&engine->lock);
	engine->workers_joined = true;
	pthread_cond_signal(&engine->write_work);
	pthread_mutex_unlock(&engine->lock);
	if (engine->writing)
		pthread_join(engine->writer, NULL);
	engine->writing = false;
}

/* --- tasks --- */

static int enqueue(struct muster_engine *engine, struct muster_task *task, enum muster_lane lane)
{
	task->error = MUSTER_OK;
	if (lane == MUSTER_LANE_ERRAND)
		return muster_engine_add_errand(engine, task);
	if (task->kind->derive) {
		muster_queue_add(&engine->queue, task, lane);
		pthread_cond_signal(&engine->hash_work);
	} else {
		muster_list_add(&engine->write, task);
		pthread_cond_signal(&engine->write_work);
	}
	return MUSTER_OK;
}

static int admit(struct muster_engine *engine, struct muster_task *task, enum muster_lane lane)
{
	int error = muster_queue_admit(&engine->queue, task->prefix);

	if (error != MUSTER_OK)
		return error;
	error = enqueue(engine, task, lane);
	if (error != MUSTER_OK)
		muster_queue_dismiss(&engine->queue, task->prefix);
	return error;
}

int muster_engine_submit(struct muster_engine *engine, struct muster_task *task, enum muster_lane lane)
{
	int error;

	if (is_forked(engine))
		return MUSTER_FORKED;
	pthread_mutex_lock(&engine->lock);
	error = engine->stopping ? MUSTER_CLOSED : start(engine);
	if (error == MUSTER_OK)
		error = admit(engine, task, lane);
	pthread_mutex_unlock(&engine->lock);
	return error;
}

/* A full counter of the eventfd is as good as a raised one. */
static void raise_fd(const struct muster_engine *engine)
{
	const uint64_t one = 1;
	ssize_t written;

	do
		written = write(engine->fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

static void lower_fd(const struct muster_engine *engine)
{
	uint64_t count;
	ssize_t got;

	do
		got = read(engine->fd, &count, sizeof(count));
	while (got < 0 && errno == EINTR);
}

void muster_engine_finish(struct muster_engine *engine, struct muster_list *tasks)
{
	for (struct muster_task *task = tasks->first; task; task = task->next)
		muster_queue_dismiss(&engine->queue, task->prefix);
	if (tasks->first && !engine->done.first)
		raise_fd(engine);
	muster_list_move(&engine->done, tasks);
}

struct muster_task *muster_engine_take(struct muster_engine *engine)
{
	struct muster_task *task;

	if (is_forked(engine))
		return NULL;
	pthread_mutex_lock(&engine->lock);
	task = muster_list_take(&engine->done);
	if (task && !engine->done.first)
		lower_fd(engine);
	pthread_mutex_unlock(&engine->lock);
	return task;
}

/* --- effects --- */

int muster_engine_acknowledge(struct muster_engine *engine, uint64_t effect)
{
	int error;

	if (is_forked(engine))
		return MUSTER_FORKED;
	pthread_mutex_lock(&engine->lock);
	error = engine->stopping ? MUSTER_OK : start(engine);
	if (error == MUSTER_OK)
		error = muster_rows_add(&engine->acknowledged, effect);
	if (error == MUSTER_OK && engine->acknowledged.count == 1)
		pthread_cond_signal(&engine->write_work); /* it waits without an end while there is none */
	pthread_mutex_unlock(&engine->lock);
	return error;
}

/* --- notes --- */

void muster_engine_note(struct muster_engine *engine, struct muster_task *task)
{
	bool taken;

	if (!task)
		return;
	if (is_forked(engine)) {
		task->kind->free(task);
		return;
	}
	pthread_mutex_lock(&engine->lock);
	taken = engine->note_count < MUSTER_NOTES_MAX && (engine->stopping || start(engine) == MUSTER_OK);
	if (taken) {
		muster_list_add(&engine->notes, task);
		if (engine->note_count++ == 0)
			pthread_cond_signal(&engine->write_work); /* it waits without an end while there is none */
	} else {
		engine->dropped++;
	}
	pthread_mutex_unlock(&engine->lock);
	if (!taken)
		task->kind->free(task);
}

/* --- measures --- */

const double muster_timing_bounds_s[MUSTER_TIMING_BOUNDS] = { 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3 };

void muster_timing_add(struct muster_timing *timing, int64_t took_ns)
{
	const double weight_of_the_new = 0.1;
	double took_s = (double)took_ns / 1e9;
	size_t bound = 0;

	while (bound < MUSTER_TIMING_BOUNDS && took_s > muster_timing_bounds_s[bound])
		bound++;
	timing->within[bound]++;
	timing->mean_s += (took_s - timing->mean_s) * (timing->count > 0 ? weight_of_the_new : 1);
	timing->count++;
	if (took_s > timing->longest_s)
		timing->longest_s = took_s;
}

void muster_engine_measure(struct muster_engine *engine, struct muster_engine_load *load)
{
	*load = (struct muster_engine_load){ .threads = engine->threads };
	if (is_forked(engine))
		return;
	pthread_mutex_lock(&engine->lock);
	load->queued = engine->queue.admitted;
	load->seconds = muster_queue_seconds(&engine->queue);
	load->dropped = engine->dropped;
	load->hash = engine->hash;
	load->commit = engine->commit;
	pthread_mutex_unlock(&engine->lock);
}
