/* file.h -- files that an operator names: opened without waiting, whatever the path leads to, and read by offset. */
#ifndef MUSTER_BASE_FILE_H
#define MUSTER_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open a regular file for reading. Returns a descriptor that the caller closes, or -1 with the cause in `why`, which
 * stays valid until the next call. */
int muster_file_open(const char *path, uint64_t *size, const char **why);

/* Read exactly that many bytes. False if they cannot be read, or are not there any more. */
bool muster_file_read(int descriptor, void *bytes, size_t size, uint64_t offset);

#endif
