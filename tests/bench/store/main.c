/* main.c -- `muster-store`: a store with many accounts, made and measured. Not for stores that anybody needs.
 *
 *   muster-store fill DIRECTORY FIRST END             make accounts with these numbers
 *   muster-store open DIRECTORY TIMES                 how long opening takes, and what the store takes
 *   muster-store memory DIRECTORY ACCOUNTS COUNT      what a process has in memory before and after COUNT look-ups
 *   muster-store sqlite DIRECTORY FILE                copy the accounts into SQLite
 *   muster-store lookup DIRECTORY FILE ACCOUNTS ROUNDS COUNT
 *   muster-store commit DIRECTORY ACCOUNTS ROUNDS MILLISECONDS
 *
 * Prints an object a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "commit.h"
#include "lookup.h"
#include "population.h"
#include "rival.h"

/* As a server opens it. */
static struct muster_engine *open_engine(const char *path)
{
	struct muster_engine_options options = { .store = { .path = path, .server = true }, .hash_threads = 1 };
	struct muster_engine *engine;
	struct muster_failure failure;

	must(muster_engine_open(&engine, &options, &failure), failure.text);
	return engine;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0') {
		fprintf(stderr, "muster-store: \"%s\" is no number\n", text);
		exit(2);
	}
	return number;
}

static void fill(char *arguments[])
{
	struct muster_engine *engine = open_engine(arguments[0]);

	population_fill(muster_engine_store(engine), number(arguments[1]), number(arguments[2]));
	muster_engine_close(engine);
}

static void open_often(char *arguments[])
{
	uint64_t times = number(arguments[1]);
	struct muster_store_size size;

	for (uint64_t i = 0; i < times; i++) {
		double begun = wall_s();
		struct muster_engine *engine = open_engine(arguments[0]);
		double opened = wall_s();

		must(muster_store_measure(muster_engine_store(engine), &size), "measure");
		muster_engine_close(engine);
		printf("{\"ms\": %.3f, \"accounts\": %" PRIu64 ", \"used_bytes\": %" PRIu64 "}\n",
		       (opened - begun) * 1e3, size.accounts, size.used_bytes);
	}
}

/* In MiB: its own, and pages of files, which the system takes back when it needs them. */
static void print_memory(const char *when)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long own = 0, file = 0;
	char line[256];

	while (status && fgets(line, sizeof(line), status)) {
		sscanf(line, "RssAnon: %lu", &own);  // NOLINT(cert-err34-c): the kernel writes numbers
		sscanf(line, "RssFile: %lu", &file); // NOLINT(cert-err34-c)
	}
	if (status)
		fclose(status);
	printf("{\"when\": \"%s\", \"own_mib\": %.1f, \"file_mib\": %.1f}\n", when, (double)own / 1024,
	       (double)file / 1024);
}

static void memory(char *arguments[])
{
	struct muster_engine *engine = open_engine(arguments[0]);
	struct muster_store *store = muster_engine_store(engine);

	print_memory("opened");
	lookup_touch(store, number(arguments[1]), number(arguments[2]));
	print_memory("looked up");
	muster_engine_close(engine);
}

static void copy_to_sqlite(char *arguments[])
{
	struct muster_engine *engine = open_engine(arguments[0]);
	struct muster_store *store = muster_engine_store(engine);

	rival_fill(store, arguments[1]);
	muster_engine_close(engine);
}

static void lookup(char *arguments[])
{
	struct muster_engine *engine = open_engine(arguments[0]);
	struct muster_store *store = muster_engine_store(engine);

	lookup_measure(store, arguments[1], number(arguments[2]), (int)number(arguments[3]), number(arguments[4]));
	muster_engine_close(engine);
}

static void commit(char *arguments[])
{
	struct muster_engine *engine = open_engine(arguments[0]);

	commit_measure(engine, number(arguments[1]), (int)number(arguments[2]), (double)number(arguments[3]) / 1e3);
	muster_engine_close(engine);
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int arguments;
		void (*run)(char *arguments[]);
	} commands[] = { { "fill", 3, fill },     { "open", 2, open_often },
		         { "memory", 3, memory }, { "sqlite", 2, copy_to_sqlite },
		         { "lookup", 5, lookup }, { "commit", 4, commit } };

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc == 2 + commands[i].arguments) {
			commands[i].run(argv + 2);
			return 0;
		}
	fprintf(stderr, "usage: muster-store fill|open|memory|sqlite|lookup|commit DIRECTORY ...; see main.c\n");
	return 2;
}
