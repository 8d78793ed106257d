/* submission.c -- reading elements and forms into the same few texts. */
#include "registration/submission.h"

#include "registration/request.h"

/* Where the value of a data element belongs, or NULL if the host did not ask for it. */
static struct muster_text *place_of(struct muster_submission *submission, const struct muster_host *host,
                                    struct muster_text name, const char **known)
{
	if (muster_text_is_c(name, *known = "username"))
		return &submission->username;
	if (muster_text_is_c(name, *known = "password"))
		return &submission->password;
	for (size_t i = 0; i < host->field_count; i++)
		if (muster_text_is_c(name, *known = host->fields[i].name))
			return &submission->values[i];
	return NULL;
}

/* An element without text is there all the same: given twice it is a fault, given once it is empty. */
static struct muster_text present(struct muster_text text)
{
	return text.data ? text : MUSTER_TEXT("");
}

static void put(struct muster_submission *submission, struct muster_text *place, struct muster_text value)
{
	if (place->data)
		submission->misshapen = true;
	*place = present(value);
}

static void read_elements(struct muster_submission *submission, const struct muster_host *host,
                          const struct muster_element *query)
{
	const struct muster_element *child;
	const char *known;

	for (child = query->first; child; child = child->next) {
		struct muster_text *place = muster_text_is_c(child->space, MUSTER_REGISTER_SPACE)
		                                    ? place_of(submission, host, child->name, &known)
		                                    : NULL;

		if (place)
			put(submission, place, child->text);
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

static void read_field(struct muster_submission *submission, const struct muster_host *host,
                       const struct muster_element *field)
{
	struct muster_text var = muster_element_attribute(field, "var");
	const struct muster_element *value = muster_element_child(field, MUSTER_FORM_SPACE, "value"), *other;
	const char *known;
	struct muster_text *place;

	if (muster_text_is_c(var, "FORM_TYPE")) {
		read_form_type(submission, value ? value->text : MUSTER_NO_TEXT);
		return;
	}
	place = place_of(submission, host, var, &known);
	if (!place)
		return;
	put(submission, place, value ? value->text : MUSTER_NO_TEXT);
	for (other = value ? value->next : NULL; other; other = other->next)
		if (muster_element_is(other, MUSTER_FORM_SPACE, "value"))
			submission->several = known;
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

void muster_submission_read(struct muster_submission *submission, const struct muster_host *host,
                            const struct muster_element *query)
{
	const struct muster_element *form = next_form(query->first);

	*submission = (struct muster_submission){ .purpose = MUSTER_PURPOSE_REGISTER };
	if (muster_element_child(query, NULL, "remove")) {
		submission->purpose = MUSTER_PURPOSE_REMOVE;
		submission->misshapen = query->first->next != NULL;
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

const char *muster_submission_lacks(const struct muster_submission *submission, const struct muster_host *host)
{
	if (submission->username.size == 0)
		return "username";
	if (submission->password.size == 0)
		return "password";
	for (size_t i = 0; i < host->field_count; i++)
		if (host->fields[i].required && submission->values[i].size == 0)
			return host->fields[i].name;
	return NULL;
}
