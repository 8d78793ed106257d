/* reply.c -- answers as text. */
#include "registration/reply.h"

#include "policy/host.h"
#include "xml/writer.h"

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

int muster_reply_error(struct muster_outcome *outcome, const struct muster_address *address,
                       const struct muster_refusal *refusal)
{
	const struct muster_condition_row *row = &muster_conditions[refusal->condition];
	struct muster_buffer *xml = &outcome->xml;

	open_iq(xml, address, "error");
	muster_buffer_add_c(xml, ">");
	if (refusal->form != MUSTER_PROOF_NONE) {
		muster_buffer_add_c(xml, "<query xmlns='" MUSTER_REGISTER_SPACE "'>");
		muster_form_add_proof(xml, refusal->form);
		muster_buffer_add_c(xml, "</query>");
	}
	muster_buffer_add_c(xml, "<error type='");
	muster_buffer_add_c(xml, refusal->type ? refusal->type : row->type);
	muster_buffer_add_c(xml, "' code='");
	muster_buffer_add_number(xml, row->code);
	muster_buffer_add_c(xml, "'><");
	muster_buffer_add_c(xml, row->name);
	muster_buffer_add_c(xml, " xmlns='" STANZA_ERRORS "'/>");
	if (refusal->text.size > 0) {
		muster_buffer_add_c(xml, "<text xmlns='" STANZA_ERRORS "' xml:lang='en'>");
		muster_xml_text(xml, refusal->text);
		muster_buffer_add_c(xml, "</text>");
	}
	muster_buffer_add_c(xml, "</error></iq>");
	return send(outcome);
}

static struct muster_text stored_value(const struct muster_account *account, struct muster_text name)
{
	for (size_t i = 0; account && i < account->field_count; i++)
		if (muster_text_is(account->fields[i].name, name))
			return account->fields[i].value;
	return MUSTER_NO_TEXT;
}

static void add_element(struct muster_buffer *xml, const struct muster_field_rule *rule,
                        const struct muster_account *account)
{
	if (rule->element)
		muster_xml_element(xml, rule->element, stored_value(account, rule->name));
}

/* The schema puts nick between username and password, the other fields behind them. */
static void add_elements(struct muster_buffer *xml, const struct muster_host *host,
                         const struct muster_account *account)
{
	size_t first = host->field_count > 0 && muster_text_is_c(host->fields[0].name, "nick") ? 1 : 0;

	muster_xml_element(xml, "username", account ? account->name : MUSTER_NO_TEXT);
	if (first == 1)
		add_element(xml, &host->fields[0], account);
	muster_buffer_add_c(xml, "<password/>");
	for (size_t i = first; i < host->field_count; i++)
		add_element(xml, &host->fields[i], account);
}

static int reply_query(struct muster_outcome *outcome, const struct muster_address *address,
                       const struct muster_host *host, const struct muster_account *account)
{
	struct muster_buffer *xml = &outcome->xml;

	open_iq(xml, address, "result");
	muster_buffer_add_c(xml, "><query xmlns='" MUSTER_REGISTER_SPACE "'>");
	if (account)
		muster_buffer_add_c(xml, "<registered/>");
	muster_xml_element(xml, "instructions",
	                   account ? MUSTER_TEXT("You are registered. You can change your password here.")
	                           : host->instructions);
	if (account || muster_host_offers_elements(host))
		add_elements(xml, host, account);
	if (muster_host_offers_form(host))
		muster_form_add(xml, host, account);
	muster_buffer_add_c(xml, "</query></iq>");
	return send(outcome);
}

/* The URL stands in the instructions too, for clients that know nothing of XEP-0066 (XEP-0077, section 5). */
int muster_reply_redirect(struct muster_outcome *outcome, const struct muster_address *address,
                          const struct muster_host *host)
{
	struct muster_buffer *xml = &outcome->xml;

	open_iq(xml, address, "result");
	muster_buffer_add_c(xml, "><query xmlns='" MUSTER_REGISTER_SPACE "'><instructions>");
	muster_xml_text(xml, host->redirection);
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

int muster_reply_fields(struct muster_outcome *outcome, const struct muster_address *address,
                        const struct muster_host *host)
{
	return reply_query(outcome, address, host, NULL);
}

int muster_reply_registered(struct muster_outcome *outcome, const struct muster_address *address,
                            const struct muster_host *host, const struct muster_account *account)
{
	return reply_query(outcome, address, host, account);
}
