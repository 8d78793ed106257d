/* task.c -- a task run where the caller stands. */
#include "muster/task.h"

static int commit(struct muster_task *task, struct muster_store *store)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_write(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = task->kind->commit(task, transaction);
	if (error == MUSTER_OK)
		return muster_transaction_commit(transaction);
	muster_transaction_abort(transaction);
	return error;
}

int muster_task_run(struct muster_task *task, struct muster_store *store)
{
	struct muster_batch batch = { .count = 0 };

	task->error = MUSTER_OK;
	if (task->kind->gather) {
		task->kind->gather(task, &batch);
		muster_batch_derive(&batch);
	}
	if (task->error == MUSTER_OK && task->kind->derive)
		task->kind->derive(task);
	if (task->error == MUSTER_OK && task->kind->commit)
		task->error = commit(task, store);
	return task->error;
}
