/* standard.c -- see standard.h. */
#include "standard.h"

#include <limits.h>

#include "muster/challenge.h"

/* What stock Prosody has of the sample policy: one window, of whole addresses, and who is exempt. */
#define STOCK                                                                                                          \
	"registration_throttle_max = 3, registration_throttle_period = 3600, "                                         \
	"registration_allowlist = { '127.0.0.1', '::1', '198.51.100.1' }"

#define CHALLENGES                                                                                                     \
	"muster_challenges = { 'qa', 'SHA-256', 'auto' } muster_questions = { ['The colour of grass?'] = 'green' } "   \
	"muster_proof_of_work = { min = 18, max = 24 }"

const struct entrant standard_entrants[STANDARD_COUNT] = {
	[STANDARD_DEFAULT] = { .name = "Muster, defaults" },
	[STANDARD_SAMPLE] = { .name = "Muster, docs/policy.md", .options = SAMPLE },
	[STANDARD_STOCK] = { .name = "stock, 3 an hour", .options = "return { " STOCK " }", .stock = true },
	[STANDARD_STOCK_BLOCKING] = { .name = "stock, 3 an hour, overload blocks",
	                              .options = "return { " STOCK
	                                         ", blocklist_on_registration_throttle_overload = true }",
	                              .stock = true },
	[STANDARD_NO_RATE] = { .name = "docs/policy.md, no rate", .options = SAMPLE, .without = "muster_rate" },
	[STANDARD_NO_ALLOWLIST] = { .name = "docs/policy.md, no allowlist",
	                            .options = SAMPLE,
	                            .without = "registration_allowlist" },
	[STANDARD_WORKING] = { .name = "docs/policy.md, challenges",
	                       .options = SAMPLE,
	                       .with = CHALLENGES,
	                       .bots_solve = MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_SHA_256) },
	[STANDARD_SOLVING] = { .name = "challenges, bots solve everything",
	                       .options = SAMPLE,
	                       .with = CHALLENGES,
	                       .bots_solve = UINT_MAX },
};
