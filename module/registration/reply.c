/* reply.c -- answers as text. */
#include "registration/reply.h"

#include <string.h>

#include "policy/host.h"
#include "xml/writer.h"

#define MUSTER_WAIT_SPACE "urn:muster:wait:0"
#define STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"

struct muster_action *muster_outcome_add(struct muster_outcome *outcome, enum muster_action_kind kind)
{
	struct muster_action *action = &outcome->actions[outcome->action_count++];

	*action = (struct muster_action){ .kind = kind };
	return action;
}

void muster_outcome_close(struct muster_outcome *outcome, const char *condition, const char *text)
{
	struct muster_action *action = muster_outcome_add(outcome, MUSTER_ACTION_CLOSE);

	action->condition = muster_text_of(condition);
	action->text = muster_text_of(text);
}

void muster_outcome_clear(struct muster_outcome *outcome)
{
	muster_buffer_clear(&outcome->xml);
	muster_buffer_clear(&outcome->owned);
	if (outcome->note)
		outcome->note->kind->free(outcome->note);
	*outcome = (struct muster_outcome){ 0 };
}

static void open_iq(struct muster_buffer *xml, const struct muster_address *address, const char *type)
{
	muster_buffer_add_c(xml, "<iq type='");
	muster_buffer_add_c(xml, type);
	muster_buffer_add_c(xml, "'");
	if (address->has_id)
		muster_xml_attribute(xml, "id", address->id.data ? muster_buffer_text(&address->id) : MUSTER_TEXT(""));
	muster_xml_attribute(xml, "to", muster_buffer_text(&address->to));
	muster_xml_attribute(xml, "from", muster_buffer_text(&address->from));
}

static int send(struct muster_outcome *outcome)
{
	int error = outcome->xml.error;

	if (error == MUSTER_OK)
		muster_outcome_add(outcome, MUSTER_ACTION_SEND)->xml = muster_buffer_text(&outcome->xml);
	return error;
}

int muster_reply_result(struct muster_outcome *outcome, const struct muster_address *address)
{
	open_iq(&outcome->xml, address, "result");
	muster_buffer_add_c(&outcome->xml, "/>");
	return send(outcome);
}

/* --- errors --- */

/* The phrase with a value in its place. */
static int fill_in(struct muster_buffer *text, struct muster_text phrase, struct muster_text place,
                   struct muster_text field)
{
	const char *found = phrase.data ? memmem(phrase.data, phrase.size, place.data, place.size) : NULL;
	size_t before = found ? (size_t)(found - phrase.data) : phrase.size;

	muster_buffer_add(text, (struct muster_text){ phrase.data, before });
	if (found) {
		muster_buffer_add(text, field);
		muster_buffer_add(text, (struct muster_text){ found + place.size, phrase.size - before - place.size });
	}
	return text->error;
}

static int fill_in_seconds(struct muster_buffer *text, struct muster_text phrase, int64_t seconds)
{
	struct muster_buffer number = { 0 };
	int error = muster_buffer_add_number(&number, seconds);

	if (error == MUSTER_OK)
		error = fill_in(text, phrase, MUSTER_TEXT("{seconds}"), muster_buffer_text(&number));
	muster_buffer_clear(&number);
	return error;
}

static const char *type_of(const struct muster_refusal *refusal)
{
	return refusal->type ? refusal->type : muster_conditions[refusal->condition].type;
}

/* Every answer of type wait says when to come back; where that is not known it is guessed. */
static int64_t wait_of(const struct muster_refusal *refusal)
{
	enum { QUEUE_S = 5 /* the most that the engine lets wait */, LOGIN_S = 1, FAILURE_S = 60 };

	if (strcmp(type_of(refusal), "wait") != 0)
		return 0;
	if (refusal->wait_s > 0)
		return refusal->wait_s;
	if (refusal->condition == MUSTER_CONDITION_RESOURCE_CONSTRAINT)
		return QUEUE_S;
	return refusal->condition == MUSTER_CONDITION_UNEXPECTED_REQUEST ? LOGIN_S : FAILURE_S;
}

int muster_outcome_say(struct muster_outcome *outcome, const struct muster_host *host,
                       const struct muster_refusal *refusal, struct muster_text reader, struct muster_text *language)
{
	struct muster_saying saying = { refusal->text, MUSTER_NO_TEXT }; /* in whatever language */
	int error = MUSTER_OK;

	if (!saying.text.data && refusal->phrase != MUSTER_PHRASE_NONE)
		saying = muster_phrase_in(host, refusal->phrase, reader);
	*language = saying.language;
	outcome->text = saying.text;
	if (refusal->field.data)
		error = fill_in(&outcome->owned, saying.text, MUSTER_TEXT("{field}"), refusal->field);
	else if (!refusal->text.data && wait_of(refusal) > 0)
		error = fill_in_seconds(&outcome->owned, saying.text, wait_of(refusal));
	else
		return MUSTER_OK;
	outcome->text = muster_buffer_text(&outcome->owned);
	return error;
}

static void add_form(struct muster_buffer *xml, const struct muster_view *view, enum muster_proof_form form)
{
	if (form == MUSTER_PROOF_NONE && !view->challenge)
		return;
	muster_buffer_add_c(xml, "<query xmlns='" MUSTER_REGISTER_SPACE "'>");
	if (view->challenge) {
		muster_form_add(xml, view);
		muster_form_add_picture(xml, view->challenge);
	} else {
		muster_form_add_proof(xml, view, form);
	}
	muster_buffer_add_c(xml, "</query>");
}

