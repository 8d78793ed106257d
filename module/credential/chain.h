/* chain.h -- a derivation under way: PBKDF2 (RFC 8018, section 5.2) with HMAC, one block of output.
 *
 * HMAC hashes its padded key before each message. Those two states never change, so they are computed once, and each
 * further round costs two blocks of the hash and nothing else. */
#ifndef MUSTER_CREDENTIAL_CHAIN_H
#define MUSTER_CREDENTIAL_CHAIN_H

#include <stdint.h>

#include "muster/scram.h"

/* A state or a digest in words of the hash: SHA-1 has five short ones, SHA-256 eight, SHA-512 eight long ones. */
union muster_words {
	uint32_t short_words[8];
	uint64_t long_words[8];
};

struct muster_chain {
	enum muster_hash hash;
	uint32_t rounds;                 /* that are left */
	union muster_words inner, outer; /* after the padded key */
	union muster_words digest;       /* of the last round */
	union muster_words sum;          /* of all digests so far, by exclusive or */
};

/* Make the first of `iterations` rounds; there is at least one. */
void muster_chain_start(struct muster_chain *chain, enum muster_hash hash, struct muster_text password,
                        struct muster_text salt, uint32_t iterations);

/* Make the rounds that are left, one after the other, by the library's block function. */
void muster_chain_run(struct muster_chain *chain);

/* What was derived, muster_hash_size(hash) bytes. Wipes the chain. */
void muster_chain_end(struct muster_chain *chain, uint8_t *derived);

#endif
