/* population.h -- accounts that are made up, each from its number: the same in each run, in no order of names. */
#ifndef BENCH_STORE_POPULATION_H
#define BENCH_STORE_POPULATION_H

#include "muster/account.h"

#define POPULATION_HOST MUSTER_TEXT("example.com")

enum { NAME_SIZE = 8 };

struct person {
	char name[NAME_SIZE + 1];
	struct muster_account account; /* borrows the name */
};

/* Different numbers below 2^40 have different names. */
void person_name(uint64_t number, char name[NAME_SIZE + 1]);

/* As a registration in band leaves it: two sets of keys, an address, no fields. */
void person_make(struct person *person, uint64_t number);

/* The next of a series of numbers that looks random; `state` is not 0. */
uint64_t population_draw(uint64_t *state);

/* Make accounts with the numbers from `first` up to `end`, without synchronising before the last is there; says on
 * stderr how far it is. Exits on errors. */
void population_fill(struct muster_store *store, uint64_t first, uint64_t end);

#endif
