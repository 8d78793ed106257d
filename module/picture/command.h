/* command.h -- running an operator's program for what it writes. */
#ifndef MUSTER_PICTURE_COMMAND_H
#define MUSTER_PICTURE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "muster/text.h"

/* Run a program with one argument, in a process group of its own: no shell, no descriptor of ours but standard error,
 * no signal blocked or ignored, an environment of PATH and LANG. When the time is over the group is killed.
 *
 * path      absolute
 * output    empty; on success what it wrote to standard output, else empty
 * size_max  bytes that it may write
 *
 * Blocks for up to the time, in nanoseconds; any thread. Returns MUSTER_OK, MUSTER_PICTURE_COMMAND if it cannot be run
 * or did not exit with status 0, MUSTER_PICTURE_TIMEOUT, MUSTER_PICTURE_UNUSABLE if it wrote nothing or too much,
 * MUSTER_NO_MEMORY. */
int muster_command_run(const char *path, const char *argument, int64_t time_ns, size_t size_max,
                       struct muster_buffer *output);

#endif
