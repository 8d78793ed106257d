/* strophe_flow.c -- a second client, on libstrophe: registers over STARTTLS, logs in on another stream (by SCRAM, as
 * libstrophe prefers), changes the password, logs in with it, and removes the account.
 *
 *   strophe_flow PORT USERNAME PASSWORD NEW_PASSWORD
 *
 * Prints a line a step; exits with 0 if every step went as it should. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strophe.h>

#define REGISTER "jabber:iq:register"
#define FEATURE "http://jabber.org/features/iq-register"

/* One stream: what it asks once it is up, and what became of it. */
struct stream {
	xmpp_ctx_t *context;
	const char *inner; /* of the query that is sent; NULL to log in and leave */
	bool up, answered, refused;
	int stream_error; /* as xmpp_error_type_t, -1 if none */
};

static unsigned short port;

static void step(const char *what, bool right)
{
	printf("%-40s %s\n", what, right ? "ok" : "WRONG");
	fflush(stdout);
	if (!right)
		exit(EXIT_FAILURE);
}

static int answer(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *data)
{
	struct stream *stream = data;
	const char *type = xmpp_stanza_get_type(stanza);

	stream->answered = true;
	stream->refused = !type || strcmp(type, "result") != 0;
	/* A removed account's stream is ended by the server. */
	if (stream->refused || strcmp(stream->inner, "<remove/>") != 0)
		xmpp_disconnect(connection);
	return 0;
}

static void ask(xmpp_conn_t *connection, struct stream *stream)
{
	xmpp_id_handler_add(connection, answer, "ask", stream);
	xmpp_send_raw_string(connection, "<iq type='set' id='ask'><query xmlns='" REGISTER "'>%s</query></iq>",
	                     stream->inner);
}

static void ended(struct stream *stream, const xmpp_stream_error_t *error)
{
	stream->stream_error = error ? (int)error->type : -1;
	xmpp_stop(stream->context);
}

/* --- before login --- */

static int start_tls(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *data)
{
	(void)stanza, (void)data;
	step("encrypts the stream", xmpp_conn_tls_start(connection) == 0);
	xmpp_conn_open_stream_default(connection);
	return 0;
}

static int got_features(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *data)
{
	bool offered = xmpp_stanza_get_child_by_name_and_ns(stanza, "register", FEATURE) != NULL;

	if (!xmpp_conn_is_secured(connection)) {
		step("no registration in the clear", !offered);
		xmpp_handler_add(connection, start_tls, XMPP_NS_TLS, "proceed", NULL, data);
		xmpp_send_raw_string(connection, "<starttls xmlns='" XMPP_NS_TLS "'/>");
		return 0;
	}
	step("registration over TLS", offered);
	ask(connection, data);
	return 0;
}

static void raw_event(xmpp_conn_t *connection, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream_error,
                      void *data)
{
	(void)error;
	if (event == XMPP_CONN_RAW_CONNECT)
		xmpp_conn_open_stream_default(connection);
	else if (event == XMPP_CONN_CONNECT) /* a stream is open, the first or the one over TLS */
		xmpp_handler_add(connection, got_features, XMPP_NS_STREAMS, "features", NULL, data);
	else
		ended(data, stream_error);
}

/* --- after login --- */

static void event(xmpp_conn_t *connection, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream_error,
                  void *data)
{
	struct stream *stream = data;

	(void)error;
	if (event != XMPP_CONN_CONNECT) {
		ended(stream, stream_error);
		return;
	}
	stream->up = true;
	if (stream->inner)
		ask(connection, stream);
	else
		xmpp_disconnect(connection);
}

/* --- streams --- */

static struct stream run(const char *jid, const char *password, const char *inner)
{
	xmpp_ctx_t *context = xmpp_ctx_new(NULL, NULL);
	xmpp_conn_t *connection = xmpp_conn_new(context);
	struct stream stream = { .context = context, .inner = inner, .stream_error = -1 };

	xmpp_conn_set_flags(connection, XMPP_CONN_FLAG_TRUST_TLS | (password ? XMPP_CONN_FLAG_MANDATORY_TLS : 0));
	xmpp_conn_set_jid(connection, jid);
	if (password) {
		xmpp_conn_set_pass(connection, password);
		xmpp_connect_client(connection, "127.0.0.1", port, event, &stream);
	} else {
		xmpp_connect_raw(connection, "127.0.0.1", port, raw_event, &stream);
	}
	xmpp_run(context);
	xmpp_conn_release(connection);
	xmpp_ctx_free(context);
	return stream;
}

static const char *fields(const char *username, const char *password)
{
	static char inner[512];

	snprintf(inner, sizeof(inner), "<username>%s</username><password>%s</password>", username, password);
	return inner;
}

int main(int count, char **arguments)
{
	struct stream stream;
	char jid[256];

	if (count != 5) {
		fprintf(stderr, "usage: %s PORT USERNAME PASSWORD NEW_PASSWORD\n", arguments[0]);
		return 2;
	}
	port = (unsigned short)strtoul(arguments[1], NULL, 10);
	snprintf(jid, sizeof(jid), "%s@localhost", arguments[2]);
	xmpp_initialize();

	stream = run("localhost", NULL, fields(arguments[2], arguments[3]));
	step("registers", stream.answered && !stream.refused);
	stream = run("localhost", NULL, fields(arguments[2], arguments[4]));
	step("the name is taken", stream.answered && stream.refused);
	step("logs in", run(jid, arguments[3], NULL).up);
	step("a wrong password is refused", !run(jid, arguments[4], NULL).up);
	stream = run(jid, arguments[3], fields(arguments[2], arguments[4]));
	step("changes the password", stream.answered && !stream.refused);
	step("logs in with the new password", run(jid, arguments[4], NULL).up);
	stream = run(jid, arguments[4], "<remove/>");
	step("removes the account", stream.answered && !stream.refused);
	step("the server ends the stream", stream.stream_error == XMPP_SE_NOT_AUTHORIZED);
	step("the account is gone", !run(jid, arguments[4], NULL).up);
	xmpp_shutdown();
	return EXIT_SUCCESS;
}
