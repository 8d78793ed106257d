/* collection.h -- hashes gathered into a new file of leaked passwords, which takes its place when it is whole. */
#ifndef MUSTER_TOOL_COLLECTION_H
#define MUSTER_TOOL_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/leaked.h"

struct collection {
	const char *path;
	char *temporary; /* beside it */
	FILE *file;
	uint32_t record_size;
	uint64_t count, repeated;
	bool sorted;                      /* so far */
	uint8_t last[MUSTER_LEAKED_HASH]; /* record */
};

/* Make the temporary file. `path` is borrowed. Each returns NULL, or what failed, with the cause in errno. */
const char *collection_begin(struct collection *collection, const char *path, uint32_t record_size);
const char *collection_add(struct collection *collection, const uint8_t *hash);

/* Sort what is not sorted, leave out what is there twice, and put the file in its place. */
const char *collection_finish(struct collection *collection);

/* Remove the temporary file, if it is still there, and free. */
void collection_end(struct collection *collection);

#endif
