/* derivation.h -- PBKDF2 (RFC 8018, section 5.2) with HMAC, one block of output, as SCRAM's Hi() wants it. */
#ifndef MUSTER_CREDENTIAL_DERIVATION_H
#define MUSTER_CREDENTIAL_DERIVATION_H

#include <stdint.h>

#include "credential/lanes.h"

/* Derive one digest. `derived` has room for muster_hash_size(hash) bytes; iterations is at least 1. */
void muster_derive(enum muster_hash hash, struct muster_text password, struct muster_text salt, uint32_t iterations,
                   uint8_t *derived);

/* The arguments of that. */
struct muster_pbkdf2 {
	enum muster_hash hash;
	uint32_t iterations;
	struct muster_text password, salt;
	uint8_t *derived;
};

/* Derive many, side by side where that is faster. `lanes` may be NULL: one after the other. */
void muster_derive_all(const struct muster_pbkdf2 *derivations, size_t count, const struct muster_lanes *lanes);

#endif
