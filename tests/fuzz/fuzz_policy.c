/* fuzz_policy.c -- any bytes as options of the rules and an applicant: the options are taken or refused by name, and
 * what is explained is what is judged. Bytes are read as a tree of values, one that begins where the last one ended:
 *
 *   0xff    the options end; else the number of an option and its value
 *   kind    0 boolean, 1 small number, 2 any number, 3 text, 4 table; behind it what belongs to it
 *
 * and then the applicant: flags, and texts. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fuzz.h"
#include "muster/preparation.h"
#include "policy/host.h"
#include "policy/rule.h"

enum { NOW = 1000000000, OPTIONS_MAX = 16, ITEMS_MAX = 12, DEPTH_MAX = 4 };

struct reader {
	const uint8_t *next, *end;
	struct muster_arena arena;
};

static uint8_t take_byte(struct reader *reader)
{
	return reader->next < reader->end ? *reader->next++ : 0;
}

static struct muster_text take_text(struct reader *reader)
{
	size_t size = take_byte(reader), left = (size_t)(reader->end - reader->next);
	struct muster_text text = { (const char *)reader->next, size < left ? size : left };

	reader->next += text.size;
	return text;
}

static struct muster_value take_value(struct reader *reader, int depth);

static struct muster_value take_table(struct reader *reader, int depth)
{
	size_t count = take_byte(reader) % (ITEMS_MAX + 1);
	struct muster_item *items = muster_arena_take(&reader->arena, (count + 1) * sizeof(*items));

	check(items != NULL);
	for (size_t i = 0; i < count; i++) {
		items[i] = (struct muster_item){ .key = MUSTER_NO_TEXT };
		if (take_byte(reader) % 2)
			items[i].key = take_text(reader);
		items[i].value = take_value(reader, depth + 1);
	}
	return (struct muster_value){ .kind = MUSTER_TABLE, .items = items, .count = count };
}

static struct muster_value take_value(struct reader *reader, int depth)
{
	struct muster_value value = { .kind = MUSTER_NUMBER };

	switch (take_byte(reader) % (depth < DEPTH_MAX ? 5 : 4)) {
	case 0:
		return (struct muster_value){ .kind = MUSTER_BOOLEAN, .boolean = take_byte(reader) % 2 };
	case 1:
		value.number = take_byte(reader);
		return value;
	case 2: {
		uint8_t bytes[sizeof(value.number)];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = take_byte(reader);
		memcpy(&value.number, bytes, sizeof(bytes));
		return value;
	}
	case 3:
		return (struct muster_value){ .kind = MUSTER_STRING, .text = take_text(reader) };
	default:
		return take_table(reader, depth);
	}
}

/* --- options --- */

/* Those that open files, and those that hold regular expressions, have targets of their own. */
static const char *const options[] = {
	"muster_registration",
	"allow_registration",
	"registration_allowlist",
	"registration_blocklist",
	"allowlist_registration_only",
	"muster_dnsbl",
	"muster_throttle",
	"min_seconds_between_registrations",
	"registration_throttle_max",
	"registration_throttle_period",
	"muster_rate",
	"block_registrations_users",
	"block_registrations_matching",
	"block_registrations_require",
	"block_registrations_length_minimum",
	"block_registrations_length_maximum",
	"muster_max_accounts",
	"muster_max_accounts_per_address",
	"muster_pending_expiry",
	"muster_quarantine",
	"muster_unregister_roles",
	"audit_log_expires_after",
	"audit_log_ipv4_prefix",
	"audit_log_ipv6_prefix",
	"user_tombstone_expiry",
	"block_registrations_confusable",
};

/* Parts of names; a bracket breaks a pattern. */
static int match(void *context, struct muster_text pattern, struct muster_text text)
{
	(void)context;
	if (memchr(pattern.data ? pattern.data : "", '[', pattern.size))
		return -1;
	return pattern.size == 0 || memmem(text.data, text.size, pattern.data, pattern.size) != NULL;
}

static struct muster_host *make_host(void)
{
	const struct muster_matcher matcher = { match, NULL };
	struct muster_host *host;

	check(muster_host_new(&host, MUSTER_HOST_ACCOUNTS, MUSTER_TEXT("localhost"), NULL) == MUSTER_OK);
	muster_host_set_matcher(host, &matcher);
	return host;
}

/* A host is not to be used after a wrong value, so each is tried on another one first. */
static void set_option(struct muster_host *host, const char *option, const struct muster_value *value)
{
	struct muster_host *trial = make_host();
	struct muster_failure failure = { 0 };
	int error = muster_host_set(trial, option, value, &failure);

	check(error == MUSTER_OK || error == MUSTER_BAD_OPTION);
	check(error == MUSTER_OK || strstr(failure.text, option) != NULL);
	if (error == MUSTER_OK)
		check(muster_host_set(host, option, value, &failure) == MUSTER_OK);
	muster_host_release(trial);
}

