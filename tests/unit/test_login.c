/* test_login.c -- SASL exchanges, message by message. */
#include "client.h"

#include "muster/account.h"
#include "muster/shape.h"

static int open_with_juliet(void **state)
{
	open_place(state);
	set_option(*state, "muster_guesses", boolean(false)); /* see test_guess.c */
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	return 0;
}

/* The first message of a fresh exchange. */
static const char *first_step(struct place *place, const char *mechanism, const char *message, size_t size)
{
	struct muster_exchange *exchange = begin(place, mechanism, NULL);
	const char *found = step(place, exchange, (struct muster_text){ message, size }, NULL);

	muster_login_free(exchange);
	return found;
}

/* --- mechanisms --- */

static void test_mechanisms_best_first(void **state)
{
	struct place *place = *state;

	assert_string_equal(muster_login_mechanism(place->host, true, 0), "SCRAM-SHA-256-PLUS");
	assert_string_equal(muster_login_mechanism(place->host, false, 0), "SCRAM-SHA-256");
	assert_string_equal(muster_login_mechanism(place->host, false, 1), "SCRAM-SHA-1");
	assert_string_equal(muster_login_mechanism(place->host, false, 2), "PLAIN");
	assert_null(muster_login_mechanism(place->host, false, 3));
	set_option(place, "muster_scram", TABLE(ELEMENT(string("SHA-1"))));
	assert_string_equal(muster_login_mechanism(place->host, false, 0), "SCRAM-SHA-1");
	set_option(place, "muster_scram", TABLE(ELEMENT(string("SHA-1")), ELEMENT(string("SHA-512"))));
	assert_string_equal(muster_login_mechanism(place->host, true, 0), "SCRAM-SHA-512-PLUS");
	assert_string_equal(muster_login_mechanism(place->host, true, 1), "SCRAM-SHA-1-PLUS");
	set_option(place, "muster_scram_offered", TABLE(ELEMENT(string("SHA-256"))));
	assert_string_equal(muster_login_mechanism(place->host, false, 0), "SCRAM-SHA-256");
	assert_string_equal(muster_login_mechanism(place->host, false, 1), "PLAIN");
}

/* R-438-08 */
static void test_mechanisms_that_need_the_password_itself(void **state)
{
	static const char *const never[] = { "DIGEST-MD5", "CRAM-MD5", "ANONYMOUS", "", "plain" };
	struct place *place = *state;
	struct muster_exchange *exchange;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_error(
			muster_login_begin(place->host, text(never[i]), &(struct muster_login_facts){ 0 }, &exchange),
			MUSTER_NOT_FOUND);
		assert_null(exchange);
	}
}

/* --- PLAIN --- */

static const char *plain(struct place *place, const char *message, size_t size)
{
	struct muster_exchange *exchange = begin(place, "PLAIN", NULL);
	struct muster_step taken;
	const char *found = step(place, exchange, (struct muster_text){ message, size }, &taken);

	if (taken.status == MUSTER_LOGIN_WORK) {
		carry_on(place, exchange, &taken);
		found = taken.status == MUSTER_LOGIN_SUCCESS ? "success" : taken.condition;
	}
	if (taken.status == MUSTER_LOGIN_SUCCESS)
		assert_text(muster_login_username(exchange), "juliet");
	muster_login_free(exchange);
	return found;
}

#define PLAIN(message) plain(*state, message, sizeof(message) - 1)

