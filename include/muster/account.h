/* account.h -- accounts: what is kept of one, and operations on it inside a transaction. */
#ifndef MUSTER_ACCOUNT_H
#define MUSTER_ACCOUNT_H

#include <stdint.h>

#include "muster/origin.h"
#include "muster/scram.h"
#include "muster/store.h"

enum muster_account_state {
	MUSTER_ACCOUNT_ENABLED = 1,
	MUSTER_ACCOUNT_DISABLED = 2,
	MUSTER_ACCOUNT_UNFINISHED = 3, /* named by the host, no password yet; reserves its name for a short while */
	MUSTER_ACCOUNT_DELETED = 4,    /* removed by its owner; can be restored until it is purged */
	MUSTER_ACCOUNT_PENDING = 5,    /* to be approved by an operator before anybody can log in */
};

enum { MUSTER_ACCOUNT_STATES = 6 }; /* one more than the last */

/* "enabled", "disabled", "unfinished", "deleted", "pending". */
const char *muster_account_state_name(enum muster_account_state state);

/* Registration data beside name and password, such as an e-mail address. */
struct muster_field {
	struct muster_text name, value;
};

/* What proves beside the password who asks: an answer that its owner knows by heart, kept as keys of SHA-256. */
struct muster_secret {
	struct muster_text name;
	struct muster_scram_keys keys;
};

enum {
	MUSTER_DEVICE_NAME_MAX = 64, /* bytes */
	MUSTER_DEVICE_DIGEST_SIZE = 32,
};

/* A secret of its own for one device or program (an app password), which logs in beside the password and is taken back
 * by itself. Muster makes it, with so many bits that nobody guesses it: so its hash is enough to know it by. */
struct muster_device {
	struct muster_text name;                          /* as its owner calls it */
	int64_t created_s, used_s;                        /* Unix seconds; 0 if it has not logged in yet */
	uint8_t digest[MUSTER_DEVICE_DIGEST_SIZE];        /* SHA-256 of the secret */
	struct muster_scram_keys keys[MUSTER_HASH_COUNT]; /* of it; good while salt and iterations are the account's */
};

struct muster_account {
	struct muster_text host, name; /* prepared; the name of a service's record is a bare JID */
	enum muster_account_state state;
	int64_t created_s, password_changed_s, changed_s; /* Unix seconds */
	int64_t purge_s;            /* when an account that was removed by its owner, or never approved, goes; else 0 */
	int64_t lift_s;             /* when the limits of a new account are lifted; 0 if it has none */
	struct muster_text reason;  /* why it is disabled; absent if nobody said */
	struct muster_text address; /* from where it was registered, as far as the host keeps that; absent if unknown */
	struct muster_origin origin; /* among whose accounts it counts */
	struct muster_text door;     /* by which it came; absent if unknown */
	struct muster_text inviter;  /* the bare JID whose invitation made it; absent if there was none */
	struct muster_scram_keys keys[MUSTER_HASH_COUNT];
	const struct muster_field *fields;
	size_t field_count;
	const struct muster_secret *secrets;
	size_t secret_count;
	const struct muster_device *devices;
	size_t device_count;
	struct muster_buffer record; /* owns the texts after muster_account_get */
	struct muster_field *owned_fields;
	struct muster_secret *owned_secrets;
	struct muster_device *owned_devices;
};

enum { MUSTER_HOST_MAX = 255 }; /* bytes of a host name; they begin every key */

/* Read an account. On MUSTER_OK the caller clears it; it stays valid after the transaction.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_NO_PEPPER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_account_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                       struct muster_account *account);

/* The same without what proves anything, its devices, StoredKey and ServerKey, in a time that does not tell whether it
 * has any: what may be looked at before a proof. Never to be written. */
int muster_account_glance(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                          struct muster_account *account);

/* Take about as long as reading `account` would, if it were there: for who must not learn that it is not. */
void muster_account_pretend(struct muster_transaction *transaction, const struct muster_account *account);

/* Write a new account; a taken name is left as it is. `account` is only read.
 * Returns MUSTER_OK, MUSTER_EXISTS, MUSTER_FULL, MUSTER_NO_PEPPER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_account_add(struct muster_transaction *transaction, const struct muster_account *account);

/* Write an account over what is there, or anew. Returns as muster_account_add, never MUSTER_EXISTS. */
int muster_account_put(struct muster_transaction *transaction, const struct muster_account *account);

/* Remove one. Returns MUSTER_OK, MUSTER_NOT_FOUND, MUSTER_FULL, MUSTER_IO. */
int muster_account_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text name);

/* How many accounts of a host are in each state. Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO. */
int muster_account_count(struct muster_transaction *transaction, struct muster_text host,
                         uint64_t counts[MUSTER_ACCOUNT_STATES]);

/* Called once an account; `name` and `state` are valid during the call. Return false to stop. */
typedef bool (*muster_account_fn)(void *context, struct muster_text name, enum muster_account_state state);

/* Go through the accounts of a host, in an order that stays the same, from where an earlier call left off.
 *
 * position  in: empty to begin; out: where to go on, empty when all were seen. Caller clears
 * most      accounts to visit at most, so that a long list can be walked in short transactions
 *
 * An account made or removed between two calls is seen or not; every other is seen once.
 * Returns MUSTER_OK, MUSTER_CORRUPT, MUSTER_NEWER, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_account_walk(struct muster_transaction *transaction, struct muster_text host, struct muster_buffer *position,
                        size_t most, muster_account_fn visit, void *context);

/* Step to the next host that has accounts, configured or not. `host` is empty to begin; caller clears.
 * Returns MUSTER_OK, MUSTER_NOT_FOUND behind the last, MUSTER_CORRUPT, MUSTER_IO, MUSTER_NO_MEMORY. */
int muster_account_next_host(struct muster_transaction *transaction, struct muster_buffer *host);

/* The keys of a secret, or NULL. */
const struct muster_scram_keys *muster_account_secret(const struct muster_account *account, struct muster_text name);

/* The device of that name, or NULL. */
const struct muster_device *muster_account_device(const struct muster_account *account, struct muster_text name);

/* The first of the sets of keys that the account has, MUSTER_HASH_COUNT if none: the cheapest to check against. */
enum muster_hash muster_account_first_hash(const struct muster_account *account);

/* Wipe and free what muster_account_get took. */
void muster_account_clear(struct muster_account *account);

#endif
