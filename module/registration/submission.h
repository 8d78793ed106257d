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
	bool empty;     /* nothing at all was handed in */
	struct muster_given username, password, old_password, key;
	struct muster_given challenge;                         /* which one the next are about (XEP-0158) */
	struct muster_given solutions[MUSTER_CHALLENGE_KINDS]; /* by kind */
	struct muster_given values[MUSTER_FIELDS_MAX];         /* of host->fields, in the same order */
};

/* What is wrong with a field, in a phrase that names it. */
struct muster_objection {
	struct muster_text field;
	enum muster_phrase complaint; /* MUSTER_PHRASE_NONE if nothing is wrong */
	int error;                    /* MUSTER_NO_MEMORY if the value could not be judged, beside a complaint */
};

/* Take a set apart. What the host did not offer is left out. */
void muster_submission_read(struct muster_submission *submission, const struct muster_host *host,
                            const struct muster_element *query);

/* The `<value/>` behind one of a form's field, or NULL. */
const struct muster_element *muster_submission_next_value(const struct muster_element *value);

/* The first objection to a registration: what is required is missing, several values where one is asked, a value that
 * is not allowed. */
struct muster_objection muster_submission_object(const struct muster_submission *submission,
                                                 const struct muster_host *host);

/* The same of a change: of what was given, and may be changed by its owner. */
struct muster_objection muster_submission_object_to_change(const struct muster_submission *submission,
                                                           const struct muster_host *host);

/* Was anything given that proves who asks? */
bool muster_submission_proves(const struct muster_submission *submission, const struct muster_host *host);

#endif
