#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct muster_store *store;
static struct muster_host *host;
static char directory[] = "/tmp/muster-fuzz-XXXXXX";

static void leave(void)
{
	static const char *const files[] = { "data.mdb", "lock.mdb", "server.lock" };
	char path[64];

	muster_store_close(store);
	muster_host_release(host);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		unlink(path);
	}
	rmdir(directory);
}

/* An account "juliet", enabled, whose keys nobody's password has. */
static void add_account(void)
{
	struct muster_account account = { .host = MUSTER_TEXT("localhost"),
		                          .name = MUSTER_TEXT("juliet"),
		                          .state = MUSTER_ACCOUNT_ENABLED };
	struct muster_transaction *transaction;

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		account.keys[hash] = (struct muster_scram_keys){ .iterations = 4096, .salt_size = MUSTER_SALT_SIZE };
	check(muster_transaction_write(store, &transaction) == MUSTER_OK);
	check(muster_account_add(transaction, &account) == MUSTER_OK);
	check(muster_transaction_commit(transaction) == MUSTER_OK);
}

static void set_fields(void)
{
	const struct muster_item fields[] = { { .value = { .kind = MUSTER_STRING, .text = MUSTER_TEXT("email+") } },
		                              { .value = { .kind = MUSTER_STRING, .text = MUSTER_TEXT("nick") } } };
	const struct muster_value list = { .kind = MUSTER_TABLE, .items = fields, .count = 2 };

	check(muster_host_set(host, "additional_registration_fields", &list, NULL) == MUSTER_OK);
}

static void open_both(void)
{
	struct muster_store_options options = { .path = directory, .map_size_bytes = 64 << 20 };

	if (store)
		return;
	check(mkdtemp(directory) != NULL);
	check(muster_store_open(&store, &options, NULL) == MUSTER_OK);
	check(muster_host_new(&host, MUSTER_TEXT("localhost"), NULL) == MUSTER_OK);
	add_account();
	set_fields();
	atexit(leave);
}

struct muster_store *fuzz_store(void)
{
	open_both();
	return store;
}

struct muster_host *fuzz_host(void)
{
	open_both();
	return host;
}
