/* test_engine.c -- many tasks at once, bounds, stopping, forks, and a process killed while it commits. */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "muster/backup.h"

struct bench {
	char *directory;
	struct muster_engine *engine;
	struct muster_host *host;
};

static void open_engine(struct bench *bench)
{
	struct muster_engine_options options = { .store = { .path = bench->directory, .server = true },
		                                 .hash_threads = 2 };
	struct muster_failure failure;

	assert_error(muster_engine_open(&bench->engine, &options, &failure), MUSTER_OK);
}

static int open_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct muster_value iterations = number(4096), never = number(0);

	bench->directory = make_directory();
	open_engine(bench);
	assert_error(muster_host_new(&bench->host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(bench->host, "default_iteration_count", &iterations, NULL), MUSTER_OK);
	assert_error(muster_host_set(bench->host, "user_tombstone_expiry", &never, NULL), MUSTER_OK);
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;

	muster_engine_close(bench->engine);
	muster_host_release(bench->host);
	remove_directory(bench->directory);
	free(bench);
	return 0;
}

static struct muster_operation *make_with(struct bench *bench, enum muster_operation_kind kind, const char *name,
                                          const char *password, const char *address)
{
	struct muster_order order = {
		.kind = kind, .username = text(name), .password = text(password), .address = text(address)
	};
	struct muster_operation *operation;

	assert_error(muster_order_begin(bench->host, muster_engine_store(bench->engine), &order, NULL, &operation),
	             MUSTER_OK);
	return operation;
}

static struct muster_operation *make(struct bench *bench, enum muster_operation_kind kind, const char *name,
                                     const char *address)
{
	return make_with(bench, kind, name, "secret", address);
}

static int submit_operation(struct bench *bench, struct muster_operation *operation)
{
	int error = muster_engine_submit(bench->engine, muster_operation_task(operation), MUSTER_LANE_CHANGE);

	if (error != MUSTER_OK)
		muster_operation_free(operation);
	return error;
}

static int submit(struct bench *bench, enum muster_operation_kind kind, const char *name, const char *address)
{
	return submit_operation(bench, make(bench, kind, name, address));
}

/* Wait for the next finished task: its error. Its effect, if any, is acknowledged. */
static int take(struct bench *bench)
{
	struct pollfd waiting = { .fd = muster_engine_fd(bench->engine), .events = POLLIN };
	struct muster_task *task = NULL;
	struct muster_outcome outcome;
	struct muster_operation *operation;
	int error;

	while (!task) {
		assert_int_equal(poll(&waiting, 1, 30000), 1);
		task = muster_engine_take(bench->engine);
	}
	error = task->error;
	operation = muster_operation_of(task);
	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	for (size_t i = 0; i < outcome.action_count; i++)
		if (outcome.actions[i].kind == MUSTER_ACTION_EFFECT)
			muster_engine_acknowledge(bench->engine, outcome.actions[i].effect.id);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return error;
}

static uint64_t count(struct bench *bench, bool effects)
{
	struct muster_store_size size;

	assert_error(muster_store_measure(muster_engine_store(bench->engine), &size), MUSTER_OK);
	return effects ? size.effects : size.accounts;
}

/* R-077-44 */
static void test_one_name_asked_for_by_many(void **state)
{
	for (int round = 0; round < rounds(20, 2); round++) {
		char name[16];
		int made = 0, taken = 0;

		snprintf(name, sizeof(name), "name%d", round);
		for (int i = 0; i < 20; i++)
			assert_error(submit(*state, MUSTER_REGISTER, name, NULL), MUSTER_OK);
		for (int i = 0; i < 20; i++) {
			int error = take(*state);

			made += error == MUSTER_OK;
			taken += error == MUSTER_EXISTS;
		}
		assert_int_equal(made, 1);
		assert_int_equal(taken, 19);
	}
}

static void test_many_names_at_once(void **state)
{
	int many = rounds(300, 20);
	char name[16];

	for (int i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_error(submit(*state, MUSTER_REGISTER, name, NULL), MUSTER_OK);
	}
	for (int i = 0; i < many; i++)
		assert_error(take(*state), MUSTER_OK);
	assert_null(muster_engine_take(((struct bench *)*state)->engine));
	assert_int_equal(count(*state, false), many);
}

