/* form.c -- what is asked, as a form: in the order of XEP-0004's schema, with XEP-0122's rules in it. */
#include "registration/form.h"

#include <stdio.h>

#include "credential/base64.h"
#include "registration/request.h"
#include "xml/writer.h"

#define VALIDATE_SPACE "http://jabber.org/protocol/xdata-validate"

static void begin_form(struct muster_buffer *xml, struct muster_text title, struct muster_text instructions)
{
	muster_buffer_add_c(xml, "<x xmlns='" MUSTER_FORM_SPACE "' type='form'>");
	muster_xml_element(xml, "title", title);
	muster_xml_element(xml, "instructions", instructions);
}

static void add_hidden(struct muster_buffer *xml, const char *name, struct muster_text value)
{
	muster_buffer_add_c(xml, "<field type='hidden' var='");
	muster_buffer_add_c(xml, name);
	muster_buffer_add_c(xml, "'>");
	muster_xml_element(xml, "value", value);
	muster_buffer_add_c(xml, "</field>");
}

static void open_form(struct muster_buffer *xml, const char *type, struct muster_text title,
                      struct muster_text instructions)
{
	begin_form(xml, title, instructions);
	add_hidden(xml, "FORM_TYPE", muster_text_of(type));
}

static void open_field(struct muster_buffer *xml, struct muster_text name, enum muster_field_type type,
                       struct muster_text label, bool required)
{
	muster_buffer_add_c(xml, "<field");
	muster_xml_attribute(xml, "type", muster_text_of(muster_field_type_name(type)));
	muster_xml_attribute(xml, "var", name);
	muster_xml_attribute(xml, "label", label);
	muster_buffer_add_c(xml, required ? "><required/>" : ">");
}

static struct muster_text phrase(const struct muster_view *view, enum muster_phrase phrase)
{
	return muster_phrase_in(view->host, phrase, view->language).text;
}

static struct muster_text wording(const struct muster_view *view, const struct muster_wording *wording,
                                  enum muster_phrase otherwise)
{
	struct muster_text own = muster_wording_in(wording, view->language).text;

	return own.data || otherwise == MUSTER_PHRASE_NONE ? own : phrase(view, otherwise);
}

/* Elements of the schema, username and password have words of ours. */
static struct muster_text label_of(const struct muster_view *view, const struct muster_field_rule *rule)
{
	return wording(view, &rule->label, muster_phrase_of(rule->name));
}

struct muster_text muster_view_value(const struct muster_view *view, const struct muster_field_rule *rule)
{
	const struct muster_account *account = view->account;

	if (account && rule == &view->host->username && view->host->kind == MUSTER_HOST_ACCOUNTS)
		return account->name;
	if (!account && rule == &view->host->username)
		return view->username;
	for (size_t i = 0; account && i < account->field_count; i++)
		if (muster_text_is(account->fields[i].name, rule->name))
			return account->fields[i].value;
	return MUSTER_NO_TEXT;
}

struct muster_text muster_view_instructions(const struct muster_view *view)
{
	bool service = view->host->kind == MUSTER_HOST_SERVICE;

	if (view->account)
		return phrase(view, service ? MUSTER_PHRASE_SERVICE_REGISTERED : MUSTER_PHRASE_REGISTERED);
	return wording(view, &view->host->instructions,
	               service ? MUSTER_PHRASE_SERVICE_INSTRUCTIONS : MUSTER_PHRASE_INSTRUCTIONS);
}

static void add_values(struct muster_buffer *xml, const struct muster_view *view, const struct muster_field_rule *rule)
{
	const struct muster_account *account = view->account;

	for (size_t i = 0; account && i < account->field_count; i++)
		if (muster_text_is(account->fields[i].name, rule->name))
			muster_xml_element(xml, "value", account->fields[i].value);
}

static void add_choices(struct muster_buffer *xml, const struct muster_view *view, const struct muster_field_rule *rule)
{
	for (size_t i = 0; i < rule->choice_count; i++) {
		struct muster_text label = wording(view, &rule->choices[i].label, MUSTER_PHRASE_NONE);

		muster_buffer_add_c(xml, "<option");
		muster_xml_attribute(xml, "label", label.data ? label : rule->choices[i].value);
		muster_buffer_add_c(xml, ">");
		muster_xml_element(xml, "value", rule->choices[i].value);
		muster_buffer_add_c(xml, "</option>");
	}
}

