/* disguise.c -- an account's keys, or a decoy's of the shape that one of the host's accounts has. */
#include "policy/disguise.h"

#include "credential/decoy.h"
#include "muster/mix.h"

/* Of the keys that are made today. */
static struct muster_set_shape usual_set(const struct muster_host *host)
{
	return (struct muster_set_shape){ .iterations = host->iterations, .salt_size = MUSTER_SALT_SIZE };
}

static struct muster_shape usual_shape(const struct muster_host *host)
{
	struct muster_shape shape = { 0 };

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (host->makes[hash])
			shape.sets[hash] = usual_set(host);
	return shape;
}

static enum muster_hash first_of(const struct muster_shape *shape)
{
	enum muster_hash hash = 0;

	while (hash + 1 < MUSTER_HASH_COUNT && shape->sets[hash].iterations == 0)
		hash++;
	return hash;
}

int muster_disguise(const struct muster_host *host, struct muster_transaction *transaction, struct muster_text secret,
                    struct muster_text name, const struct muster_account *account, enum muster_hash *hash,
                    struct muster_scram_keys *keys, bool *real)
{
	struct muster_mix mix;
	struct muster_decoy decoy;
	struct muster_shape shape = usual_shape(host), own = { 0 };
	struct muster_set_shape set;
	int error = muster_mix_read(transaction, host->name, &mix);

	if (error == MUSTER_CORRUPT || error == MUSTER_NEWER)
		mix.count = 0; /* to stand out is better than to keep everybody out */
	else if (error != MUSTER_OK)
		return error;
	muster_decoy_begin(&decoy, secret, host->name, name);
	if (mix.count > 0)
		shape = *muster_decoy_draw(&decoy, mix.shapes, mix.accounts, mix.count);
	if (account)
		muster_shape_of(account->keys, &own);
	if (!muster_shape_is_empty(&own))
		shape = own;
	if (*hash == MUSTER_HASH_COUNT)
		*hash = first_of(&shape);
	set = shape.sets[*hash].iterations > 0 ? shape.sets[*hash] : usual_set(host);
	muster_decoy_keys(&decoy, *hash, &set, keys);
	*real = own.sets[*hash].iterations > 0;
	if (*real)
		*keys = account->keys[*hash];
	muster_wipe(&decoy, sizeof(decoy));
	return MUSTER_OK;
}
