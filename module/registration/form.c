/* form.c -- what is asked, as a form: in the order of XEP-0004's schema, with XEP-0122's rules in it. */
#include "registration/form.h"

#include "registration/request.h"
#include "xml/writer.h"

#define VALIDATE_SPACE "http://jabber.org/protocol/xdata-validate"

static void open_form(struct muster_buffer *xml, const char *type, struct muster_text title,
                      struct muster_text instructions)
{
	muster_buffer_add_c(xml, "<x xmlns='" MUSTER_FORM_SPACE "' type='form'>");
	muster_xml_element(xml, "title", title);
	muster_xml_element(xml, "instructions", instructions);
	muster_buffer_add_c(xml, "<field type='hidden' var='FORM_TYPE'><value>");
	muster_buffer_add_c(xml, type);
	muster_buffer_add_c(xml, "</value></field>");
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

static void add_values(struct muster_buffer *xml, const struct muster_field_rule *rule,
                       const struct muster_account *account)
{
	for (size_t i = 0; account && i < account->field_count; i++)
		if (muster_text_is(account->fields[i].name, rule->name))
			muster_xml_element(xml, "value", account->fields[i].value);
}

static void add_choices(struct muster_buffer *xml, const struct muster_field_rule *rule)
{
	for (size_t i = 0; i < rule->choice_count; i++) {
		muster_buffer_add_c(xml, "<option");
		muster_xml_attribute(xml, "label", rule->choices[i].label);
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

static void add_field(struct muster_buffer *xml, const struct muster_field_rule *rule,
                      const struct muster_account *account)
{
	open_field(xml, rule->name, rule->type, rule->label, rule->required);
	add_values(xml, rule, account);
	add_choices(xml, rule);
	add_validation(xml, rule);
	muster_buffer_add_c(xml, "</field>");
}

void muster_form_add(struct muster_buffer *xml, const struct muster_host *host, const struct muster_account *account)
{
	open_form(xml, MUSTER_REGISTER_SPACE, host->title, host->instructions);
	open_field(xml, MUSTER_TEXT("username"), MUSTER_FIELD_TEXT_SINGLE, MUSTER_TEXT("Username"), true);
	if (account)
		muster_xml_element(xml, "value", account->name);
	muster_buffer_add_c(xml, "</field>");
	open_field(xml, MUSTER_TEXT("password"), MUSTER_FIELD_TEXT_PRIVATE, MUSTER_TEXT("Password"), true);
	muster_buffer_add_c(xml, "</field>");
	for (size_t i = 0; i < host->field_count; i++)
		add_field(xml, &host->fields[i], account);
	muster_buffer_add_c(xml, "</x>");
}

static void add_empty_field(struct muster_buffer *xml, const char *name, enum muster_field_type type, const char *label)
{
	open_field(xml, muster_text_of(name), type, muster_text_of(label), true);
	muster_buffer_add_c(xml, "</field>");
}

void muster_form_add_proof(struct muster_buffer *xml, enum muster_proof_form form)
{
	if (form == MUSTER_PROOF_CANCEL)
		open_form(xml, MUSTER_REGISTER_SPACE ":cancel", MUSTER_TEXT("Remove your account"),
		          MUSTER_TEXT("Give your password to remove your account with everything that belongs to it."));
	else
		open_form(xml, MUSTER_REGISTER_SPACE ":changepassword", MUSTER_TEXT("Change your password"),
		          MUSTER_TEXT("Give the password that you have and the one that you want."));
	add_empty_field(xml, "username", MUSTER_FIELD_TEXT_SINGLE, "Username");
	if (form == MUSTER_PROOF_CHANGE)
		add_empty_field(xml, "old_password", MUSTER_FIELD_TEXT_PRIVATE, "Old password");
	add_empty_field(xml, "password", MUSTER_FIELD_TEXT_PRIVATE,
	                form == MUSTER_PROOF_CHANGE ? "New password" : "Password");
	muster_buffer_add_c(xml, "</x>");
}
