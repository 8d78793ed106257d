/* policy.c -- a host's rules, audit, throttle, directives and invitations, read. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lua/internal.h"
#include "muster/account.h"
#include "muster/audit.h"
#include "muster/bucket.h"
#include "muster/directive.h"
#include "muster/invitation.h"
#include "muster/guess.h"
#include "muster/policy.h"
#include "muster/preparation.h"
#include "muster/tombstone.h"
#include "xml/writer.h"

/* --- patterns --- */

/* Called in the host's own thread of Lua, of which nobody else knows. */
static int match(void *context, struct muster_text pattern, struct muster_text text)
{
	lua_State *L = context;
	int result = -1;

	lua_settop(L, 1); /* string.find */
	lua_pushvalue(L, 1);
	lua_pushlstring(L, text.data ? text.data : "", text.size);
	lua_pushlstring(L, pattern.data, pattern.size);
	if (lua_pcall(L, 2, 1, 0) == LUA_OK)
		result = lua_isnil(L, -1) ? 0 : 1;
	lua_settop(L, 1);
	return result;
}

void muster_lua_set_matcher(lua_State *L, struct muster_host *host)
{
	lua_State *thread = lua_newthread(L);
	const struct muster_matcher matcher = { match, thread };

	luaL_checkstack(thread, 8, "patterns");
	lua_getglobal(L, "string");
	lua_getfield(L, -1, "find");
	lua_xmove(L, thread, 1);
	lua_pop(L, 1);
	lua_setiuservalue(L, -2, 2);
	muster_host_set_matcher(host, &matcher);
}

/* --- what is called in a transaction pushes under protection, for the transaction must end --- */

struct reading {
	struct muster_host *host;
	struct muster_store *store;
	lua_State *L;
	lua_CFunction push; /* given a table and what is pushed into it */
	bool failed;
};

static int begin(lua_State *L, struct reading *reading)
{
	struct muster_lua_host *host = luaL_checkudata(L, 1, MUSTER_LUA_HOST);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);

	lua_pop(L, 1);
	*reading = (struct reading){ .host = host->host, .L = L };
	if (!engine)
		return MUSTER_CLOSED;
	reading->store = muster_engine_store(engine->engine);
	luaL_checkstack(L, 16, "reading");
	return MUSTER_OK;
}

/* Append to the table on top of the stack what `push` makes of the row. */
static bool append(struct reading *reading, const void *row)
{
	lua_State *L = reading->L;

	lua_pushcfunction(L, reading->push);
	lua_pushvalue(L, -2);
	lua_pushlightuserdata(L, (void *)row);
	reading->failed = lua_pcall(L, 2, 0, 0) != LUA_OK;
	if (reading->failed)
		lua_pop(L, 1);
	return !reading->failed;
}

/* The row's table is on top, the list is argument 1. */
static int finish_row(lua_State *L)
{
	lua_rawseti(L, 1, luaL_len(L, 1) + 1);
	return 0;
}

static void set_integer(lua_State *L, const char *name, int64_t number)
{
	lua_pushinteger(L, number);
	lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool flag)
{
	lua_pushboolean(L, flag);
	lua_setfield(L, -2, name);
}

/* --- rows that cannot be read --- */

struct pushed_unread {
	struct muster_text key;
	int error;
};

/* A key may hold any bytes: those that are no text are told in hexadecimal, as LMDB's own tools do. */
static void push_key(lua_State *L, struct muster_text key)
{
	luaL_Buffer text;
	char digits[3];

	if (muster_xml_can_hold(key)) {
		muster_lua_push_text(L, key);
		return;
	}
	luaL_buffinit(L, &text);
	for (size_t i = 0; i < key.size; i++) {
		snprintf(digits, sizeof(digits), "%02x", (unsigned char)key.data[i]);
		luaL_addlstring(&text, digits, 2);
	}
	luaL_pushresult(&text);
}

static int push_unread(lua_State *L)
{
	const struct pushed_unread *pushed = lua_touserdata(L, 2);

	lua_createtable(L, 0, 3);
	push_key(L, pushed->key);
	lua_setfield(L, -2, "key");
	muster_lua_set_text(L, "text", muster_text_of(muster_error_text(pushed->error)));
	muster_lua_set_text(L, "code", muster_text_of(muster_error_name(pushed->error)));
	return finish_row(L);
}

static bool tell_unread(void *context, struct muster_text key, int error)
{
	struct muster_lua_unread *unread = context;
	const struct pushed_unread pushed = { key, error };
	lua_State *L = unread->L;

	lua_pushcfunction(L, push_unread);
	lua_pushvalue(L, unread->index);
	lua_pushlightuserdata(L, (void *)&pushed);
	unread->failed = lua_pcall(L, 2, 0, 0) != LUA_OK;
	if (unread->failed)
		lua_pop(L, 1);
	return !unread->failed;
}

