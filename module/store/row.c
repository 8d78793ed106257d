/* row.c -- rows, with the transaction's error looked at first. */
#include "store/row.h"

int muster_row_get(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key, MDB_val *value)
{
	MDB_val sought = *key;

	if (transaction->error != MUSTER_OK)
		return transaction->error;
	return muster_transaction_result(transaction, mdb_get(transaction->txn, database, &sought, value));
}

int muster_row_put(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key,
                   struct muster_buffer *record)
{
	MDB_val written = *key, value = { record->size, record->data };
	int error = transaction->error != MUSTER_OK ? transaction->error : record->error;

	if (error == MUSTER_OK)
		error = muster_transaction_result(transaction,
		                                  mdb_put(transaction->txn, database, &written, &value, 0));
	muster_buffer_clear(record);
	return error;
}

int muster_row_remove(struct muster_transaction *transaction, MDB_dbi database, const MDB_val *key)
{
	MDB_val removed = *key;
	int error = transaction->error;

	if (error != MUSTER_OK)
		return error;
	error = muster_transaction_result(transaction, mdb_del(transaction->txn, database, &removed, NULL));
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}
