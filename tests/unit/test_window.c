/* test_window.c -- several windows of the throttle at once. */
#include "support.h"

#include "base/clock.h"

enum { NOON = 1767614400 };

static const char *try(struct place *place, const char *address)
{
	static unsigned names;
	struct muster_facts facts = stranger();
	char inner[128];

	facts.address = text(address);
	snprintf(inner, sizeof(inner), "<username>user%u</username><password>romeo</password>", ++names);
	return verdict(set(place, facts, inner));
}

static void set_windows(struct place *place, struct muster_value windows)
{
	muster_clock_pretend(NOON);
	set_option(place, "block_registrations_confusable", boolean(false));
	set_option(place, "muster_throttle", windows);
}

static int end(void **state)
{
	muster_clock_pretend(0);
	return close_place(state);
}

/* A window for IPv4 that says nothing of IPv6 has the width of the first there: one bucket for both. */
static void test_windows_that_share_a_bucket_charge_it_once(void **state)
{
	struct place *place = *state;

	set_windows(place, TABLE(ELEMENT(TABLE(ITEM("limit", number(10)), ITEM("ipv4", number(24)))),
	                         ELEMENT(TABLE(ITEM("limit", number(3))))));
	for (int i = 0; i < 3; i++)
		assert_string_equal(try(place, "2001:db8::1"), "result");
	assert_string_equal(try(place, "2001:db8::2"), "not-acceptable wait 406");
	for (int i = 0; i < 3; i++)
		assert_string_equal(try(place, "192.0.2.1"), "result");
	assert_string_equal(try(place, "192.0.2.1"), "not-acceptable wait 406");
}

/* The widest that is full refuses, whoever fills it. */
static void test_a_wide_window_is_filled_by_many(void **state)
{
	struct place *place = *state;
	char address[32];

	set_windows(place, TABLE(ELEMENT(TABLE(ITEM("limit", number(3)))),
	                         ELEMENT(TABLE(ITEM("limit", number(5)), ITEM("period", string("1 day")),
	                                       ITEM("ipv4", number(24))))));
	for (int i = 1; i <= 5; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", i);
		assert_string_equal(try(place, address), "result");
	}
	assert_string_equal(try(place, "192.0.2.6"), "not-acceptable wait 406");
	assert_string_equal(try(place, "192.0.3.6"), "result");
	muster_clock_pretend(NOON + 86400 / 5);
	assert_string_equal(try(place, "192.0.2.6"), "result");
	assert_string_equal(try(place, "192.0.2.7"), "not-acceptable wait 406");
}

/* A customer, what a provider hands out to one, and a site: each window counts by its own prefix. */
static void test_prefixes_of_every_size(void **state)
{
	struct place *place = *state;

	set_windows(place, TABLE(ELEMENT(TABLE(ITEM("limit", number(1)))),
	                         ELEMENT(TABLE(ITEM("limit", number(2)), ITEM("ipv6", number(56)),
	                                       ITEM("period", string("2h")))),
	                         ELEMENT(TABLE(ITEM("limit", number(3)), ITEM("ipv6", number(48)),
	                                       ITEM("ipv4", number(24)), ITEM("period", string("1 day"))))));
	assert_string_equal(try(place, "2001:db8:1:100::1"), "result");
	assert_string_equal(try(place, "2001:db8:1:100::2"), "not-acceptable wait 406"); /* the /64 */
	assert_string_equal(try(place, "2001:db8:1:1ff::1"), "result");
	assert_string_equal(try(place, "2001:db8:1:180::1"), "not-acceptable wait 406"); /* the /56 */
	assert_string_equal(try(place, "2001:db8:1:200::1"), "result");
	assert_string_equal(try(place, "2001:db8:1:300::1"), "not-acceptable wait 406"); /* the /48 */
	assert_string_equal(try(place, "2001:db8:2:100::1"), "result");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_windows_that_share_a_bucket_charge_it_once, open_place, end),
		cmocka_unit_test_setup_teardown(test_a_wide_window_is_filled_by_many, open_place, end),
		cmocka_unit_test_setup_teardown(test_prefixes_of_every_size, open_place, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
