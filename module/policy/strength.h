/* strength.h -- how hard a password is to guess, as zxcvbn estimates it. */
#ifndef MUSTER_POLICY_STRENGTH_H
#define MUSTER_POLICY_STRENGTH_H

#include "muster/text.h"

enum { MUSTER_STRENGTH_MAX = 4 };

/* Was this built with zxcvbn? */
bool muster_strength_known(void);

/* zxcvbn's score, 0 to MUSTER_STRENGTH_MAX: 1 from 10^3 guesses, 2 from 10^6, 3 from 10^8, 4 from 10^10.
 *
 * password, name  prepared, hence UTF-8; the name is a word that guessers try first
 *
 * The greatest score where zxcvbn is left out. Takes less than a millisecond, whatever the password. */
unsigned muster_strength_score(struct muster_text password, struct muster_text name);

#endif
