/* host.c -- making a host and setting its options. One row of the table at the end is all an option needs here. */
#include "policy/host.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "muster/account.h"
#include "muster/audit.h"
#include "muster/preparation.h"
#include "policy/field.h"
#include "policy/password.h"
#include "policy/setting.h"

/* --- one function an option --- */

/* What a client can open, and nothing that runs in it. */
static int set_url(const struct muster_setting *setting)
{
	static const char *const schemes[] = { "https://", "http://", "mailto:", "xmpp:" };
	struct muster_text url = setting->value->text;

	for (size_t i = 0; setting->value->kind == MUSTER_STRING && i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (url.size > strlen(schemes[i]) && strncasecmp(url.data, schemes[i], strlen(schemes[i])) == 0)
			return muster_setting_text(setting, setting->value, &setting->host->url);
	return muster_setting_refuse(setting, setting->value, "an absolute URL of http, https, mailto or xmpp");
}

static int set_require_tls(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->require_tls);
}

static int set_title(const struct muster_setting *setting)
{
	return muster_setting_wording(setting, setting->value, &setting->host->title);
}

static int set_instructions(const struct muster_setting *setting)
{
	return muster_setting_wording(setting, setting->value, &setting->host->instructions);
}

static int set_offer_form(const struct muster_setting *setting)
{
	static const char *const words[] = { "auto", "always", "only", NULL };
	int choice = 0, error = muster_setting_word(setting, words, &choice);

	if (error == MUSTER_OK)
		setting->host->form = (enum muster_form_rule)choice;
	return error;
}

static int set_editable(const struct muster_setting *setting)
{
	return muster_setting_texts(setting, setting->value, &setting->host->editable, &setting->host->editable_count);
}

static int set_stream_attempts(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 1, 1000, &setting->host->stream_attempts);
}

/* A key is bound to a stream, and nobody has one with a service. */
static int set_legacy_key(const struct muster_setting *setting)
{
	bool wanted = false;
	int error = muster_setting_boolean(setting, setting->value, &wanted);

	setting->host->legacy_key = wanted && setting->host->kind == MUSTER_HOST_ACCOUNTS;
	return error;
}

static int set_grace(const struct muster_setting *setting)
{
	int error = muster_setting_period(setting, setting->value, &setting->host->grace_s);

	if (error == MUSTER_OK && setting->host->grace_s == MUSTER_NEVER)
		error = muster_setting_refuse(setting, setting->value, "a period that ends; 0 for none");
	return error;
}

static int set_tombstone(const struct muster_setting *setting)
{
	return muster_setting_period(setting, setting->value, &setting->host->tombstone_s);
}

static int set_confusable(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->lookalikes);
}

static int set_allow_remote(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->allow_remote);
}

static const char *const permissions[] = { "allow", "form", "deny", NULL };

static int set_unregister(const struct muster_setting *setting)
{
	int choice = 0, error = muster_setting_word(setting, permissions, &choice);

	if (error == MUSTER_OK)
		setting->host->unregister = (enum muster_permission)choice;
	return error;
}

static int set_change_password(const struct muster_setting *setting)
{
	int choice = 0, error = muster_setting_word(setting, permissions, &choice);

	if (error == MUSTER_OK)
		setting->host->change_password = (enum muster_permission)choice;
	return error;
}

static int set_devices(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 0, MUSTER_DEVICES_MAX, &setting->host->devices_max);
}

static int set_accounts(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 0, UINT32_MAX, &setting->host->accounts_max);
}

static int set_accounts_per_address(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, 0, UINT32_MAX, &setting->host->accounts_per_address);
}

/* A period that ends, and takes some time. */
static int set_term(const struct muster_setting *setting, const struct muster_value *value, int64_t *seconds)
{
	int error = muster_setting_period(setting, value, seconds);

	if (error == MUSTER_OK && *seconds <= 0)
		error = muster_setting_refuse(setting, value, "a period that ends, such as \"2 weeks\"");
	return error;
}

