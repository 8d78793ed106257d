/* ours.c -- Muster behind a door: real requests, rules, keys and transactions, one after the other. */
#include "door.h"

#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lua/internal.h"
#include "muster/registration.h"
#include "policy/host.h"
#include "registration/stream.h"

struct ours {
	char directory[64];
	struct muster_store *store;
	struct muster_host *host;
};

static void end(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

double seconds_now(void)
{
	return (double)muster_monotonic_clock_ns() / 1e9;
}

/* --- options --- */

static char *read_file(const char *path)
{
	enum { MOST = 1 << 18 };
	char *text = calloc(1, MOST);
	FILE *file = fopen(path, "r");

	if (!text || !file)
		end("a file of options cannot be read");
	if (fread(text, 1, MOST - 1, file) == 0)
		end("a file of options is empty");
	fclose(file);
	return text;
}

/* The first block of Lua in a page; the whole text where there is none. */
static char *block_of(char *text)
{
	static const char fence[] = "```lua\n";
	char *begin = strstr(text, fence), *end_of_block;

	if (!begin)
		return text;
	begin += strlen(fence);
	end_of_block = strstr(begin, "\n```");
	if (end_of_block)
		end_of_block[1] = '\0';
	return begin;
}

/* Run options with the table on top of the stack for their globals. */
static void run_options(lua_State *L, const char *text)
{
	if (luaL_loadstring(L, text) != LUA_OK)
		end(lua_tostring(L, -1));
	lua_pushvalue(L, -2);
	lua_setupvalue(L, -2, 1);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		end(lua_tostring(L, -1));
}

/* Leave a table of them on the stack. */
static void read_options(lua_State *L, const char *path, const char *without, const char *with)
{
	char *text = path ? read_file(path) : NULL;

	lua_newtable(L);
	if (text)
		run_options(L, block_of(text));
	free(text);
	if (without) {
		lua_pushnil(L);
		lua_setfield(L, -2, without);
	}
	if (with)
		run_options(L, with);
}

static void set(struct muster_host *host, const char *option, const struct muster_value *value)
{
	struct muster_failure failure = { 0 };

	if (muster_host_set(host, option, value, &failure) != MUSTER_OK)
		end(failure.text);
}

/* An option that is not ours would be passed over in a server, but is a mistake here. */
static void set_options(lua_State *L, struct muster_host *host)
{
	int options = lua_gettop(L);

	for (lua_pushnil(L); lua_next(L, options); lua_settop(L, options + 1)) {
		struct muster_value value;

		if (!muster_lua_value(L, options + 2, &value))
			end("an option has a value that is none");
		set(host, lua_tostring(L, options + 1), &value);
	}
}

static int match(void *context, struct muster_text pattern, struct muster_text text)
{
	lua_State *L = context;
	int top = lua_gettop(L), found = -1;

	lua_getglobal(L, "string");
	lua_getfield(L, -1, "find");
	lua_pushlstring(L, text.data, text.size);
	lua_pushlstring(L, pattern.data, pattern.size);
	if (lua_pcall(L, 2, 1, 0) == LUA_OK)
		found = lua_isnil(L, -1) ? 0 : 1;
	lua_settop(L, top);
	return found;
}

/* Keys are made faster than an option allows: how long they take has no part in this. */
static void open_host(struct ours *ours, lua_State *L)
{
	const struct muster_matcher matcher = { match, L };
	const struct muster_item hashes[] = { { .value = { .kind = MUSTER_STRING, .text = MUSTER_TEXT("SHA-1") } } };
	struct muster_failure failure = { 0 };

	if (muster_host_new(&ours->host, MUSTER_HOST_ACCOUNTS, MUSTER_TEXT("localhost"), &failure) != MUSTER_OK)
		end(failure.text);
	muster_host_set_matcher(ours->host, &matcher);
	set_options(L, ours->host);
	lua_pop(L, 1);
	set(ours->host, "muster_scram", &(struct muster_value){ .kind = MUSTER_TABLE, .items = hashes, .count = 1 });
	ours->host->iterations = 1;
	if (muster_host_check(ours->host, &failure) != MUSTER_OK)
		end(failure.text);
}

/* --- requests --- */

/* The words of an error that clients go by; texts are for people. */
static struct answer answer_of(const struct muster_outcome *outcome)
{
	const char *xml = outcome->action_count > 0 && outcome->actions[0].kind == MUSTER_ACTION_SEND
	                          ? outcome->actions[0].xml.data
	                          : "";
	const char *wait = strstr(xml, "<retry-after "), *seconds = wait ? strstr(wait, "seconds='") : NULL;

	if (outcome->error == MUSTER_OK)
		return (struct answer){ .verdict = VERDICT_MADE };
	if (strstr(xml, "<error type='wait'"))
		return (struct answer){ .verdict = VERDICT_LATER,
			                .wait_s = seconds ? strtoll(seconds + 9, NULL, 10) : 0 };
	if (strstr(xml, "<conflict "))
		return (struct answer){ .verdict = VERDICT_OTHER_NAME };
	if (strstr(xml, "<not-acceptable "))
		return (struct answer){ .verdict = VERDICT_OTHER_PASSWORD };
	return (struct answer){ .verdict = VERDICT_NEVER };
}

/* As the binding does it, with the answer and the note of a refusal. */
static struct answer finish(struct ours *ours, struct muster_outcome *outcome)
{
	struct muster_task *note = outcome->note;
	struct answer answer = answer_of(outcome);

	outcome->note = NULL;
	if (note && muster_task_run(note, ours->store) != MUSTER_OK)
		end("a note cannot be written");
	if (note)
		note->kind->free(note);
	muster_outcome_clear(outcome);
	return answer;
}

static struct answer go_on(struct door *door, struct muster_operation *operation, struct muster_outcome *outcome)
{
	struct ours *ours = door->state;
	double began = seconds_now();
	int error = muster_operation_look(operation, ours->store, outcome);
	struct answer answer;

	door->judged_s += seconds_now() - began;
	if (error == MUSTER_OK) {
		muster_task_run(muster_operation_task(operation), ours->store);
		if (muster_operation_finish(operation, outcome) != MUSTER_OK)
			end("an operation cannot be finished");
	} else if (error != MUSTER_EXISTS && error != MUSTER_REFUSED) {
		end(muster_error_text(error));
	}
	answer = finish(ours, outcome);
	muster_operation_free(operation);
	return answer;
}

static struct answer request(struct door *door, const struct muster_facts *facts, const char *xml)
{
	struct ours *ours = door->state;
	struct muster_outcome outcome;
	struct muster_operation *operation;
	double began = seconds_now();

	if (muster_request_begin(ours->host, ours->store, facts, muster_text_of(xml), &outcome, &operation) !=
	    MUSTER_OK)
		end("a request cannot be judged");
	door->judged_s += seconds_now() - began;
	return operation ? go_on(door, operation, &outcome) : finish(ours, &outcome);
}

/* --- challenges --- */

/* The right answer to one kind, for a field of the form. What takes long is left out, for it has no part in this: the
 * label becomes what the first text that begins right ends in. */
static void solve(struct muster_challenge *challenge, enum muster_challenge_kind kind, FILE *form)
{
	static const char worked[] = "localhost0";
	const uint32_t mask = UINT32_MAX >> (32 - challenge->bits);
	unsigned char digest[32];
	struct muster_text given = { worked, sizeof(worked) - 1 };

	if (kind == MUSTER_CHALLENGE_SHA_256) {
		EVP_Digest(worked, sizeof(worked) - 1, digest, NULL, EVP_sha256(), NULL);
		challenge->label = ((uint32_t)digest[28] << 24 | (uint32_t)digest[29] << 16 |
		                    (uint32_t)digest[30] << 8 | digest[31]) &
		                   mask;
	} else {
		given = kind == MUSTER_CHALLENGE_QA ? challenge->question->answers[0]
		                                    : muster_text_of(challenge->letters);
	}
	fprintf(form, "<field var='%s'><value>%.*s</value></field>", muster_challenge_name(kind), (int)given.size,
	        given.data);
}

/* What has to be solved in any case, then what this visitor can, until it is enough: questions and pictures before
 * work, as people do who sit at clients that know no proof of work. Those who cannot solve enough hand in what they
 * have. */
static void solve_enough(struct muster_challenge *challenge, const struct attempt *attempt, FILE *form,
                         struct answer *effort)
{
	static const enum muster_challenge_kind order[] = { MUSTER_CHALLENGE_QA, MUSTER_CHALLENGE_OCR,
		                                            MUSTER_CHALLENGE_SHA_256 };
	unsigned wanted = challenge->kinds & attempt->solves, done = 0;

	for (int optional = 0; optional <= 1; optional++)
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && effort->solved < challenge->needed; i++) {
			const unsigned bit = MUSTER_CHALLENGE_BIT(order[i]);

			if (!(wanted & ~done & bit) || (!optional && !(challenge->required & bit)))
				continue;
			solve(challenge, order[i], form);
			done |= bit;
			effort->solved++;
			if (order[i] == MUSTER_CHALLENGE_SHA_256)
				effort->hashes += (double)(UINT64_C(1) << challenge->bits);
		}
}

