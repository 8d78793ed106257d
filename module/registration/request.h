/* request.h -- an iq stanza with a payload of jabber:iq:register, urn:xmpp:bob or an invitation, taken apart. Borrowed
 * from its document. */
#ifndef MUSTER_REGISTRATION_REQUEST_H
#define MUSTER_REGISTRATION_REQUEST_H

#include "muster/registration.h"
#include "xml/document.h"

#define MUSTER_REGISTER_SPACE "jabber:iq:register"
#define MUSTER_FORM_SPACE "jabber:x:data"
#define MUSTER_DATA_SPACE "urn:xmpp:bob"
#define MUSTER_PREAUTH_SPACE "urn:xmpp:pars:0"

enum muster_request_type {
	MUSTER_REQUEST_GET,
	MUSTER_REQUEST_SET,
	MUSTER_REQUEST_DATA,    /* a get of urn:xmpp:bob */
	MUSTER_REQUEST_PREAUTH, /* a set that shows an invitation (XEP-0445) */
	MUSTER_REQUEST_ANSWER,  /* a stray result or error: none is owed */
	MUSTER_REQUEST_BAD,     /* no iq, of an unknown type, or with another payload, or several */
};

struct muster_request {
	enum muster_request_type type;
	struct muster_text id, to, from, language;
	const struct muster_element *query; /* the payload */
};

/* muster_request_begin of what has been read already, or could not be. */
int muster_request_begin_document(struct muster_host *host, struct muster_store *store,
                                  const struct muster_facts *facts, const struct muster_document *document,
                                  struct muster_outcome *outcome, struct muster_operation **operation);

void muster_request_parse(struct muster_request *request, const struct muster_element *iq);

/* Where an answer goes: what is written into it, owned, because the request is gone when an operation ends. */
struct muster_address {
	struct muster_buffer id, to, from, language;
	bool has_id;
};

int muster_address_set(struct muster_address *address, const struct muster_host *host, const struct muster_facts *facts,
                       const struct muster_request *request);
void muster_address_clear(struct muster_address *address);

#endif
