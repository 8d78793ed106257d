/* wave.c -- see wave.h. */
#include "wave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600 };

static const int64_t monday = 1767571200; /* 2026-01-05, 00:00 UTC */

static const struct {
	const char *name;
	unsigned networks;
	unsigned each;                 /* tries of bots, or people, in each */
	int64_t least_span, most_span; /* for how long a network of bots is busy */
} origins[ORIGIN_COUNT] = {
	/* clang-format off: a row an origin */
	[ORIGIN_HOST] = { "bots on single IPv4 hosts", 120, 20, HOUR, 6 * HOUR },
	[ORIGIN_RANGE] = { "bots in IPv4 /24", 60, 60, 2 * HOUR, 12 * HOUR },
	[ORIGIN_HOST_6] = { "bots in IPv6 /64", 80, 20, HOUR, 6 * HOUR },
	[ORIGIN_SITE_6] = { "bots in IPv6 /48", 20, 90, 2 * HOUR, 12 * HOUR },
	[ORIGIN_EXIT] = { "bots by Tor", 20, 30, 2 * HOUR, 12 * HOUR },
	[ORIGIN_HOME] = { "home, IPv4", 60, 1, 0, 0 },
	[ORIGIN_HOME_6] = { "home, IPv6", 40, 1, 0, 0 },
	[ORIGIN_UNIVERSITY] = { "university, one address", 1, 40, 0, 0 },
	[ORIGIN_MOBILE] = { "mobile, beside bots", 6, 5, 0, 0 },
	[ORIGIN_NEIGHBOUR] = { "home, bots in the /24", 10, 1, 0, 0 },
	[ORIGIN_TOR] = { "Tor", 20, 1, 0, 0 },
	/* clang-format on */
};

const char *origin_name(enum origin origin)
{
	return origins[origin].name;
}

bool is_honest(enum origin origin)
{
	return origin >= ORIGIN_HOME;
}

/* --- from where --- */

static void write_ipv6(char address[ADDRESS_SIZE], const char *prefix, unsigned site, unsigned subnet,
                       struct generator *generator)
{
	uint64_t id = generator_next(generator);

	snprintf(address, ADDRESS_SIZE, "%s:%x:%x:%x:%x:%x:%x", prefix, site, subnet, (unsigned)(id >> 48),
	         (unsigned)(id >> 32 & 0xffff), (unsigned)(id >> 16 & 0xffff), (unsigned)(id & 0xffff));
}

/* No two networks share an IPv4 /24 or an IPv6 /48 but where that is the point. */
void visitor_address(struct visitor *visitor, char address[ADDRESS_SIZE])
{
	struct generator *generator = &visitor->generator;
	unsigned network = visitor->network;

	switch (visitor->origin) {
	case ORIGIN_HOST:
		if (network < origins[ORIGIN_MOBILE].networks) /* these are behind a mobile provider */
			snprintf(address, ADDRESS_SIZE, "100.%u.%u.7", 64 + network / 3, network % 3);
		else
			snprintf(address, ADDRESS_SIZE, "45.%u.9.77", network);
		break;
	case ORIGIN_RANGE:
		snprintf(address, ADDRESS_SIZE, "91.%u.4.%u", network, (unsigned)generator_between(generator, 1, 254));
		break;
	case ORIGIN_HOST_6:
		write_ipv6(address, "2a01:4f8", network, 1, generator);
		break;
	case ORIGIN_SITE_6:
		write_ipv6(address, "2a0e:b107", network, (unsigned)generator_between(generator, 0, 0xffff), generator);
		break;
	case ORIGIN_HOME:
		snprintf(address, ADDRESS_SIZE, "84.%u.31.5", network);
		break;
	case ORIGIN_HOME_6:
		write_ipv6(address, "2003:c1", network, (unsigned)generator_between(generator, 0, 3), generator);
		break;
	case ORIGIN_UNIVERSITY:
		snprintf(address, ADDRESS_SIZE, "198.51.100.1");
		break;
	case ORIGIN_MOBILE:
		snprintf(address, ADDRESS_SIZE, "100.%u.%u.7", 64 + network / 3, network % 3);
		break;
	case ORIGIN_NEIGHBOUR:
		snprintf(address, ADDRESS_SIZE, "91.%u.4.9", network);
		break;
	default: /* Tor */
		if (is_honest(visitor->origin))
			network = (unsigned)generator_between(generator, 0, origins[ORIGIN_EXIT].networks - 1);
		snprintf(address, ADDRESS_SIZE, "185.%u.101.3", network);
		break;
	}
}

