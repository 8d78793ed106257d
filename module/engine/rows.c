/* rows.c -- a growing list of numbers. */
#include "engine/rows.h"

#include "base/memory.h"
#include "muster/error.h"

enum { FIRST_ROOM = 64 };

int muster_rows_add(struct muster_rows *rows, uint64_t id)
{
	if (rows->count == rows->room) {
		size_t room = rows->room > 0 ? 2 * rows->room : FIRST_ROOM;
		uint64_t *larger = muster_reallocate(rows->ids, room * sizeof(*larger));

		if (!larger)
			return MUSTER_NO_MEMORY;
		rows->ids = larger;
		rows->room = room;
	}
	rows->ids[rows->count++] = id;
	return MUSTER_OK;
}

void muster_rows_clear(struct muster_rows *rows)
{
	muster_free(rows->ids);
	*rows = (struct muster_rows){ 0 };
}
