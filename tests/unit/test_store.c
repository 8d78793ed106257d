/* test_store.c -- opening a store, its files, several processes, and what happens when there is no room. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lmdb.h>

#include "muster/account.h"

static int open_directory(void **state)
{
	*state = make_directory();
	return 0;
}

static int close_directory(void **state)
{
	remove_directory(*state);
	return 0;
}

static int open_with(struct muster_store **store, const char *path, bool server, struct muster_failure *failure)
{
	struct muster_store_options options = { .path = path, .server = server };

	return muster_store_open(store, &options, failure);
}

/* The store cannot be opened: `error`, and a message with `part` and the path in it. */
static void assert_refused(const char *path, int error, const char *part)
{
	struct muster_failure failure;
	struct muster_store *store;

	assert_error(open_with(&store, path, false, &failure), error);
	assert_null(store);
	assert_int_equal(failure.error, error);
	if (!strstr(failure.text, part) || !strstr(failure.text, path))
		fail_msg("\"%s\" lacks \"%s\" or the path", failure.text, part);
}

static struct muster_store *opened(const char *path)
{
	struct muster_failure failure;
	struct muster_store *store;

	if (open_with(&store, path, false, &failure) != MUSTER_OK)
		fail_msg("%s", failure.text);
	return store;
}

static int add_account(struct muster_store *store, const char *name)
{
	struct muster_account account = { .host = text("localhost"),
		                          .name = text(name),
		                          .state = MUSTER_ACCOUNT_ENABLED };
	struct muster_transaction *transaction;
	int error = muster_transaction_write(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	muster_account_add(transaction, &account);
	return muster_transaction_commit(transaction);
}

static int look_up(struct muster_store *store, const char *name)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, text("localhost"), text(name), &account);
	if (error == MUSTER_OK)
		muster_account_clear(&account);
	muster_transaction_abort(transaction);
	return error;
}

/* --- files --- */

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void test_files_are_for_the_owner_alone(void **state)
{
	const char *directory = *state;
	char *path = strdup(path_in(directory, "store"));
	mode_t mask = umask(0);

	muster_store_close(opened(path));
	umask(mask);
	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(mode_of(path_in(path, "data.mdb")), 0600);
	assert_int_equal(mode_of(path_in(path, "lock.mdb")), 0600);
	free(path);
}

static void test_loose_files_are_tightened(void **state)
{
	muster_store_close(opened(*state));
	chmod(path_in(*state, "data.mdb"), 0644);
	muster_store_close(opened(*state));
	assert_int_equal(mode_of(path_in(*state, "data.mdb")), 0600);
}

/* prosodyctl is often run as root on the server's store. */
static void test_root_leaves_files_to_the_directorys_owner(void **state)
{
	struct stat status;

	if (geteuid() != 0) {
		print_message("skipped: only root can give files away\n");
		skip();
	}
	assert_int_equal(chown(*state, 1234, 1234), 0);
	muster_store_close(opened(*state));
	assert_int_equal(stat(path_in(*state, "data.mdb"), &status), 0);
	assert_int_equal(status.st_uid, 1234);
	assert_int_equal(stat(path_in(*state, "lock.mdb"), &status), 0);
	assert_int_equal(status.st_uid, 1234);
}

/* --- refusals --- */

static void test_a_file_is_no_directory(void **state)
{
	char *path = strdup(path_in(*state, "file"));

	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_refused(path, MUSTER_NOT_A_DIRECTORY, "is not a directory");
	free(path);
}

static void test_the_parent_must_be_there(void **state)
{
	char *path = strdup(path_in(*state, "no/store"));

	assert_refused(path, MUSTER_IO, "No such file");
	free(path);
}

