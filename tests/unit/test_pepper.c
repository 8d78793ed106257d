/* test_pepper.c -- peppers: their file, what they seal, and one that takes another's place. */
#include "support.h"

#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "muster/account.h"
#include "muster/pepper.h"
#include "muster/resealing.h"

#define ONE "0123456789abcdef0123456789abcdef"
#define TWO "fedcba9876543210fedcba9876543210"

/* --- the file --- */

static int parse(struct muster_peppers **peppers, const char *lines)
{
	struct muster_failure failure = { 0 };
	int error = muster_peppers_parse(peppers, text(lines), "peppers", &failure);

	if (error == MUSTER_OK)
		return error;
	assert_null(*peppers);
	assert_non_null(strstr(failure.text, "the file of peppers peppers"));
	assert_null(strstr(failure.text, "0123"));
	return error;
}

static void test_a_file_is_read(void **state)
{
	struct muster_peppers *peppers;

	(void)state;
	assert_error(parse(&peppers, "# ours\r\n\n 2026-11 \t" ONE " \r\nold " TWO), MUSTER_OK);
	assert_text(muster_pepper_id(muster_peppers_in_force(peppers)), "2026-11");
	assert_text(muster_pepper_id(muster_peppers_find(peppers, text("old"))), "old");
	assert_null(muster_peppers_find(peppers, text("ol")));
	muster_peppers_free(peppers);
	assert_error(parse(&peppers, "none\nold " TWO), MUSTER_OK);
	assert_null(muster_peppers_in_force(peppers));
	assert_non_null(muster_peppers_find(peppers, text("old")));
	muster_peppers_free(peppers);
	assert_null(muster_peppers_in_force(NULL));
	muster_peppers_free(NULL);
}

static void test_a_wrong_file_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"# nothing\n",
		"none\n",
		"one\n",
		"one 0123456789abcdef0123456789abcde\n", /* 31 bytes */
		"one " ONE " " ONE "\n",
		"one " ONE "\none " TWO "\n",
		"one " ONE "\nnone\n",
		"none\nnone\none " ONE "\n",
		"none " ONE "\n",
		"a/b " ONE "\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " ONE "\n", /* 65 bytes */
	};
	struct muster_peppers *peppers;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(&peppers, wrong[i]) != MUSTER_BAD_OPTION)
			fail_msg("\"%s\" is taken", wrong[i]);
}

static void write_file(const char *path, const char *lines, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, lines, strlen(lines)), strlen(lines));
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

static void test_a_file_that_everybody_reads_is_refused(void **state)
{
	char *directory = make_directory();
	const char *path = path_in(directory, "peppers");
	struct muster_failure failure;
	struct muster_peppers *peppers;

	(void)state;
	assert_error(muster_peppers_load(&peppers, path, &failure), MUSTER_BAD_OPTION);
	assert_non_null(strstr(failure.text, "No such file"));
	write_file(path, "one " ONE "\n", 0604);
	assert_error(muster_peppers_load(&peppers, path, &failure), MUSTER_BAD_OPTION);
	assert_non_null(strstr(failure.text, "everybody may read it"));
	write_file(path, "one " ONE "\n", 0640);
	assert_error(muster_peppers_load(&peppers, path, &failure), MUSTER_OK);
	muster_peppers_free(peppers);
	remove_directory(directory);
}

/* --- sealing --- */

