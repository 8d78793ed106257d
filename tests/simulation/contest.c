/* contest.c -- see contest.h. */
#include "contest.h"

#include <inttypes.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

bool contest_run(const struct wave *wave, const struct entrant *entrant, struct score *score)
{
	lua_State *L = luaL_newstate();
	struct door door;
	bool open = true;

	luaL_openlibs(L);
	if (entrant->stock)
		open = door_open_stock(&door, entrant->options);
	else
		door_open_ours(&door, L, entrant->options, entrant->without, entrant->with);
	if (open) {
		replay(wave, &door, entrant->bots_solve, score);
		door.close(&door);
	}
	lua_close(L);
	return open;
}

/* --- printing --- */

enum { SPAN_SIZE = 32 };

static const char *span(char text[SPAN_SIZE], int64_t seconds)
{
	if (seconds == 0)
		return "-";
	if (seconds < 3600)
		snprintf(text, SPAN_SIZE, "%" PRId64 " min", (seconds + 59) / 60);
	else
		snprintf(text, SPAN_SIZE, "%.1f h", (double)seconds / 3600);
	return text;
}

void contest_print_head(FILE *out)
{
	fprintf(out,
	        "| %-34s | spam accounts | honest refused | delayed | median | longest | challenges | judged/s |\n",
	        "policy");
	fprintf(out, "|%.36s|--------------:|---------------:|--------:|-------:|--------:|-----------:|---------:|\n",
	        "------------------------------------");
}

void contest_print_row(FILE *out, const char *name, const struct score *score)
{
	char median[SPAN_SIZE], longest[SPAN_SIZE], solved[SPAN_SIZE] = "-";

	if (!score) {
		fprintf(out, "| %-34s | %13s | %14s | %7s | %6s | %7s | %10s | %8s |\n", name, "-", "-", "-", "-", "-",
		        "-", "-");
		return;
	}
	if (score->people.solved > 0)
		snprintf(solved, sizeof(solved), "%u", score->people.solved);
	fprintf(out, "| %-34s | %13u | %14u | %7u | %6s | %7s | %10s | %8.0f |\n", name, score->bots.made,
	        score->people.refused, score->people.delayed, span(median, tally_median_s(&score->people)),
	        span(longest, tally_longest_s(&score->people)), solved,
	        score->judged_s > 0 ? score->attempts / score->judged_s : 0);
}

void contest_print_origins(FILE *out, const struct score *score)
{
	fprintf(out, "| %-25s | tries or people | accounts | refused | delayed | median | longest |\n", "from");
	fprintf(out, "|%.27s|----------------:|---------:|--------:|--------:|-------:|--------:|\n",
	        "------------------------------------");
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++) {
		const struct tally *tally = &score->of[origin];
		char median[SPAN_SIZE], longest[SPAN_SIZE];

		fprintf(out, "| %-25s | %15u | %8u | %7u | %7u | %6s | %7s |\n", origin_name(origin), tally->visitors,
		        tally->made, tally->refused, tally->delayed, span(median, tally_median_s(tally)),
		        span(longest, tally_longest_s(tally)));
	}
}
