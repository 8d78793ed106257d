/* arena.h -- many small blocks that live and die together. */
#ifndef MUSTER_BASE_ARENA_H
#define MUSTER_BASE_ARENA_H

#include <stddef.h>

#include "muster/text.h"

struct muster_arena {
	struct muster_arena_chunk *newest;
};

/* A zeroed block, aligned for any type, or NULL when out of memory. Lives until muster_arena_clear. */
void *muster_arena_take(struct muster_arena *arena, size_t size);

/* Copy `text` into the arena, a NUL behind it; absent text stays absent. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_arena_copy(struct muster_arena *arena, struct muster_text text, struct muster_text *copy);

/* Wipe and free everything; the arena is empty and usable afterwards. */
void muster_arena_clear(struct muster_arena *arena);

#endif
