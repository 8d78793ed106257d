/* field.c -- reading the option, and checking values against it. */
#include "policy/field.h"

#include <stdio.h>
#include <string.h>

#include "muster/preparation.h"
#include "policy/host.h"
#include "policy/schema.h"
#include "policy/setting.h"

static const char *const type_names[MUSTER_FIELD_TYPE_COUNT] = {
	"text-single", "text-multi", "text-private", "list-single", "list-multi", "boolean", "jid-single", "jid-multi",
};

static const char *const datatype_names[MUSTER_DATATYPE_COUNT] = { NULL, "xs:string", "xs:integer", "xs:decimal",
	                                                           "xs:date" };

const char *muster_field_type_name(enum muster_field_type type)
{
	return type_names[type];
}

const char *muster_datatype_name(enum muster_datatype datatype)
{
	return datatype_names[datatype];
}

bool muster_field_takes_several(enum muster_field_type type)
{
	return type == MUSTER_FIELD_TEXT_MULTI || type == MUSTER_FIELD_LIST_MULTI || type == MUSTER_FIELD_JID_MULTI;
}

void muster_field_clear(struct muster_field_rule *rule)
{
	if (rule->compiled)
		regfree(rule->compiled);
	rule->compiled = NULL;
}

/* --- values --- */

static size_t count_digits(struct muster_text text)
{
	size_t count = 0;

	while (count < text.size && text.data[count] >= '0' && text.data[count] <= '9')
		count++;
	return count;
}

static struct muster_text behind(struct muster_text text, size_t count)
{
	return (struct muster_text){ text.data + count, text.size - count };
}

/* XML Schema's lexical form: a sign, digits, and where `fraction` is allowed a point and more digits. */
static bool read_decimal(struct muster_text text, bool fraction, double *number)
{
	struct muster_text rest = text;
	size_t whole, decimals = 0;
	bool negative = rest.size > 0 && rest.data[0] == '-';
	double scale = 1;

	if (rest.size > 0 && (rest.data[0] == '-' || rest.data[0] == '+'))
		rest = behind(rest, 1);
	*number = 0;
	whole = count_digits(rest);
	for (size_t i = 0; i < whole; i++)
		*number = *number * 10 + (rest.data[i] - '0');
	rest = behind(rest, whole);
	if (fraction && rest.size > 0 && rest.data[0] == '.') {
		rest = behind(rest, 1);
		decimals = count_digits(rest);
		for (size_t i = 0; i < decimals; i++)
			*number += (rest.data[i] - '0') * (scale /= 10);
		rest = behind(rest, decimals);
	}
	if (negative)
		*number = -*number;
	return rest.size == 0 && whole + decimals > 0;
}

