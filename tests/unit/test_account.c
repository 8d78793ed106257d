/* test_account.c -- account records, the rows of effects, and the bytes of both. */
#include "support.h"

#include <stdlib.h>

#include "store/internal.h"
#include "store/key.h"
#include "store/record.h"

static const char long_name[] = "a-name-of-more-bytes-than-a-key-has-room-for-";

static struct muster_transaction *writing(struct place *place)
{
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

static struct muster_account sample(const char *host, const char *name)
{
	return (struct muster_account){ .host = text(host), .name = text(name), .state = MUSTER_ACCOUNT_ENABLED };
}

/* --- accounts --- */

static void test_everything_comes_back(void **state)
{
	static const struct muster_field fields[] = { { { "email", 5 }, { "juliet@capulet.lit", 18 } },
		                                      { { "nick", 4 }, { "", 0 } } };
	struct muster_transaction *transaction = writing(*state);
	struct muster_account account = sample("localhost", "juliet"), back;

	account.state = MUSTER_ACCOUNT_DISABLED;
	account.created_s = 1;
	account.password_changed_s = INT64_MAX;
	account.changed_s = -1;
	account.reason = text("a nurse's wish");
	account.fields = fields;
	account.field_count = 2;
	account.keys[MUSTER_SHA_256] = (struct muster_scram_keys){ .iterations = 4096, .salt_size = 16 };
	memset(account.keys[MUSTER_SHA_256].salt, 's', 16);
	memset(account.keys[MUSTER_SHA_256].stored_key, 'k', 32);
	memset(account.keys[MUSTER_SHA_256].server_key, 'v', 32);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_text(back.host, "localhost");
	assert_text(back.name, "juliet");
	assert_int_equal(back.state, MUSTER_ACCOUNT_DISABLED);
	assert_int_equal(back.created_s, 1);
	assert_true(back.password_changed_s == INT64_MAX);
	assert_int_equal(back.changed_s, -1);
	assert_text(back.reason, "a nurse's wish");
	assert_int_equal(back.field_count, 2);
	assert_text(back.fields[0].value, "juliet@capulet.lit");
	assert_text(back.fields[1].value, "");
	assert_int_equal(back.keys[MUSTER_SHA_1].iterations, 0);
	assert_memory_equal(&back.keys[MUSTER_SHA_256], &account.keys[MUSTER_SHA_256], sizeof(back.keys[0]));
	muster_account_clear(&back);
}

static void test_a_taken_name_is_left_as_it_is(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	struct muster_account account = sample("localhost", "juliet"), back;

	account.created_s = 1;
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	account.created_s = 2;
	assert_error(muster_account_add(transaction, &account), MUSTER_EXISTS);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_OK);
	assert_int_equal(back.created_s, 1);
	muster_account_clear(&back);
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	assert_error(muster_account_remove(transaction, text("localhost"), text("juliet")), MUSTER_OK);
	assert_error(muster_account_remove(transaction, text("localhost"), text("juliet")), MUSTER_NOT_FOUND);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_NOT_FOUND);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

static void test_hosts_do_not_mix(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	struct muster_account account = sample("localhost", "juliet"), back;

	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhos"), text("tjuliet"), &back), MUSTER_NOT_FOUND);
	assert_error(muster_account_get(transaction, text("elsewhere"), text("juliet"), &back), MUSTER_NOT_FOUND);
	muster_transaction_abort(transaction);
}

/* A name may have 1023 bytes, a key in LMDB 511. */
static void test_names_longer_than_a_key(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	char one[1024], other[1024];
	struct muster_account account, back;

	memset(one, 'x', 1023);
	one[1023] = '\0';
	memcpy(one, long_name, sizeof(long_name) - 1);
	memcpy(other, one, sizeof(one));
	other[1022] = 'y';
	account = sample("localhost", one);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(other), &back), MUSTER_NOT_FOUND);
	account = sample("localhost", other);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(one), &back), MUSTER_OK);
	assert_text(back.name, one);
	muster_account_clear(&back);
	muster_transaction_abort(transaction);
}

struct seen {
	int count;
	bool names[64];
	int most;
};

static bool see(void *context, struct muster_text name, enum muster_account_state state)
{
	struct seen *seen = context;
	size_t index = strtoul(name.data + strlen("name"), NULL, 10);

	assert_int_equal(state, MUSTER_ACCOUNT_ENABLED);
	assert_false(seen->names[index]);
	seen->names[index] = true;
	return ++seen->count != seen->most;
}

static void add_many(struct muster_transaction *transaction, const char *host)
{
	char name[16];

	for (int i = 0; i < 40; i++) {
		struct muster_account account;

		snprintf(name, sizeof(name), "name%d", i);
		account = sample(host, name);
		assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	}
}

