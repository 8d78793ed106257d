/* test_device.c -- secrets of devices: they log in like the password, and are gone when they are taken back. */
#include "client.h"
#include "failing.h"

#include "muster/account.h"

#define SECRET "Vq3ZtY0mWc8LrN5xKd7PfB2h"

static int open_with_juliet(void **state)
{
	open_place(state);
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	return 0;
}

static void read_juliet(struct place *place, struct muster_account *account)
{
	struct muster_transaction *transaction;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), account), MUSTER_OK);
	muster_transaction_abort(transaction);
}

static void write_juliet(struct place *place, struct muster_account *account)
{
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_put(transaction, account), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	muster_account_clear(account);
}

/* Give juliet one device, with keys of one hash only or of all that she has. */
static void give_device(struct place *place, const char *secret, enum muster_hash only)
{
	struct muster_device device = { .name = text("Phone"), .created_s = 1 };
	uint8_t digest[64];
	struct muster_account account;

	read_juliet(place, &account);
	muster_digest(MUSTER_SHA_256, text(secret), digest);
	memcpy(device.digest, digest, sizeof(device.digest));
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		if (account.keys[hash].iterations == 0 || (only != MUSTER_HASH_COUNT && only != hash))
			continue;
		device.keys[hash] = account.keys[hash];
		muster_scram_derive(hash, text(secret), &device.keys[hash]);
	}
	account.devices = &device;
	account.device_count = 1;
	write_juliet(place, &account);
}

static void take_devices(struct place *place)
{
	struct muster_account account;

	read_juliet(place, &account);
	account.device_count = 0;
	write_juliet(place, &account);
}

static void use_device(struct place *place, int64_t used_s)
{
	struct muster_account account;

	read_juliet(place, &account);
	account.owned_devices[0].used_s = used_s;
	write_juliet(place, &account);
}

static int64_t used_s(struct place *place)
{
	struct muster_account account;
	int64_t at_s;

	read_juliet(place, &account);
	at_s = account.devices[0].used_s;
	muster_account_clear(&account);
	return at_s;
}

static struct muster_text plain_message(const char *password)
{
	static char message[128];
	int size = snprintf(message, sizeof(message), "%cjuliet%c%s", 0, 0, password);

	return (struct muster_text){ message, (size_t)size };
}

/* What the first step of PLAIN comes to: "work" where something is derived. */
static const char *plain(struct place *place, const char *password)
{
	struct muster_exchange *exchange = begin(place, "PLAIN", NULL);
	const char *found = step(place, exchange, plain_message(password), NULL);

	if (strcmp(found, "success") == 0)
		assert_text(muster_login_device(exchange), "Phone");
	muster_login_free(exchange);
	return found;
}

static const char *by_scram(struct place *place, const char *mechanism, enum muster_hash hash, const char *password)
{
	struct client client = client_of("juliet", password);

	client.hash = hash;
	return scram(place, mechanism, &client, NULL);
}

/* --- logging in --- */

static void test_plain(void **state)
{
	give_device(*state, SECRET, MUSTER_HASH_COUNT);
	assert_string_equal(plain(*state, SECRET), "success"); /* nothing is derived */
	assert_string_equal(plain(*state, SECRET "x"), "work");
	assert_string_equal(plain(*state, "r0m30myr0m30"), "work");
	assert_null(login(*state, "juliet", "r0m30myr0m30"));
	assert_string_equal(login(*state, "juliet", SECRET "x"), "not-authorized");
	assert_string_equal(login(*state, "juliet", "vq3zty0mwc8lrn5xkd7pfb2h"), "not-authorized");
	assert_string_equal(login(*state, "romeo", SECRET), "not-authorized");
}

static void test_scram(void **state)
{
	give_device(*state, SECRET, MUSTER_HASH_COUNT);
	set_option(*state, "muster_guesses", boolean(false));
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "success");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-1", MUSTER_SHA_1, SECRET), "success");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, "r0m30myr0m30"), "success");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET "x"), "not-authorized");
	/* The account has no such set, so that the device cannot have a proof of it either. */
	assert_string_equal(by_scram(*state, "SCRAM-SHA-512", MUSTER_SHA_512, SECRET), "not-authorized");
}

