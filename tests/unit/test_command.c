/* test_command.c -- pictures by an operator's command: what it is given, and every way in which it can fail. */
#include "failing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "picture/command.h"
#include "picture/picture.h"

#define SECOND_NS INT64_C(1000000000)
#define PNG                                                                                                            \
	"printf '\\211PNG\\r\\n\\032\\n\\000\\000\\000\\015IHDR\\000\\000\\000\\214\\000\\000\\000\\074\\010\\000'\n"

/* --- commands --- */

static const char *write_script(struct place *place, const char *lines)
{
	const char *path = path_in(place->directory, "command");
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s", lines);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

/* Run it with the argument "TEXT"; what it wrote is cleared by the caller. */
static int run_for(struct place *place, const char *lines, int64_t time_ns, struct muster_buffer *output)
{
	char path[128];

	snprintf(path, sizeof(path), "%s", write_script(place, lines));
	return muster_command_run(path, "TEXT", time_ns, MUSTER_PICTURE_BYTES, output);
}

static void assert_writes(struct place *place, const char *lines, const char *wanted)
{
	struct muster_buffer output = { 0 };

	assert_error(run_for(place, lines, 60 * SECOND_NS, &output), MUSTER_OK);
	assert_text(muster_buffer_text(&output), wanted);
	muster_buffer_clear(&output);
}

static void assert_fails(struct place *place, const char *lines, int64_t time_ns, int wanted)
{
	struct muster_buffer output = { 0 };

	assert_error(run_for(place, lines, time_ns, &output), wanted);
	assert_int_equal(output.size, 0);
}

static struct muster_picture_maker *maker_with(struct place *place, const char *lines)
{
	struct muster_picture_maker *maker;
	struct muster_failure failure = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s", write_script(place, lines));
	assert_error(muster_picture_maker_new(&maker, NULL, path, &failure), MUSTER_OK);
	return maker;
}

static int draw_with(struct place *place, const char *lines)
{
	struct muster_picture_maker *maker = maker_with(place, lines);
	struct muster_picture picture;
	int error = muster_picture_draw(maker, text("236945"), &picture);

	if (error == MUSTER_OK)
		muster_picture_clear(&picture);
	assert_null(picture.bytes.data);
	assert_null(picture.type);
	muster_picture_maker_release(maker);
	return error;
}

/* --- what it leaves behind --- */

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Processes that have ended, and that init may not have waited for, do not count. */
static bool runs(pid_t process)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return line[0] != '\0' && !strstr(line, ") Z ");
}

static void assert_ended(pid_t process)
{
	const struct timespec moment = { .tv_nsec = 10000000 };

	for (int i = 0; i < 1000 && runs(process); i++)
		nanosleep(&moment, NULL);
	assert_false(runs(process));
}

static pid_t read_process(struct place *place, const char *name)
{
	FILE *file = fopen(path_in(place->directory, name), "r");
	char line[32];

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return (pid_t)strtol(line, NULL, 10);
}

/* --- pictures --- */

static void test_a_picture(void **state)
{
	struct muster_picture_maker *maker = maker_with(*state, PNG "printf '%s %s' \"$#\" \"$1\"\n");
	char answer[MUSTER_PICTURE_ANSWER + 1], wanted[16];
	struct muster_picture picture;

	assert_error(muster_picture_answer(maker, answer), MUSTER_OK);
	assert_error(muster_picture_draw(maker, text(answer), &picture), MUSTER_OK);
	assert_string_equal(picture.type, "image/png");
	assert_int_equal(picture.width, 140);
	assert_int_equal(picture.height, 60);
	snprintf(wanted, sizeof(wanted), "1 %s", answer);
	assert_string_equal(picture.bytes.data + 26, wanted);
	muster_picture_clear(&picture);
	muster_picture_maker_release(maker);
	assert_no_child();
}

/* As ejabberd's: scripts cut off what is wider. */
static void test_answers_are_digits(void **state)
{
	struct muster_picture_maker *maker = maker_with(*state, PNG);
	char answer[MUSTER_PICTURE_ANSWER + 1];

	for (int i = 0; i < 100; i++) {
		assert_error(muster_picture_answer(maker, answer), MUSTER_OK);
		assert_int_equal(strspn(answer, "23456789"), MUSTER_PICTURE_ANSWER);
		assert_int_equal(strlen(answer), MUSTER_PICTURE_ANSWER);
	}
	muster_picture_maker_release(maker);
}

static void test_other_types(void **state)
{
	struct muster_picture_maker *maker = maker_with(*state, "printf 'GIF89a\\214\\000\\074\\000'\n");
	struct muster_picture picture;

	assert_error(muster_picture_draw(maker, text("2"), &picture), MUSTER_OK);
	assert_string_equal(picture.type, "image/gif");
	muster_picture_clear(&picture);
	muster_picture_maker_release(maker);
	maker = maker_with(*state, "printf '\\377\\330\\377\\300\\000\\021\\010\\000\\074\\000\\214\\003'\n");
	assert_error(muster_picture_draw(maker, text("2"), &picture), MUSTER_OK);
	assert_string_equal(picture.type, "image/jpeg");
	assert_int_equal(picture.width, 140);
	assert_int_equal(picture.height, 60);
	muster_picture_clear(&picture);
	muster_picture_maker_release(maker);
}