static void test_a_walk_sees_each_account_of_a_host_once(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	struct muster_buffer position = { 0 };
	struct seen seen = { 0 };
	int calls = 0;

	add_many(transaction, "localhos");
	add_many(transaction, "localhost");
	add_many(transaction, "localhosts");
	do
		assert_error(muster_account_walk(transaction, text("localhost"), &position, 7, see, &seen), MUSTER_OK);
	while (position.size > 0 && ++calls < 100);
	assert_int_equal(seen.count, 40);
	assert_in_range(calls, 5, 7);
	muster_transaction_abort(transaction);
}

static void test_a_walk_goes_on_where_it_was_stopped(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	struct muster_buffer position = { 0 };
	struct seen seen = { .most = 3 };

	add_many(transaction, "localhost");
	assert_error(muster_account_walk(transaction, text("localhost"), &position, 100, see, &seen), MUSTER_OK);
	assert_int_equal(seen.count, 3);
	/* The account at which it stopped goes; the others are still seen, each once. */
	for (int i = 0; i < 40; i++)
		if (seen.names[i]) {
			char name[16];

			snprintf(name, sizeof(name), "name%d", i);
			assert_error(muster_account_remove(transaction, text("localhost"), text(name)), MUSTER_OK);
		}
	assert_error(muster_account_walk(transaction, text("localhost"), &position, 100, see, &seen), MUSTER_OK);
	assert_int_equal(seen.count, 40);
	assert_int_equal(position.size, 0);
	muster_transaction_abort(transaction);
}

/* --- what proves who asks, and when a removed account goes --- */

static struct muster_secret secret_of(const char *name, int byte)
{
	struct muster_secret secret = { .name = text(name), .keys = { .iterations = 4096, .salt_size = 16 } };

	memset(secret.keys.salt, byte, 16);
	memset(secret.keys.stored_key, byte + 1, 32);
	memset(secret.keys.server_key, byte + 2, 32);
	return secret;
}

static void assert_secret(const struct muster_account *account, const char *name, int byte)
{
	struct muster_secret wanted = secret_of(name, byte);
	const struct muster_scram_keys *keys = muster_account_secret(account, text(name));

	assert_non_null(keys);
	assert_memory_equal(keys, &wanted.keys, sizeof(*keys));
}

static void test_secrets_come_back(void **state)
{
	const struct muster_secret secrets[] = { secret_of("x-pet", 'a'), secret_of("x-school", 'b') };
	struct muster_transaction *transaction = writing(*state);
	struct muster_account account = sample("localhost", "juliet"), back, again;

	account.secrets = secrets;
	account.secret_count = 2;
	account.keys[MUSTER_SHA_1] = (struct muster_scram_keys){ .iterations = 5000, .salt_size = 16 };
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_OK);
	assert_int_equal(back.secret_count, 2);
	/* What was read can be written again, as every change does. */
	assert_error(muster_account_put(transaction, &back), MUSTER_OK);
	muster_account_clear(&back);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &again), MUSTER_OK);
	assert_int_equal(again.secret_count, 2);
	assert_secret(&again, "x-pet", 'a');
	assert_secret(&again, "x-school", 'b');
	assert_null(muster_account_secret(&again, text("x-pe")));
	assert_null(muster_account_secret(&again, text("x-pets")));
	/* They are no passwords. */
	assert_int_equal(again.keys[MUSTER_SHA_256].iterations, 0);
	assert_int_equal(again.keys[MUSTER_SHA_1].iterations, 5000);
	muster_account_clear(&again);
	muster_transaction_abort(transaction);
}

static void test_the_time_of_purging_comes_back(void **state)
{
	struct muster_transaction *transaction = writing(*state);
	struct muster_account account = sample("localhost", "juliet"), back;

	account.state = MUSTER_ACCOUNT_DELETED;
	account.purge_s = INT64_MAX;
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_OK);
	assert_int_equal(back.state, MUSTER_ACCOUNT_DELETED);
	assert_true(back.purge_s == INT64_MAX);
	assert_int_equal(back.secret_count, 0);
	muster_account_clear(&back);
	account.state = MUSTER_ACCOUNT_ENABLED;
	account.purge_s = 0;
	assert_error(muster_account_put(transaction, &account), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &back), MUSTER_OK);
	assert_int_equal(back.purge_s, 0);
	muster_account_clear(&back);
	muster_transaction_abort(transaction);
}