static void submit_with(struct bench *bench, enum muster_operation_kind kind, int name, int password)
{
	char names[16], passwords[16];

	snprintf(names, sizeof(names), "name%d", name);
	snprintf(passwords, sizeof(passwords), "secret%d", password);
	assert_error(submit_operation(bench, make_with(bench, kind, names, passwords, NULL)), MUSTER_OK);
}

/* What is derived together stays apart. */
static void test_each_of_many_has_keys_of_its_own(void **state)
{
	enum { MANY = 24 }; /* there is room for twice as many however slow the machine */
	int right = 0, wrong = 0;

	for (int i = 0; i < MANY; i++)
		submit_with(*state, MUSTER_REGISTER, i, i);
	for (int i = 0; i < MANY; i++)
		assert_error(take(*state), MUSTER_OK);
	for (int i = 0; i < MANY; i++) {
		submit_with(*state, MUSTER_CHECK_PASSWORD, i, i);
		submit_with(*state, MUSTER_CHECK_PASSWORD, i, (i + 1) % MANY);
	}
	for (int i = 0; i < 2 * MANY; i++) {
		int error = take(*state);

		right += error == MUSTER_OK;
		wrong += error == MUSTER_WRONG_PASSWORD;
	}
	assert_int_equal(right, MANY);
	assert_int_equal(wrong, MANY);
}

static void test_the_descriptor_tells_when_something_is_done(void **state)
{
	struct bench *bench = *state;
	struct pollfd waiting = { .fd = muster_engine_fd(bench->engine), .events = POLLIN };

	assert_int_equal(poll(&waiting, 1, 0), 0);
	assert_error(submit(bench, MUSTER_REGISTER, "juliet", NULL), MUSTER_OK);
	assert_error(take(bench), MUSTER_OK);
	assert_int_equal(poll(&waiting, 1, 0), 0);
}

/* Acknowledged rows go with the next commit, or soon after by themselves. */
static void test_acknowledged_effects_are_removed(void **state)
{
	struct bench *bench = *state;

	assert_error(submit(bench, MUSTER_REGISTER, "juliet", NULL), MUSTER_OK);
	assert_error(take(bench), MUSTER_OK);
	for (int i = 0; i < 200 && count(bench, true) > 0; i++)
		usleep(50000);
	assert_int_equal(count(bench, true), 0);
}

static void test_acknowledged_effects_are_removed_at_the_end(void **state)
{
	struct bench *bench = *state;

	assert_error(submit(bench, MUSTER_REGISTER, "juliet", NULL), MUSTER_OK);
	assert_error(take(bench), MUSTER_OK);
	muster_engine_close(bench->engine);
	open_engine(bench);
	assert_int_equal(count(bench, true), 0);
	assert_int_equal(count(bench, false), 1);
}

/* --- bounds --- */

static void test_a_full_queue_refuses(void **state)
{
	struct bench *bench = *state;
	struct muster_engine_load load;
	size_t admitted = 0;
	int error;

	while ((error = submit(bench, MUSTER_REGISTER, "juliet", "192.0.2.1")) == MUSTER_OK)
		assert_in_range(++admitted, 1, 1000000);
	assert_error(error, MUSTER_BUSY);
	muster_engine_measure(bench->engine, &load);
	assert_int_equal(load.threads, 2);
	assert_in_range(load.queued, 1, admitted);
	assert_true(load.seconds > 0);
}

static size_t admit_all(struct muster_queue *queue, uint64_t prefix)
{
	size_t count = 0;

	while (muster_queue_admit(queue, prefix) == MUSTER_OK)
		count++;
	return count;
}

/* One address may have a quarter of the queue, and everybody together all of it. */
static void test_shares_of_the_queue(void **state)
{
	struct muster_queue queue;
	size_t one, other, rest;

	(void)state;
	muster_queue_init(&queue, 1);
	one = admit_all(&queue, 1);
	other = admit_all(&queue, 2);
	rest = admit_all(&queue, 0);
	assert_in_range(one, 600, 650);
	assert_int_equal(other, one);
	assert_int_equal(one + other + rest, 2500);
	muster_queue_dismiss(&queue, 1);
	assert_error(muster_queue_admit(&queue, 2), MUSTER_BUSY);
	assert_error(muster_queue_admit(&queue, 1), MUSTER_OK);
}

