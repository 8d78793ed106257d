/* test_equipping.c -- devices get secrets of their own by order, and lose them in each of the ways that there are. */
#include "client.h"
#include "failing.h"

#include <ctype.h>

#include "muster/account.h"

enum { SECRET_SIZE = 24 };

static int open_with_juliet(void **state)
{
	open_place(state);
	set_option(*state, "muster_guesses", boolean(false));
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	return 0;
}

static struct muster_order about(enum muster_operation_kind kind, const char *device)
{
	return (struct muster_order){ .kind = kind,
		                      .username = text("juliet"),
		                      .device = text(device),
		                      .door = text("console"),
		                      .actor = text("console") };
}

/* The secret of a new device; NULL if there is none, then `why` is the error. The next call overwrites it. */
static const char *make(struct place *place, const char *device, const char **why)
{
	static char secret[SECRET_SIZE + 1];
	const struct muster_order wanted = about(MUSTER_MAKE_DEVICE, device);
	struct muster_operation *operation;
	struct muster_outcome outcome;
	int error = muster_order_begin(place->host, place->store, &wanted, why, &operation);

	if (error != MUSTER_OK)
		return NULL;
	error = muster_operation_look(operation, place->store, &outcome);
	if (error == MUSTER_OK) {
		muster_task_run(muster_operation_task(operation), place->store);
		assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	}
	if (outcome.error == MUSTER_OK) {
		assert_int_equal(outcome.secret.size, SECRET_SIZE);
		snprintf(secret, sizeof(secret), "%s", outcome.secret.data);
	} else {
		assert_null(outcome.secret.data);
	}
	error = outcome.error;
	if (outcome.note)
		outcome.note->kind->free(outcome.note);
	outcome.note = NULL;
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return error == MUSTER_OK ? secret : NULL;
}

static const char *by_scram(struct place *place, const char *password)
{
	struct client client = client_of("juliet", password);

	return scram(place, "SCRAM-SHA-256", &client, NULL);
}

/* The names of juliet's devices, each with a space behind it. */
static const char *devices(struct place *place)
{
	static char names[256];
	struct muster_transaction *transaction;
	struct muster_account account;

	names[0] = '\0';
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_account_get(transaction, text("localhost"), text("juliet"), &account), MUSTER_OK);
	for (size_t i = 0; i < account.device_count; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%.*s ",
		         (int)account.devices[i].name.size, account.devices[i].name.data);
	muster_account_clear(&account);
	muster_transaction_abort(transaction);
	return names;
}

/* --- making --- */

static void test_a_secret_that_logs_in(void **state)
{
	char first[SECRET_SIZE + 1];
	const char *second;

	snprintf(first, sizeof(first), "%s", make(*state, "Phone", NULL));
	for (size_t i = 0; i < SECRET_SIZE; i++)
		assert_true(isalnum((unsigned char)first[i]));
	second = make(*state, "TV", NULL);
	assert_string_not_equal(first, second);
	assert_null(login(*state, "juliet", first));
	assert_null(login(*state, "juliet", second));
	assert_null(login(*state, "juliet", "r0m30myr0m30"));
	assert_string_equal(by_scram(*state, first), "success");
	assert_string_equal(by_scram(*state, second), "success");
	assert_string_equal(by_scram(*state, "r0m30myr0m30"), "success");
	/* Nobody is asked for it who is asked for the password. */
	assert_error(order(*state, MUSTER_CHECK_PASSWORD, "juliet", first), MUSTER_WRONG_PASSWORD);
	assert_string_equal(devices(*state), "Phone TV ");
	assert_string_equal(audit(*state), "make-device juliet ok door=console actor=console detail=device TV\n"
	                                   "make-device juliet ok door=console actor=console detail=device Phone\n"
	                                   "register juliet ok door=in-band\n");
}

static bool holds(const char *path, const char *wanted)
{
	static char bytes[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return memmem(bytes, size, wanted, strlen(wanted)) != NULL;
}

static void test_the_secret_is_nowhere_in_the_store(void **state)
{
	struct place *place = *state;
	const char *secret = make(place, "Phone", NULL), *path = path_in(place->directory, "data.mdb");

	assert_true(holds(path, "Phone"));
	assert_false(holds(path, secret));
}

static void test_names(void **state)
{
	static const char *const bad[] = { "",
		                           " ",
		                           "\xc2\xa0",
		                           "a\nb",
		                           "a\x7f",
		                           "\xff",
		                           "12345678901234567890123456789012345678901234567890123456789012345" };
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(make(*state, bad[i], &why));
		assert_string_equal(why, "That name of a device cannot be used. Choose a short one.");
		assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, bad[i])), "bad-name");
		assert_string_equal(carry_out(*state, about(MUSTER_REVOKE_DEVICE, bad[i])), "bad-name");
	}
	assert_non_null(make(*state,
	                     "  My \xc2\xa0 e\xcc\x81"
	                     "cran\t ",
	                     NULL));
	assert_non_null(make(*state, "1234567890123456789012345678901234567890123456789012345678901234", NULL));
	assert_string_equal(devices(*state), "My   \xc3\xa9"
	                                     "cran 1234567890123456789012345678901234567890123456789012345678901234 ");
}

