/* guess.c -- an exchange's place among those who prove something, and what is written down of a wrong proof. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "login/exchange.h"
#include "muster/audit.h"

enum { REFRESHED = 30 /* times in the life of a row */ };

/* --- what counts --- */

static struct muster_guess guess_of(const struct muster_exchange *exchange, enum muster_guess_kind kind)
{
	const struct muster_guessing *guessing = &exchange->guessing;
	struct muster_guess guess = { .host = exchange->host->name,
		                      .kind = kind,
		                      .subject = muster_buffer_text(&exchange->username),
		                      .origin = guessing->origin,
		                      .forget_s = exchange->host->guesses.forget_s };

	if (kind == MUSTER_GUESS_NETWORK)
		guess.subject = muster_text_of(guessing->network);
	return guess;
}

static uint64_t id_of(struct muster_store *store, const struct muster_guess *guess)
{
	uint8_t digest[MUSTER_DIGEST_MAX], key[MUSTER_DIGEST_MAX];
	struct muster_text inner = { (const char *)key, muster_hash_size(MUSTER_SHA_256) };
	uint64_t id;

	muster_hmac(MUSTER_SHA_256, muster_store_secret(store), muster_text_of(muster_guess_kind_name(guess->kind)),
	            key);
	if (guess->kind == MUSTER_GUESS_KNOWN)
		muster_hmac(MUSTER_SHA_256, inner,
		            (struct muster_text){ (const char *)guess->origin.bytes, MUSTER_ORIGIN_SIZE }, key);
	muster_hmac(MUSTER_SHA_256, inner, guess->subject, digest);
	memcpy(&id, digest, sizeof(id));
	return id;
}

static int add_ticket(struct muster_exchange *exchange, struct muster_store *store,
                      struct muster_transaction *transaction, enum muster_guess_kind kind)
{
	struct muster_guessing *guessing = &exchange->guessing;
	struct muster_guess guess = guess_of(exchange, kind);
	struct muster_ticket *ticket = &guessing->tickets[guessing->count];
	int error = muster_guess_read(transaction, &guess, muster_wall_clock_s(), &ticket->state);

	if (error != MUSTER_OK)
		return error;
	ticket->kind = kind;
	ticket->id = id_of(store, &guess);
	guessing->count++;
	return MUSTER_OK;
}

/* Is it a network from which the owner has logged in lately? An earlier owner of the name does not count. */
static bool is_known(const struct muster_exchange *exchange, const struct muster_guess_state *state)
{
	return state->seen_s > 0 && state->seen_s >= exchange->created_s &&
	       state->seen_s + exchange->host->guesses.known_s > muster_wall_clock_s();
}

/* From where its owner logs in only what was guessed from there counts; else what was guessed at the name, and what
 * this network has guessed. A name that cannot be is nobody's, and not counted. */
static int add_tickets(struct muster_exchange *exchange, struct muster_store *store,
                       struct muster_transaction *transaction)
{
	struct muster_guessing *guessing = &exchange->guessing;
	struct muster_guess known = guess_of(exchange, MUSTER_GUESS_KNOWN);
	bool named = exchange->username.size > 0;
	int error = MUSTER_OK;

	if (named && guessing->has_network) {
		muster_host_origin(transaction, &guessing->address, &guessing->origin);
		known.origin = guessing->origin;
		error = muster_guess_read(transaction, &known, muster_wall_clock_s(), &guessing->known);
		if (error == MUSTER_OK && is_known(exchange, &guessing->known))
			return add_ticket(exchange, store, transaction, MUSTER_GUESS_KNOWN);
	}
	if (error == MUSTER_OK && named)
		error = add_ticket(exchange, store, transaction, MUSTER_GUESS_ACCOUNT);
	if (error == MUSTER_OK && guessing->has_network)
		error = add_ticket(exchange, store, transaction, MUSTER_GUESS_NETWORK);
	return error;
}

void muster_guess_from(struct muster_exchange *exchange, struct muster_text address)
{
	struct muster_guessing *guessing = &exchange->guessing;
	struct muster_network network;

	guessing->has_network = address.size > 0 && muster_network_read(address, &guessing->address) == MUSTER_OK;
	if (!guessing->has_network)
		return;
	network = muster_network_around(&guessing->address, MUSTER_NETWORK_BITS_4, 64);
	muster_network_text(&network, guessing->network);
}

int muster_guess_begin(struct muster_exchange *exchange, struct muster_store *store, int64_t *wait_us)
{
	const struct muster_guard_rules *rules = &exchange->host->guesses;
	struct muster_guessing *guessing = &exchange->guessing;
	struct muster_transaction *transaction;
	int error;

	*wait_us = 0;
	if (rules->off)
		return MUSTER_OK;
	error = muster_transaction_read(store, &transaction);
	if (error != MUSTER_OK)
		return error;
	error = add_tickets(exchange, store, transaction);
	muster_transaction_abort(transaction);
	return error == MUSTER_OK ? muster_guard_join(exchange->host->guard, rules, guessing->tickets, guessing->count,
	                                              muster_wall_clock_us(), wait_us)
	                          : error;
}

/* --- writing it down --- */

struct note {
	struct muster_task task; /* first */
	struct muster_host *host;
	struct muster_arena arena;
	struct muster_text name, address;
	struct muster_guess guesses[MUSTER_TICKETS_MAX]; /* of a login: the one that says from where */
	size_t count;
	bool wrong, exists;
};

