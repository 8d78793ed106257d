/* throttle.c -- windows read and charged. */
#include "policy/throttle.h"

#include "policy/host.h"

enum { LONGEST_S = 10 * 366 * 86400 };

/* --- options --- */

static const struct muster_window usual = { .limit = 3, .period_s = 3600, .bits_4 = 32, .bits_6 = 64 };

void muster_throttle_default(struct muster_throttle *throttle)
{
	throttle->windows[0] = usual;
	throttle->count = 1;
	throttle->quota = (struct muster_window){ .limit = 50, .period_s = 7 * 86400 };
}

static int set_bits(const struct muster_setting *setting, const struct muster_value *value, uint32_t most,
                    uint8_t *target)
{
	uint32_t bits = 0;
	int error = muster_setting_number(setting, value, 1, most, &bits);

	*target = (uint8_t)bits;
	return error;
}

/* As many registrations in as long a time as can be multiplied. */
static int set_span(const struct muster_setting *setting, const struct muster_value *value, int64_t *period_s)
{
	int error = muster_setting_period(setting, value, period_s);

	if (error == MUSTER_OK && (*period_s <= 0 || *period_s > LONGEST_S))
		error = muster_setting_refuse(setting, value, "a period of a second to ten years, such as \"1 hour\"");
	return error;
}

static int set_window_key(const struct muster_setting *setting, const struct muster_item *item, bool shared,
                          struct muster_window *window)
{
	if (muster_text_is_c(item->key, "limit"))
		return muster_setting_number(setting, &item->value, 1, 1000000, &window->limit);
	if (muster_text_is_c(item->key, "period"))
		return set_span(setting, &item->value, &window->period_s);
	if (!shared && muster_text_is_c(item->key, "ipv4"))
		return set_bits(setting, &item->value, MUSTER_NETWORK_BITS_4, &window->bits_4);
	if (!shared && muster_text_is_c(item->key, "ipv6"))
		return set_bits(setting, &item->value, MUSTER_NETWORK_BITS_6, &window->bits_6);
	return muster_setting_refuse_key(setting, item->key, shared ? "limit, period" : "limit, period, ipv4, ipv6");
}

static int set_window(const struct muster_setting *setting, const struct muster_value *value, bool shared,
                      struct muster_window *window)
{
	bool limited = false;
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, "a table such as { limit = 3, period = \"1 hour\" }");
	*window = usual;
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++) {
		limited = limited || muster_text_is_c(value->items[i].key, "limit");
		error = set_window_key(setting, &value->items[i], shared, window);
	}
	if (error == MUSTER_OK && !limited)
		error = muster_fail(setting->failure, MUSTER_BAD_OPTION,
		                    "option %s: a limit is missing; allowed: { limit = 3, period = \"1 hour\" }",
		                    setting->option);
	return error;
}

static int set_windows(const struct muster_setting *setting, struct muster_throttle *throttle)
{
	const struct muster_value *value = setting->value;
	int error = MUSTER_OK;

	if (value->count > MUSTER_WINDOWS_MAX)
		return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: %zu windows; allowed: up to %d",
		                   setting->option, value->count, MUSTER_WINDOWS_MAX);
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = value->items[i].key.data
		                ? muster_setting_refuse_key(setting, value->items[i].key, "none, it is a list")
		                : set_window(setting, &value->items[i].value, false, &throttle->windows[i]);
	throttle->count = error == MUSTER_OK ? value->count : 0;
	return error;
}

int muster_throttle_set(const struct muster_setting *setting)
{
	struct muster_throttle *throttle = &setting->host->throttle;
	const struct muster_value *value = setting->value;

	throttle->set = true;
	throttle->count = 0;
	if (value->kind == MUSTER_BOOLEAN && !value->boolean)
		return MUSTER_OK;
	if (value->kind == MUSTER_TABLE && value->count > 0 && !value->items[0].key.data)
		return set_windows(setting, throttle);
	throttle->count = 1;
	return set_window(setting, value, false, &throttle->windows[0]);
}

static int set_shared(const struct muster_setting *setting, struct muster_window *window)
{
	*window = (struct muster_window){ .limit = 0 };
	if (setting->value->kind == MUSTER_BOOLEAN && !setting->value->boolean)
		return MUSTER_OK;
	return set_window(setting, setting->value, true, window);
}

int muster_throttle_set_rate(const struct muster_setting *setting)
{
	return set_shared(setting, &setting->host->throttle.rate);
}

int muster_throttle_set_quota(const struct muster_setting *setting)
{
	return set_shared(setting, &setting->host->throttle.quota);
}