static void test_what_is_sealed_opens_in_its_context_alone(void **state)
{
	const struct muster_text context[] = { text("juliet"), text("capulet") };
	const struct muster_text shifted[] = { text("juliet"), text("capule") };
	const struct muster_text moved[] = { text("julietc"), text("apulet") };
	const struct muster_pepper *one, *two;
	struct muster_peppers *peppers;
	uint8_t sealed[8 + MUSTER_PEPPER_OVERHEAD], again[sizeof(sealed)], plain[8];

	(void)state;
	assert_error(parse(&peppers, "one " ONE "\ntwo " TWO), MUSTER_OK);
	one = muster_peppers_find(peppers, text("one"));
	two = muster_peppers_find(peppers, text("two"));
	assert_error(muster_pepper_seal(one, context, 2, text("poisoned"), sealed), MUSTER_OK);
	assert_error(muster_pepper_seal(one, context, 2, text("poisoned"), again), MUSTER_OK);
	assert_memory_not_equal(sealed, again, sizeof(sealed));
	const struct muster_text bytes = { (const char *)sealed, sizeof(sealed) };

	assert_error(muster_pepper_open(one, context, 2, bytes, plain), MUSTER_OK);
	assert_memory_equal(plain, "poisoned", 8);
	assert_error(muster_pepper_open(two, context, 2, bytes, plain), MUSTER_CORRUPT);
	assert_error(muster_pepper_open(one, shifted, 2, bytes, plain), MUSTER_CORRUPT);
	assert_error(muster_pepper_open(one, moved, 2, bytes, plain), MUSTER_CORRUPT);
	assert_error(muster_pepper_open(one, context, 1, bytes, plain), MUSTER_CORRUPT);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_error(muster_pepper_open(one, context, 2, bytes, plain), MUSTER_CORRUPT);
		sealed[i] ^= 1;
	}
	for (size_t size = 0; size < sizeof(sealed); size++)
		assert_error(muster_pepper_open(one, context, 2, (struct muster_text){ bytes.data, size }, plain),
		             MUSTER_CORRUPT);
	muster_peppers_free(peppers);
}

/* The seal of another implementation: the key is the HMAC-SHA-256 of "Muster: keys at rest" under the secret, what is
 * authenticated the host, the name, "SHA-1", four bytes of iterations and the salt, each behind its size. */
static void test_a_seal_made_elsewhere(void **state)
{
	static const char sealed[] = "\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x6e\x33\xee\x81\xe7\xb2\xa0\xdc\x58"
				     "\x96\x28\x57\xc4\x9c\x9f\xc5\xb4\xf6\xc9\xd3\xab\x84\xd5\x3b\x72\xa5\xf9\xa8\xd1"
				     "\x29\x32\x80\x56\x4f\x2d\xe0\x21\xc1\xa0\x5c\x50\x8f\x11\x53\x57\xeb\x85\x9e\x46"
				     "\x6a\x96\xa4\x43\x57\xef\x0a\xf1";
	const struct muster_text context[] = { text("localhost"), text("romeo"), text("SHA-1"),
		                               MUSTER_TEXT("\0\0\x10\0"), text("ssssssssssssssss") };
	struct muster_peppers *peppers;
	uint8_t plain[40];

	(void)state;
	assert_error(parse(&peppers, "one " ONE), MUSTER_OK);
	assert_error(muster_pepper_open(muster_peppers_in_force(peppers), context, 5,
	                                (struct muster_text){ sealed, sizeof(sealed) - 1 }, plain),
	             MUSTER_OK);
	assert_memory_equal(plain, "kkkkkkkkkkkkkkkkkkkkvvvvvvvvvvvvvvvvvvvv", 40);
	muster_peppers_free(peppers);
}

/* --- a store --- */

struct peppered {
	char *directory;
	char path[300], file[300];
	struct muster_store *store;
	struct muster_failure failure;
};

static int make_peppered(void **state)
{
	struct peppered *peppered = test_calloc(1, sizeof(*peppered));

	peppered->directory = make_directory();
	snprintf(peppered->path, sizeof(peppered->path), "%s", path_in(peppered->directory, "store"));
	snprintf(peppered->file, sizeof(peppered->file), "%s", path_in(peppered->directory, "peppers"));
	*state = peppered;
	return 0;
}

static int remove_peppered(void **state)
{
	struct peppered *peppered = *state;

	muster_store_close(peppered->store);
	remove_directory(peppered->directory);
	test_free(peppered);
	return 0;
}

