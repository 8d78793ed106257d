/* device.c -- devices: their encoding. */
#include "store/device.h"

#include <string.h>

#include "muster/error.h"
#include "store/keys.h"
#include "store/record.h"

enum { VERSION = 1 };

enum tag {
	TAG_NAME = 1,
	TAG_CREATED = 2,
	TAG_USED = 3,
	TAG_DIGEST = 4,
	TAG_KEYS = 5, /* once a hash */
};

void muster_device_add(struct muster_buffer *record, uint8_t tag, const struct muster_device *device,
                       const struct muster_seal *seal)
{
	struct muster_buffer nested = { 0 };

	muster_record_begin(&nested, VERSION);
	muster_record_add_text(&nested, TAG_NAME, device->name);
	muster_record_add_number(&nested, TAG_CREATED, (uint64_t)device->created_s);
	if (device->used_s != 0)
		muster_record_add_number(&nested, TAG_USED, (uint64_t)device->used_s);
	muster_record_add_text(&nested, TAG_DIGEST,
	                       (struct muster_text){ (const char *)device->digest, sizeof(device->digest) });
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (device->keys[hash].iterations > 0)
			muster_keys_add(&nested, TAG_KEYS, hash, &device->keys[hash], seal);
	muster_record_add_nested(record, tag, &nested);
}

static int take_tag(struct muster_device *device, const struct muster_record *record, const struct muster_seal *seal,
                    bool *known)
{
	switch (record->tag) {
	case TAG_NAME:
		device->name = record->value;
		break;
	case TAG_CREATED:
		device->created_s = (int64_t)muster_record_number(record);
		break;
	case TAG_USED:
		device->used_s = (int64_t)muster_record_number(record);
		break;
	case TAG_DIGEST:
		*known = record->value.size == sizeof(device->digest);
		if (*known)
			memcpy(device->digest, record->value.data, sizeof(device->digest));
		break;
	case TAG_KEYS:
		return muster_keys_take(device->keys, record->value, seal);
	default:
		break;
	}
	return MUSTER_OK;
}

/* One without a name could not be taken back, one without a digest would have zeros for it. */
int muster_device_read(struct muster_text value, struct muster_device *device, const struct muster_seal *seal)
{
	struct muster_record record;
	bool known = false;
	int error = muster_record_open(&record, value.data, value.size, VERSION);

	*device = (struct muster_device){ .name = MUSTER_NO_TEXT };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		error = take_tag(device, &record, seal, &known);
	if (error == MUSTER_NOT_FOUND)
		error = known && device->name.size > 0 ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}
