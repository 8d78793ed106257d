/* fuzz.h -- what the targets share. A target is LLVMFuzzerTestOneInput; it aborts where something does not hold. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "muster/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check(bool holds)
{
	if (!holds)
		abort();
}

/* A store and a host that live as long as the process; the store's directory is gone at its end. */
struct muster_store *fuzz_store(void);
struct muster_host *fuzz_host(void);
struct muster_host *fuzz_asking_host(void); /* that asks challenges: "qa", "SHA-256" */

#endif
