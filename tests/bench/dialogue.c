/* dialogue.c -- the steps of XMPP's client side that a registration or a login needs, each waiting for one answer. */
#include "dialogue.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

enum step {
	STEP_IDLE, /* not connected */
	STEP_CONNECT,
	STEP_FEATURES,
	STEP_ASKED,      /* iq get sent */
	STEP_FORM,       /* the same, to register next */
	STEP_REGISTERED, /* iq set sent */
	STEP_AUTHENTICATED,
	STEP_BOUND,
	STEP_STAY,
	STEP_LEAVE /* result known, </stream:stream> sent */
};

static const int64_t leave_ns = 5 * SECOND_NS; /* how long the server may take to say good-bye */

static void gone(struct dialogue *dialogue)
{
	connection_close(&dialogue->connection);
	dialogue->step = STEP_IDLE;
	dialogue->events->gone(dialogue);
}

void dialogue_leave(struct dialogue *dialogue)
{
	dialogue->step = STEP_LEAVE;
	dialogue->deadline_ns = clock_now_ns() + leave_ns;
	connection_send(&dialogue->connection, "</stream:stream>");
}

static void fail(struct dialogue *dialogue, const char *condition)
{
	dialogue->events->done(dialogue, condition);
	if (dialogue->connection.fd < 0)
		gone(dialogue);
	else
		dialogue_leave(dialogue);
}

static void fail_by(struct dialogue *dialogue, struct reply reply)
{
	char condition[48];

	reply_condition(reply, condition, sizeof(condition));
	fail(dialogue, condition);
}

static void open_stream(struct dialogue *dialogue, enum step next)
{
	dialogue->step = next;
	connection_send(&dialogue->connection,
	                "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
	                "xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
	                dialogue->host);
}

static void ask_form(struct dialogue *dialogue, enum step next)
{
	dialogue->step = next;
	connection_send(&dialogue->connection,
	                "<iq type='get' id='form' to='%s'><query xmlns='jabber:iq:register'/></iq>", dialogue->host);
}

static void send_form(struct dialogue *dialogue)
{
	dialogue->step = STEP_REGISTERED;
	connection_send(&dialogue->connection,
	                "<iq type='set' id='set' to='%s'><query xmlns='jabber:iq:register'>"
	                "<username>%s</username><password>%s</password></query></iq>",
	                dialogue->host, dialogue->account.name, dialogue->account.password);
}

