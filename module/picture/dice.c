/* dice.c -- SplitMix64. */
#include "picture/dice.h"

#include "base/clock.h"

int muster_dice_shake(struct muster_dice *dice)
{
	return muster_random(&dice->state, sizeof(dice->state));
}

static uint64_t throw(struct muster_dice * dice)
{
	uint64_t mixed = dice->state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

double muster_dice_between(struct muster_dice *dice, double low, double high)
{
	return low + (high - low) * ((double)(throw(dice) >> 11) * 0x1p-53);
}

double muster_dice_either(struct muster_dice *dice, double low, double high)
{
	double number = muster_dice_between(dice, low, high);

	return throw(dice) >> 63 ? number : -number;
}

unsigned muster_dice_index(struct muster_dice *dice, unsigned count)
{
	return (unsigned)((throw(dice) >> 32) * count >> 32);
}