/* By a form with a challenge in it, on a stream of its own. */
static struct answer knock_solving(struct door *door, struct muster_facts *facts, const struct attempt *attempt)
{
	char xml[2048] = "";
	FILE *form = fmemopen(xml, sizeof(xml), "w");
	struct answer answer, effort = { .solved = 0 };

	if (!form || muster_stream_new(&facts->stream) != MUSTER_OK)
		abort();
	answer = request(door, facts, "<iq type='get' id='0'><query xmlns='jabber:iq:register'/></iq>");
	if (facts->stream->challenge) {
		fprintf(form,
		        "<iq type='set' id='1'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' "
		        "type='submit'><field var='FORM_TYPE'><value>jabber:iq:register</value></field>"
		        "<field var='username'><value>%s</value></field><field var='password'><value>%s</value></field>"
		        "<field var='challenge'><value>%s</value></field>",
		        attempt->username, attempt->password, facts->stream->challenge->id);
		solve_enough(facts->stream->challenge, attempt, form, &effort);
		fprintf(form, "</x></query></iq>");
		fflush(form);
		answer = request(door, facts, xml);
	}
	fclose(form);
	muster_stream_release(facts->stream);
	answer.solved = effort.solved;
	answer.hashes = effort.hashes;
	return answer;
}

static struct answer knock(struct door *door, const struct attempt *attempt)
{
	struct ours *ours = door->state;
	struct muster_facts facts = { .sender = MUSTER_SENDER_STREAM,
		                      .secure = true,
		                      .stream_host = MUSTER_TEXT("localhost"),
		                      .address = muster_text_of(attempt->address) };
	char xml[512];