void muster_lua_tell_unread(struct muster_lua_unread *unread, struct muster_transaction *transaction)
{
	muster_transaction_tell_unread(transaction, tell_unread, unread);
}

/* --- the rules --- */

int muster_lua_mode(lua_State *L)
{
	struct reading reading;
	const char *mode = "";
	int64_t until_s = -1;
	int error = begin(L, &reading);

	if (error == MUSTER_OK)
		error = muster_policy_mode(reading.host, reading.store, &mode, &until_s);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_pushstring(L, mode);
	if (until_s < 0)
		return 1;
	lua_pushinteger(L, until_s);
	return 2;
}

static int push_whether(lua_State *L,
                        int (*ask)(const struct muster_host *host, struct muster_store *store, bool *answer))
{
	struct reading reading;
	bool answer = false;

	if (begin(L, &reading) == MUSTER_OK && ask(reading.host, reading.store, &answer) != MUSTER_OK)
		answer = false;
	lua_pushboolean(L, answer);
	return 1;
}

int muster_lua_announces(lua_State *L)
{
	return push_whether(L, muster_policy_announces);
}

int muster_lua_serves(lua_State *L)
{
	return push_whether(L, muster_policy_serves);
}

int muster_lua_challenges(lua_State *L)
{
	struct muster_text address = muster_lua_optional_text(L, 2);
	struct muster_demand demand = { 0 };
	struct reading reading;
	int error = begin(L, &reading);

	if (error == MUSTER_OK)
		error = muster_policy_demand(reading.host, reading.store, address, &demand);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_createtable(L, 0, 6);
	muster_lua_push_kinds(L, demand.kinds);
	lua_setfield(L, -2, "kinds");
	set_integer(L, "bits", demand.bits);
	set_integer(L, "least", demand.least_bits);
	set_integer(L, "most", demand.most_bits);
	set_flag(L, "both", demand.both);
	if (demand.until_s >= 0)
		set_integer(L, "until", demand.until_s);
	return 1;
}

static int push_opinion(lua_State *L)
{
	const struct muster_opinion *opinion = lua_touserdata(L, 2);

	lua_createtable(L, 0, 4);
	muster_lua_set_text(L, "rule", muster_text_of(opinion->rule));
	muster_lua_set_text(L, "verdict",
	                    muster_text_of(opinion->refuses   ? "refuse"
	                                   : opinion->applies ? "pass"
	                                                      : "skip"));
	if (opinion->detail.size > 0)
		muster_lua_set_text(L, "detail", opinion->detail);
	if (opinion->wait_s > 0)
		set_integer(L, "wait", opinion->wait_s);
	return finish_row(L);
}

static void tell(void *context, const struct muster_opinion *opinion)
{
	struct reading *reading = context;

	if (!reading->failed)
		append(reading, opinion);
}

int muster_lua_explain(lua_State *L)
{
	struct muster_candidate candidate;
	struct reading reading;
	int error;

	luaL_checktype(L, 2, LUA_TTABLE);
	candidate = (struct muster_candidate){
		.username = muster_lua_field(L, 2, "username"),
		.password = muster_lua_field(L, 2, "password"),
		.address = muster_lua_field(L, 2, "address"),
		.listed = muster_lua_field(L, 2, "listed"),
		.self_service = muster_lua_flag(L, 2, "self_service"),
		.invited = muster_lua_flag(L, 2, "invited"),
	};
	error = begin(L, &reading);
	reading.push = push_opinion;
	lua_newtable(L);
	if (error == MUSTER_OK)
		error = muster_policy_explain(reading.host, reading.store, &candidate, tell, &reading);
	if (error == MUSTER_OK && reading.failed)
		error = MUSTER_NO_MEMORY;
	return error == MUSTER_OK ? 1 : muster_lua_fail(L, error, NULL);
}

int muster_lua_lookups(lua_State *L)
{
	struct muster_text address = muster_lua_text(L, 2), list;
	struct reading reading;
	luaL_Buffer text;
	bool exempt = false;

	lua_settop(L, 2);
	if (begin(L, &reading) == MUSTER_OK)
		muster_policy_exempts(reading.host, reading.store, address, &exempt);
	lua_newtable(L);
	if (exempt)
		return 1;
	for (size_t i = 0;; i++) {
		struct muster_buffer name = { 0 };
		int error = muster_policy_lookup(reading.host, address, i, &name, &list);

		if (error == MUSTER_OK) {
			luaL_buffinitsize(L, &text, name.size);
			luaL_addlstring(&text, name.data, name.size);
		}
		muster_buffer_clear(&name);
		if (error != MUSTER_OK)
			return 1;
		luaL_pushresult(&text);
		muster_lua_push_text(L, list);
		lua_setfield(L, -3, lua_tostring(L, -2));
		lua_pop(L, 1);
	}
}

