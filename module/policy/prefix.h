/* prefix.h -- what an address counts as when work and attempts are shared out. */
#ifndef MUSTER_POLICY_PREFIX_H
#define MUSTER_POLICY_PREFIX_H

#include <stdint.h>

#include "muster/text.h"

/* One number an IPv4 address, one an IPv6 /64, which is what one customer has; 0 for what is no address. An IPv4
 * address mapped into IPv6 counts as itself. */
uint64_t muster_prefix_of(struct muster_text address);

#endif