static int set_pending(const struct muster_setting *setting)
{
	return set_term(setting, setting->value, &setting->host->pending_s);
}

static int set_invite_expiry(const struct muster_setting *setting)
{
	return set_term(setting, setting->value, &setting->host->invite_s);
}

static int set_quarantine_key(const struct muster_setting *setting, const struct muster_item *item)
{
	if (muster_text_is_c(item->key, "role"))
		return muster_setting_text(setting, &item->value, &setting->host->quarantine_role);
	if (muster_text_is_c(item->key, "period"))
		return set_term(setting, &item->value, &setting->host->quarantine_s);
	return muster_setting_refuse_key(setting, item->key, "role, period");
}

static int set_quarantine(const struct muster_setting *setting)
{
	static const char allowed[] = "a table such as { role = \"prosody:guest\", period = \"1 day\" }";
	const struct muster_value *value = setting->value;
	int error = MUSTER_OK;

	if (value->kind == MUSTER_BOOLEAN && !value->boolean)
		return MUSTER_OK;
	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, allowed);
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = set_quarantine_key(setting, &value->items[i]);
	if (error == MUSTER_OK && setting->host->quarantine_role.size == 0)
		error = muster_setting_refuse(setting, value, allowed);
	return error;
}

static int set_removing_roles(const struct muster_setting *setting)
{
	return muster_setting_texts(setting, setting->value, &setting->host->removing_roles,
	                            &setting->host->removing_role_count);
}

static int set_protect_last_admin(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->protects_last_admin);
}

static int set_trail_expiry(const struct muster_setting *setting)
{
	int error = muster_setting_period(setting, setting->value, &setting->host->trail.kept_s);

	if (error == MUSTER_OK && setting->host->trail.kept_s == MUSTER_NEVER)
		setting->host->trail.kept_s = MUSTER_AUDIT_FOR_EVER;
	return error;
}

static int set_trail_addresses(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->trail.addresses);
}

static int set_trail_bits(const struct muster_setting *setting, uint32_t most, uint8_t *target)
{
	uint32_t bits = 0;
	int error = muster_setting_number(setting, setting->value, 0, most, &bits);

	*target = (uint8_t)bits;
	return error;
}

static int set_trail_bits_4(const struct muster_setting *setting)
{
	return set_trail_bits(setting, MUSTER_NETWORK_BITS_4, &setting->host->trail.bits_4);
}

static int set_trail_bits_6(const struct muster_setting *setting)
{
	return set_trail_bits(setting, MUSTER_NETWORK_BITS_6, &setting->host->trail.bits_6);
}

static int set_iterations(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, MUSTER_ITERATIONS_MIN, MUSTER_ITERATIONS_MAX,
	                             &setting->host->iterations);
}

static int set_hash(const struct muster_setting *setting, const struct muster_item *item, bool *hashes)
{
	enum muster_hash hash =
		item->value.kind == MUSTER_STRING ? muster_hash_of(item->value.text) : MUSTER_HASH_COUNT;

	if (item->key.data)
		return muster_setting_refuse_key(setting, item->key, "none, the option is a list");
	if (hash == MUSTER_HASH_COUNT)
		return muster_setting_refuse(setting, &item->value, "\"SHA-1\", \"SHA-256\", \"SHA-512\"");
	hashes[hash] = true;
	return MUSTER_OK;
}

static int set_hashes(const struct muster_setting *setting, bool hashes[MUSTER_HASH_COUNT])
{
	int error = MUSTER_OK;

	if (setting->value->kind != MUSTER_TABLE || setting->value->count == 0)
		return muster_setting_refuse(setting, setting->value,
		                             "a list of one or more of \"SHA-1\", \"SHA-256\", \"SHA-512\"");
	memset(hashes, 0, MUSTER_HASH_COUNT * sizeof(*hashes));
	for (size_t i = 0; i < setting->value->count && error == MUSTER_OK; i++)
		error = set_hash(setting, &setting->value->items[i], hashes);
	return error;
}

static int set_scram(const struct muster_setting *setting)
{
	return set_hashes(setting, setting->host->makes);
}