static void test_what_is_refused(void **state)
{
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, "Phone")), "ok");
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, " Phone")), "exists");
	assert_string_equal(carry_out(*state, about(MUSTER_REVOKE_DEVICE, "phone")), "refused");
	set_option(*state, "muster_max_devices", number(2));
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, "TV")), "ok");
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, "Watch")), "refused");
	assert_string_equal(carry_out(*state, about(MUSTER_REVOKE_DEVICE, "TV")),
	                    "ok device-revoked juliet by console");
	set_option(*state, "muster_max_devices", number(0));
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, "TV")), "refused");
	assert_string_equal(devices(*state), "Phone ");
	assert_string_equal(audit(*state),
	                    "make-device juliet refused rule=devices door=console actor=console detail=device TV\n"
	                    "revoke-device juliet ok door=console actor=console detail=device TV\n"
	                    "make-device juliet refused rule=devices door=console actor=console detail=device Watch\n"
	                    "make-device juliet ok door=console actor=console detail=device TV\n"
	                    "revoke-device juliet refused rule=devices door=console actor=console detail=device phone\n"
	                    "make-device juliet exists rule=devices door=console actor=console detail=device Phone\n"
	                    "make-device juliet ok door=console actor=console detail=device Phone\n"
	                    "register juliet ok door=in-band\n");
}

static void test_who_has_none(void **state)
{
	struct muster_order order_of_nobody = about(MUSTER_MAKE_DEVICE, "Phone");

	order_of_nobody.username = text("romeo");
	assert_string_equal(carry_out(*state, order_of_nobody), "not-found");
	order_of_nobody.kind = MUSTER_REVOKE_DEVICE;
	assert_string_equal(carry_out(*state, order_of_nobody), "not-found");
	assert_error(order(*state, MUSTER_CREATE, "romeo", NULL), MUSTER_OK);
	order_of_nobody.kind = MUSTER_MAKE_DEVICE;
	assert_string_equal(carry_out(*state, order_of_nobody), "not-found");
	assert_error(order(*state, MUSTER_DISABLE, "juliet", NULL), MUSTER_OK);
	assert_string_equal(carry_out(*state, about(MUSTER_MAKE_DEVICE, "Phone")), "not-found");
}

static void test_services_have_none(void **state)
{
	struct place *place = *state;
	struct muster_order wanted = about(MUSTER_MAKE_DEVICE, "Phone");
	struct muster_operation *operation;
	struct muster_host *service;

	assert_error(muster_host_new(&service, MUSTER_HOST_SERVICE, text("contest.localhost"), NULL), MUSTER_OK);
	wanted.username = text("juliet@localhost");
	assert_error(muster_order_begin(service, place->store, &wanted, NULL, &operation), MUSTER_MALFORMED);
	muster_host_release(service);
}

/* --- while it is being made --- */

static struct muster_operation *begun(struct place *place, const char *device)
{
	const struct muster_order wanted = about(MUSTER_MAKE_DEVICE, device);
	struct muster_outcome outcome;
	struct muster_operation *operation;

	assert_error(muster_order_begin(place->host, place->store, &wanted, NULL, &operation), MUSTER_OK);
	assert_error(muster_operation_look(operation, place->store, &outcome), MUSTER_OK);
	return operation;
}

static int finish(struct place *place, struct muster_operation *operation, char secret[SECRET_SIZE + 1])
{
	struct muster_outcome outcome;
	int error;

	muster_task_run(muster_operation_task(operation), place->store);
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	error = outcome.error;
	snprintf(secret, SECRET_SIZE + 1, "%s", outcome.secret.data ? outcome.secret.data : "");
	if (outcome.note)
		outcome.note->kind->free(outcome.note);
	outcome.note = NULL;
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return error;
}

