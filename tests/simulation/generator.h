/* generator.h -- numbers that look random and are the same each time for a seed (SplitMix64). */
#ifndef SIMULATION_GENERATOR_H
#define SIMULATION_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

struct generator {
	uint64_t state;
};

/* One of many for a seed, told apart by their number. */
struct generator generator_of(uint64_t seed, uint64_t number);

uint64_t generator_next(struct generator *generator);

/* From `least` to `most`, both possible. */
int64_t generator_between(struct generator *generator, int64_t least, int64_t most);

/* Letters, with the end of a string behind them. */
void generator_letters(struct generator *generator, char *letters, size_t count);

#endif