/* As a user without rights: root may open everything. */
static void test_no_permission(void **state)
{
	int status;
	pid_t child;

	muster_store_close(opened(*state));
	assert_int_equal(chmod(*state, 0700), 0);
	if (geteuid() != 0) {
		assert_int_equal(chmod(path_in(*state, "data.mdb"), 0), 0);
		assert_int_equal(chmod(*state, 0500), 0);
		assert_refused(*state, MUSTER_DENIED, "cannot be used by user");
		return;
	}
	child = fork();
	if (child == 0) {
		struct muster_failure failure;
		struct muster_store *store;
		bool denied;

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		denied = open_with(&store, *state, false, &failure) == MUSTER_DENIED &&
		         strstr(failure.text, "cannot be used by user 65534: Permission denied");
		leave_child(denied);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static void test_not_twice_in_a_process(void **state)
{
	struct muster_store *store = opened(*state);

	assert_refused(*state, MUSTER_IN_USE, "is open in this process already");
	assert_error(add_account(store, "juliet"), MUSTER_OK);
	muster_store_close(store);
	store = opened(*state);
	assert_error(look_up(store, "juliet"), MUSTER_OK);
	muster_store_close(store);
}

static void test_one_server_at_a_time(void **state)
{
	struct muster_failure failure;
	struct muster_store *store;
	int status;
	pid_t child;

	assert_error(open_with(&store, *state, true, &failure), MUSTER_OK);
	child = fork();
	if (child == 0) {
		struct muster_store *other;
		bool right = open_with(&other, *state, true, &failure) == MUSTER_IN_USE &&
		             strstr(failure.text, "in use by another server") &&
		             open_with(&other, *state, false, &failure) == MUSTER_OK;

		if (right)
			muster_store_close(other);
		leave_child(right);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	muster_store_close(store);
}

/* A row of the store written by LMDB alone. */
static void put_meta(const char *path, const char *name, const void *bytes, size_t size)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi meta;
	MDB_val key = { strlen(name), (void *)name }, value = { size, (void *)bytes };

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
	assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void test_a_newer_format_is_refused(void **state)
{
	muster_store_close(opened(*state));
	put_meta(*state, "format", "\0\0\0\2", 4);
	assert_refused(*state, MUSTER_NEWER, "has format 2, written by a newer version of Muster");
	put_meta(*state, "format", "\0\0\0\1", 4);
	muster_store_close(opened(*state));
}

static void test_damage_is_refused(void **state)
{
	int file;

	muster_store_close(opened(*state));
	put_meta(*state, "format", "x", 1);
	assert_refused(*state, MUSTER_CORRUPT, "unreadable format");
	put_meta(*state, "format", "\0\0\0\1", 4);
	put_meta(*state, "secret", "short", 5);
	assert_refused(*state, MUSTER_CORRUPT, "lost its secret");
	file = open(path_in(*state, "data.mdb"), O_WRONLY | O_TRUNC);
	assert_int_equal(write(file, "this is no database, whatever its name says", 43), 43);
	close(file);
	assert_refused(*state, MUSTER_CORRUPT, "cannot be opened");
}

/* --- room --- */

static void test_a_full_map_loses_nothing(void **state)
{
	struct muster_store_options options = { .path = *state, .map_size_bytes = 1 << 20 };
	struct muster_store *store;
	char name[32];
	int error = MUSTER_OK, count = 0;

	assert_error(muster_store_open(&store, &options, NULL), MUSTER_OK);
	while (error == MUSTER_OK && count < 100000) {
		snprintf(name, sizeof(name), "name%d", count);
		error = add_account(store, name);
		count += error == MUSTER_OK;
	}
	assert_error(error, MUSTER_FULL);
	assert_true(count > 100);
	assert_error(look_up(store, name), MUSTER_NOT_FOUND);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_error(look_up(store, name), MUSTER_OK);
	}
	muster_store_close(store);
	/* Opened again it has room, twice as much as it uses. */
	assert_error(muster_store_open(&store, &options, NULL), MUSTER_OK);
	assert_error(add_account(store, "late"), MUSTER_OK);
	muster_store_close(store);
}

/* A limit on the size of files stands for a full disk: the same calls fail. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk_loses_nothing(void **state)
{
	struct muster_store *store = opened(*state);
	char name[32];
	int error = MUSTER_OK, count = 0;

	limit_files(100 * 1024);
	while (error == MUSTER_OK && count < 100000) {
		snprintf(name, sizeof(name), "name%d", count);
		error = add_account(store, name);
		count += error == MUSTER_OK;
	}
	limit_files(RLIM_INFINITY);
	assert_true(error == MUSTER_FULL || error == MUSTER_IO);
	assert_true(count > 10);
	assert_error(add_account(store, name), MUSTER_OK);
	for (int i = 0; i <= count; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_error(look_up(store, name), MUSTER_OK);
	}
	muster_store_close(store);
}

/* LMDB alone would die of SIGBUS in its lock file. */
static void test_opening_on_a_full_disk(void **state)
{
	struct muster_failure failure;
	struct muster_store *store;
	int error;

	limit_files(1024);
	error = open_with(&store, *state, false, &failure);
	limit_files(RLIM_INFINITY);
	assert_error(error, MUSTER_FULL);
	assert_non_null(strstr(failure.text, *state));
	muster_store_close(opened(*state));
}

static void test_a_map_that_the_system_refuses_is_halved(void **state)
{
	struct muster_store_options options = { .path = *state, .map_size_bytes = UINT64_C(1) << 50 };
	struct muster_failure failure;
	struct muster_store *store;

	if (rounds(1, 0) == 0) {
		print_message("skipped: valgrind gives such a size another error than the system does\n");
		skip();
	}
	assert_error(muster_store_open(&store, &options, &failure), MUSTER_OK);
	assert_non_null(strstr(failure.text, "address space"));
	assert_error(add_account(store, "juliet"), MUSTER_OK);
	muster_store_close(store);
}

/* --- several processes --- */

static int in_another_process(const char *path, uint64_t map_size, int count, const char *prefix)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct muster_store_options options = { .path = path, .map_size_bytes = map_size };
		struct muster_store *store;
		char name[64];
		int error = muster_store_open(&store, &options, NULL);

		for (int i = 0; i < count && error == MUSTER_OK; i++) {
			snprintf(name, sizeof(name), "%s%d", prefix, i);
			error = add_account(store, name);
		}
		muster_store_close(store);
		_exit(error);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_another_process_writes_beside(void **state)
{
	struct muster_store *store = opened(*state);
	uint64_t before = muster_store_generation(store);

	assert_error(in_another_process(*state, 0, 10, "other"), MUSTER_OK);
	assert_true(muster_store_generation(store) > before);
	assert_error(look_up(store, "other9"), MUSTER_OK);
	assert_error(add_account(store, "other9"), MUSTER_OK);
	muster_store_close(store);
}

/* The map of the other process is larger, and so is the file when we look again: with a transaction that was used
 * before, too. */
static void test_another_process_outgrows_our_map(void **state)
{
	struct muster_store_options options = { .path = *state, .map_size_bytes = 1 << 20 };
	struct muster_store *store;

	assert_error(muster_store_open(&store, &options, NULL), MUSTER_OK);
	assert_error(look_up(store, "juliet"), MUSTER_NOT_FOUND);
	assert_error(in_another_process(*state, 64 << 20, rounds(6000, 6000), "a-rather-long-name-to-fill-pages"),
	             MUSTER_OK);
	assert_error(look_up(store, "a-rather-long-name-to-fill-pages42"), MUSTER_OK);
	assert_error(add_account(store, "juliet"), MUSTER_OK);
	muster_store_close(store);
}

static void test_a_child_may_not_use_what_its_parent_opened(void **state)
{
	struct muster_store *store = opened(*state);
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct muster_transaction *transaction;
		bool right = muster_transaction_read(store, &transaction) == MUSTER_FORKED &&
		             muster_transaction_write(store, &transaction) == MUSTER_FORKED &&
		             muster_store_copy(store, "/nowhere", NULL, NULL) == MUSTER_FORKED;

		muster_store_close(store);
		leave_child(right);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_error(add_account(store, "juliet"), MUSTER_OK);
	muster_store_close(store);
}

static void test_a_process_killed_in_a_transaction_leaves_nothing(void **state)
{
	struct muster_store *store = opened(*state);
	pid_t child;
	int status;

	muster_store_close(store);
	child = fork();
	if (child == 0) {
		struct muster_account account = { .host = text("localhost"), .name = text("half"), .state = 1 };
		struct muster_transaction *transaction;
		struct muster_store *other;

		if (open_with(&other, *state, false, NULL) != MUSTER_OK ||
		    muster_transaction_write(other, &transaction) != MUSTER_OK)
			_exit(1);
		muster_account_add(transaction, &account);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	store = opened(*state);
	assert_error(look_up(store, "half"), MUSTER_NOT_FOUND);
	assert_error(add_account(store, "half"), MUSTER_OK);
	muster_store_close(store);
}

/* --- copies and measures --- */

static void test_a_copy_can_be_opened(void **state)
{
	struct muster_store *store = opened(*state), *copy;
	char *directory = make_directory();
	struct muster_store_size size, copied;
	struct stat status;

	add_account(store, "juliet");
	assert_error(muster_store_copy(store, directory, &copied, NULL), MUSTER_OK);
	assert_int_equal(copied.accounts, 1);
	assert_true(copied.used_bytes > 0 && copied.used_bytes <= copied.map_bytes);
	assert_int_equal(stat(path_in(directory, "data.mdb"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, copied.map_bytes);
	add_account(store, "romeo");
	copy = opened(directory);
	assert_error(look_up(copy, "juliet"), MUSTER_OK);
	assert_error(look_up(copy, "romeo"), MUSTER_NOT_FOUND);
	assert_true(muster_text_is(muster_store_secret(copy), muster_store_secret(store)));
	assert_error(muster_store_measure(store, &size), MUSTER_OK);
	assert_int_equal(size.accounts, 2);
	assert_int_equal(size.effects, 0);
	assert_true(size.used_bytes > 0 && size.used_bytes < size.map_bytes);
	muster_store_close(copy);
	muster_store_close(store);
	remove_directory(directory);
}

static void assert_no_copy(struct muster_store *store, const char *directory, int wanted)
{
	struct muster_failure failure;

	assert_error(muster_store_copy(store, directory, NULL, &failure), wanted);
	assert_non_null(strstr(failure.text, directory));
}

static void test_where_a_copy_goes(void **state)
{
	struct muster_store *store = opened(*state);
	char *directory = make_directory();
	struct stat status;

	assert_no_copy(store, "/nowhere/at/all", MUSTER_IO);
	assert_no_copy(store, *state, MUSTER_EXISTS);
	assert_no_copy(store, "/dev/null", MUSTER_NOT_A_DIRECTORY);
	/* A new directory is its owner's alone, whatever umask says; the same place does not take another copy. */
	umask(0);
	assert_error(muster_store_copy(store, path_in(directory, "new"), NULL, NULL), MUSTER_OK);
	umask(022);
	assert_int_equal(stat(path_in(directory, "new"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_no_copy(store, path_in(directory, "new"), MUSTER_EXISTS);
	remove_directory(strdup(path_in(directory, "new")));
	muster_store_close(store);
	remove_directory(directory);
}

static void test_a_copy_that_fails_leaves_nothing(void **state)
{
	struct muster_store *store = opened(*state);
	char *directory = make_directory();
	struct rlimit before, little;

	add_account(store, "juliet");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	little = before;
	little.rlim_cur = 8192;
	setrlimit(RLIMIT_FSIZE, &little);
	assert_no_copy(store, path_in(directory, "new"), MUSTER_FULL);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_not_equal(access(path_in(directory, "new"), F_OK), 0);
	assert_error(muster_store_copy(store, path_in(directory, "new"), NULL, NULL), MUSTER_OK);
	remove_directory(strdup(path_in(directory, "new")));
	muster_store_close(store);
	remove_directory(directory);
}

/* --- transactions --- */

static void test_a_nested_transaction_fails_alone(void **state)
{
	struct muster_store *store = opened(*state);
	struct muster_account one = { .host = text("localhost"), .name = text("one"), .state = 1 },
			      two = { .host = text("localhost"), .name = text("two"), .state = 1 };
	struct muster_transaction *outer, *inner;

	assert_error(muster_transaction_write(store, &outer), MUSTER_OK);
	assert_error(muster_transaction_nest(outer, &inner), MUSTER_OK);
	assert_error(muster_account_add(inner, &one), MUSTER_OK);
	muster_transaction_abort(inner);
	assert_error(muster_transaction_nest(outer, &inner), MUSTER_OK);
	assert_error(muster_account_add(inner, &two), MUSTER_OK);
	assert_error(muster_transaction_commit(inner), MUSTER_OK);
	assert_error(muster_transaction_commit(outer), MUSTER_OK);
	assert_error(look_up(store, "one"), MUSTER_NOT_FOUND);
	assert_error(look_up(store, "two"), MUSTER_OK);
	muster_store_close(store);
}

static uint64_t used_bytes(struct muster_store *store)
{
	struct muster_store_size size;

	assert_error(muster_store_measure(store, &size), MUSTER_OK);
	return size.used_bytes;
}

/* Readers see the store as it was when they began, and once they have ended their pages are used again. */
static void test_readers_that_have_ended_keep_nothing(void **state)
{
	struct muster_store *store = opened(*state);
	struct muster_account account = { .host = text("localhost"), .name = text("juliet"), .state = 1 };
	struct muster_transaction *one, *other, *write;
	uint64_t before;

	assert_error(muster_transaction_read(store, &one), MUSTER_OK);
	assert_error(muster_transaction_read(store, &other), MUSTER_OK);
	assert_error(add_account(store, "juliet"), MUSTER_OK);
	assert_error(muster_account_get(one, account.host, account.name, &account), MUSTER_NOT_FOUND);
	muster_transaction_abort(one);
	muster_transaction_abort(other);
	assert_error(look_up(store, "juliet"), MUSTER_OK);
	before = used_bytes(store);
	for (int i = 0; i < 300; i++) {
		account = (struct muster_account){ .host = text("localhost"), .name = text("juliet"), .state = 1 };
		assert_error(muster_transaction_write(store, &write), MUSTER_OK);
		assert_error(muster_account_put(write, &account), MUSTER_OK);
		assert_error(muster_transaction_commit(write), MUSTER_OK);
	}
	assert_in_range(used_bytes(store), before, before + 200000);
	muster_store_close(store);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_directory, close_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files_are_for_the_owner_alone),
		TEST(test_loose_files_are_tightened),
		TEST(test_root_leaves_files_to_the_directorys_owner),
		TEST(test_a_file_is_no_directory),
		TEST(test_the_parent_must_be_there),
		TEST(test_no_permission),
		TEST(test_not_twice_in_a_process),
		TEST(test_one_server_at_a_time),
		TEST(test_a_newer_format_is_refused),
		TEST(test_damage_is_refused),
		TEST(test_a_full_map_loses_nothing),
		TEST(test_a_full_disk_loses_nothing),
		TEST(test_opening_on_a_full_disk),
		TEST(test_a_map_that_the_system_refuses_is_halved),
		TEST(test_another_process_writes_beside),
		TEST(test_another_process_outgrows_our_map),
		TEST(test_a_child_may_not_use_what_its_parent_opened),
		TEST(test_a_process_killed_in_a_transaction_leaves_nothing),
		TEST(test_a_copy_can_be_opened),
		TEST(test_where_a_copy_goes),
		TEST(test_a_copy_that_fails_leaves_nothing),
		TEST(test_a_nested_transaction_fails_alone),
		TEST(test_readers_that_have_ended_keep_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
