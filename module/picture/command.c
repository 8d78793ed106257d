/* command.c -- a child, its standard output, its end. */
#include "picture/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "muster/error.h"

enum { MILLISECOND_NS = 1000000 };

/* --- starting --- */

/* The order matters: our end may be any descriptor, if the server has closed its own first ones. */
static int set_descriptors(posix_spawn_file_actions_t *actions, int output)
{
	int error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);

	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return error;
}

/* Workers block every signal, and servers ignore some. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawnattr_setsigmask(attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (error == 0)
		error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		                                                     POSIX_SPAWN_SETPGROUP);
	return error;
}

static int spawn_with(const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, const char *path,
                      const char *argument, pid_t *child)
{
	static char search[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    lang[] = "LANG=C.UTF-8";
	char *arguments[] = { (char *)path, (char *)argument, NULL }, *environment[] = { search, lang, NULL };

	return posix_spawn(child, path, actions, attributes, arguments, environment);
}

static int spawn(const char *path, const char *argument, int output, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = set_descriptors(&actions, output);
		if (error == 0)
			error = set_attributes(&attributes);
		if (error == 0)
			error = spawn_with(&actions, &attributes, path, argument, child);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int start(const char *path, const char *argument, pid_t *child, int *output)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return MUSTER_PICTURE_COMMAND;
	error = spawn(path, argument, ends[1], child);
	close(ends[1]);
	*output = ends[0];
	if (error == 0)
		return MUSTER_OK;
	close(ends[0]);
	return error == ENOMEM ? MUSTER_NO_MEMORY : MUSTER_PICTURE_COMMAND;
}

/* --- reading --- */

/* Wait for bytes, or the end of them. */
static int wait_for_bytes(int output, int64_t deadline_ns)
{
	struct pollfd poll_output = { .fd = output, .events = POLLIN };
	int count;

	do {
		int64_t left_ns = deadline_ns - muster_monotonic_clock_ns();

		if (left_ns <= 0)
			return MUSTER_PICTURE_TIMEOUT;
		count = poll(&poll_output, 1, (int)(left_ns / MILLISECOND_NS) + 1);
	} while (count == 0 || (count < 0 && errno == EINTR));
	return count > 0 ? MUSTER_OK : MUSTER_PICTURE_COMMAND;
}

static int read_all(int output, int64_t deadline_ns, size_t size_max, struct muster_buffer *bytes)
{
	char piece[4096];
	ssize_t count;
	int error;

	for (;;) {
		error = wait_for_bytes(output, deadline_ns);
		if (error != MUSTER_OK)
			return error;
		count = read(output, piece, sizeof(piece));
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return MUSTER_PICTURE_COMMAND;
		if (count == 0)
			return MUSTER_OK;
		if ((size_t)count > size_max - bytes->size)
			return MUSTER_PICTURE_UNUSABLE;
		error = muster_buffer_add(bytes, (struct muster_text){ piece, (size_t)count });
		if (error != MUSTER_OK)
			return error;
	}
}

/* --- ending --- */

/* With what it has started. Nobody has waited for it, so the number is still its own. */
static void kill_group(pid_t child)
{
	kill(-child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* A server that ignores SIGCHLD, or waits for any child, takes the status from us: then what was written has to do. */
static int judge(pid_t waited, int status)
{
	if (waited < 0)
		return errno == ECHILD ? MUSTER_OK : MUSTER_PICTURE_COMMAND;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? MUSTER_OK : MUSTER_PICTURE_COMMAND;
}

/* Most have ended when their output has. */
static int wait_for_end(pid_t child, int64_t deadline_ns)
{
	const struct timespec moment = { .tv_nsec = MILLISECOND_NS };
	int status = 0;
	pid_t waited;

	for (;;) {
		waited = waitpid(child, &status, WNOHANG);
		if (waited == child || (waited < 0 && errno != EINTR))
			return judge(waited, status);
		if (muster_monotonic_clock_ns() >= deadline_ns) {
			kill_group(child);
			return MUSTER_PICTURE_TIMEOUT;
		}
		nanosleep(&moment, NULL);
	}
}

int muster_command_run(const char *path, const char *argument, int64_t time_ns, size_t size_max,
                       struct muster_buffer *output)
{
	const int64_t deadline_ns = muster_monotonic_clock_ns() + time_ns;
	pid_t child = -1;
	int from = -1, error = start(path, argument, &child, &from);

	if (error != MUSTER_OK)
		return error;
	error = read_all(from, deadline_ns, size_max, output);
	close(from);
	if (error == MUSTER_OK)
		error = wait_for_end(child, deadline_ns);
	else
		kill_group(child);
	if (error == MUSTER_OK && output->size == 0)
		error = MUSTER_PICTURE_UNUSABLE;
	if (error != MUSTER_OK)
		muster_buffer_clear(output);
	return error;
}
