/* rows.c -- rows counted and damaged. */
#include "rows.h"

struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

size_t count_rows(struct muster_transaction *transaction, MDB_dbi database)
{
	MDB_stat status;

	assert_int_equal(mdb_stat(transaction->txn, database, &status), 0);
	return status.ms_entries;
}

void overwrite(struct muster_transaction *transaction, MDB_dbi database, struct muster_text bytes)
{
	MDB_val key, value, other = { bytes.size, (void *)bytes.data };
	MDB_cursor *cursor;
	int code;

	assert_true(count_rows(transaction, database) > 0);
	assert_int_equal(mdb_cursor_open(transaction->txn, database, &cursor), 0);
	for (code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == 0;
	     code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		uint8_t bytes_of_key[MUSTER_KEY_MAX];
		MDB_val same = { key.mv_size, bytes_of_key };

		memcpy(bytes_of_key, key.mv_data, key.mv_size);
		assert_int_equal(mdb_cursor_put(cursor, &same, &other, MDB_CURRENT), 0);
	}
	assert_int_equal(code, MDB_NOTFOUND);
	mdb_cursor_close(cursor);
}

void damage(struct muster_transaction *transaction, MDB_dbi database, size_t index, struct muster_text bytes)
{
	MDB_val key, value, other = { bytes.size, (void *)bytes.data };
	uint8_t bytes_of_key[MUSTER_KEY_MAX];
	MDB_cursor *cursor;

	assert_true(count_rows(transaction, database) > index);
	assert_int_equal(mdb_cursor_open(transaction->txn, database, &cursor), 0);
	assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
	while (index-- > 0)
		assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), 0);
	memcpy(bytes_of_key, key.mv_data, key.mv_size);
	key.mv_data = bytes_of_key;
	assert_int_equal(mdb_cursor_put(cursor, &key, &other, MDB_CURRENT), 0);
	mdb_cursor_close(cursor);
}

const char *long_name(char last)
{
	static char names[2][1024];
	char *name = names[last % 2];

	memset(name, 'x', 1022);
	name[1022] = last;
	return name;
}
