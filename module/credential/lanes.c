/* lanes.c -- what lanes there are, and how chains get in and out of them. */
#include "credential/lanes.h"

#include <pthread.h>
#include <string.h>

/* What kernels work on: a row for each word, in which each chain has a lane. */
enum {
	ROW_INNER = 0,
	ROW_OUTER = 8,
	ROW_DIGEST = 16,
	ROW_SUM = 24,
	ROW_STATE = 32, /* from here on their own */
	ROW_WORDS = 40,
	ROW_COUNT = 56,
	ROW_BYTES = 64 /* of the widest vectors */
};

/* --- kernels --- */

#if defined(__x86_64__)
#include <cpuid.h>

static const uint32_t sha_1_constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };

/* By how much the sigmas rotate: the big ones of a and e, the small ones, whose third only shifts. */
static const int sha_256_shifts[4][3] = { { 2, 13, 22 }, { 6, 11, 25 }, { 7, 18, 3 }, { 17, 19, 10 } };
static const int sha_512_shifts[4][3] = { { 28, 34, 39 }, { 14, 18, 41 }, { 1, 8, 7 }, { 19, 61, 6 } };

/* SHA-512's, whose upper halves are SHA-256's. */
static const uint64_t sha_2_constants[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
	0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
	0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
	0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
	0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
	0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
	0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
	0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
	0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
	0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
	0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

#define LANES_TARGET __attribute__((target("avx512f")))
#define LANES_BYTES 64
#define LANES_NAME(noun) noun##_avx512_short
#define LANES_BITS 32
#define LANES_WORD uint32_t
#include "credential/lanes_kernel.h"
#define LANES_NAME(noun) noun##_avx512_long
#define LANES_BITS 64
#define LANES_WORD uint64_t
#include "credential/lanes_kernel.h"
#undef LANES_TARGET
#undef LANES_BYTES

#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_BYTES 32
#define LANES_NAME(noun) noun##_avx2_short
#define LANES_BITS 32
#define LANES_WORD uint32_t
#include "credential/lanes_kernel.h"
#define LANES_NAME(noun) noun##_avx2_long
#define LANES_BITS 64
#define LANES_WORD uint64_t
#include "credential/lanes_kernel.h"

/* The numbers were measured; script/bench derive repeats it. */
const struct muster_lanes muster_lanes[] = {
	{ .name = "AVX-512",
	  .bytes = 64,
	  .least = { 3, 6, 2 },
	  .least_unaided = { 2, 2, 2 },
	  .rounds = { sha_1_avx512_short, sha_256_avx512_short, sha_512_avx512_long } },
	{ .name = "AVX2",
	  .bytes = 32,
	  .least = { 4, 9, 3 },
	  .least_unaided = { 2, 3, 3 },
	  .rounds = { sha_1_avx2_short, sha_256_avx2_short, sha_512_avx2_long } },
	{ .name = NULL },
};

bool muster_lanes_supported(const struct muster_lanes *lanes)
{
	return lanes->bytes == 64 ? __builtin_cpu_supports("avx512f") : __builtin_cpu_supports("avx2");
}

static bool has_sha(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

#else

const struct muster_lanes muster_lanes[] = { { .name = NULL } };

bool muster_lanes_supported(const struct muster_lanes *lanes)
{
	return lanes->name != NULL;
}

static bool has_sha(void)
{
	return false;
}
#endif

/* --- choice --- */

/* Found out once: a virtual machine takes long to answer. */
static struct {
	pthread_once_t once;
	const struct muster_lanes *best;
	bool has_sha;
} processor = { .once = PTHREAD_ONCE_INIT };

static void look_at_processor(void)
{
	const struct muster_lanes *lanes = muster_lanes;

	while (lanes->name && !muster_lanes_supported(lanes))
		lanes++;
	processor.best = lanes->name ? lanes : NULL;
	processor.has_sha = has_sha();
}

const struct muster_lanes *muster_lanes_best(void)
{
	pthread_once(&processor.once, look_at_processor);
	return processor.best;
}

static size_t word_size(enum muster_hash hash)
{
	return hash == MUSTER_SHA_512 ? sizeof(uint64_t) : sizeof(uint32_t);
}

size_t muster_lanes_width(const struct muster_lanes *lanes, enum muster_hash hash)
{
	return lanes->bytes / word_size(hash);
}

size_t muster_lanes_least(const struct muster_lanes *lanes, enum muster_hash hash)
{
	pthread_once(&processor.once, look_at_processor);
	return processor.has_sha ? lanes->least[hash] : lanes->least_unaided[hash];
}

/* --- in and out --- */

struct rows {
	_Alignas(ROW_BYTES) uint8_t bytes[ROW_COUNT * ROW_BYTES];
};

static uint8_t *lane_of(const struct muster_lanes *lanes, struct rows *rows, size_t row, size_t lane, size_t size)
{
	return rows->bytes + row * lanes->bytes + lane * size;
}

static void put(const struct muster_lanes *lanes, struct rows *rows, size_t row, size_t lane,
                const union muster_words *words, size_t size)
{
	for (size_t i = 0; i < 8; i++)
		memcpy(lane_of(lanes, rows, row + i, lane, size), (const uint8_t *)words + i * size, size);
}

static void take(const struct muster_lanes *lanes, struct rows *rows, size_t row, size_t lane,
                 union muster_words *words, size_t size)
{
	for (size_t i = 0; i < 8; i++)
		memcpy((uint8_t *)words + i * size, lane_of(lanes, rows, row + i, lane, size), size);
}

void muster_lanes_run(const struct muster_lanes *lanes, struct muster_chain *const chains[], size_t count,
                      uint32_t rounds)
{
	size_t size = word_size(chains[0]->hash);
	struct rows rows;

	memset(&rows, 0, sizeof(rows));
	for (size_t lane = 0; lane < count; lane++) {
		put(lanes, &rows, ROW_INNER, lane, &chains[lane]->inner, size);
		put(lanes, &rows, ROW_OUTER, lane, &chains[lane]->outer, size);
		put(lanes, &rows, ROW_DIGEST, lane, &chains[lane]->digest, size);
		put(lanes, &rows, ROW_SUM, lane, &chains[lane]->sum, size);
	}
	lanes->rounds[chains[0]->hash](rows.bytes, rounds);
	for (size_t lane = 0; lane < count; lane++) {
		take(lanes, &rows, ROW_DIGEST, lane, &chains[lane]->digest, size);
		take(lanes, &rows, ROW_SUM, lane, &chains[lane]->sum, size);
		chains[lane]->rounds -= rounds;
	}
	muster_wipe(&rows, sizeof(rows));
}