/* R-438-06, R-SCR-06, R-SCR-07, R-JID-02 */
static void test_plain(void **state)
{
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(PLAIN("\0JULIET\0r0m30myr0m30"), "success");
	assert_string_equal(PLAIN("juliet@localhost\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(PLAIN("Juliet@LocalHost\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(PLAIN("romeo@localhost\0juliet\0r0m30myr0m30"), "invalid-authzid");
	assert_string_equal(PLAIN("juliet@elsewhere\0juliet\0r0m30myr0m30"), "invalid-authzid");
	assert_string_equal(PLAIN("juliet\0juliet\0r0m30myr0m30"), "invalid-authzid");
	assert_string_equal(PLAIN("\0juliet\0wrong"), "not-authorized");
	assert_string_equal(PLAIN("\0nobody\0r0m30myr0m30"), "not-authorized");
	assert_string_equal(PLAIN("\0a b\0r0m30myr0m30"), "not-authorized");
	assert_string_equal(PLAIN("\0juliet\0r0m30\tmyr0m30"), "not-authorized");
}

static void test_plain_that_cannot_be_read(void **state)
{
	assert_string_equal(PLAIN(""), "malformed-request");
	assert_string_equal(PLAIN("\0juliet"), "malformed-request");
	assert_string_equal(PLAIN("\0juliet\0"), "malformed-request");
	assert_string_equal(PLAIN("\0\0secret"), "malformed-request");
	assert_string_equal(PLAIN("\0juliet\0a\0b"), "malformed-request");
	assert_string_equal(PLAIN("juliet"), "malformed-request");
}

/* RFC 4422, section 3: no initial response is answered by an empty challenge, once. */
static void test_plain_without_an_initial_response(void **state)
{
	struct muster_exchange *exchange = begin(*state, "PLAIN", NULL);
	struct muster_step taken;

	assert_string_equal(step(*state, exchange, MUSTER_NO_TEXT, &taken), "challenge");
	assert_text(taken.data, "");
	assert_string_equal(step(*state, exchange, (struct muster_text){ "\0juliet\0x", 9 }, &taken), "work");
	assert_string_equal(step(*state, exchange, text("again"), NULL), "malformed-request");
	muster_login_free(exchange);
}

/* --- keys that are brought up to date --- */

static void read_account(struct place *place, const char *name, struct muster_account *account)
{
	struct muster_transaction *transaction;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text(name), account), MUSTER_OK);
	muster_transaction_abort(transaction);
}

/* Rounds of each set, as "4096 4096 0". */
static const char *rounds_of(struct place *place, const char *name)
{
	static char text[64];
	struct muster_account account;

	read_account(place, name, &account);
	snprintf(text, sizeof(text), "%u %u %u", account.keys[MUSTER_SHA_1].iterations,
	         account.keys[MUSTER_SHA_256].iterations, account.keys[MUSTER_SHA_512].iterations);
	muster_account_clear(&account);
	return text;
}

static void test_a_login_by_plain_makes_what_keys_lack(void **state)
{
	set_option(*state, "muster_scram",
	           TABLE(ELEMENT(string("SHA-1")), ELEMENT(string("SHA-256")), ELEMENT(string("SHA-512"))));
	assert_string_equal(PLAIN("\0juliet\0wrong"), "not-authorized");
	assert_string_equal(rounds_of(*state, "juliet"), "4096 4096 0");
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(rounds_of(*state, "juliet"), "4096 4096 4096");
	set_option(*state, "default_iteration_count", number(5000));
	set_option(*state, "muster_scram", TABLE(ELEMENT(string("SHA-1"))));
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(rounds_of(*state, "juliet"), "5000 4096 4096"); /* those that are not made any more stay */
	set_option(*state, "default_iteration_count", number(4096));
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "success");
	assert_string_equal(rounds_of(*state, "juliet"), "5000 4096 4096");
	assert_error(order(*state, MUSTER_DISABLE, "juliet", NULL), MUSTER_OK);
	set_option(*state, "default_iteration_count", number(6000));
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "account-disabled");
	assert_string_equal(rounds_of(*state, "juliet"), "5000 4096 4096");
}

static struct muster_exchange *begin_plain(struct place *place)
{
	struct muster_exchange *exchange = begin(place, "PLAIN", NULL);