static int64_t until(const struct muster_guess *guess, const struct muster_guess_state *state, int64_t known_s)
{
	int64_t forgotten_s = state->at_s + (int64_t)(state->level / MUSTER_GUESS_ONE + 1) * guess->forget_s;

	return state->seen_s + known_s > forgotten_s ? state->seen_s + known_s : forgotten_s;
}

/* Names that nobody has would fill the audit; who guesses them is told of by network. */
static int tell(const struct note *note, struct muster_transaction *transaction, const struct muster_guess *guess,
                struct muster_guess_state *state)
{
	struct muster_entry entry = { .host = note->host->name,
		                      .action = MUSTER_TEXT("login"),
		                      .username = guess->subject,
		                      .outcome = muster_text_of(muster_error_name(MUSTER_WRONG_PASSWORD)),
		                      .rule = MUSTER_TEXT("guesses"),
		                      .door = MUSTER_TEXT("in-band"),
		                      .address = note->address };

	if (state->told || state->level + MUSTER_GUESS_ONE / 2 < (uint64_t)MUSTER_GUESSES_TOLD * MUSTER_GUESS_ONE ||
	    (guess->kind == MUSTER_GUESS_ACCOUNT && !note->exists))
		return MUSTER_OK;
	state->told = true;
	return muster_audit_add(transaction, &entry, note->host->trail.kept_s);
}

static int count(const struct note *note, struct muster_transaction *transaction, const struct muster_guess *guess)
{
	const struct muster_guard_rules *rules = &note->host->guesses;
	uint64_t most = muster_guard_most(rules, guess->kind);
	struct muster_guess_state state;
	int64_t now_s = muster_wall_clock_s();
	int error = muster_guess_read(transaction, guess, now_s, &state);

	if (error != MUSTER_OK)
		return error;
	if (note->wrong) {
		state.level = state.level + MUSTER_GUESS_ONE < most ? state.level + MUSTER_GUESS_ONE : most;
		error = tell(note, transaction, guess, &state);
	} else {
		state = (struct muster_guess_state){ .seen_s = now_s };
	}
	state.at_s = now_s;
	return error == MUSTER_OK
	               ? muster_guess_write(transaction, guess, now_s, &state, until(guess, &state, rules->known_s))
	               : error;
}

static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	const struct note *note = (const struct note *)task;
	int error = MUSTER_OK;

	for (size_t i = 0; i < note->count && error == MUSTER_OK; i++)
		error = count(note, transaction, &note->guesses[i]);
	return error;
}

static void free_note(struct muster_task *task)
{
	struct note *note = (struct note *)task;

	muster_arena_clear(&note->arena);
	muster_host_release(note->host);
	muster_free(note);
}

static const struct muster_task_kind note_task = { NULL, NULL, commit, free_note };

static int own(struct note *note, const struct muster_exchange *exchange)
{
	const struct muster_guessing *guessing = &exchange->guessing;
	char address[MUSTER_NETWORK_TEXT];
	int error = muster_arena_copy(
		&note->arena,
		muster_host_kept_address(note->host, guessing->has_network ? &guessing->address : NULL, address),
		&note->address);

	for (size_t i = 0; i < note->count && error == MUSTER_OK; i++)
		error = muster_arena_copy(&note->arena, note->guesses[i].subject, &note->guesses[i].subject);
	return error;
}

/* Without memory nothing is written: the guard knows for now. */
static void write_down(struct muster_exchange *exchange, bool wrong)
{
	const struct muster_guessing *guessing = &exchange->guessing;
	struct note *note = muster_allocate_zeroed(1, sizeof(*note));

	if (!note)
		return;
	note->task.kind = &note_task;
	note->host = muster_host_retain(exchange->host);
	note->wrong = wrong;
	note->exists = exchange->state != 0;
	if (wrong)
		for (size_t i = 0; i < guessing->count; i++)
			note->guesses[note->count++] = guess_of(exchange, guessing->tickets[i].kind);
	else
		note->guesses[note->count++] = guess_of(exchange, MUSTER_GUESS_KNOWN);
	if (own(note, exchange) == MUSTER_OK)
		exchange->guessing.note = &note->task;
	else
		free_note(&note->task);
}

/* Once a day or so is often enough to know from where somebody logs in. */
static bool is_fresh(const struct muster_exchange *exchange)
{
	const struct muster_guess_state *known = &exchange->guessing.known;

	return is_known(exchange, known) &&
	       muster_wall_clock_s() - known->seen_s < exchange->host->guesses.known_s / REFRESHED;
}

void muster_guess_end(struct muster_exchange *exchange, enum muster_guess_outcome outcome)
{
	const struct muster_guard_rules *rules = &exchange->host->guesses;
	struct muster_guessing *guessing = &exchange->guessing;

	if (guessing->count == 0)
		return;
	muster_guard_leave(exchange->host->guard, rules, guessing->tickets, guessing->count, muster_wall_clock_us(),
	                   outcome);
	if (outcome == MUSTER_GUESS_WRONG)
		write_down(exchange, true);
	else if (outcome == MUSTER_GUESS_RIGHT && guessing->has_network &&
	         (!is_fresh(exchange) || guessing->tickets[0].state.level > 0))
		write_down(exchange, false);
	guessing->count = 0;
}

struct muster_task *muster_login_take_note(struct muster_exchange *exchange)
{
	struct muster_task **which = exchange->guessing.note ? &exchange->guessing.note : &exchange->use;
	struct muster_task *note = *which;

	*which = NULL;
	return note;
}