static unsigned two_digits(const char *digits)
{
	return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

/* YYYY-MM-DD, so that dates compare as texts do. */
static bool is_date(struct muster_text text)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year, month, day;

	if (text.size != 10 || count_digits(text) != 4 || text.data[4] != '-' || count_digits(behind(text, 5)) != 2 ||
	    text.data[7] != '-' || count_digits(behind(text, 8)) != 2)
		return false;
	year = two_digits(text.data) * 100 + two_digits(text.data + 2);
	month = two_digits(text.data + 5);
	day = two_digits(text.data + 8);
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool has_datatype(enum muster_datatype datatype, struct muster_text value)
{
	double number;

	switch (datatype) {
	case MUSTER_DATATYPE_INTEGER:
	case MUSTER_DATATYPE_DECIMAL:
		return read_decimal(value, datatype == MUSTER_DATATYPE_DECIMAL, &number);
	case MUSTER_DATATYPE_DATE:
		return is_date(value);
	default:
		return true;
	}
}

/* Both are of the datatype. */
static int compare(enum muster_datatype datatype, struct muster_text value, struct muster_text bound)
{
	double one, other;

	if (datatype == MUSTER_DATATYPE_DATE)
		return muster_text_compare(value, bound);
	read_decimal(value, true, &one);
	read_decimal(bound, true, &other);
	return (one > other) - (one < other);
}

static bool is_in_range(const struct muster_field_rule *rule, struct muster_text value)
{
	return (!rule->least.data || compare(rule->datatype, value, rule->least) >= 0) &&
	       (!rule->most.data || compare(rule->datatype, value, rule->most) <= 0);
}

static int match(const struct muster_field_rule *rule, struct muster_text value)
{
	regmatch_t match = { 0, (regoff_t)value.size };
	int code = rule->compiled ? regexec(rule->compiled, value.data, 1, &match, REG_STARTEND) : 0;

	if (code == REG_ESPACE)
		return MUSTER_NO_MEMORY;
	return code == 0 && match.rm_so == 0 && match.rm_eo == (regoff_t)value.size ? MUSTER_OK : MUSTER_REFUSED;
}

static bool is_choice(const struct muster_field_rule *rule, struct muster_text value)
{
	for (size_t i = 0; i < rule->choice_count; i++)
		if (muster_text_is(rule->choices[i].value, value))
			return true;
	return false;
}

/* localpart@domainpart/resourcepart (RFC 7622, section 3.1), the resource not looked at. */
static int check_jid(struct muster_text value)
{
	const char *slash = memchr(value.data, '/', value.size);
	size_t size = slash ? (size_t)(slash - value.data) : value.size;
	const char *at = memchr(value.data, '@', size);
	size_t before = at ? (size_t)(at - value.data) + 1 : 0;
	struct muster_buffer prepared = { 0 };
	int error = muster_domain_prepare((struct muster_text){ value.data + before, size - before }, &prepared);

	muster_buffer_clear(&prepared);
	if (error == MUSTER_OK && at)
		error = muster_name_prepare((struct muster_text){ value.data, before - 1 }, &prepared);
	muster_buffer_clear(&prepared);
	return error == MUSTER_BAD_NAME ? MUSTER_REFUSED : error;
}

int muster_field_check(const struct muster_field_rule *rule, struct muster_text value)
{
	static const char *const booleans[] = { "0", "1", "false", "true" };
	bool boolean = false;

	switch (rule->type) {
	case MUSTER_FIELD_LIST_SINGLE:
	case MUSTER_FIELD_LIST_MULTI:
		return is_choice(rule, value) ? MUSTER_OK : MUSTER_REFUSED;
	case MUSTER_FIELD_BOOLEAN:
		for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++)
			boolean = boolean || muster_text_is_c(value, booleans[i]);
		return boolean ? MUSTER_OK : MUSTER_REFUSED;
	case MUSTER_FIELD_JID_SINGLE:
	case MUSTER_FIELD_JID_MULTI:
		return check_jid(value);
	default:
		if (!has_datatype(rule->datatype, value) || !is_in_range(rule, value))
			return MUSTER_REFUSED;
		return match(rule, value);
	}
}

/* --- the option --- */

static int find(const char *const *names, int count, const struct muster_value *value)
{
	for (int i = 0; i < count; i++)
		if (names[i] && value->kind == MUSTER_STRING && muster_text_is_c(value->text, names[i]))
			return i;
	return -1;
}

static int set_type(const struct muster_setting *setting, const struct muster_value *value,
                    struct muster_field_rule *rule)
{
	int found = find(type_names, MUSTER_FIELD_TYPE_COUNT, value);

	/* What is kept of a field can be read by whoever runs the server, so none asks for a secret. */
	if (found < 0 || found == MUSTER_FIELD_TEXT_PRIVATE)
		return muster_setting_refuse(setting, value,
		                             "text-single, text-multi, list-single, list-multi, boolean, jid-single, "
		                             "jid-multi");
	rule->type = (enum muster_field_type)found;
	return MUSTER_OK;
}

