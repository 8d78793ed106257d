/* writer.c -- the one writer: commits everything that waits at once.
 *
 * While a commit is being synchronised the next batch gathers, so the disk sets the pace and not the number of tasks.
 * Each task has a nested transaction of its own and fails alone. */
#include <time.h>

#include "base/clock.h"
#include "engine/internal.h"
#include "muster/effect.h"

enum { IDLE_ACKNOWLEDGEMENT_MS = 200 }; /* how long rows wait for a commit to go with */

struct batch {
	struct muster_list tasks, notes;
	struct muster_rows rows;
};

/* --- gathering, with the lock held --- */

static struct timespec soon(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += IDLE_ACKNOWLEDGEMENT_MS * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	return at;
}

/* Wait until there is something to write; false when nothing will come any more. */
static bool wait_for_work(struct muster_engine *engine)
{
	while (!engine->write.first && !engine->workers_joined) {
		struct timespec until = soon();

		if (engine->acknowledged.count == 0 && engine->note_count == 0)
			pthread_cond_wait(&engine->write_work, &engine->lock);
		else if (pthread_cond_timedwait(&engine->write_work, &engine->lock, &until) != 0)
			return true;
	}
	return engine->write.first != NULL;
}

static void gather(struct muster_engine *engine, struct batch *batch)
{
	*batch = (struct batch){ .rows = engine->acknowledged };
	engine->acknowledged = (struct muster_rows){ 0 };
	muster_list_move(&batch->tasks, &engine->write);
	muster_list_move(&batch->notes, &engine->notes);
	engine->note_count = 0;
}

/* Rows that could not be removed are tried again, before younger ones: a later row must not go first, or what it
 * undid would be done again at the next start. */
static void put_back(struct muster_engine *engine, struct batch *batch)
{
	for (size_t i = 0; i < engine->acknowledged.count; i++)
		if (muster_rows_add(&batch->rows, engine->acknowledged.ids[i]) != MUSTER_OK)
			break;
	muster_rows_clear(&engine->acknowledged);
	engine->acknowledged = batch->rows;
}

/* --- writing, without the lock --- */

static int write_task(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_transaction *nested;
	int error = muster_transaction_nest(transaction, &nested);

	if (error != MUSTER_OK)
		return error;
	error = task->kind->commit(task, nested);
	if (error == MUSTER_OK)
		return muster_transaction_commit(nested);
	muster_transaction_abort(nested);
	return error;
}

static int remove_rows(const struct batch *batch, struct muster_transaction *transaction)
{
	struct muster_transaction *nested;
	int error = muster_transaction_nest(transaction, &nested);

	if (error != MUSTER_OK)
		return error;
	for (size_t i = 0; i < batch->rows.count && error == MUSTER_OK; i++)
		error = muster_effect_remove(nested, batch->rows.ids[i]);
	if (error == MUSTER_OK)
		return muster_transaction_commit(nested);
	muster_transaction_abort(nested);
	return error;
}

/* An error that hits the whole batch hits every task that had got through. */
static void fail_all(const struct batch *batch, int error)
{
	for (struct muster_task *task = batch->tasks.first; task; task = task->next)
		if (task->error == MUSTER_OK)
			task->error = error;
	for (struct muster_task *note = batch->notes.first; note; note = note->next)
		note->error = error;
}

/* Returns whether the rows are gone. */
static bool write_batch(struct muster_engine *engine, const struct batch *batch)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_write(engine->store, &transaction), rows;

	if (error != MUSTER_OK) {
		fail_all(batch, error);
		return false;
	}
	for (struct muster_task *task = batch->tasks.first; task; task = task->next)
		task->error = write_task(task, transaction);
	for (struct muster_task *note = batch->notes.first; note; note = note->next)
		note->error = write_task(note, transaction);
	rows = batch->rows.count > 0 ? remove_rows(batch, transaction) : MUSTER_OK;
	error = muster_transaction_commit(transaction);
	if (error != MUSTER_OK)
		fail_all(batch, error);
	return error == MUSTER_OK && rows == MUSTER_OK;
}

/* How many of them could not be written? */
static size_t free_notes(const struct batch *batch)
{
	struct muster_task *note = batch->notes.first, *next;
	size_t lost = 0;

	for (; note; note = next) {
		next = note->next;
		lost += note->error != MUSTER_OK;
		note->kind->free(note);
	}
	return lost;
}

void *muster_engine_write(void *context)
{
	struct muster_engine *engine = context;
	struct batch batch;

	pthread_mutex_lock(&engine->lock);
	while (wait_for_work(engine)) {
		int64_t begun = muster_monotonic_clock_ns();
		size_t lost;
		bool removed;

		gather(engine, &batch);
		pthread_mutex_unlock(&engine->lock);
		removed = write_batch(engine, &batch);
		lost = free_notes(&batch);
		pthread_mutex_lock(&engine->lock);
		engine->dropped += lost;
		muster_timing_add(&engine->commit, muster_monotonic_clock_ns() - begun);
		if (removed)
			muster_rows_clear(&batch.rows);
		else
			put_back(engine, &batch);
		muster_engine_finish(engine, &batch.tasks);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}

/* Notes are lost if this fails. What cannot be removed now stays in the store: the next start of the server carries it
 * out once more. */
void muster_engine_write_rows(struct muster_engine *engine)
{
	struct batch batch;

	gather(engine, &batch);
	if (batch.rows.count > 0 || batch.notes.first)
		write_batch(engine, &batch);
	engine->acknowledged = batch.rows;
	free_notes(&batch);
}
