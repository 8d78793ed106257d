/* replay.c -- a target without libFuzzer: runs every file of the directories that it is given. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static int run(const char *directory, const char *name)
{
	static uint8_t bytes[1 << 20];
	char path[1024];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return EXIT_FAILURE;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	printf("seed %s ok\n", name);
	fflush(stdout);
	return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
	int failed = count < 2;

	for (int i = 1; i < count; i++) {
		DIR *directory = opendir(arguments[i]);
		struct dirent *entry;

		if (!directory) {
			perror(arguments[i]);
			return EXIT_FAILURE;
		}
		while ((entry = readdir(directory)) != NULL)
			if (entry->d_name[0] != '.')
				failed |= run(arguments[i], entry->d_name);
		closedir(directory);
	}
	return failed;
}
