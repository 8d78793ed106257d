/* arena.c -- a chain of chunks, the newest in front. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "muster/error.h"

enum { CHUNK_SIZE = 4096 };

struct muster_arena_chunk {
	struct muster_arena_chunk *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct muster_arena_chunk *grow(struct muster_arena *arena, size_t size)
{
	size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct muster_arena_chunk *chunk = muster_allocate_zeroed(1, sizeof(*chunk) + room);

	if (!chunk)
		return NULL;
	chunk->older = arena->newest;
	chunk->size = room;
	arena->newest = chunk;
	return chunk;
}

void *muster_arena_take(struct muster_arena *arena, size_t size)
{
	struct muster_arena_chunk *chunk = arena->newest;
	size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	void *block;

	if (size > PTRDIFF_MAX)
		return NULL; /* no such block can be; rounding it up would wrap around */
	if (!chunk || chunk->size - chunk->used < rounded)
		chunk = grow(arena, rounded);
	else if (!muster_memory_passes())
		return NULL; /* a chunk may end anywhere, so any piece may be the one that fails */
	if (!chunk)
		return NULL;
	block = chunk->bytes + chunk->used;
	chunk->used += rounded;
	return block;
}

int muster_arena_copy(struct muster_arena *arena, struct muster_text text, struct muster_text *copy)
{
	char *bytes;

	*copy = MUSTER_NO_TEXT;
	if (!text.data)
		return MUSTER_OK;
	bytes = muster_arena_take(arena, text.size + 1);
	if (!bytes)
		return MUSTER_NO_MEMORY;
	if (text.size > 0)
		memcpy(bytes, text.data, text.size);
	*copy = (struct muster_text){ bytes, text.size };
	return MUSTER_OK;
}

void muster_arena_clear(struct muster_arena *arena)
{
	while (arena->newest) {
		struct muster_arena_chunk *chunk = arena->newest;

		arena->newest = chunk->older;
		muster_free(chunk);
	}
}
