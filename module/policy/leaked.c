/* leaked.c -- looking up by guessing the place, as hashes are spread evenly, and by bisection should they not be. */
#include "policy/leaked.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "muster/error.h"
#include "muster/scram.h"

enum {
	VERSION = 1,
	BLOCK = 4096,
	GUESSES = 6, /* three are enough for a thousand million even hashes; then bisection, which always ends */
	SAMPLES = 16
};

static const char magic[8] = { 'M', 'S', 'T', 'R', 'L', 'E', 'A', 'K' };

struct muster_leaked {
	int descriptor;
	uint32_t record_size;
	uint64_t count;
};

/* Records that were read together. */
struct block {
	uint64_t first; /* the number of the first */
	size_t count;
	uint8_t bytes[BLOCK];
};

/* What is left to look in: records from `low` to below `high`, whose hashes begin with such numbers. */
struct range {
	uint64_t low, high, low_key, high_key;
};

/* --- bytes --- */

static void store(uint8_t *bytes, size_t size, uint64_t number)
{
	while (size-- > 0) {
		bytes[size] = (uint8_t)number;
		number >>= 8;
	}
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* How a record, or a hash cut to its size, begins. */
static uint64_t key_of(const struct muster_leaked *leaked, const uint8_t *record)
{
	return load(record, leaked->record_size < 8 ? leaked->record_size : 8);
}

void muster_leaked_header(uint8_t *bytes, uint32_t record_size, uint64_t count)
{
	memcpy(bytes, magic, sizeof(magic));
	store(bytes + 8, 4, VERSION);
	store(bytes + 12, 4, record_size);
	store(bytes + 16, 8, count);
}

/* --- blocks --- */

static const uint8_t *record_in(const struct muster_leaked *leaked, const struct block *block, size_t index)
{
	return block->bytes + index * leaked->record_size;
}

static const uint8_t *last_in(const struct muster_leaked *leaked, const struct block *block)
{
	return record_in(leaked, block, block->count - 1);
}

/* Read as many records from `first` on as fit, and are below `end`. */
static bool read_block(const struct muster_leaked *leaked, uint64_t first, uint64_t end, struct block *block)
{
	size_t fit = BLOCK / leaked->record_size;

	block->first = first;
	block->count = end - first < fit ? (size_t)(end - first) : fit;
	return muster_file_read(leaked->descriptor, block->bytes, block->count * leaked->record_size,
	                        MUSTER_LEAKED_HEADER + first * leaked->record_size);
}

static bool find_in(const struct muster_leaked *leaked, const struct block *block, const uint8_t *hash)
{
	size_t low = 0, high = block->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(hash, record_in(leaked, block, middle), leaked->record_size);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* --- opening --- */

static const char *check_header(struct muster_leaked *leaked, uint64_t size)
{
	uint8_t header[MUSTER_LEAKED_HEADER];
	uint64_t version;

	if (size < sizeof(header) || !muster_file_read(leaked->descriptor, header, sizeof(header), 0))
		return "is too short for a file that muster-leaked made";
	if (memcmp(header, magic, sizeof(magic)) != 0)
		return "is not a file that muster-leaked made";
	version = load(header + 8, 4);
	if (version != VERSION)
		return version > VERSION ? "was made by a newer version of muster-leaked" : "has no version";
	leaked->record_size = (uint32_t)load(header + 12, 4);
	leaked->count = load(header + 16, 8);
	if (leaked->record_size < MUSTER_LEAKED_LEAST || leaked->record_size > MUSTER_LEAKED_HASH)
		return "has records of a size that cannot be";
	if (leaked->count == 0)
		return "holds no passwords";
	if (leaked->count > size / leaked->record_size ||
	    leaked->count * leaked->record_size != size - MUSTER_LEAKED_HEADER)
		return "is cut short, or longer than it says";
	return NULL;
}

static bool ascends(const struct muster_leaked *leaked, const struct block *block, const uint8_t *before)
{
	for (size_t i = 0; i < block->count; i++) {
		const uint8_t *record = record_in(leaked, block, i);

		if (memcmp(before, record, leaked->record_size) >= 0 && block->first + i > 0)
			return false;
		before = record;
	}
	return true;
}

/* Some blocks all over the file; all of it if it is small. */
static const char *check_order(const struct muster_leaked *leaked)
{
	const uint64_t even = leaked->count / SAMPLES, fit = BLOCK / leaked->record_size;
	const uint64_t step = even > fit ? even : fit;
	uint8_t before[MUSTER_LEAKED_HASH] = { 0 };
	struct block block;

	for (uint64_t first = 0; first < leaked->count; first += step) {
		if (!read_block(leaked, first, leaked->count, &block))
			return "cannot be read";
		if (!ascends(leaked, &block, before))
			return "is not sorted";
		memcpy(before, last_in(leaked, &block), leaked->record_size);
	}
	return NULL;
}

static const char *open_file(struct muster_leaked *leaked, const char *path)
{
	const char *why = NULL;
	uint64_t size = 0;

	leaked->descriptor = muster_file_open(path, &size, &why);
	if (leaked->descriptor >= 0)
		why = check_header(leaked, size);
	return why ? why : check_order(leaked);
}

int muster_leaked_open(struct muster_leaked **leaked, const char *path, const char **why)
{
	struct muster_leaked *made = muster_allocate_zeroed(1, sizeof(*made));

	*leaked = NULL;
	if (!made)
		return MUSTER_NO_MEMORY;
	*why = open_file(made, path);
	if (*why) {
		muster_leaked_close(made);
		return MUSTER_BAD_OPTION;
	}
	*leaked = made;
	return MUSTER_OK;
}

void muster_leaked_close(struct muster_leaked *leaked)
{
	if (!leaked)
		return;
	if (leaked->descriptor >= 0)
		close(leaked->descriptor);
	muster_free(leaked);
}

/* --- looking up --- */

/* Where the key is, if the range's hashes are even. */
static uint64_t guess(const struct range *range, uint64_t key)
{
	double part;
	uint64_t steps;

	if (key <= range->low_key)
		return range->low;
	if (key >= range->high_key)
		return range->high - 1;
	part = (double)(key - range->low_key) / (double)(range->high_key - range->low_key);
	steps = (uint64_t)(part * (double)(range->high - range->low));
	return steps < range->high - range->low ? range->low + steps : range->high - 1;
}

/* A block with the place in its middle, as far as the range goes. */
static bool read_around(const struct muster_leaked *leaked, const struct range *range, uint64_t place,
                        struct block *block)
{
	uint64_t half = BLOCK / leaked->record_size / 2;

	return read_block(leaked, place - range->low > half ? place - half : range->low, range->high, block);
}

/* Does the block tell? If not, the range becomes what is on the hash's side of it. */
static bool narrow(const struct muster_leaked *leaked, struct range *range, const struct block *block,
                   const uint8_t *hash)
{
	if (memcmp(hash, block->bytes, leaked->record_size) < 0) {
		range->high = block->first;
		range->high_key = key_of(leaked, block->bytes);
		return false;
	}
	if (memcmp(hash, last_in(leaked, block), leaked->record_size) > 0) {
		range->low = block->first + block->count;
		range->low_key = key_of(leaked, last_in(leaked, block));
		return false;
	}
	return true;
}

int muster_leaked_find(const struct muster_leaked *leaked, const uint8_t *hash, bool *found)
{
	static const uint8_t greatest[MUSTER_LEAKED_HASH] = "\xff\xff\xff\xff\xff\xff\xff\xff";
	const uint64_t key = key_of(leaked, hash);
	struct range range = { .high = leaked->count, .high_key = key_of(leaked, greatest) };
	struct block block;

	*found = false;
	for (int step = 0; range.low < range.high; step++) {
		uint64_t place = step < GUESSES ? guess(&range, key) : range.low + (range.high - range.low) / 2;

		if (!read_around(leaked, &range, place, &block))
			return MUSTER_LEAKED_UNREADABLE;
		if (narrow(leaked, &range, &block, hash)) {
			*found = find_in(leaked, &block, hash);
			return MUSTER_OK;
		}
	}
	return MUSTER_OK;
}

int muster_leaked_holds(const struct muster_leaked *leaked, struct muster_text password, bool *found)
{
	uint8_t hash[MUSTER_DIGEST_MAX] = { 0 };
	int error;

	muster_digest(MUSTER_SHA_1, password, hash);
	error = muster_leaked_find(leaked, hash, found);
	muster_wipe(hash, sizeof(hash));
	return error;
}