/* Salt and iterations are the account's, whether or not it has devices. */
static void test_the_first_message_tells_nothing_of_devices(void **state)
{
	const struct client client = client_of("juliet", "x");
	char before[256], after[256];

	for (int i = 0; i < 2; i++) {
		struct muster_exchange *exchange = begin(*state, "SCRAM-SHA-256", NULL);
		struct muster_step taken;

		assert_string_equal(step(*state, exchange, first_message(&client), &taken), "challenge");
		snprintf(i == 0 ? before : after, sizeof(before), "%.*s", (int)taken.data.size, taken.data.data);
		muster_login_free(exchange);
		give_device(*state, SECRET, MUSTER_HASH_COUNT);
	}
	assert_string_equal(strstr(before, ",s="), strstr(after, ",s="));
}

static void test_a_device_among_others(void **state)
{
	struct muster_device *devices;
	struct muster_account account;

	give_device(*state, SECRET, MUSTER_HASH_COUNT);
	read_juliet(*state, &account);
	devices = (struct muster_device[]){ account.devices[0], account.devices[0], account.devices[0] };
	devices[0].name = text("TV");
	devices[2].name = text("Watch");
	for (int i = 0; i < 3; i += 2) {
		memset(devices[i].digest, 'x', sizeof(devices[i].digest));
		memset(devices[i].keys[MUSTER_SHA_256].stored_key, 'x', 32);
	}
	account.devices = devices;
	account.device_count = 3;
	write_juliet(*state, &account);
	assert_string_equal(plain(*state, SECRET), "success");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "success");
}

/* --- sets of keys --- */

/* As after the account's keys were made anew: by PLAIN it logs in still, and gets what it lacks. */
static void test_sets_that_a_device_lacks(void **state)
{
	give_device(*state, SECRET, MUSTER_SHA_1);
	set_option(*state, "muster_guesses", boolean(false));
	assert_string_equal(by_scram(*state, "SCRAM-SHA-1", MUSTER_SHA_1, SECRET), "success");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "not-authorized");
	assert_string_equal(plain(*state, SECRET), "work");
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "not-authorized");
	assert_null(login(*state, "juliet", SECRET));
	assert_string_equal(by_scram(*state, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "success");
	assert_string_equal(plain(*state, SECRET), "success");
}

