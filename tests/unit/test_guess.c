/* test_guess.c -- guessing is slow: who must wait how long, and who not. */
#include "support.h"

#include "base/clock.h"
#include "muster/audit.h"
#include "muster/guess.h"
#include "store/internal.h"

enum { NOW = 1000000000, MINUTE = 60, DAY = 86400 };

static struct muster_exchange *held[64];
static size_t held_count;

static int open_with_juliet(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	assert_error(order(*state, MUSTER_REGISTER, "romeo", "juli3tjuli3t"), MUSTER_OK);
	return 0;
}

static int close_all(void **state)
{
	while (held_count > 0)
		muster_login_free(held[--held_count]);
	muster_clock_pretend(0);
	return close_place(state);
}

static struct muster_exchange *begin(struct place *place, const char *name, const char *password, const char *address,
                                     struct muster_step *step)
{
	struct muster_login_facts facts = { .address = text(address) };
	struct muster_exchange *exchange;
	char message[128];
	int size = snprintf(message, sizeof(message), "%c%s%c%s", 0, name, 0, password);

	assert_error(muster_login_begin(place->host, text("PLAIN"), &facts, &exchange), MUSTER_OK);
	muster_login_step(exchange, place->store, (struct muster_text){ message, (size_t)size }, step);
	return exchange;
}

/* Try a password: the seconds that it takes until it is looked at, -1 if it is not. What must be waited for goes by. */
static int64_t try(struct place *place, const char *name, const char *password, const char *address)
{
	struct muster_step step;
	struct muster_exchange *exchange = begin(place, name, password, address, &step);
	int64_t wait_s = step.status == MUSTER_LOGIN_WAIT ? step.wait_us / 1000000 : 0;

	if (step.status == MUSTER_LOGIN_FAILURE) {
		assert_string_equal(step.condition, "temporary-auth-failure");
		wait_s = -1;
	}
	muster_clock_pretend(muster_wall_clock_s() + (wait_s > 0 ? wait_s : 0));
	carry_on(place, exchange, &step);
	if (wait_s >= 0 && strcmp(password, "wrong") == 0)
		assert_string_equal(step.condition, "not-authorized");
	else if (wait_s >= 0)
		assert_int_equal(step.status, MUSTER_LOGIN_SUCCESS);
	muster_login_free(exchange);
	return wait_s;
}

/* One that is begun and not ended before the test is over: the seconds that it has to wait, -1 if it is refused. */
static int64_t hold(struct place *place, const char *name, const char *address)
{
	struct muster_step step;

	held[held_count++] = begin(place, name, "wrong", address, &step);
	return step.status == MUSTER_LOGIN_FAILURE ? -1 : step.wait_us / 1000000;
}

static void pass(int64_t seconds)
{
	muster_clock_pretend(muster_wall_clock_s() + seconds);
}

#define JULIET "r0m30myr0m30"

/* A second, two, four, and a minute at most, whether or not there is such an account. */
static void test_each_wrong_proof_makes_the_next_wait_longer(void **state)
{
	static const char *const names[] = { "juliet", "nobody" };
	static const int64_t waits[] = { 0, 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	char address[32];

	for (size_t name = 0; name < 2; name++)
		for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
			snprintf(address, sizeof(address), "192.0.2.%zu", i); /* from everywhere */
			assert_int_equal(try(*state, names[name], "wrong", address), waits[i]);
		}
	assert_int_equal(try(*state, "romeo", "wrong", "192.0.2.1"), 0);
}

static void test_wrong_proofs_are_remembered_by_the_store(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 3; i++)
		try(place, "juliet", "wrong", "192.0.2.1");
	reopen_store(place);
	assert_error(
		muster_host_set(place->host, "muster_guesses", &(struct muster_value){ .kind = MUSTER_TABLE }, NULL),
		MUSTER_OK);
	muster_host_release(place->host);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_int_equal(try(place, "juliet", "wrong", "192.0.2.2"), 4);
}

static void test_wrong_proofs_are_forgotten_one_by_one(void **state)
{
	for (int i = 0; i < 4; i++)
		try(*state, "juliet", "wrong", "192.0.2.1");
	pass(2 * 5 * MINUTE);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 0);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 4); /* the third that is not forgotten */
	pass(60 * MINUTE);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 0);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 1);
}