static void add_text(struct muster_buffer *xml, struct muster_text text, struct muster_text language)
{
	if (text.size == 0)
		return;
	muster_buffer_add_c(xml, "<text xmlns='" STANZA_ERRORS "'");
	muster_xml_attribute(xml, "xml:lang", language);
	muster_buffer_add_c(xml, ">");
	muster_xml_text(xml, text);
	muster_buffer_add_c(xml, "</text>");
}

/* For programs, what the text says to people. */
static void add_wait(struct muster_buffer *xml, const struct muster_refusal *refusal)
{
	if (wait_of(refusal) == 0)
		return;
	muster_buffer_add_c(xml, "<retry-after xmlns='" MUSTER_WAIT_SPACE "' seconds='");
	muster_buffer_add_number(xml, wait_of(refusal));
	muster_buffer_add_c(xml, "'/>");
}

int muster_reply_error(struct muster_outcome *outcome, const struct muster_address *address,
                       const struct muster_host *host, const struct muster_refusal *refusal)
{
	const struct muster_condition_row *row = &muster_conditions[refusal->condition];
	struct muster_view view = { .host = host,
		                    .language = muster_buffer_text(&address->language),
		                    .key = refusal->key,
		                    .challenge = refusal->challenge,
		                    .request = muster_buffer_text(&address->id) };
	struct muster_buffer *xml = &outcome->xml;
	struct muster_text language;
	int error = muster_outcome_say(outcome, host, refusal, view.language, &language);

	if (error != MUSTER_OK)
		return error;
	open_iq(xml, address, "error");
	muster_buffer_add_c(xml, ">");
	add_form(xml, &view, refusal->form);
	muster_buffer_add_c(xml, "<error type='");
	muster_buffer_add_c(xml, type_of(refusal));
	muster_buffer_add_c(xml, "' code='");
	muster_buffer_add_number(xml, row->code);
	muster_buffer_add_c(xml, "'><");
	muster_buffer_add_c(xml, row->name);
	muster_buffer_add_c(xml, " xmlns='" STANZA_ERRORS "'/>");
	add_text(xml, outcome->text, language);
	add_wait(xml, refusal);
	muster_buffer_add_c(xml, "</error></iq>");
	return send(outcome);
}

/* --- answers to a get --- */

static void add_element(struct muster_buffer *xml, const struct muster_view *view, const struct muster_field_rule *rule)
{
	if (rule->element)
		muster_xml_element(xml, rule->element, muster_view_value(view, rule));
}

/* The schema puts nick between username and password, the other fields behind them, and the key last. */
static void add_elements(struct muster_buffer *xml, const struct muster_view *view)
{
	const struct muster_host *host = view->host;
	size_t first = host->field_count > 0 && muster_text_is_c(host->fields[0].name, "nick") ? 1 : 0;

	if (host->username.asked)
		muster_xml_element(xml, "username", muster_view_value(view, &host->username));
	if (first == 1)
		add_element(xml, view, &host->fields[0]);
	if (host->password.asked)
		muster_buffer_add_c(xml, "<password/>");
	for (size_t i = first; i < host->field_count; i++)
		add_element(xml, view, &host->fields[i]);
}

static void open_query(struct muster_buffer *xml, const struct muster_address *address)
{
	open_iq(xml, address, "result");
	muster_buffer_add_c(xml, "><query xmlns='" MUSTER_REGISTER_SPACE "'>");
}

int muster_reply_fields(struct muster_outcome *outcome, const struct muster_address *address,
                        const struct muster_view *view)
{
	struct muster_buffer *xml = &outcome->xml;
	bool form = muster_host_offers_form(view->host) || view->challenge;
	bool elements =
		muster_host_offers_elements(view->host) || (view->account && view->host->form != MUSTER_FORM_ONLY);

	open_query(xml, address);
	if (view->account)
		muster_buffer_add_c(xml, "<registered/>");
	muster_xml_element(xml, "instructions", muster_view_instructions(view));
	if (elements && !view->challenge) /* they cannot hold what solves it */
		add_elements(xml, view);
	if (view->key.data)
		muster_xml_element(xml, "key", view->key);
	if (form)
		muster_form_add(xml, view);
	if (view->challenge)
		muster_form_add_picture(xml, view->challenge);
	muster_buffer_add_c(xml, "</query></iq>");
	return send(outcome);
}

int muster_reply_picture(struct muster_outcome *outcome, const struct muster_address *address,
                         const struct muster_challenge *challenge)
{
	struct muster_buffer *xml = &outcome->xml;

	open_iq(xml, address, "result");
	muster_buffer_add_c(xml, ">");
	muster_form_add_picture(xml, challenge);
	muster_buffer_add_c(xml, "</iq>");
	return send(outcome);
}

/* The URL stands in the instructions too, for clients that know nothing of XEP-0066 (XEP-0077, section 5). */
int muster_reply_redirect(struct muster_outcome *outcome, const struct muster_address *address,
                          const struct muster_host *host)
{
	struct muster_buffer *xml = &outcome->xml;
	struct muster_text language = muster_buffer_text(&address->language);
	struct muster_text own = muster_wording_in(&host->instructions, language).text;

	open_query(xml, address);
	muster_buffer_add_c(xml, "<instructions>");
	muster_xml_text(xml, own.data ? own : muster_phrase_in(host, MUSTER_PHRASE_REDIRECTION, language).text);
	if (host->url.data) {
		muster_buffer_add_c(xml, " ");
		muster_xml_text(xml, host->url);
	}
	muster_buffer_add_c(xml, "</instructions>");
	if (host->url.data) {
		muster_buffer_add_c(xml, "<x xmlns='jabber:x:oob'>");
		muster_xml_element(xml, "url", host->url);
		muster_buffer_add_c(xml, "</x>");
	}
	muster_buffer_add_c(xml, "</query></iq>");
	return send(outcome);
}
