#include "failing.h"

#include <stdlib.h>

#include "base/memory.h"
#include "registration/operation.h"
#include "store/internal.h"

typedef void fail_fn(long count);

static int try_with(struct place *place, attempt_fn *attempt, fail_fn *fail_after, long point)
{
	const size_t live = muster_memory_live();
	int error;

	assert_in_range(point, 0, 2000);
	fail_after(point);
	error = attempt(place);
	muster_memory_fail_after(-1);
	if (muster_memory_live() != live)
		fail_msg("%zu blocks are left after failure %ld", muster_memory_live() - live, point);
	return error;
}

static void assert_outcome(int error, int wanted, long point)
{
	if (error != wanted && error != MUSTER_NO_MEMORY)
		fail_msg("failure %ld gives %s", point, muster_error_name(error));
}

/* Everything from some point on, or a single allocation: then what is done about the failure has memory again, and may
 * get through without it. */
void fail_at_every_point(struct place *place, attempt_fn *attempt)
{
	long points = 0;
	int error;

	do {
		error = try_with(place, attempt, muster_memory_fail_after, points);
		assert_outcome(error, MUSTER_OK, points++);
	} while (error != MUSTER_OK);
	for (long point = 0; point < points; point++)
		assert_outcome(try_with(place, attempt, muster_memory_fail_once_after, point), MUSTER_OK, point);
	print_message("           %ld points\n", points - 1);
}

/* --- what is in the store --- */

enum { DATABASES_MAX = 32 };

struct snapshot {
	char *bytes; /* a header, a key and a value a row */
	size_t size;
	MDB_dbi databases[DATABASES_MAX];
	size_t rows[DATABASES_MAX];
	int count;
};

struct header {
	MDB_dbi database;
	size_t key_size, value_size;
};

/* The unnamed database holds the names of the others. */
static int list_databases(MDB_txn *txn, MDB_dbi *databases)
{
	MDB_dbi names;
	MDB_cursor *cursor;
	MDB_val name, value;
	char string[64];
	int count = 0;

	assert_int_equal(mdb_dbi_open(txn, NULL, 0, &names), 0);
	assert_int_equal(mdb_cursor_open(txn, names, &cursor), 0);
	while (mdb_cursor_get(cursor, &name, &value, MDB_NEXT) == 0) {
		assert_in_range(count, 0, DATABASES_MAX - 1);
		snprintf(string, sizeof(string), "%.*s", (int)name.mv_size, (const char *)name.mv_data);
		assert_int_equal(mdb_dbi_open(txn, string, 0, &databases[count++]), 0);
	}
	mdb_cursor_close(cursor);
	return count;
}

static size_t write_rows(MDB_txn *txn, MDB_dbi database, FILE *out)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	size_t count = 0;

	assert_int_equal(mdb_cursor_open(txn, database, &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		struct header header;

		memset(&header, 0, sizeof(header)); /* the padding is compared too */
		header.database = database;
		header.key_size = key.mv_size;
		header.value_size = value.mv_size;
		fwrite(&header, sizeof(header), 1, out);
		fwrite(key.mv_data, 1, key.mv_size, out);
		fwrite(value.mv_data, 1, value.mv_size, out);
		count++;
	}
	mdb_cursor_close(cursor);
	return count;
}

static struct snapshot take_snapshot(struct place *place)
{
	struct snapshot snapshot = { .count = 0 };
	FILE *out = open_memstream(&snapshot.bytes, &snapshot.size);
	MDB_txn *txn;

	assert_non_null(out);
	assert_int_equal(mdb_txn_begin(place->store->env, NULL, MDB_RDONLY, &txn), 0);
	snapshot.count = list_databases(txn, snapshot.databases);
	for (int i = 0; i < snapshot.count; i++)
		snapshot.rows[i] = write_rows(txn, snapshot.databases[i], out);
	mdb_txn_abort(txn);
	fclose(out);
	return snapshot;
}

static void put_back(struct place *place, const struct snapshot *snapshot)
{
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(place->store->env, NULL, 0, &txn), 0);
	for (int i = 0; i < snapshot->count; i++)
		assert_int_equal(mdb_drop(txn, snapshot->databases[i], 0), 0);
	for (size_t at = 0; at < snapshot->size;) {
		struct header header;
		MDB_val key, value;

		memcpy(&header, snapshot->bytes + at, sizeof(header));
		key = (MDB_val){ header.key_size, snapshot->bytes + at + sizeof(header) };
		value = (MDB_val){ header.value_size, (char *)key.mv_data + key.mv_size };
		assert_int_equal(mdb_put(txn, header.database, &key, &value, 0), 0);
		at += sizeof(header) + key.mv_size + value.mv_size;
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
}

