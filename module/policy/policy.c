/* policy.c -- rules asked from outside: each call looks at the store by itself. */
#include "muster/policy.h"

#include <string.h>

#include "base/clock.h"
#include "muster/directive.h"
#include "muster/preparation.h"
#include "policy/rule.h"

struct telling {
	muster_opinion_fn tell;
	void *context;
};

static void tell(void *context, const struct muster_verdict *verdict)
{
	const struct telling *telling = context;
	const struct muster_opinion opinion = {
		.rule = verdict->rule,
		.applies = verdict->applies || verdict->ground != MUSTER_GROUND_NONE,
		.refuses = verdict->ground != MUSTER_GROUND_NONE,
		.wait_s = verdict->wait_s,
		.detail = { verdict->detail, strlen(verdict->detail) },
	};

	telling->tell(telling->context, &opinion);
}

static int explain(const struct muster_host *host, struct muster_store *store, const struct muster_applicant *applicant,
                   struct telling *telling)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_rules_explain(host, transaction, applicant, tell, telling);
	muster_transaction_abort(transaction);
	return error;
}

/* Of one, and not a network. */
static int read_address(struct muster_text text, struct muster_network *address)
{
	int error = muster_network_read(text, address);

	return error == MUSTER_OK && !muster_network_is_address(address) ? MUSTER_MALFORMED : error;
}

int muster_policy_explain(const struct muster_host *host, struct muster_store *store,
                          const struct muster_candidate *candidate, muster_opinion_fn tell_one, void *context)
{
	struct telling telling = { tell_one, context };
	struct muster_buffer username = { 0 };
	struct muster_network network;
	struct muster_applicant applicant = {
		.password = candidate->password,
		.listed = candidate->listed,
		.self_service = candidate->self_service,
		.invited = candidate->invited,
		.now_s = muster_wall_clock_s(),
	};
	int error = MUSTER_OK;

	if (candidate->address.data) {
		error = read_address(candidate->address, &network);
		applicant.address = &network;
	}
	if (error == MUSTER_OK && candidate->username.data)
		error = muster_name_prepare(candidate->username, &username);
	applicant.username = muster_buffer_text(&username);
	if (error == MUSTER_OK)
		error = explain(host, store, &applicant, &telling);
	muster_buffer_clear(&username);
	return error;
}

static int read_mode(const struct muster_host *host, struct muster_transaction *transaction, enum muster_mode *mode,
                     int64_t *until_s)
{
	struct muster_directive directive;
	int64_t now_s = muster_wall_clock_s();
	int error = muster_mode_now(host, transaction, now_s, mode);

	*until_s = -1;
	if (error != MUSTER_OK)
		return error;
	error = muster_directive_get(transaction, host->name, MUSTER_TEXT("mode"), MUSTER_TEXT(""), now_s, &directive);
	if (error == MUSTER_OK)
		*until_s = directive.until_s;
	muster_directive_clear(&directive);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_policy_mode(const struct muster_host *host, struct muster_store *store, const char **mode, int64_t *until_s)
{
	struct muster_transaction *transaction;
	enum muster_mode now = host->mode;
	int error = muster_transaction_read(store, &transaction);

	if (error == MUSTER_OK) {
		error = read_mode(host, transaction, &now, until_s);
		muster_transaction_abort(transaction);
	}
	*mode = muster_mode_words[now];
	return error;
}

int muster_policy_announces(const struct muster_host *host, struct muster_store *store, bool *announces)
{
	struct muster_transaction *transaction;
	enum muster_mode mode = MUSTER_MODE_CLOSED;
	int error = muster_transaction_read(store, &transaction);

	if (error == MUSTER_OK) {
		error = muster_mode_now(host, transaction, muster_wall_clock_s(), &mode);
		muster_transaction_abort(transaction);
	}
	*announces = error == MUSTER_OK && mode != MUSTER_MODE_CLOSED;
	return error;
}

int muster_policy_serves(const struct muster_host *host, struct muster_store *store, bool *serves)
{
	int error = muster_policy_announces(host, store, serves);

	if (error == MUSTER_OK && (host->unregister != MUSTER_DENY || host->change_password != MUSTER_DENY))
		*serves = true;
	return error;
}

int muster_policy_demand(const struct muster_host *host, struct muster_store *store, struct muster_text address,
                         struct muster_demand *demand)
{
	const struct muster_challenges *challenges = &host->challenges;
	struct muster_difficulty difficulty = { 0 };
	struct muster_transaction *transaction;
	struct muster_network network;
	int error = address.data ? read_address(address, &network) : MUSTER_OK;

	if (error == MUSTER_OK)
		error = muster_transaction_read(store, &transaction);
	if (error != MUSTER_OK)
		return error;
	error = muster_difficulty_now(host, transaction, address.data ? &network : NULL, muster_wall_clock_s(),
	                              &difficulty);
	muster_transaction_abort(transaction);
	*demand = (struct muster_demand){
		.kinds = challenges->kinds,
		.bits = difficulty.bits,
		.least_bits = challenges->least_bits,
		.most_bits = challenges->most_bits,
		.both = difficulty.both,
		.until_s = difficulty.until_s,
	};
	return error;
}

int muster_policy_exempts(const struct muster_host *host, struct muster_store *store, struct muster_text address,
                          bool *exempt)
{
	struct muster_transaction *transaction;
	struct muster_network network;
	const struct muster_applicant applicant = { .address = &network, .now_s = muster_wall_clock_s() };
	int error = read_address(address, &network);

	*exempt = false;
	if (error == MUSTER_OK)
		error = muster_transaction_read(store, &transaction);
	if (error != MUSTER_OK)
		return error;
	error = muster_rules_exempt(host, transaction, &applicant, exempt);
	muster_transaction_abort(transaction);
	return error;
}

int muster_policy_lookup(const struct muster_host *host, struct muster_text address, size_t index,
                         struct muster_buffer *name, struct muster_text *list)
{
	struct muster_network network;
	char reversed[MUSTER_NETWORK_TEXT + 1];
	int error;

	if (index >= host->access.dns_list_count)
		return MUSTER_NOT_FOUND;
	error = read_address(address, &network);
	if (error != MUSTER_OK)
		return error;
	*list = host->access.dns_lists[index];
	muster_buffer_add(name, muster_network_reversed(&network, reversed));
	muster_buffer_add_byte(name, '.');
	return muster_buffer_add(name, *list);
}
