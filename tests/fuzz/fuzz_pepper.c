/* fuzz_pepper.c -- files of peppers, as an operator may write anything; what is sealed by one that is read opens. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "muster/pepper.h"

static void try_seal(const struct muster_pepper *pepper, struct muster_text plain)
{
	uint8_t sealed[64 + MUSTER_PEPPER_OVERHEAD], opened[64];
	struct muster_text id = muster_pepper_id(pepper);

	if (plain.size > sizeof(opened))
		plain.size = sizeof(opened);
	check(muster_pepper_seal(pepper, &id, 1, plain, sealed) == MUSTER_OK);
	check(muster_pepper_open(pepper, &id, 1,
	                         (struct muster_text){ (const char *)sealed, plain.size + MUSTER_PEPPER_OVERHEAD },
	                         opened) == MUSTER_OK);
	check(plain.size == 0 || memcmp(opened, plain.data, plain.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_failure failure = { 0 };
	struct muster_peppers *peppers;
	char *bytes = malloc(size > 0 ? size : 1); /* of its own, so that a byte too many is noticed */
	int error;

	check(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	error = muster_peppers_parse(&peppers, (struct muster_text){ bytes, size }, "peppers", &failure);
	check(error == MUSTER_OK || error == MUSTER_BAD_OPTION);
	check((error == MUSTER_OK) == (peppers != NULL) && (error == MUSTER_OK) == (failure.text[0] == '\0'));
	if (peppers && muster_peppers_in_force(peppers))
		try_seal(muster_peppers_in_force(peppers), (struct muster_text){ bytes, size });
	muster_peppers_free(peppers);
	free(bytes);
	return 0;
}
