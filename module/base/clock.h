/* clock.h -- the two clocks, and random bytes: what the library asks of the system. */
#ifndef MUSTER_BASE_CLOCK_H
#define MUSTER_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t muster_wall_clock_s(void);       /* seconds since 1970, for records */
int64_t muster_wall_clock_us(void);      /* the same in microseconds */
int64_t muster_monotonic_clock_ns(void); /* for measuring spans */

/* Have the wall clock stand at a time, for tests and simulations; 0 lets it go again. */
void muster_clock_pretend(int64_t now_s);

/* Fill from the system's random source. Returns MUSTER_OK or MUSTER_IO. */
int muster_random(void *bytes, size_t size);

#endif
