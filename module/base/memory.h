/* memory.h -- allocation that is counted, can be made to fail, and wipes what it frees.
 *
 * All of the library's memory comes from here, expat's included, so a test can fail the first, second, third
 * allocation in turn and see that nothing is leaked or half done. Thread-safe. */
#ifndef MUSTER_BASE_MEMORY_H
#define MUSTER_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, calloc and realloc; NULL when out of memory. The block is released by muster_free only. */
void *muster_allocate(size_t size);
void *muster_allocate_zeroed(size_t count, size_t size);
void *muster_reallocate(void *block, size_t size); /* wipes the old block when it moves */

/* Wipe the whole block and free it; NULL is fine. */
void muster_free(void *block);

/* For tests: let `count` more allocations pass, then fail every one; a negative count never fails. */
void muster_memory_fail_after(long count);

/* For tests: the same, but fail a single one. */
void muster_memory_fail_once_after(long count);

/* Does a piece of memory that was allocated before count as one that passes? True but in those tests. */
bool muster_memory_passes(void);

/* For tests: blocks allocated and not yet freed. */
size_t muster_memory_live(void);

#endif
