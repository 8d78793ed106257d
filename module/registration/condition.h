/* condition.h -- stanza errors: condition, type and legacy code in one table (RFC 6120, section 8.3.3; XEP-0086). */
#ifndef MUSTER_REGISTRATION_CONDITION_H
#define MUSTER_REGISTRATION_CONDITION_H

#include "muster/text.h"

#define MUSTER_CONDITIONS(X)                                                                                           \
	X(BAD_REQUEST, "bad-request", "modify", 400)                                                                   \
	X(CONFLICT, "conflict", "cancel", 409)                                                                         \
	X(FEATURE_NOT_IMPLEMENTED, "feature-not-implemented", "cancel", 501)                                           \
	X(FORBIDDEN, "forbidden", "auth", 403)                                                                         \
	X(GONE, "gone", "cancel", 302)                                                                                 \
	X(INTERNAL_SERVER_ERROR, "internal-server-error", "wait", 500)                                                 \
	X(ITEM_NOT_FOUND, "item-not-found", "cancel", 404)                                                             \
	X(JID_MALFORMED, "jid-malformed", "modify", 400)                                                               \
	X(NOT_ACCEPTABLE, "not-acceptable", "modify", 406)                                                             \
	X(NOT_ALLOWED, "not-allowed", "cancel", 405)                                                                   \
	X(NOT_AUTHORIZED, "not-authorized", "auth", 401)                                                               \
	X(POLICY_VIOLATION, "policy-violation", "modify", 403)                                                         \
	X(RECIPIENT_UNAVAILABLE, "recipient-unavailable", "wait", 404)                                                 \
	X(REDIRECT, "redirect", "modify", 302)                                                                         \
	X(REGISTRATION_REQUIRED, "registration-required", "auth", 407)                                                 \
	X(REMOTE_SERVER_NOT_FOUND, "remote-server-not-found", "cancel", 404)                                           \
	X(REMOTE_SERVER_TIMEOUT, "remote-server-timeout", "wait", 504)                                                 \
	X(RESOURCE_CONSTRAINT, "resource-constraint", "wait", 500)                                                     \
	X(SERVICE_UNAVAILABLE, "service-unavailable", "cancel", 503)                                                   \
	X(SUBSCRIPTION_REQUIRED, "subscription-required", "auth", 407)                                                 \
	X(UNDEFINED_CONDITION, "undefined-condition", "cancel", 500)                                                   \
	X(UNEXPECTED_REQUEST, "unexpected-request", "wait", 400)

enum muster_condition {
#define MUSTER_CONDITION_NUMBER(symbol, name, type, code) MUSTER_CONDITION_##symbol,
	MUSTER_CONDITIONS(MUSTER_CONDITION_NUMBER)
#undef MUSTER_CONDITION_NUMBER
		MUSTER_CONDITION_COUNT
};

struct muster_condition_row {
	const char *name, *type;
	int code;
};

extern const struct muster_condition_row muster_conditions[MUSTER_CONDITION_COUNT];

/* The condition of that name, or MUSTER_CONDITION_COUNT. */
enum muster_condition muster_condition_of(struct muster_text name);

/* One of auth, cancel, continue, modify, wait as a literal, or NULL. */
const char *muster_condition_type_of(struct muster_text name);

#endif
