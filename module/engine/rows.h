/* rows.h -- numbers of effect rows that were carried out and are to be removed, in the order in which they came. */
#ifndef MUSTER_ENGINE_ROWS_H
#define MUSTER_ENGINE_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct muster_rows {
	uint64_t *ids;
	size_t count, room;
};

/* Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_rows_add(struct muster_rows *rows, uint64_t id);

void muster_rows_clear(struct muster_rows *rows);

#endif
