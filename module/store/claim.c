/* claim.c -- a row a value: the value and who has it. */
#include "muster/claim.h"

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
enum tag { TAG_VALUE = 1, TAG_OWNER = 2 };

static int check_owner(const MDB_val *value, struct muster_text owner)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);
	bool same = false;

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		same = same || (record.tag == TAG_OWNER && muster_text_is(record.value, owner));
	if (error != MUSTER_NOT_FOUND)
		return error;
	return same ? MUSTER_OK : MUSTER_EXISTS;
}

int muster_claim_take(struct muster_transaction *transaction, struct muster_text host, struct muster_text value,
                      struct muster_text owner)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;
	MDB_val present;
	int error;

	muster_key_of(&key, host, value);
	error = muster_row_get(transaction, transaction->store->claims, &key.value, &present);
	if (error == MUSTER_OK)
		return check_owner(&present, owner);
	if (error != MUSTER_NOT_FOUND)
		return error;
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_VALUE, value);
	muster_record_add_text(&record, TAG_OWNER, owner);
	return muster_row_put(transaction, transaction->store->claims, &key.value, &record);
}

int muster_claim_release(struct muster_transaction *transaction, struct muster_text host, struct muster_text value)
{
	struct muster_key key;

	muster_key_of(&key, host, value);
	return muster_row_remove(transaction, transaction->store->claims, &key.value);
}
