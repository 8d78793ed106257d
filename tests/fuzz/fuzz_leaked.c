/* fuzz_leaked.c -- any bytes as a file of leaked passwords: it is refused, or what is found in it is there; and if it
 * is sorted, whatever is there is found. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "fuzz.h"
#include "policy/leaked.h"

enum { SIZE_MAX_HERE = 65536 };

struct records {
	const uint8_t *bytes;
	size_t size, count;
};

static bool are_sorted(const struct records *records)
{
	for (size_t i = 1; i < records->count; i++)
		if (memcmp(records->bytes + (i - 1) * records->size, records->bytes + i * records->size,
		           records->size) >= 0)
			return false;
	return true;
}

static bool are_with(const struct records *records, const uint8_t *hash)
{
	for (size_t i = 0; i < records->count; i++)
		if (memcmp(records->bytes + i * records->size, hash, records->size) == 0)
			return true;
	return false;
}

static void look(const struct muster_leaked *leaked, const struct records *records, bool sorted, const uint8_t *hash)
{
	bool found = false;

	check(muster_leaked_find(leaked, hash, &found) == MUSTER_OK);
	check(found ? are_with(records, hash) : !sorted || !are_with(records, hash));
}

/* The records, and what is a little greater. */
static void look_for_all(const struct muster_leaked *leaked, const struct records *records)
{
	bool sorted = are_sorted(records);
	uint8_t hash[MUSTER_LEAKED_HASH] = { 0 };

	for (size_t i = 0; i < records->count; i += 1 + records->count / 64) {
		memcpy(hash, records->bytes + i * records->size, records->size);
		look(leaked, records, sorted, hash);
		hash[records->size - 1]++;
		look(leaked, records, sorted, hash);
	}
}

static void try_file(const char *path, const uint8_t *data, size_t size)
{
	struct records records = { .bytes = data + MUSTER_LEAKED_HEADER };
	struct muster_leaked *leaked = NULL;
	const char *why = NULL;
	int error = muster_leaked_open(&leaked, path, &why);

	if (error == MUSTER_OK) {
		records.size = data[15];
		records.count = (size - MUSTER_LEAKED_HEADER) / records.size;
		look_for_all(leaked, &records);
	} else {
		check(error == MUSTER_BAD_OPTION && why && !leaked);
	}
	muster_leaked_close(leaked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int descriptor = memfd_create("leaked", MFD_CLOEXEC);
	char path[64];

	if (size > SIZE_MAX_HERE)
		size = SIZE_MAX_HERE;
	check(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	try_file(path, data, size);
	close(descriptor);
	check(muster_memory_live() == 0);
	return 0;
}
