/* shape.c -- shapes of keys. */
#include "muster/shape.h"

#include <ctype.h>

static bool is_uuid(const uint8_t *salt, size_t size)
{
	if (size != MUSTER_UUID_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? salt[i] != '-' : !isxdigit(salt[i]) || isupper(salt[i]))
			return false;
	}
	return true;
}

void muster_shape_of(const struct muster_scram_keys keys[MUSTER_HASH_COUNT], struct muster_shape *shape)
{
	*shape = (struct muster_shape){ 0 };
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (keys[hash].iterations > 0)
			shape->sets[hash] = (struct muster_set_shape){
				.iterations = keys[hash].iterations,
				.salt_size = keys[hash].salt_size,
				.uuid = is_uuid(keys[hash].salt, keys[hash].salt_size),
			};
}

bool muster_shape_is(const struct muster_shape *shape, const struct muster_shape *other)
{
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		const struct muster_set_shape *one = &shape->sets[hash], *two = &other->sets[hash];

		if (one->iterations != two->iterations || one->salt_size != two->salt_size || one->uuid != two->uuid)
			return false;
	}
	return true;
}

bool muster_shape_is_empty(const struct muster_shape *shape)
{
	static const struct muster_shape none;

	return muster_shape_is(shape, &none);
}