	assert_string_equal(step(place, exchange, (struct muster_text){ "\0juliet\0r0m30myr0m30", 20 }, NULL), "work");
	return exchange;
}

/* The work of an exchange, and what came of it: "success" or the condition. */
static const char *work(struct place *place, struct muster_exchange *exchange)
{
	struct muster_step taken;

	muster_task_run(muster_login_task(exchange), place->store);
	muster_login_finish(exchange, place->store, &taken);
	muster_login_free(exchange);
	return taken.status == MUSTER_LOGIN_SUCCESS ? "success" : taken.condition;
}

static void salt_of(struct place *place, uint8_t salt[16])
{
	struct muster_account account;

	read_account(place, "juliet", &account);
	memcpy(salt, account.keys[MUSTER_SHA_1].salt, 16);
	muster_account_clear(&account);
}

/* One does it, both get in; an exchange that was given up leaves it to the next. */
static void test_parallel_logins_bring_keys_up_to_date_once(void **state)
{
	struct muster_exchange *given_up, *one, *other;
	uint8_t first[16], second[16];

	set_option(*state, "default_iteration_count", number(5000));
	given_up = begin_plain(*state);
	muster_login_free(given_up);
	one = begin_plain(*state);
	other = begin_plain(*state);
	assert_string_equal(work(*state, other), "success");
	assert_string_equal(rounds_of(*state, "juliet"), "4096 4096 0");
	assert_string_equal(work(*state, one), "success");
	assert_string_equal(rounds_of(*state, "juliet"), "5000 5000 0");
	salt_of(*state, first);
	assert_string_equal(PLAIN("\0juliet\0r0m30myr0m30"), "success");
	salt_of(*state, second);
	assert_memory_equal(first, second, 16);
}

/* A password that is changed while its keys are made again stays changed. */
static void test_a_change_while_keys_are_made(void **state)
{
	struct muster_exchange *exchange;

	set_option(*state, "default_iteration_count", number(5000));
	exchange = begin_plain(*state);
	set_option(*state, "default_iteration_count", number(6000));
	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "new"), MUSTER_OK);
	assert_string_equal(work(*state, exchange), "not-authorized");
	assert_string_equal(rounds_of(*state, "juliet"), "6000 6000 0");
	assert_string_equal(PLAIN("\0juliet\0new"), "success");
}

/* What cannot be written is no reason to keep an owner out. */
static void test_keys_that_cannot_be_written(void **state)
{
	struct place *place = *state;
	struct muster_exchange *exchange;
	struct muster_step taken;

	set_option(place, "default_iteration_count", number(5000));
	exchange = begin_plain(place);
	muster_task_run(muster_login_task(exchange), place->store);
	muster_login_task(exchange)->error = MUSTER_FULL;
	muster_login_finish(exchange, place->store, &taken);
	assert_int_equal(taken.status, MUSTER_LOGIN_SUCCESS);
	muster_login_free(exchange);
}

/* --- SCRAM --- */

/* R-SCR-06 */
static void test_scram(void **state)
{
	struct client right = client_of("juliet", "r0m30myr0m30"), wrong = client_of("juliet", "wrong"),
		      nobody = client_of("nobody", "r0m30myr0m30"), other_case = client_of("JULIET", "r0m30myr0m30"),
		      sha_1 = right, sees_none = right;

	sha_1.hash = MUSTER_SHA_1;
	sees_none.header = "y,,";
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &right, NULL), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &other_case, NULL), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-1", &sha_1, NULL), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &sees_none, NULL), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &wrong, NULL), "not-authorized");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &nobody, NULL), "not-authorized");
	assert_error(order(*state, MUSTER_DISABLE, "juliet", NULL), MUSTER_OK);
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &right, NULL), "account-disabled");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &wrong, NULL), "not-authorized");
}

