/* test_derivation.c -- PBKDF2 on every path there is, against the vectors and against OpenSSL's own. */
#include "support.h"

#include <openssl/evp.h>

#include "credential/derivation.h"
#include "muster/scram.h"

enum { MANY = 40 }; /* more than fit into the lanes at once */

/* --- paths --- */

/* Vectors that this program has, as far as this processor can run them; the last path has none. */
typedef void check_fn(const struct muster_lanes *lanes);

static void on_every_path(check_fn *check)
{
	for (const struct muster_lanes *lanes = muster_lanes; lanes->name; lanes++)
		if (muster_lanes_supported(lanes))
			check(lanes);
		else
			print_message("skipped: this processor has no %s\n", lanes->name);
	check(NULL);
}

static const char *path_name(const struct muster_lanes *lanes)
{
	return lanes ? lanes->name : "one by one";
}

/* --- vectors --- */

struct vector {
	enum muster_hash hash;
	uint32_t iterations;
	struct muster_text password, salt;
	const char *derived;
};

#define BYTES(literal)                                                                                                 \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

/* RFC 6070; RFC 7914, section 11, whose first 32 bytes are its first block; for SHA-512, RFC 6070's inputs, as Python's
 * hashlib has them. */
static const struct vector vectors[] = {
	{ MUSTER_SHA_1, 1, BYTES("password"), BYTES("salt"), "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
	{ MUSTER_SHA_1, 2, BYTES("password"), BYTES("salt"), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" },
	{ MUSTER_SHA_1, 4096, BYTES("password"), BYTES("salt"), "4b007901b765489abead49d926f721d065a429c1" },
	{ MUSTER_SHA_1, 4096, BYTES("passwordPASSWORDpassword"), BYTES("saltSALTsaltSALTsaltSALTsaltSALTsalt"),
	  "3d2eec4fe41c849b80c8d83662c0e44a8b291a96" },
	{ MUSTER_SHA_1, 4096, BYTES("pass\0word"), BYTES("sa\0lt"), "56fa6aa75548099dcc37d7f03425e0c3" },
	{ MUSTER_SHA_256, 1, BYTES("passwd"), BYTES("salt"),
	  "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" },
	{ MUSTER_SHA_256, 80000, BYTES("Password"), BYTES("NaCl"),
	  "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" },
	{ MUSTER_SHA_512, 1, BYTES("password"), BYTES("salt"),
	  "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
	  "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce" },
	{ MUSTER_SHA_512, 4096, BYTES("passwordPASSWORDpassword"), BYTES("saltSALTsaltSALTsaltSALTsaltSALTsalt"),
	  "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71"
	  "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8" },
};

static void check_vectors(const struct muster_lanes *lanes)
{
	struct muster_pbkdf2 wanted[sizeof(vectors) / sizeof(vectors[0]) * 3];
	uint8_t derived[sizeof(wanted) / sizeof(wanted[0])][MUSTER_DIGEST_MAX];
	size_t count = sizeof(vectors) / sizeof(vectors[0]);

	/* Three times, so that there are enough for a pass. */
	for (size_t i = 0; i < 3 * count; i++) {
		const struct vector *vector = &vectors[i % count];

		wanted[i] = (struct muster_pbkdf2){ vector->hash, vector->iterations, vector->password, vector->salt,
			                            derived[i] };
	}
	muster_derive_all(wanted, 3 * count, lanes);
	for (size_t i = 0; i < 3 * count; i++) {
		const char *hex = vectors[i % count].derived;
		char found[2 * MUSTER_DIGEST_MAX + 1] = "";

		for (size_t k = 0; k < strlen(hex) / 2; k++)
			snprintf(found + 2 * k, 3, "%02x", derived[i][k]);
		assert_string_equal(found, hex);
	}
}

static void test_vectors_on_every_path(void **state)
{
	(void)state;
	on_every_path(check_vectors);
}

/* --- random input --- */

enum { LENGTH_MAX = 300, ROUNDS_MAX = 50, BATCHES = 60 };

/* The same in each run. */
static uint32_t draw(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

struct input {
	char password[LENGTH_MAX], salt[LENGTH_MAX];
	uint8_t derived[MUSTER_DIGEST_MAX];
};

static void draw_input(struct input *input, enum muster_hash hash, struct muster_pbkdf2 *wanted)
{
	for (size_t i = 0; i < LENGTH_MAX; i++) {
		input->password[i] = (char)draw(256);
		input->salt[i] = (char)draw(256);
	}
	*wanted = (struct muster_pbkdf2){
		.hash = hash,
		.password = { input->password, draw(LENGTH_MAX + 1) },
		.salt = { input->salt, draw(LENGTH_MAX + 1) },
		.iterations = 1 + draw(ROUNDS_MAX),
		.derived = input->derived,
	};
}

static void assert_as_openssl(const struct muster_pbkdf2 *wanted, const struct muster_lanes *lanes)
{
	static const EVP_MD *(*const library[MUSTER_HASH_COUNT])(void) = { EVP_sha1, EVP_sha256, EVP_sha512 };
	size_t size = muster_hash_size(wanted->hash);
	uint8_t theirs[MUSTER_DIGEST_MAX];

	assert_int_equal(PKCS5_PBKDF2_HMAC(wanted->password.data, (int)wanted->password.size,
	                                   (const unsigned char *)wanted->salt.data, (int)wanted->salt.size,
	                                   (int)wanted->iterations, library[wanted->hash](), (int)size, theirs),
	                 1);
	if (memcmp(theirs, wanted->derived, size) != 0)
		fail_msg("%s, %s: password of %zu bytes, salt of %zu, %u iterations", path_name(lanes),
		         muster_hash_name(wanted->hash), wanted->password.size, wanted->salt.size, wanted->iterations);
}

/* A key longer than a block is hashed first (RFC 2104, section 2), and a salt may take blocks. */
static void test_any_length(void **state)
{
	static struct input input;

	(void)state;
	for (size_t size = 0; size <= LENGTH_MAX; size++)
		for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
			struct muster_pbkdf2 wanted;

			draw_input(&input, hash, &wanted);
			wanted.password.size = size;
			wanted.salt.size = LENGTH_MAX - size;
			wanted.iterations = 2;
			muster_derive(hash, wanted.password, wanted.salt, wanted.iterations, wanted.derived);
			assert_as_openssl(&wanted, NULL);
		}
}

/* Any number, of any hashes, each with iterations of its own. */
static void check_random_input(const struct muster_lanes *lanes)
{
	static struct input inputs[MANY];
	struct muster_pbkdf2 wanted[MANY];

	for (int batch = 0; batch < BATCHES; batch++) {
		size_t count = draw(MANY + 1);
		enum muster_hash only = draw(MUSTER_HASH_COUNT + 1);

		for (size_t i = 0; i < count; i++)
			draw_input(&inputs[i], only < MUSTER_HASH_COUNT ? only : draw(MUSTER_HASH_COUNT), &wanted[i]);
		muster_derive_all(wanted, count, lanes);
		for (size_t i = 0; i < count; i++)
			assert_as_openssl(&wanted[i], lanes);
	}
}

static void test_random_input_on_every_path(void **state)
{
	(void)state;
	on_every_path(check_random_input);
}

/* However many lanes are taken, whether that pays or not; part of the rounds, then the rest one by one. */
static void check_lanes(const struct muster_lanes *lanes, enum muster_hash hash, size_t count)
{
	static struct input inputs[MUSTER_LANES_MAX];
	struct muster_chain chains[MUSTER_LANES_MAX], *pointers[MUSTER_LANES_MAX] = { NULL };
	struct muster_pbkdf2 wanted[MUSTER_LANES_MAX];
	uint32_t rounds = ROUNDS_MAX;

	for (size_t i = 0; i < count; i++) {
		draw_input(&inputs[i], hash, &wanted[i]);
		muster_chain_start(&chains[i], hash, wanted[i].password, wanted[i].salt, wanted[i].iterations);
		pointers[i] = &chains[i];
		rounds = chains[i].rounds < rounds ? chains[i].rounds : rounds;
	}
	muster_lanes_run(lanes, pointers, count, rounds);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(chains[i].rounds, wanted[i].iterations - 1 - rounds);
		muster_chain_run(&chains[i]);
		muster_chain_end(&chains[i], wanted[i].derived);
		assert_as_openssl(&wanted[i], lanes);
	}
}

static void check_all_lanes(const struct muster_lanes *lanes)
{
	for (enum muster_hash hash = 0; lanes && hash < MUSTER_HASH_COUNT; hash++)
		for (size_t count = 1; count <= muster_lanes_width(lanes, hash); count++)
			check_lanes(lanes, hash, count);
}

static void test_any_number_of_lanes(void **state)
{
	(void)state;
	on_every_path(check_all_lanes);
}

/* --- choice and traces --- */

static void test_the_best_path_is_one_that_runs(void **state)
{
	const struct muster_lanes *best = muster_lanes_best();

	(void)state;
	for (const struct muster_lanes *lanes = muster_lanes; lanes->name && lanes != best; lanes++)
		assert_false(muster_lanes_supported(lanes));
	assert_true(!best || muster_lanes_supported(best));
	for (enum muster_hash hash = 0; best && hash < MUSTER_HASH_COUNT; hash++)
		assert_in_range(muster_lanes_least(best, hash), 2, MUSTER_LANES_MAX);
}

static void test_a_chain_leaves_no_trace(void **state)
{
	static const struct muster_chain nothing;
	struct muster_chain chain;
	uint8_t derived[MUSTER_DIGEST_MAX];

	(void)state;
	muster_chain_start(&chain, MUSTER_SHA_512, text("password"), text("salt"), 3);
	muster_chain_run(&chain);
	muster_chain_end(&chain, derived);
	assert_memory_equal(&chain, &nothing, sizeof(chain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors_on_every_path),          cmocka_unit_test(test_any_length),
		cmocka_unit_test(test_random_input_on_every_path),     cmocka_unit_test(test_any_number_of_lanes),
		cmocka_unit_test(test_the_best_path_is_one_that_runs), cmocka_unit_test(test_a_chain_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
