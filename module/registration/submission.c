/* submission.c -- reading elements and forms into the same few texts. */
#include "registration/submission.h"

#include "muster/preparation.h"
#include "registration/request.h"

/* Where the value of a data element belongs, or NULL if the host did not ask for it. Elements have names of the schema,
 * a form's fields any that the host gives them. */
static struct muster_given *place_of(struct muster_submission *submission, const struct muster_host *host,
                                     struct muster_text name, bool in_form)
{
	if (muster_text_is_c(name, "username"))
		return &submission->username;
	if (muster_text_is_c(name, "password"))
		return &submission->password;
	if (in_form && muster_text_is_c(name, "old_password"))
		return &submission->old_password;
	if (muster_text_is_c(name, "key") && host->legacy_key)
		return &submission->key;
	if (in_form && muster_text_is_c(name, "challenge"))
		return &submission->challenge;
	for (enum muster_challenge_kind kind = 0; in_form && kind < MUSTER_CHALLENGE_KINDS; kind++)
		if (muster_text_is_c(name, muster_challenge_name(kind)))
			return &submission->solutions[kind];
	for (size_t i = 0; i < host->field_count; i++)
		if ((in_form || host->fields[i].element) && muster_text_is(name, host->fields[i].name))
			return &submission->values[i];
	return NULL;
}

/* An element without text is there all the same: given twice it is a fault, given once it is empty. */
static struct muster_text present(struct muster_text text)
{
	return text.data ? text : MUSTER_TEXT("");
}

static void put(struct muster_submission *submission, struct muster_given *place, struct muster_text value)
{
	if (place->value.data)
		submission->misshapen = true;
	place->value = present(value);
}

static void read_elements(struct muster_submission *submission, const struct muster_host *host,
                          const struct muster_element *query)
{
	for (const struct muster_element *child = query->first; child; child = child->next) {
		struct muster_given *place = muster_text_is_c(child->space, MUSTER_REGISTER_SPACE)
		                                     ? place_of(submission, host, child->name, false)
		                                     : NULL;

		if (!place)
			continue;
		put(submission, place, child->text);
		submission->misshapen = submission->misshapen || child->first; /* text, and nothing in it */
	}
}

static void read_form_type(struct muster_submission *submission, struct muster_text type)
{
	if (muster_text_is_c(type, MUSTER_REGISTER_SPACE))
		submission->purpose = MUSTER_PURPOSE_REGISTER;
	else if (muster_text_is_c(type, MUSTER_REGISTER_SPACE ":cancel"))
		submission->purpose = MUSTER_PURPOSE_CANCEL_FORM;
	else if (muster_text_is_c(type, MUSTER_REGISTER_SPACE ":changepassword"))
		submission->purpose = MUSTER_PURPOSE_CHANGE_FORM;
	else
		submission->misshapen = true;
}

const struct muster_element *muster_submission_next_value(const struct muster_element *value)
{
	do
		value = value->next;
	while (value && !muster_element_is(value, MUSTER_FORM_SPACE, "value"));
	return value;
}

static void read_field(struct muster_submission *submission, const struct muster_host *host,
                       const struct muster_element *field)
{
	struct muster_text var = muster_element_attribute(field, "var");
	const struct muster_element *value = muster_element_child(field, MUSTER_FORM_SPACE, "value");
	struct muster_given *place;

	if (muster_text_is_c(var, "FORM_TYPE")) {
		read_form_type(submission, value ? value->text : MUSTER_NO_TEXT);
		return;
	}
	place = place_of(submission, host, var, true);
	if (!place)
		return;
	put(submission, place, value ? value->text : MUSTER_NO_TEXT);
	place->more = value ? muster_submission_next_value(value) : NULL;
	for (; value; value = muster_submission_next_value(value))
		submission->misshapen = submission->misshapen || value->first;
}

static void read_form(struct muster_submission *submission, const struct muster_host *host,
                      const struct muster_element *form)
{
	struct muster_text type = muster_element_attribute(form, "type");
	const struct muster_element *field;

	if (!muster_text_is_c(type, "submit") && !muster_text_is_c(type, "cancel"))
		submission->misshapen = true;
	for (field = form->first; field; field = field->next)
		if (muster_element_is(field, MUSTER_FORM_SPACE, "field"))
			read_field(submission, host, field);
	if (muster_text_is_c(type, "cancel"))
		submission->purpose = MUSTER_PURPOSE_NOTHING;
}

static const struct muster_element *next_form(const struct muster_element *child)
{
	while (child && !muster_element_is(child, MUSTER_FORM_SPACE, "x"))
		child = child->next;
	return child;
}

