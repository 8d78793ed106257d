/* test_policy.c -- a host's options, and what an address counts as. */
#include "support.h"

#include "policy/host.h"
#include "policy/prefix.h"
#include "policy/schema.h"

/* --- options --- */

/* Every value that an option refuses: the message names the option, and what is allowed. */
static void assert_refused(const char *option, struct muster_value value, const char *allowed)
{
	struct muster_failure failure;
	struct muster_host *host;

	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(host, option, &value, &failure), MUSTER_BAD_OPTION);
	if (!strstr(failure.text, option) || !strstr(failure.text, allowed))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", failure.text, option, allowed);
	muster_host_release(host);
}

/* R-438-04, R-077-71 among them */
static void test_wrong_values_are_refused_by_name(void **state)
{
	(void)state;
	assert_refused("muster_registration", string("opne"),
	               "\"open\", \"invite\", \"approval\", \"redirect\", \"closed\"");
	assert_refused("muster_registration", boolean(true), "\"open\", \"invite\"");
	assert_refused("allow_registration", string("yes"), "true, false");
	assert_refused("c2s_require_encryption", number(1), "true, false");
	assert_refused("registration_title", boolean(true), "a string");
	assert_refused("registration_url", string("javascript:alert(1)"), "an absolute URL");
	assert_refused("registration_url", string("//example.org"), "an absolute URL");
	assert_refused("registration_url", string("https://"), "an absolute URL");
	assert_refused("registration_url", number(1), "an absolute URL");
	assert_refused("registration_instructions", number(3), "a string");
	assert_refused("muster_unregister", string("maybe"), "\"allow\", \"form\", \"deny\"");
	assert_refused("muster_change_password", TABLE(ELEMENT(string("deny"))), "\"allow\", \"form\", \"deny\"");
	assert_refused("default_iteration_count", number(4095), "a whole number from 4096");
	assert_refused("default_iteration_count", number(1e12), "a whole number from 4096");
	assert_refused("default_iteration_count", number(10000.5), "a whole number");
	assert_refused("default_iteration_count", number(0.0 / 0.0), "a whole number");
	assert_refused("default_iteration_count", string("10000"), "a whole number");
	assert_refused("muster_scram", table(NULL, 0), "one or more");
	assert_refused("muster_scram", TABLE(ELEMENT(string("MD5"))), "\"SHA-1\", \"SHA-256\"");
	assert_refused("muster_scram", string("SHA-1"), "a list");
	assert_refused("block_registrations_confusable", string("yes"), "true, false");
	assert_refused("muster_tpyo", boolean(true), "is not known");
}

static void test_wrong_values_inside_tables(void **state)
{
	(void)state;
	assert_refused("additional_registration_fields", string("email"), "a list");
	assert_refused("additional_registration_fields", TABLE(ELEMENT(string("emial"))), "email");
	assert_refused("additional_registration_fields", TABLE(ELEMENT(string("password"))), "email");
	assert_refused("additional_registration_fields", TABLE(ELEMENT(string("+"))), "email");
	assert_refused("additional_registration_fields", TABLE(ELEMENT(string("email")), ELEMENT(string("email+"))),
	               "may be there once");
	assert_refused("additional_registration_fields", TABLE(ITEM("email", boolean(true))), "is a list");
}

static void test_right_values_are_taken(void **state)
{
	struct place *place = *state;
	const struct muster_host *host = place->host;

	assert_true(muster_host_announces(host));
	assert_true(muster_host_requires_tls(host));
	set_option(place, "allow_registration", boolean(false));
	assert_false(muster_host_announces(host));
	set_option(place, "c2s_require_encryption", boolean(false));
	assert_false(muster_host_requires_tls(host));
	set_option(place, "additional_registration_fields",
	           TABLE(ELEMENT(string("phone")), ELEMENT(string("email+")), ELEMENT(string("nick"))));
	assert_int_equal(host->field_count, 3);
	assert_text(host->fields[0].name, "nick"); /* the schema's order */
	assert_text(host->fields[1].name, "email");
	assert_true(host->fields[1].required);
	assert_false(host->fields[2].required);
	assert_true(host->lookalikes);
	set_option(place, "block_registrations_confusable", boolean(false));
	assert_false(host->lookalikes);
	set_option(place, "muster_scram", TABLE(ELEMENT(string("SHA-256"))));
	assert_int_equal(muster_host_first_hash(host), MUSTER_SHA_256);
	set_option(place, "default_iteration_count", number(10000000));
	assert_int_equal(host->iterations, 10000000);
}

/* Whichever comes first in a table without order. */
static void test_muster_registration_stands_above_allow_registration(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_registration", string("closed"));
	set_option(place, "allow_registration", boolean(true));
	assert_false(muster_host_announces(place->host));
	set_option(place, "muster_registration", string("open"));
	assert_true(muster_host_announces(place->host));
}

static void test_every_option_has_a_name(void **state)
{
	size_t count = 0;

	(void)state;
	while (muster_host_option(count))
		count++;
	assert_true(count > 5);
	assert_null(muster_host_option(count + 1));
}

static void test_hosts_that_cannot_be(void **state)
{
	struct muster_failure failure;
	struct muster_host *host;
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text(""), &failure), MUSTER_BAD_NAME);
	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("a b"), &failure), MUSTER_BAD_NAME);
	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text(name), &failure), MUSTER_BAD_NAME);
	assert_null(host);
	assert_error(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, text("LocalHost."), NULL), MUSTER_OK);
	assert_text(muster_host_name(host), "localhost");
	assert_int_equal(host->iterations, 10000);
	assert_ptr_equal(muster_host_retain(host), host);
	muster_host_release(host);
	assert_text(muster_host_name(host), "localhost");
	muster_host_release(host);
	muster_host_release(NULL);
}

/* --- addresses --- */

static uint64_t prefix(const char *address)
{
	return muster_prefix_of(text(address));
}

static void test_what_an_address_counts_as(void **state)
{
	(void)state;
	assert_true(prefix("192.0.2.1") != 0);
	assert_true(prefix("192.0.2.1") != prefix("192.0.2.2"));
	assert_true(prefix("2001:db8:1:2::1") == prefix("2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_true(prefix("2001:db8:1:2::1") != prefix("2001:db8:1:3::1"));
	assert_true(prefix("::ffff:192.0.2.1") == prefix("192.0.2.1"));
	assert_true(prefix("unknown") == 0);
	assert_true(prefix("") == 0);
	assert_true(prefix(NULL) == 0);
	assert_true(prefix("192.0.2.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1") == 0);
}

static void test_the_schema(void **state)
{
	(void)state;
	assert_string_equal(muster_schema_find(text("email")), "email");
	assert_null(muster_schema_find(text("username")));
	assert_null(muster_schema_find(text("")));
	assert_true(muster_schema_place(muster_schema_find(text("nick"))) <
	            muster_schema_place(muster_schema_find(text("email"))));
	assert_int_equal(muster_schema_place("unknown"), muster_schema_count);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_values_are_refused_by_name),
		cmocka_unit_test(test_wrong_values_inside_tables),
		TEST(test_right_values_are_taken),
		TEST(test_muster_registration_stands_above_allow_registration),
		cmocka_unit_test(test_every_option_has_a_name),
		cmocka_unit_test(test_hosts_that_cannot_be),
		cmocka_unit_test(test_what_an_address_counts_as),
		cmocka_unit_test(test_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
