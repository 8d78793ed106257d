/* prefix.c -- addresses to numbers. */
#include "policy/prefix.h"

#include <arpa/inet.h>
#include <string.h>

/* Neither is a /64 that is handed out. */
static const uint64_t ipv4_mark = 0xffff000000000000;

static uint64_t of_ipv4(const uint8_t *bytes)
{
	return ipv4_mark | (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

static uint64_t of_ipv6(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	uint64_t prefix = 0;

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return of_ipv4(bytes + sizeof(mapped));
	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix = prefix << 8 | bytes[i];
	return prefix;
}

uint64_t muster_prefix_of(struct muster_text address)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[sizeof(struct in6_addr)];

	if (address.size == 0 || address.size >= sizeof(text))
		return 0;
	memcpy(text, address.data, address.size);
	text[address.size] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return of_ipv4(bytes);
	return inet_pton(AF_INET6, text, bytes) == 1 ? of_ipv6(bytes) : 0;
}