/* From where she logs in an owner does not wait for what others guess. */
static void test_an_owner_is_not_kept_out(void **state)
{
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 0);
	assert_int_equal(try(*state, "juliet", JULIET, "2001:db8::1"), 0);
	for (int i = 0; i < 12; i++)
		try(*state, "juliet", "wrong", "198.51.100.1");
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 0);
	assert_int_equal(try(*state, "juliet", JULIET, "2001:db8::2"), 0); /* the same /64 */
	assert_int_equal(try(*state, "juliet", JULIET, "2001:db8:1::1"), 60);
	/* What is guessed from there does count, there. */
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 0);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 1);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 2);
	assert_int_equal(try(*state, "juliet", JULIET, "2001:db8::2"), 0);
	/* Who mistypes, and then knows it, is where they were. */
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 4);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 0);
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 1);
	reopen_store(*state);
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 0);
}

/* Whoever has tried a name before it was somebody's. */
static void test_the_first_login_of_a_new_account(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 12; i++)
		try(place, "tybalt", "wrong", "198.51.100.1");
	assert_string_equal(carry_out(place, (struct muster_order){ .kind = MUSTER_REGISTER,
	                                                            .username = text("tybalt"),
	                                                            .password = text(JULIET),
	                                                            .self_service = true,
	                                                            .address = text("192.0.2.5") }),
	                    "ok registered tybalt by in-band");
	assert_int_equal(try(place, "tybalt", JULIET, "192.0.2.5"), 0);
	assert_int_equal(try(place, "tybalt", JULIET, "192.0.2.6"), 60);
}

/* So long as it is lately; and not an earlier owner's. */
static void test_who_is_known(void **state)
{
	try(*state, "juliet", JULIET, "192.0.2.77");
	for (int i = 0; i < 29; i++) {
		pass(DAY);
		try(*state, "juliet", JULIET, "192.0.2.77");
	}
	pass(29 * DAY);
	for (int i = 0; i < 12; i++)
		try(*state, "juliet", "wrong", "198.51.100.1");
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 0);
	pass(DAY);
	for (int i = 0; i < 12; i++)
		try(*state, "juliet", "wrong", "198.51.100.1");
	pass(DAY - 60 * MINUTE);
	for (int i = 0; i < 12; i++)
		try(*state, "juliet", "wrong", "198.51.100.1");
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.77"), 60);
	pass(DAY);
	try(*state, "juliet", JULIET, "192.0.2.77");
	assert_error(order(*state, MUSTER_UNREGISTER, "juliet", NULL), MUSTER_OK);
	set_option(*state, "user_tombstone_expiry", number(0));
	pass(1);
	assert_error(order(*state, MUSTER_REGISTER, "juliet", JULIET), MUSTER_OK);
	for (int i = 0; i < 12; i++)
		try(*state, "juliet", "wrong", "198.51.100.1");
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.77"), 60);
}

/* Ten from one network are forgiven, for there may be many behind it; then it waits, whatever it tries. */
static void test_a_network_waits_for_what_it_guessed(void **state)
{
	char name[16];

	for (int i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "nobody%d", i);
		assert_int_equal(try(*state, name, "wrong", "192.0.2.1"), 0);
	}
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.1"), 1);
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.1"), 0); /* known by now */
	assert_int_equal(try(*state, "romeo", "wrong", "192.0.2.1"), 0);
	assert_int_equal(try(*state, "romeo", "wrong", "192.0.2.1"), 2);
	assert_int_equal(try(*state, "nobody99", "wrong", "192.0.2.2"), 0);
}

/* What comes all at once is looked at one after the other, and what would have to wait for too long not at all. */
static void test_proofs_that_come_all_at_once(void **state)
{
	static const int64_t waits[] = { 0, 1, 3, 7, 15, 31, -1, -1 };
	char address[32];

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		snprintf(address, sizeof(address), "192.0.2.%zu", i);
		assert_int_equal(hold(*state, "juliet", address), waits[i]);
	}
	while (held_count > 0) /* gone without an answer */
		muster_login_free(held[--held_count]);
	assert_int_equal(try(*state, "juliet", JULIET, "192.0.2.99"), 0);
	for (int i = 0; i < 50; i++) /* as when everybody comes back to a server that was started */
		assert_int_equal(hold(*state, "juliet", "192.0.2.99"), 0);
}

static void test_names_that_cannot_be(void **state)
{
	for (int i = 0; i < 11; i++)
		assert_int_equal(try(*state, "a b", "wrong", "192.0.2.1"), 0);
	assert_int_equal(try(*state, "a b", "wrong", "192.0.2.1"), 1);
	assert_int_equal(try(*state, "a b", "wrong", NULL), 0);
}

/* An entry for a burst, not for each; of names that nobody has only the network is told of. */
static void test_what_the_audit_says(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_guesses", TABLE(ITEM("network", number(1000))));
	for (int i = 0; i < 9; i++)
		try(place, "juliet", "wrong", "192.0.2.1");
	assert_string_equal(audit(place), "login 192.0.2.1 wrong-password rule=guesses door=in-band address=192.0.2.1\n"
	                                  "login juliet wrong-password rule=guesses door=in-band address=192.0.2.1\n"
	                                  "register romeo ok door=in-band\nregister juliet ok door=in-band\n");
}

