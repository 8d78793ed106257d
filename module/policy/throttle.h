/* throttle.h -- how many registrations there may be from one network, and altogether, within a time. */
#ifndef MUSTER_POLICY_THROTTLE_H
#define MUSTER_POLICY_THROTTLE_H

#include "muster/bucket.h"
#include "policy/network.h"
#include "policy/setting.h"

enum { MUSTER_WINDOWS_MAX = 8 };

struct muster_window {
	uint32_t limit;
	int64_t period_s;       /* 0: there is no such window */
	uint8_t bits_4, bits_6; /* of the prefix that shares it */
};

struct muster_throttle {
	struct muster_window windows[MUSTER_WINDOWS_MAX];
	size_t count;
	struct muster_window rate;  /* of everybody together */
	struct muster_window quota; /* of invitations by one account */
	bool set;                   /* muster_throttle stands in the configuration, so the stock options do not count */
	int64_t stock_seconds, stock_period_s; /* what the stock options say; 0 if nothing */
	uint32_t stock_limit;
};

int muster_throttle_set(const struct muster_setting *setting);         /* muster_throttle */
int muster_throttle_set_rate(const struct muster_setting *setting);    /* muster_rate */
int muster_throttle_set_seconds(const struct muster_setting *setting); /* min_seconds_between_registrations */
int muster_throttle_set_limit(const struct muster_setting *setting);   /* registration_throttle_max */
int muster_throttle_set_period(const struct muster_setting *setting);  /* registration_throttle_period */
int muster_throttle_set_quota(const struct muster_setting *setting);   /* muster_invite_quota */
void muster_throttle_default(struct muster_throttle *throttle);

/* The bucket of a window for an address; `subject` is where its text lives. The rate's for no address. */
struct muster_bucket muster_throttle_bucket(const struct muster_host *host, const struct muster_window *window,
                                            const struct muster_network *address, char subject[MUSTER_NETWORK_TEXT]);

/* Does this window count for an address? Of those that have the same bucket only the narrowest does. */
bool muster_throttle_counts(const struct muster_throttle *throttle, size_t index, const struct muster_network *address);

/* Count a registration, or a try that failed, against an address and everybody. `address` may be NULL.
 * Returns what muster_bucket_add returns. */
int muster_throttle_charge(const struct muster_host *host, struct muster_transaction *transaction,
                           const struct muster_network *address, int64_t now_s, struct muster_level amount);

/* How much of what is let in has come, from 0, nothing, to 1: only one more would be let in. The fullest bucket counts;
 * without an address, everybody's alone. Returns what muster_bucket_read returns. */
int muster_throttle_load(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_network *address, int64_t now_s, double *load);

#endif
