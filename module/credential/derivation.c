/* derivation.c -- derivations put together: those of one hash go side by side as long as that pays. */
#include "credential/derivation.h"

void muster_derive(enum muster_hash hash, struct muster_text password, struct muster_text salt, uint32_t iterations,
                   uint8_t *derived)
{
	struct muster_chain chain;

	muster_chain_start(&chain, hash, password, salt, iterations);
	muster_chain_run(&chain);
	muster_chain_end(&chain, derived);
}

/* Chains of one hash that end together leave together. */
struct group {
	size_t count;
	struct muster_chain chains[MUSTER_LANES_MAX];
	uint8_t *derived[MUSTER_LANES_MAX];
};

static uint32_t fewest_rounds(struct muster_chain *const chains[], size_t count)
{
	uint32_t fewest = chains[0]->rounds;

	for (size_t i = 1; i < count; i++)
		if (chains[i]->rounds < fewest)
			fewest = chains[i]->rounds;
	return fewest;
}

static size_t drop_finished(struct muster_chain *chains[], size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (chains[i]->rounds > 0)
			chains[kept++] = chains[i];
	return kept;
}

/* Where iterations differ, lanes empty one by one. */
static void run(struct group *group, enum muster_hash hash, const struct muster_lanes *lanes)
{
	struct muster_chain *chains[MUSTER_LANES_MAX];
	size_t count = group->count;

	for (size_t i = 0; i < count; i++)
		chains[i] = &group->chains[i];
	while (lanes && count > 0 && count >= muster_lanes_least(lanes, hash)) {
		muster_lanes_run(lanes, chains, count, fewest_rounds(chains, count));
		count = drop_finished(chains, count);
	}
	for (size_t i = 0; i < count; i++)
		muster_chain_run(chains[i]);
	for (size_t i = 0; i < group->count; i++)
		muster_chain_end(&group->chains[i], group->derived[i]);
	group->count = 0;
}

void muster_derive_all(const struct muster_pbkdf2 *derivations, size_t count, const struct muster_lanes *lanes)
{
	struct group group = { .count = 0 };

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		size_t width = lanes ? muster_lanes_width(lanes, hash) : 1;

		for (size_t i = 0; i < count; i++) {
			const struct muster_pbkdf2 *next = &derivations[i];

			if (next->hash != hash)
				continue;
			muster_chain_start(&group.chains[group.count], hash, next->password, next->salt,
			                   next->iterations);
			group.derived[group.count++] = next->derived;
			if (group.count == width)
				run(&group, hash, lanes);
		}
		run(&group, hash, lanes);
	}
}
