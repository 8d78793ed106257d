#include "support.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "muster/audit.h"

/* --- texts --- */

struct muster_text text(const char *string)
{
	return muster_text_of(string);
}

void assert_text_(struct muster_text found, const char *wanted, const char *file, int line)
{
	if (wanted ? muster_text_is_c(found, wanted) : !found.data)
		return;
	print_error("%s:%d: \"%.*s\" is not \"%s\"\n", file, line, (int)found.size, found.data ? found.data : "",
	            wanted ? wanted : "(absent)");
	_fail(file, line);
}

int rounds(int usual, int slow)
{
	return getenv("MUSTER_TEST_SLOW") ? slow : usual;
}

void leave_child(bool right)
{
	execl(right ? "/bin/true" : "/bin/false", "child", (char *)NULL);
	_exit(1);
}

/* --- directories --- */

char *make_directory(void)
{
	char *path = strdup("/tmp/muster-unit-XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

const char *path_in(const char *directory, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char *inner;

	while (directory && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = strdup(path_in(path, entry->d_name));
		if (unlink(inner) != 0) {
			empty_directory(inner);
			rmdir(inner);
		}
		free(inner);
	}
	if (directory)
		closedir(directory);
}

void remove_directory(char *path)
{
	chmod(path, 0700);
	empty_directory(path);
	rmdir(path);
	free(path);
}

/* --- a store and a host --- */

void reopen_store(struct place *place)
{
	struct muster_store_options options = { .path = place->directory, .server = true };
	struct muster_failure failure;

	muster_store_close(place->store);
	assert_error(muster_store_open(&place->store, &options, &failure), MUSTER_OK);
}

int open_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	muster_memory_fail_after(-1); /* if the test before died in the middle */
	place->directory = make_directory();
	reopen_store(place);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_ACCOUNTS, text("localhost"), NULL), MUSTER_OK);
	set_option(place, "default_iteration_count", number(4096));
	*state = place;
	return 0;
}

int close_place(void **state)
{
	struct place *place = *state;

	muster_clock_pretend(0);
	muster_host_release(place->host);
	muster_store_close(place->store);
	remove_directory(place->directory);
	free(place);
	return 0;
}

struct muster_value boolean(bool value)
{
	return (struct muster_value){ .kind = MUSTER_BOOLEAN, .boolean = value };
}

struct muster_value number(double value)
{
	return (struct muster_value){ .kind = MUSTER_NUMBER, .number = value };
}

struct muster_value string(const char *value)
{
	return (struct muster_value){ .kind = MUSTER_STRING, .text = text(value) };
}

struct muster_value table(const struct muster_item *items, size_t count)
{
	return (struct muster_value){ .kind = MUSTER_TABLE, .items = items, .count = count };
}

void set_option(struct place *place, const char *option, struct muster_value value)
{
	struct muster_failure failure = { 0 };
	int error = muster_host_set(place->host, option, &value, &failure);

	if (error != MUSTER_OK)
		print_error("%s\n", failure.text);
	assert_error(error, MUSTER_OK);
}

/* --- requests --- */

struct muster_facts stranger(void)
{
	return (struct muster_facts){ .sender = MUSTER_SENDER_STREAM,
		                      .secure = true,
		                      .stream_host = text("localhost") };
}

struct muster_facts account(const char *name)
{
	static char jid[128];

	snprintf(jid, sizeof(jid), "%s@localhost/globe", name);
	return (struct muster_facts){
		.sender = MUSTER_SENDER_ACCOUNT, .secure = true, .username = text(name), .full_jid = text(jid)
	};
}

struct muster_facts from(const char *address)
{
	struct muster_facts facts = stranger();

	facts.address = text(address);
	return facts;
}

static char described[16384];

static void describe_action(const struct muster_action *action, FILE *out)
{
	switch (action->kind) {
	case MUSTER_ACTION_SEND:
		fprintf(out, "send %.*s\n", (int)action->xml.size, action->xml.data);
		break;
	case MUSTER_ACTION_CLOSE:
		fprintf(out, "close %.*s\n", (int)action->condition.size, action->condition.data);
		break;
	case MUSTER_ACTION_EFFECT:
		fprintf(out, "effect %s %.*s %.*s\n", muster_effect_name(action->effect.kind),
		        (int)action->effect.username.size, action->effect.username.data,
		        action->condition.data ? (int)action->condition.size : 1,
		        action->condition.data ? action->condition.data : "-");
		break;
	}
}

static void describe(const struct muster_outcome *outcome)
{
	FILE *out = fmemopen(described, sizeof(described), "w");

	assert_non_null(out);
	for (size_t i = 0; i < outcome->action_count; i++)
		describe_action(&outcome->actions[i], out);
	fclose(out);
}

/* As a host does it: look, run, finish. */
static void complete(struct place *place, struct muster_operation *operation, struct muster_outcome *outcome)
{
	int error = muster_operation_look(operation, place->store, outcome);

	if (error == MUSTER_EXISTS || error == MUSTER_REFUSED)
		return;
	if (error == MUSTER_OK)
		muster_task_run(muster_operation_task(operation), place->store);
	else
		muster_operation_task(operation)->error = error;
	assert_error(muster_operation_finish(operation, outcome), MUSTER_OK);
}

/* As the engine does it, a little later. */
static void write_note(struct place *place, struct muster_outcome *outcome)
{
	if (outcome->note)
		muster_task_run(outcome->note, place->store);
}