static int set_scram_offered(const struct muster_setting *setting)
{
	setting->host->offers_set = true;
	return set_hashes(setting, setting->host->offers);
}

static const struct {
	const char *name;
	int (*set)(const struct muster_setting *setting);
} options[] = {
	/* clang-format off: a row an option */
	{ "muster_registration", muster_mode_set },
	{ "allow_registration", muster_mode_set_allow },
	{ "registration_url", set_url },
	{ "c2s_require_encryption", set_require_tls },
	{ "muster_languages", muster_catalogue_set },
	{ "additional_registration_fields", muster_field_set },
	{ "muster_verify_fields", muster_field_set_verify },
	{ "muster_editable_fields", set_editable },
	{ "muster_offer_form", set_offer_form },
	{ "registration_title", set_title },
	{ "registration_instructions", set_instructions },
	{ "muster_unregister", set_unregister },
	{ "muster_change_password", set_change_password },
	{ "password_policy", muster_password_set },
	{ "default_iteration_count", set_iterations },
	{ "muster_scram", set_scram },
	{ "muster_scram_offered", set_scram_offered },
	{ "muster_guesses", muster_guard_set },
	{ "muster_stream_attempts", set_stream_attempts },
	{ "muster_legacy_key", set_legacy_key },
	{ "registration_delete_grace_period", set_grace },
	{ "user_tombstone_expiry", set_tombstone },
	{ "block_registrations_confusable", set_confusable },
	{ "muster_allow_remote", set_allow_remote },
	{ "registration_allowlist", muster_access_set_allowed },
	{ "registration_whitelist", muster_access_set_allowed },
	{ "registration_blocklist", muster_access_set_blocked },
	{ "registration_blacklist", muster_access_set_blocked },
	{ "allowlist_registration_only", muster_access_set_only },
	{ "whitelist_registration_only", muster_access_set_only },
	{ "muster_dnsbl", muster_access_set_dns_lists },
	{ "muster_throttle", muster_throttle_set },
	{ "min_seconds_between_registrations", muster_throttle_set_seconds },
	{ "registration_throttle_max", muster_throttle_set_limit },
	{ "registration_throttle_period", muster_throttle_set_period },
	{ "muster_rate", muster_throttle_set_rate },
	{ "muster_challenges", muster_challenge_set },
	{ "muster_questions", muster_challenge_set_questions },
	{ "muster_proof_of_work", muster_challenge_set_work },
	{ "captcha_cmd", muster_challenge_set_command },
	{ "muster_picture_font", muster_challenge_set_font },
	{ "block_registrations_users", muster_naming_set_reserved },
	{ "block_registrations_matching", muster_naming_set_excluded },
	{ "block_registrations_require", muster_naming_set_required },
	{ "block_registrations_length_minimum", muster_naming_set_length },
	{ "block_registrations_length_maximum", muster_naming_set_max_length },
	{ "muster_max_accounts", set_accounts },
	{ "muster_max_accounts_per_address", set_accounts_per_address },
	{ "muster_max_devices", set_devices },
	{ "muster_pending_expiry", set_pending },
	{ "muster_quarantine", set_quarantine },
	{ "invite_expiry", set_invite_expiry },
	{ "muster_invite_quota", muster_throttle_set_quota },
	{ "muster_unregister_roles", set_removing_roles },
	{ "protect_last_admin", set_protect_last_admin },
	{ "audit_log_expires_after", set_trail_expiry },
	{ "audit_log_ips", set_trail_addresses },
	{ "audit_log_ipv4_prefix", set_trail_bits_4 },
	{ "audit_log_ipv6_prefix", set_trail_bits_6 },
	/* clang-format on */
};

const char *muster_host_option(size_t index)
{
	return index < sizeof(options) / sizeof(options[0]) ? options[index].name : NULL;
}

int muster_host_set(struct muster_host *host, const char *option, const struct muster_value *value,
                    struct muster_failure *failure)
{
	struct muster_setting setting = { host, option, value, failure };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, option) == 0)
			return options[i].set(&setting);
	return muster_fail(failure, MUSTER_BAD_OPTION, "option %s is not known", option);
}