static void authenticate(struct dialogue *dialogue)
{
	char plain[ACCOUNT_PLAIN];

	account_plain(&dialogue->account, plain);
	dialogue->step = STEP_AUTHENTICATED;
	connection_send(&dialogue->connection,
	                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>", plain);
}

static void bind_resource(struct dialogue *dialogue)
{
	dialogue->step = STEP_BOUND;
	connection_send(&dialogue->connection,
	                "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
	                "<resource>bench</resource></bind></iq>");
}

static unsigned plan_done(enum step step)
{
	if (step == STEP_ASKED)
		return PLAN_ASK;
	return step == STEP_BOUND ? PLAN_BIND : PLAN_REGISTER;
}

/* The current stream is ready for the next thing in the plan. */
static void go_on(struct dialogue *dialogue)
{
	if (dialogue->plan & PLAN_ASK) {
		ask_form(dialogue, STEP_ASKED);
	} else if (dialogue->plan & PLAN_REGISTER) {
		ask_form(dialogue, STEP_FORM);
	} else if (dialogue->plan & PLAN_LOGIN) {
		authenticate(dialogue);
	} else if (dialogue->plan & PLAN_BIND) {
		bind_resource(dialogue);
	} else {
		dialogue->step = STEP_STAY;
		dialogue->deadline_ns = NEVER_NS;
		dialogue->events->done(dialogue, NULL);
		if (!(dialogue->plan & PLAN_STAY))
			dialogue_leave(dialogue);
	}
}

static void got_features(struct dialogue *dialogue, struct reply reply)
{
	if (!reply_is(reply, "stream:features"))
		fail_by(dialogue, reply);
	else if (dialogue->plan & PLAN_LOGIN && !reply_contains(reply, ">PLAIN<"))
		fail(dialogue, "PLAIN-not-offered");
	else
		go_on(dialogue);
}

static void got_success(struct dialogue *dialogue, struct reply reply)
{
	if (!reply_is(reply, "success")) {
		fail_by(dialogue, reply);
		return;
	}
	dialogue->plan &= ~(unsigned)PLAN_LOGIN;
	if (!(dialogue->plan & PLAN_BIND)) {
		/* A good-bye would need a new stream first, which would be measured too. */
		dialogue->events->done(dialogue, NULL);
		gone(dialogue);
		return;
	}
	connection_restart_stream(&dialogue->connection);
	open_stream(dialogue, STEP_FEATURES);
}

static void got_result(struct dialogue *dialogue, struct reply reply)
{
	char type[16];

	if (!reply_is(reply, "iq") || !reply_attribute(reply, "type", type, sizeof(type)) ||
	    strcmp(type, "result") != 0) {
		fail_by(dialogue, reply);
	} else if (dialogue->step == STEP_FORM) {
		send_form(dialogue);
	} else {
		dialogue->plan &= ~plan_done(dialogue->step);
		go_on(dialogue);
	}
}

static void got_element(struct dialogue *dialogue, struct reply reply)
{
	switch (dialogue->step) {
	case STEP_FEATURES:
		got_features(dialogue, reply);
		break;
	case STEP_ASKED:
	case STEP_FORM:
	case STEP_REGISTERED:
	case STEP_BOUND:
		got_result(dialogue, reply);
		break;
	case STEP_AUTHENTICATED:
		got_success(dialogue, reply);
		break;
	case STEP_STAY:
		if (dialogue->events->element)
			dialogue->events->element(dialogue, reply);
		break;
	default:
		break; /* leaving: nothing is awaited */
	}
}

/* The connection is closed already, or the server ended the stream. */
static void got_end(struct dialogue *dialogue, const char *condition)
{
	if (dialogue->step != STEP_LEAVE)
		dialogue->events->done(dialogue, condition);
	gone(dialogue);
}

static void happened(void *owner, enum connection_event event, struct reply reply)
{
	struct dialogue *dialogue = owner;
	char why[32];

	switch (event) {
	case CONNECTION_OPENED:
		open_stream(dialogue, STEP_FEATURES);
		break;
	case CONNECTION_HEADER:
		break;
	case CONNECTION_ELEMENT:
		got_element(dialogue, reply);
		break;
	case CONNECTION_FOOTER:
		got_end(dialogue, "stream-ended");
		break;
	case CONNECTION_LOST:
		snprintf(why, sizeof(why), "%.*s", (int)reply.size, reply.text);
		got_end(dialogue, why);
		break;
	}
}

void dialogue_init(struct dialogue *dialogue, int epoll_fd, const struct dialogue_events *events, void *owner)
{
	dialogue->events = events;
	dialogue->owner = owner;
	dialogue->step = STEP_IDLE;
	connection_init(&dialogue->connection, epoll_fd, happened, dialogue);
}

void dialogue_start(struct dialogue *dialogue, uint16_t port, unsigned plan)
{
	dialogue->plan = plan;
	dialogue->step = STEP_CONNECT;
	connection_open(&dialogue->connection, port);
}

bool dialogue_is_idle(const struct dialogue *dialogue)
{
	return dialogue->step == STEP_IDLE;
}

void dialogue_expire(struct dialogue *dialogue, int64_t now_ns)
{
	if (dialogue->step == STEP_IDLE || now_ns < dialogue->deadline_ns)
		return;
	if (dialogue->step != STEP_LEAVE)
		dialogue->events->done(dialogue, "timeout");
	gone(dialogue);
}
