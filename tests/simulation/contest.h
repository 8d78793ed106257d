/* contest.h -- servers and policies that stand the same wave, and what came of it as a table. */
#ifndef SIMULATION_CONTEST_H
#define SIMULATION_CONTEST_H

#include <stdio.h>

#include "replay.h"

struct entrant {
	const char *name;
	const char *options; /* a file for Muster, NULL for its defaults; options of stock Prosody in Lua */
	const char *without; /* an option in the file that is not to count; NULL for none */
	const char *with;    /* more options; NULL for none */
	unsigned bots_solve; /* kinds of challenges */
	bool stock;
};

/* False if it cannot be run here: Prosody is not installed. */
bool contest_run(const struct wave *wave, const struct entrant *entrant, struct score *score);

/* A row each; no score is printed as a row of dashes. */
void contest_print_head(FILE *out);
void contest_print_row(FILE *out, const char *name, const struct score *score);

/* How one of them did by origin. */
void contest_print_origins(FILE *out, const struct score *score);

#endif
