/* derive.c -- `muster-derive`: how long derivations take on each path, beside OpenSSL's PBKDF2.
 *
 *   muster-derive [ROUNDS [ITERATIONS]]
 *
 * Prints an object a line: path, hash, how many passwords were derived at once, and the microseconds of processor time
 * that each of them took. Paths take turns, ROUNDS times. What is derived must be what OpenSSL derives. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "credential/derivation.h"

enum { QUEUE_MAX = 16, SALT_SIZE = 16 };

struct load {
	struct muster_pbkdf2 derivations[QUEUE_MAX * MUSTER_HASH_COUNT];
	uint8_t derived[QUEUE_MAX * MUSTER_HASH_COUNT][MUSTER_DIGEST_MAX];
	char passwords[QUEUE_MAX][SALT_SIZE];
	uint32_t iterations;
	size_t count;
};

static const char salt[] = "0123456789abcdef";

static double processor_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void add(struct load *load, enum muster_hash hash, size_t password)
{
	load->derivations[load->count] = (struct muster_pbkdf2){
		.hash = hash,
		.iterations = load->iterations,
		.password = { load->passwords[password], strlen(load->passwords[password]) },
		.salt = { salt, SALT_SIZE },
		.derived = load->derived[load->count],
	};
	load->count++;
}

static void derive_as_openssl(const struct muster_pbkdf2 *derivation, uint8_t *derived)
{
	static const EVP_MD *(*const library[MUSTER_HASH_COUNT])(void) = { EVP_sha1, EVP_sha256, EVP_sha512 };

	PKCS5_PBKDF2_HMAC(derivation->password.data, (int)derivation->password.size,
	                  (const unsigned char *)derivation->salt.data, (int)derivation->salt.size,
	                  (int)derivation->iterations, library[derivation->hash](),
	                  (int)muster_hash_size(derivation->hash), derived);
}

static void check(const struct load *load)
{
	for (size_t i = 0; i < load->count; i++) {
		uint8_t derived[MUSTER_DIGEST_MAX];

		derive_as_openssl(&load->derivations[i], derived);
		if (memcmp(derived, load->derived[i], muster_hash_size(load->derivations[i].hash)) != 0) {
			fprintf(stderr, "muster-derive: this is not what OpenSSL derives\n");
			exit(1);
		}
	}
}

static void print(const char *path, const char *hash, size_t count, double us)
{
	printf("{\"path\": \"%s\", \"hash\": \"%s\", \"count\": %zu, \"us\": %.2f}\n", path, hash, count,
	       us / (double)count);
}

static void measure_openssl(struct load *load, enum muster_hash hash)
{
	double begun;

	load->count = 0;
	add(load, hash, 0);
	begun = processor_us();
	derive_as_openssl(&load->derivations[0], load->derived[0]);
	print("OpenSSL", muster_hash_name(hash), 1, processor_us() - begun);
}

/* A full pass, whether or not that pays on this processor. */
static void measure_pass(struct load *load, enum muster_hash hash, const struct muster_lanes *lanes)
{
	struct muster_chain chains[MUSTER_LANES_MAX], *pointers[MUSTER_LANES_MAX];
	size_t width = muster_lanes_width(lanes, hash);
	double begun = processor_us(), ended;

	load->count = 0;
	for (size_t i = 0; i < width; i++) {
		add(load, hash, i);
		muster_chain_start(&chains[i], hash, load->derivations[i].password, load->derivations[i].salt,
		                   load->iterations);
		pointers[i] = &chains[i];
	}
	muster_lanes_run(lanes, pointers, width, load->iterations - 1);
	for (size_t i = 0; i < width; i++)
		muster_chain_end(&chains[i], load->derived[i]);
	ended = processor_us();
	check(load);
	print(lanes->name, muster_hash_name(hash), width, ended - begun);
}

/* As a worker does it: so many passwords, with so many hashes each. */
static void measure_queue(struct load *load, const char *path, const char *name, enum muster_hash first,
                          enum muster_hash last, size_t count, const struct muster_lanes *lanes)
{
	double begun, ended;

	load->count = 0;
	for (size_t i = 0; i < count; i++)
		for (enum muster_hash hash = first; hash <= last; hash++)
			add(load, hash, i);
	begun = processor_us();
	muster_derive_all(load->derivations, load->count, lanes);
	ended = processor_us();
	check(load);
	print(path, name, count, ended - begun);
}

static void measure(struct load *load)
{
	static const size_t queues[] = { 1, 2, 4, 8, 12, 16 };

	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++) {
		measure_openssl(load, hash);
		measure_queue(load, "one by one", muster_hash_name(hash), hash, hash, 1, NULL);
		for (const struct muster_lanes *lanes = muster_lanes; lanes->name; lanes++)
			if (muster_lanes_supported(lanes))
				measure_pass(load, hash, lanes);
	}
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		measure_queue(load, "one by one", "both", MUSTER_SHA_1, MUSTER_SHA_256, queues[i], NULL);
		for (const struct muster_lanes *lanes = muster_lanes; lanes->name; lanes++)
			if (muster_lanes_supported(lanes))
				measure_queue(load, lanes->name, "both", MUSTER_SHA_1, MUSTER_SHA_256, queues[i],
				              lanes);
	}
}

/* An argument, which may be missing; 0 if it is no number. */
static long number(const char *argument, long missing)
{
	return argument ? strtol(argument, NULL, 10) : missing;
}

int main(int argc, char *argv[])
{
	long rounds = number(argc > 1 ? argv[1] : NULL, 5), iterations = number(argc > 2 ? argv[2] : NULL, 10000);
	static struct load load;

	load.iterations = (uint32_t)iterations;
	if (rounds < 1 || iterations < 2) {
		fprintf(stderr, "usage: muster-derive [ROUNDS [ITERATIONS]]\n");
		return 2;
	}
	for (size_t i = 0; i < QUEUE_MAX; i++)
		snprintf(load.passwords[i], sizeof(load.passwords[i]), "password %zu", i);
	for (long round = 0; round < rounds; round++) {
		measure(&load);
		fflush(stdout);
	}
	return 0;
}