/* Keys that a host makes today are made of the password, never of another secret. */
static void test_keys_of_the_account_are_not_made_of_a_device(void **state)
{
	struct place *place = *state;
	struct muster_exchange *exchange;
	struct muster_account account;

	give_device(place, SECRET, MUSTER_HASH_COUNT);
	set_option(place, "default_iteration_count", number(5000));
	assert_string_equal(plain(place, SECRET), "success");
	exchange = begin(place, "PLAIN", NULL);
	assert_string_equal(step(place, exchange, plain_message(SECRET), NULL), "success");
	assert_false(muster_login_lacks(exchange, MUSTER_SHA_1));
	read_juliet(place, &account);
	assert_int_equal(account.keys[MUSTER_SHA_1].iterations, 4096);
	muster_account_clear(&account);
	/* But of the password, also while the other exchange is still there; and then the device has to follow. */
	assert_null(login(place, "juliet", "r0m30myr0m30"));
	muster_login_free(exchange);
	assert_string_equal(plain(place, SECRET), "work");
	assert_null(login(place, "juliet", SECRET));
	assert_string_equal(by_scram(place, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "success");
}

/* Nor may a client bring such keys that has logged in by a device (XEP-0480). */
static void test_keys_of_the_account_are_not_brought_by_a_device(void **state)
{
	struct place *place = *state;
	const char *const secrets[] = { "r0m30myr0m30", SECRET };

	give_device(place, SECRET, MUSTER_HASH_COUNT);
	set_option(place, "default_iteration_count", number(5000));
	for (int i = 0; i < 2; i++) {
		struct client client = client_of("juliet", secrets[i]);
		struct muster_exchange *exchange = begin(place, "SCRAM-SHA-256", NULL);
		struct muster_step taken;

		assert_string_equal(step(place, exchange, first_message(&client), &taken), "challenge");
		respond(&client, taken.data);
		assert_string_equal(step(place, exchange, text(client.last), &taken), "success");
		assert_int_equal(muster_login_lacks(exchange, MUSTER_SHA_1), i == 0);
		assert_text(muster_login_device(exchange), i == 0 ? NULL : "Phone");
		muster_login_free(exchange);
	}
}

/* What cannot be made now is made another time. */
static void test_sets_that_cannot_be_written(void **state)
{
	struct place *place = *state;
	struct muster_exchange *exchange;
	struct muster_step taken;

	give_device(place, SECRET, MUSTER_SHA_1);
	exchange = begin(place, "PLAIN", NULL);
	assert_string_equal(step(place, exchange, plain_message(SECRET), NULL), "work");
	muster_login_task(exchange)->error = MUSTER_BUSY;
	muster_login_finish(exchange, place->store, &taken);
	assert_int_equal(taken.status, MUSTER_LOGIN_SUCCESS);
	muster_login_free(exchange);
}

/* --- while it is being taken back --- */

static void test_a_device_that_is_gone_meanwhile(void **state)
{
	struct place *place = *state;
	struct client client = client_of("juliet", SECRET);
	struct muster_exchange *exchange = begin(place, "SCRAM-SHA-256", NULL);
	struct muster_step taken;

	set_option(place, "muster_guesses", boolean(false));
	muster_login_free(exchange);
	give_device(place, SECRET, MUSTER_SHA_256);
	exchange = begin(place, "SCRAM-SHA-256", NULL);
	assert_string_equal(step(place, exchange, first_message(&client), &taken), "challenge");
	respond(&client, taken.data);
	take_devices(place);
	assert_string_equal(step(place, exchange, text(client.last), NULL), "not-authorized");
	muster_login_free(exchange);
	/* Nor does it come back with the keys that it has got. */
	give_device(place, SECRET, MUSTER_SHA_256);
	exchange = begin(place, "PLAIN", NULL);
	assert_string_equal(step(place, exchange, plain_message(SECRET), &taken), "work");
	take_devices(place);
	carry_on(place, exchange, &taken);
	assert_string_equal(taken.condition, "not-authorized");
	muster_login_free(exchange);
	assert_string_equal(plain(place, SECRET), "work");
}

/* --- the last use --- */

static void test_when_it_was_last_used(void **state)
{
	struct place *place = *state;
	int64_t first_s;

	give_device(place, SECRET, MUSTER_HASH_COUNT);
	assert_null(login(place, "juliet", "r0m30myr0m30"));
	assert_int_equal(used_s(place), 0);
	assert_null(login(place, "juliet", SECRET));
	first_s = used_s(place);
	assert_true(first_s > 1600000000);
	/* Not noted again within the hour, */
	use_device(place, first_s - 3000);
	assert_null(login(place, "juliet", SECRET));
	assert_int_equal(used_s(place), first_s - 3000);
	/* but after it, and without any other change. */
	use_device(place, first_s - 3700);
	assert_null(login(place, "juliet", SECRET));
	assert_true(used_s(place) >= first_s);
	assert_string_equal(by_scram(place, "SCRAM-SHA-256", MUSTER_SHA_256, SECRET), "success");
}

/* --- without memory --- */

static int try_plain(struct place *place)
{
	static const struct muster_login_facts facts = { .address = { "192.0.2.7", 9 } };
	struct muster_exchange *exchange;
	struct muster_step taken;
	int error = muster_login_begin(place->host, text("PLAIN"), &facts, &exchange);

	if (error != MUSTER_OK)
		return error;
	muster_login_step(exchange, place->store, plain_message(SECRET), &taken);
	carry_on(place, exchange, &taken);
	muster_login_free(exchange);
	if (taken.status == MUSTER_LOGIN_SUCCESS)
		return MUSTER_OK;
	assert_string_equal(taken.condition, "temporary-auth-failure");
	return MUSTER_NO_MEMORY;
}

static void test_without_memory(void **state)
{
	give_device(*state, SECRET, MUSTER_SHA_1);
	fail_at_every_point(*state, try_plain);
	give_device(*state, SECRET, MUSTER_HASH_COUNT);
	fail_at_every_point(*state, try_plain);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_juliet, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_scram),
		TEST(test_the_first_message_tells_nothing_of_devices),
		TEST(test_a_device_among_others),
		TEST(test_sets_that_a_device_lacks),
		TEST(test_keys_of_the_account_are_not_made_of_a_device),
		TEST(test_keys_of_the_account_are_not_brought_by_a_device),
		TEST(test_sets_that_cannot_be_written),
		TEST(test_a_device_that_is_gone_meanwhile),
		TEST(test_when_it_was_last_used),
		TEST(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