/* --- who --- */

static const char *const common_names[] = { "alex", "anna", "ben", "laura", "max", "mia", "paul", "sara" };
static const char *const offices[] = { "admin", "support", "info", "help", "security" };

#define PICK(list, generator) (list)[generator_between(generator, 0, sizeof(list) / sizeof((list)[0]) - 1)]

/* A bot's names are letters or look like people's; a few are those of offices. Its passwords are always good. */
static void name_bot(struct visitor *bot)
{
	struct generator *generator = &bot->generator;
	int64_t die = generator_between(generator, 1, 100);

	if (die <= 2)
		snprintf(bot->username, NAME_SIZE, "%s", PICK(offices, generator));
	else if (die <= 30)
		snprintf(bot->username, NAME_SIZE, "%s%d", PICK(common_names, generator),
		         (int)generator_between(generator, 1, 9999));
	else
		generator_letters(generator, bot->username, (size_t)generator_between(generator, 7, 12));
	generator_letters(generator, bot->password, 14);
}

/* One in four people wants a name that many want, and one in ten begins with a short password. */
static void name_person(struct visitor *person)
{
	struct generator *generator = &person->generator;

	if (generator_between(generator, 1, 4) == 1)
		snprintf(person->username, NAME_SIZE, "%s", PICK(common_names, generator));
	else
		generator_letters(generator, person->username, 6);
	generator_letters(generator, person->password, generator_between(generator, 1, 10) == 1 ? 5 : 10);
}

void visitor_choose_name(struct visitor *visitor)
{
	size_t length = strlen(visitor->username);

	if (length > 16)
		length = 16;
	snprintf(visitor->username + length, NAME_SIZE - length, "%d",
	         (int)generator_between(&visitor->generator, 10, 99));
}

void visitor_choose_password(struct visitor *visitor)
{
	generator_letters(&visitor->generator, visitor->password, 12);
}

/* --- when --- */

struct making {
	struct wave *wave;
	uint64_t seed;
	struct generator generator;
};

static struct visitor *add(struct making *making, enum origin origin, unsigned network, int64_t at_s)
{
	struct visitor *visitor = &making->wave->visitors[making->wave->count];

	*visitor = (struct visitor){ .origin = origin,
		                     .network = network,
		                     .at_s = at_s,
		                     .generator = generator_of(making->seed, 1 + making->wave->count) };
	making->wave->count++;
	if (is_honest(visitor->origin))
		name_person(visitor);
	else
		name_bot(visitor);
	return visitor;
}

/* Two networks of three begin between nine and noon, the others at any time. */
static void add_bots(struct making *making, enum origin origin)
{
	struct generator *generator = &making->generator;

	for (unsigned network = 0; network < origins[origin].networks; network++) {
		bool crest = generator_between(generator, 1, 3) < 3;
		int64_t span = generator_between(generator, origins[origin].least_span, origins[origin].most_span);
		int64_t begins = crest ? generator_between(generator, 9 * HOUR, 12 * HOUR)
		                       : generator_between(generator, 0, 24 * HOUR - span);

		for (unsigned i = 0; i < origins[origin].each; i++)
			add(making, origin, network, monday + begins + generator_between(generator, 0, span));
	}
}

/* Between seven and eleven at night; 25 students of 40 in the half hour from ten. */
static void add_people(struct making *making, enum origin origin)
{
	struct generator *generator = &making->generator;

	for (unsigned network = 0; network < origins[origin].networks; network++)
		for (unsigned i = 0; i < origins[origin].each; i++) {
			int64_t at = origin == ORIGIN_UNIVERSITY && i < 25
			                     ? generator_between(generator, 10 * HOUR, 10 * HOUR + 30 * MINUTE)
			                     : generator_between(generator, 7 * HOUR, 23 * HOUR);

			add(making, origin, network, monday + at);
		}
}

void wave_make(struct wave *wave, uint64_t seed)
{
	struct making making = { wave, seed, generator_of(seed, 0) };
	size_t most = 0;

	*wave = (struct wave){ .begins_s = monday };
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++)
		most += (size_t)origins[origin].networks * origins[origin].each;
	wave->visitors = calloc(most, sizeof(*wave->visitors));
	if (!wave->visitors)
		abort();
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++) {
		if (is_honest(origin)) {
			add_people(&making, origin);
			continue;
		}
		add_bots(&making, origin);
		wave->bots = wave->count;
		wave->networks += origins[origin].networks;
	}
}

void wave_clear(struct wave *wave)
{
	free(wave->visitors);
	wave->visitors = NULL;
}