/* Limits count when it is made, not when it is asked for. */
static void test_two_at_once(void **state)
{
	struct muster_operation *first, *second, *same;
	char secret[SECRET_SIZE + 1];

	set_option(*state, "muster_max_devices", number(2));
	first = begun(*state, "Phone");
	same = begun(*state, "Phone");
	assert_error(finish(*state, first, secret), MUSTER_OK);
	assert_error(finish(*state, same, secret), MUSTER_EXISTS);
	first = begun(*state, "TV");
	second = begun(*state, "Watch");
	assert_error(finish(*state, first, secret), MUSTER_OK);
	assert_error(finish(*state, second, secret), MUSTER_REFUSED);
	assert_string_equal(devices(*state), "Phone TV ");
}

/* Its keys have the salts of yesterday: they are no use, and made anew when it logs in by PLAIN. */
static void test_a_password_that_is_changed_meanwhile(void **state)
{
	struct muster_operation *operation = begun(*state, "Phone");
	char secret[SECRET_SIZE + 1];

	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "Calliope"), MUSTER_OK);
	assert_error(finish(*state, operation, secret), MUSTER_OK);
	assert_string_equal(by_scram(*state, secret), "not-authorized");
	assert_null(login(*state, "juliet", secret));
	assert_string_equal(by_scram(*state, secret), "success");
	assert_string_equal(by_scram(*state, "Calliope"), "success");
}

static void test_an_account_that_is_disabled_meanwhile(void **state)
{
	struct muster_operation *operation = begun(*state, "Phone");
	char secret[SECRET_SIZE + 1];

	assert_error(order(*state, MUSTER_DISABLE, "juliet", NULL), MUSTER_OK);
	assert_error(finish(*state, operation, secret), MUSTER_NOT_FOUND);
	assert_string_equal(secret, "");
	assert_string_equal(devices(*state), "");
}

/* --- taking back --- */

static void assert_revoked(struct place *place, const char *secret)
{
	assert_string_equal(login(place, "juliet", secret), "not-authorized");
	assert_string_equal(by_scram(place, secret), "not-authorized");
}

static void test_a_device_is_revoked_by_itself(void **state)
{
	char phone[SECRET_SIZE + 1];
	const char *tv;

	snprintf(phone, sizeof(phone), "%s", make(*state, "Phone", NULL));
	tv = make(*state, "TV", NULL);
	assert_string_equal(carry_out(*state, about(MUSTER_REVOKE_DEVICE, "Phone")),
	                    "ok device-revoked juliet by console");
	assert_revoked(*state, phone);
	assert_null(login(*state, "juliet", tv));
	assert_string_equal(by_scram(*state, tv), "success");
	assert_string_equal(devices(*state), "TV ");
}

/* R-077-108: whoever changes it, by order or in band. */
static void test_a_changed_password_revokes(void **state)
{
	const char *secret = make(*state, "Phone", NULL);

	assert_error(order(*state, MUSTER_CHANGE_PASSWORD, "juliet", "Calliope"), MUSTER_OK);
	assert_revoked(*state, secret);
	assert_string_equal(devices(*state), "");
	secret = make(*state, "Phone", NULL);
	set(*state, account("juliet"), "<username>juliet</username><password>Calliope</password>");
	assert_revoked(*state, secret);
	assert_null(login(*state, "juliet", "Calliope"));
}

/* R-077-108: enabled again, the account has none. */
static void test_disabling_revokes(void **state)
{
	const char *secret = make(*state, "Phone", NULL);

	assert_error(order(*state, MUSTER_DISABLE, "juliet", NULL), MUSTER_OK);
	assert_revoked(*state, secret);
	assert_error(order(*state, MUSTER_ENABLE, "juliet", NULL), MUSTER_OK);
	assert_revoked(*state, secret);
	assert_null(login(*state, "juliet", "r0m30myr0m30"));
}

/* R-077-79, R-077-108: nor do those of a removed account come back with it, or with the next of its name. */
static void test_removal_revokes(void **state)
{
	const char *secret = make(*state, "Phone", NULL);

	set_option(*state, "registration_delete_grace_period", number(3600));
	set_option(*state, "user_tombstone_expiry", number(0));
	set(*state, account("juliet"), "<remove/>");
	assert_int_equal(state_of(*state, "juliet"), MUSTER_ACCOUNT_DELETED);
	assert_revoked(*state, secret);
	assert_error(order(*state, MUSTER_ENABLE, "juliet", NULL), MUSTER_OK);
	assert_revoked(*state, secret);
	secret = make(*state, "Phone", NULL);
	assert_error(order(*state, MUSTER_UNREGISTER, "juliet", NULL), MUSTER_OK);
	assert_revoked(*state, secret);
	assert_error(order(*state, MUSTER_REGISTER, "juliet", "r0m30myr0m30"), MUSTER_OK);
	assert_revoked(*state, secret);
}

