/* test_scram.c -- keys, their encoding, and the made-up keys of names that nobody has. */
#include "support.h"

#include "credential/base64.h"
#include "credential/decoy.h"
#include "muster/scram.h"

static struct muster_scram_keys derive(enum muster_hash hash, const char *password, const char *salt, uint32_t rounds)
{
	struct muster_scram_keys keys = { .iterations = rounds, .salt_size = (uint8_t)strlen(salt) };

	memcpy(keys.salt, salt, strlen(salt));
	muster_scram_derive(hash, text(password), &keys);
	return keys;
}

static void assert_base64(const void *bytes, size_t size, const char *wanted)
{
	struct muster_buffer encoded = { 0 };

	assert_error(muster_base64_add(&encoded, (struct muster_text){ bytes, size }), MUSTER_OK);
	assert_text(muster_buffer_text(&encoded), wanted);
	muster_buffer_clear(&encoded);
}

/* The server's signature over an exchange: what stands behind "v=". */
static void assert_signature(enum muster_hash hash, const struct muster_scram_keys *keys, const char *exchange,
                             const char *wanted)
{
	uint8_t signature[MUSTER_DIGEST_MAX];
	size_t size = muster_hash_size(hash);

	muster_hmac(hash, (struct muster_text){ (const char *)keys->server_key, size }, text(exchange), signature);
	assert_base64(signature, size, wanted);
}