static int set_datatype(const struct muster_setting *setting, const struct muster_value *value,
                        struct muster_field_rule *rule)
{
	int found = find(datatype_names, MUSTER_DATATYPE_COUNT, value);

	if (found < 0)
		return muster_setting_refuse(setting, value, "xs:string, xs:integer, xs:decimal, xs:date");
	rule->datatype = (enum muster_datatype)found;
	return MUSTER_OK;
}

static int add_choice(const struct muster_setting *setting, const struct muster_value *value,
                      struct muster_choice *choice)
{
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE)
		return muster_setting_text(setting, value, &choice->value);
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++) {
		const struct muster_item *item = &value->items[i];

		if (muster_text_is_c(item->key, "value"))
			error = muster_setting_text(setting, &item->value, &choice->value);
		else if (muster_text_is_c(item->key, "label"))
			error = muster_setting_wording(setting, &item->value, &choice->label);
		else
			error = muster_setting_refuse_key(setting, item->key, "value, label");
	}
	if (error == MUSTER_OK && !choice->value.data)
		error = muster_setting_refuse(setting, value, "options that have a value");
	return error;
}

static int set_choices(const struct muster_setting *setting, const struct muster_value *value,
                       struct muster_field_rule *rule)
{
	struct muster_choice *choices;
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE || value->count == 0)
		return muster_setting_refuse(setting, value, "a list of options");
	choices = muster_arena_take(&setting->host->arena, value->count * sizeof(*choices));
	if (!choices)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = value->items[i].key.data
		                ? muster_setting_refuse_key(setting, value->items[i].key, "none, options are a list")
		                : add_choice(setting, &value->items[i].value, &choices[i]);
	rule->choices = choices;
	rule->choice_count = value->count;
	return error;
}

/* A bound may be written as a number or as a text. */
static int set_bound(const struct muster_setting *setting, const struct muster_value *value, struct muster_text *bound)
{
	char digits[32];
	struct muster_value written = { .kind = MUSTER_STRING };

	if (value->kind != MUSTER_NUMBER)
		return muster_setting_text(setting, value, bound);
	snprintf(digits, sizeof(digits), "%.14g", value->number);
	written.text = muster_text_of(digits);
	return muster_setting_text(setting, &written, bound);
}

static int set_pattern(const struct muster_setting *setting, const struct muster_value *value,
                       struct muster_field_rule *rule)
{
	int code, error = muster_setting_text(setting, value, &rule->pattern);

	if (error != MUSTER_OK)
		return error;
	rule->compiled = muster_arena_take(&setting->host->arena, sizeof(*rule->compiled));
	if (!rule->compiled)
		return MUSTER_NO_MEMORY;
	code = regcomp(rule->compiled, rule->pattern.data, REG_EXTENDED);
	if (code == 0)
		return MUSTER_OK;
	rule->compiled = NULL;
	if (code == REG_ESPACE)
		return MUSTER_NO_MEMORY;
	return muster_setting_refuse(setting, value, "a POSIX extended regular expression");
}

static int set_part(const struct muster_setting *setting, const struct muster_item *item,
                    struct muster_field_rule *rule)
{
	if (muster_text_is_c(item->key, "name"))
		return muster_setting_text(setting, &item->value, &rule->name);
	if (muster_text_is_c(item->key, "label"))
		return muster_setting_wording(setting, &item->value, &rule->label);
	if (muster_text_is_c(item->key, "type"))
		return set_type(setting, &item->value, rule);
	if (muster_text_is_c(item->key, "required"))
		return muster_setting_boolean(setting, &item->value, &rule->required);
	if (muster_text_is_c(item->key, "options"))
		return set_choices(setting, &item->value, rule);
	if (muster_text_is_c(item->key, "datatype"))
		return set_datatype(setting, &item->value, rule);
	if (muster_text_is_c(item->key, "range_min"))
		return set_bound(setting, &item->value, &rule->least);
	if (muster_text_is_c(item->key, "range_max"))
		return set_bound(setting, &item->value, &rule->most);
	if (muster_text_is_c(item->key, "regex"))
		return set_pattern(setting, &item->value, rule);
	return muster_setting_refuse_key(setting, item->key,
	                                 "name, label, type, required, options, datatype, range_min, range_max, regex");
}

