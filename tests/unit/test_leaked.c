/* test_leaked.c -- files of leaked passwords: what is found in them, and files that are none. */
#include "support.h"

#include <stdlib.h>

#include "policy/leaked.h"

/* --- files --- */

struct file {
	char *directory;
	uint8_t *bytes;
	size_t size, record_size, count;
};

static uint8_t *record(const struct file *file, size_t index)
{
	return file->bytes + MUSTER_LEAKED_HEADER + index * file->record_size;
}

/* A file of `count` records, all zero. */
static struct file new_file(size_t record_size, size_t count)
{
	struct file file = { .directory = make_directory(),
		             .size = MUSTER_LEAKED_HEADER + record_size * count,
		             .record_size = record_size,
		             .count = count };

	file.bytes = calloc(1, file.size + 1);
	assert_non_null(file.bytes);
	muster_leaked_header(file.bytes, (uint32_t)record_size, count);
	return file;
}

static const char *write_file(const struct file *file, size_t size)
{
	const char *path = path_in(file->directory, "leaked");
	FILE *stream = fopen(path, "wb");

	assert_non_null(stream);
	assert_int_equal(fwrite(file->bytes, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
	return path;
}

static void free_file(struct file *file)
{
	remove_directory(file->directory);
	free(file->bytes);
}

static bool holds(const struct muster_leaked *leaked, const uint8_t *hash)
{
	bool found = false;

	assert_error(muster_leaked_find(leaked, hash, &found), MUSTER_OK);
	return found;
}

/* A hash that begins with the number. */
static void put(uint8_t *hash, uint64_t number)
{
	memset(hash, 0, MUSTER_LEAKED_HASH);
	for (size_t i = 0; i < 6; i++)
		hash[i] = (uint8_t)(number >> (40 - 8 * i));
}

static void put_record(const struct file *file, size_t index, uint64_t number)
{
	uint8_t hash[MUSTER_LEAKED_HASH];

	put(hash, number);
	memcpy(record(file, index), hash, file->record_size);
}

/* --- looking up --- */

/* The records are even numbers, spread as `place` has them, so odd numbers are not in the file: every one is found, and
 * none of those in between and at both ends. */
typedef uint64_t place_fn(uint64_t number, uint64_t count);

static uint64_t evenly(uint64_t number, uint64_t count)
{
	return number * ((1ULL << 47) / count);
}

static uint64_t at_the_start(uint64_t number, uint64_t count)
{
	(void)count;
	return number;
}

static uint64_t at_the_end(uint64_t number, uint64_t count)
{
	return (1ULL << 47) - count + number;
}

/* Guesses go wrong time and again. */
static uint64_t denser_and_denser(uint64_t number, uint64_t count)
{
	double part = (double)number / (double)count;

	for (int i = 0; i < 3; i++)
		part *= part;
	return number + (uint64_t)(part * (double)(1ULL << 46));
}

static void assert_found(size_t record_size, size_t count, place_fn *place)
{
	struct file file = new_file(record_size, count);
	const size_t step = count > 1000 ? 7 : 1;
	uint8_t hash[MUSTER_LEAKED_HASH];
	struct muster_leaked *leaked;
	const char *why;

	for (size_t i = 0; i < count; i++)
		put_record(&file, i, 2 * place(i, count));
	assert_error(muster_leaked_open(&leaked, write_file(&file, file.size), &why), MUSTER_OK);
	for (size_t i = 0; i < count; i += step) {
		put(hash, 2 * place(i, count));
		assert_true(holds(leaked, hash));
		put(hash, 2 * place(i, count) + 1);
		assert_false(holds(leaked, hash));
		put(hash, 2 * place(i, count) - 1);
		assert_false(holds(leaked, hash));
	}
	muster_leaked_close(leaked);
	free_file(&file);
}

static void test_every_hash_is_found(void **state)
{
	static place_fn *const places[] = { evenly, at_the_start, at_the_end, denser_and_denser };
	static const size_t sizes[] = { MUSTER_LEAKED_LEAST, 8, MUSTER_LEAKED_HASH };
	const size_t many = (size_t)rounds(20000, 3000);

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			for (size_t count = 1; count < 4; count++)
				assert_found(sizes[j], count, places[i]);
			assert_found(sizes[j], 4096 / sizes[j], places[i]);
			assert_found(sizes[j], 4096 / sizes[j] + 1, places[i]);
			assert_found(sizes[j], many, places[i]);
		}
}

/* Records are whole hashes, or as much of them as the file says. */
static void test_bytes_behind_the_record_do_not_count(void **state)
{
	struct file file = new_file(8, 1);
	uint8_t hash[MUSTER_LEAKED_HASH] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct muster_leaked *leaked;
	const char *why;

	(void)state;
	memcpy(record(&file, 0), hash, 8);
	assert_error(muster_leaked_open(&leaked, write_file(&file, file.size), &why), MUSTER_OK);
	assert_true(holds(leaked, hash));
	hash[8] = 0;
	assert_true(holds(leaked, hash));
	hash[7] = 0;
	assert_false(holds(leaked, hash));
	muster_leaked_close(leaked);
	free_file(&file);
}

static void test_a_file_that_is_cut_short(void **state)
{
	struct file file = new_file(20, 3);
	uint8_t hash[MUSTER_LEAKED_HASH] = { 0 };
	struct muster_leaked *leaked;
	const char *why;
	bool found = true;

	(void)state;
	*record(&file, 1) = 1;
	*record(&file, 2) = 2;
	assert_error(muster_leaked_open(&leaked, write_file(&file, file.size), &why), MUSTER_OK);
	write_file(&file, file.size - 1);
	assert_error(muster_leaked_find(leaked, hash, &found), MUSTER_LEAKED_UNREADABLE);
	assert_false(found);
	assert_error(muster_leaked_holds(leaked, text("password"), &found), MUSTER_LEAKED_UNREADABLE);
	write_file(&file, file.size);
	assert_true(holds(leaked, hash));
	muster_leaked_close(leaked);
	free_file(&file);
}

/* --- files that are none --- */

static void assert_refused(const struct file *file, size_t size, const char *words)
{
	struct muster_leaked *leaked;
	const char *why = NULL;

	assert_error(muster_leaked_open(&leaked, write_file(file, size), &why), MUSTER_BAD_OPTION);
	assert_null(leaked);
	if (!strstr(why, words))
		fail_msg("\"%s\" lacks \"%s\"", why, words);
}

/* With one byte of the header different. */
static void assert_byte_refused(const struct file *file, size_t place, uint8_t byte, const char *words)
{
	uint8_t before = file->bytes[place];

	file->bytes[place] = byte;
	assert_refused(file, file->size, words);
	file->bytes[place] = before;
}

static void test_headers_that_cannot_be(void **state)
{
	struct file file = new_file(8, 1);

	(void)state;
	assert_refused(&file, 0, "too short");
	assert_refused(&file, MUSTER_LEAKED_HEADER - 1, "too short");
	assert_refused(&file, MUSTER_LEAKED_HEADER, "cut short");
	assert_refused(&file, file.size - 1, "cut short");
	assert_refused(&file, file.size + 1, "longer than it says");
	assert_byte_refused(&file, 0, 'm', "is not a file that muster-leaked made");
	assert_byte_refused(&file, 7, 0, "is not a file that muster-leaked made");
	assert_byte_refused(&file, 11, 2, "newer version");
	assert_byte_refused(&file, 8, 1, "newer version");
	assert_byte_refused(&file, 11, 0, "no version");
	assert_byte_refused(&file, 15, 5, "of a size that cannot be");
	assert_byte_refused(&file, 15, 21, "of a size that cannot be");
	assert_byte_refused(&file, 12, 1, "of a size that cannot be");
	assert_byte_refused(&file, 15, 7, "longer than it says");
	assert_byte_refused(&file, 23, 0, "holds no passwords");
	assert_byte_refused(&file, 23, 2, "cut short");
	assert_byte_refused(&file, 16, 0x20, "cut short"); /* times eight it would wrap around to the right size */
	free_file(&file);
}

/* Whatever two records of a small file change places; in a large one the blocks that are looked at. */
static void test_files_that_are_not_sorted(void **state)
{
	struct file small = new_file(6, 2000), large = new_file(20, 204 * 16 * 2);

	(void)state;
	for (size_t i = 0; i < small.count; i++)
		put_record(&small, i, i + 1);
	for (size_t i = 0; i < large.count; i++)
		put_record(&large, i, i + 1);
	for (size_t i = 0; i < small.count; i += 111) {
		put_record(&small, i, i > 0 ? i : 2); /* the same as the one before, or behind */
		assert_refused(&small, small.size, "is not sorted");
		put_record(&small, i, i + 1);
	}
	for (size_t i = 0; i < 16; i++) {
		put_record(&large, i * 408 + 1, 9999);
		assert_refused(&large, large.size, "is not sorted");
		put_record(&large, i * 408 + 1, i * 408 + 2);
	}
	free_file(&small);
	free_file(&large);
}

/* The order is that of the whole file. */
static void test_blocks_that_are_sorted_each_by_itself(void **state)
{
	struct file file = new_file(8, 512 * 3);

	(void)state;
	for (size_t i = 0; i < file.count; i++)
		put_record(&file, i, 1 + i % 512);
	assert_refused(&file, file.size, "is not sorted");
	free_file(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_hash_is_found),
		cmocka_unit_test(test_bytes_behind_the_record_do_not_count),
		cmocka_unit_test(test_a_file_that_is_cut_short),
		cmocka_unit_test(test_headers_that_cannot_be),
		cmocka_unit_test(test_files_that_are_not_sorted),
		cmocka_unit_test(test_blocks_that_are_sorted_each_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
