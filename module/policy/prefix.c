/* prefix.c -- addresses to numbers. */
#include "policy/prefix.h"

#include "muster/error.h"
#include "policy/network.h"

/* Neither is a /64 that is handed out. */
static const uint64_t ipv4_mark = 0xffff000000000000;

uint64_t muster_prefix_of(struct muster_text address)
{
	struct muster_network network;
	uint64_t prefix = 0;

	if (address.size == 0 || muster_network_read(address, &network) != MUSTER_OK)
		return 0;
	for (size_t i = 0; i < (network.ipv4 ? 4 : sizeof(prefix)); i++)
		prefix = prefix << 8 | network.bytes[i];
	return network.ipv4 ? ipv4_mark | prefix : prefix;
}
