/* exchange.h -- what the mechanisms share. */
#ifndef MUSTER_LOGIN_EXCHANGE_H
#define MUSTER_LOGIN_EXCHANGE_H

#include "base/arena.h"
#include "muster/account.h"
#include "muster/login.h"
#include "policy/guard.h"
#include "policy/host.h"
#include "policy/network.h"

struct muster_mechanism {
	const char *name;
	enum muster_hash hash; /* MUSTER_HASH_COUNT where any set will do */
	bool binds;
	void (*step)(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
	             struct muster_step *step);
	/* The client has given its proof, and it is its turn. */
	void (*prove)(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);
};

/* Who gives a proof, from where, and whose turn it is. See guess.c. */
struct muster_guessing {
	struct muster_network address;
	char network[MUSTER_NETWORK_TEXT]; /* around it, as text */
	bool has_network;
	struct muster_origin origin;     /* of the network */
	struct muster_guess_state known; /* of the name, from there */
	struct muster_ticket tickets[MUSTER_TICKETS_MAX];
	size_t count;
	struct muster_task *note; /* what is to be written down, or NULL */
};

/* Keys that are made of a password because the account lacks them. See upgrade.c. */
struct muster_upgrade {
	bool lacks[MUSTER_HASH_COUNT];
	bool planned, made;
	bool asked, brought; /* of the client, who brings it (XEP-0480) */
	enum muster_hash hash;
	struct muster_buffer salt;
	struct muster_scram_keys keys[MUSTER_HASH_COUNT];
	struct muster_exchange *next; /* of those that are planned on this host */
};

struct muster_exchange {
	struct muster_task task; /* first, so that either pointer is the other */
	const struct muster_mechanism *mechanism;
	struct muster_host *host;
	struct muster_arena arena; /* owns the bindings */
	struct muster_binding *bindings;
	size_t binding_count;
	struct muster_buffer username;
	enum muster_account_state state; /* 0 if nobody has that name */
	int64_t created_s;               /* when the account was made */
	enum muster_hash hash;
	struct muster_scram_keys keys;                                /* the account's, or made up */
	struct muster_account account;                                /* with its devices; empty before a proof */
	const struct muster_device *device;                           /* whose secret it was; NULL for the password */
	struct muster_buffer derivable;                               /* PLAIN: the prepared password */
	struct muster_scram_keys derived;                             /* PLAIN: of it */
	bool proved;                                                  /* PLAIN: it was right */
	struct muster_upgrade upgrade;                                /* PLAIN */
	struct muster_buffer header, first_bare, server_first, nonce; /* SCRAM: kept from the first message */
	struct muster_buffer message;                                 /* SCRAM: what was proved */
	uint8_t proof[MUSTER_DIGEST_MAX];                             /* SCRAM */
	struct muster_buffer data;                                    /* behind step->data */
	struct muster_guessing guessing;
	struct muster_task *use; /* of a device, to be written down, or NULL */
	bool challenged, over, waiting, succeeded;
};

void muster_plain_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step);
void muster_plain_prove(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);
void muster_scram_prove(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);
void muster_scram_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step);

/* Take the name and read the salt and iterations of its keys, made up if nobody has it. A name that cannot be prepared
 * is nobody's. Returns MUSTER_OK, MUSTER_NO_MEMORY or what the store returns. */
int muster_exchange_name(struct muster_exchange *exchange, struct muster_store *store, struct muster_text name);

/* May the client act as `authzid`, its own bare JID or nothing? Returns MUSTER_OK, MUSTER_BAD_NAME if not,
 * MUSTER_NO_MEMORY. */
int muster_exchange_act_as(const struct muster_exchange *exchange, struct muster_text authzid);

/* The client has given its proof: look at it when it is its turn. */
void muster_exchange_queue(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);

/* From where the client comes; join those who give a proof, and say how long to wait; leave them.
 * muster_guess_begin returns MUSTER_OK, MUSTER_BUSY where it would be too long, or what the store returns. */
void muster_guess_from(struct muster_exchange *exchange, struct muster_text address);
int muster_guess_begin(struct muster_exchange *exchange, struct muster_store *store, int64_t *wait_us);
void muster_guess_end(struct muster_exchange *exchange, enum muster_guess_outcome outcome);

/* After a right proof: does the account still have these keys, and is it enabled? */
void muster_exchange_admit(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step);

void muster_step_fail(struct muster_step *step, const char *condition, const char *text);
void muster_step_deny(struct muster_step *step); /* not-authorized */

/* The proof was wrong. */
void muster_exchange_deny(struct muster_exchange *exchange, struct muster_step *step);

/* The store's error or memory's; MUSTER_BAD_NAME is invalid-authzid. */
void muster_step_error(struct muster_step *step, int error);

extern const struct muster_task_kind muster_plain_task, muster_device_task;

/* See what the account lacks; plan to make it, unless another exchange does it already; make it of the right password,
 * on any thread; write it; no longer plan it. */
void muster_upgrade_look(struct muster_exchange *exchange, const struct muster_account *account);
void muster_upgrade_plan(struct muster_exchange *exchange);
void muster_login_free_task(struct muster_task *task);
void muster_upgrade_derive(struct muster_exchange *exchange);
int muster_upgrade_commit(struct muster_task *task, struct muster_transaction *transaction);
void muster_upgrade_end(struct muster_exchange *exchange);

/* A proof has been given: read what it is checked against, the account's keys and its devices. Not before, for nobody
 * has many proofs: what costs nothing must not take longer where there is an account, or more of it.
 * Returns MUSTER_OK, also if nobody has the name, MUSTER_NO_MEMORY, or what the store returns. */
int muster_exchange_load(struct muster_exchange *exchange, struct muster_store *store);

/* Devices: look for the one whose secret it is, by its hash (a hundred thousand devices cost no derivation); go on with
 * it; does the account still have it? Does it lack sets that the account has? Then muster_device_task makes them. Write
 * down that it was used. */
void muster_device_find(struct muster_exchange *exchange, struct muster_text secret);
void muster_device_use(struct muster_exchange *exchange, const struct muster_device *device);
bool muster_device_is_of(const struct muster_exchange *exchange, struct muster_account *account);
bool muster_device_lacks(struct muster_exchange *exchange);
void muster_device_note(struct muster_exchange *exchange);

/* Are these the keys that have taken the place of those with which the exchange began? */
bool muster_upgrade_is(const struct muster_exchange *exchange, const struct muster_scram_keys *keys);

#endif