/* --- what it runs with --- */

static void test_it_has_no_descriptor_of_ours(void **state)
{
	struct muster_buffer output = { 0 };
	int ours = open("/dev/null", O_RDONLY); /* not closed by exec */

	(void)state;
	assert_in_range(ours, 3, 1000);
	assert_error(muster_command_run("/bin/ls", "/proc/self/fd", 60 * SECOND_NS, 100, &output), MUSTER_OK);
	assert_text(muster_buffer_text(&output), "0\n1\n2\n3\n"); /* the last is ls's, for the directory */
	muster_buffer_clear(&output);
	close(ours);
}

/* The pipe's ends are then what has to become standard input and output. */
static void test_a_server_without_standard_descriptors(void **state)
{
	const int input = dup(STDIN_FILENO), output = dup(STDOUT_FILENO);
	struct muster_buffer bytes = { 0 };
	int error;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	error = run_for(*state, "cat; echo here", 60 * SECOND_NS, &bytes);
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	close(input);
	close(output);
	assert_error(error, MUSTER_OK);
	assert_text(muster_buffer_text(&bytes), "here\n");
	muster_buffer_clear(&bytes);
}

static void test_it_has_no_variable_of_ours(void **state)
{
	setenv("MUSTER_TEST_SECRET", "x", 1);
	assert_writes(*state, "/usr/bin/env | grep -c SECRET; echo $LANG", "0\nC.UTF-8\n");
	unsetenv("MUSTER_TEST_SECRET");
}

static void *run_with_signals_blocked(void *context)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	assert_writes(context, "grep SigBlk /proc/self/status", "SigBlk:\t0000000000000000\n");
	assert_fails(context, PNG "kill -PIPE $$\n", 60 * SECOND_NS, MUSTER_PICTURE_COMMAND);
	return NULL;
}

static void test_no_signal_is_blocked_or_ignored(void **state)
{
	pthread_t worker;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pthread_create(&worker, NULL, run_with_signals_blocked, *state), 0);
	pthread_join(worker, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* --- servers that wait for children themselves --- */

static void wait_for_any(int signal)
{
	int before = errno;

	(void)signal;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	errno = before;
}

static void test_servers_that_wait_for_any_child(void **state)
{
	void (*const handlers[])(int) = { SIG_IGN, wait_for_any };

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		signal(SIGCHLD, handlers[i]);
		for (int j = 0; j < 10; j++)
			assert_error(draw_with(*state, PNG), MUSTER_OK);
		assert_fails(*state, "exec sleep 60", SECOND_NS / 10, MUSTER_PICTURE_TIMEOUT);
		assert_fails(*state, "exit 1", SECOND_NS * 60,
		             MUSTER_PICTURE_UNUSABLE); /* its status is gone, but it wrote nothing */
	}
	signal(SIGCHLD, SIG_DFL);
	assert_no_child();
}

/* --- failures --- */

static void assert_no_maker(const char *path, const char *words)
{
	struct muster_picture_maker *maker;
	struct muster_failure failure = { 0 };

	assert_error(muster_picture_maker_new(&maker, NULL, path, &failure), MUSTER_BAD_OPTION);
	assert_null(maker);
	if (!strstr(failure.text, words) || !strstr(failure.text, path))
		fail_msg("\"%s\" lacks \"%s\" or the path", failure.text, words);
}

static void test_what_is_no_command(void **state)
{
	struct place *place = *state;

	assert_no_maker("captcha.sh", "is not an absolute path");
	assert_no_maker(path_in(place->directory, "missing"), "No such file");
	assert_no_maker(place->directory, "is not a program");
	assert_int_equal(chmod(write_script(place, PNG), 0600), 0);
	assert_no_maker(path_in(place->directory, "command"), "denied");
}

static void test_a_build_that_does_not_draw(void **state)
{
	struct muster_picture_maker *maker;
	struct muster_failure failure = { 0 };

	(void)state;
	if (muster_picture_drawn())
		return;
	assert_error(muster_picture_maker_new(&maker, NULL, NULL, &failure), MUSTER_BAD_OPTION);
	assert_null(maker);
	assert_string_equal(failure.text, "this build draws no pictures (MUSTER_PICTURES=OFF)");
}

static void test_a_command_that_is_gone(void **state)
{
	struct muster_picture_maker *maker = maker_with(*state, PNG);
	struct muster_picture picture;

	assert_int_equal(unlink(path_in(((struct place *)*state)->directory, "command")), 0);
	assert_error(muster_picture_draw(maker, text("2"), &picture), MUSTER_PICTURE_COMMAND);
	muster_picture_maker_release(maker);
}

