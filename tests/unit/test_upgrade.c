/* test_upgrade.c -- keys that a client brings because its account lacks them (XEP-0480). */
#include "support.h"

#include "credential/base64.h"
#include "credential/derivation.h"
#include "muster/account.h"

static int open_with_juliet(void **state)
{
	open_place(state);
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	set_option(*state, "muster_scram", TABLE(ELEMENT(string("SHA-1")), ELEMENT(string("SHA-512"))));
	return 0;
}

static struct muster_exchange *begin(struct place *place, const char *message, size_t size)
{
	static const struct muster_login_facts none;
	struct muster_exchange *exchange;
	struct muster_step step;

	assert_error(muster_login_begin(place->host, text("PLAIN"), &none, &exchange), MUSTER_OK);
	muster_login_step(exchange, place->store, (struct muster_text){ message, size }, &step);
	assert_true(step.status == MUSTER_LOGIN_WORK || step.status == MUSTER_LOGIN_WAIT);
	return exchange;
}

#define RIGHT "\0juliet\0r0m30myr0m30", 20

/* Logged in while another exchange is about to make the keys: as by SCRAM they are still lacking. */
static struct muster_exchange *logged_in(struct place *place)
{
	struct muster_exchange *other = begin(place, RIGHT), *exchange = begin(place, RIGHT);
	struct muster_step step = { .status = MUSTER_LOGIN_WAIT };

	carry_on(place, exchange, &step);
	assert_int_equal(step.status, MUSTER_LOGIN_SUCCESS);
	muster_login_free(other);
	return exchange;
}

static void read_keys(struct place *place, enum muster_hash hash, struct muster_scram_keys *keys)
{
	struct muster_transaction *transaction;
	struct muster_account account;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &account), MUSTER_OK);
	*keys = account.keys[hash];
	muster_account_clear(&account);
	muster_transaction_abort(transaction);
}

/* SaltedPassword as the client derives it. */
static struct muster_text salted(const char *password, struct muster_text salt, uint32_t iterations,
                                 struct muster_buffer *encoded)
{
	uint8_t bytes[64], derived[64];

	assert_true(muster_base64_read(salt, bytes, MUSTER_SALT_SIZE));
	muster_derive(MUSTER_SHA_512, text(password), (struct muster_text){ (const char *)bytes, MUSTER_SALT_SIZE },
	              iterations, derived);
	muster_buffer_clear(encoded);
	muster_base64_add(encoded, (struct muster_text){ (const char *)derived, 64 });
	return muster_buffer_text(encoded);
}

static enum muster_login_status write_keys(struct place *place, struct muster_exchange *exchange)
{
	struct muster_step step;

	muster_task_run(muster_login_task(exchange), place->store);
	muster_login_finish(exchange, place->store, &step);
	return step.status;
}

/* R-480-01: what is stored are keys of the same password; those that there were stay. */
static void test_keys_that_are_brought(void **state)
{
	struct muster_exchange *exchange = logged_in(*state);
	struct muster_buffer encoded = { 0 };
	struct muster_scram_keys keys, derived, before, after;
	struct muster_text salt;
	uint32_t iterations;

	read_keys(*state, MUSTER_SHA_256, &before);
	assert_true(muster_login_lacks(exchange, MUSTER_SHA_512));
	assert_false(muster_login_lacks(exchange, MUSTER_SHA_1));
	assert_false(muster_login_lacks(exchange, MUSTER_SHA_256)); /* is not made here */
	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_256, &salt, &iterations), MUSTER_NOT_FOUND);
	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_OK);
	assert_int_equal(iterations, 4096);
	assert_error(muster_login_bring_keys(exchange, salted("r0m30myr0m30", salt, iterations, &encoded)), MUSTER_OK);
	assert_int_equal(write_keys(*state, exchange), MUSTER_LOGIN_SUCCESS);
	assert_false(muster_login_lacks(exchange, MUSTER_SHA_512));
	read_keys(*state, MUSTER_SHA_512, &keys);
	derived = keys;
	muster_scram_derive(MUSTER_SHA_512, text("r0m30myr0m30"), &derived);
	assert_memory_equal(&derived, &keys, sizeof(keys));
	read_keys(*state, MUSTER_SHA_256, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	muster_buffer_clear(&encoded);
	muster_login_free(exchange);
}

/* R-480-01 */
static void test_keys_that_cannot_be_read(void **state)
{
	static const char *const bad[] = { "", "!", "AAAA", "AAA" };
	struct muster_exchange *exchange = logged_in(*state);
	struct muster_scram_keys keys;
	struct muster_text salt;
	uint32_t iterations;

	assert_error(muster_login_bring_keys(exchange, text("AAAA")), MUSTER_MALFORMED); /* not asked for */
	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error(muster_login_bring_keys(exchange, text(bad[i])), MUSTER_MALFORMED);
	muster_login_free(exchange);
	read_keys(*state, MUSTER_SHA_512, &keys);
	assert_int_equal(keys.iterations, 0);
}

static void test_nobody_brings_keys_who_is_not_logged_in(void **state)
{
	struct muster_exchange *other = begin(*state, RIGHT), *exchange = begin(*state, "\0juliet\0wrong", 13);
	struct muster_step step = { .status = MUSTER_LOGIN_WAIT };
	struct muster_text salt;
	uint32_t iterations;

	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_NOT_FOUND);
	carry_on(*state, exchange, &step);
	assert_string_equal(step.condition, "not-authorized");
	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_NOT_FOUND);
	muster_login_free(exchange);
	muster_login_free(other);
}

/* They would be of the old password. */
static void test_a_password_that_is_changed_meanwhile(void **state)
{
	struct muster_exchange *exchange = logged_in(*state);
	struct muster_buffer encoded = { 0 };
	struct muster_scram_keys before, after;
	struct muster_text salt;
	uint32_t iterations;

	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_OK);
	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "another"), MUSTER_OK);
	read_keys(*state, MUSTER_SHA_512, &before);
	assert_error(muster_login_bring_keys(exchange, salted("r0m30myr0m30", salt, iterations, &encoded)), MUSTER_OK);
	write_keys(*state, exchange);
	read_keys(*state, MUSTER_SHA_512, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	muster_buffer_clear(&encoded);
	muster_login_free(exchange);
}

static void test_keys_that_cannot_be_written(void **state)
{
	struct muster_exchange *exchange = logged_in(*state);
	struct muster_buffer encoded = { 0 };
	struct muster_step step;
	struct muster_text salt;
	uint32_t iterations;
	struct place *place = *state;

	assert_error(muster_login_ask_keys(exchange, MUSTER_SHA_512, &salt, &iterations), MUSTER_OK);
	assert_error(muster_login_bring_keys(exchange, salted("r0m30myr0m30", salt, iterations, &encoded)), MUSTER_OK);
	muster_login_task(exchange)->error = MUSTER_FULL;
	muster_login_finish(exchange, place->store, &step);
	assert_string_equal(step.condition, "temporary-auth-failure");
	muster_buffer_clear(&encoded);
	muster_login_free(exchange);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_juliet, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys_that_are_brought),
		TEST(test_keys_that_cannot_be_read),
		TEST(test_nobody_brings_keys_who_is_not_logged_in),
		TEST(test_a_password_that_is_changed_meanwhile),
		TEST(test_keys_that_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
