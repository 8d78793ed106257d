/* catalogue.c -- catalogues from files, so that adding a language is adding a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "muster/error.h"
#include "policy/host.h"
#include "policy/setting.h"
#include "xml/writer.h"

enum { FILE_MAX = 64 * 1024, CATALOGUES_MAX = 64 };

static const char suffix[] = ".txt";

/* --- text --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct muster_text trim(struct muster_text text)
{
	while (text.size > 0 && is_blank(text.data[text.size - 1]))
		text.size--;
	while (text.size > 0 && is_blank(text.data[0])) {
		text.data++;
		text.size--;
	}
	return text;
}

static struct muster_text cut_line(struct muster_text *rest)
{
	const char *end = memchr(rest->data, '\n', rest->size);
	struct muster_text line = { rest->data, end ? (size_t)(end - rest->data) : rest->size };
	size_t passed = line.size + (end ? 1 : 0);

	*rest = (struct muster_text){ rest->data + passed, rest->size - passed };
	return line;
}

struct reading {
	struct muster_catalogue *catalogue;
	struct muster_arena *arena;
	struct muster_failure *failure;
	unsigned line;
	unsigned lines[MUSTER_PHRASE_COUNT]; /* where each phrase stands; 0 until it is found */
};

static int complain_of_line(const struct reading *reading, const char *complaint)
{
	return muster_fail(reading->failure, MUSTER_MALFORMED, "line %u %s", reading->line, complaint);
}

static int read_phrase(struct reading *reading, struct muster_text line)
{
	const char *colon = memchr(line.data, ':', line.size);
	size_t before = colon ? (size_t)(colon - line.data) : 0;
	struct muster_text key = trim((struct muster_text){ line.data, before }), words;
	enum muster_phrase phrase = muster_phrase_of(key);

	if (!colon)
		return complain_of_line(reading, "has no colon behind the key");
	if (phrase == MUSTER_PHRASE_NONE)
		return complain_of_line(reading, "has a key that is not known");
	if (reading->lines[phrase] > 0)
		return muster_fail(reading->failure, MUSTER_MALFORMED, "line %u has the key of line %u again",
		                   reading->line, reading->lines[phrase]);
	words = trim((struct muster_text){ colon + 1, line.size - before - 1 });
	if (words.size == 0)
		return complain_of_line(reading, "has no words");
	reading->lines[phrase] = reading->line;
	return muster_arena_copy(reading->arena, words, &reading->catalogue->phrases[phrase]);
}

static int read_line(struct reading *reading, struct muster_text line)
{
	if (!muster_xml_can_hold(line))
		return complain_of_line(reading, "is no text in UTF-8");
	line = trim(line);
	return line.size == 0 || line.data[0] == '#' ? MUSTER_OK : read_phrase(reading, line);
}

/* Some editors put a byte order mark there. */
static struct muster_text behind_mark(struct muster_text text)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t size = sizeof(mark) - 1;

	if (text.size < size || memcmp(text.data, mark, size) != 0)
		return text;
	return (struct muster_text){ text.data + size, text.size - size };
}

int muster_catalogue_read(struct muster_catalogue *catalogue, struct muster_arena *arena, struct muster_text text,
                          struct muster_failure *failure)
{
	struct reading reading = { .catalogue = catalogue, .arena = arena, .failure = failure };
	int error = MUSTER_OK;

	text = behind_mark(text);
	while (text.size > 0 && error == MUSTER_OK) {
		reading.line++;
		error = read_line(&reading, cut_line(&text));
	}
	return error;
}

/* --- files --- */

static int read_file(int descriptor, char *bytes, size_t *size)
{
	ssize_t count;

	*size = 0;
	while ((count = read(descriptor, bytes + *size, FILE_MAX - *size)) > 0)
		*size += (size_t)count;
	if (count < 0)
		return errno;
	return *size < FILE_MAX ? 0 : EFBIG;
}

