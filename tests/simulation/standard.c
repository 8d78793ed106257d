/* standard.c -- see standard.h. */
#include "standard.h"

/* What stock Prosody has of the sample policy: one window, of whole addresses, and who is exempt. */
#define STOCK                                                                                                          \
	"registration_throttle_max = 3, registration_throttle_period = 3600, "                                         \
	"registration_allowlist = { '127.0.0.1', '::1', '198.51.100.1' }"

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
};
