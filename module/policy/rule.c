/* rule.c -- the rules, one function and one row of the table each. */
#include "policy/rule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "muster/account.h"
#include "muster/invitation.h"
#include "muster/origin.h"
#include "muster/tombstone.h"
#include "policy/lookalike.h"
#include "policy/password.h"
#include "xml/writer.h"

struct judging {
	const struct muster_host *host;
	struct muster_transaction *transaction;
	const struct muster_applicant *applicant;
	struct muster_verdict *verdict;
	bool exempt;
};

/* What was cut off may have been half of a character. */
static void end_whole(char detail[MUSTER_DETAIL_SIZE], int size)
{
	size_t end = MUSTER_DETAIL_SIZE - 1;

	if (size < MUSTER_DETAIL_SIZE)
		return;
	while (end > 0 && ((unsigned char)detail[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && ((unsigned char)detail[end - 1] & 0x80))
		detail[end - 1] = '\0';
}

/* Patterns may be any bytes: what is no text becomes question marks. */
static void make_readable(char *text)
{
	size_t size = strlen(text), at = 0;

	while (at < size) {
		size_t length = 1;

		while (length < 4 && at + length < size &&
		       !muster_xml_can_hold((struct muster_text){ text + at, length }))
			length++;
		if (!muster_xml_can_hold((struct muster_text){ text + at, length })) {
			text[at] = '?';
			length = 1;
		}
		at += length;
	}
}

static void __attribute__((format(printf, 4, 5)))
refuse(struct judging *judging, enum muster_ground ground, enum muster_phrase phrase, const char *format, ...)
{
	va_list arguments;

	judging->verdict->ground = ground;
	judging->verdict->phrase = phrase;
	va_start(arguments, format);
	end_whole(judging->verdict->detail, vsnprintf(judging->verdict->detail, MUSTER_DETAIL_SIZE, format, arguments));
	va_end(arguments);
	make_readable(judging->verdict->detail);
}

/* --- from where, and whether at all --- */

/* As mod_register_limits has it, the configured allowlist lets nobody past a block; only an order to allow does. */
static int judge_blocklist(struct judging *judging)
{
	const struct muster_applicant *applicant = judging->applicant;
	char entry[MUSTER_NETWORK_TEXT], allowing[MUSTER_NETWORK_TEXT];
	int error;

	judging->verdict->applies = applicant->address != NULL;
	if (!applicant->address)
		return MUSTER_OK;
	error = muster_access_find(judging->host, judging->transaction, MUSTER_TEXT("block"), applicant->address,
	                           applicant->now_s, entry);
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	error = muster_access_ordered(judging->host, judging->transaction, MUSTER_TEXT("allow"), applicant->address,
	                              applicant->now_s, allowing);
	if (error == MUSTER_NOT_FOUND)
		refuse(judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_UNWANTED, "%s is blocked", entry);
	else if (error == MUSTER_OK)
		snprintf(judging->verdict->detail, sizeof(judging->verdict->detail), "%s is allowed by order",
		         allowing);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int judge_allowlist(struct judging *judging)
{
	judging->verdict->applies = judging->host->access.only_allowed;
	if (judging->host->access.only_allowed && !judging->exempt)
		refuse(judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_UNWANTED, "the address is not in the allowlist");
	return MUSTER_OK;
}

static int judge_dns_lists(struct judging *judging)
{
	struct muster_text listed = judging->applicant->listed;

	judging->verdict->applies = judging->host->access.dns_list_count > 0 && !judging->exempt;
	if (judging->verdict->applies && listed.data)
		refuse(judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_UNWANTED, "%.*s lists the address",
		       (int)listed.size, listed.data);
	return MUSTER_OK;
}

static int judge_window(struct judging *judging, const struct muster_window *window,
                        const struct muster_network *address)
{
	char subject[MUSTER_NETWORK_TEXT];
	struct muster_bucket bucket = muster_throttle_bucket(judging->host, window, address, subject);
	struct muster_level level;
	int error = muster_bucket_read(judging->transaction, &bucket, judging->applicant->now_s, &level);
	int64_t wait_s = error == MUSTER_OK ? muster_bucket_wait(&bucket, level) : 0;

	if (wait_s <= judging->verdict->wait_s)
		return error;
	refuse(judging, MUSTER_GROUND_OFTEN, MUSTER_PHRASE_TOO_MANY,
	       "%.*s has %.1f of %u registrations in %" PRId64 " s", (int)bucket.subject.size, bucket.subject.data,
	       (double)level.all / MUSTER_BUCKET_ONE, (unsigned)bucket.limit, bucket.period_s);
	judging->verdict->wait_s = wait_s;
	return MUSTER_OK;
}

/* The longest wait of all windows counts. */
static int judge_throttle(struct judging *judging)
{
	const struct muster_throttle *throttle = &judging->host->throttle;
	int error = MUSTER_OK;

	judging->verdict->applies = judging->transaction && throttle->count > 0 && judging->applicant->address &&
	                            !judging->exempt && !judging->applicant->invited;
	for (size_t i = 0; judging->verdict->applies && i < throttle->count && error == MUSTER_OK; i++)
		if (muster_throttle_counts(throttle, i, judging->applicant->address))
			error = judge_window(judging, &throttle->windows[i], judging->applicant->address);
	return error;
}

static int judge_rate(struct judging *judging)
{
	const struct muster_window *rate = &judging->host->throttle.rate;

	judging->verdict->applies =
		judging->transaction && rate->period_s > 0 && !judging->exempt && !judging->applicant->invited;
	return judging->verdict->applies ? judge_window(judging, rate, NULL) : MUSTER_OK;
}

/* People that somebody answers for are not asked to prove that they are people. */
static int judge_challenge(struct judging *judging)
{
	const struct muster_challenges *challenges = &judging->host->challenges;
	char *detail = judging->verdict->detail;
	size_t size = 0;

	judging->verdict->applies = challenges->kinds != 0 && !judging->applicant->invited;
	if (!judging->verdict->applies)
		return MUSTER_OK;
	if (judging->applicant->solution == MUSTER_SOLUTION_WRONG)
		refuse(judging, MUSTER_GROUND_WRONG, MUSTER_PHRASE_CHALLENGE_WRONG, "the challenge was not solved");
	else if (judging->applicant->solution == MUSTER_SOLUTION_MISSING)
		refuse(judging, MUSTER_GROUND_MISSING, MUSTER_PHRASE_CHALLENGE_MISSING, "no challenge was answered");
	else if (judging->applicant->solution == MUSTER_SOLUTION_UNKNOWN)
		for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS; kind++)
			if (challenges->kinds & MUSTER_CHALLENGE_BIT(kind))
				size += (size_t)snprintf(
					detail + size, MUSTER_DETAIL_SIZE - size, "%s%s",
					size > 0 ? ", " : "asked first: ", muster_challenge_name(kind));
	return MUSTER_OK;
}

static int judge_mode(struct judging *judging)
{
	enum muster_mode mode;
	int error = muster_mode_now(judging->host, judging->transaction, judging->applicant->now_s, &mode);

	judging->verdict->applies = true;
	if (error != MUSTER_OK)
		return error;
	if (mode == MUSTER_MODE_CLOSED)
		refuse(judging, MUSTER_GROUND_MODE, MUSTER_PHRASE_CLOSED, "registration is closed");
	else if (mode == MUSTER_MODE_REDIRECT && !judging->applicant->invited)
		refuse(judging, MUSTER_GROUND_MODE, MUSTER_PHRASE_ELSEWHERE, "registration is elsewhere");
	else if (mode == MUSTER_MODE_INVITE && !judging->applicant->invited)
		refuse(judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_INVITED_ONLY, "there is no invitation");
	else if (mode == MUSTER_MODE_APPROVAL && !judging->applicant->invited)
		snprintf(judging->verdict->detail, sizeof(judging->verdict->detail), "an operator is to approve");
	return MUSTER_OK;
}

/* --- how many --- */

static int judge_accounts(struct judging *judging)
{
	uint64_t counts[MUSTER_ACCOUNT_STATES], sum = 0, most = judging->host->accounts_max;
	int error;

	judging->verdict->applies = most > 0 && judging->transaction;
	if (!judging->verdict->applies)
		return MUSTER_OK;
	error = muster_account_count(judging->transaction, judging->host->name, counts);
	for (size_t state = 1; state < MUSTER_ACCOUNT_STATES; state++)
		sum += counts[state];
	if (error == MUSTER_OK && sum >= most)
		refuse(judging, MUSTER_GROUND_MODE, MUSTER_PHRASE_CLOSED, "there are %" PRIu64 " accounts of %" PRIu64,
		       sum, most);
	return error;
}

static int judge_accounts_of_address(struct judging *judging)
{
	uint64_t count = 0, most = judging->host->accounts_per_address;
	struct muster_origin origin;
	int error;

	judging->verdict->applies = most > 0 && judging->transaction && judging->applicant->address && !judging->exempt;
	if (!judging->verdict->applies)
		return MUSTER_OK;
	muster_host_origin(judging->transaction, judging->applicant->address, &origin);
	error = muster_origin_count(judging->transaction, judging->host->name, &origin, &count);
	if (error == MUSTER_OK && count >= most)
		refuse(judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_UNWANTED,
		       "there are %" PRIu64 " accounts of %" PRIu64 " from that address", count, most);
	return error;
}

/* --- names --- */

static int judge_length(struct judging *judging)
{
	const struct muster_naming *naming = &judging->host->naming;

	judging->verdict->applies = naming->length > 1 || naming->max_length < 1023;
	if (muster_naming_is_short_or_long(judging->host, judging->applicant->username))
		refuse(judging, MUSTER_GROUND_UNUSABLE, MUSTER_PHRASE_NAME_UNUSABLE, "names have %u to %u characters",
		       (unsigned)naming->length, (unsigned)naming->max_length);
	return MUSTER_OK;
}

static int judge_required(struct judging *judging)
{
	struct muster_text pattern = judging->host->naming.required;

	judging->verdict->applies = pattern.data != NULL;
	if (muster_naming_lacks_required(judging->host, judging->applicant->username))
		refuse(judging, MUSTER_GROUND_UNUSABLE, MUSTER_PHRASE_NAME_UNUSABLE, "it does not match \"%.*s\"",
		       (int)pattern.size, pattern.data);
	return MUSTER_OK;
}

static int judge_excluded(struct judging *judging)
{
	struct muster_text pattern = muster_naming_excluding(judging->host, judging->applicant->username);

	judging->verdict->applies = judging->host->naming.excluded_count > 0;
	if (pattern.data)
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "it matches \"%.*s\"", (int)pattern.size,
		       pattern.data);
	return MUSTER_OK;
}

static int judge_reserved(struct judging *judging)
{
	judging->verdict->applies = judging->host->naming.reserved_count > 0;
	if (muster_naming_is_reserved(judging->host, judging->applicant->username))
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "the name is reserved");
	return MUSTER_OK;
}