/* Passwords that are set before the option have no keys of SHA-512: until the next change they log in by the others. */
static void test_scram_sha_512(void **state)
{
	struct client client = client_of("juliet", "r0m30myr0m30");

	client.hash = MUSTER_SHA_512;
	set_option(*state, "muster_scram",
	           TABLE(ELEMENT(string("SHA-1")), ELEMENT(string("SHA-256")), ELEMENT(string("SHA-512"))));
	assert_string_equal(scram(*state, "SCRAM-SHA-512", &client, NULL), "not-authorized");
	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "r0m30myr0m30"), MUSTER_OK);
	assert_string_equal(scram(*state, "SCRAM-SHA-512", &client, NULL), "success");
}

static void test_scram_with_an_authorization_identity(void **state)
{
	struct client own = client_of("juliet", "r0m30myr0m30"), other = own, no_name = own;

	own.header = "n,a=juliet@localhost,";
	other.header = "n,a=romeo@localhost,";
	no_name.header = "n,b=juliet,";
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &own, NULL), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &other, NULL), "invalid-authzid");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &no_name, NULL), "malformed-request");
}

/* RFC 5802, section 6 */
static void test_scram_with_channel_binding(void **state)
{
	const struct muster_binding exporter = { { "tls-exporter", 12 }, { "the-channel", 11 } };
	const struct muster_login_facts facts = { .bindings = &exporter, .binding_count = 1 };
	struct client right = client_of("juliet", "r0m30myr0m30"), other_channel, other_kind, none, robbed, unbound;

	right.header = "p=tls-exporter,,";
	right.binding = "the-channel";
	other_channel = other_kind = right;
	other_channel.binding = "another-one";
	other_kind.header = "p=tls-unique,,";
	none = client_of("juliet", "r0m30myr0m30");
	robbed = none;
	robbed.header = "y,,";
	unbound = right;
	assert_string_equal(scram(*state, "SCRAM-SHA-256-PLUS", &right, &facts), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256-PLUS", &other_channel, &facts), "not-authorized");
	assert_string_equal(scram(*state, "SCRAM-SHA-256-PLUS", &other_kind, &facts), "malformed-request");
	assert_string_equal(scram(*state, "SCRAM-SHA-256-PLUS", &none, &facts), "malformed-request");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &none, &facts), "success");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &robbed, &facts), "not-authorized");
	assert_string_equal(scram(*state, "SCRAM-SHA-256", &unbound, &facts), "malformed-request");
}

