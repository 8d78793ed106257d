/* lanes_kernel.h -- rounds of HMAC in vectors (RFC 2104, FIPS 180-4). No header of its own: lanes.c includes it for
 * each kind of vectors and each size of words, with
 *
 *   LANES_NAME(noun)  what the noun is called for this kind and size
 *   LANES_TARGET      the attribute of functions that may use such vectors
 *   LANES_BYTES       the size of a vector
 *   LANES_BITS        the size of a word: 32 or 64
 *   LANES_WORD        its type */

#define VECTOR LANES_NAME(vector)
#define INLINE LANES_TARGET static inline __attribute__((always_inline)) void
#define ROTATE(x, count) ((x) >> (count) | (x) << (LANES_BITS - (count))) /* to the right */
#define BIG_SIGMA(x, by) (ROTATE(x, (by)[0]) ^ ROTATE(x, (by)[1]) ^ ROTATE(x, (by)[2]))
#define SMALL_SIGMA(x, by) (ROTATE(x, (by)[0]) ^ ROTATE(x, (by)[1]) ^ (x) >> (by)[2])
#define CHOICE(x, y, z) (((x) & (y)) ^ (~(x) & (z)))
#define MAJORITY(x, y, z) (((x) & (y)) ^ ((x) & (z)) ^ ((y) & (z)))

typedef LANES_WORD VECTOR __attribute__((vector_size(LANES_BYTES), may_alias));

#if LANES_BITS == 32
INLINE LANES_NAME(sha_1_block)(VECTOR *state, VECTOR *words)
{
	VECTOR a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], next;

#pragma GCC unroll 80
	for (int i = 0; i < 80; i++) {
		if (i >= 16) {
			next = words[(i + 13) % 16] ^ words[(i + 8) % 16] ^ words[(i + 2) % 16] ^ words[i % 16];
			words[i % 16] = ROTATE(next, 31);
		}
		next = e + ROTATE(a, 27) + sha_1_constants[i / 20] + words[i % 16];
		if (i < 20)
			next += CHOICE(b, c, d);
		else if (i < 40 || i >= 60)
			next += b ^ c ^ d;
		else
			next += MAJORITY(b, c, d);
		e = d;
		d = c;
		c = ROTATE(b, 2);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}
#endif

/* SHA-256 and SHA-512 differ in numbers only. */
INLINE LANES_NAME(sha_2_block)(VECTOR *state, VECTOR *words)
{
	const int(*by)[3] = LANES_BITS == 32 ? sha_256_shifts : sha_512_shifts;
	VECTOR a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
	       h = state[7], next;

#pragma GCC unroll 80
	for (int i = 0; i < (LANES_BITS == 32 ? 64 : 80); i++) {
		if (i >= 16)
			words[i % 16] += words[(i + 9) % 16] + SMALL_SIGMA(words[(i + 1) % 16], by[2]) +
			                 SMALL_SIGMA(words[(i + 14) % 16], by[3]);
		next = h + BIG_SIGMA(e, by[1]) + CHOICE(e, f, g) + words[i % 16];
		next += (LANES_WORD)(sha_2_constants[i] >> (64 - LANES_BITS));
		h = g;
		g = f;
		f = e;
		e = d + next;
		next += BIG_SIGMA(a, by[0]) + MAJORITY(a, b, c);
		d = c;
		c = b;
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

INLINE LANES_NAME(block)(enum muster_hash hash, VECTOR *state, VECTOR *words)
{
#if LANES_BITS == 32
	if (hash == MUSTER_SHA_1) {
		LANES_NAME(sha_1_block)(state, words);
		return;
	}
#else
	(void)hash;
#endif
	LANES_NAME(sha_2_block)(state, words);
}

/* `count` words make a digest. It is hashed behind the key on the one side of HMAC, and what comes of it on the other:
 * in a loop, since the code of two blocks would not fit into the processor's cache. */
INLINE LANES_NAME(rounds)(enum muster_hash hash, VECTOR *rows, uint32_t rounds, int count)
{
	VECTOR *state = rows + ROW_STATE, *words = rows + ROW_WORDS, *digest = rows + ROW_DIGEST, zero = { 0 };

	for (uint32_t half = 0; half < 2 * rounds; half++) {
		const VECTOR *side = rows + (half % 2 == 0 ? ROW_INNER : ROW_OUTER);

		for (int i = 0; i < 16; i++)
			words[i] = i < count ? digest[i] : zero;
		for (int i = 0; i < count; i++)
			state[i] = side[i];
		words[count] += (LANES_WORD)1
		                << (LANES_BITS - 1); /* the padding: a bit, and the message's size in bits */
		words[15] += (LANES_WORD)(16 + count) * LANES_BITS;
		LANES_NAME(block)(hash, state, words);
		for (int i = 0; i < count; i++)
			digest[i] = state[i];
		for (int i = 0; half % 2 == 1 && i < count; i++)
			rows[ROW_SUM + i] ^= digest[i];
	}
}

#if LANES_BITS == 32
LANES_TARGET static void LANES_NAME(sha_1)(void *rows, uint32_t rounds)
{
	LANES_NAME(rounds)(MUSTER_SHA_1, rows, rounds, 5);
}

LANES_TARGET static void LANES_NAME(sha_256)(void *rows, uint32_t rounds)
{
	LANES_NAME(rounds)(MUSTER_SHA_256, rows, rounds, 8);
}
#else
LANES_TARGET static void LANES_NAME(sha_512)(void *rows, uint32_t rounds)
{
	LANES_NAME(rounds)(MUSTER_SHA_512, rows, rounds, 8);
}
#endif

#undef VECTOR
#undef INLINE
#undef ROTATE
#undef BIG_SIGMA
#undef SMALL_SIGMA
#undef CHOICE
#undef MAJORITY
#undef LANES_NAME
#undef LANES_BITS
#undef LANES_WORD
