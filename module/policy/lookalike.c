/* lookalike.c -- names in and out of the index, and looked up in it. */
#include "policy/lookalike.h"

#include "credential/skeleton.h"
#include "muster/skeleton.h"

/* A process with another version, such as a tool that was updated before the server was started again, finds nothing
 * that this one writes, and the other way round: then the index is no longer whole. */
static int check_version(struct muster_transaction *transaction)
{
	char version[MUSTER_SKELETON_VERSION_MAX];
	struct muster_buffer stored = { 0 };
	int error = muster_skeleton_get_version(transaction, &stored);

	if (error == MUSTER_OK && !muster_text_is_c(muster_buffer_text(&stored), muster_skeleton_version(version)))
		error = muster_skeleton_set_version(transaction, MUSTER_NO_TEXT);
	muster_buffer_clear(&stored);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

typedef int change_fn(struct muster_transaction *transaction, struct muster_text host, struct muster_text skeleton,
                      struct muster_text name);

static int change(change_fn *change, struct muster_transaction *transaction, struct muster_text host,
                  struct muster_text name)
{
	struct muster_buffer skeleton = { 0 };
	int error = muster_skeleton(name, &skeleton);

	if (error == MUSTER_OK)
		error = check_version(transaction);
	if (error == MUSTER_OK)
		error = change(transaction, host, muster_buffer_text(&skeleton), name);
	muster_buffer_clear(&skeleton);
	return error;
}

int muster_lookalike_add(struct muster_transaction *transaction, struct muster_text host, struct muster_text name)
{
	return change(muster_skeleton_add, transaction, host, name);
}

int muster_lookalike_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name)
{
	return change(muster_skeleton_remove, transaction, host, name);
}

int muster_lookalike_find(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                          struct muster_buffer *found)
{
	struct muster_buffer skeleton = { 0 };
	int error = muster_skeleton(name, &skeleton);

	if (error == MUSTER_OK)
		error = muster_skeleton_find(transaction, host, muster_buffer_text(&skeleton), name, found);
	muster_buffer_clear(&skeleton);
	return error;
}
