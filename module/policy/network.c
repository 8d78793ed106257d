/* network.c -- networks read, compared and written. */
#include "policy/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "muster/error.h"

static uint8_t most_bits(const struct muster_network *network)
{
	return network->ipv4 ? MUSTER_NETWORK_BITS_4 : MUSTER_NETWORK_BITS_6;
}

/* --- reading --- */

static int read_bits(const char *digits, uint8_t most, uint8_t *bits)
{
	unsigned number = 0;
	size_t size = strspn(digits, "0123456789");

	if (size == 0 || size > 3 || digits[size] != '\0')
		return MUSTER_MALFORMED;
	for (size_t i = 0; i < size; i++)
		number = number * 10 + (unsigned)(digits[i] - '0');
	if (number > most)
		return MUSTER_MALFORMED;
	*bits = (uint8_t)number;
	return MUSTER_OK;
}

static bool is_mapped(const struct muster_network *network)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return !network->ipv4 && memcmp(network->bytes, mapped, sizeof(mapped)) == 0 && network->bits >= 96;
}

static void unmap(struct muster_network *network)
{
	memmove(network->bytes, network->bytes + 12, 4);
	memset(network->bytes + 4, 0, 12);
	network->bits -= 96;
	network->ipv4 = true;
}

/* Whether a bit was set there. */
static bool clear_behind(struct muster_network *network)
{
	bool any = false;

	for (unsigned i = network->bits; i < most_bits(network); i++) {
		uint8_t mask = (uint8_t)(0x80u >> (i % 8));

		any = any || (network->bytes[i / 8] & mask);
		network->bytes[i / 8] &= (uint8_t)~mask;
	}
	return any;
}

static int read(struct muster_text text, struct muster_network *network, bool *loose)
{
	char copy[MUSTER_NETWORK_TEXT], *slash, *zone;
	int error = MUSTER_OK;

	*network = (struct muster_network){ .bits = 0 };
	if (text.size == 0 || text.size >= sizeof(copy) || memchr(text.data, '\0', text.size))
		return MUSTER_MALFORMED;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	zone = strchr(copy, '%');
	if (zone)
		*zone = '\0';
	network->ipv4 = inet_pton(AF_INET, copy, network->bytes) == 1;
	if (!network->ipv4 && inet_pton(AF_INET6, copy, network->bytes) != 1)
		return MUSTER_MALFORMED;
	network->bits = most_bits(network);
	if (slash)
		error = read_bits(slash + 1, network->bits, &network->bits);
	if (error == MUSTER_OK && is_mapped(network))
		unmap(network);
	*loose = clear_behind(network);
	return error;
}

int muster_network_read(struct muster_text text, struct muster_network *network)
{
	bool loose;

	return read(text, network, &loose);
}

int muster_network_read_exactly(struct muster_text text, struct muster_network *network)
{
	bool loose = false;
	int error = read(text, network, &loose);

	return error == MUSTER_OK && loose ? MUSTER_MALFORMED : error;
}

/* --- comparing --- */

struct muster_network muster_network_around(const struct muster_network *network, uint8_t bits_4, uint8_t bits_6)
{
	struct muster_network around = *network;
	uint8_t bits = network->ipv4 ? bits_4 : bits_6;

	if (bits < around.bits)
		around.bits = bits;
	clear_behind(&around);
	return around;
}

bool muster_network_is_address(const struct muster_network *network)
{
	return network->bits > 0 && network->bits == most_bits(network);
}

bool muster_network_holds(const struct muster_network *outer, const struct muster_network *inner)
{
	struct muster_network around;

	if (outer->ipv4 != inner->ipv4 || outer->bits > inner->bits)
		return false;
	around = muster_network_around(inner, outer->bits, outer->bits);
	return memcmp(around.bytes, outer->bytes, sizeof(outer->bytes)) == 0;
}

/* --- writing --- */

struct muster_text muster_network_text(const struct muster_network *network, char text[MUSTER_NETWORK_TEXT])
{
	size_t size;

	inet_ntop(network->ipv4 ? AF_INET : AF_INET6, network->bytes, text, MUSTER_NETWORK_TEXT);
	size = strlen(text);
	if (network->bits < most_bits(network))
		size += (size_t)snprintf(text + size, MUSTER_NETWORK_TEXT - size, "/%u", (unsigned)network->bits);
	return (struct muster_text){ text, size };
}

struct muster_text muster_network_reversed(const struct muster_network *address, char text[MUSTER_NETWORK_TEXT + 1])
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = address->bytes;
	char *end = text;

	if (address->ipv4)
		return (struct muster_text){ text, (size_t)snprintf(text, MUSTER_NETWORK_TEXT, "%u.%u.%u.%u", bytes[3],
			                                            bytes[2], bytes[1], bytes[0]) };
	for (size_t i = 16; i > 0; i--) {
		*end++ = digits[bytes[i - 1] & 0xf];
		*end++ = '.';
		*end++ = digits[bytes[i - 1] >> 4];
		*end++ = '.';
	}
	*--end = '\0';
	return (struct muster_text){ text, (size_t)(end - text) };
}