static void test_failures(void **state)
{
	const int descriptors = count_descriptors();

	assert_error(draw_with(*state, PNG "exit 1\n"), MUSTER_PICTURE_COMMAND);
	assert_error(draw_with(*state, "exit 1\n"), MUSTER_PICTURE_COMMAND);
	assert_error(draw_with(*state, PNG "kill -9 $$\n"), MUSTER_PICTURE_COMMAND);
	assert_error(draw_with(*state, "no-such-program-at-all 2>/dev/null\n"), MUSTER_PICTURE_COMMAND);
	assert_error(draw_with(*state, "exit 0\n"), MUSTER_PICTURE_UNUSABLE);
	assert_error(draw_with(*state, "echo 'a text, and no picture'\n"), MUSTER_PICTURE_UNUSABLE);
	assert_error(draw_with(*state, PNG "head -c 10000000 /dev/zero\n"), MUSTER_PICTURE_UNUSABLE);
	assert_error(draw_with(*state, PNG "cat /dev/zero\n"), MUSTER_PICTURE_UNUSABLE);
	assert_int_equal(count_descriptors(), descriptors);
	assert_no_child();
}

static void test_the_greatest_picture(void **state)
{
	assert_error(draw_with(*state, PNG "head -c 8166 /dev/zero\n"), MUSTER_OK);
	assert_error(draw_with(*state, PNG "head -c 8167 /dev/zero\n"), MUSTER_PICTURE_UNUSABLE);
}

/* With what it has started, and also if it has closed its output. */
static void test_a_command_that_hangs(void **state)
{
	static const char *const ways[] = {
		"sleep 1000 & echo $! >\"${0%/*}/other\"; echo $$ >\"${0%/*}/first\"; wait\n",
		"sleep 1000 >&- & echo $! >\"${0%/*}/other\"; echo $$ >\"${0%/*}/first\"; echo x; exec >&-; wait\n",
		"trap '' TERM INT HUP; sleep 1000 & echo $! >\"${0%/*}/other\"; echo $$ >\"${0%/*}/first\"; wait\n",
	};
	const int descriptors = count_descriptors();

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int64_t begun = muster_monotonic_clock_ns();

		assert_fails(*state, ways[i], 2 * SECOND_NS, MUSTER_PICTURE_TIMEOUT);
		assert_true(muster_monotonic_clock_ns() - begun >= 2 * SECOND_NS);
		assert_ended(read_process(*state, "first"));
		assert_ended(read_process(*state, "other"));
	}
	assert_int_equal(count_descriptors(), descriptors);
	assert_no_child();
}

static struct muster_picture_maker *failing_maker;

static int try_drawing(struct place *place)
{
	struct muster_picture picture;
	int error = muster_picture_draw(failing_maker, text("236945"), &picture);

	(void)place;
	if (error == MUSTER_OK)
		muster_picture_clear(&picture);
	return error;
}

static int try_making(struct place *place)
{
	struct muster_picture_maker *maker;
	struct muster_failure failure = { 0 };
	int error = muster_picture_maker_new(&maker, NULL, "/bin/true", &failure);

	(void)place;
	assert_int_equal(failure.error, error);
	muster_picture_maker_release(maker);
	return error;
}

static void test_without_memory(void **state)
{
	failing_maker = maker_with(*state, PNG);
	fail_at_every_point(*state, try_making);
	fail_at_every_point(*state, try_drawing);
	muster_picture_maker_release(failing_maker);
}

/* --- threads --- */

static void *draw_some(void *context)
{
	for (int i = 0; i < 5; i++) {
		struct muster_picture picture;

		assert_error(muster_picture_draw(context, text("236945"), &picture), MUSTER_OK);
		assert_string_equal(picture.bytes.data + 26, "236945");
		muster_picture_clear(&picture);
	}
	return NULL;
}

static void test_several_at_once(void **state)
{
	struct muster_picture_maker *maker = maker_with(*state, PNG "printf %s \"$1\"\n");
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_some, maker), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	muster_picture_maker_release(maker);
	assert_no_child();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_picture),
		TEST(test_answers_are_digits),
		TEST(test_other_types),
		TEST(test_it_has_no_descriptor_of_ours),
		TEST(test_a_server_without_standard_descriptors),
		TEST(test_it_has_no_variable_of_ours),
		TEST(test_no_signal_is_blocked_or_ignored),
		TEST(test_servers_that_wait_for_any_child),
		TEST(test_what_is_no_command),
		TEST(test_a_build_that_does_not_draw),
		TEST(test_a_command_that_is_gone),
		TEST(test_failures),
		TEST(test_the_greatest_picture),
		TEST(test_a_command_that_hangs),
		TEST(test_without_memory),
		TEST(test_several_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