/* An account with a secret of these bytes, read back. */
static int read_with_secret(struct muster_transaction *transaction, struct muster_text secret)
{
	struct muster_buffer record = { 0 };
	struct muster_account back;
	struct muster_key key;
	MDB_val value;
	int error;

	muster_record_begin(&record, 1);
	muster_record_add_text(&record, 1, text("localhost"));
	muster_record_add_text(&record, 2, text("juliet"));
	muster_record_add_number(&record, 3, MUSTER_ACCOUNT_ENABLED);
	muster_record_add_text(&record, 11, secret);
	value = (MDB_val){ record.size, record.data };
	muster_key_of(&key, text("localhost"), text("juliet"));
	assert_int_equal(mdb_put(transaction->txn, transaction->store->accounts, &key.value, &value, 0), 0);
	muster_buffer_clear(&record);
	error = muster_account_get(transaction, text("localhost"), text("juliet"), &back);
	if (error == MUSTER_OK)
		muster_account_clear(&back);
	return error;
}

static struct muster_buffer keys_record(const char *hash, size_t size)
{
	static const char bytes[64];
	struct muster_buffer record = { 0 };

	muster_record_begin(&record, 1);
	muster_record_add_text(&record, 1, text(hash));
	muster_record_add_number(&record, 2, 4096);
	muster_record_add_text(&record, 3, (struct muster_text){ bytes, 16 });
	muster_record_add_text(&record, 4, (struct muster_text){ bytes, size });
	muster_record_add_text(&record, 5, (struct muster_text){ bytes, size });
	return record;
}

/* A secret that is left out because it cannot be read would be one that nobody has to know. */
static void test_secrets_that_cannot_be_read(void **state)
{
	static const struct {
		const char *hash;
		size_t size;
		int error;
	} rows[] = { { "SHA-256", 32, MUSTER_OK },      { "SHA-1", 20, MUSTER_CORRUPT },
		     { "SHA-512", 64, MUSTER_CORRUPT }, { "SHA-256", 31, MUSTER_CORRUPT },
		     { "SHA-256", 33, MUSTER_CORRUPT }, { "", 32, MUSTER_CORRUPT } };
	struct muster_transaction *transaction = writing(*state);
	struct muster_buffer secret = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct muster_buffer keys = keys_record(rows[i].hash, rows[i].size);

		muster_record_begin(&secret, 1);
		muster_record_add_text(&secret, 1, text("x-pet"));
		muster_record_add_text(&secret, 2, muster_buffer_text(&keys));
		assert_error(read_with_secret(transaction, muster_buffer_text(&secret)), rows[i].error);
		muster_buffer_clear(&keys);
	}
	muster_record_begin(&secret, 1);
	muster_record_add_text(&secret, 1, text("x-pet"));
	assert_error(read_with_secret(transaction, muster_buffer_text(&secret)), MUSTER_CORRUPT);
	secret.data[0] = 2;
	assert_error(read_with_secret(transaction, muster_buffer_text(&secret)), MUSTER_NEWER);
	assert_error(read_with_secret(transaction, text("")), MUSTER_CORRUPT);
	muster_buffer_clear(&secret);
	muster_transaction_abort(transaction);
}

/* --- effects --- */

struct rows {
	uint64_t ids[16];
	enum muster_effect_kind kinds[16];
	int count, most;
};

static bool note(void *context, const struct muster_effect *effect)
{
	struct rows *rows = context;

	if (rows->count == rows->most)
		return false;
	assert_text(effect->host, "localhost");
	assert_text(effect->username, "juliet");
	assert_text(effect->door, "console");
	assert_int_equal(effect->at_s, 42);
	rows->ids[rows->count] = effect->id;
	rows->kinds[rows->count++] = effect->kind;
	return true;
}

static uint64_t add_effect(struct place *place, enum muster_effect_kind kind)
{
	struct muster_effect effect = {
		.kind = kind, .at_s = 42, .host = text("localhost"), .username = text("juliet"), .door = text("console")
	};
	struct muster_transaction *transaction = writing(place);

	assert_error(muster_effect_add(transaction, &effect), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	return effect.id;
}

static struct rows walk(struct place *place, uint64_t *position, int most)
{
	struct muster_transaction *transaction;
	struct rows rows = { .most = most };

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_effect_walk(transaction, position, note, &rows), MUSTER_OK);
	muster_transaction_abort(transaction);
	return rows;
}

static void test_effects_are_seen_by_the_next_opening_in_order(void **state)
{
	struct place *place = *state;
	uint64_t first = add_effect(place, MUSTER_EFFECT_REGISTERED), second = add_effect(place, MUSTER_EFFECT_DELETED);
	uint64_t position = 0;
	struct muster_transaction *transaction;
	struct rows rows = walk(place, &position, 16);

	assert_true(first < second);
	assert_int_equal(rows.count, 0); /* our own: they are carried out as they are made */
	reopen_store(place);
	position = 0;
	rows = walk(place, &position, 1);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.ids[0], first);
	assert_int_equal(rows.kinds[0], MUSTER_EFFECT_REGISTERED);
	rows = walk(place, &position, 16);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.ids[0], second);
	assert_int_equal(walk(place, &position, 16).count, 0);
	transaction = writing(place);
	assert_error(muster_effect_remove(transaction, first), MUSTER_OK);
	assert_error(muster_effect_remove(transaction, first), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	position = 0;
	assert_int_equal(walk(place, &position, 16).count, 1);
}

