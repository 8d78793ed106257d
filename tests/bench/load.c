/* load.c -- muster-load: registers accounts, logs in or asks for the form, and tells how fast the server was. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bystander.h"
#include "clock.h"
#include "crowd.h"
#include "options.h"
#include "report.h"

enum { BATCH = 64 };

struct load {
	struct options options;
	int epoll_fd;
	struct crowd crowd;
	struct bystander bystander;
};

/* Carries out what happens until `until_ns`, or the next thing that happens. */
static void turn(const struct load *load, int64_t until_ns)
{
	struct epoll_event ready[BATCH];
	int64_t wait_ns = until_ns - clock_now_ns();
	struct timespec wait = { 0 };
	int count;

	if (wait_ns > 0)
		wait = (struct timespec){ wait_ns / SECOND_NS, wait_ns % SECOND_NS };
	/* Milliseconds, as epoll_wait() has them, are too coarse to send a ping in time. */
	count = epoll_pwait2(load->epoll_fd, ready, BATCH, &wait, NULL);
	for (int i = 0; i < count; i++)
		connection_ready(ready[i].data.ptr, ready[i].events);
}

/* Until the bystander is logged in. */
static void prepare(struct load *load)
{
	bystander_start(&load->bystander, &load->options, load->epoll_fd);
	while (!load->bystander.ready && !load->bystander.failure) {
		int64_t now_ns = clock_now_ns();

		bystander_tick(&load->bystander, now_ns);
		turn(load, now_ns + SECOND_NS);
	}
}

static void run(struct load *load)
{
	int64_t now_ns = clock_now_ns();

	crowd_begin(&load->crowd, now_ns);
	if (load->bystander.ready)
		bystander_begin(&load->bystander, now_ns);
	while (!crowd_is_done(&load->crowd)) {
		int64_t next_ns;

		now_ns = clock_now_ns();
		next_ns = crowd_tick(&load->crowd, now_ns);
		if (load->options.bystander)
			next_ns = clock_earlier(next_ns, bystander_tick(&load->bystander, now_ns));
		turn(load, next_ns);
	}
}

/* The pings that are under way at the end count too: leaving them out would leave out the slowest. */
static void await_pings(struct load *load)
{
	int64_t give_up_ns = clock_now_ns() + 10 * SECOND_NS;

	bystander_end(&load->bystander);
	while (!bystander_is_done(&load->bystander) && clock_now_ns() < give_up_ns)
		turn(load, give_up_ns);
	if (!bystander_is_done(&load->bystander))
		load->bystander.failure = "unanswered-pings";
	connection_close(&load->bystander.dialogue.connection);
}

static int finish(struct load *load)
{
	const struct bystander *bystander = load->options.bystander ? &load->bystander : NULL;
	int failed = load->crowd.failures.total > 0 || (bystander && bystander->failure);

	report_print(&load->crowd, bystander);
	crowd_free(&load->crowd);
	close(load->epoll_fd);
	free(load);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load || !options_read(&load->options, count, arguments)) {
		free(load);
		return 2;
	}
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll_fd < 0 || !crowd_init(&load->crowd, &load->options, load->epoll_fd)) {
		perror("muster-load");
		return 2;
	}
	if (load->options.bystander)
		prepare(load);
	run(load);
	if (load->options.bystander)
		await_pings(load);
	return finish(load);
}
