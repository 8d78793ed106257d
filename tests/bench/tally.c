/* tally.c -- counting by name. */
#include "tally.h"

#include <stdio.h>
#include <string.h>

void tally_add(struct tally *tally, const char *name)
{
	size_t row = 0;

	tally->total++;
	while (row < tally->names && strncmp(tally->rows[row].name, name, TALLY_NAME_SIZE - 1) != 0)
		row++;
	if (row >= TALLY_NAMES - 1) {
		row = TALLY_NAMES - 1;
		name = "other";
	}
	if (row >= tally->names) {
		snprintf(tally->rows[row].name, TALLY_NAME_SIZE, "%s", name);
		tally->names = row + 1;
	}
	tally->rows[row].count++;
}
