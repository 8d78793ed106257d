/* backup.c -- a copy of the store as a task. */
#include "muster/backup.h"

#include <string.h>

#include "base/memory.h"

struct muster_backup {
	struct muster_task task; /* first, so that either pointer is the other */
	struct muster_store *store;
	struct muster_store_size size;
	struct muster_failure failure;
	char directory[];
};

static void copy(struct muster_task *task)
{
	struct muster_backup *backup = muster_backup_of(task);

	task->error = muster_store_copy(backup->store, backup->directory, &backup->size, &backup->failure);
}

static void free_task(struct muster_task *task)
{
	muster_backup_free(muster_backup_of(task));
}

static const struct muster_task_kind backup_task = { NULL, copy, NULL, free_task };

int muster_backup_new(struct muster_backup **backup, struct muster_engine *engine, const char *directory)
{
	size_t size = strlen(directory) + 1;

	*backup = muster_allocate_zeroed(1, sizeof(**backup) + size);
	if (!*backup)
		return MUSTER_NO_MEMORY;
	(*backup)->task.kind = &backup_task;
	(*backup)->store = muster_engine_store(engine);
	memcpy((*backup)->directory, directory, size);
	return MUSTER_OK;
}

struct muster_task *muster_backup_task(struct muster_backup *backup)
{
	return &backup->task;
}

struct muster_backup *muster_backup_of(struct muster_task *task)
{
	return (struct muster_backup *)task;
}

const struct muster_store_size *muster_backup_size(const struct muster_backup *backup)
{
	return &backup->size;
}

const struct muster_failure *muster_backup_failure(const struct muster_backup *backup)
{
	return &backup->failure;
}

void muster_backup_free(struct muster_backup *backup)
{
	muster_free(backup);
}