/* One method a field (XEP-0122, section 3.2), though a value may have to keep several rules. */
static void add_validation(struct muster_buffer *xml, const struct muster_field_rule *rule)
{
	if (rule->datatype == MUSTER_DATATYPE_NONE)
		return;
	muster_buffer_add_c(xml, "<validate xmlns='" VALIDATE_SPACE "'");
	muster_xml_attribute(xml, "datatype", muster_text_of(muster_datatype_name(rule->datatype)));
	muster_buffer_add_c(xml, ">");
	if (rule->pattern.data) {
		muster_xml_element(xml, "regex", rule->pattern);
	} else if (rule->least.data || rule->most.data) {
		muster_buffer_add_c(xml, "<range");
		muster_xml_attribute(xml, "min", rule->least);
		muster_xml_attribute(xml, "max", rule->most);
		muster_buffer_add_c(xml, "/>");
	} else {
		muster_buffer_add_c(xml, "<basic/>");
	}
	muster_buffer_add_c(xml, "</validate>");
}

static void add_field(struct muster_buffer *xml, const struct muster_view *view, const struct muster_field_rule *rule)
{
	open_field(xml, rule->name, rule->type, label_of(view, rule), rule->required);
	add_values(xml, view, rule);
	add_choices(xml, view, rule);
	add_validation(xml, rule);
	muster_buffer_add_c(xml, "</field>");
}

static void add_credentials(struct muster_buffer *xml, const struct muster_view *view)
{
	const struct muster_field_rule *username = &view->host->username, *password = &view->host->password;

	if (username->asked) {
		open_field(xml, username->name, username->type, label_of(view, username), username->required);
		if (view->account || view->username.data)
			muster_xml_element(xml, "value", muster_view_value(view, username));
		muster_buffer_add_c(xml, "</field>");
	}
	if (password->asked) {
		open_field(xml, password->name, password->type, label_of(view, password), password->required);
		muster_buffer_add_c(xml, "</field>");
	}
}

/* --- challenges (XEP-0158, section 4) --- */

static void add_challenge(struct muster_buffer *xml, const struct muster_view *view)
{
	add_hidden(xml, "challenge", muster_text_of(view->challenge->id));
	add_hidden(xml, "sid", view->request);
	muster_buffer_add_c(xml, "<field type='hidden' var='answers'><value>");
	muster_buffer_add_number(xml, muster_challenge_answers(view->challenge));
	muster_buffer_add_c(xml, "</value></field>");
}

/* Where the picture is, for clients that look at media (XEP-0221). */
static void add_media(struct muster_buffer *xml, const struct muster_challenge *challenge)
{
	muster_buffer_add_c(xml, "<media xmlns='urn:xmpp:media-element' height='");
	muster_buffer_add_number(xml, challenge->picture.height);
	muster_buffer_add_c(xml, "' width='");
	muster_buffer_add_number(xml, challenge->picture.width);
	muster_buffer_add_c(xml, "'><uri type='");
	muster_buffer_add_c(xml, challenge->picture.type);
	muster_buffer_add_c(xml, "'>cid:");
	muster_buffer_add_c(xml, challenge->cid);
	muster_buffer_add_c(xml, "</uri></media>");
}

static struct muster_text label_of_kind(const struct muster_view *view, enum muster_challenge_kind kind,
                                        char number[16])
{
	switch (kind) {
	case MUSTER_CHALLENGE_OCR:
		return phrase(view, MUSTER_PHRASE_CHALLENGE_OCR);
	case MUSTER_CHALLENGE_QA:
		return muster_wording_in(&view->challenge->question->wording, view->language).text;
	default:
		snprintf(number, 16, "%x", (unsigned)view->challenge->label);
		return muster_text_of(number);
	}
}

static void add_puzzles(struct muster_buffer *xml, const struct muster_view *view)
{
	const struct muster_challenge *challenge = view->challenge;
	char number[16];

	for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS; kind++) {
		if (challenge->solved || !muster_challenge_has(challenge, kind))
			continue;
		open_field(xml, muster_text_of(muster_challenge_name(kind)), MUSTER_FIELD_TEXT_SINGLE,
		           label_of_kind(view, kind, number), challenge->required & MUSTER_CHALLENGE_BIT(kind));
		if (kind == MUSTER_CHALLENGE_OCR)
			add_media(xml, challenge);
		muster_buffer_add_c(xml, "</field>");
	}
}

