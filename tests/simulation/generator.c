/* generator.c -- see generator.h. */
#include "generator.h"

struct generator generator_of(uint64_t seed, uint64_t number)
{
	struct generator seeds = { seed }, made;

	made.state = generator_next(&seeds) ^ (number * 0xd1342543de82ef95u);
	generator_next(&made);
	return made;
}

uint64_t generator_next(struct generator *generator)
{
	uint64_t mixed = generator->state += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31);
}

int64_t generator_between(struct generator *generator, int64_t least, int64_t most)
{
	return least + (int64_t)(generator_next(generator) % (uint64_t)(most - least + 1));
}

void generator_letters(struct generator *generator, char *letters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		letters[i] = (char)('a' + generator_between(generator, 0, 25));
	letters[count] = '\0';
}
