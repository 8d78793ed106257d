#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct muster_store *store;
static struct muster_host *host, *asking_host;
static char directory[] = "/tmp/muster-fuzz-XXXXXX";

static void leave(void)
{
	static const char *const files[] = { "data.mdb", "lock.mdb", "server.lock" };
	char path[64];

	muster_store_close(store);
	muster_host_release(host);
	muster_host_release(asking_host);
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

#define TEXT_VALUE(literal)                                                                                            \
	{                                                                                                              \
		.kind = MUSTER_STRING, .text = MUSTER_TEXT(literal)                                                    \
	}
#define TEXT_ITEM(name, literal)                                                                                       \
	{                                                                                                              \
		.key = MUSTER_TEXT(name), .value = TEXT_VALUE(literal)                                                 \
	}

static void set_fields(void)
{
	static const struct muster_item choices[] = { { .value = TEXT_VALUE("F") }, { .value = TEXT_VALUE("M") } };
	static const struct muster_item gender[] = {
		TEXT_ITEM("name", "x-gender"),
		TEXT_ITEM("type", "list-multi"),
		{ .key = MUSTER_TEXT("options"), .value = { .kind = MUSTER_TABLE, .items = choices, .count = 2 } },
	};
	static const struct muster_item age[] = { TEXT_ITEM("name", "x-age"), TEXT_ITEM("datatype", "xs:decimal"),
		                                  TEXT_ITEM("range_min", "16"), TEXT_ITEM("regex", "[0-9.+-]+") };
	static const struct muster_item friend[] = { TEXT_ITEM("name", "x-friend"), TEXT_ITEM("type", "jid-multi") };
	static const struct muster_item fields[] = {
		{ .value = TEXT_VALUE("email+") },
		{ .value = TEXT_VALUE("nick") },
		{ .value = { .kind = MUSTER_TABLE, .items = gender, .count = 3 } },
		{ .value = { .kind = MUSTER_TABLE, .items = age, .count = 4 } },
		{ .value = { .kind = MUSTER_TABLE, .items = friend, .count = 2 } },
	};
	const struct muster_value list = { .kind = MUSTER_TABLE, .items = fields, .count = 5 };

	check(muster_host_set(host, "additional_registration_fields", &list, NULL) == MUSTER_OK);
}

static void set_challenges(void)
{
	static const struct muster_item kinds[] = { { .value = TEXT_VALUE("qa") }, { .value = TEXT_VALUE("SHA-256") } };
	static const struct muster_item questions[] = { TEXT_ITEM("The colour of grass?", "green") };
	const struct muster_value list = { .kind = MUSTER_TABLE, .items = kinds, .count = 2 };
	const struct muster_value table = { .kind = MUSTER_TABLE, .items = questions, .count = 1 };

	check(muster_host_set(asking_host, "muster_challenges", &list, NULL) == MUSTER_OK);
	check(muster_host_set(asking_host, "muster_questions", &table, NULL) == MUSTER_OK);
	check(muster_host_check(asking_host, NULL) == MUSTER_OK);
}

static void open_both(void)
{
	struct muster_store_options options = { .path = directory, .map_size_bytes = 64 << 20 };

	if (store)
		return;
	check(mkdtemp(directory) != NULL);
	check(muster_store_open(&store, &options, NULL) == MUSTER_OK);
	check(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, MUSTER_TEXT("localhost"), NULL) == MUSTER_OK);
	add_account();
	set_fields();
	check(muster_host_new(&asking_host, MUSTER_HOST_ACCOUNTS, MUSTER_TEXT("localhost"), NULL) == MUSTER_OK);
	set_challenges();
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

struct muster_host *fuzz_asking_host(void)
{
	open_both();
	return asking_host;
}
