/* host.c -- making a host and setting its options. One row of the table at the end is all an option needs here. */
#include "policy/host.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "muster/account.h"
#include "muster/preparation.h"
#include "policy/field.h"
#include "policy/setting.h"

/* --- one function an option --- */

static int set_registration(const struct muster_setting *setting)
{
	static const char *const words[] = { "open", "closed", "redirect", NULL };
	int choice = 0, error = muster_setting_word(setting, words, &choice);

	if (error != MUSTER_OK)
		return error;
	setting->host->registration = (enum muster_registration)choice;
	setting->host->registration_set = true;
	return MUSTER_OK;
}

static int set_allow_registration(const struct muster_setting *setting)
{
	bool allow = false;
	int error = muster_setting_boolean(setting, setting->value, &allow);

	/* It speaks of accounts. */
	if (error == MUSTER_OK && !setting->host->registration_set && setting->host->kind == MUSTER_HOST_ACCOUNTS)
		setting->host->registration = allow ? MUSTER_REGISTRATION_OPEN : MUSTER_REGISTRATION_CLOSED;
	return error;
}

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

static int set_legacy_key(const struct muster_setting *setting)
{
	return muster_setting_boolean(setting, setting->value, &setting->host->legacy_key);
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

static int set_blocklist(const struct muster_setting *setting, const struct muster_value *value)
{
	struct muster_password_rules *rules = &setting->host->password_rules;

	return muster_setting_texts(setting, value, &rules->blocklist, &rules->blocklist_count);
}

static int set_password_rule(const struct muster_setting *setting, const struct muster_item *item)
{
	struct muster_password_rules *rules = &setting->host->password_rules;

	if (muster_text_is_c(item->key, "length"))
		return muster_setting_number(setting, &item->value, 1, 1024, &rules->length);
	if (muster_text_is_c(item->key, "max_length"))
		return muster_setting_number(setting, &item->value, 1, 1024, &rules->max_length);
	if (muster_text_is_c(item->key, "exclude_username"))
		return muster_setting_boolean(setting, &item->value, &rules->exclude_username);
	if (muster_text_is_c(item->key, "blocklist"))
		return set_blocklist(setting, &item->value);
	return muster_setting_refuse_key(setting, item->key, "length, max_length, exclude_username, blocklist");
}

static int set_password_policy(const struct muster_setting *setting)
{
	const struct muster_password_rules *rules = &setting->host->password_rules;
	int error = MUSTER_OK;

	if (setting->value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, setting->value, "a table such as { length = 8 }");
	for (size_t i = 0; i < setting->value->count && error == MUSTER_OK; i++)
		error = set_password_rule(setting, &setting->value->items[i]);
	if (error == MUSTER_OK && rules->length > rules->max_length)
		error = muster_fail(setting->failure, MUSTER_BAD_OPTION,
		                    "option %s: length %u is above max_length %u, no password could be chosen",
		                    setting->option, (unsigned)rules->length, (unsigned)rules->max_length);
	return error;
}

static int set_iterations(const struct muster_setting *setting)
{
	return muster_setting_number(setting, setting->value, MUSTER_ITERATIONS_MIN, MUSTER_ITERATIONS_MAX,
	                             &setting->host->iterations);
}

static int set_scram(const struct muster_setting *setting)
{
	struct muster_host *host = setting->host;

	if (setting->value->kind != MUSTER_TABLE || setting->value->count == 0)
		return muster_setting_refuse(setting, setting->value,
		                             "a list of one or more of \"SHA-1\", \"SHA-256\"");
	memset(host->makes, 0, sizeof(host->makes));
	for (size_t i = 0; i < setting->value->count; i++) {
		const struct muster_item *item = &setting->value->items[i];
		enum muster_hash hash =
			item->value.kind == MUSTER_STRING ? muster_hash_of(item->value.text) : MUSTER_HASH_COUNT;

		if (item->key.data)
			return muster_setting_refuse_key(setting, item->key, "none, the option is a list");
		if (hash == MUSTER_HASH_COUNT)
			return muster_setting_refuse(setting, &item->value, "\"SHA-1\", \"SHA-256\"");
		host->makes[hash] = true;
	}
	return MUSTER_OK;
}

static const struct {
	const char *name;
	int (*set)(const struct muster_setting *setting);
} options[] = {
	/* clang-format off: a row an option */
	{ "muster_registration", set_registration },
	{ "allow_registration", set_allow_registration },
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
	{ "password_policy", set_password_policy },
	{ "default_iteration_count", set_iterations },
	{ "muster_scram", set_scram },
	{ "muster_stream_attempts", set_stream_attempts },
	{ "muster_legacy_key", set_legacy_key },
	{ "registration_delete_grace_period", set_grace },
	{ "user_tombstone_expiry", set_tombstone },
	{ "muster_allow_remote", set_allow_remote },
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
	host->allow_remote = true;
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		host->makes[hash] = true;
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
	muster_buffer_clear(&prepared);
	if (error != MUSTER_OK) {
		muster_fail(failure, error, "the host name cannot be used: %s", muster_error_text(error));
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

int muster_host_check(const struct muster_host *host, struct muster_failure *failure)
{
	for (size_t i = 0; i < host->editable_count; i++)
		if (!has_field(host, host->editable[i]))
			return muster_fail(failure, MUSTER_BAD_OPTION,
			                   "option muster_editable_fields: \"%.60s\" is not allowed; allowed: names "
			                   "that stand in additional_registration_fields",
			                   host->editable[i].data);
	if (host->kind == MUSTER_HOST_SERVICE && host->field_count == 0 && !host->username.asked &&
	    !host->password.asked)
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option additional_registration_fields: a service asks for something; allowed: "
		                   "username, password, and names of fields");
	return MUSTER_OK;
}

struct muster_text muster_host_name(const struct muster_host *host)
{
	return host->name;
}

enum muster_host_kind muster_host_kind(const struct muster_host *host)
{
	return host->kind;
}

bool muster_host_serves(const struct muster_host *host)
{
	return host->registration != MUSTER_REGISTRATION_CLOSED || host->unregister != MUSTER_DENY ||
	       host->change_password != MUSTER_DENY;
}

bool muster_host_announces(const struct muster_host *host)
{
	return host->registration != MUSTER_REGISTRATION_CLOSED;
}

bool muster_host_requires_tls(const struct muster_host *host)
{
	return host->require_tls;
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
	muster_arena_clear(&host->arena);
	muster_free(host);
}
