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

/* Borrowed from the request's document. */
struct muster_submission {
	enum muster_purpose purpose;
	bool misshapen;      /* something twice, remove with company, a form that is none */
	const char *several; /* a field with several values where one is asked, or NULL */
	struct muster_text username, password;
	struct muster_text values[MUSTER_FIELDS_MAX]; /* of host->fields, in the same order */
};

/* Take a set apart. What the host did not offer is left out. */
void muster_submission_read(struct muster_submission *submission, const struct muster_host *host,
                            const struct muster_element *query);

/* The name of the first required field that is missing or empty, or NULL. */
const char *muster_submission_lacks(const struct muster_submission *submission, const struct muster_host *host);

#endif
