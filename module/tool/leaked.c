/* leaked.c -- muster-leaked: make a file of leaked passwords, for password_policy's `leaked`, of a list on standard
 * input. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "muster/error.h"
#include "muster/preparation.h"
#include "muster/scram.h"
#include "tool/collection.h"

static const char usage[] =
	"usage: muster-leaked passwords FILE [BYTES] <LIST\n"
	"       muster-leaked hashes FILE [BYTES] <LIST\n"
	"\n"
	"Makes FILE, which password_policy's \"leaked\" names, of a list on standard input: passwords, one a line, or\n"
	"SHA-1 hashes in hex, one a line, with or without a colon and a number behind, as Have I Been Pwned has them.\n"
	"FILE is replaced when the new one is whole. BYTES, 6 to 20, are kept of each hash; 8 is the default.\n";

enum { KEPT = 8 };

struct list {
	bool hashes;       /* or passwords */
	uint64_t lines;    /* read */
	uint64_t unusable; /* passwords that nobody can choose, as preparation refuses them */
	time_t told;       /* when progress was last told */
};

static struct collection collection;

static int fail(const char *why)
{
	if (errno != 0)
		fprintf(stderr, "muster-leaked: %s: %s: %s\n", collection.path, why, strerror(errno));
	else
		fprintf(stderr, "muster-leaked: %s: %s\n", collection.path, why);
	return EXIT_FAILURE;
}

/* --- lines --- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "HASH" or "HASH:number". */
static bool read_hash(struct muster_text line, uint8_t *hash)
{
	for (size_t i = 0; i < MUSTER_LEAKED_HASH; i++) {
		int high = 2 * i + 1 < line.size ? digit_of(line.data[2 * i]) : -1;
		int low = high >= 0 ? digit_of(line.data[2 * i + 1]) : -1;

		if (low < 0)
			return false;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	return line.size == 2 * MUSTER_LEAKED_HASH || line.data[2 * MUSTER_LEAKED_HASH] == ':';
}

static const char *add_hash(struct list *list, struct muster_text line)
{
	static char complaint[64];
	uint8_t hash[MUSTER_LEAKED_HASH];

	if (read_hash(line, hash))
		return collection_add(&collection, hash);
	snprintf(complaint, sizeof(complaint), "line %" PRIu64 " is no SHA-1 hash in hex", list->lines);
	errno = 0;
	return complaint;
}

/* As the server looks for it: prepared, then hashed. */
static const char *add_password(struct list *list, struct muster_text line)
{
	struct muster_buffer prepared = { 0 };
	uint8_t hash[MUSTER_DIGEST_MAX];
	const char *why = NULL;
	int error;

	errno = 0;
	if (list->lines == 1 && read_hash(line, hash))
		return "the first line is a hash; say hashes instead of passwords";
	error = muster_password_prepare(line, &prepared, NULL);
	if (error == MUSTER_NO_MEMORY)
		return "no memory";
	if (error == MUSTER_OK) {
		muster_digest(MUSTER_SHA_1, muster_buffer_text(&prepared), hash);
		why = collection_add(&collection, hash);
	} else {
		list->unusable++;
	}
	muster_buffer_clear(&prepared);
	return why;
}

static void tell_progress(struct list *list)
{
	time_t now = time(NULL);

	if (list->told != 0 && now >= list->told + 5)
		fprintf(stderr, "muster-leaked: %" PRIu64 " lines\n", list->lines);
	if (list->told == 0 || now >= list->told + 5)
		list->told = now;
}

static const char *add_line(struct list *list, char *line, size_t size)
{
	while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
		size--;
	list->lines++;
	if (list->lines % 65536 == 0)
		tell_progress(list);
	if (size == 0)
		return NULL;
	return list->hashes ? add_hash(list, (struct muster_text){ line, size })
	                    : add_password(list, (struct muster_text){ line, size });
}

static const char *add_lines(struct list *list)
{
	const char *why = NULL;
	size_t room = 0;
	char *line = NULL;
	ssize_t size;

	while (!why && (errno = 0, size = getline(&line, &room, stdin)) >= 0)
		why = add_line(list, line, (size_t)size);
	if (!why && ferror(stdin))
		why = "the list cannot be read";
	if (line)
		muster_wipe(line, room);
	free(line);
	return why;
}

/* --- the program --- */

static void stop(int number)
{
	if (collection.temporary)
		unlink(collection.temporary);
	_exit(128 + number);
}

/* What would come to light only when the list is read. */
static const char *check_place(const char *path)
{
	struct stat status;

	errno = 0;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return "there is something else of that name";
	errno = 0;
	return NULL;
}

static const char *make(struct list *list, const char *path, uint32_t record_size)
{
	const char *why = check_place(path);

	if (!why)
		why = collection_begin(&collection, path, record_size);
	if (!why)
		why = add_lines(list);
	if (!why && collection.count == 0) {
		errno = 0;
		why = "the list is empty";
	}
	if (!why && !collection.sorted)
		fprintf(stderr, "muster-leaked: sorting %" PRIu64 " hashes\n", collection.count);
	return why ? why : collection_finish(&collection);
}

static int run(struct list *list, const char *path, uint32_t record_size)
{
	const char *why;
	int status = EXIT_SUCCESS;

	collection.path = path;
	why = make(list, path, record_size);
	if (why)
		status = fail(why);
	else
		fprintf(stderr,
		        "muster-leaked: %s: %" PRIu64 " passwords of %" PRIu64 " lines; %" PRIu64 " repeated, %" PRIu64
		        " that nobody can choose\n",
		        path, collection.count, list->lines, collection.repeated, list->unusable);
	collection_end(&collection);
	return status;
}

int main(int count, char **arguments)
{
	struct list list = { .hashes = count > 1 && strcmp(arguments[1], "hashes") == 0 };
	char *end = NULL;
	unsigned long kept = count > 3 ? strtoul(arguments[3], &end, 10) : KEPT;

	if (count < 3 || count > 4 || (!list.hashes && strcmp(arguments[1], "passwords") != 0) ||
	    (end && *end != '\0') || kept < MUSTER_LEAKED_LEAST || kept > MUSTER_LEAKED_HASH) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	return run(&list, arguments[2], (uint32_t)kept);
}