static void test_lanes_take_turns(void **state)
{
	struct muster_queue queue;
	struct muster_task tasks[6] = { 0 }, *taken;
	const int wanted[] = { 0, 3, 1, 4, 2, 5 };

	(void)state;
	muster_queue_init(&queue, 1);
	for (int i = 0; i < 6; i++)
		muster_queue_add(&queue, &tasks[i], i < 3 ? MUSTER_LANE_LOGIN : MUSTER_LANE_CHANGE);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(muster_queue_take(&queue, &taken, 1, 1), 1);
		assert_ptr_equal(taken, &tasks[wanted[i]]);
	}
	assert_int_equal(muster_queue_take(&queue, &taken, 1, 1), 0);
}

static size_t take_of(size_t waiting, unsigned threads, struct muster_task *taken[])
{
	struct muster_queue queue;
	static struct muster_task tasks[40];

	muster_queue_init(&queue, threads);
	for (size_t i = 0; i < waiting; i++)
		muster_queue_add(&queue, &tasks[i], i < waiting / 2 ? MUSTER_LANE_LOGIN : MUSTER_LANE_CHANGE);
	return muster_queue_take(&queue, taken, 8, 16);
}

/* At least 8 together, at most 16, and no more than leaves as much to each other worker. */
static void test_a_worker_takes_its_share(void **state)
{
	struct muster_task *taken[16];

	(void)state;
	assert_int_equal(take_of(0, 1, taken), 0);
	assert_int_equal(take_of(1, 1, taken), 1);
	assert_int_equal(take_of(7, 1, taken), 1);
	assert_int_equal(take_of(8, 1, taken), 8);
	assert_int_equal(take_of(40, 1, taken), 16);
	assert_int_equal(take_of(14, 2, taken), 1);
	assert_int_equal(take_of(20, 2, taken), 10);
	assert_int_equal(take_of(40, 2, taken), 16);
	assert_int_equal(taken[2] - taken[0], 1); /* the lanes took turns */
	assert_int_equal(taken[1] - taken[0], 20);
}

static void test_bounds_follow_the_cost(void **state)
{
	struct muster_queue queue;
	size_t fast, slow;

	(void)state;
	muster_queue_init(&queue, 1);
	fast = admit_all(&queue, 0);
	for (size_t i = 0; i < fast; i++)
		muster_queue_dismiss(&queue, 0);
	for (int i = 0; i < 200; i++)
		muster_queue_learn(&queue, 20e6);
	slow = admit_all(&queue, 0);
	assert_in_range(fast, 2400, 2600); /* 5 s of 2 ms */
	assert_in_range(slow, 240, 260);   /* 5 s of 20 ms */
	assert_true(muster_queue_seconds(&queue) > 4.5 && muster_queue_seconds(&queue) < 5.5);
}

/* --- the end --- */

static void test_stopping_gives_everything_back(void **state)
{
	struct bench *bench = *state;
	struct muster_task *task;
	int many = rounds(200, 50), done = 0, closed = 0;
	char name[16];

	for (int i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_error(submit(bench, MUSTER_REGISTER, name, NULL), MUSTER_OK);
	}
	muster_engine_stop(bench->engine);
	while ((task = muster_engine_take(bench->engine)) != NULL) {
		done += task->error == MUSTER_OK;
		closed += task->error == MUSTER_CLOSED;
		task->kind->free(task);
	}
	assert_int_equal(done + closed, many);
	assert_int_equal(count(bench, false), done);
	assert_error(submit(bench, MUSTER_REGISTER, "late", NULL), MUSTER_CLOSED);
}

static void test_closing_frees_what_was_not_taken(void **state)
{
	struct bench *bench = *state;
	const size_t live = muster_memory_live();

	for (int i = 0; i < 10; i++)
		assert_error(submit(bench, MUSTER_REGISTER, "juliet", NULL), MUSTER_OK);
	muster_engine_close(bench->engine);
	open_engine(bench);
	assert_int_equal(muster_memory_live(), live);
}

