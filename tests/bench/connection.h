/* connection.h -- one non-blocking TCP connection to the server, its two buffers and its place in epoll. */
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "scanner.h"

enum { CONNECTION_IN = 16384, CONNECTION_OUT = 4096 };

enum connection_event {
	CONNECTION_OPENED,
	CONNECTION_HEADER, /* the server's <stream:stream> */
	CONNECTION_ELEMENT,
	CONNECTION_FOOTER, /* the server's </stream:stream> */
	CONNECTION_LOST    /* already closed; reply.text names why: "refused", "closed", "garbled" … */
};

/* May close, reopen or restart the connection it is called for, nothing else's. */
typedef void connection_fn(void *owner, enum connection_event event, struct reply reply);

struct connection {
	int fd; /* -1 when closed */
	int epoll_fd;
	uint32_t watched;
	unsigned generation; /* counts openings: tells whether a callback reopened it */
	bool connecting;
	connection_fn *call;
	void *owner;
	struct scanner scanner;
	size_t in_size, out_size;
	char in[CONNECTION_IN], out[CONNECTION_OUT];
};

void connection_init(struct connection *connection, int epoll_fd, connection_fn *call, void *owner);

/* To 127.0.0.1. A failure at once is reported as CONNECTION_LOST before this returns. */
void connection_open(struct connection *connection, uint16_t port);
void connection_close(struct connection *connection);

/* Queues text and writes what the socket takes. A full buffer loses the connection ("overflow"). */
__attribute__((format(printf, 2, 3))) void connection_send(struct connection *connection, const char *format, ...);

/* After <success/>: the next bytes begin a new stream. */
void connection_restart_stream(struct connection *connection);

/* Carries out what epoll reported. */
void connection_ready(struct connection *connection, uint32_t events);

#endif