/* --- life --- */

static const struct muster_network loopback[] = {
	{ .bytes = { 127, 0, 0, 1 }, .bits = MUSTER_NETWORK_BITS_4, .ipv4 = true },
	{ .bytes = { [15] = 1 }, .bits = MUSTER_NETWORK_BITS_6 },
};

static void set_defaults(struct muster_host *host)
{
	const bool account = host->kind == MUSTER_HOST_ACCOUNTS;

	host->require_tls = true;
	host->username = (struct muster_field_rule){
		.name = MUSTER_TEXT("username"), .type = MUSTER_FIELD_TEXT_SINGLE, .asked = account, .required = account
	};
	host->password = (struct muster_field_rule){ .name = MUSTER_TEXT("password"),
		                                     .type = MUSTER_FIELD_TEXT_PRIVATE,
		                                     .asked = account,
		                                     .required = account };
	host->stream_attempts = 5;
	host->password_rules.length = 1;
	host->password_rules.max_length = 128;
	host->iterations = 10000;
	host->tombstone_s = MUSTER_NEVER;
	host->lookalikes = true;
	host->allow_remote = true;
	host->access.allowed = (struct muster_networks){ loopback, sizeof(loopback) / sizeof(loopback[0]) };
	muster_throttle_default(&host->throttle);
	muster_guard_default(&host->guesses);
	muster_challenge_default(&host->challenges);
	host->naming.length = 1;
	host->naming.max_length = 1023;
	host->devices_max = 20;
	host->pending_s = 14 * 86400;
	host->invite_s = 7 * 86400;
	host->quarantine_s = 86400;
	host->protects_last_admin = true;
	host->trail = (struct muster_trail){ .kept_s = 28 * 86400,
		                             .addresses = true,
		                             .bits_4 = MUSTER_NETWORK_BITS_4,
		                             .bits_6 = MUSTER_NETWORK_BITS_6 };
	host->makes[MUSTER_SHA_1] = host->makes[MUSTER_SHA_256] = true;
}

int muster_host_new(struct muster_host **host, enum muster_host_kind kind, struct muster_text name,
                    struct muster_failure *failure)
{
	struct muster_host *made = muster_allocate_zeroed(1, sizeof(*made));
	struct muster_buffer prepared = { 0 };
	int error = made ? muster_domain_prepare(name, &prepared) : MUSTER_NO_MEMORY;

	*host = NULL;
	if (error == MUSTER_OK && (prepared.size == 0 || prepared.size > MUSTER_HOST_MAX))
		error = MUSTER_BAD_NAME;
	if (error == MUSTER_OK)
		error = muster_arena_copy(&made->arena, muster_buffer_text(&prepared), &made->name);
	if (error == MUSTER_OK && !(made->guard = muster_guard_new()))
		error = MUSTER_NO_MEMORY;
	muster_buffer_clear(&prepared);
	if (error != MUSTER_OK) {
		muster_fail(failure, error, "the host name cannot be used: %s", muster_error_text(error));
		if (made)
			muster_arena_clear(&made->arena);
		muster_free(made);
		return error;
	}
	atomic_init(&made->references, 1);
	made->kind = kind;
	set_defaults(made);
	*host = made;
	return MUSTER_OK;
}

static bool has_field(const struct muster_host *host, struct muster_text name)
{
	for (size_t i = 0; i < host->field_count; i++)
		if (muster_text_is(host->fields[i].name, name))
			return !host->fields[i].secret;
	return false;
}

