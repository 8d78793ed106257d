/* collection.c -- records are written as they come, for lists of hashes are often sorted and larger than memory; if
 * they are not sorted, the file is mapped and sorted in place. */
#include "tool/collection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".XXXXXX";

/* mkstemp's file is for its owner alone; the server, which reads this one, is somebody else. */
static bool open_up(int descriptor)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(descriptor, 0666 & ~mask) == 0;
}

static bool write_header(const struct collection *collection)
{
	uint8_t header[MUSTER_LEAKED_HEADER];

	muster_leaked_header(header, collection->record_size, collection->count);
	return fseeko(collection->file, 0, SEEK_SET) == 0 && fwrite(header, sizeof(header), 1, collection->file) == 1 &&
	       fflush(collection->file) == 0;
}

static void forget_temporary(struct collection *collection)
{
	char *temporary = collection->temporary;

	collection->temporary = NULL; /* first, as a signal may come */
	free(temporary);
}

const char *collection_begin(struct collection *collection, const char *path, uint32_t record_size)
{
	size_t size = strlen(path) + sizeof(suffix);
	int descriptor;

	*collection = (struct collection){ .path = path, .record_size = record_size, .sorted = true };
	collection->temporary = malloc(size);
	if (!collection->temporary)
		return "no memory";
	snprintf(collection->temporary, size, "%s%s", path, suffix);
	descriptor = mkstemp(collection->temporary);
	if (descriptor < 0) {
		forget_temporary(collection);
		return "no file can be made there";
	}
	collection->file = fdopen(descriptor, "w+");
	return collection->file && open_up(descriptor) && write_header(collection) ? NULL
	                                                                           : "the file cannot be written";
}

const char *collection_add(struct collection *collection, const uint8_t *hash)
{
	int order = collection->count > 0 ? memcmp(hash, collection->last, collection->record_size) : 1;

	if (order == 0) {
		collection->repeated++;
		return NULL;
	}
	if (order < 0)
		collection->sorted = false;
	memcpy(collection->last, hash, collection->record_size);
	collection->count++;
	return fwrite(hash, collection->record_size, 1, collection->file) == 1 ? NULL : "the file cannot be written";
}

/* --- sorting --- */

static int compare(const void *one, const void *other, void *record_size)
{
	return memcmp(one, other, *(const uint32_t *)record_size);
}

/* Returns how many records are left. */
static uint64_t leave_out_repeated(uint8_t *records, uint64_t count, size_t size)
{
	uint64_t kept = count > 0 ? 1 : 0;

	for (uint64_t i = 1; i < count; i++)
		if (memcmp(records + i * size, records + (kept - 1) * size, size) != 0)
			memmove(records + kept++ * size, records + i * size, size);
	return kept;
}

static size_t size_of(const struct collection *collection)
{
	return MUSTER_LEAKED_HEADER + collection->count * collection->record_size;
}

static const char *sort(struct collection *collection)
{
	size_t size = size_of(collection);
	int descriptor = fileno(collection->file);
	uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	uint64_t kept;

	if (bytes == MAP_FAILED)
		return "there is not enough memory to sort";
	qsort_r(bytes + MUSTER_LEAKED_HEADER, collection->count, collection->record_size, compare,
	        &collection->record_size);
	kept = leave_out_repeated(bytes + MUSTER_LEAKED_HEADER, collection->count, collection->record_size);
	munmap(bytes, size);
	collection->repeated += collection->count - kept;
	collection->count = kept;
	return ftruncate(descriptor, (off_t)size_of(collection)) == 0 ? NULL : "the file cannot be written";
}

/* --- the end --- */

const char *collection_finish(struct collection *collection)
{
	const char *why = fflush(collection->file) == 0 ? NULL : "the file cannot be written";

	if (!why && !collection->sorted)
		why = sort(collection);
	if (!why && !(write_header(collection) && fsync(fileno(collection->file)) == 0))
		why = "the file cannot be written";
	if (!why && rename(collection->temporary, collection->path) != 0)
		why = "the file cannot be put in its place";
	if (!why)
		forget_temporary(collection);
	return why;
}

void collection_end(struct collection *collection)
{
	if (collection->file)
		fclose(collection->file);
	collection->file = NULL;
	if (collection->temporary)
		unlink(collection->temporary);
	forget_temporary(collection);
}
