/* task.h -- a piece of work in two halves: deriving keys, which is slow and needs no store, and changing the store.
 *
 * The engine runs the first half on a hash worker, where it is derived side by side with others, and the second on its
 * writer, together with others in one commit; muster_task_run does both where the caller stands. Whoever holds a task
 * owns it; while the engine has it, nobody else touches it. */
#ifndef MUSTER_TASK_H
#define MUSTER_TASK_H

#include "muster/batch.h"
#include "muster/store.h"

struct muster_task;

struct muster_task_kind {
	/* Add to `batch` what is derived in any case, so that it is derived together with what other tasks need. Runs
	 * on any thread, without the store; may set task->error, and then the rest is left out. NULL where there is
	 * nothing. */
	void (*gather)(struct muster_task *task, struct muster_batch *batch);
	/* That is derived; see what came of it, and do what else takes long, in the same way. */
	void (*derive)(struct muster_task *task);
	/* Change the store inside `transaction`, which is this task's alone. Its return value becomes task->error and
	 * anything but MUSTER_OK undoes it. NULL where the store is not changed. */
	int (*commit)(struct muster_task *task, struct muster_transaction *transaction);
	/* Wipe and free, with whatever embeds the task. */
	void (*free)(struct muster_task *task);
};

struct muster_task {
	const struct muster_task_kind *kind;
	struct muster_task *next; /* belongs to the list that holds it */
	uint64_t token;           /* the submitter's */
	uint64_t prefix;          /* what its address counts as; 0 if it has none */
	int error;                /* the outcome */
};

/* Run both halves on this thread and return task->error, also set from a failed begin or commit: for a caller that
 * cannot wait. Takes its turn with other writers, of other processes too. */
int muster_task_run(struct muster_task *task, struct muster_store *store);

#endif
