/* network.h -- addresses and networks of IPv4 and IPv6. An address is a network of one. */
#ifndef MUSTER_POLICY_NETWORK_H
#define MUSTER_POLICY_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "muster/text.h"

enum { MUSTER_NETWORK_BITS_4 = 32, MUSTER_NETWORK_BITS_6 = 128, MUSTER_NETWORK_TEXT = 64 };

struct muster_network {
	uint8_t bytes[16]; /* the address; of IPv4 the first four; what lies behind `bits` is zero */
	uint8_t bits;
	bool ipv4;
};

/* Read "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". An IPv4 address mapped into IPv6 is read as IPv4; a zone ("%eth0")
 * is left away. Returns MUSTER_OK or MUSTER_MALFORMED. */
int muster_network_read(struct muster_text text, struct muster_network *network);

/* The same with bits set behind the prefix being an error, as typing errors in a configuration are. */
int muster_network_read_exactly(struct muster_text text, struct muster_network *network);

/* The network of so many bits around it, as many as fit its family; it never becomes smaller. */
struct muster_network muster_network_around(const struct muster_network *network, uint8_t bits_4, uint8_t bits_6);

bool muster_network_is_address(const struct muster_network *network);
bool muster_network_holds(const struct muster_network *outer, const struct muster_network *inner);

/* As it is read, in the text of RFC 5952; an address without its prefix length. */
struct muster_text muster_network_text(const struct muster_network *network, char text[MUSTER_NETWORK_TEXT]);

/* The name under which a DNS list knows an address, without the list's own (RFC 5782, sections 2.1 and 2.4). */
struct muster_text muster_network_reversed(const struct muster_network *address, char text[MUSTER_NETWORK_TEXT + 1]);

#endif
