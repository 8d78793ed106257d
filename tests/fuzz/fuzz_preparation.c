/* fuzz_preparation.c -- any bytes as a name, a domain, a label and a password: what is accepted stays as it is. */
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "muster/error.h"
#include "muster/preparation.h"

typedef int preparation(struct muster_text given, struct muster_buffer *prepared);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static int password(struct muster_text given, struct muster_buffer *derivable)
{
	size_t length = 0;
	int error = muster_password_prepare(given, derivable, &length);

	if (error == MUSTER_OK)
		check(length > 0 && length <= given.size);
	return error;
}

static void prepare_twice(preparation *prepare, struct muster_text given, int refusal, size_t max)
{
	struct muster_buffer first = { 0 }, second = { 0 };
	int error = prepare(given, &first);

	if (error == MUSTER_OK) {
		check(first.size > 0 && first.size <= max);
		check(prepare(muster_buffer_text(&first), &second) == MUSTER_OK);
		check(muster_text_is(muster_buffer_text(&first), muster_buffer_text(&second)));
	} else {
		check(error == refusal && first.data == NULL);
	}
	muster_buffer_clear(&second);
	muster_buffer_clear(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct muster_text given = { (const char *)data, size };

	prepare_twice(muster_name_prepare, given, MUSTER_BAD_NAME, MUSTER_NAME_MAX);
	prepare_twice(muster_domain_prepare, given, MUSTER_BAD_NAME, MUSTER_DOMAIN_MAX);
	prepare_twice(muster_label_prepare, given, MUSTER_BAD_NAME, MUSTER_NAME_MAX);
	prepare_twice(password, given, MUSTER_BAD_PASSWORD, SIZE_MAX);
	check(muster_memory_live() == 0);
	return 0;
}