/* What was named by the host and never finished is free again after a while. */
static bool is_stale(const struct muster_account *account, int64_t now_s)
{
	return account->state == MUSTER_ACCOUNT_UNFINISHED && account->created_s + MUSTER_RESERVATION_S < now_s;
}

static int judge_taken(struct judging *judging)
{
	struct muster_account account;
	int error = MUSTER_NOT_FOUND;

	judging->verdict->applies = judging->transaction != NULL;
	if (judging->transaction)
		error = muster_account_get(judging->transaction, judging->host->name, judging->applicant->username,
		                           &account);
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	if (!is_stale(&account, judging->applicant->now_s))
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "there is such an account");
	muster_account_clear(&account);
	return MUSTER_OK;
}

static int judge_kept(struct judging *judging)
{
	int64_t at_s = 0, kept_s = judging->host->tombstone_s;
	int error = MUSTER_NOT_FOUND;

	judging->verdict->applies = judging->transaction && kept_s != 0;
	if (judging->verdict->applies)
		error = muster_tombstone_get(judging->transaction, judging->host->name, judging->applicant->username,
		                             &at_s);
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	if (kept_s == MUSTER_NEVER || judging->applicant->now_s < at_s + kept_s)
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "an account of that name was removed");
	return MUSTER_OK;
}