static void test_first_messages_that_cannot_be_read(void **state)
{
	static const char *const bad[] = {
		"",
		"n",
		"n,",
		"n,,",
		"n,,n=juliet",
		"n,,n=,r=abc",
		"n,,n=juliet,r=",
		"n,,r=abc,n=juliet",
		"x,,n=juliet,r=abc",
		"n,,m=ext,n=juliet,r=abc",
		"n,,n=jul=iet,r=abc",
		"n,,n=jul=2,r=abc",
		"n,,n=juliet,r=a\177b",
		"p=,,n=juliet,r=abc",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strcmp(first_step(*state, "SCRAM-SHA-256", bad[i], strlen(bad[i])), "malformed-request") != 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void test_last_messages_that_are_wrong(void **state)
{
	static const char *const changes[][2] = {
		{ "c=biws", "c=eSws" }, { ",r=", ",r=x" }, { ",p=", ",q=" }, { "c=", "d=" }
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct client client = client_of("juliet", "r0m30myr0m30");
		struct muster_exchange *exchange = begin(*state, "SCRAM-SHA-256", NULL);
		struct muster_step taken;
		char changed[1200], *at;

		assert_string_equal(step(*state, exchange, first_message(&client), &taken), "challenge");
		respond(&client, taken.data);
		at = strstr(client.last, changes[i][0]);
		assert_non_null(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - client.last), client.last, changes[i][1],
		         at + strlen(changes[i][0]));
		assert_string_equal(step(*state, exchange, text(changed), NULL),
		                    i == 0 ? "not-authorized" : "malformed-request");
		assert_string_equal(step(*state, exchange, text(client.last), NULL), "malformed-request");
		muster_login_free(exchange);
	}
}

/* RFC 5802, section 9: the same salt for the same name each time, and another for another. */
static void test_an_unknown_name_gets_a_salt_that_stays(void **state)
{
	static const char *const names[] = { "nobody", "nobody", "noone", "a b" };
	char salts[4][64];

	for (size_t i = 0; i < 4; i++) {
		struct client client = client_of(names[i], "x");
		struct muster_exchange *exchange = begin(*state, "SCRAM-SHA-256", NULL);
		struct muster_step taken;
		char count[16];

		assert_string_equal(step(*state, exchange, first_message(&client), &taken), "challenge");
		assert_int_equal(sscanf(taken.data.data, "r=%*[^,],s=%63[^,],i=%15s", salts[i], count), 2);
		assert_string_equal(count, "4096");
		muster_login_free(exchange);
	}
	assert_string_equal(salts[0], salts[1]);
	assert_string_not_equal(salts[0], salts[2]);
	assert_int_equal(strlen(salts[3]), strlen(salts[0]));
}

/* An account as another server kept it: SHA-1 only, fewer rounds, a salt of its own kind. */
static void add_migrated(struct place *place, const char *name)
{
	struct muster_account account = { .host = text("localhost"),
		                          .name = text(name),
		                          .state = MUSTER_ACCOUNT_ENABLED };
	struct muster_scram_keys *keys = &account.keys[MUSTER_SHA_1];
	struct muster_transaction *transaction;

	keys->iterations = 8192;
	keys->salt_size = MUSTER_UUID_SIZE;
	memcpy(keys->salt, "f81d4fae-7dec-4d0d-a765-00a0c91e6bf6", MUSTER_UUID_SIZE);
	muster_scram_derive(MUSTER_SHA_1, text("r0m30myr0m30"), keys);
	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
}

/* "iterations size-of-salt-in-base64" that a name shows by a mechanism. */
static const char *shown(struct place *place, const char *mechanism, const char *name)
{
	static char shape[64];
	struct client client = client_of(name, "x");
	struct muster_exchange *exchange = begin(place, mechanism, NULL);
	struct muster_step taken;
	char salt[64], count[16];

	assert_string_equal(step(place, exchange, first_message(&client), &taken), "challenge");
	assert_int_equal(sscanf(taken.data.data, "r=%*[^,],s=%63[^,],i=%15[0-9]", salt, count), 2);
	snprintf(shape, sizeof(shape), "%s %zu", count, strlen(salt));
	muster_login_free(exchange);
	return shape;
}

/* R-SCR-05: on a host whose accounts came from elsewhere a made-up set that looks like today's would stand out; and so
 * would one that real accounts lack. */
static void test_unknown_names_look_like_the_host_s_accounts(void **state)
{
	int migrated = 0, own = 0;
	char name[16];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "old%d", i);
		add_migrated(*state, name);
	}
	assert_string_equal(shown(*state, "SCRAM-SHA-1", "old0"), "8192 48");
	assert_string_equal(shown(*state, "SCRAM-SHA-256", "old0"), "4096 24");
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "nobody%d", i);
		migrated += strcmp(shown(*state, "SCRAM-SHA-1", name), "8192 48") == 0;
		own += strcmp(shown(*state, "SCRAM-SHA-1", name), "4096 24") == 0;
		assert_string_equal(shown(*state, "SCRAM-SHA-256", name), "4096 24");
	}
	assert_int_equal(migrated + own, 200);
	assert_in_range(migrated, 120, 180); /* three accounts of four */
	assert_error(order(*state, MUSTER_UNREGISTER, "juliet", NULL), MUSTER_OK);
	assert_string_equal(shown(*state, "SCRAM-SHA-1", "juliet"), "8192 48");
}

