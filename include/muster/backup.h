/* backup.h -- a copy of the store as a task: it runs on a thread of its own, so that neither the owner nor those who
 * log in wait for the disk. Its task belongs on MUSTER_LANE_ERRAND. */
#ifndef MUSTER_BACKUP_H
#define MUSTER_BACKUP_H

#include "muster/engine.h"

struct muster_backup;

/* A backup of the engine's store into a directory, as muster_store_copy has it. On MUSTER_OK the caller frees it,
 * before the engine is closed. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_backup_new(struct muster_backup **backup, struct muster_engine *engine, const char *directory);

/* The task to submit. It is the backup itself: freeing either frees both. */
struct muster_task *muster_backup_task(struct muster_backup *backup);
struct muster_backup *muster_backup_of(struct muster_task *task);

/* When the task has come back: the size of the copy, or, where task->error says so, what went wrong. */
const struct muster_store_size *muster_backup_size(const struct muster_backup *backup);
const struct muster_failure *muster_backup_failure(const struct muster_backup *backup);

void muster_backup_free(struct muster_backup *backup); /* NULL is fine */

#endif