int muster_host_check(struct muster_host *host, struct muster_failure *failure)
{
	for (size_t i = 0; i < host->editable_count; i++)
		if (!has_field(host, host->editable[i]))
			return muster_fail(failure, MUSTER_BAD_OPTION,
			                   "option muster_editable_fields: \"%.60s\" is not allowed; allowed: names "
			                   "that stand in additional_registration_fields",
			                   host->editable[i].data);
	if (host->naming.length > host->naming.max_length)
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option block_registrations_length_minimum: %u is not allowed; allowed: up to "
		                   "block_registrations_length_maximum, which is %u",
		                   (unsigned)host->naming.length, (unsigned)host->naming.max_length);
	if (host->kind == MUSTER_HOST_SERVICE &&
	    (host->mode == MUSTER_MODE_INVITE || host->mode == MUSTER_MODE_APPROVAL))
		return muster_fail(
			failure, MUSTER_BAD_OPTION,
			"option muster_registration: \"%s\" is not allowed for a service; allowed: \"open\", "
			"\"redirect\", \"closed\"",
			muster_mode_words[host->mode]);
	if (host->kind == MUSTER_HOST_SERVICE && host->field_count == 0 && !host->username.asked &&
	    !host->password.asked)
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option additional_registration_fields: a service asks for something; allowed: "
		                   "username, password, and names of fields");
	return muster_challenge_check(&host->challenges, failure);
}

struct muster_text muster_host_name(const struct muster_host *host)
{
	return host->name;
}

enum muster_host_kind muster_host_kind(const struct muster_host *host)
{
	return host->kind;
}

void muster_host_set_matcher(struct muster_host *host, const struct muster_matcher *matcher)
{
	host->matcher = *matcher;
}

struct muster_text muster_host_kept_address(const struct muster_host *host, const struct muster_network *address,
                                            char text[MUSTER_NETWORK_TEXT])
{
	struct muster_network kept;

	if (!address || !host->trail.addresses)
		return MUSTER_NO_TEXT;
	kept = muster_network_around(address, host->trail.bits_4, host->trail.bits_6);
	return muster_network_text(&kept, text);
}

void muster_host_origin(struct muster_transaction *transaction, const struct muster_network *address,
                        struct muster_origin *origin)
{
	struct muster_network around = muster_network_around(address, MUSTER_NETWORK_BITS_4, 64);
	char text[MUSTER_NETWORK_TEXT];

	muster_origin_of(transaction, muster_network_text(&around, text), origin);
}

bool muster_host_requires_tls(const struct muster_host *host)
{
	return host->require_tls;
}

int64_t muster_host_keeps_names_s(const struct muster_host *host)
{
	return host->tombstone_s;
}

bool muster_host_offers_elements(const struct muster_host *host)
{
	if (host->form == MUSTER_FORM_ONLY)
		return false;
	for (size_t i = 0; i < host->field_count; i++)
		if (!host->fields[i].element && host->fields[i].required)
			return false;
	return true;
}

bool muster_host_offers_form(const struct muster_host *host)
{
	for (size_t i = 0; i < host->field_count; i++)
		if (!host->fields[i].element)
			return true;
	return host->form != MUSTER_FORM_AUTO;
}

bool muster_host_lets_edit(const struct muster_host *host, const struct muster_field_rule *rule)
{
	for (size_t i = 0; i < host->editable_count; i++)
		if (muster_text_is(host->editable[i], rule->name))
			return true;
	return false;
}

bool muster_host_offers_hash(const struct muster_host *host, enum muster_hash hash)
{
	return host->offers_set ? host->offers[hash] : host->makes[hash];
}

enum muster_hash muster_host_first_hash(const struct muster_host *host)
{
	enum muster_hash hash = 0;

	while (hash + 1 < MUSTER_HASH_COUNT && !host->makes[hash])
		hash++;
	return hash;
}

struct muster_host *muster_host_retain(struct muster_host *host)
{
	atomic_fetch_add(&host->references, 1);
	return host;
}

void muster_host_release(struct muster_host *host)
{
	if (!host || atomic_fetch_sub(&host->references, 1) != 1)
		return;
	for (size_t i = 0; i < host->field_count; i++)
		muster_field_clear(&host->fields[i]);
	muster_leaked_close(host->password_rules.leaked);
	muster_guard_free(host->guard);
	muster_challenge_clear(&host->challenges);
	muster_arena_clear(&host->arena);
	muster_free(host);
}
