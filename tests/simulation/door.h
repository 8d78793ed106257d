/* door.h -- a server as those who register see it. */
#ifndef SIMULATION_DOOR_H
#define SIMULATION_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

struct attempt {
	const char *address, *username, *password;
	int64_t at_s;    /* never earlier than the attempt before */
	unsigned solves; /* kinds of challenges that this visitor can solve, in a set */
};

enum verdict { VERDICT_MADE, VERDICT_OTHER_NAME, VERDICT_OTHER_PASSWORD, VERDICT_LATER, VERDICT_NEVER };

struct answer {
	enum verdict verdict;
	int64_t wait_s;  /* VERDICT_LATER: when to come back; 0 if that was not told */
	unsigned solved; /* challenges for this attempt */
	double hashes;   /* of which proof of work took so many */
};

struct door {
	void *state;
	struct answer (*knock)(struct door *door, const struct attempt *attempt);
	void (*close)(struct door *door);
	double judged_s; /* spent on judging, without keys and disk */
};

/* Muster with options from a file: one in Lua, as Prosody's, or a page whose first block of Lua it is; NULL for the
 * defaults. Ends the program if they are wrong.
 * without  an option in it that is not to count; may be NULL
 * with     more options, as in the file; may be NULL */
void door_open_ours(struct door *door, lua_State *L, const char *options, const char *without, const char *with);

/* Prosody's own mod_register_limits, as it is installed, with options as "return { ... }". False if Prosody is not
 * installed. */
bool door_open_stock(struct door *door, const char *options);

double seconds_now(void); /* of a clock for measuring */

#endif