static bool is_as_before(struct place *place, const struct snapshot *before)
{
	struct snapshot now = take_snapshot(place);
	bool same = now.size == before->size && memcmp(now.bytes, before->bytes, now.size) == 0;

	free(now.bytes);
	return same;
}

/* --- changes --- */

/* Row for row, as keys are different ones each time. */
static void assert_whole(struct place *place, const struct change *change, const struct snapshot *whole)
{
	struct snapshot now = take_snapshot(place);

	for (int i = 0; i < whole->count; i++)
		assert_int_equal(now.rows[i], whole->rows[i]);
	free(now.bytes);
	change->check(place);
}

/* Without memory for the answer a change is there all the same. */
static int try_change(struct place *place, const struct change *change, const struct snapshot *before,
                      const struct snapshot *whole, fail_fn *fail_after, long point)
{
	int error;

	put_back(place, before);
	error = try_with(place, change->attempt, fail_after, point);
	assert_outcome(error, change->outcome, point);
	if (is_as_before(place, before))
		assert_error(error, MUSTER_NO_MEMORY);
	else
		assert_whole(place, change, whole);
	return error;
}

void fail_at_every_point_of_change(struct place *place, const struct change *change)
{
	struct snapshot before = take_snapshot(place), whole;
	const int step = rounds(1, 5);
	long points = 0;
	int error;

	mdb_env_set_flags(place->store->env, MDB_NOSYNC, 1); /* hundreds of transactions that need not last */
	assert_error(change->attempt(place), change->outcome);
	whole = take_snapshot(place);
	assert_false(is_as_before(place, &before));
	do {
		error = try_change(place, change, &before, &whole, muster_memory_fail_after, points);
		points += step;
	} while (error != change->outcome);
	for (long point = 0; point < points; point += step)
		try_change(place, change, &before, &whole, muster_memory_fail_once_after, point);
	print_message("           %ld points\n", points - step);
	assert_whole(place, change, &whole); /* the last one failed nowhere */
	free(before.bytes);
	free(whole.bytes);
}

/* --- attempts --- */

/* The answer of a server without memory, if there was memory for one. */
static int judge(const struct muster_outcome *outcome)
{
	if (outcome->error == MUSTER_NO_MEMORY && outcome->action_count > 0)
		assert_string_equal(verdict(outcome->actions[0].xml.data), "resource-constraint wait 500");
	return outcome->error;
}

static int complete(struct place *place, struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct muster_task *task = muster_operation_task(operation);
	int error = muster_operation_look(operation, place->store, outcome);

	if (error == MUSTER_EXISTS) {
		assert_string_equal(verdict(outcome->actions[0].xml.data), "conflict cancel 409");
		return MUSTER_OK;
	}
	if (error == MUSTER_REFUSED)
		return MUSTER_OK;
	if (error == MUSTER_OK)
		muster_task_run(task, place->store);
	else
		task->error = error;
	error = muster_operation_finish(operation, outcome);
	if (task->error == MUSTER_OK && operation->effect.kind != 0)
		assert_int_equal(outcome->actions[outcome->action_count - 1].kind, MUSTER_ACTION_EFFECT);
	return error;
}

int try_request(struct place *place, struct muster_facts facts, const char *xml)
{
	struct muster_outcome outcome;
	struct muster_operation *operation;
	int error = muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation);

	if (error == MUSTER_OK && operation)
		error = complete(place, operation, &outcome);
	if (error == MUSTER_OK)
		error = judge(&outcome);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return error;
}

int try_set(struct place *place, struct muster_facts facts, const char *inner)
{
	char xml[2048];

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>", inner);
	return try_request(place, facts, xml);
}

int try_order(struct place *place, const struct muster_order *order)
{
	struct muster_operation *operation;
	int error = muster_order_begin(place->host, place->store, order, NULL, &operation);

	if (error == MUSTER_OK)
		error = muster_task_run(muster_operation_task(operation), place->store);
	muster_operation_free(operation);
	return error;
}
