/* submission.h -- what a set of iq:register hands in, whether by elements or by a data form (XEP-0077, section 6). */
#ifndef MUSTER_REGISTRATION_SUBMISSION_H
#define MUSTER_REGISTRATION_SUBMISSION_H

#include "policy/host.h"
#include "xml/element.h"

enum muster_purpose {
	MUSTER_PURPOSE_REGISTER, /* or to change the password, which looks the same */
	MUSTER_PURPOSE_REMOVE,   /* `<remove/>` */
	MUSTER_PURPOSE_CANCEL_FORM,
	MUSTER_PURPOSE_CHANGE_FORM,
	MUSTER_PURPOSE_NOTHING, /* a form of type cancel: the user gave up (XEP-0004, section 3.1) */
};

/* What was given for a field: its first value, and in a form the `<value/>` elements behind that. */
struct muster_given {
	struct muster_text value; /* absent if the field was not there */
	const struct muster_element *more;
};

/* Borrowed from the request's document. */
struct muster_submission {
	enum muster_purpose purpose;
	bool misshapen; /* something twice, remove with company, a form that is none */
	struct muster_given username, password, old_password;
	struct muster_given values[MUSTER_FIELDS_MAX]; /* of host->fields, in the same order */
};

/* What is wrong with a field: "The field email is required." */
struct muster_objection {
	struct muster_text field; /* absent if nothing is wrong */
	const char *complaint;
};

/* Take a set apart. What the host did not offer is left out. */
void muster_submission_read(struct muster_submission *submission, const struct muster_host *host,
                            const struct muster_element *query);

/* The `<value/>` behind one of a form's field, or NULL. */
const struct muster_element *muster_submission_next_value(const struct muster_element *value);

/* The first objection to what was given for username and password, and with `all` for the host's fields too: missing
 * where it is required, several values where one is asked, a value that is not allowed. */
struct muster_objection muster_submission_object(const struct muster_submission *submission,
                                                 const struct muster_host *host, bool all);

#endif