static void test_a_child_may_not_use_its_parents_engine(void **state)
{
	struct bench *bench = *state;
	struct muster_operation *operation = make(bench, MUSTER_REGISTER, "juliet", NULL);
	pid_t child = fork();
	int status;

	if (child == 0) {
		bool right = muster_engine_submit(bench->engine, muster_operation_task(operation),
		                                  MUSTER_LANE_CHANGE) == MUSTER_FORKED &&
		             muster_engine_acknowledge(bench->engine, 1) == MUSTER_FORKED &&
		             !muster_engine_take(bench->engine);

		muster_engine_stop(bench->engine);
		muster_engine_close(bench->engine);
		leave_child(right);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_error(muster_engine_submit(bench->engine, muster_operation_task(operation), MUSTER_LANE_CHANGE),
	             MUSTER_OK);
	assert_error(take(bench), MUSTER_OK);
}

/* --- kills --- */

/* Registers names until it is killed, and tells of each that it was answered. */
static void register_until_killed(struct bench *bench, int tell)
{
	for (int i = 0; i < 100000; i++) {
		char name[16];
		uint32_t number = (uint32_t)i;

		snprintf(name, sizeof(name), "name%d", i);
		if (submit(bench, MUSTER_REGISTER, name, NULL) != MUSTER_OK || take(bench) != MUSTER_OK ||
		    write(tell, &number, sizeof(number)) != sizeof(number))
			_exit(1);
	}
}

/* R-077-37: what was answered is on disk; what was not is whole or not there. */
static void test_what_was_answered_survives_a_kill(void **state)
{
	struct bench *bench = *state;

	muster_engine_close(bench->engine);
	for (int round = 0; round < rounds(10, 2); round++) {
		int pipe_ends[2], status;
		uint32_t number, answered = 0;
		pid_t child;

		assert_int_equal(pipe(pipe_ends), 0);
		child = fork();
		if (child == 0) {
			open_engine(bench);
			register_until_killed(bench, pipe_ends[1]);
			_exit(1);
		}
		close(pipe_ends[1]);
		usleep(100000 + (useconds_t)round * 7919); /* another moment each time */
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		while (read(pipe_ends[0], &number, sizeof(number)) == sizeof(number))
			answered++;
		close(pipe_ends[0]);
		open_engine(bench);
		assert_in_range(count(bench, false), answered, answered + 1);
		for (uint64_t left = count(bench, false), i = 0; i < left; i++) {
			char name[16];

			snprintf(name, sizeof(name), "name%d", (int)i);
			assert_error(submit(bench, MUSTER_CHECK_PASSWORD, name, NULL), MUSTER_OK);
			assert_error(take(bench), MUSTER_OK);
			assert_error(submit(bench, MUSTER_UNREGISTER, name, NULL), MUSTER_OK);
			assert_error(take(bench), MUSTER_OK);
		}
		muster_engine_close(bench->engine);
	}
	open_engine(bench);
}

/* --- errands --- */

/* A task that waits for leave to end. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(struct muster_task *task)
{
	(void)task;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void free_nothing(struct muster_task *task)
{
	(void)task;
}

static const struct muster_task_kind waiting = { NULL, wait_at_gate, NULL, free_nothing };

static struct muster_task *take_task(struct bench *bench)
{
	struct pollfd readable = { .fd = muster_engine_fd(bench->engine), .events = POLLIN };
	struct muster_task *task = NULL;

	while (!task) {
		assert_int_equal(poll(&readable, 1, 30000), 1);
		task = muster_engine_take(bench->engine);
	}
	return task;
}

static uint64_t sum(const struct muster_timing *timing)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= MUSTER_TIMING_BOUNDS; i++)
		sum += timing->within[i];
	return sum;
}

static int submit_errand(struct bench *bench, struct muster_task *task)
{
	return muster_engine_submit(bench->engine, task, MUSTER_LANE_ERRAND);
}

static void test_errands_keep_nobody_else_waiting(void **state)
{
	struct bench *bench = *state;
	struct muster_task errands[MUSTER_ERRANDS_MAX + 1];
	struct muster_engine_load load;

	for (size_t i = 0; i <= MUSTER_ERRANDS_MAX; i++)
		errands[i] = (struct muster_task){ .kind = &waiting };
	pthread_mutex_lock(&gate);
	for (size_t i = 0; i < MUSTER_ERRANDS_MAX; i++)
		assert_error(submit_errand(bench, &errands[i]), MUSTER_OK);
	assert_error(submit_errand(bench, &errands[MUSTER_ERRANDS_MAX]), MUSTER_BUSY);
	for (int i = 0; i < 3; i++) { /* more than there are hash workers */
		char name[16];

		snprintf(name, sizeof(name), "name%d", i);
		assert_error(submit(bench, MUSTER_REGISTER, name, NULL), MUSTER_OK);
		assert_error(take(bench), MUSTER_OK);
	}
	pthread_mutex_unlock(&gate);
	for (size_t i = 0; i < MUSTER_ERRANDS_MAX; i++)
		assert_error(take_task(bench)->error, MUSTER_OK);
	assert_error(submit_errand(bench, &errands[MUSTER_ERRANDS_MAX]), MUSTER_OK);
	assert_ptr_equal(take_task(bench), &errands[MUSTER_ERRANDS_MAX]);
	muster_engine_measure(bench->engine, &load);
	assert_int_equal(load.queued, 0);
	assert_int_equal(load.hash.count, 3);
	assert_true(load.hash.mean_s > 0 && load.hash.mean_s <= load.hash.longest_s);
	assert_true(load.commit.count > 0 && load.commit.mean_s <= load.commit.longest_s);
	assert_int_equal(sum(&load.hash), 3);
	assert_int_equal(sum(&load.commit), load.commit.count);
	for (size_t i = 0; i < MUSTER_TIMING_BOUNDS; i++) /* the longest is in its place, and none above it */
		if (muster_timing_bounds_s[i] >= load.hash.longest_s)
			assert_int_equal(load.hash.within[i + 1], 0);
}