/* --- lists, page by page: host:audit(position) and the like return a list, the next position or nil, and a list of
 * the rows that cannot be read, or nil --- */

typedef int (*walk_fn)(struct reading *reading, struct muster_transaction *transaction, struct muster_buffer *position,
                       size_t most);

enum { PAGE = 256 };

static int read_page(struct reading *reading, walk_fn walk, struct muster_buffer *position, int unread_index)
{
	struct muster_lua_unread unread = { reading->L, unread_index, false };
	struct muster_transaction *transaction;
	int error = muster_transaction_read(reading->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	muster_lua_tell_unread(&unread, transaction);
	error = walk(reading, transaction, position, PAGE);
	muster_transaction_abort(transaction);
	return error == MUSTER_OK && (reading->failed || unread.failed) ? MUSTER_NO_MEMORY : error;
}

static int push_position(lua_State *L)
{
	const struct muster_buffer *position = lua_touserdata(L, 1);

	lua_pushlstring(L, position->data, position->size);
	return 1;
}

/* The position is the argument at `index`, the last. */
static int list_from(lua_State *L, int index, lua_CFunction push, walk_fn walk)
{
	struct muster_text from = muster_lua_optional_text(L, index);
	struct muster_buffer position = { 0 };
	struct reading reading;
	int error = begin(L, &reading), code = LUA_OK;
	int unread;

	lua_newtable(L);
	unread = lua_gettop(L);
	lua_newtable(L);
	reading.push = push;
	if (error == MUSTER_OK && from.size > 0)
		error = muster_buffer_set(&position, from);
	if (error == MUSTER_OK)
		error = read_page(&reading, walk, &position, unread);
	if (error == MUSTER_OK && position.size == 0) {
		lua_pushnil(L);
	} else if (error == MUSTER_OK) {
		lua_pushcfunction(L, push_position);
		lua_pushlightuserdata(L, &position);
		code = lua_pcall(L, 1, 1, 0);
	}
	muster_buffer_clear(&position);
	if (code != LUA_OK)
		return lua_error(L);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_pushvalue(L, unread);
	if (luaL_len(L, -1) == 0)
		lua_pop(L, lua_isnil(L, -2) ? 2 : 1);
	return lua_gettop(L) - unread;
}

static int list(lua_State *L, lua_CFunction push, walk_fn walk)
{
	return list_from(L, 2, push, walk);
}

static int push_entry(lua_State *L)
{
	const struct muster_entry *entry = lua_touserdata(L, 2);

	lua_createtable(L, 0, 10);
	lua_pushnumber(L, (lua_Number)entry->at_us / 1e6);
	lua_setfield(L, -2, "at");
	muster_lua_set_text(L, "action", entry->action);
	muster_lua_set_text(L, "username", entry->username);
	muster_lua_set_text(L, "outcome", entry->outcome);
	muster_lua_set_text(L, "rule", entry->rule);
	muster_lua_set_text(L, "door", entry->door);
	muster_lua_set_text(L, "address", entry->address);
	muster_lua_set_text(L, "actor", entry->actor);
	muster_lua_set_text(L, "detail", entry->detail);
	set_flag(L, "overridden", entry->overridden);
	return finish_row(L);
}

static bool visit_entry(void *context, const struct muster_entry *entry)
{
	return append(context, entry);
}

static int walk_audit(struct reading *reading, struct muster_transaction *transaction, struct muster_buffer *position,
                      size_t most)
{
	return muster_audit_walk(transaction, muster_host_name(reading->host), position, most, visit_entry, reading);
}

int muster_lua_audit(lua_State *L)
{
	return list(L, push_entry, walk_audit);
}

struct pushed_bucket {
	const struct muster_bucket *bucket;
	struct muster_level level;
};

static int push_bucket(lua_State *L)
{
	const struct pushed_bucket *pushed = lua_touserdata(L, 2);

	lua_createtable(L, 0, 5);
	muster_lua_set_text(L, "subject", pushed->bucket->subject);
	set_integer(L, "limit", pushed->bucket->limit);
	set_integer(L, "period", pushed->bucket->period_s);
	lua_pushnumber(L, (lua_Number)pushed->level.all / MUSTER_BUCKET_ONE);
	lua_setfield(L, -2, "level");
	set_integer(L, "wait", muster_bucket_wait(pushed->bucket, pushed->level));
	return finish_row(L);
}

static bool visit_bucket(void *context, const struct muster_bucket *bucket, struct muster_level level)
{
	const struct pushed_bucket pushed = { bucket, level };

	return append(context, &pushed);
}

static int walk_buckets(struct reading *reading, struct muster_transaction *transaction, struct muster_buffer *position,
                        size_t most)
{
	return muster_bucket_walk(transaction, muster_host_name(reading->host), (int64_t)time(NULL), position, most,
	                          visit_bucket, reading);
}

int muster_lua_throttle(lua_State *L)
{
	return list(L, push_bucket, walk_buckets);
}

struct pushed_guess {
	const struct muster_guess *guess;
	const struct muster_guess_state *state;
	int64_t wait_s;
};

static int push_guess(lua_State *L)
{
	const struct pushed_guess *pushed = lua_touserdata(L, 2);

	lua_createtable(L, 0, 5);
	muster_lua_set_text(L, "kind", muster_text_of(muster_guess_kind_name(pushed->guess->kind)));
	muster_lua_set_text(L, "subject", pushed->guess->subject);
	lua_pushnumber(L, (lua_Number)pushed->state->level / MUSTER_GUESS_ONE);
	lua_setfield(L, -2, "level");
	set_integer(L, "at", pushed->state->at_s);
	set_integer(L, "wait", pushed->wait_s);
	return finish_row(L);
}

static bool visit_guess(void *context, const struct muster_guess *guess, const struct muster_guess_state *state)
{
	struct reading *reading = context;
	const struct pushed_guess pushed = { guess, state,
		                             muster_guess_wait_s(reading->host, guess, state, (int64_t)time(NULL)) };

	return append(reading, &pushed);
}

static int walk_guesses(struct reading *reading, struct muster_transaction *transaction, struct muster_buffer *position,
                        size_t most)
{
	return muster_guess_walk(transaction, muster_host_name(reading->host), (int64_t)time(NULL), position, most,
	                         visit_guess, reading);
}

int muster_lua_guesses(lua_State *L)
{
	return list(L, push_guess, walk_guesses);
}

static int push_directive(lua_State *L)
{
	const struct muster_directive *directive = lua_touserdata(L, 2);

	lua_createtable(L, 0, 7);
	muster_lua_set_text(L, "directive", directive->kind);
	muster_lua_set_text(L, "subject", directive->subject);
	muster_lua_set_text(L, "value", directive->value);
	muster_lua_set_text(L, "actor", directive->actor);
	muster_lua_set_text(L, "reason", directive->reason);
	set_integer(L, "at", directive->at_s);
	if (directive->until_s != 0)
		set_integer(L, "until", directive->until_s);
	return finish_row(L);
}

static bool visit_directive(void *context, const struct muster_directive *directive)
{
	return append(context, directive);
}

static int walk_directives(struct reading *reading, struct muster_transaction *transaction,
                           struct muster_buffer *position, size_t most)
{
	return muster_directive_walk(transaction, muster_host_name(reading->host), (int64_t)time(NULL), position, most,
	                             visit_directive, reading);
}

int muster_lua_directives(lua_State *L)
{
	return list(L, push_directive, walk_directives);
}

struct pushed_tombstone {
	struct muster_text name;
	int64_t at_s, kept_s;
};

static int push_tombstone(lua_State *L)
{
	const struct pushed_tombstone *tombstone = lua_touserdata(L, 2);

	lua_createtable(L, 0, 3);
	muster_lua_set_text(L, "username", tombstone->name);
	set_integer(L, "at", tombstone->at_s);
	if (tombstone->kept_s >= 0)
		set_integer(L, "until", tombstone->at_s + tombstone->kept_s);
	return finish_row(L);
}

static bool visit_tombstone(void *context, struct muster_text name, int64_t at_s)
{
	struct reading *reading = context;
	const struct pushed_tombstone tombstone = { name, at_s, muster_host_keeps_names_s(reading->host) };

	return append(reading, &tombstone);
}

static int walk_tombstones(struct reading *reading, struct muster_transaction *transaction,
                           struct muster_buffer *position, size_t most)
{
	return muster_tombstone_walk(transaction, muster_host_name(reading->host), position, most, visit_tombstone,
	                             reading);
}

int muster_lua_tombstones(lua_State *L)
{
	return list(L, push_tombstone, walk_tombstones);
}

static const char *state_of(const struct muster_invitation *invitation)
{
	if (invitation->uses == 0)
		return "used";
	return muster_invitation_is_live(invitation, (int64_t)time(NULL)) ? "open" : "expired";
}

static int push_invitation(lua_State *L)
{
	const struct muster_invitation *invitation = lua_touserdata(L, 2);
	char id[MUSTER_INVITATION_ID_SIZE + 1];

	muster_invitation_id(invitation->hash, id);
	lua_createtable(L, 0, 13);
	muster_lua_set_text(L, "id", muster_text_of(id));
	muster_lua_set_text(L, "kind", muster_text_of(muster_invitation_kind_name(invitation->kind)));
	muster_lua_set_text(L, "state", muster_text_of(state_of(invitation)));
	muster_lua_set_text(L, "username", invitation->name);
	muster_lua_set_text(L, "inviter", invitation->inviter);
	muster_lua_set_text(L, "role", invitation->role);
	muster_lua_set_text(L, "note", invitation->note);
	muster_lua_set_text(L, "taker", invitation->taker);
	set_flag(L, "roster", invitation->contact);
	set_integer(L, "created", invitation->created_s);
	set_integer(L, "until", invitation->expires_s);
	if (invitation->taken_s != 0)
		set_integer(L, "taken", invitation->taken_s);
	lua_pushnumber(L, invitation->uses == MUSTER_USES_UNLIMITED ? HUGE_VAL : (lua_Number)invitation->uses);
	lua_setfield(L, -2, "uses");
	return finish_row(L);
}

static bool visit_invitation(void *context, const struct muster_invitation *invitation)
{
	return append(context, invitation);
}

static int walk_invitations(struct reading *reading, struct muster_transaction *transaction,
                            struct muster_buffer *position, size_t most)
{
	return muster_invitation_walk(transaction, muster_host_name(reading->host), position, most, visit_invitation,
	                              reading);
}

int muster_lua_invitations(lua_State *L)
{
	return list(L, push_invitation, walk_invitations);
}

static int push_name(lua_State *L)
{
	muster_lua_push_text(L, *(const struct muster_text *)lua_touserdata(L, 2));
	return finish_row(L);
}

static bool visit_invitee(void *context, struct muster_text name)
{
	return append(context, &name);
}

static int walk_invitees(struct reading *reading, struct muster_transaction *transaction,
                         struct muster_buffer *position, size_t most)
{
	struct muster_buffer inviter = { 0 };
	int error = muster_bare_jid_prepare(muster_lua_text(reading->L, 2), &inviter);

	if (error == MUSTER_OK)
		error = muster_invitee_walk(transaction, muster_host_name(reading->host), muster_buffer_text(&inviter),
		                            position, most, visit_invitee, reading);
	muster_buffer_clear(&inviter);
	return error;
}

int muster_lua_invitees(lua_State *L)
{
	muster_lua_text(L, 2);
	return list_from(L, 3, push_name, walk_invitees);
}

/* --- what an operator has done --- */

int muster_lua_note(lua_State *L)
{
	struct muster_lua_host *host = luaL_checkudata(L, 1, MUSTER_LUA_HOST);
	struct muster_lua_engine *engine;
	struct muster_task *note;
	struct muster_remark remark;
	int error;

	luaL_checktype(L, 2, LUA_TTABLE);
	remark = (struct muster_remark){
		.action = muster_lua_field(L, 2, "action"),
		.username = muster_lua_field(L, 2, "username"),
		.outcome = muster_lua_field(L, 2, "outcome"),
		.rule = muster_lua_field(L, 2, "rule"),
		.door = muster_lua_field(L, 2, "door"),
		.actor = muster_lua_field(L, 2, "actor"),
		.detail = muster_lua_field(L, 2, "detail"),
	};
	engine = muster_lua_engine_of(L, 1);
	if (!engine)
		return muster_lua_closed(L);
	error = muster_remark_new(&note, host->host, &remark);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	muster_engine_note(engine->engine, note);
	lua_pushboolean(L, true);
	return 1;
}

/* --- how many --- */

int muster_lua_counts(lua_State *L)
{
	uint64_t counts[MUSTER_ACCOUNT_STATES];
	struct muster_transaction *transaction;
	struct reading reading;
	int error = begin(L, &reading);

	if (error == MUSTER_OK)
		error = muster_transaction_read(reading.store, &transaction);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	error = muster_account_count(transaction, muster_host_name(reading.host), counts);
	muster_transaction_abort(transaction);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_createtable(L, 0, MUSTER_ACCOUNT_STATES);
	for (int state = 1; state < MUSTER_ACCOUNT_STATES; state++)
		set_integer(L, muster_account_state_name((enum muster_account_state)state), (int64_t)counts[state]);
	return 1;
}
