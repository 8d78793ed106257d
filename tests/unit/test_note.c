/* test_note.c -- what is written by itself: with the next commit, not without bound, and never waited for. */
#include "support.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "muster/audit.h"

struct bench {
	char *directory;
	struct muster_engine *engine;
	struct muster_host *host;
};

/* --- notes that count themselves --- */

struct note {
	struct muster_task task; /* first */
	int error;               /* of its commit */
};

static _Atomic int written, freed;

static int commit(struct muster_task *task, struct muster_transaction *transaction)
{
	struct muster_entry entry = { .host = text("localhost"), .action = text("note"), .outcome = text("ok") };
	int error = muster_audit_add(transaction, &entry, MUSTER_AUDIT_FOR_EVER);

	written++;
	return error == MUSTER_OK ? ((struct note *)task)->error : error;
}

static void free_note(struct muster_task *task)
{
	freed++;
	muster_free(task);
}

static const struct muster_task_kind counted = { NULL, NULL, commit, free_note };

static void note(struct bench *bench, int error)
{
	struct note *made = muster_allocate_zeroed(1, sizeof(*made));

	made->task.kind = &counted;
	made->error = error;
	muster_engine_note(bench->engine, &made->task);
}

/* --- a bench --- */

static void open_engine(struct bench *bench)
{
	struct muster_engine_options options = { .store = { .path = bench->directory, .server = true },
		                                 .hash_threads = 1 };

	assert_error(muster_engine_open(&bench->engine, &options, NULL), MUSTER_OK);
}

static int open_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct muster_value iterations = number(4096);

	written = freed = 0;
	bench->directory = make_directory();
	open_engine(bench);
	assert_error(muster_host_new(&bench->host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	assert_error(muster_host_set(bench->host, "default_iteration_count", &iterations, NULL), MUSTER_OK);
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

static bool count_one(void *context, const struct muster_entry *entry)
{
	(void)entry;
	++*(int *)context;
	return true;
}

static int entries(struct bench *bench)
{
	struct muster_transaction *transaction;
	struct muster_buffer position = { 0 };
	int count = 0;

	assert_error(muster_transaction_read(muster_engine_store(bench->engine), &transaction), MUSTER_OK);
	assert_error(muster_audit_walk(transaction, text("localhost"), &position, SIZE_MAX, count_one, &count),
	             MUSTER_OK);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&position);
	return count;
}

/* For the writer, which nobody waits for. */
static void await_freed(int wanted)
{
	for (int i = 0; i < 30000 && freed < wanted; i++)
		usleep(1000);
	assert_int_equal(freed, wanted);
}

static uint64_t dropped(struct bench *bench)
{
	struct muster_engine_load load;

	muster_engine_measure(bench->engine, &load);
	return load.dropped;
}

/* --- tests --- */

static void test_notes_are_written_after_a_while(void **state)
{
	struct bench *bench = *state;

	for (int i = 1; i <= 3; i++) {
		note(bench, MUSTER_OK);
		note(bench, MUSTER_OK);
		await_freed(2 * i);
		assert_int_equal(entries(bench), 2 * i);
	}
	assert_int_equal(dropped(bench), 0);
	assert_null(muster_engine_take(bench->engine));
	muster_engine_note(bench->engine, NULL);
}

static void submit(struct bench *bench, const char *name)
{
	struct muster_order order = { .kind = MUSTER_REGISTER, .username = text(name), .password = text("x") };
	struct muster_operation *operation;

	assert_error(muster_order_begin(bench->host, muster_engine_store(bench->engine), &order, NULL, &operation),
	             MUSTER_OK);
	assert_error(muster_engine_submit(bench->engine, muster_operation_task(operation), MUSTER_LANE_CHANGE),
	             MUSTER_OK);
}

static void take(struct bench *bench)
{
	struct pollfd waiting = { .fd = muster_engine_fd(bench->engine), .events = POLLIN };
	struct muster_task *task;

	assert_int_equal(poll(&waiting, 1, 30000), 1);
	task = muster_engine_take(bench->engine);
	assert_non_null(task);
	assert_error(task->error, MUSTER_OK);
	muster_operation_free(muster_operation_of(task));
}

/* Whoever has an answer finds what was noted before. */
static void test_notes_go_with_the_next_commit(void **state)
{
	struct bench *bench = *state;
	char name[16];

	for (int i = 0; i < rounds(50, 5); i++) {
		snprintf(name, sizeof(name), "name%d", i);
		note(bench, MUSTER_OK);
		submit(bench, name);
		take(bench);
		assert_int_equal(entries(bench), 2 * (i + 1));
		assert_int_equal(freed, i + 1);
	}
}

/* One that fails is lost alone, and counted. */
static void test_a_note_that_cannot_be_written(void **state)
{
	struct bench *bench = *state;

	note(bench, MUSTER_OK);
	note(bench, MUSTER_CORRUPT);
	note(bench, MUSTER_OK);
	await_freed(3);
	assert_int_equal(written, 3);
	assert_int_equal(entries(bench), 2);
	for (int i = 0; i < 1000 && dropped(bench) == 0; i++)
		usleep(1000);
	assert_int_equal(dropped(bench), 1);
}

/* While another process writes, say. */
static void test_notes_have_a_bound(void **state)
{
	struct bench *bench = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(muster_engine_store(bench->engine), &transaction), MUSTER_OK);
	note(bench, MUSTER_OK);
	usleep(500000); /* the writer has it, and stands before the lock */
	for (int i = 0; i < MUSTER_NOTES_MAX + 5; i++)
		note(bench, MUSTER_OK);
	assert_in_range(dropped(bench), 5, 6);
	assert_int_equal(freed, dropped(bench));
	muster_transaction_abort(transaction);
	await_freed(MUSTER_NOTES_MAX + 6);
	assert_in_range(entries(bench), MUSTER_NOTES_MAX, MUSTER_NOTES_MAX + 1);
	note(bench, MUSTER_OK); /* and then there is room again */
	await_freed(MUSTER_NOTES_MAX + 7);
	assert_in_range(dropped(bench), 5, 6);
}