static struct muster_host *take_host(struct reader *reader)
{
	struct muster_host *host = make_host();

	for (int i = 0; i < OPTIONS_MAX; i++) {
		uint8_t number = take_byte(reader);
		struct muster_value value;

		if (number == 0xff)
			break;
		value = take_value(reader, 0);
		set_option(host, options[number % (sizeof(options) / sizeof(options[0]))], &value);
	}
	return host;
}

/* --- an applicant --- */

static bool take_address(struct reader *reader, struct muster_network *address)
{
	struct muster_network again;
	char text[MUSTER_NETWORK_TEXT], reversed[MUSTER_NETWORK_TEXT + 1];

	if (muster_network_read(take_text(reader), address) != MUSTER_OK)
		return false;
	check(muster_network_read_exactly(muster_network_text(address, text), &again) == MUSTER_OK);
	check(memcmp(again.bytes, address->bytes, sizeof(again.bytes)) == 0 && again.bits == address->bits &&
	      again.ipv4 == address->ipv4);
	check(muster_network_holds(address, &again));
	check(muster_network_reversed(address, reversed).size < sizeof(reversed));
	return muster_network_is_address(address);
}

static void note_first(void *context, const struct muster_verdict *verdict)
{
	struct muster_verdict *first = context;

	check(verdict->wait_s >= 0 && (verdict->wait_s == 0 || verdict->ground == MUSTER_GROUND_OFTEN));
	check(memchr(verdict->detail, '\0', sizeof(verdict->detail)) != NULL);
	if (!first->rule && verdict->ground != MUSTER_GROUND_NONE && strcmp(verdict->rule, "password") != 0)
		*first = *verdict;
}

static void judge(const struct muster_host *host, struct muster_transaction *transaction,
                  struct muster_applicant *applicant)
{
	struct muster_verdict first = { .rule = NULL }, verdict;
	int error = muster_rules_judge(host, transaction, MUSTER_STAGE_ALL, applicant, &verdict);

	check(error == MUSTER_OK || error == MUSTER_REFUSED);
	check(muster_rules_explain(host, transaction, applicant, note_first, &first) == MUSTER_OK);
	if (applicant->overrides) {
		check(error == MUSTER_OK || strcmp(verdict.rule, "name-taken") == 0);
		return;
	}
	check((error == MUSTER_REFUSED) == (first.rule != NULL));
	check(error == MUSTER_OK || (strcmp(verdict.rule, first.rule) == 0 && verdict.wait_s == first.wait_s));
	if (verdict.wait_s == 0)
		return;
	/* Who has waited is not throttled any more by the same rule. */
	applicant->now_s += verdict.wait_s;
	muster_rules_judge(host, transaction, MUSTER_STAGE_ALL, applicant, &first);
	check(!first.rule || strcmp(verdict.rule, first.rule) != 0);
}

static void judge_applicant(const struct muster_host *host, struct reader *reader)
{
	uint8_t flags = take_byte(reader), tries = take_byte(reader) % 32;
	struct muster_buffer name = { 0 };
	struct muster_network address;
	struct muster_transaction *transaction;
	struct muster_applicant applicant = {
		.self_service = flags & 1, .invited = flags & 2, .overrides = flags & 4, .now_s = NOW
	};

	if (take_address(reader, &address))
		applicant.address = &address;
	if (muster_name_prepare(take_text(reader), &name) == MUSTER_OK)
		applicant.username = muster_buffer_text(&name);
	if (flags & 8)
		applicant.listed = take_text(reader);
	if (flags & 16)
		applicant.password = take_text(reader);
	check(muster_transaction_write(fuzz_store(), &transaction) == MUSTER_OK);
	for (uint8_t i = 0; i < tries; i++) {
		const uint64_t amount = take_byte(reader) * 8;
		const struct muster_level level = { amount, amount % 16 ? amount : 0 };

		check(muster_throttle_charge(host, transaction, applicant.address, NOW, level) == MUSTER_OK);
	}
	judge(host, transaction, &applicant);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = { .next = data, .end = data + size };
	struct muster_host *host;
	size_t live;

	fuzz_store();
	live = muster_memory_live();
	host = take_host(&reader);
	judge_applicant(host, &reader);
	muster_host_release(host);
	muster_arena_clear(&reader.arena);
	check(muster_memory_live() == live);
	return 0;
}
