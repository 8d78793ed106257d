/* challenge.c -- made by chance, drawn, solved. */
#include "registration/challenge.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "muster/preparation.h"

/* --- making --- */

static void write_hex(const uint8_t *bytes, size_t size, char *text)
{
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* A number of exactly so many bits, one of whose digits in hexadecimal nobody chose. */
static int make_label(struct muster_challenge *challenge)
{
	int error = muster_random(&challenge->label, sizeof(challenge->label));
	const uint32_t top = UINT32_C(1) << (challenge->bits - 1);

	challenge->label = (challenge->label & (top - 1)) | top;
	return error;
}

static int choose_question(struct muster_challenge *challenge)
{
	const struct muster_challenges *challenges = &challenge->host->challenges;
	uint32_t any;
	int error = muster_random(&any, sizeof(any));

	if (error == MUSTER_OK)
		challenge->question = &challenges->questions[any % challenges->question_count];
	return error;
}

static int fill_in(struct muster_challenge *challenge, struct muster_text addressed)
{
	uint8_t bytes[MUSTER_CHALLENGE_ID / 2];
	int error = muster_random(bytes, sizeof(bytes));

	write_hex(bytes, sizeof(bytes), challenge->id);
	if (error == MUSTER_OK && muster_challenge_has(challenge, MUSTER_CHALLENGE_QA))
		error = choose_question(challenge);
	if (error == MUSTER_OK && muster_challenge_has(challenge, MUSTER_CHALLENGE_OCR))
		error = muster_picture_answer(challenge->host->challenges.maker, challenge->letters);
	if (error != MUSTER_OK || !muster_challenge_has(challenge, MUSTER_CHALLENGE_SHA_256))
		return error;
	error = make_label(challenge);
	return error == MUSTER_OK
	               ? muster_buffer_set(&challenge->addressed, addressed.data ? addressed : challenge->host->name)
	               : error;
}

int muster_challenge_new(struct muster_challenge **challenge, struct muster_host *host,
                         const struct muster_difficulty *difficulty, struct muster_text addressed)
{
	struct muster_challenge *made = muster_allocate_zeroed(1, sizeof(*made));
	int error;

	*challenge = NULL;
	if (!made)
		return MUSTER_NO_MEMORY;
	made->host = muster_host_retain(host);
	made->at_s = muster_wall_clock_s();
	made->kinds = host->challenges.kinds;
	made->needed = difficulty->both ? 2 : 1;
	made->required = difficulty->both ? MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_SHA_256) : 0;
	made->bits = difficulty->bits;
	error = fill_in(made, addressed);
	if (error != MUSTER_OK) {
		muster_challenge_free(made);
		return error;
	}
	*challenge = made;
	return MUSTER_OK;
}

void muster_challenge_free(struct muster_challenge *challenge)
{
	if (!challenge)
		return;
	muster_buffer_clear(&challenge->addressed);
	muster_picture_clear(&challenge->picture);
	muster_host_release(challenge->host);
	muster_free(challenge);
}

int muster_challenge_draw(struct muster_challenge *challenge)
{
	uint8_t digest[20];
	char hex[2 * sizeof(digest) + 1];
	int error = muster_picture_draw(challenge->host->challenges.maker, muster_text_of(challenge->letters),
	                                &challenge->picture);

	if (error != MUSTER_OK)
		return error;
	EVP_Digest(challenge->picture.bytes.data, challenge->picture.bytes.size, digest, NULL, EVP_sha1(), NULL);
	write_hex(digest, sizeof(digest), hex);
	snprintf(challenge->cid, sizeof(challenge->cid), "sha1+%s@bob.xmpp.org", hex);
	return MUSTER_OK;
}

/* --- asking --- */

bool muster_challenge_has(const struct muster_challenge *challenge, enum muster_challenge_kind kind)
{
	return challenge->kinds & MUSTER_CHALLENGE_BIT(kind);
}

/* A clock that was set back ends it too. */
bool muster_challenge_lives(const struct muster_challenge *challenge)
{
	int64_t now_s = muster_wall_clock_s();

	return challenge && now_s >= challenge->at_s && now_s < challenge->at_s + MUSTER_CHALLENGE_LIFE_S;
}

/* An account's username and password are always asked. */
unsigned muster_challenge_answers(const struct muster_challenge *challenge)
{
	const struct muster_host *host = challenge->host;
	unsigned count = 2 + (challenge->solved ? 0 : challenge->needed);

	for (size_t i = 0; i < host->field_count; i++)
		count += host->fields[i].required;
	return count;
}

/* --- solving --- */