static void test_closing_writes_what_waits(void **state)
{
	struct bench *bench = *state;

	note(bench, MUSTER_OK);
	muster_engine_close(bench->engine);
	assert_int_equal(freed, 1);
	open_engine(bench);
	assert_int_equal(entries(bench), 1);
	note(bench, MUSTER_OK);
	muster_engine_stop(bench->engine);
	note(bench, MUSTER_OK); /* nobody writes any more, but for closing */
	muster_engine_close(bench->engine);
	assert_int_equal(freed, 3);
	open_engine(bench);
	assert_int_equal(entries(bench), 3);
}

/* A child's notes go nowhere, nor do its copies of its parent's. */
static void test_a_child_notes_nothing(void **state)
{
	struct bench *bench = *state;
	pid_t child;
	int status;

	note(bench, MUSTER_OK);
	child = fork();
	if (child == 0) {
		int before = freed;
		bool right;

		note(bench, MUSTER_OK);
		right = freed == before + 1 && written == 0;
		muster_engine_close(bench->engine);
		leave_child(right && written == 0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	await_freed(1);
	assert_int_equal(entries(bench), 1);
}

/* A refusal's own note keeps its host, whatever becomes of it. */
static void test_a_refusal_is_noted(void **state)
{
	struct bench *bench = *state;
	struct muster_facts facts = from("192.0.2.7");
	struct muster_operation *operation;
	struct muster_outcome outcome;

	assert_error(muster_request_begin(bench->host, muster_engine_store(bench->engine), &facts,
	                                  text("<iq type='set' id='1'><query xmlns='jabber:iq:register'/></iq>"),
	                                  &outcome, &operation),
	             MUSTER_OK);
	assert_null(operation);
	assert_non_null(outcome.note);
	muster_engine_note(bench->engine, outcome.note);
	outcome.note = NULL;
	muster_outcome_clear(&outcome);
	muster_host_release(bench->host);
	bench->host = NULL;
	for (int i = 0; i < 30000 && entries(bench) == 0; i++)
		usleep(1000);
	assert_int_equal(entries(bench), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_notes_are_written_after_a_while),
		TEST(test_notes_go_with_the_next_commit),
		TEST(test_a_note_that_cannot_be_written),
		TEST(test_notes_have_a_bound),
		TEST(test_closing_writes_what_waits),
		TEST(test_a_child_notes_nothing),
		TEST(test_a_refusal_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
