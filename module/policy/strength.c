/* strength.c -- zxcvbn's estimate of a password's beginning.
 *
 * This runs on the server's event loop, and zxcvbn takes time with the fifth power of the length where a password is
 * like "1212...": 0.7 ms for 20 characters, 12 ms for 40. So the first 20 characters count and have to be strong by
 * themselves; a passphrase has the greatest score by then. What is missed is a word that goes on behind them.
 *
 * Secrets: our copy is wiped. zxcvbn has copies of its own that nobody can wipe from here: the password in reverse, on
 * the heap, which it overwrites before it lets go, and single words of it on the stack. */
#include "policy/strength.h"

#ifdef MUSTER_STRENGTH

#include <zxcvbn.h>

enum { JUDGED = 20 };

/* zxcvbn knows characters of one byte. Others become one byte each, too, so that they do not count double or treble;
 * the seven bits keep repetitions and neighbours in an alphabet what they are. */
static void fold(struct muster_text text, char *word)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if ((byte & 0xc0) == 0x80 && size > 0) {
			word[size - 1] = (char)(0x80 | (((unsigned char)word[size - 1] << 6 | (byte & 0x3f)) & 0x7f));
		} else if (size == JUDGED) {
			break;
		} else {
			word[size++] = text.data[i];
		}
	}
	word[size] = '\0';
}

static unsigned score_of(double bits)
{
	static const double digits[MUSTER_STRENGTH_MAX] = { 3, 6, 8, 10 };
	const double digits_a_bit = 0.30102999566398120;
	unsigned score = 0;

	while (score < MUSTER_STRENGTH_MAX && bits * digits_a_bit >= digits[score])
		score++;
	return score;
}

bool muster_strength_known(void)
{
	return true;
}

/* The dictionary of common words and passwords is part of the library. */
unsigned muster_strength_score(struct muster_text password, struct muster_text name)
{
	char judged[JUDGED + 1], known[JUDGED + 1];
	const char *words[] = { known, NULL };
	unsigned score;

	fold(password, judged);
	fold(name, known); /* as far as it can be found in what is judged */
	score = score_of(ZxcvbnMatch(judged, words, NULL));
	muster_wipe(judged, sizeof(judged));
	return score;
}

#else

bool muster_strength_known(void)
{
	return false;
}

unsigned muster_strength_score(struct muster_text password, struct muster_text name)
{
	(void)password;
	(void)name;
	return MUSTER_STRENGTH_MAX;
}

#endif
