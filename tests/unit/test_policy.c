/* test_policy.c -- a host's options, and what an address counts as. */
#include "support.h"

#include "base/clock.h"
#include "muster/policy.h"
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
	assert_refused("muster_guesses", boolean(true), "or false");
	assert_refused("muster_guesses", TABLE(ITEM("longest", number(3601))), "from 1 to 3600");
	assert_refused("muster_guesses", TABLE(ITEM("account", number(-1))), "from 0 to 1000");
	assert_refused("muster_guesses", TABLE(ITEM("network", string("many"))), "from 0 to 1000");
	assert_refused("muster_guesses", TABLE(ITEM("forget", string("never"))), "a second to ten years");
	assert_refused("muster_guesses", TABLE(ITEM("known", number(0))), "a second to ten years");
	assert_refused("muster_guesses", TABLE(ITEM("unheard", number(1))), "longest, account, network, forget, known");
	assert_refused("muster_scram_offered", TABLE(ELEMENT(string("SHA-384"))), "SHA-512");
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

/* Lists of addresses, names and patterns */
static void test_wrong_lists_are_refused(void **state)
{
	static const char *const lists[] = { "registration_allowlist", "registration_whitelist",
		                             "registration_blocklist", "registration_blacklist" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_refused(lists[i], string("192.0.2.7"), "a list of addresses and networks");
		assert_refused(lists[i], TABLE(ELEMENT(string("192.0.2.7")), ELEMENT(string("192.0.2.7/24"))),
		               "\"192.0.2.7/24\" is not allowed; allowed: an address such as \"192.0.2.7\"");
		assert_refused(lists[i], TABLE(ELEMENT(string("example.org"))), "a network such as");
		assert_refused(lists[i], TABLE(ELEMENT(number(7))), "a network such as");
		assert_refused(lists[i], TABLE(ITEM("one", string("192.0.2.7"))), "it is a list");
	}
	assert_refused("allowlist_registration_only", string("yes"), "true, false");
	assert_refused("whitelist_registration_only", number(1), "true, false");
	assert_refused("muster_dnsbl", boolean(true), "a list of strings");
	assert_refused("muster_dnsbl", TABLE(ELEMENT(boolean(true))), "a string");
	assert_refused("muster_dnsbl", TABLE(ITEM("one", string("list.example"))), "it is a list");
	assert_refused("block_registrations_users", string("admin"), "a list of strings");
	assert_refused("block_registrations_users", TABLE(ELEMENT(string("ok")), ELEMENT(string("a b"))),
	               "\"a b\" is not allowed; allowed: names of accounts");
	assert_refused("block_registrations_length_minimum", number(0), "a whole number from 1 to 1023");
	assert_refused("block_registrations_length_maximum", number(1024), "a whole number from 1 to 1023");
	assert_refused("block_registrations_length_maximum", string("9"), "a whole number");
	/* Nobody matches them for us here. */
	assert_refused("block_registrations_matching", TABLE(ELEMENT(string("spam"))), "patterns of Lua");
	assert_refused("block_registrations_matching", string("spam"), "a list of strings");
	assert_refused("block_registrations_require", string("^%a+$"), "patterns of Lua");
	assert_refused("block_registrations_require", TABLE(ELEMENT(string("a"))), "a string");
}