static bool same_but_for_case(struct muster_text given, const char *letters)
{
	char folded[MUSTER_PICTURE_ANSWER], wanted[MUSTER_PICTURE_ANSWER];
	bool same;

	if (given.size != strlen(letters) || given.size > sizeof(folded))
		return false;
	for (size_t i = 0; i < given.size; i++) {
		folded[i] = given.data[i] >= 'A' && given.data[i] <= 'Z' ? (char)(given.data[i] | 0x20) : given.data[i];
		wanted[i] = letters[i] >= 'A' && letters[i] <= 'Z' ? (char)(letters[i] | 0x20) : letters[i];
	}
	same = muster_text_same_secret((struct muster_text){ folded, given.size },
	                               (struct muster_text){ wanted, given.size });
	muster_wipe(wanted, sizeof(wanted));
	return same;
}

/* What cannot be prepared answers nothing. */
static int compare(struct muster_text given, const struct muster_question *question, bool *right)
{
	struct muster_buffer prepared = { 0 };
	int error = muster_answer_prepare(given, &prepared);

	for (size_t i = 0; error == MUSTER_OK && i < question->answer_count; i++)
		*right = muster_text_same_secret(muster_buffer_text(&prepared), question->answers[i]) || *right;
	muster_buffer_clear(&prepared);
	return error == MUSTER_BAD_PASSWORD ? MUSTER_OK : error;
}

/* The answer begins with the JID that was asked, and the last bits of its digest are the label (XEP-0158, section
 * 6.2). Hosts may have folded the JID before it came here, so letter case does not count. */
static bool has_worked(struct muster_text given, const struct muster_challenge *challenge)
{
	const struct muster_text prefix = muster_buffer_text(&challenge->addressed);
	const uint32_t mask = UINT32_MAX >> (32 - challenge->bits);
	uint8_t digest[32];
	uint32_t last;

	if (given.size < prefix.size || strncasecmp(given.data, prefix.data, prefix.size) != 0)
		return false;
	EVP_Digest(given.data, given.size, digest, NULL, EVP_sha256(), NULL);
	last = (uint32_t)digest[28] << 24 | (uint32_t)digest[29] << 16 | (uint32_t)digest[30] << 8 | digest[31];
	return (last & mask) == challenge->label;
}

static int check(const struct muster_challenge *challenge, enum muster_challenge_kind kind, struct muster_text given,
                 bool *right)
{
	*right = false;
	if (kind == MUSTER_CHALLENGE_QA)
		return compare(given, challenge->question, right);
	*right = kind == MUSTER_CHALLENGE_OCR ? same_but_for_case(given, challenge->letters)
	                                      : has_worked(given, challenge);
	return MUSTER_OK;
}

static unsigned answered(const struct muster_submission *submission)
{
	unsigned kinds = 0;

	for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS; kind++)
		if (submission->solutions[kind].value.size > 0)
			kinds |= MUSTER_CHALLENGE_BIT(kind);
	return kinds;
}

static unsigned count_kinds(unsigned kinds)
{
	return (unsigned)__builtin_popcount(kinds);
}

/* Required fields are known to be filled in by now, so it is only to be seen whether enough was answered. */
static bool is_enough(const struct muster_challenge *challenge, unsigned kinds)
{
	return count_kinds(kinds) >= challenge->needed && (challenge->required & ~kinds) == 0;
}

static int try_answers(const struct muster_challenge *challenge, const struct muster_submission *submission,
                       unsigned given, enum muster_solution *solution, struct muster_tally *tally)
{
	unsigned solved = 0;
	int error = MUSTER_OK;

	for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS && error == MUSTER_OK; kind++) {
		bool right = false;

		if (given & MUSTER_CHALLENGE_BIT(kind))
			error = check(challenge, kind, submission->solutions[kind].value, &right);
		if (right)
			solved |= MUSTER_CHALLENGE_BIT(kind);
	}
	tally->solved = solved;
	tally->failed = given & ~solved;
	*solution = is_enough(challenge, solved) ? MUSTER_SOLUTION_RIGHT : MUSTER_SOLUTION_WRONG;
	return error;
}

int muster_challenge_judge(const struct muster_challenge *challenge, const struct muster_submission *submission,
                           enum muster_solution *solution, struct muster_tally *tally)
{
	const bool lives = muster_challenge_lives(challenge);
	unsigned given = answered(submission);

	*solution = MUSTER_SOLUTION_MISSING;
	if (lives && challenge->solved) {
		*solution = MUSTER_SOLUTION_RIGHT;
		return MUSTER_OK;
	}
	if (!submission->challenge.value.data || given == 0)
		return MUSTER_OK;
	if (!lives || !muster_text_same_secret(submission->challenge.value, muster_text_of(challenge->id))) {
		*solution = MUSTER_SOLUTION_WRONG;
		tally->failed = given;
		return MUSTER_OK;
	}
	given &= challenge->kinds;
	return is_enough(challenge, given) ? try_answers(challenge, submission, given, solution, tally) : MUSTER_OK;
}
