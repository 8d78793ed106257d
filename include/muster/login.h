/* login.h -- SASL exchanges (RFC 4422) as messages in and out: PLAIN (RFC 4616), SCRAM (RFC 5802, RFC 7677).
 *
 *   muster_login_begin    an exchange
 *   muster_login_step     the client's message in; a challenge, the result, or work
 *   muster_login_resume   after a while, where it said to wait
 *   muster_login_finish   after the work (muster_login_task, by the engine or muster_task_run): the result
 *
 * Nothing tells whether a name exists: unknown ones get made-up keys that stay the same, and cost the same work; a
 * disabled account says so only after a right proof. Wrong proofs make the next ones wait. Steps take microseconds;
 * only the task derives. */
#ifndef MUSTER_LOGIN_H
#define MUSTER_LOGIN_H

#include "muster/host.h"
#include "muster/scram.h"
#include "muster/store.h"
#include "muster/task.h"

struct muster_exchange;

/* One kind of channel binding that the stream has (RFC 5056), such as "tls-exporter". */
struct muster_binding {
	struct muster_text type, data;
};

/* Borrowed for the call. Any binding at all means that -PLUS is offered. */
struct muster_login_facts {
	const struct muster_binding *bindings;
	size_t binding_count;
	struct muster_text address; /* whose work it is, as text; absent if unknown */
};

enum muster_login_status {
	MUSTER_LOGIN_CHALLENGE = 1, /* send `data`, step again */
	MUSTER_LOGIN_SUCCESS,       /* `data` is what goes with it, or absent */
	MUSTER_LOGIN_FAILURE,       /* `condition` (RFC 6120, section 6.5), `text` for the user */
	MUSTER_LOGIN_WAIT,          /* wait for `wait_us`, then muster_login_resume */
	MUSTER_LOGIN_WORK,          /* have muster_login_task run, then muster_login_finish */
};

struct muster_step {
	enum muster_login_status status;
	struct muster_text data;      /* valid until the next step or the end */
	const char *condition, *text; /* literals */
	int64_t wait_us;
};

/* The mechanisms of a host, best first, by number from 0; NULL behind the last. `bound`: with those that bind. */
const char *muster_login_mechanism(const struct muster_host *host, bool bound, size_t index);

/* Is a set of keys of this hash made of each password? */
bool muster_host_makes_hash(const struct muster_host *host, enum muster_hash hash);

/* Begin. Returns MUSTER_OK, MUSTER_NOT_FOUND (no such mechanism), MUSTER_NO_MEMORY. The caller frees it. */
int muster_login_begin(struct muster_host *host, struct muster_text mechanism, const struct muster_login_facts *facts,
                       struct muster_exchange **exchange);

/* Feed a message; absent stands for no initial response. A world's error becomes a failure with the condition
 * temporary-auth-failure. */
void muster_login_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step);

/* Go on after MUSTER_LOGIN_WAIT: as a step. Who cannot wait frees the exchange and says temporary-auth-failure. */
void muster_login_resume(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);

/* After MUSTER_LOGIN_SUCCESS: does the account lack the set of keys of this hash that is made here, or has it too few
 * iterations? A client may bring such a set, of the same password (XEP-0480). */
bool muster_login_lacks(const struct muster_exchange *exchange, enum muster_hash hash);

/* What the client needs for it: a fresh salt in base64, valid until the next call, and the iterations.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND (not lacking, or nobody is logged in), MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_login_ask_keys(struct muster_exchange *exchange, enum muster_hash hash, struct muster_text *salt,
                          uint32_t *iterations);

/* What it brings: SaltedPassword in base64. After MUSTER_OK have muster_login_task run, then muster_login_finish, whose
 * result is MUSTER_LOGIN_SUCCESS when the keys are written. Returns MUSTER_OK, MUSTER_MALFORMED (or nothing was asked).
 */
int muster_login_bring_keys(struct muster_exchange *exchange, struct muster_text salted);

/* What is to be written down of the result, for muster_engine_note; NULL if there is nothing, or nothing more: to be
 * asked until then. Not to be left out: wrong proofs are forgotten with the server otherwise. */
struct muster_task *muster_login_take_note(struct muster_exchange *exchange);

/* The result after MUSTER_LOGIN_WORK, from the task's error. */
void muster_login_finish(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);

/* The task is the exchange: freeing either frees both. */
struct muster_task *muster_login_task(struct muster_exchange *exchange);
struct muster_exchange *muster_login_of(struct muster_task *task);

/* The prepared name, absent until one was given. To be trusted after MUSTER_LOGIN_SUCCESS only. */
struct muster_text muster_login_username(const struct muster_exchange *exchange);

/* The name of the device whose secret it was; absent for the account's password. To be trusted after
 * MUSTER_LOGIN_SUCCESS only; valid until the end. */
struct muster_text muster_login_device(const struct muster_exchange *exchange);

void muster_login_free(struct muster_exchange *exchange); /* NULL is fine */

#endif