void muster_form_add_picture(struct muster_buffer *xml, const struct muster_challenge *challenge)
{
	if (challenge->picture.bytes.size == 0)
		return;
	muster_buffer_add_c(xml, "<data xmlns='" MUSTER_DATA_SPACE "' cid='");
	muster_buffer_add_c(xml, challenge->cid);
	muster_buffer_add_c(xml, "' type='");
	muster_buffer_add_c(xml, challenge->picture.type);
	muster_buffer_add_c(xml, "' max-age='0'>");
	muster_base64_add(xml, muster_buffer_text(&challenge->picture.bytes));
	muster_buffer_add_c(xml, "</data>");
}

/* --- the form to register --- */

/* Above the fields, what else is to be done to get past them. */
static void add_advice(struct muster_buffer *xml, const struct muster_view *view)
{
	if (!view->challenge || view->challenge->solved)
		return;
	muster_xml_element(
		xml, "instructions",
		phrase(view, view->challenge->needed > 1 ? MUSTER_PHRASE_CHALLENGE_BOTH : MUSTER_PHRASE_CHALLENGE_ONE));
}

void muster_form_add(struct muster_buffer *xml, const struct muster_view *view)
{
	bool service = view->host->kind == MUSTER_HOST_SERVICE;

	begin_form(xml, wording(view, &view->host->title, service ? MUSTER_PHRASE_SERVICE_TITLE : MUSTER_PHRASE_TITLE),
	           muster_view_instructions(view));
	add_advice(xml, view);
	add_hidden(xml, "FORM_TYPE", MUSTER_TEXT(MUSTER_REGISTER_SPACE));
	if (view->key.data)
		add_hidden(xml, "key", view->key);
	if (view->challenge)
		add_challenge(xml, view);
	add_credentials(xml, view);
	for (size_t i = 0; i < view->host->field_count; i++)
		add_field(xml, view, &view->host->fields[i]);
	if (view->challenge)
		add_puzzles(xml, view);
	muster_buffer_add_c(xml, "</x>");
}

static void add_empty_field(struct muster_buffer *xml, const struct muster_view *view, const char *name,
                            enum muster_field_type type, enum muster_phrase label)
{
	open_field(xml, muster_text_of(name), type, phrase(view, label), true);
	muster_buffer_add_c(xml, "</field>");
}

void muster_form_add_proof(struct muster_buffer *xml, const struct muster_view *view, enum muster_proof_form form)
{
	const struct muster_host *host = view->host;
	bool change = form == MUSTER_PROOF_CHANGE;

	if (change)
		open_form(xml, MUSTER_REGISTER_SPACE ":changepassword", phrase(view, MUSTER_PHRASE_CHANGE_TITLE),
		          phrase(view, MUSTER_PHRASE_CHANGE_INSTRUCTIONS));
	else
		open_form(xml, MUSTER_REGISTER_SPACE ":cancel", phrase(view, MUSTER_PHRASE_CANCEL_TITLE),
		          phrase(view, MUSTER_PHRASE_CANCEL_INSTRUCTIONS));
	if (host->username.asked)
		add_empty_field(xml, view, "username", MUSTER_FIELD_TEXT_SINGLE, MUSTER_PHRASE_USERNAME);
	if (change && host->password.asked)
		add_empty_field(xml, view, "old_password", MUSTER_FIELD_TEXT_PRIVATE, MUSTER_PHRASE_OLD_PASSWORD);
	if (host->password.asked)
		add_empty_field(xml, view, "password", MUSTER_FIELD_TEXT_PRIVATE,
		                change ? MUSTER_PHRASE_NEW_PASSWORD : MUSTER_PHRASE_PASSWORD);
	for (size_t i = 0; i < host->field_count; i++)
		if (host->fields[i].secret)
			add_field(xml, &(struct muster_view){ .host = host, .language = view->language },
			          &host->fields[i]);
	muster_buffer_add_c(xml, "</x>");
}
