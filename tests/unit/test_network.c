/* test_network.c -- addresses and networks: read, written, compared, and as DNS lists know them. */
#include "support.h"

#include "muster/policy.h"
#include "policy/network.h"

static struct muster_network network(const char *string)
{
	struct muster_network read;

	if (muster_network_read(text(string), &read) != MUSTER_OK)
		fail_msg("\"%s\" cannot be read", string);
	return read;
}

#define assert_written(network, wanted) assert_written_(network, wanted, __FILE__, __LINE__)

static void assert_written_(struct muster_network written, const char *wanted, const char *file, int line)
{
	char text_of[MUSTER_NETWORK_TEXT];

	assert_text_(muster_network_text(&written, text_of), wanted, file, line);
}

/* --- reading and writing --- */

static const char *const spellings[][2] = {
	{ "192.0.2.7", "192.0.2.7" },
	{ "192.0.2.7/32", "192.0.2.7" },
	{ "192.0.2.0/24", "192.0.2.0/24" },
	{ "192.0.2.7/24", "192.0.2.0/24" },
	{ "192.0.2.7/31", "192.0.2.6/31" },
	{ "255.255.255.255/1", "128.0.0.0/1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255/0", "0.0.0.0/0" },
	{ "2001:DB8:0:0::1", "2001:db8::1" },
	{ "2001:db8::1/128", "2001:db8::1" },
	{ "2001:db8::1/127", "2001:db8::/127" },
	{ "2001:db8:1:2:3::/64", "2001:db8:1:2::/64" },
	{ "ffff::/1", "8000::/1" },
	{ "::", "::" },
	{ "::1/0", "::/0" },
	{ "::192.0.2.7", "::192.0.2.7" },
	{ "::ffff:192.0.2.7", "192.0.2.7" },
	{ "::FFFF:c000:0207", "192.0.2.7" },
	{ "::ffff:192.0.2.7/120", "192.0.2.0/24" },
	{ "::ffff:0:0/96", "0.0.0.0/0" },
	{ "::ffff:192.0.2.7/95", "::fffe:0:0/95" },
	{ "fe80::1%eth0", "fe80::1" },
	{ "fe80::1%eth0/64", "fe80::/64" },
};

static void test_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct muster_network once = network(spellings[i][0]), twice = network(spellings[i][1]);

		assert_written(once, spellings[i][1]);
		assert_memory_equal(once.bytes, twice.bytes, sizeof(once.bytes));
		assert_int_equal(once.bits, twice.bits);
		assert_true(once.ipv4 == twice.ipv4);
	}
}

static void test_what_is_no_network(void **state)
{
	static const char *const wrong[] = {
		"",
		"/",
		"/24",
		"%",
		"*",
		"x",
		"192.0.2",
		"192.0.2.7.1",
		"256.0.2.7",
		"192.0.2.7/",
		"192.0.2.7/33",
		"192.0.2.7/-1",
		"192.0.2.7/+1",
		"192.0.2.7/ 8",
		"192.0.2.7/8 ",
		"192.0.2.7/0032",
		"192.0.2.7/24/24",
		" 192.0.2.7",
		"::/129",
		"::/256",
		"::ffff:192.0.2.7/129",
		":::",
		"2001:db8::1::1",
		"2001:db8::12345",
		"[2001:db8::1]",
		"fe80::/10%eth0",
		"example.org",
		"fe80::1%000000000000000000000000000000000000000000000000000000000000",
	};
	struct muster_network read;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (muster_network_read(text(wrong[i]), &read) != MUSTER_MALFORMED)
			fail_msg("\"%s\" is read", wrong[i]);
	assert_error(muster_network_read(text(NULL), &read), MUSTER_MALFORMED);
	assert_error(muster_network_read(MUSTER_TEXT("192.0.2.7\0"), &read), MUSTER_MALFORMED);
	assert_error(muster_network_read(MUSTER_TEXT("192.0.2\0.7"), &read), MUSTER_MALFORMED);
}