/* R-SCR-01: RFC 5802, section 5. The salt is that example's, decoded. */
static void test_vector_of_sha_1(void **state)
{
	struct muster_scram_keys keys = { .iterations = 4096, .salt_size = 12 };

	(void)state;
	assert_true(muster_base64_read(text("QSXCR+Q6sek8bf92"), keys.salt, 12));
	muster_scram_derive(MUSTER_SHA_1, text("pencil"), &keys);
	assert_base64(keys.stored_key, 20, "6dlGYMOdZcOPutkcNY8U2g7vK9Y=");
	assert_base64(keys.server_key, 20, "D+CSWLOshSulAsxiupA+qs2/fTE=");
	assert_signature(MUSTER_SHA_1, &keys,
	                 "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	                 "s=QSXCR+Q6sek8bf92,i=4096,c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
	                 "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

/* R-SCR-02: RFC 7677, section 3 */
static void test_vector_of_sha_256(void **state)
{
	struct muster_scram_keys keys = { .iterations = 4096, .salt_size = 16 };

	(void)state;
	assert_true(muster_base64_read(text("W22ZaJ0SNY7soEsUEjb6gQ=="), keys.salt, 16));
	muster_scram_derive(MUSTER_SHA_256, text("pencil"), &keys);
	assert_base64(keys.stored_key, 32, "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
	assert_base64(keys.server_key, 32, "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
	assert_signature(
		MUSTER_SHA_256, &keys,
		"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

static void test_salts_are_random_and_long_enough(void **state)
{
	struct muster_scram_keys one, other;

	(void)state;
	assert_error(muster_scram_salt(&one, 4096), MUSTER_OK);
	assert_error(muster_scram_salt(&other, 4096), MUSTER_OK);
	assert_true(one.salt_size >= 16);
	assert_int_equal(one.iterations, 4096);
	assert_memory_not_equal(one.salt, other.salt, one.salt_size);
}

static void test_the_same_password_has_the_same_keys(void **state)
{
	(void)state;
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		struct muster_scram_keys one = derive(hash, "romeo", "salt", 4096);
		struct muster_scram_keys same = derive(hash, "romeo", "salt", 4096);
		struct muster_scram_keys other = derive(hash, "Romeo", "salt", 4096);
		struct muster_scram_keys salted = derive(hash, "romeo", "pepper", 4096);

		assert_true(muster_scram_same(hash, &one, &same));
		assert_false(muster_scram_same(hash, &one, &other));
		assert_false(muster_scram_same(hash, &one, &salted));
		same.stored_key[muster_hash_size(hash) - 1] ^= 1;
		assert_false(muster_scram_same(hash, &one, &same));
	}
}

static void test_hashes_have_names(void **state)
{
	(void)state;
	assert_int_equal(muster_hash_of(text("SHA-1")), MUSTER_SHA_1);
	assert_int_equal(muster_hash_of(text("SHA-256")), MUSTER_SHA_256);
	assert_int_equal(muster_hash_of(text("SHA-512")), MUSTER_SHA_512);
	assert_int_equal(muster_hash_of(text("SHA-384")), MUSTER_HASH_COUNT);
	assert_string_equal(muster_hash_name(MUSTER_SHA_256), "SHA-256");
	assert_int_equal(muster_hash_size(MUSTER_SHA_1), 20);
}

/* --- decoys --- */

static struct muster_scram_keys decoy(const char *secret, const char *host, const char *name)
{
	const struct muster_set_shape shape = { .iterations = 10000, .salt_size = 16 };
	struct muster_scram_keys keys = { 0 };
	struct muster_decoy decoy;

	muster_decoy_begin(&decoy, text(secret), text(host), text(name));
	muster_decoy_keys(&decoy, MUSTER_SHA_256, &shape, &keys);
	return keys;
}

static void test_a_decoy_stays_the_same(void **state)
{
	struct muster_scram_keys one = decoy("secret", "localhost", "nobody"),
				 same = decoy("secret", "localhost", "nobody");

	(void)state;
	assert_memory_equal(&one, &same, sizeof(one));
	assert_int_equal(one.iterations, 10000);
	assert_int_equal(one.salt_size, 16);
}

static void test_decoys_differ_by_name_host_and_secret(void **state)
{
	struct muster_scram_keys one = decoy("secret", "localhost", "nobody"),
				 name = decoy("secret", "localhost", "noone"),
				 host = decoy("secret", "elsewhere", "nobody"),
				 secret = decoy("another", "localhost", "nobody"),
				 edge = decoy("secret", "localhostn", "obody");

	(void)state;
	assert_memory_not_equal(one.salt, name.salt, one.salt_size);
	assert_memory_not_equal(one.salt, host.salt, one.salt_size);
	assert_memory_not_equal(one.salt, secret.salt, one.salt_size);
	assert_memory_not_equal(one.salt, edge.salt, one.salt_size);
}

/* A salt of any size that a real one has, all of it random; a UUID where those are UUIDs. */
static void test_a_decoy_has_the_salt_of_its_shape(void **state)
{
	struct muster_set_shape shape = { .iterations = 4096, .salt_size = 128 };
	struct muster_scram_keys keys, other;
	struct muster_decoy decoy;
	struct muster_shape read;

	(void)state;
	muster_decoy_begin(&decoy, text("secret"), text("localhost"), text("nobody"));
	muster_decoy_keys(&decoy, MUSTER_SHA_1, &shape, &keys);
	assert_int_equal(keys.salt_size, 128);
	for (size_t i = 32; i < 128; i += 32)
		assert_memory_not_equal(keys.salt, keys.salt + i, 32);
	shape.iterations = 8192;
	muster_decoy_keys(&decoy, MUSTER_SHA_1, &shape, &other);
	assert_memory_not_equal(keys.salt, other.salt, 128);
	shape = (struct muster_set_shape){ .iterations = 4096, .salt_size = 36, .uuid = true };
	muster_decoy_keys(&decoy, MUSTER_SHA_1, &shape, &keys);
	muster_shape_of((const struct muster_scram_keys[MUSTER_HASH_COUNT]){ keys }, &read);
	assert_true(read.sets[MUSTER_SHA_1].uuid);
	assert_int_equal(keys.salt[14], '4');
}

enum { NAMES = 2000 };

/* How many of many names draw the first of two shapes; `drawn` says which. */
static int draw(uint64_t first, uint64_t second, bool drawn[NAMES])
{
	const struct muster_shape shapes[] = { { .sets = { { .iterations = 4096, .salt_size = 36 } } },
		                               { .sets = { { .iterations = 10000, .salt_size = 16 } } } };
	const uint64_t weights[] = { first, second };
	int count = 0;

	for (int i = 0; i < NAMES; i++) {
		struct muster_decoy decoy;
		char name[16];

		snprintf(name, sizeof(name), "nobody%d", i);
		muster_decoy_begin(&decoy, text("secret"), text("localhost"), text(name));
		drawn[i] = muster_decoy_draw(&decoy, shapes, weights, 2) == &shapes[0];
		count += drawn[i];
	}
	return count;
}

/* R-SCR-05: as often as accounts have them; and when accounts change, names change to what has gained only. */
static void test_shapes_are_drawn_by_their_weights(void **state)
{
	bool before[NAMES], after[NAMES];

	(void)state;
	assert_in_range(draw(3, 1, before), NAMES * 0.70, NAMES * 0.80);
	assert_in_range(draw(1, 1, after), NAMES * 0.45, NAMES * 0.55);
	for (int i = 0; i < NAMES; i++)
		assert_false(after[i] && !before[i]);
	assert_int_equal(draw(1, UINT64_MAX, after), 0);
}

/* --- base 64 (RFC 4648, section 10) --- */

static void test_base64_both_ways(void **state)
{
	static const char *const pairs[][2] = { { "f", "Zg==" },         { "fo", "Zm8=" },
		                                { "foo", "Zm9v" },       { "foob", "Zm9vYg==" },
		                                { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		uint8_t bytes[8] = { 0 };

		assert_base64(pairs[i][0], strlen(pairs[i][0]), pairs[i][1]);
		assert_true(muster_base64_read(text(pairs[i][1]), bytes, strlen(pairs[i][0])));
		assert_memory_equal(bytes, pairs[i][0], strlen(pairs[i][0]));
	}
}

static void test_base64_is_read_strictly(void **state)
{
	static const char *const bad[] = { "",     "Zg",   "Zg=",      "Zg===", "Zh==", "Zg==\n", " Zg==",
		                           "Z===", "Zm9v", "Zg==Zg==", "Z-==",  "====", "Zg=A" };
	uint8_t bytes[8];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (muster_base64_read(text(bad[i]), bytes, 1))
			fail_msg("\"%s\" was read", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector_of_sha_1),
		cmocka_unit_test(test_vector_of_sha_256),
		cmocka_unit_test(test_salts_are_random_and_long_enough),
		cmocka_unit_test(test_the_same_password_has_the_same_keys),
		cmocka_unit_test(test_hashes_have_names),
		cmocka_unit_test(test_a_decoy_stays_the_same),
		cmocka_unit_test(test_decoys_differ_by_name_host_and_secret),
		cmocka_unit_test(test_a_decoy_has_the_salt_of_its_shape),
		cmocka_unit_test(test_shapes_are_drawn_by_their_weights),
		cmocka_unit_test(test_base64_both_ways),
		cmocka_unit_test(test_base64_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
