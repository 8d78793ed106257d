/* device.h -- devices as records inside of their accounts'. docs/format.md describes them. */
#ifndef MUSTER_STORE_DEVICE_H
#define MUSTER_STORE_DEVICE_H

#include "muster/account.h"
#include "store/seal.h"

void muster_device_add(struct muster_buffer *record, uint8_t tag, const struct muster_device *device,
                       const struct muster_seal *seal);

/* The name borrows from `value`. Returns as muster_keys_read. */
int muster_device_read(struct muster_text value, struct muster_device *device, const struct muster_seal *seal);

#endif