/* The stock options are about whole addresses, of which an IPv6 customer has a /64. */
static void apply_stock(struct muster_throttle *throttle)
{
	int64_t period_s = throttle->stock_period_s > 0 ? throttle->stock_period_s : throttle->stock_seconds;

	if (throttle->set || (throttle->stock_seconds == 0 && throttle->stock_limit == 0))
		return;
	throttle->windows[0] = usual;
	throttle->windows[0].limit = throttle->stock_limit > 0 ? throttle->stock_limit : 1;
	if (period_s > 0)
		throttle->windows[0].period_s = period_s;
}

int muster_throttle_set_seconds(const struct muster_setting *setting)
{
	int error = set_span(setting, setting->value, &setting->host->throttle.stock_seconds);

	if (error == MUSTER_OK)
		apply_stock(&setting->host->throttle);
	return error;
}

int muster_throttle_set_limit(const struct muster_setting *setting)
{
	int error = muster_setting_number(setting, setting->value, 1, 1000000, &setting->host->throttle.stock_limit);

	if (error == MUSTER_OK)
		apply_stock(&setting->host->throttle);
	return error;
}

int muster_throttle_set_period(const struct muster_setting *setting)
{
	int error = set_span(setting, setting->value, &setting->host->throttle.stock_period_s);

	if (error == MUSTER_OK)
		apply_stock(&setting->host->throttle);
	return error;
}

/* --- counting --- */

struct muster_bucket muster_throttle_bucket(const struct muster_host *host, const struct muster_window *window,
                                            const struct muster_network *address, char subject[MUSTER_NETWORK_TEXT])
{
	struct muster_bucket bucket = { host->name, MUSTER_TEXT("*"), window->limit, window->period_s };

	if (address) {
		struct muster_network around = muster_network_around(address, window->bits_4, window->bits_6);

		bucket.subject = muster_network_text(&around, subject);
	}
	return bucket;
}

static uint8_t bits_of(const struct muster_window *window, const struct muster_network *address)
{
	return address->ipv4 ? window->bits_4 : window->bits_6;
}

/* They may differ in what they say of the other family. */
static bool share_bucket(const struct muster_window *window, const struct muster_window *other,
                         const struct muster_network *address)
{
	return window->period_s == other->period_s && bits_of(window, address) == bits_of(other, address);
}

bool muster_throttle_counts(const struct muster_throttle *throttle, size_t index, const struct muster_network *address)
{
	const struct muster_window *window = &throttle->windows[index];

	for (size_t i = 0; i < throttle->count; i++) {
		const struct muster_window *other = &throttle->windows[i];

		if (i != index && share_bucket(window, other, address) &&
		    (other->limit < window->limit || (other->limit == window->limit && i < index)))
			return false;
	}
	return true;
}

int muster_throttle_charge(const struct muster_host *host, struct muster_transaction *transaction,
                           const struct muster_network *address, int64_t now_s, struct muster_level amount)
{
	const struct muster_throttle *throttle = &host->throttle;
	char subject[MUSTER_NETWORK_TEXT];
	int error = MUSTER_OK;

	for (size_t i = 0; i < throttle->count && address && error == MUSTER_OK; i++) {
		struct muster_bucket bucket = muster_throttle_bucket(host, &throttle->windows[i], address, subject);

		if (!muster_throttle_counts(throttle, i, address))
			continue;
		error = muster_bucket_add(transaction, &bucket, now_s, amount);
	}
	if (error == MUSTER_OK && throttle->rate.period_s > 0) {
		struct muster_bucket bucket = muster_throttle_bucket(host, &throttle->rate, NULL, subject);

		error = muster_bucket_add(transaction, &bucket, now_s, amount);
	}
	return error;
}

static int read_load(const struct muster_host *host, struct muster_transaction *transaction,
                     const struct muster_window *window, const struct muster_network *address, int64_t now_s,
                     double *load)
{
	char subject[MUSTER_NETWORK_TEXT];
	struct muster_bucket bucket = muster_throttle_bucket(host, window, address, subject);
	const uint64_t most = (uint64_t)(window->limit - 1) * MUSTER_BUCKET_ONE;
	struct muster_level level = { 0 };
	int error = muster_bucket_read(transaction, &bucket, now_s, &level);
	double of_this = level.all == 0 ? 0 : level.all >= most ? 1 : (double)level.all / (double)most;

	if (of_this > *load)
		*load = of_this;
	return error;
}

int muster_throttle_load(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_network *address, int64_t now_s, double *load)
{
	const struct muster_throttle *throttle = &host->throttle;
	int error = MUSTER_OK;

	*load = 0;
	for (size_t i = 0; i < throttle->count && address && error == MUSTER_OK; i++)
		if (muster_throttle_counts(throttle, i, address))
			error = read_load(host, transaction, &throttle->windows[i], address, now_s, load);
	if (error == MUSTER_OK && throttle->rate.period_s > 0)
		error = read_load(host, transaction, &throttle->rate, NULL, now_s, load);
	return error;
}
