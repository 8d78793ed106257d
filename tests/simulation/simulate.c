/* simulate.c -- the program muster-simulate: a spam wave against policies, and a table of what came of it.
 *
 *   muster-simulate [--seed N] [FILE...]
 *
 * FILE has options as in Prosody's configuration, or is a page whose first block of Lua has them. Without one: the
 * defaults, the sample policy, and stock Prosody. */
#include "contest.h"

#include <stdlib.h>
#include <string.h>

#include "standard.h"

enum { MOST = 16 };

static struct wave wave;

/* What proof of work has cost bots, which the table does not tell. */
static void show_work(const struct entrant *entrants, const double *hashes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (hashes[i] > 0)
			printf("\n%s: proof of work took bots %.1f thousand million hashes\n", entrants[i].name,
			       hashes[i] / 1e9);
}

/* All of them, and one by origin. */
static void show(const struct entrant *entrants, size_t count, size_t chosen)
{
	struct score score, chosen_score = { .attempts = 0 };
	double hashes[MOST] = { 0 };

	printf("%zu tries of bots from %zu networks, %zu people, one day\n\n", wave.bots, wave.networks,
	       wave.count - wave.bots);
	contest_print_head(stdout);
	for (size_t i = 0; i < count; i++) {
		bool ran = contest_run(&wave, &entrants[i], &score);

		contest_print_row(stdout, entrants[i].name, ran ? &score : NULL);
		fflush(stdout);
		hashes[i] = ran ? score.bots.hashes : 0;
		if (i == chosen)
			chosen_score = score;
		else if (ran)
			score_clear(&score);
	}
	show_work(entrants, hashes, count);
	printf("\n%s:\n\n", entrants[chosen].name);
	contest_print_origins(stdout, &chosen_score);
	score_clear(&chosen_score);
}

int main(int count, char **arguments)
{
	struct entrant own[MOST];
	size_t owns = 0;
	uint64_t seed = STANDARD_SEED;

	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--seed") == 0 && i + 1 < count)
			seed = strtoull(arguments[++i], NULL, 10);
		else if (owns < sizeof(own) / sizeof(own[0]))
			own[owns++] = (struct entrant){ .name = arguments[i], .options = arguments[i] };
	}
	wave_make(&wave, seed);
	if (owns > 0)
		show(own, owns, owns - 1);
	else
		show(standard_entrants, STANDARD_COUNT, STANDARD_SAMPLE);
	wave_clear(&wave);
	return 0;
}
