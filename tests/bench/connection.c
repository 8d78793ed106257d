/* connection.c -- connecting, partial reads and writes, and cutting what comes into elements. */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void lose(struct connection *connection, const char *why)
{
	connection_close(connection);
	connection->call(connection->owner, CONNECTION_LOST, (struct reply){ why, strlen(why) });
}

static const char *name_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	case EADDRNOTAVAIL:
		return "no-local-port";
	case EMFILE:
	case ENFILE:
		return "no-descriptor";
	default:
		return "socket";
	}
}

static void watch(struct connection *connection)
{
	uint32_t wanted = EPOLLIN;
	struct epoll_event event = { .data.ptr = connection };

	if (connection->connecting || connection->out_size > 0)
		wanted |= EPOLLOUT;
	if (wanted == connection->watched)
		return;
	event.events = wanted;
	epoll_ctl(connection->epoll_fd, connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection->fd, &event);
	connection->watched = wanted;
}

void connection_init(struct connection *connection, int epoll_fd, connection_fn *call, void *owner)
{
	connection->fd = -1;
	connection->epoll_fd = epoll_fd;
	connection->call = call;
	connection->owner = owner;
}

void connection_open(struct connection *connection, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connection->generation++;
	connection->in_size = connection->out_size = 0;
	connection->watched = 0;
	connection->connecting = true;
	connection_restart_stream(connection);
	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd < 0) {
		lose(connection, name_of(errno));
		return;
	}
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS) {
		lose(connection, name_of(errno));
		return;
	}
	watch(connection);
}

void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd); /* epoll forgets it by itself: the descriptor is nowhere else */
	connection->fd = -1;
}

void connection_restart_stream(struct connection *connection)
{
	size_t done = connection->scanner.next;

	/* What follows <success/> in the buffer, normally nothing, belongs to the new stream. */
	connection->scanner = (struct scanner){ 0 };
	if (connection->in_size == 0)
		return;
	connection->in_size -= done;
	memmove(connection->in, connection->in + done, connection->in_size);
}

static void flush(struct connection *connection)
{
	ssize_t sent = send(connection->fd, connection->out, connection->out_size, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		lose(connection, name_of(errno));
		return;
	}
	if (sent > 0) {
		connection->out_size -= (size_t)sent;
		memmove(connection->out, connection->out + sent, connection->out_size);
	}
	watch(connection);
}

void connection_send(struct connection *connection, const char *format, ...)
{
	size_t room = sizeof(connection->out) - connection->out_size;
	va_list arguments;
	int length;

	if (connection->fd < 0)
		return;
	va_start(arguments, format);
	length = vsnprintf(connection->out + connection->out_size, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room) {
		lose(connection, "overflow");
		return;
	}
	connection->out_size += (size_t)length;
	if (!connection->connecting)
		flush(connection);
}

/* Hands on every complete piece in the buffer; stops when a callback closed or reopened the connection. */
static void deliver(struct connection *connection)
{
	static const enum connection_event events[] = {
		[SCANNER_HEADER] = CONNECTION_HEADER,
		[SCANNER_ELEMENT] = CONNECTION_ELEMENT,
		[SCANNER_FOOTER] = CONNECTION_FOOTER,
	};
	unsigned generation = connection->generation;
	enum scanner_token token;
	size_t begin, end, done;

	while ((token = scanner_next(&connection->scanner, connection->in, connection->in_size, &begin, &end)) !=
	       SCANNER_MORE) {
		if (token == SCANNER_GARBLED) {
			lose(connection, "garbled");
			return;
		}
		connection->call(connection->owner, events[token],
		                 (struct reply){ connection->in + begin, end - begin });
		if (connection->fd < 0 || connection->generation != generation)
			return;
	}
	done = scanner_forget(&connection->scanner);
	connection->in_size -= done;
	memmove(connection->in, connection->in + done, connection->in_size);
}

static void receive(struct connection *connection)
{
	size_t room = sizeof(connection->in) - connection->in_size;
	ssize_t got;

	if (room == 0) {
		lose(connection, "overflow");
		return;
	}
	got = recv(connection->fd, connection->in + connection->in_size, room, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lose(connection, got == 0 ? "closed" : name_of(errno));
		return;
	}
	connection->in_size += (size_t)got;
	deliver(connection);
}

/* Returns whether the connection is usable and still the one it was. */
static bool finish_connecting(struct connection *connection)
{
	unsigned generation = connection->generation;
	socklen_t size = sizeof(int);
	int error = 0;

	getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error != 0) {
		lose(connection, name_of(error));
		return false;
	}
	connection->connecting = false;
	connection->call(connection->owner, CONNECTION_OPENED, (struct reply){ "", 0 });
	return connection->fd >= 0 && connection->generation == generation;
}

void connection_ready(struct connection *connection, uint32_t events)
{
	unsigned generation = connection->generation;

	if (connection->fd < 0)
		return;
	if (connection->connecting && !finish_connecting(connection))
		return;
	if (events & EPOLLOUT)
		flush(connection);
	if (connection->fd >= 0 && connection->generation == generation && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(connection);
}