static void test_numbers_of_effects_never_come_twice(void **state)
{
	struct place *place = *state;
	uint64_t id = add_effect(place, MUSTER_EFFECT_ENABLED);
	struct muster_transaction *transaction = writing(place);

	muster_effect_remove(transaction, id);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(place);
	assert_true(add_effect(place, MUSTER_EFFECT_ENABLED) > id);
}

static void test_effects_say_how_streams_are_closed(void **state)
{
	struct muster_text condition, words;

	(void)state;
	muster_effect_closing(MUSTER_EFFECT_DELETED, &condition, &words);
	assert_text(condition, "not-authorized");
	muster_effect_closing(MUSTER_EFFECT_PASSWORD_CHANGED, &condition, &words);
	assert_text(condition, "reset");
	muster_effect_closing(MUSTER_EFFECT_DEVICE_REVOKED, &condition, &words);
	assert_text(condition, "not-authorized");
	muster_effect_closing(MUSTER_EFFECT_REGISTERED, &condition, &words);
	assert_text(condition, NULL);
	assert_string_equal(muster_effect_name(MUSTER_EFFECT_PASSWORD_CHANGED), "password-changed");
	assert_string_equal(muster_effect_name(99), "unknown");
}

/* --- bytes --- */

static void test_records_of_a_newer_version_and_damaged_ones(void **state)
{
	struct muster_record record;
	struct muster_buffer bytes = { 0 };

	(void)state;
	muster_record_begin(&bytes, 1);
	muster_record_add_number(&bytes, 7, 42);
	muster_record_add_text(&bytes, 8, text("abc"));
	assert_error(muster_record_open(&record, bytes.data, bytes.size, 1), MUSTER_OK);
	assert_error(muster_record_next(&record), MUSTER_OK);
	assert_int_equal(record.tag, 7);
	assert_int_equal(muster_record_number(&record), 42);
	assert_error(muster_record_next(&record), MUSTER_OK);
	assert_int_equal(record.tag, 8);
	assert_text(record.value, "abc");
	assert_int_equal(muster_record_number(&record), 0);
	assert_error(muster_record_next(&record), MUSTER_NOT_FOUND);
	/* Cut anywhere but between fields, it is damaged. */
	for (size_t size = 2; size < bytes.size; size++) {
		int error;

		assert_error(muster_record_open(&record, bytes.data, size, 1), MUSTER_OK);
		while ((error = muster_record_next(&record)) == MUSTER_OK)
			;
		assert_error(error, size == 1 + 5 + 8 ? MUSTER_NOT_FOUND : MUSTER_CORRUPT);
	}
	assert_error(muster_record_open(&record, "", 0, 1), MUSTER_CORRUPT);
	assert_error(muster_record_open(&record, "\0x", 2, 1), MUSTER_CORRUPT);
	bytes.data[0] = 2;
	assert_error(muster_record_open(&record, bytes.data, bytes.size, 1), MUSTER_NEWER);
	muster_buffer_clear(&bytes);
}

static void test_keys_keep_hosts_apart(void **state)
{
	struct muster_key key, host;
	char name[2048];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (size_t size = 1; size < sizeof(name); size++) {
		muster_key_of(&key, text("localhost"), (struct muster_text){ name, size });
		assert_true(key.value.mv_size <= MUSTER_KEY_MAX);
		assert_true(muster_key_is_of_host(&key.value, text("localhost")));
		assert_false(muster_key_is_of_host(&key.value, text("localhos")));
		assert_false(muster_key_is_of_host(&key.value, text("localhostx")));
	}
	muster_key_of_host(&host, text("localhost"));
	assert_memory_equal(host.bytes, key.bytes, host.value.mv_size);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everything_comes_back),
		TEST(test_secrets_come_back),
		TEST(test_the_time_of_purging_comes_back),
		TEST(test_secrets_that_cannot_be_read),
		TEST(test_a_taken_name_is_left_as_it_is),
		TEST(test_hosts_do_not_mix),
		TEST(test_names_longer_than_a_key),
		TEST(test_a_walk_sees_each_account_of_a_host_once),
		TEST(test_a_walk_goes_on_where_it_was_stopped),
		TEST(test_effects_are_seen_by_the_next_opening_in_order),
		TEST(test_numbers_of_effects_never_come_twice),
		cmocka_unit_test(test_effects_say_how_streams_are_closed),
		cmocka_unit_test(test_records_of_a_newer_version_and_damaged_ones),
		cmocka_unit_test(test_keys_keep_hosts_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
