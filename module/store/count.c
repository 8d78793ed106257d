/* count.c -- a row a host: a number for each state, which is its tag. */
#include "store/count.h"

#include <string.h>

#include "muster/account.h"
#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };

static int read(struct muster_transaction *transaction, const struct muster_key *key,
                uint64_t counts[MUSTER_ACCOUNT_STATES])
{
	struct muster_record record;
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->counts, &key->value, &value);

	memset(counts, 0, MUSTER_ACCOUNT_STATES * sizeof(*counts));
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = muster_record_open(&record, value.mv_data, value.mv_size, VERSION);
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag < MUSTER_ACCOUNT_STATES)
			counts[record.tag] = muster_record_number(&record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int write(struct muster_transaction *transaction, const struct muster_key *key,
                 const uint64_t counts[MUSTER_ACCOUNT_STATES])
{
	struct muster_buffer record = { 0 };

	muster_record_begin(&record, VERSION);
	for (int state = 1; state < MUSTER_ACCOUNT_STATES; state++)
		if (counts[state] > 0)
			muster_record_add_number(&record, (uint8_t)state, counts[state]);
	return muster_row_put(transaction, transaction->store->counts, &key->value, &record);
}

int muster_count_move(struct muster_transaction *transaction, struct muster_text host, uint8_t from, uint8_t to)
{
	uint64_t counts[MUSTER_ACCOUNT_STATES];
	struct muster_key key;
	int error;

	if (from == to)
		return MUSTER_OK;
	muster_key_of_host(&key, host);
	error = read(transaction, &key, counts);
	if (error != MUSTER_OK)
		return error;
	if (from < MUSTER_ACCOUNT_STATES && counts[from] > 0)
		counts[from]--;
	counts[to]++;
	return write(transaction, &key, counts);
}

int muster_account_count(struct muster_transaction *transaction, struct muster_text host,
                         uint64_t counts[MUSTER_ACCOUNT_STATES])
{
	struct muster_key key;

	muster_key_of_host(&key, host);
	return read(transaction, &key, counts);
}