static void test_wrong_limits_are_refused(void **state)
{
	static const char *const tables[] = { "muster_throttle", "muster_rate" };
	struct muster_item windows[9];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_refused(tables[i], boolean(true), "a table such as { limit = 3, period = \"1 hour\" }");
		assert_refused(tables[i], number(3), "a table such as");
		assert_refused(tables[i], table(NULL, 0), "a limit is missing");
		assert_refused(tables[i], TABLE(ITEM("period", number(60))), "a limit is missing");
		assert_refused(tables[i], TABLE(ITEM("limit", number(0))), "a whole number from 1 to 1000000");
		assert_refused(tables[i], TABLE(ITEM("limit", number(1.5))), "a whole number");
		assert_refused(tables[i], TABLE(ITEM("limit", number(3)), ITEM("period", number(0))),
		               "a period of a second to ten years");
		assert_refused(tables[i], TABLE(ITEM("limit", number(3)), ITEM("period", string("never"))),
		               "a period of a second");
		assert_refused(tables[i], TABLE(ITEM("limit", number(3)), ITEM("period", string("11 years"))),
		               "a period of a second to ten years");
		assert_refused(tables[i], TABLE(ITEM("limit", number(3)), ITEM("period", string("soon"))),
		               "a number of seconds");
		assert_refused(tables[i], TABLE(ITEM("limit", number(3)), ITEM("burst", number(9))),
		               "key \"burst\" is not known; known: limit, period");
	}
	assert_refused("muster_rate", TABLE(ITEM("limit", number(3)), ITEM("ipv4", number(24))),
	               "known: limit, period");
	assert_refused("muster_rate", TABLE(ELEMENT(TABLE(ITEM("limit", number(3))))), "is not known");
	assert_refused("muster_throttle", TABLE(ITEM("limit", number(3)), ITEM("ipv4", number(33))), "from 1 to 32");
	assert_refused("muster_throttle", TABLE(ITEM("limit", number(3)), ITEM("ipv4", number(0))), "from 1 to 32");
	assert_refused("muster_throttle", TABLE(ITEM("limit", number(3)), ITEM("ipv6", number(129))), "from 1 to 128");
	assert_refused("muster_throttle", TABLE(ELEMENT(TABLE(ITEM("limit", number(3)))), ELEMENT(number(3))),
	               "a table such as");
	assert_refused("muster_throttle",
	               TABLE(ELEMENT(TABLE(ITEM("limit", number(3)))), ITEM("limit", TABLE(ITEM("limit", number(3))))),
	               "it is a list");
	for (size_t i = 0; i < 9; i++)
		windows[i] = (struct muster_item)ELEMENT(TABLE(ITEM("limit", number(3))));
	assert_refused("muster_throttle", table(windows, 9), "9 windows; allowed: up to 8");
	assert_refused("min_seconds_between_registrations", number(0), "a period of a second");
	assert_refused("min_seconds_between_registrations", boolean(true), "a number of seconds");
	assert_refused("registration_throttle_max", number(0), "a whole number from 1");
	assert_refused("registration_throttle_period", string("never"), "a period of a second");
	assert_refused("muster_max_accounts", number(-1), "a whole number from 0");
	assert_refused("muster_max_accounts_per_address", string("many"), "a whole number from 0");
}

static void test_wrong_terms_are_refused(void **state)
{
	(void)state;
	assert_refused("muster_pending_expiry", string("never"), "a period that ends");
	assert_refused("muster_pending_expiry", number(0), "a period that ends");
	assert_refused("muster_quarantine", boolean(true), "a table such as { role = \"prosody:guest\"");
	assert_refused("muster_quarantine", string("prosody:guest"), "a table such as");
	assert_refused("muster_quarantine", TABLE(ITEM("period", string("1 day"))), "a table such as");
	assert_refused("muster_quarantine", TABLE(ITEM("role", string(""))), "a table such as");
	assert_refused("muster_quarantine", TABLE(ITEM("role", boolean(true))), "a string");
	assert_refused("muster_quarantine", TABLE(ITEM("role", string("r")), ITEM("period", string("never"))),
	               "a period that ends");
	assert_refused("muster_quarantine", TABLE(ITEM("role", string("r")), ITEM("for", string("1 day"))),
	               "key \"for\" is not known; known: role, period");
	assert_refused("muster_unregister_roles", string("prosody:registered"), "a list of strings");
	assert_refused("protect_last_admin", string("yes"), "true, false");
	assert_refused("audit_log_expires_after", string("soon"), "\"never\"");
	assert_refused("audit_log_ips", number(1), "true, false");
	assert_refused("audit_log_ipv4_prefix", number(33), "a whole number from 0 to 32");
	assert_refused("audit_log_ipv6_prefix", number(129), "a whole number from 0 to 128");
	assert_refused("audit_log_ipv6_prefix", string("64"), "a whole number from 0 to 128");
}

/* In whichever order the two are read: no name could be chosen. */
static void test_a_least_length_above_the_greatest(void **state)
{
	struct place *place = *state;
	struct muster_failure failure;

	set_option(place, "block_registrations_length_minimum", number(9));
	assert_error(muster_host_check(place->host, &failure), MUSTER_OK);
	set_option(place, "block_registrations_length_maximum", number(9));
	assert_error(muster_host_check(place->host, &failure), MUSTER_OK);
	set_option(place, "block_registrations_length_maximum", number(8));
	assert_error(muster_host_check(place->host, &failure), MUSTER_BAD_OPTION);
	assert_string_equal(failure.text, "option block_registrations_length_minimum: 9 is not allowed; allowed: up to "
	                                  "block_registrations_length_maximum, which is 8");
	set_option(place, "block_registrations_length_minimum", number(8));
	assert_error(muster_host_check(place->host, &failure), MUSTER_OK);
}

static int match_nothing(void *context, struct muster_text pattern, struct muster_text name)
{
	(void)context;
	(void)name;
	return muster_text_is_c(pattern, "[") ? -1 : 0;
}

