/* standard.h -- who stands the wave unless somebody else is named. */
#ifndef SIMULATION_STANDARD_H
#define SIMULATION_STANDARD_H

#include "contest.h"

enum { STANDARD_SEED = 1 };

/* The last ones show what single options of the sample policy do, and what bots do that solve everything. */
enum standard {
	STANDARD_DEFAULT,
	STANDARD_SAMPLE,
	STANDARD_STOCK,
	STANDARD_STOCK_BLOCKING,
	STANDARD_WORKING,  /* with challenges, against bots that do proof of work and nothing else */
	STANDARD_COMPARED, /* how many these are */
	STANDARD_NO_RATE = STANDARD_COMPARED,
	STANDARD_NO_ALLOWLIST,
	STANDARD_SOLVING,
	STANDARD_COUNT
};

extern const struct entrant standard_entrants[STANDARD_COUNT];

#endif