static void test_guesses_can_be_as_quick_as_they_like(void **state)
{
	set_option(*state, "muster_guesses", boolean(false));
	for (int i = 0; i < 20; i++)
		assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.1"), 0);
}

static const char *reset(struct place *place, const char *subject)
{
	return carry_out(place, (struct muster_order){ .kind = MUSTER_RESET_GUESSES, .username = text(subject) });
}

/* "account juliet 3 wait 4", a line a row. */
static bool describe(void *context, const struct muster_guess *guess, const struct muster_guess_state *state)
{
	char *described = context;

	snprintf(described + strlen(described), 512 - strlen(described), "%s %.*s %u\n",
	         muster_guess_kind_name(guess->kind), (int)guess->subject.size, guess->subject.data,
	         (unsigned)state->level / MUSTER_GUESS_ONE);
	return true;
}

static const char *guesses(struct place *place)
{
	static char described[512];
	struct muster_transaction *transaction;
	struct muster_buffer position = { 0 };

	described[0] = 0;
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_guess_walk(transaction, text("localhost"), muster_wall_clock_s(), &position, 99, describe,
	                               described),
	             MUSTER_OK);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&position);
	return described;
}

static void test_an_operator_forgets_guesses(void **state)
{
	struct place *place = *state;

	try(place, "juliet", JULIET, "192.0.2.7");
	for (int i = 0; i < 3; i++) {
		try(place, "juliet", "wrong", "192.0.2.7");
		try(place, "juliet", "wrong", "2001:db8::1");
		try(place, "romeo", "wrong", "192.0.2.9");
		pass(0);
	}
	assert_string_equal(guesses(place), "account juliet 2\naccount romeo 2\nknown juliet 2\n"
	                                    "network 192.0.2.9 2\nnetwork 2001:db8::/64 2\n");
	assert_string_equal(reset(place, "Juliet"), "ok");
	assert_string_equal(guesses(place), "account romeo 2\nnetwork 192.0.2.9 2\nnetwork 2001:db8::/64 2\n");
	assert_int_equal(try(place, "juliet", "wrong", "198.51.100.1"), 0);
	assert_int_equal(try(place, "juliet", JULIET, "192.0.2.7"), 0); /* known as before */
	assert_string_equal(reset(place, "192.0.2.0/24"), "ok");
	assert_null(strstr(guesses(place), "network 192.0.2.9"));
	assert_string_equal(reset(place, "*"), "ok");
	assert_string_equal(guesses(place), "");
	assert_string_equal(reset(place, "a b"), "bad-name");
	assert_non_null(strstr(audit(place), "reset-guesses juliet ok"));
}

/* A row that cannot be read keeps nobody out. */
static void test_a_damaged_count(void **state)
{
	struct place *place = *state;
	struct muster_transaction *transaction;
	MDB_val key = { 24, "localhost\0account juliet" }, value = { 7, "damaged" };

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_int_equal(mdb_put(transaction->txn, place->store->guesses, &key, &value, 0), 0);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_int_equal(try(place, "juliet", "wrong", "192.0.2.7"), 0);
	assert_int_equal(try(place, "juliet", "wrong", "192.0.2.7"), 1);
	assert_string_equal(guesses(place), "account juliet 1\nnetwork 192.0.2.7 1\n");
}

static void test_the_operator_s_limits(void **state)
{
	static const int64_t waits[] = { 0, 0, 0, 1, 2, 3, 3 };

	set_option(*state, "muster_guesses",
	           TABLE(ITEM("longest", number(3)), ITEM("account", number(2)), ITEM("forget", string("1 hour"))));
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.1"), waits[i]);
	pass(60 * MINUTE);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 0);
	assert_int_equal(try(*state, "juliet", "wrong", "192.0.2.2"), 3);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_juliet, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_wrong_proof_makes_the_next_wait_longer),
		TEST(test_wrong_proofs_are_remembered_by_the_store),
		TEST(test_wrong_proofs_are_forgotten_one_by_one),
		TEST(test_an_owner_is_not_kept_out),
		TEST(test_the_first_login_of_a_new_account),
		TEST(test_who_is_known),
		TEST(test_a_network_waits_for_what_it_guessed),
		TEST(test_proofs_that_come_all_at_once),
		TEST(test_names_that_cannot_be),
		TEST(test_what_the_audit_says),
		TEST(test_guesses_can_be_as_quick_as_they_like),
		TEST(test_the_operator_s_limits),
		TEST(test_an_operator_forgets_guesses),
		TEST(test_a_damaged_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
