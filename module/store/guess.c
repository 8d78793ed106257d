/* guess.c -- a row a subject, with all that is needed to tell when it is of no use. */
#include "muster/guess.h"

#include <stdio.h>
#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
#define LONGEST_S INT64_C(1000000000000) /* no option has such a period */

enum tag {
	TAG_KIND = 1,
	TAG_SUBJECT = 2,
	TAG_LEVEL = 3,
	TAG_AT = 4,
	TAG_FORGET = 5,
	TAG_SEEN = 6,
	TAG_TOLD = 7,
	TAG_UNTIL = 8,
	TAG_ORIGIN = 9,
};

struct row {
	struct muster_guess guess;
	struct muster_guess_state state;
	int64_t until_s;
};

const char *muster_guess_kind_name(enum muster_guess_kind kind)
{
	static const char *const names[] = { "", "account", "network", "known" };

	return names[kind];
}

static int make_key(struct muster_key *key, const struct muster_guess *guess)
{
	struct muster_buffer name = { 0 };
	char byte[3];
	int error;

	muster_buffer_add_c(&name, muster_guess_kind_name(guess->kind));
	muster_buffer_add_byte(&name, ' ');
	for (size_t i = 0; guess->kind == MUSTER_GUESS_KNOWN && i < MUSTER_ORIGIN_SIZE; i++) {
		snprintf(byte, sizeof(byte), "%02x", guess->origin.bytes[i]);
		muster_buffer_add_c(&name, byte);
	}
	error = muster_buffer_add(&name, guess->subject);
	if (error == MUSTER_OK)
		muster_key_of(key, guess->host, muster_buffer_text(&name));
	muster_buffer_clear(&name);
	return error;
}

static void take_field(struct row *row, const struct muster_record *record)
{
	switch (record->tag) {
	case TAG_KIND:
		row->guess.kind = muster_record_number(record) <= MUSTER_GUESS_KNOWN ? muster_record_number(record) : 0;
		break;
	case TAG_SUBJECT:
		row->guess.subject = record->value;
		break;
	case TAG_LEVEL:
		row->state.level = muster_record_number(record);
		break;
	case TAG_AT:
		row->state.at_s = (int64_t)muster_record_number(record);
		break;
	case TAG_FORGET:
		row->guess.forget_s = (int64_t)muster_record_number(record);
		break;
	case TAG_SEEN:
		row->state.seen_s = (int64_t)muster_record_number(record);
		break;
	case TAG_TOLD:
		row->state.told = muster_record_number(record) != 0;
		break;
	case TAG_UNTIL:
		row->until_s = (int64_t)muster_record_number(record);
		break;
	case TAG_ORIGIN:
		if (record->value.size == MUSTER_ORIGIN_SIZE)
			memcpy(row->guess.origin.bytes, record->value.data, MUSTER_ORIGIN_SIZE);
		break;
	default:
		break;
	}
}

static bool is_whole(const struct row *row)
{
	return row->guess.kind != 0 && row->guess.forget_s > 0 && row->guess.forget_s <= LONGEST_S &&
	       row->state.at_s >= 0 && row->state.at_s <= LONGEST_S && row->state.level <= INT32_MAX;
}

static int decode(const MDB_val *value, struct row *row)
{
	struct muster_record record;
	int error = muster_record_open(&record, value->mv_data, value->mv_size, VERSION);

	*row = (struct row){ .until_s = 0 };
	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_field(row, &record);
	if (error == MUSTER_NOT_FOUND)
		error = is_whole(row) ? MUSTER_OK : MUSTER_CORRUPT;
	return error;
}