static int complain(const struct muster_setting *setting, const struct muster_field_rule *rule, const char *complaint)
{
	return muster_fail(setting->failure, MUSTER_BAD_OPTION, "option %s: the field \"%.*s\" %s", setting->option,
	                   (int)(rule->name.size < 60 ? rule->name.size : 60), rule->name.data ? rule->name.data : "",
	                   complaint);
}

/* A name of one's own must not meet one that gets a meaning later (XEP-0068, section 3.4). */
static bool is_own_name(struct muster_text name)
{
	return (name.size > 2 && memcmp(name.data, "x-", 2) == 0) ||
	       (name.size > 2 && name.data[0] == '{' && memchr(name.data, '}', name.size));
}

/* What the parts of a field's table have to do with each other. */
static int check_rule(const struct muster_setting *setting, struct muster_field_rule *rule)
{
	bool list = rule->type == MUSTER_FIELD_LIST_SINGLE || rule->type == MUSTER_FIELD_LIST_MULTI;

	rule->element = muster_schema_find(rule->name);
	if (!rule->element && !is_own_name(rule->name))
		return complain(setting, rule,
		                "is not allowed; allowed: nick, name, first, last, email, address, city, state, zip, "
		                "phone, url, date, misc, text, or a name of your own that begins with x-");
	if (list != (rule->choice_count > 0))
		return complain(setting, rule, list ? "is a list and needs options" : "has options but is no list");
	if ((rule->least.data || rule->most.data) &&
	    (rule->datatype == MUSTER_DATATYPE_NONE || rule->datatype == MUSTER_DATATYPE_STRING))
		return complain(setting, rule, "has a range and needs a datatype that has an order");
	if ((rule->least.data && !has_datatype(rule->datatype, rule->least)) ||
	    (rule->most.data && !has_datatype(rule->datatype, rule->most)))
		return complain(setting, rule, "has a range that is not of its datatype");
	if (rule->pattern.data && rule->datatype == MUSTER_DATATYPE_NONE)
		rule->datatype = MUSTER_DATATYPE_STRING;
	for (size_t i = 0; i < setting->host->field_count; i++)
		if (muster_text_is(setting->host->fields[i].name, rule->name))
			return complain(setting, rule, "is there twice; each field may be there once");
	return MUSTER_OK;
}

/* "email", or "email+" where it is required. */
static int read_name(const struct muster_setting *setting, const struct muster_value *value,
                     struct muster_field_rule *rule)
{
	struct muster_value name = *value;

	if (value->kind == MUSTER_STRING && value->text.size > 0 && value->text.data[value->text.size - 1] == '+') {
		rule->required = true;
		name.text.size--;
	}
	return muster_setting_text(setting, &name, &rule->name);
}

/* A service may ask for a name and a password of its own, or do without. */
static struct muster_field_rule *credential_of(struct muster_host *host, const struct muster_field_rule *rule)
{
	if (host->kind != MUSTER_HOST_SERVICE || rule->secret)
		return NULL;
	if (muster_text_is_c(rule->name, "username"))
		return &host->username;
	return muster_text_is_c(rule->name, "password") ? &host->password : NULL;
}

static int take_credential(const struct muster_setting *setting, const struct muster_field_rule *rule,
                           struct muster_field_rule *credential)
{
	if (credential->asked)
		return complain(setting, rule, "is there twice; each field may be there once");
	if (rule->type != MUSTER_FIELD_TEXT_SINGLE || rule->choice_count > 0 ||
	    rule->datatype != MUSTER_DATATYPE_NONE || rule->least.data || rule->most.data || rule->pattern.data)
		return complain(setting, rule, "has rules of its own; it takes name, label and required");
	credential->asked = true;
	credential->required = rule->required;
	credential->label = rule->label;
	return MUSTER_OK;
}

