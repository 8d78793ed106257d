/* test_tool.c -- muster-leaked, as a program. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/leaked.h"

/* --- running it --- */

static char said[4096]; /* on standard error */

static void redirect(int wanted, const char *path, int flags)
{
	int descriptor = open(path, flags | O_CLOEXEC, 0600);

	if (descriptor < 0 || dup2(descriptor, wanted) < 0)
		_exit(99);
}

/* A process that runs it with up to three arguments, "FILE" standing for the file in the directory; reads "list". */
static pid_t start(const char *directory, const char *const *arguments)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;
	if (chdir(directory) != 0)
		_exit(99);
	redirect(0, "list", O_RDONLY);
	redirect(2, "said", O_WRONLY | O_CREAT | O_TRUNC);
	execl(TOOL, "muster-leaked", arguments[0], arguments[1], arguments[2], (char *)NULL);
	_exit(99);
}

static size_t read_all(const char *path, char *bytes, size_t room)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(bytes, 1, room, file);
	fclose(file);
	return size;
}

static int wait_for(pid_t child)
{
	int status = 0;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_list(const char *directory, const char *bytes, size_t size)
{
	FILE *list = fopen(path_in(directory, "list"), "wb");

	assert_non_null(list);
	assert_int_equal(fwrite(bytes, 1, size, list), size);
	fclose(list);
}

/* Its exit status; what it said is in `said`. */
static int run(const char *directory, const char *list, const char *const *arguments)
{
	int status;

	write_list(directory, list, strlen(list));
	status = wait_for(start(directory, arguments));
	said[read_all(path_in(directory, "said"), said, sizeof(said) - 1)] = '\0';
	return status;
}

#define ARGUMENTS(...) ((const char *const[4]){ __VA_ARGS__ })

static void assert_said(const char *words)
{
	if (!strstr(said, words))
		fail_msg("\"%s\" lacks \"%s\"", said, words);
}

static size_t count_files(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static int set_up(void **state)
{
	*state = make_directory();
	return 0;
}

static int tear_down(void **state)
{
	remove_directory(*state);
	return 0;
}

/* Is it in the file? */
static bool leaked(const char *directory, const char *password)
{
	struct muster_leaked *file;
	const char *why = "";
	bool found = false;

	if (muster_leaked_open(&file, path_in(directory, "file"), &why) != MUSTER_OK)
		fail_msg("%s", why);
	assert_error(muster_leaked_holds(file, text(password), &found), MUSTER_OK);
	muster_leaked_close(file);
	return found;
}

/* --- what it makes --- */

static void test_passwords(void **state)
{
	const char *list = "letmein\r\npassword\n\nletmein\n \xef\xbd\x81"
			   "b c \n\xff\nbuy\tme\nno line end";

	assert_int_equal(run(*state, list, ARGUMENTS("passwords", "file")), 0);
	assert_said("file: 4 passwords of 8 lines; 1 repeated, 2 that nobody can choose");
	assert_true(leaked(*state, "letmein"));
	assert_true(leaked(*state, "password"));
	assert_true(leaked(*state, " ab c ")); /* as it is prepared */
	assert_true(leaked(*state, "no line end"));
	assert_false(leaked(*state, "letmein\r"));
	assert_false(leaked(*state, ""));
	assert_int_equal(count_files(*state), 3); /* list, said, file */
}

static void test_hashes(void **state)
{
	const char *list = "b7a875fc1ea228b9061041b7cec4bd3c52ab3ce3\r\n"
			   "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365\n"
			   "\n"
			   "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1";

	assert_int_equal(run(*state, list, ARGUMENTS("hashes", "file")), 0);
	assert_said("file: 2 passwords of 4 lines; 1 repeated, 0 that");
	assert_said("sorting");
	assert_true(leaked(*state, "letmein"));
	assert_true(leaked(*state, "password"));
	assert_false(leaked(*state, "Password"));
}

static void test_sorted_hashes_are_not_sorted_again(void **state)
{
	const char *list = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365\n"
			   "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365\n"
			   "B7A875FC1EA228B9061041B7CEC4BD3C52AB3CE3:1\n";

	assert_int_equal(run(*state, list, ARGUMENTS("hashes", "file", "20")), 0);
	assert_null(strstr(said, "sorting"));
	assert_said("2 passwords of 3 lines; 1 repeated");
	assert_true(leaked(*state, "letmein"));
	assert_true(leaked(*state, "password"));
}

/* As docs/format.md has it. */
static void test_the_file_byte_by_byte(void **state)
{
	char bytes[64];
	struct stat status;

	umask(022);
	assert_int_equal(run(*state, "letmein\npassword\n", ARGUMENTS("passwords", "file", "6")), 0);
	assert_int_equal(read_all(path_in(*state, "file"), bytes, sizeof(bytes)), 36);
	assert_memory_equal(bytes,
	                    "MSTRLEAK\0\0\0\1\0\0\0\6\0\0\0\0\0\0\0\2"
	                    "\x5b\xaa\x61\xe4\xc9\xb9\xb7\xa8\x75\xfc\x1e\xa2",
	                    36);
	assert_int_equal(stat(path_in(*state, "file"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644); /* the server is not who runs the tool */
}

static void test_many_passwords(void **state)
{
	size_t count = (size_t)rounds(50000, 2000), size = 0;
	char *list = malloc(count * 16), password[32];

	assert_non_null(list);
	for (size_t i = 0; i < count; i++)
		size += (size_t)snprintf(list + size, 16, "p%zu\n", i);
	assert_int_equal(run(*state, list, ARGUMENTS("passwords", "file")), 0);
	for (size_t i = 0; i < count; i += 97) {
		snprintf(password, sizeof(password), "p%zu", i);
		assert_true(leaked(*state, password));
		snprintf(password, sizeof(password), "q%zu", i);
		assert_false(leaked(*state, password));
	}
	free(list);
}

/* --- what it refuses --- */

/* The file that was there stays, and nothing is left beside it. */
static void assert_refused(const char *directory, const char *list, const char *kind, const char *words)
{
	assert_int_equal(run(directory, "password\n", ARGUMENTS("passwords", "file")), 0);
	assert_int_equal(run(directory, list, ARGUMENTS(kind, "file")), 1);
	assert_said(words);
	assert_true(leaked(directory, "password"));
	assert_int_equal(count_files(directory), 3);
}

static void test_lists_that_are_refused(void **state)
{
	assert_refused(*state, "", "passwords", "the list is empty");
	assert_refused(*state, "\n\xff\n", "passwords", "the list is empty");
	assert_refused(*state, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\n", "passwords", "say hashes");
	assert_refused(*state, "password\n", "hashes", "line 1 is no SHA-1 hash in hex");
	assert_refused(*state, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n\n5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD\n",
	               "hashes", "line 3 is no SHA-1 hash in hex");
	assert_refused(*state, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD88\n", "hashes", "line 1 is no SHA-1");
	assert_refused(*state, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FG8\n", "hashes", "line 1 is no SHA-1");
}

static void test_arguments_that_are_refused(void **state)
{
	assert_int_equal(run(*state, "a\n", ARGUMENTS(NULL)), 2);
	assert_said("usage: muster-leaked passwords FILE");
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords")), 2);
	assert_int_equal(run(*state, "a\n", ARGUMENTS("words", "file")), 2);
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords", "file", "5")), 2);
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords", "file", "21")), 2);
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords", "file", "8x")), 2);
	assert_int_equal(count_files(*state), 2);
}

static void test_places_that_are_refused(void **state)
{
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords", ".")), 1);
	assert_said("there is something else of that name");
	assert_int_equal(run(*state, "a\n", ARGUMENTS("passwords", "missing/file")), 1);
	assert_said("missing/file: no file can be made there: No such file");
	assert_int_equal(count_files(*state), 2);
}

/* Stopped while it waits for the rest of a list. */
static void test_nothing_is_left_when_it_is_stopped(void **state)
{
	const char *directory = *state;
	int status = 0, writer;
	pid_t child;

	assert_int_equal(mkfifo(path_in(directory, "list"), 0600), 0);
	child = start(directory, ARGUMENTS("passwords", "file"));
	writer = open(path_in(directory, "list"), O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	while (count_files(directory) < 3) /* list, said, and the temporary file */
		usleep(1000);
	usleep(10000);
	assert_int_equal(kill(child, SIGTERM), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
	assert_int_equal(count_files(directory), 2);
	close(writer);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_passwords),
		TEST(test_hashes),
		TEST(test_sorted_hashes_are_not_sorted_again),
		TEST(test_the_file_byte_by_byte),
		TEST(test_many_passwords),
		TEST(test_lists_that_are_refused),
		TEST(test_arguments_that_are_refused),
		TEST(test_places_that_are_refused),
		TEST(test_nothing_is_left_when_it_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
