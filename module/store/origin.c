/* origin.c -- a row a network: how many accounts. */
#include "muster/origin.h"

#include <openssl/evp.h>
#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1, DIGEST = 32 };
enum tag { TAG_COUNT = 1 };

void muster_origin_of(struct muster_transaction *transaction, struct muster_text network, struct muster_origin *origin)
{
	struct muster_buffer input = { 0 };
	uint8_t digest[DIGEST] = { 0 };

	muster_buffer_add(&input, muster_store_secret(transaction->store));
	muster_buffer_add_c(&input, "origin ");
	if (muster_buffer_add(&input, network) == MUSTER_OK)
		EVP_Digest(input.data, input.size, digest, NULL, EVP_sha256(), NULL);
	memcpy(origin->bytes, digest, sizeof(origin->bytes));
	muster_buffer_clear(&input);
}

bool muster_origin_is_known(const struct muster_origin *origin)
{
	static const struct muster_origin unknown;

	return memcmp(origin, &unknown, sizeof(unknown)) != 0;
}

static void make_key(struct muster_key *key, struct muster_text host, const struct muster_origin *origin)
{
	muster_key_of_host(key, host);
	memcpy(key->bytes + key->value.mv_size, origin->bytes, sizeof(origin->bytes));
	key->value.mv_size += sizeof(origin->bytes);
}

static int read(struct muster_transaction *transaction, const struct muster_key *key, uint64_t *count)
{
	struct muster_record record;
	MDB_val value;
	int error = muster_row_get(transaction, transaction->store->origins, &key->value, &value);

	*count = 0;
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = muster_record_open(&record, value.mv_data, value.mv_size, VERSION);
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		if (record.tag == TAG_COUNT)
			*count = muster_record_number(&record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_origin_count(struct muster_transaction *transaction, struct muster_text host,
                        const struct muster_origin *origin, uint64_t *count)
{
	struct muster_key key;

	make_key(&key, host, origin);
	return read(transaction, &key, count);
}

int muster_origin_add(struct muster_transaction *transaction, struct muster_text host,
                      const struct muster_origin *origin, int difference)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;
	uint64_t count;
	int error;

	make_key(&key, host, origin);
	error = read(transaction, &key, &count);
	if (error != MUSTER_OK)
		return error;
	if (difference < 0 && count <= 1)
		return muster_row_remove(transaction, transaction->store->origins, &key.value);
	muster_record_begin(&record, VERSION);
	muster_record_add_number(&record, TAG_COUNT, difference < 0 ? count - 1 : count + 1);
	return muster_row_put(transaction, transaction->store->origins, &key.value, &record);
}