/* What proves who asks is a text that its owner knows by heart. */
static int check_verify(const struct muster_setting *setting, const struct muster_field_rule *rule)
{
	if (rule->secret && rule->type != MUSTER_FIELD_TEXT_SINGLE)
		return complain(setting, rule, "proves who asks and is of type text-single");
	return MUSTER_OK;
}

static int add_field(const struct muster_setting *setting, const struct muster_value *value, bool secret)
{
	struct muster_host *host = setting->host;
	struct muster_field_rule *rule = &host->fields[host->field_count], *credential;
	int error = MUSTER_OK;

	if (host->field_count == MUSTER_FIELDS_MAX)
		return muster_setting_refuse(setting, value, "at most 20 fields");
	*rule = (struct muster_field_rule){
		.type = MUSTER_FIELD_TEXT_SINGLE, .asked = true, .required = secret, .secret = secret
	};
	if (value->kind != MUSTER_TABLE)
		error = read_name(setting, value, rule);
	for (size_t i = 0; value->kind == MUSTER_TABLE && i < value->count && error == MUSTER_OK; i++)
		error = set_part(setting, &value->items[i], rule);
	credential = credential_of(host, rule);
	if (error == MUSTER_OK && credential) {
		error = take_credential(setting, rule, credential);
		muster_field_clear(rule);
		return error;
	}
	if (error == MUSTER_OK)
		error = check_rule(setting, rule);
	if (error == MUSTER_OK)
		error = check_verify(setting, rule);
	if (error == MUSTER_OK)
		host->field_count++;
	else
		muster_field_clear(rule);
	return error;
}

/* The schema gives the order of its elements, not the configuration (XEP-0077, section 14.1); then come others, and
 * what proves who asks comes last. */
static size_t place_of(const struct muster_field_rule *rule)
{
	if (rule->element)
		return muster_schema_place(rule->element);
	return rule->secret ? muster_schema_count + 1 : muster_schema_count;
}

static void sort_fields(struct muster_host *host)
{
	for (size_t i = 1; i < host->field_count; i++)
		for (size_t j = i; j > 0 && place_of(&host->fields[j]) < place_of(&host->fields[j - 1]); j--) {
			struct muster_field_rule rule = host->fields[j];

			host->fields[j] = host->fields[j - 1];
			host->fields[j - 1] = rule;
		}
}

/* The two options share the list; an option that is set again takes out what it put in. */
static void take_out(struct muster_host *host, bool secret)
{
	size_t kept = 0;

	for (size_t i = 0; i < host->field_count; i++)
		if (host->fields[i].secret == secret)
			muster_field_clear(&host->fields[i]);
		else
			host->fields[kept++] = host->fields[i];
	host->field_count = kept;
	if (!secret && host->kind == MUSTER_HOST_SERVICE)
		host->username.asked = host->password.asked = false;
}

static int set_fields(const struct muster_setting *setting, bool secret)
{
	int error = MUSTER_OK;

	if (setting->value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, setting->value, "a list of field names");
	take_out(setting->host, secret);
	for (size_t i = 0; i < setting->value->count && error == MUSTER_OK; i++) {
		const struct muster_item *item = &setting->value->items[i];

		error = item->key.data ? muster_setting_refuse_key(setting, item->key, "none, the option is a list")
		                       : add_field(setting, &item->value, secret);
	}
	sort_fields(setting->host);
	return error;
}

int muster_field_set(const struct muster_setting *setting)
{
	return set_fields(setting, false);
}

int muster_field_set_verify(const struct muster_setting *setting)
{
	return set_fields(setting, true);
}