/* lines  NULL: no file is named */
static int reopen(struct peppered *peppered, const char *lines, bool server)
{
	const struct muster_store_options options = { .path = peppered->path,
		                                      .pepper_file = lines ? peppered->file : NULL,
		                                      .server = server };

	muster_store_close(peppered->store);
	if (lines)
		write_file(peppered->file, lines, 0600);
	return muster_store_open(&peppered->store, &options, &peppered->failure);
}

static uint8_t letter(size_t number)
{
	return (uint8_t)('a' + number % 26);
}

/* With keys that can be found again in the file: stored keys of small letters, server keys of capitals. */
static struct muster_scram_keys keys_of(size_t number)
{
	struct muster_scram_keys keys = { .iterations = 4096, .salt_size = 16 };

	memset(keys.salt, 's', 16);
	memset(keys.stored_key, letter(number), 32);
	memset(keys.server_key, letter(number) - 32, 32);
	return keys;
}

static int add(struct muster_store *store, size_t number)
{
	struct muster_secret secret = { .name = text("pet"), .keys = keys_of(number + 1) };
	struct muster_device device = { .name = text("Tablet"), .digest = { 1 } };
	struct muster_account account = { .host = text("localhost"),
		                          .state = MUSTER_ACCOUNT_ENABLED,
		                          .secrets = &secret,
		                          .secret_count = 1,
		                          .devices = &device,
		                          .device_count = 1 };
	struct muster_transaction *transaction;
	char name[16];
	int error = muster_transaction_write(store, &transaction);

	snprintf(name, sizeof(name), "user%zu", number);
	account.name = text(name);
	account.keys[MUSTER_SHA_256] = keys_of(number);
	device.keys[MUSTER_SHA_256] = keys_of(number + 2);
	assert_error(error, MUSTER_OK);
	error = muster_account_add(transaction, &account);
	if (error != MUSTER_OK) {
		muster_transaction_abort(transaction);
		return error;
	}
	return muster_transaction_commit(transaction);
}

static bool has_keys(const struct muster_scram_keys *keys, size_t number)
{
	const struct muster_scram_keys wanted = keys_of(number);

	return muster_scram_alike(keys, &wanted) && memcmp(keys->stored_key, wanted.stored_key, 32) == 0 &&
	       memcmp(keys->server_key, wanted.server_key, 32) == 0;
}

static void assert_kept(struct muster_store *store, size_t number)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	char name[16];

	snprintf(name, sizeof(name), "user%zu", number);
	assert_error(muster_transaction_read(store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(name), &account), MUSTER_OK);
	muster_transaction_abort(transaction);
	assert_true(has_keys(&account.keys[MUSTER_SHA_256], number));
	assert_true(has_keys(&account.secrets[0].keys, number + 1));
	assert_true(has_keys(&account.devices[0].keys[MUSTER_SHA_256], number + 2));
	muster_account_clear(&account);
}