static void test_nonces_are_never_the_same(void **state)
{
	struct muster_step one, other;
	struct client client = client_of("juliet", "x");
	struct muster_exchange *first = begin(*state, "SCRAM-SHA-256", NULL),
			       *second = begin(*state, "SCRAM-SHA-256", NULL);

	step(*state, first, first_message(&client), &one);
	step(*state, second, first_message(&client), &other);
	assert_false(muster_text_is(one.data, other.data));
	assert_memory_equal(one.data.data, "r=rOprNGfwEbeRWgbNEkqO", 22);
	muster_login_free(first);
	muster_login_free(second);
}

/* A comma and an equals sign in a name are written =2C and =3D. */
static void test_names_with_commas(void **state)
{
	struct client client = client_of("ju=2Cli=3Det", "r0m30myr0m30");
	struct muster_exchange *exchange = begin(*state, "SCRAM-SHA-256", NULL);

	assert_error(order(*state, MUSTER_REGISTER, "ju,li=et", "r0m30myr0m30"), MUSTER_OK);
	assert_string_equal(step(*state, exchange, first_message(&client), NULL), "challenge");
	assert_text(muster_login_username(exchange), "ju,li=et");
	muster_login_free(exchange);
}

/* The proof is right, but for a password that was changed, or an account removed, meanwhile. */
static void test_a_change_in_the_middle(void **state)
{
	struct client client = client_of("juliet", "r0m30myr0m30");
	struct muster_exchange *exchange = begin(*state, "SCRAM-SHA-256", NULL);
	struct muster_step taken;

	step(*state, exchange, first_message(&client), &taken);
	respond(&client, taken.data);
	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "new"), MUSTER_OK);
	assert_string_equal(step(*state, exchange, text(client.last), NULL), "not-authorized");
	muster_login_free(exchange);

	client = client_of("juliet", "new");
	exchange = begin(*state, "SCRAM-SHA-256", NULL);
	step(*state, exchange, first_message(&client), &taken);
	respond(&client, taken.data);
	assert_error(order(*state, MUSTER_UNREGISTER, "juliet", NULL), MUSTER_OK);
	assert_string_equal(step(*state, exchange, text(client.last), NULL), "not-authorized");
	muster_login_free(exchange);
}

static void test_a_failed_task_is_a_temporary_failure(void **state)
{
	struct muster_exchange *exchange = begin(*state, "PLAIN", NULL);
	struct place *place = *state;
	struct muster_step taken;

	step(place, exchange, (struct muster_text){ "\0juliet\0x", 9 }, &taken);
	muster_login_task(exchange)->error = MUSTER_BUSY;
	muster_login_finish(exchange, place->store, &taken);
	assert_string_equal(taken.condition, "temporary-auth-failure");
	muster_login_free(exchange);
	muster_login_free(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_juliet, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mechanisms_best_first),
		TEST(test_mechanisms_that_need_the_password_itself),
		TEST(test_plain),
		TEST(test_plain_that_cannot_be_read),
		TEST(test_plain_without_an_initial_response),
		TEST(test_a_login_by_plain_makes_what_keys_lack),
		TEST(test_parallel_logins_bring_keys_up_to_date_once),
		TEST(test_a_change_while_keys_are_made),
		TEST(test_keys_that_cannot_be_written),
		TEST(test_scram),
		TEST(test_scram_sha_512),
		TEST(test_scram_with_an_authorization_identity),
		TEST(test_scram_with_channel_binding),
		TEST(test_first_messages_that_cannot_be_read),
		TEST(test_last_messages_that_are_wrong),
		TEST(test_an_unknown_name_gets_a_salt_that_stays),
		TEST(test_unknown_names_look_like_the_host_s_accounts),
		TEST(test_nonces_are_never_the_same),
		TEST(test_names_with_commas),
		TEST(test_a_change_in_the_middle),
		TEST(test_a_failed_task_is_a_temporary_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