/* What changes nothing of that leaves them. */
static void test_other_changes_leave_devices(void **state)
{
	const char *secret = make(*state, "Phone", NULL);

	set_option(*state, "additional_registration_fields", TABLE(ELEMENT(string("email"))));
	set_option(*state, "muster_editable_fields", TABLE(ELEMENT(string("email"))));
	assert_string_equal(
		verdict(set(*state, account("juliet"), "<username>juliet</username><email>j@c.lit</email>")), "result");
	assert_error(order(*state, MUSTER_ENABLE, "juliet", NULL), MUSTER_OK);
	set_option(*state, "default_iteration_count", number(5000));
	assert_null(login(*state, "juliet", "r0m30myr0m30"));
	assert_null(login(*state, "juliet", secret));
	assert_string_equal(by_scram(*state, secret), "success");
}

/* --- what a device may do --- */

#define FORM(type, fields)                                                                                             \
	"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register" type                 \
	"</value></field><field var='username'><value>juliet</value></field>" fields "</x>"
#define CHANGE(old)                                                                                                    \
	FORM(":changepassword", "<field var='old_password'><value>" old                                                \
	                        "</value></field><field var='password'><value>Calliope</value></field>")

/* On its stream the account itself is out of reach, but for who knows the password. */
static void test_a_device_does_not_take_the_account(void **state)
{
	struct muster_facts facts = account("juliet");
	char by_itself[512];
	const char *secret = make(*state, "Phone", NULL), *outcome;

	facts.device = true;
	outcome = set(*state, facts, "<username>juliet</username><password>Calliope</password>");
	assert_string_equal(verdict(outcome), "not-authorized modify 401");
	assert_non_null(strstr(outcome, "jabber:iq:register:changepassword"));
	outcome = set(*state, facts, "<remove/>");
	assert_string_equal(verdict(outcome), "not-allowed cancel 405");
	assert_non_null(strstr(outcome, "jabber:iq:register:cancel"));
	snprintf(by_itself, sizeof(by_itself),
	         FORM(":changepassword", "<field var='old_password'><value>%s</value></field>"
	                                 "<field var='password'><value>Calliope</value></field>"),
	         secret);
	assert_string_equal(verdict(set(*state, facts, by_itself)), "not-authorized modify 401");
	assert_null(login(*state, "juliet", secret));
	assert_string_equal(verdict(set(*state, facts, CHANGE("r0m30myr0m30"))), "result");
	assert_revoked(*state, secret);
	assert_null(login(*state, "juliet", "Calliope"));
	facts.device = false;
	assert_string_equal(verdict(set(*state, facts, "<remove/>")), "result");
}

/* --- without memory --- */

static int try_make(struct place *place)
{
	const struct muster_order wanted = about(MUSTER_MAKE_DEVICE, "Phone");

	return try_order(place, &wanted);
}

static int try_revoke(struct place *place)
{
	const struct muster_order wanted = about(MUSTER_REVOKE_DEVICE, "Phone");

	return try_order(place, &wanted);
}

static void has_phone(struct place *place)
{
	assert_string_equal(devices(place), "TV Phone ");
}

static void has_no_phone(struct place *place)
{
	assert_string_equal(devices(place), "TV ");
}

static void test_without_memory(void **state)
{
	static const struct change made = { try_make, MUSTER_OK, has_phone };
	static const struct change revoked = { try_revoke, MUSTER_OK, has_no_phone };

	assert_non_null(make(*state, "TV", NULL));
	fail_at_every_point_of_change(*state, &made);
	fail_at_every_point_of_change(*state, &revoked);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_with_juliet, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_secret_that_logs_in),
		TEST(test_the_secret_is_nowhere_in_the_store),
		TEST(test_names),
		TEST(test_what_is_refused),
		TEST(test_who_has_none),
		TEST(test_services_have_none),
		TEST(test_two_at_once),
		TEST(test_a_password_that_is_changed_meanwhile),
		TEST(test_an_account_that_is_disabled_meanwhile),
		TEST(test_a_device_is_revoked_by_itself),
		TEST(test_a_changed_password_revokes),
		TEST(test_disabling_revokes),
		TEST(test_removal_revokes),
		TEST(test_other_changes_leave_devices),
		TEST(test_a_device_does_not_take_the_account),
		TEST(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