/* What lies in the rows, read without the library. */
static bool rows_contain(struct peppered *peppered, const char *bytes, size_t size)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi accounts;
	MDB_cursor *cursor;
	MDB_val key, value;
	bool found = false;

	muster_store_close(peppered->store);
	peppered->store = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
	assert_int_equal(mdb_env_open(env, peppered->path, MDB_RDONLY, 0), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "accounts", 0, &accounts), 0);
	assert_int_equal(mdb_cursor_open(txn, accounts, &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
		found = found || memmem(value.mv_data, value.mv_size, bytes, size);
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return found;
}

/* Any of its keys in the clear */
static bool lies_open(struct peppered *peppered, size_t number)
{
	char run[32], capitals[32];

	memset(run, letter(number), sizeof(run));
	memset(capitals, letter(number) - 32, sizeof(capitals));
	return rows_contain(peppered, run, sizeof(run)) || rows_contain(peppered, capitals, sizeof(capitals));
}

static void assert_open_nowhere(struct peppered *peppered, size_t number)
{
	for (size_t i = number; i <= number + 2; i++)
		assert_false(lies_open(peppered, i));
}

static struct muster_resealed reseal(struct muster_store *store, size_t most)
{
	struct muster_transaction *transaction;
	struct muster_resealed resealed;

	assert_error(muster_transaction_write(store, &transaction), MUSTER_OK);
	assert_error(muster_resealing_go_on(transaction, most, &resealed), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	return resealed;
}

static size_t reseal_all(struct muster_store *store, size_t most)
{
	struct muster_resealed resealed = { .more = true };
	size_t sum = 0;

	while (resealed.more) {
		resealed = reseal(store, most);
		sum += resealed.count;
	}
	return sum;
}

static void assert_in_force(struct muster_store *store, const char *id, bool resealing)
{
	struct muster_transaction *transaction;
	struct muster_buffer pepper = { 0 };
	bool found;

	assert_error(muster_transaction_read(store, &transaction), MUSTER_OK);
	assert_error(muster_resealing_look(transaction, &pepper, &found), MUSTER_OK);
	muster_transaction_abort(transaction);
	assert_text(muster_buffer_text(&pepper), id);
	assert_int_equal(found, resealing);
	muster_buffer_clear(&pepper);
}

/* R-438-05 */
static void test_keys_are_sealed_at_rest(void **state)
{
	struct peppered *peppered = *state;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(add(peppered->store, 0), MUSTER_OK);
	assert_kept(peppered->store, 0);
	assert_open_nowhere(peppered, 0);
	assert_true(rows_contain(peppered, "one", 3)); /* by which */
	assert_false(rows_contain(peppered, ONE, 32));
	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_kept(peppered->store, 0);
}

/* Without the pepper the accounts would have no keys: better is no store. */
static void test_a_store_is_not_opened_without_its_pepper(void **state)
{
	struct peppered *peppered = *state;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(add(peppered->store, 0), MUSTER_OK);
	assert_error(reopen(peppered, NULL, true), MUSTER_NO_PEPPER);
	assert_non_null(strstr(peppered->failure.text, "by the pepper one, which no file has: muster_pepper_file"));
	assert_error(reopen(peppered, "two " TWO, true), MUSTER_NO_PEPPER);
	assert_non_null(strstr(peppered->failure.text, "one, which the file of peppers does not have"));
	assert_error(reopen(peppered, "one " TWO, false), MUSTER_NO_PEPPER);
	assert_non_null(strstr(peppered->failure.text, "the pepper one in the file of peppers is another than"));
	assert_error(reopen(peppered, "two " TWO "\none " ONE, false), MUSTER_OK);
	assert_kept(peppered->store, 0);
}

enum { MANY = 137 };

/* R-438-05: rotation, while accounts are made and after a restart in the middle */
static void test_another_pepper_takes_the_place_of_one(void **state)
{
	struct peppered *peppered = *state;
	struct muster_resealed resealed;
	size_t sealed;

	assert_error(reopen(peppered, NULL, true), MUSTER_OK);
	for (size_t i = 0; i < MANY; i++)
		assert_error(add(peppered->store, i), MUSTER_OK);
	assert_in_force(peppered->store, "", false);
	assert_int_equal(reseal_all(peppered->store, 50), 0);

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_in_force(peppered->store, "one", true);
	assert_int_equal(reseal_all(peppered->store, 50), MANY);
	assert_in_force(peppered->store, "one", false);
	assert_open_nowhere(peppered, 7);

	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	resealed = reseal(peppered->store, 50);
	assert_int_equal(resealed.count, 50);
	assert_true(resealed.more);
	sealed = resealed.count;
	assert_error(reopen(peppered, "two " TWO, true), MUSTER_NO_PEPPER);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	assert_error(add(peppered->store, MANY), MUSTER_OK);
	sealed += reseal_all(peppered->store, 50);
	assert_true(sealed == MANY || sealed == MANY + 1);
	assert_error(reopen(peppered, "two " TWO, true), MUSTER_OK);
	for (size_t i = 0; i <= MANY; i++)
		assert_kept(peppered->store, i);
	assert_false(rows_contain(peppered, "one", 3));

	assert_error(reopen(peppered, "none\ntwo " TWO, true), MUSTER_OK);
	assert_in_force(peppered->store, "", true);
	assert_int_equal(reseal_all(peppered->store, 50), MANY + 1);
	assert_error(reopen(peppered, NULL, true), MUSTER_OK);
	for (size_t i = 0; i <= MANY; i++)
		assert_kept(peppered->store, i);
	assert_true(lies_open(peppered, 7));
}

/* A pepper that comes back in the middle of its rotation does not pass for one that has sealed all. */
static void test_a_rotation_is_taken_back(void **state)
{
	struct peppered *peppered = *state;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	for (size_t i = 0; i < 4; i++)
		assert_error(add(peppered->store, i), MUSTER_OK);
	assert_int_equal(reseal_all(peppered->store, 10), 4);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	assert_true(reseal(peppered->store, 2).more);
	assert_error(reopen(peppered, "one " ONE "\ntwo " TWO, true), MUSTER_OK);
	assert_int_equal(reseal_all(peppered->store, 10), 4);
	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	for (size_t i = 0; i < 4; i++)
		assert_kept(peppered->store, i);
}

/* Only the server puts a pepper in force; others seal by it, or not at all. */
static void test_other_processes_follow_the_server(void **state)
{
	struct peppered *peppered = *state;
	const struct muster_store_options other = { .path = peppered->path };
	struct muster_store *server;

	assert_error(reopen(peppered, "one " ONE, false), MUSTER_OK);
	assert_in_force(peppered->store, "", false);
	assert_error(add(peppered->store, 0), MUSTER_OK);
	assert_true(lies_open(peppered, 0));
	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_int_equal(reseal_all(peppered->store, 10), 1);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, false), MUSTER_OK);
	assert_in_force(peppered->store, "one", false);
	assert_error(add(peppered->store, 1), MUSTER_OK);
	assert_true(rows_contain(peppered, "one", 3));
	assert_false(rows_contain(peppered, "two", 3));
	assert_error(muster_store_open(&server, &other, NULL), MUSTER_NO_PEPPER);
}