/* A bit behind the prefix is a typing error: one of the two numbers is not meant. */
static void test_bits_behind_the_prefix(void **state)
{
	static const char *const loose[] = { "192.0.2.7/24", "192.0.2.0/22",    "0.0.0.1/0",
		                             "::1/0",        "2001:db8::1/127", "::ffff:192.0.2.7/120" };
	static const char *const exact[] = { "192.0.2.0/24", "192.0.2.7/32", "192.0.2.7", "0.0.0.0/0",
		                             "::/0",         "::1/128",      "::1",       "::ffff:192.0.2.0/120" };
	struct muster_network read;

	(void)state;
	for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++)
		assert_error(muster_network_read_exactly(text(loose[i]), &read), MUSTER_MALFORMED);
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		assert_error(muster_network_read_exactly(text(exact[i]), &read), MUSTER_OK);
	assert_error(muster_network_read_exactly(text("192.0.2"), &read), MUSTER_MALFORMED);
}

static void test_what_is_one_address(void **state)
{
	static const char *const addresses[] = { "192.0.2.7", "0.0.0.0", "::", "::ffff:192.0.2.7", "2001:db8::1/128" };
	static const char *const networks[] = { "192.0.2.6/31", "0.0.0.0/0", "::/0", "2001:db8::/127",
		                                "2001:db8::/32" };
	const struct muster_network nothing = { .bits = 0 };
	struct muster_network read;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		read = network(addresses[i]);
		assert_true(muster_network_is_address(&read));
	}
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		read = network(networks[i]);
		assert_false(muster_network_is_address(&read));
	}
	assert_false(muster_network_is_address(&nothing));
}

/* --- comparing --- */

static bool holds(const char *outer, const char *inner)
{
	struct muster_network one = network(outer), other = network(inner);

	return muster_network_holds(&one, &other);
}

static void test_what_holds_what(void **state)
{
	(void)state;
	assert_true(holds("192.0.2.0/24", "192.0.2.0"));
	assert_true(holds("192.0.2.0/24", "192.0.2.255"));
	assert_true(holds("192.0.2.0/24", "::ffff:192.0.2.255"));
	assert_true(holds("192.0.2.0/24", "192.0.2.0/24"));
	assert_true(holds("192.0.2.0/24", "192.0.2.128/25"));
	assert_false(holds("192.0.2.0/24", "192.0.2.0/23"));
	assert_false(holds("192.0.2.0/24", "192.0.3.0"));
	assert_false(holds("192.0.2.0/24", "192.0.1.255"));
	assert_true(holds("192.0.2.7", "192.0.2.7"));
	assert_false(holds("192.0.2.7", "192.0.2.6"));
	assert_true(holds("0.0.0.0/0", "255.255.255.255"));
	assert_true(holds("0.0.0.0/0", "0.0.0.0/0"));
	assert_false(holds("0.0.0.0/0", "::1"));
	assert_false(holds("::/0", "192.0.2.7"));
	assert_true(holds("::/0", "ffff::1"));
	assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(holds("::1", "::1"));
	assert_false(holds("::1", "::"));
}

static void test_around(void **state)
{
	struct muster_network address = network("192.0.2.7"), six = network("2001:db8:1:2:3:4:5:6"),
			      wide = network("10.0.0.0/8");

	(void)state;
	assert_written(muster_network_around(&address, 24, 64), "192.0.2.0/24");
	assert_written(muster_network_around(&address, 32, 0), "192.0.2.7");
	assert_written(muster_network_around(&address, 0, 64), "0.0.0.0/0");
	assert_written(muster_network_around(&six, 24, 64), "2001:db8:1:2::/64");
	assert_written(muster_network_around(&six, 0, 128), "2001:db8:1:2:3:4:5:6");
	assert_written(muster_network_around(&six, 32, 0), "::/0");
	assert_written(muster_network_around(&wide, 24, 64), "10.0.0.0/8"); /* it never becomes smaller */
}

/* --- any network --- */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct muster_network any(uint32_t *seed)
{
	struct muster_network made = { .ipv4 = next(seed) % 2 };

	made.bits = made.ipv4 ? MUSTER_NETWORK_BITS_4 : MUSTER_NETWORK_BITS_6;
	for (size_t i = 0; i < (made.ipv4 ? 4 : 16); i++)
		made.bytes[i] = (uint8_t)(next(seed) % 3 == 0 ? 0 : next(seed));
	return muster_network_around(&made, (uint8_t)(next(seed) % 33), (uint8_t)(next(seed) % 129));
}

