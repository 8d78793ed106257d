/* count.h -- how many accounts of a host are in each state. */
#ifndef MUSTER_STORE_COUNT_H
#define MUSTER_STORE_COUNT_H

#include "store/internal.h"

/* One account has gone from a state to another; 0 stands for no account. Returns MUSTER_OK, MUSTER_CORRUPT,
 * MUSTER_NEWER, MUSTER_FULL, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_count_move(struct muster_transaction *transaction, struct muster_text host, uint8_t from, uint8_t to);

#endif