/* What is left of it. A clock that was set back forgets nothing, until it was so much that all would be forgotten. */
static void forget(struct muster_guess_state *state, int64_t forget_s, int64_t now_s)
{
	int64_t since_s = now_s > state->at_s ? now_s - state->at_s : 0;
	int64_t all_s = (int64_t)(state->level / MUSTER_GUESS_ONE + 1) * forget_s;
	uint64_t gone = since_s < all_s ? (uint64_t)since_s * MUSTER_GUESS_ONE / (uint64_t)forget_s : state->level;

	if (now_s < state->at_s - all_s)
		gone = state->level;
	state->level -= gone < state->level ? gone : state->level;
	state->told = state->told && state->level > 0;
}

int muster_guess_read(struct muster_transaction *transaction, const struct muster_guess *guess, int64_t now_s,
                      struct muster_guess_state *state)
{
	struct muster_key key;
	struct row row;
	MDB_val value;
	int error = make_key(&key, guess);

	*state = (struct muster_guess_state){ 0 };
	if (error == MUSTER_OK)
		error = muster_row_get(transaction, transaction->store->guesses, &key.value, &value);
	if (error == MUSTER_NOT_FOUND)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		error = decode(&value, &row);
	if (error == MUSTER_CORRUPT || error == MUSTER_NEWER)
		return MUSTER_OK; /* a count is not worth keeping anybody out; the next one is written over it */
	if (error != MUSTER_OK)
		return error;
	*state = row.state;
	forget(state, guess->forget_s, now_s);
	return MUSTER_OK;
}

static bool is_over(const MDB_val *value, int64_t now_s)
{
	struct row row;

	return decode(value, &row) == MUSTER_OK && row.until_s < now_s;
}

int muster_guess_write(struct muster_transaction *transaction, const struct muster_guess *guess, int64_t now_s,
                       const struct muster_guess_state *state, int64_t until_s)
{
	struct muster_text origin = { (const char *)guess->origin.bytes, MUSTER_ORIGIN_SIZE };
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error = make_key(&key, guess);

	if (error != MUSTER_OK)
		return error;
	muster_record_begin(&record, VERSION);
	muster_record_add_number(&record, TAG_KIND, guess->kind);
	muster_record_add_text(&record, TAG_SUBJECT, guess->subject);
	muster_record_add_number(&record, TAG_LEVEL, state->level);
	muster_record_add_number(&record, TAG_AT, (uint64_t)state->at_s);
	muster_record_add_number(&record, TAG_FORGET, (uint64_t)guess->forget_s);
	if (guess->kind == MUSTER_GUESS_KNOWN) {
		muster_record_add_number(&record, TAG_SEEN, (uint64_t)state->seen_s);
		muster_record_add_text(&record, TAG_ORIGIN, origin);
	}
	if (state->told)
		muster_record_add_number(&record, TAG_TOLD, 1);
	muster_record_add_number(&record, TAG_UNTIL, (uint64_t)until_s);
	error = muster_row_put(transaction, transaction->store->guesses, &key.value, &record);
	return error == MUSTER_OK
	               ? muster_row_sweep(transaction, transaction->store->guesses, &key.value, now_s, is_over)
	               : error;
}

int muster_guess_reset(struct muster_transaction *transaction, const struct muster_guess *guess)
{
	struct muster_key key;
	int error = make_key(&key, guess);

	return error == MUSTER_OK ? muster_row_remove(transaction, transaction->store->guesses, &key.value) : error;
}

struct walk {
	struct muster_text host;
	int64_t now_s;
	muster_guess_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct row row;
	int error = decode(value, &row);

	(void)key;
	if (error != MUSTER_OK)
		return error;
	row.guess.host = walk->host;
	forget(&row.state, row.guess.forget_s, walk->now_s);
	if (row.state.level > 0)
		*more = walk->visit(walk->context, &row.guess, &row.state);
	return MUSTER_OK;
}

int muster_guess_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                      struct muster_buffer *position, size_t most, muster_guess_fn visit, void *context)
{
	struct walk walk = { host, now_s, visit, context };
	struct muster_range range = {
		.database = transaction->store->guesses, .host = host, .position = position, .most = most
	};

	return muster_row_walk(transaction, &range, visit_row, &walk);
}