	muster_clock_pretend(attempt->at_s);
	if (ours->host->challenges.kinds != 0)
		return knock_solving(door, &facts, attempt);
	snprintf(xml, sizeof(xml),
	         "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>%s</username>"
	         "<password>%s</password></query></iq>",
	         attempt->username, attempt->password);
	return request(door, &facts, xml);
}

/* --- the store, in memory where there is a place for it --- */

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status, (void)flag, (void)walk;
	return remove(path);
}

static void close_ours(struct door *door)
{
	struct ours *ours = door->state;

	muster_host_release(ours->host);
	muster_store_close(ours->store);
	nftw(ours->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	muster_clock_pretend(0);
	free(ours);
}

void door_open_ours(struct door *door, lua_State *L, const char *options, const char *without, const char *with)
{
	struct ours *ours = calloc(1, sizeof(*ours));
	struct muster_store_options store = { .server = true };
	struct muster_failure failure = { 0 };

	if (!ours)
		abort();
	snprintf(ours->directory, sizeof(ours->directory), "%s/muster-simulation-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(ours->directory))
		end("no directory can be made");
	store.path = ours->directory;
	if (muster_store_open(&ours->store, &store, &failure) != MUSTER_OK)
		end(failure.text);
	read_options(L, options, without, with);
	open_host(ours, L);
	*door = (struct door){ .state = ours, .knock = knock, .close = close_ours };
}
