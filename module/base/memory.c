/* memory.c -- counted allocation over malloc. */
#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "muster/text.h"

static atomic_long passes_left = -1;
static atomic_bool fails_once;
static atomic_size_t live;

bool muster_memory_passes(void)
{
	long left = atomic_load(&passes_left);

	while (left > 0)
		if (atomic_compare_exchange_weak(&passes_left, &left, left - 1))
			return true;
	if (left == 0 && atomic_load(&fails_once))
		return !atomic_compare_exchange_strong(&passes_left, &left, -1);
	return left < 0;
}

void *muster_allocate(size_t size)
{
	void *block = muster_memory_passes() ? malloc(size > 0 ? size : 1) : NULL;

	if (block)
		atomic_fetch_add(&live, 1);
	return block;
}

void *muster_allocate_zeroed(size_t count, size_t size)
{
	void *block = muster_memory_passes() ? calloc(count > 0 ? count : 1, size > 0 ? size : 1) : NULL;

	if (block)
		atomic_fetch_add(&live, 1);
	return block;
}

/* realloc would leave a copy behind that nobody can wipe any more. */
void *muster_reallocate(void *block, size_t size)
{
	size_t old_size = block ? malloc_usable_size(block) : 0;
	void *moved = muster_allocate(size);

	if (moved && block) {
		memcpy(moved, block, old_size < size ? old_size : size);
		muster_free(block);
	}
	return moved;
}

void muster_free(void *block)
{
	if (!block)
		return;
	muster_wipe(block, malloc_usable_size(block));
	free(block);
	atomic_fetch_sub(&live, 1);
}

void muster_memory_fail_after(long count)
{
	atomic_store(&fails_once, false);
	atomic_store(&passes_left, count);
}

void muster_memory_fail_once_after(long count)
{
	atomic_store(&fails_once, true);
	atomic_store(&passes_left, count);
}

size_t muster_memory_live(void)
{
	return atomic_load(&live);
}