/* Nothing may stand beside remove (XEP-0077, section 3.2), except the key that section 7 wants there. */
static void read_removal(struct muster_submission *submission, const struct muster_host *host,
                         const struct muster_element *query)
{
	unsigned others = 0;

	submission->purpose = MUSTER_PURPOSE_REMOVE;
	for (const struct muster_element *child = query->first; child; child = child->next)
		if (host->legacy_key && muster_element_is(child, MUSTER_REGISTER_SPACE, "key"))
			put(submission, &submission->key, child->text);
		else
			others++;
	submission->misshapen = submission->misshapen || others > 1;
}

void muster_submission_read(struct muster_submission *submission, const struct muster_host *host,
                            const struct muster_element *query)
{
	const struct muster_element *form = next_form(query->first);

	*submission = (struct muster_submission){ .purpose = MUSTER_PURPOSE_REGISTER, .empty = !query->first };
	if (muster_element_child(query, NULL, "remove")) {
		read_removal(submission, host, query);
		return;
	}
	if (!form) {
		read_elements(submission, host, query);
		return;
	}
	read_form(submission, host, form); /* elements beside it do not count */
	if (next_form(form->next))
		submission->misshapen = true;
}

/* --- objections --- */

static bool is_empty(const struct muster_given *given)
{
	const struct muster_element *more = given->more;

	while (more && more->text.size == 0)
		more = muster_submission_next_value(more);
	return given->value.size == 0 && !more;
}

/* One that is not required may be left out. */
static int check_value(const struct muster_field_rule *rule, struct muster_text value)
{
	struct muster_buffer prepared = { 0 };
	int error;

	if (value.size == 0)
		return MUSTER_OK;
	if (!rule->secret)
		return muster_field_check(rule, value);
	error = muster_answer_prepare(value, &prepared);
	muster_buffer_clear(&prepared);
	return error;
}

static int check_values(const struct muster_field_rule *rule, const struct muster_given *given)
{
	const struct muster_element *more = given->more;
	int error = check_value(rule, given->value);

	for (; more && error == MUSTER_OK; more = muster_submission_next_value(more))
		error = check_value(rule, more->text);
	return error;
}

static enum muster_phrase complain(const struct muster_field_rule *rule, const struct muster_given *given, int *error)
{
	*error = MUSTER_OK;
	if (given->more && !muster_field_takes_several(rule->type))
		return MUSTER_PHRASE_FIELD_SINGLE;
	if (rule->required && is_empty(given))
		return MUSTER_PHRASE_FIELD_REQUIRED;
	*error = check_values(rule, given);
	return *error == MUSTER_OK ? MUSTER_PHRASE_NONE : MUSTER_PHRASE_FIELD_UNUSABLE;
}

static bool object(struct muster_objection *objection, const struct muster_field_rule *rule,
                   const struct muster_given *given)
{
	objection->field = rule->name;
	objection->complaint = complain(rule, given, &objection->error);
	return objection->complaint != MUSTER_PHRASE_NONE;
}

struct muster_objection muster_submission_object(const struct muster_submission *submission,
                                                 const struct muster_host *host)
{
	struct muster_objection objection = { .complaint = MUSTER_PHRASE_NONE };

	if ((host->username.asked && object(&objection, &host->username, &submission->username)) ||
	    (host->password.asked && object(&objection, &host->password, &submission->password)))
		return objection;
	for (size_t i = 0; i < host->field_count; i++)
		if (object(&objection, &host->fields[i], &submission->values[i]))
			return objection;
	return objection;
}

struct muster_objection muster_submission_object_to_change(const struct muster_submission *submission,
                                                           const struct muster_host *host)
{
	struct muster_objection objection = { .field = host->username.name, .complaint = MUSTER_PHRASE_FIELD_SINGLE };

	if (submission->username.more)
		return objection;
	objection.field = host->password.name;
	if (submission->password.more)
		return objection;
	for (size_t i = 0; i < host->field_count; i++)
		if (submission->values[i].value.data && muster_host_lets_edit(host, &host->fields[i]) &&
		    object(&objection, &host->fields[i], &submission->values[i]))
			return objection;
	return (struct muster_objection){ .complaint = MUSTER_PHRASE_NONE };
}

bool muster_submission_proves(const struct muster_submission *submission, const struct muster_host *host)
{
	for (size_t i = 0; i < host->field_count; i++)
		if (host->fields[i].secret && submission->values[i].value.data)
			return true;
	return submission->old_password.value.data != NULL;
}