static bool bit(const struct muster_network *of, unsigned index)
{
	return of->bytes[index / 8] >> (7 - index % 8) & 1;
}

static bool holds_bit_by_bit(const struct muster_network *outer, const struct muster_network *inner)
{
	for (unsigned i = 0; i < outer->bits; i++)
		if (i >= inner->bits || bit(outer, i) != bit(inner, i))
			return false;
	return outer->ipv4 == inner->ipv4;
}

static void test_any_network(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < rounds(20000, 500); i++) {
		struct muster_network one = any(&seed), other = any(&seed), read;
		char text_of[MUSTER_NETWORK_TEXT];

		assert_error(muster_network_read_exactly(muster_network_text(&one, text_of), &read), MUSTER_OK);
		assert_memory_equal(read.bytes, one.bytes, sizeof(one.bytes));
		assert_true(read.bits == one.bits && read.ipv4 == one.ipv4);
		if (next(&seed) % 2) /* a neighbour, or the same */
			other = muster_network_around(&one, (uint8_t)(next(&seed) % 33), (uint8_t)(next(&seed) % 129));
		assert_true(muster_network_holds(&one, &other) == holds_bit_by_bit(&one, &other));
		assert_true(muster_network_holds(&other, &one) == holds_bit_by_bit(&other, &one));
	}
}

/* --- DNS lists --- */

static void test_reversed(void **state)
{
	struct muster_network four = network("192.0.2.7"), mapped = network("::ffff:192.0.2.7"),
			      six = network("2001:db8:1:2:3:4:567:89ab");
	char name[MUSTER_NETWORK_TEXT + 1];

	(void)state;
	assert_text(muster_network_reversed(&four, name), "7.2.0.192");
	assert_text(muster_network_reversed(&mapped, name), "7.2.0.192");
	assert_text(muster_network_reversed(&six, name),
	            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"); /* RFC 5782, section 2.4 */
}

static int lookup(struct place *place, const char *address, size_t index, const char *name, const char *list)
{
	struct muster_buffer found = { 0 };
	struct muster_text found_list = { 0 };
	int error = muster_policy_lookup(place->host, text(address), index, &found, &found_list);

	if (error == MUSTER_OK) {
		assert_text(muster_buffer_text(&found), name);
		assert_text(found_list, list);
	}
	muster_buffer_clear(&found);
	return error;
}

static void test_lookups(void **state)
{
	struct place *place = *state;

	assert_error(lookup(place, "192.0.2.7", 0, NULL, NULL), MUSTER_NOT_FOUND);
	set_option(place, "muster_dnsbl", string("one.example"));
	assert_error(lookup(place, "192.0.2.7", 0, "7.2.0.192.one.example", "one.example"), MUSTER_OK);
	set_option(place, "muster_dnsbl", TABLE(ELEMENT(string("one.example")), ELEMENT(string("two.example"))));
	assert_error(lookup(place, "192.0.2.7", 0, "7.2.0.192.one.example", "one.example"), MUSTER_OK);
	assert_error(lookup(place, "::1", 1,
	                    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.two.example",
	                    "two.example"),
	             MUSTER_OK);
	assert_error(lookup(place, "192.0.2.7", 2, NULL, NULL), MUSTER_NOT_FOUND);
	assert_error(lookup(place, "nowhere", 0, NULL, NULL), MUSTER_MALFORMED);
	assert_error(lookup(place, "192.0.2.0/24", 0, NULL, NULL), MUSTER_MALFORMED);
	assert_error(lookup(place, NULL, 0, NULL, NULL), MUSTER_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_what_is_no_network),
		cmocka_unit_test(test_bits_behind_the_prefix),
		cmocka_unit_test(test_what_is_one_address),
		cmocka_unit_test(test_what_holds_what),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_any_network),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test_setup_teardown(test_lookups, open_place, close_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