static int complain(const struct muster_setting *setting, const char *name, const char *why)
{
	return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: %s: %s", setting->option, name, why);
}

static int parse_file(const struct muster_setting *setting, const char *name, struct muster_text text)
{
	struct muster_host *host = setting->host;
	struct muster_catalogue *catalogue = &host->catalogues[host->catalogue_count];
	struct muster_text language = { name, strlen(name) - (sizeof(suffix) - 1) };
	struct muster_failure failure = { 0 };
	int error;

	*catalogue = (struct muster_catalogue){ .language = MUSTER_NO_TEXT };
	if (!muster_language_valid(language))
		return complain(setting, name, "the name is no tag of a language");
	for (size_t i = 0; i < host->catalogue_count; i++)
		if (muster_language_is(host->catalogues[i].language, language))
			return complain(setting, name, "another file there has the same language");
	error = muster_arena_copy(&host->arena, language, &catalogue->language);
	if (error == MUSTER_OK)
		error = muster_catalogue_read(catalogue, &host->arena, text, &failure);
	if (error == MUSTER_OK)
		host->catalogue_count++;
	return error == MUSTER_MALFORMED ? complain(setting, name, failure.text) : error;
}

/* What is no regular file might never end, or keep the server waiting. */
static int open_file(const struct muster_setting *setting, int directory, const char *name, int *descriptor)
{
	struct stat status;

	*descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*descriptor < 0 || fstat(*descriptor, &status) != 0)
		return complain(setting, name, strerror(errno));
	return S_ISREG(status.st_mode) ? MUSTER_OK : complain(setting, name, "it is not a regular file");
}

static int take_content(const struct muster_setting *setting, const char *name, int descriptor)
{
	char *bytes = muster_allocate(FILE_MAX);
	size_t size = 0;
	int code, error;

	if (!bytes)
		return MUSTER_NO_MEMORY;
	code = read_file(descriptor, bytes, &size);
	error = code == 0 ? parse_file(setting, name, (struct muster_text){ bytes, size })
	                  : complain(setting, name, strerror(code));
	muster_free(bytes);
	return error;
}

static int take_file(const struct muster_setting *setting, int directory, const char *name)
{
	int descriptor, error = open_file(setting, directory, name, &descriptor);

	if (error == MUSTER_OK)
		error = take_content(setting, name, descriptor);
	if (descriptor >= 0)
		close(descriptor);
	return error;
}

static bool is_catalogue(const char *name)
{
	size_t size = strlen(name), end = sizeof(suffix) - 1;

	return name[0] != '.' && size > end && strcmp(name + size - end, suffix) == 0;
}

static int take_files(const struct muster_setting *setting, DIR *directory)
{
	struct dirent *entry;
	int error = MUSTER_OK;

	while (error == MUSTER_OK && (errno = 0, entry = readdir(directory)) != NULL) {
		if (!is_catalogue(entry->d_name))
			continue;
		if (setting->host->catalogue_count == CATALOGUES_MAX)
			return complain(setting, entry->d_name, "at most 64 languages are read");
		error = take_file(setting, dirfd(directory), entry->d_name);
	}
	return error == MUSTER_OK && errno != 0 ? complain(setting, "the directory", strerror(errno)) : error;
}

int muster_catalogue_set(const struct muster_setting *setting)
{
	struct muster_host *host = setting->host;
	struct muster_text path = MUSTER_NO_TEXT;
	int error = muster_setting_text(setting, setting->value, &path);
	DIR *directory;

	if (error != MUSTER_OK)
		return error;
	directory = opendir(path.data);
	if (!directory)
		return muster_setting_refuse(setting, setting->value, "the path of a directory that can be read");
	host->catalogue_count = 0;
	host->catalogues = muster_arena_take(&host->arena, CATALOGUES_MAX * sizeof(*host->catalogues));
	error = host->catalogues ? take_files(setting, directory) : MUSTER_NO_MEMORY;
	closedir(directory);
	return error;
}