const char *request(struct place *place, struct muster_facts facts, const char *xml)
{
	struct muster_outcome outcome;
	struct muster_operation *operation;
	bool spent;

	memset(described, 0, sizeof(described));
	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	if (operation)
		complete(place, operation, &outcome);
	spent = outcome.error == MUSTER_SPENT && outcome.action_count == 0;
	write_note(place, &outcome);
	describe(&outcome);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	facts.foreign = (struct muster_foreign){ .token = MUSTER_NO_TEXT };
	return spent ? request(place, facts, xml) : described;
}

const char *set(struct place *place, struct muster_facts facts, const char *inner)
{
	char xml[8192];

	snprintf(xml, sizeof(xml), "<iq type='set' id='1'><query xmlns='jabber:iq:register'>%s</query></iq>", inner);
	return request(place, facts, xml);
}

const char *verdict(const char *outcome)
{
	static char found[128];
	char type[32], code[8], condition[64];

	if (strncmp(outcome, "send <iq type='result'", 22) == 0)
		return "result";
	outcome = strstr(outcome, "<error ");
	if (!outcome || sscanf(outcome, "<error type='%31[^']' code='%7[0-9]'><%63[^ >/]", type, code, condition) != 3)
		return "neither a result nor an error";
	snprintf(found, sizeof(found), "%s %s %s", condition, type, code);
	return found;
}

static int run_order(struct place *place, struct muster_order order)
{
	struct muster_operation *operation;
	int error = muster_order_begin(place->host, place->store, &order, NULL, &operation);

	if (error == MUSTER_OK)
		error = muster_task_run(muster_operation_task(operation), place->store);
	muster_operation_free(operation);
	return error;
}

int order(struct place *place, enum muster_operation_kind kind, const char *name, const char *password)
{
	return run_order(place,
	                 (struct muster_order){ .kind = kind, .username = text(name), .password = text(password) });
}

int order_anyway(struct place *place, enum muster_operation_kind kind, const char *name, const char *password)
{
	return run_order(place,
	                 (struct muster_order){
				 .kind = kind, .username = text(name), .password = text(password), .overrides = true });
}

const char *carry_out(struct place *place, struct muster_order order)
{
	static char came[256];
	struct muster_outcome outcome = { 0 };
	struct muster_operation *operation;
	const struct muster_effect *effect;
	int error = muster_order_begin(place->host, place->store, &order, NULL, &operation);

	snprintf(came, sizeof(came), "%s", muster_error_name(error));
	if (error != MUSTER_OK)
		return came;
	complete(place, operation, &outcome);
	write_note(place, &outcome);
	effect = &outcome.actions[0].effect;
	if (outcome.action_count > 0)
		snprintf(came, sizeof(came), "ok %s %.*s by %.*s", muster_effect_name(effect->kind),
		         (int)effect->username.size, effect->username.data, (int)effect->door.size, effect->door.data);
	else
		snprintf(came, sizeof(came), "%s", muster_error_name(outcome.error));
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return came;
}

/* --- the audit --- */

static void print_part(FILE *out, const char *name, struct muster_text part)
{
	if (part.data)
		fprintf(out, " %s=%.*s", name, (int)part.size, part.data);
}

static bool print_entry(void *context, const struct muster_entry *entry)
{
	FILE *out = context;

	fprintf(out, "%.*s %.*s %.*s", (int)entry->action.size, entry->action.data, (int)entry->username.size,
	        entry->username.data ? entry->username.data : "", (int)entry->outcome.size, entry->outcome.data);
	print_part(out, "rule", entry->rule);
	print_part(out, "door", entry->door);
	print_part(out, "address", entry->address);
	print_part(out, "actor", entry->actor);
	print_part(out, "detail", entry->detail);
	fputs(entry->overridden ? " overridden\n" : "\n", out);
	return true;
}

const char *audit(struct place *place)
{
	static char lines[16384];
	struct muster_transaction *transaction;
	struct muster_buffer position = { 0 };
	FILE *out;

	memset(lines, 0, sizeof(lines));
	out = fmemopen(lines, sizeof(lines), "w");
	assert_non_null(out);
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(
		muster_audit_walk(transaction, muster_host_name(place->host), &position, SIZE_MAX, print_entry, out),
		MUSTER_OK);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&position);
	fclose(out);
	return lines;
}

enum muster_account_state state_of(struct place *place, const char *name)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	enum muster_account_state state = 0;

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	if (muster_account_get(transaction, text("localhost"), text(name), &account) == MUSTER_OK) {
		state = account.state;
		muster_account_clear(&account);
	}
	muster_transaction_abort(transaction);
	return state;
}

static void write_note_of(struct place *place, struct muster_exchange *exchange)
{
	struct muster_task *note;

	while ((note = muster_login_take_note(exchange)) != NULL) {
		muster_task_run(note, place->store);
		note->kind->free(note);
	}
}

void carry_on(struct place *place, struct muster_exchange *exchange, struct muster_step *step)
{
	if (step->status == MUSTER_LOGIN_WAIT)
		muster_login_resume(exchange, place->store, step);
	if (step->status == MUSTER_LOGIN_WORK) {
		muster_task_run(muster_login_task(exchange), place->store);
		muster_login_finish(exchange, place->store, step);
	}
	write_note_of(place, exchange);
}

const char *login(struct place *place, const char *name, const char *password)
{
	struct muster_login_facts facts = { 0 };
	struct muster_exchange *exchange;
	struct muster_step step;
	char message[4096];
	int size = snprintf(message, sizeof(message), "%c%s%c%s", 0, name, 0, password);

	assert_error(muster_login_begin(place->host, text("PLAIN"), &facts, &exchange), MUSTER_OK);
	muster_login_step(exchange, place->store, (struct muster_text){ message, (size_t)size }, &step);
	carry_on(place, exchange, &step);
	muster_login_free(exchange);
	return step.status == MUSTER_LOGIN_SUCCESS ? NULL : step.condition;
}
