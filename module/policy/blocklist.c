/* blocklist.c -- a list from the configuration or from a file, sorted, so that its size hardly matters to a look-up. */
#include "policy/blocklist.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "policy/host.h"
#include "policy/setting.h"

/* Read and sorted whenever the configuration is, while the server waits: 50 ms at this size. */
enum { FILE_MAX = 1024 * 1024 };

static int compare(const void *one, const void *other)
{
	const struct muster_text *a = one, *b = other;

	return muster_text_compare(*a, *b);
}

static void keep(struct muster_blocklist *blocklist, struct muster_text *passwords, size_t count)
{
	qsort(passwords, count, sizeof(*passwords), compare);
	*blocklist = (struct muster_blocklist){ passwords, count };
}

/* --- from a file --- */

static int complain(const struct muster_setting *setting, struct muster_text path, const char *why)
{
	return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: blocklist \"%.200s\": %s", setting->option,
	                   path.data, why);
}

static size_t count_lines(struct muster_text text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == '\n';
	return count;
}

static struct muster_text cut_line(struct muster_text *rest)
{
	const char *end = memchr(rest->data, '\n', rest->size);
	struct muster_text line = { rest->data, end ? (size_t)(end - rest->data) : rest->size };
	size_t passed = line.size + (end ? 1 : 0);

	*rest = (struct muster_text){ rest->data + passed, rest->size - passed };
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

static int take_lines(const struct muster_setting *setting, struct muster_text text, struct muster_blocklist *blocklist)
{
	struct muster_text *passwords =
		muster_arena_take(&setting->host->arena, count_lines(text) * sizeof(*passwords));
	size_t count = 0;

	if (!passwords)
		return MUSTER_NO_MEMORY;
	while (text.size > 0)
		passwords[count++] = cut_line(&text);
	keep(blocklist, passwords, count);
	return MUSTER_OK;
}

static int read_file(const struct muster_setting *setting, struct muster_text path, int descriptor, size_t size,
                     struct muster_blocklist *blocklist)
{
	char *bytes;

	if (size > FILE_MAX)
		return complain(setting, path, "is larger than 1 MiB; muster-leaked makes a file for leaked of it");
	bytes = muster_arena_take(&setting->host->arena, size + 1);
	if (!bytes)
		return MUSTER_NO_MEMORY;
	if (!muster_file_read(descriptor, bytes, size, 0))
		return complain(setting, path, "cannot be read");
	return take_lines(setting, (struct muster_text){ bytes, size }, blocklist);
}

static int take_file(const struct muster_setting *setting, struct muster_text path, struct muster_blocklist *blocklist)
{
	const char *why;
	uint64_t size = 0;
	int descriptor = muster_file_open(path.data, &size, &why), error;

	if (descriptor < 0)
		return complain(setting, path, why);
	error = read_file(setting, path, descriptor, size, blocklist);
	close(descriptor);
	return error;
}

/* --- either --- */

static int take_list(const struct muster_setting *setting, const struct muster_value *value,
                     struct muster_blocklist *blocklist)
{
	const struct muster_text *list;
	struct muster_text *passwords;
	size_t count;
	int error = muster_setting_texts(setting, value, &list, &count);

	if (error != MUSTER_OK)
		return error;
	passwords = muster_arena_take(&setting->host->arena, (count + 1) * sizeof(*passwords));
	if (!passwords)
		return MUSTER_NO_MEMORY;
	memcpy(passwords, list, count * sizeof(*passwords));
	keep(blocklist, passwords, count);
	return MUSTER_OK;
}

int muster_blocklist_set(const struct muster_setting *setting, const struct muster_value *value,
                         struct muster_blocklist *blocklist)
{
	struct muster_text path = MUSTER_NO_TEXT;
	int error;

	if (value->kind == MUSTER_TABLE)
		return take_list(setting, value, blocklist);
	if (value->kind != MUSTER_STRING)
		return muster_setting_refuse(setting, value, "a list of strings, or the path of a file");
	error = muster_setting_text(setting, value, &path);
	return error == MUSTER_OK ? take_file(setting, path, blocklist) : error;
}

bool muster_blocklist_holds(const struct muster_blocklist *blocklist, struct muster_text password)
{
	return blocklist->count > 0 &&
	       bsearch(&password, blocklist->passwords, blocklist->count, sizeof(password), compare) != NULL;
}
