/* dice.h -- chance for what a picture looks like; what must not be guessed comes from base/clock.h. */
#ifndef MUSTER_PICTURE_DICE_H
#define MUSTER_PICTURE_DICE_H

#include <stdint.h>

struct muster_dice {
	uint64_t state;
};

/* Take a new seed from the system. Returns MUSTER_OK or MUSTER_IO. */
int muster_dice_shake(struct muster_dice *dice);

/* A number from `low` to below `high`. */
double muster_dice_between(struct muster_dice *dice, double low, double high);

/* The same, on one side of zero or the other. */
double muster_dice_either(struct muster_dice *dice, double low, double high);

/* A number from 0 to below `count`. */
unsigned muster_dice_index(struct muster_dice *dice, unsigned count);

#endif