static void nap(struct muster_task *task)
{
	(void)task;
	usleep(20000);
}

static const struct muster_task_kind napping = { NULL, nap, NULL, free_nothing };

static void test_stopping_waits_for_the_errands_under_way(void **state)
{
	struct bench *bench = *state;
	struct muster_task errands[2 * MUSTER_ERRAND_THREADS], *task;
	const int many = 2 * MUSTER_ERRAND_THREADS;
	int done = 0, closed = 0;

	for (int i = 0; i < many; i++) {
		errands[i] = (struct muster_task){ .kind = &napping };
		assert_error(submit_errand(bench, &errands[i]), MUSTER_OK);
	}
	muster_engine_stop(bench->engine);
	while ((task = muster_engine_take(bench->engine)) != NULL) {
		done += task->error == MUSTER_OK;
		closed += task->error == MUSTER_CLOSED;
	}
	assert_int_equal(done + closed, many);
	assert_true(done >= MUSTER_ERRAND_THREADS); /* there was a thread for so many */
	assert_error(submit_errand(bench, &errands[0]), MUSTER_CLOSED);
}

static struct muster_backup *back_up(struct bench *bench, const char *directory)
{
	struct muster_backup *backup;

	assert_error(muster_backup_new(&backup, bench->engine, directory), MUSTER_OK);
	assert_error(submit_errand(bench, muster_backup_task(backup)), MUSTER_OK);
	assert_ptr_equal(take_task(bench), muster_backup_task(backup));
	return backup;
}

static void test_backups(void **state)
{
	struct bench *bench = *state;
	char *directory = make_directory();
	struct muster_backup *backup;

	assert_error(submit(bench, MUSTER_REGISTER, "juliet", NULL), MUSTER_OK);
	assert_error(take(bench), MUSTER_OK);
	backup = back_up(bench, directory);
	assert_error(muster_backup_task(backup)->error, MUSTER_OK);
	assert_int_equal(muster_backup_size(backup)->accounts, 1);
	muster_backup_free(backup);
	backup = back_up(bench, directory);
	assert_error(muster_backup_task(backup)->error, MUSTER_EXISTS);
	assert_non_null(strstr(muster_backup_failure(backup)->text, "is not empty"));
	muster_backup_free(backup);
	/* One that nobody takes is freed with the engine. */
	assert_error(muster_backup_new(&backup, bench->engine, directory), MUSTER_OK);
	assert_error(submit_errand(bench, muster_backup_task(backup)), MUSTER_OK);
	muster_engine_close(bench->engine);
	open_engine(bench);
	remove_directory(directory);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_name_asked_for_by_many),
		TEST(test_many_names_at_once),
		TEST(test_each_of_many_has_keys_of_its_own),
		TEST(test_the_descriptor_tells_when_something_is_done),
		TEST(test_acknowledged_effects_are_removed),
		TEST(test_acknowledged_effects_are_removed_at_the_end),
		TEST(test_a_full_queue_refuses),
		cmocka_unit_test(test_shares_of_the_queue),
		cmocka_unit_test(test_lanes_take_turns),
		cmocka_unit_test(test_a_worker_takes_its_share),
		cmocka_unit_test(test_bounds_follow_the_cost),
		TEST(test_stopping_gives_everything_back),
		TEST(test_closing_frees_what_was_not_taken),
		TEST(test_a_child_may_not_use_its_parents_engine),
		TEST(test_what_was_answered_survives_a_kill),
		TEST(test_errands_keep_nobody_else_waiting),
		TEST(test_stopping_waits_for_the_errands_under_way),
		TEST(test_backups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
