/* request.c -- taking an iq apart. */
#include "registration/request.h"

#include "policy/host.h"

static enum muster_request_type type_of(const struct muster_element *iq)
{
	struct muster_text type = muster_element_attribute(iq, "type");

	if (!muster_text_is_c(iq->name, "iq"))
		return MUSTER_REQUEST_BAD;
	if (muster_text_is_c(type, "result") || muster_text_is_c(type, "error"))
		return MUSTER_REQUEST_ANSWER;
	if (!iq->first || iq->first->next)
		return MUSTER_REQUEST_BAD;
	if (muster_element_is(iq->first, MUSTER_DATA_SPACE, "data"))
		return muster_text_is_c(type, "get") ? MUSTER_REQUEST_DATA : MUSTER_REQUEST_BAD;
	if (muster_element_is(iq->first, MUSTER_PREAUTH_SPACE, "preauth") && muster_text_is_c(type, "set"))
		return MUSTER_REQUEST_PREAUTH;
	if (!muster_element_is(iq->first, MUSTER_REGISTER_SPACE, "query"))
		return MUSTER_REQUEST_BAD;
	if (muster_text_is_c(type, "get"))
		return MUSTER_REQUEST_GET;
	return muster_text_is_c(type, "set") ? MUSTER_REQUEST_SET : MUSTER_REQUEST_BAD;
}

void muster_request_parse(struct muster_request *request, const struct muster_element *iq)
{
	request->type = type_of(iq);
	request->id = muster_element_attribute(iq, "id");
	request->to = muster_element_attribute(iq, "to");
	request->from = muster_element_attribute(iq, "from");
	request->language = muster_element_language(iq);
	request->query = iq->first;
}

static int set_bare_jid(struct muster_buffer *jid, const struct muster_host *host, struct muster_text username)
{
	muster_buffer_add(jid, username);
	muster_buffer_add_byte(jid, '@');
	return muster_buffer_add(jid, host->name);
}

/* A stream that has not logged in gets an answer without addresses, as hosts give it. An account's answer comes from
 * whom it asked, which is itself if it named nobody (RFC 6120, section 8.1.2.1). */
int muster_address_set(struct muster_address *address, const struct muster_host *host, const struct muster_facts *facts,
                       const struct muster_request *request)
{
	struct muster_text id = request->id.data ? request->id : facts->id;
	int error = MUSTER_OK;

	*address = (struct muster_address){ .has_id = id.data != NULL };
	if (address->has_id)
		error = muster_buffer_add(&address->id, id);
	if (error == MUSTER_OK)
		error = muster_buffer_add(&address->language,
		                          request->language.data ? request->language : facts->language);
	if (facts->sender == MUSTER_SENDER_STREAM || error != MUSTER_OK)
		return error;
	error = muster_buffer_add(&address->to, facts->full_jid.data ? facts->full_jid : request->from);
	if (error == MUSTER_OK && request->to.data)
		error = muster_buffer_add(&address->from, request->to);
	else if (error == MUSTER_OK && facts->username.data)
		error = set_bare_jid(&address->from, host, facts->username);
	return error;
}

void muster_address_clear(struct muster_address *address)
{
	muster_buffer_clear(&address->id);
	muster_buffer_clear(&address->to);
	muster_buffer_clear(&address->from);
	muster_buffer_clear(&address->language);
}