/* Somebody else was invited to have it (XEP-0445, section 5). */
static int judge_invited_name(struct judging *judging)
{
	const uint8_t *own = judging->applicant->invitation;
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];
	int error = MUSTER_NOT_FOUND;

	judging->verdict->applies = judging->transaction != NULL;
	if (judging->transaction)
		error = muster_invitation_holder(judging->transaction, judging->host->name,
		                                 judging->applicant->username, judging->applicant->now_s, hash);
	if (error == MUSTER_OK && !(own && memcmp(own, hash, sizeof(hash)) == 0))
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "somebody else is invited to have it");
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* A name that can be taken for somebody else's. */
static int judge_lookalike(struct judging *judging)
{
	struct muster_buffer other = { 0 };
	int error = MUSTER_NOT_FOUND;

	judging->verdict->applies = judging->transaction && judging->host->lookalikes;
	if (judging->verdict->applies)
		error = muster_lookalike_find(judging->transaction, judging->host->name, judging->applicant->username,
		                              &other);
	if (error == MUSTER_OK)
		refuse(judging, MUSTER_GROUND_TAKEN, MUSTER_PHRASE_NAME_TAKEN, "it looks like %.*s", (int)other.size,
		       other.data);
	muster_buffer_clear(&other);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

/* --- passwords: known only when they are explained; a request's is judged where it is prepared --- */

static int judge_password(struct judging *judging)
{
	struct muster_buffer derivable = { 0 };
	enum muster_phrase why = MUSTER_PHRASE_NONE;
	int error;

	judging->verdict->applies = judging->applicant->password.data != NULL;
	if (!judging->verdict->applies)
		return MUSTER_OK;
	error = muster_password_check(judging->host, judging->applicant->username, judging->applicant->password,
	                              &derivable, &why);
	muster_buffer_clear(&derivable);
	if (error == MUSTER_BAD_PASSWORD)
		refuse(judging, MUSTER_GROUND_UNUSABLE, why, "%s", muster_phrase_english(why));
	return error == MUSTER_BAD_PASSWORD ? MUSTER_OK : error;
}

/* --- the table --- */

enum { BEGIN = MUSTER_STAGE_BEGIN, LOOK = MUSTER_STAGE_LOOK, COMMIT = MUSTER_STAGE_COMMIT, ALL = MUSTER_STAGE_ALL };

static const struct {
	const char *name;
	unsigned stages;
	bool self_service_only; /* about who comes by themselves; the others are about the account */
	bool certain;           /* no override helps: two accounts cannot have one name */
	int (*judge)(struct judging *judging);
} rules[] = {
	/* clang-format off: a row a rule */
	{ "blocklist", BEGIN | LOOK, true, false, judge_blocklist },
	{ "allowlist", BEGIN | LOOK, true, false, judge_allowlist },
	{ "dns-list", LOOK, true, false, judge_dns_lists },
	{ "throttle", ALL, true, false, judge_throttle },
	{ "rate", ALL, true, false, judge_rate },
	{ "challenge", BEGIN, true, false, judge_challenge },
	{ "mode", BEGIN, true, false, judge_mode },
	{ "accounts", LOOK | COMMIT, false, false, judge_accounts },
	{ "accounts-per-address", LOOK | COMMIT, true, false, judge_accounts_of_address },
	{ "password", 0, false, false, judge_password },
	{ "name-length", LOOK, false, false, judge_length },
	{ "name-required", LOOK, false, false, judge_required },
	{ "name-excluded", LOOK, false, false, judge_excluded },
	{ "name-reserved", LOOK, false, false, judge_reserved },
	{ "name-taken", LOOK | COMMIT, false, true, judge_taken },
	{ "name-kept", LOOK | COMMIT, false, false, judge_kept },
	{ "name-invited", LOOK | COMMIT, false, false, judge_invited_name },
	{ "name-lookalike", LOOK | COMMIT, false, false, judge_lookalike },
	/* clang-format on */
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

int muster_rules_exempt(const struct muster_host *host, struct muster_transaction *transaction,
                        const struct muster_applicant *applicant, bool *exempt)
{
	char entry[MUSTER_NETWORK_TEXT];
	int error = MUSTER_NOT_FOUND;

	if (applicant->address)
		error = muster_access_find(host, transaction, MUSTER_TEXT("allow"), applicant->address,
		                           applicant->now_s, entry);
	*exempt = error == MUSTER_OK;
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int begin(struct judging *judging, const struct muster_host *host, struct muster_transaction *transaction,
                 const struct muster_applicant *applicant)
{
	*judging = (struct judging){ .host = host, .transaction = transaction, .applicant = applicant };
	return muster_rules_exempt(host, transaction, applicant, &judging->exempt);
}

static int ask(struct judging *judging, size_t index, struct muster_verdict *verdict)
{
	*verdict = (struct muster_verdict){ .rule = rules[index].name };
	judging->verdict = verdict;
	if (rules[index].self_service_only && !judging->applicant->self_service)
		return MUSTER_OK;
	if (strncmp(rules[index].name, "name-", 5) == 0 && !judging->applicant->username.data)
		return MUSTER_OK;
	return rules[index].judge(judging);
}

int muster_rules_judge(const struct muster_host *host, struct muster_transaction *transaction, enum muster_stage stage,
                       const struct muster_applicant *applicant, struct muster_verdict *verdict)
{
	struct muster_verdict asked;
	struct judging judging;
	int error = begin(&judging, host, transaction, applicant);

	*verdict = (struct muster_verdict){ .rule = NULL };
	for (size_t i = 0; i < RULES && error == MUSTER_OK; i++) {
		if (!(rules[i].stages & stage))
			continue;
		error = ask(&judging, i, &asked);
		if (error != MUSTER_OK || asked.ground == MUSTER_GROUND_NONE)
			continue;
		if (!verdict->rule || rules[i].certain)
			*verdict = asked;
		if (!applicant->overrides || rules[i].certain)
			return MUSTER_REFUSED;
	}
	return error;
}

int muster_rules_explain(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_applicant *applicant, muster_verdict_fn tell, void *context)
{
	struct muster_verdict verdict;
	struct judging judging;
	int error = begin(&judging, host, transaction, applicant);

	for (size_t i = 0; i < RULES && error == MUSTER_OK; i++) {
		error = ask(&judging, i, &verdict);
		if (error == MUSTER_OK)
			tell(context, &verdict);
	}
	return error;
}

/* --- removal, by an account's owner --- */

static bool may_remove(const struct muster_host *host, struct muster_text role)
{
	for (size_t i = 0; i < host->removing_role_count; i++)
		if (muster_text_is(host->removing_roles[i], role))
			return true;
	return host->removing_roles == NULL;
}

bool muster_removal_refused(const struct muster_host *host, const struct muster_remover *remover,
                            struct muster_verdict *verdict)
{
	struct judging judging = { .host = host, .verdict = verdict };

	*verdict = (struct muster_verdict){ .applies = true };
	if (host->kind == MUSTER_HOST_ACCOUNTS && !may_remove(host, remover->role)) {
		verdict->rule = "removal-role";
		refuse(&judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_REMOVAL_ROLE, "the role %.*s may not",
		       (int)remover->role.size, remover->role.data ? remover->role.data : "");
	} else if (host->kind == MUSTER_HOST_ACCOUNTS && host->protects_last_admin && remover->last_admin) {
		verdict->rule = "last-admin";
		refuse(&judging, MUSTER_GROUND_UNWANTED, MUSTER_PHRASE_LAST_ADMIN, "nobody else administers the host");
	}
	return verdict->rule != NULL;
}
