/* device.h -- devices as records inside of their accounts'. docs/format.md describes them. */
#ifndef MUSTER_STORE_DEVICE_H
#define MUSTER_STORE_DEVICE_H

#include "muster/account.h"

void muster_device_add(struct muster_buffer *record, uint8_t tag, const struct muster_device *device);

/* The name borrows from `value`. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER. */
int muster_device_read(struct muster_text value, struct muster_device *device);

#endif
