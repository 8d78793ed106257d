/* wave.h -- who wants an account on the day of a spam wave, when, and from where: 10,000 tries of bots from 300
 * networks, and 200 honest people, many of whom share addresses with others, and some with bots. */
#ifndef SIMULATION_WAVE_H
#define SIMULATION_WAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "generator.h"

/* A source of bots, or of people. */
enum origin {
	/* bots: the number of networks is 300 */
	ORIGIN_HOST,   /* single IPv4 addresses: proxies and hosts that were broken into */
	ORIGIN_RANGE,  /* IPv4 /24, each try from any address of it */
	ORIGIN_HOST_6, /* IPv6 /64, each try from a new address */
	ORIGIN_SITE_6, /* IPv6 /48, each try from a new /64 */
	ORIGIN_EXIT,   /* Tor exits, which people use too */
	/* people */
	ORIGIN_HOME,       /* an IPv4 address each */
	ORIGIN_HOME_6,     /* an IPv6 /56 each, with a new address each try */
	ORIGIN_UNIVERSITY, /* all behind one IPv4 address, most of them in one lecture */
	ORIGIN_MOBILE,     /* behind few IPv4 addresses of a provider, with bots behind the same */
	ORIGIN_NEIGHBOUR,  /* an IPv4 address each, in a /24 that bots rotate through */
	ORIGIN_TOR,        /* each try by another exit */
	ORIGIN_COUNT
};

enum { NAME_SIZE = 24, ADDRESS_SIZE = 48 };

/* One try of a bot, or somebody who tries until it works. */
struct visitor {
	enum origin origin;
	unsigned network; /* which of its kind */
	int64_t at_s;     /* when first */
	char username[NAME_SIZE], password[NAME_SIZE];
	struct generator generator; /* of this visitor alone, so that what others do changes nothing */
};

struct wave {
	struct visitor *visitors;
	size_t count, bots, networks;
	int64_t begins_s;
};

const char *origin_name(enum origin origin);
bool is_honest(enum origin origin);

/* The same for the same seed. Clear it when done. */
void wave_make(struct wave *wave, uint64_t seed);
void wave_clear(struct wave *wave);

/* From where this visitor comes this time. */
void visitor_address(struct visitor *visitor, char address[ADDRESS_SIZE]);

/* What people do about a name that is taken and a password that is refused. */
void visitor_choose_name(struct visitor *visitor);
void visitor_choose_password(struct visitor *visitor);

#endif