/* A set of keys that is carried to another account proves nothing there. */
static void test_keys_are_of_one_account(void **state)
{
	struct peppered *peppered = *state;
	struct muster_transaction *transaction;
	struct muster_account account;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi accounts;
	MDB_val key = { 15, "localhost\0user0" }, other = { 15, "localhost\0user1" }, value;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(add(peppered->store, 0), MUSTER_OK);
	assert_error(add(peppered->store, 1), MUSTER_OK);
	muster_store_close(peppered->store);
	peppered->store = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
	assert_int_equal(mdb_env_open(env, peppered->path, 0, 0), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "accounts", 0, &accounts), 0);
	assert_int_equal(mdb_get(txn, accounts, &key, &value), 0);
	assert_int_equal(mdb_put(txn, accounts, &other, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(muster_transaction_read(peppered->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("user1"), &account), MUSTER_CORRUPT);
	muster_transaction_abort(transaction);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	assert_int_equal(reseal_all(peppered->store, 10), 1); /* the damaged row stays as it is */
	assert_kept(peppered->store, 0);
}

/* A seal that has been damaged is passed over in each rotation, also when its pepper is no longer there. */
static void test_a_damaged_seal_holds_nothing_up(void **state)
{
	struct peppered *peppered = *state;
	struct muster_resealed resealed;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi accounts;
	MDB_val key = { 15, "localhost\0user0" }, value;
	char *bytes;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(add(peppered->store, 0), MUSTER_OK);
	assert_error(add(peppered->store, 1), MUSTER_OK);
	muster_store_close(peppered->store);
	peppered->store = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
	assert_int_equal(mdb_env_open(env, peppered->path, 0, 0), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "accounts", 0, &accounts), 0);
	assert_int_equal(mdb_get(txn, accounts, &key, &value), 0);
	bytes = test_malloc(value.mv_size);
	memcpy(bytes, value.mv_data, value.mv_size);
	bytes[value.mv_size - 1] ^= 1; /* of the device's seal, which is the last */
	value.mv_data = bytes;
	assert_int_equal(mdb_put(txn, accounts, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	test_free(bytes);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	resealed = reseal(peppered->store, 10);
	assert_true(resealed.count == 1 && resealed.damaged == 1 && !resealed.more);
	assert_error(reopen(peppered, "one " ONE "\ntwo " TWO, true), MUSTER_OK);
	resealed = reseal(peppered->store, 10);
	assert_true(resealed.count == 1 && resealed.damaged == 1 && !resealed.more);
	assert_error(reopen(peppered, "two " TWO "\none " ONE, true), MUSTER_OK);
	reseal(peppered->store, 10);
	assert_error(reopen(peppered, "three " ONE "\ntwo " TWO, true), MUSTER_OK);
	resealed = reseal(peppered->store, 10);
	assert_true(resealed.count == 1 && resealed.damaged == 1 && !resealed.more);
	assert_in_force(peppered->store, "three", false);
	assert_kept(peppered->store, 1);
}

static void test_only_the_server_seals_anew(void **state)
{
	struct peppered *peppered = *state;
	struct muster_transaction *transaction;
	struct muster_resealed resealed;

	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	assert_error(reopen(peppered, "one " ONE, false), MUSTER_OK);
	assert_error(muster_transaction_write(peppered->store, &transaction), MUSTER_OK);
	assert_error(muster_resealing_go_on(transaction, 10, &resealed), MUSTER_DENIED);
	muster_transaction_abort(transaction);
	assert_in_force(peppered->store, "one", true);
}

/* Out of memory anywhere: nothing is lost, and it goes on afterwards. */
static void test_sealing_anew_without_memory(void **state)
{
	struct peppered *peppered = *state;
	struct muster_transaction *transaction;
	struct muster_resealed resealed;
	int error = MUSTER_NO_MEMORY;

	assert_error(reopen(peppered, NULL, true), MUSTER_OK);
	for (size_t i = 0; i < 3; i++)
		assert_error(add(peppered->store, i), MUSTER_OK);
	assert_error(reopen(peppered, "one " ONE, true), MUSTER_OK);
	for (long budget = 0; error != MUSTER_OK; budget++) {
		assert_error(muster_transaction_write(peppered->store, &transaction), MUSTER_OK);
		muster_memory_fail_after(budget);
		error = muster_resealing_go_on(transaction, 10, &resealed);
		muster_memory_fail_after(-1);
		if (error == MUSTER_OK)
			error = muster_transaction_commit(transaction);
		else
			muster_transaction_abort(transaction);
		assert_true(error == MUSTER_OK || error == MUSTER_NO_MEMORY);
	}
	assert_false(resealed.more);
	for (size_t i = 0; i < 3; i++)
		assert_kept(peppered->store, i);
	assert_open_nowhere(peppered, 1);
}

#define peppered_test(function) cmocka_unit_test_setup_teardown(function, make_peppered, remove_peppered)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_read),
		cmocka_unit_test(test_a_wrong_file_is_refused),
		cmocka_unit_test(test_a_file_that_everybody_reads_is_refused),
		cmocka_unit_test(test_what_is_sealed_opens_in_its_context_alone),
		cmocka_unit_test(test_a_seal_made_elsewhere),
		peppered_test(test_keys_are_sealed_at_rest),
		peppered_test(test_a_store_is_not_opened_without_its_pepper),
		peppered_test(test_another_pepper_takes_the_place_of_one),
		peppered_test(test_a_rotation_is_taken_back),
		peppered_test(test_other_processes_follow_the_server),
		peppered_test(test_keys_are_of_one_account),
		peppered_test(test_a_damaged_seal_holds_nothing_up),
		peppered_test(test_only_the_server_seals_anew),
		peppered_test(test_sealing_anew_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
