/* rows.h -- the rows of a database, whatever is in them. */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "support.h"

#include "store/internal.h"
#include "store/key.h"

#define CUT MUSTER_TEXT("\1\2\0\0")       /* a size of four bytes is cut off */
#define NEWER MUSTER_TEXT("\2\2\0\0")     /* cut off as well, but who knows what that version looks like */
#define ZEROS MUSTER_TEXT("\0\2\0\0\0\0") /* whole, if there were such a version */

struct muster_transaction *writing(void **state); /* begins one; the state is a place */
size_t count_rows(struct muster_transaction *transaction, MDB_dbi database);

/* The same bytes in every row, as if the disk had damaged them. */
void overwrite(struct muster_transaction *transaction, MDB_dbi database, struct muster_text bytes);

/* The same in one row, counted from 0. */
void damage(struct muster_transaction *transaction, MDB_dbi database, size_t index, struct muster_text bytes);

/* A name of more bytes than a key has room for, that differs from others in its last byte. */
const char *long_name(char last);

#endif