static void test_patterns_need_somebody_who_knows_them(void **state)
{
	const struct muster_matcher matcher = { match_nothing, NULL };
	const struct muster_item broken = ELEMENT(string("["));
	const struct muster_value list = table(&broken, 1), one = string("[");
	struct place *place = *state;
	struct muster_failure failure;

	muster_host_set_matcher(place->host, &matcher);
	set_option(place, "block_registrations_matching", TABLE(ELEMENT(string("spam"))));
	set_option(place, "block_registrations_require", string("^%a+$"));
	assert_error(muster_host_set(place->host, "block_registrations_matching", &list, &failure), MUSTER_BAD_OPTION);
	assert_non_null(strstr(failure.text, "block_registrations_matching: \"[\" is not allowed; allowed: patterns"));
	assert_error(muster_host_set(place->host, "block_registrations_require", &one, &failure), MUSTER_BAD_OPTION);
}

/* Nobody is invited to, or approved at, a service. */
static void test_modes_of_a_service(void **state)
{
	static const char *const modes[] = { "open", "redirect", "closed", "invite", "approval" };
	const struct muster_item email = ELEMENT(string("email"));
	const struct muster_value fields = table(&email, 1);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct muster_value mode = string(modes[i]);
		struct muster_failure failure;
		struct muster_host *host;

		assert_error(muster_host_new(&host, MUSTER_HOST_SERVICE, text("s.localhost"), NULL), MUSTER_OK);
		assert_error(muster_host_set(host, "additional_registration_fields", &fields, NULL), MUSTER_OK);
		assert_error(muster_host_set(host, "muster_registration", &mode, NULL), MUSTER_OK);
		assert_error(muster_host_check(host, &failure), i < 3 ? MUSTER_OK : MUSTER_BAD_OPTION);
		if (i >= 3)
			assert_non_null(strstr(failure.text, "\"open\", \"redirect\", \"closed\""));
		muster_host_release(host);
	}
}

static bool announces(const struct place *place)
{
	bool found = false;

	assert_error(muster_policy_announces(place->host, place->store, &found), MUSTER_OK);
	return found;
}

static bool serves(const struct place *place)
{
	bool found = false;

	assert_error(muster_policy_serves(place->host, place->store, &found), MUSTER_OK);
	return found;
}

static void order_mode(struct place *place, const char *mode, int64_t until_s)
{
	const struct muster_order order = {
		.kind = MUSTER_DIRECT, .directive = text("mode"), .value = text(mode), .until_s = until_s
	};

	assert_string_equal(carry_out(place, order), "ok");
}

/* R-077-06: the mode that holds, not the one that is configured */
static void test_what_is_announced_now(void **state)
{
	struct place *place = *state;

	muster_clock_pretend(1000000);
	order_mode(place, "closed", 1000060);
	assert_false(announces(place));
	assert_true(serves(place)); /* accounts change their passwords */
	set_option(place, "muster_unregister", string("deny"));
	assert_true(serves(place));
	set_option(place, "muster_change_password", string("deny"));
	assert_false(serves(place));
	muster_clock_pretend(1000060);
	assert_true(announces(place) && serves(place));
	set_option(place, "muster_registration", string("closed"));
	assert_false(announces(place) || serves(place));
	order_mode(place, "invite", 0);
	assert_true(announces(place) && serves(place));
	order_mode(place, "redirect", 0);
	assert_true(announces(place) && serves(place));
	muster_clock_pretend(0);
}

static void test_right_values_are_taken(void **state)
{
	struct place *place = *state;
	const struct muster_host *host = place->host;

	assert_true(announces(place));
	assert_true(muster_host_requires_tls(host));
	set_option(place, "allow_registration", boolean(false));
	assert_false(announces(place));
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
	assert_false(announces(place));
	set_option(place, "muster_registration", string("open"));
	assert_true(announces(place));
}

static void test_every_option_has_a_name(void **state)
{
	size_t count = 0;

	(void)state;
	while (muster_host_option(count))
		count++;
	assert_true(count > 40);
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
		cmocka_unit_test(test_wrong_lists_are_refused),
		cmocka_unit_test(test_wrong_limits_are_refused),
		cmocka_unit_test(test_wrong_terms_are_refused),
		TEST(test_a_least_length_above_the_greatest),
		TEST(test_patterns_need_somebody_who_knows_them),
		cmocka_unit_test(test_modes_of_a_service),
		TEST(test_what_is_announced_now),
		TEST(test_right_values_are_taken),
		TEST(test_muster_registration_stands_above_allow_registration),
		cmocka_unit_test(test_every_option_has_a_name),
		cmocka_unit_test(test_hosts_that_cannot_be),
		cmocka_unit_test(test_what_an_address_counts_as),
		cmocka_unit_test(test_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
