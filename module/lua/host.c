/* host.c -- hosts: settings, requests and reads. */
#include <string.h>

#include "lua/internal.h"
#include "muster/account.h"
#include "muster/due.h"
#include "muster/preparation.h"
#include "registration/request.h"

/* --- making --- */

static int unsupported(lua_State *L, const char *option)
{
	lua_pushnil(L);
	lua_pushfstring(L, "option %s: a value that holds functions or userdata is not allowed", option);
	lua_pushstring(L, muster_error_name(MUSTER_BAD_OPTION));
	return 3;
}

/* Set every option in the table at 3. Returns 0, or what to return from the caller. */
static int set_options(lua_State *L, struct muster_host *host)
{
	struct muster_failure failure = { 0 };
	struct muster_value value;

	for (lua_pushnil(L); lua_next(L, 3); lua_settop(L, lua_gettop(L) - 1)) {
		int key = lua_gettop(L) - 1, error;

		if (lua_type(L, key) != LUA_TSTRING)
			return luaL_error(L, "options: names expected for keys");
		if (!muster_lua_value(L, key + 1, &value))
			return unsupported(L, lua_tostring(L, key));
		error = muster_host_set(host, lua_tostring(L, key), &value, &failure);
		if (error != MUSTER_OK)
			return muster_lua_fail(L, error, failure.text);
		lua_settop(L, key + 1);
	}
	return 0;
}

static int new_host(lua_State *L, enum muster_host_kind kind)
{
	struct muster_text name = muster_lua_text(L, 2);
	struct muster_failure failure = { 0 };
	struct muster_lua_host *made;
	int error, results;

	lua_settop(L, 3);
	if (lua_isnil(L, 3)) {
		lua_newtable(L);
		lua_replace(L, 3);
	}
	luaL_checktype(L, 3, LUA_TTABLE);
	made = lua_newuserdatauv(L, sizeof(*made), MUSTER_LUA_HOST_VALUES);
	made->host = NULL;
	luaL_setmetatable(L, MUSTER_LUA_HOST);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	error = muster_host_new(&made->host, kind, name, &failure);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, failure.text);
	muster_lua_set_matcher(L, made->host);
	results = set_options(L, made->host);
	if (results > 0)
		return results;
	error = muster_host_check(made->host, &failure);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, failure.text);
	lua_settop(L, 4);
	return 1;
}

int muster_lua_new_host(lua_State *L)
{
	return new_host(L, MUSTER_HOST_ACCOUNTS);
}

int muster_lua_new_service(lua_State *L)
{
	return new_host(L, MUSTER_HOST_SERVICE);
}

/* muster.check(kind, name, options): what engine:host or engine:service would say of them, without an engine. */
int muster_lua_check_host(lua_State *L)
{
	static const char *const kinds[] = { "host", "service", NULL };
	int kind = luaL_checkoption(L, 1, NULL, kinds);
	int results;

	lua_pushnil(L); /* in the engine's place */
	lua_replace(L, 1);
	results = new_host(L, kind == 0 ? MUSTER_HOST_ACCOUNTS : MUSTER_HOST_SERVICE);
	if (results == 1)
		lua_pushboolean(L, true);
	return results;
}

static int collect(lua_State *L)
{
	struct muster_lua_host *host = lua_touserdata(L, 1);

	muster_host_release(host->host);
	host->host = NULL;
	return 0;
}

static struct muster_host *check(lua_State *L)
{
	return ((struct muster_lua_host *)luaL_checkudata(L, 1, MUSTER_LUA_HOST))->host;
}

static int host_name(lua_State *L)
{
	muster_lua_push_text(L, muster_host_name(check(L)));
	return 1;
}

static int host_requires_tls(lua_State *L)
{
	lua_pushboolean(L, muster_host_requires_tls(check(L)));
	return 1;
}

static int host_mechanisms(lua_State *L)
{
	const struct muster_host *host = check(L);
	bool bound = lua_toboolean(L, 2);
	const char *name;

	lua_newtable(L);
	for (size_t i = 0; (name = muster_login_mechanism(host, bound, i)) != NULL; i++) {
		lua_pushstring(L, name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int host_hashes(lua_State *L)
{
	const struct muster_host *host = check(L);

	lua_newtable(L);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (muster_host_makes_hash(host, hash)) {
			lua_pushstring(L, muster_hash_name(hash));
			lua_rawseti(L, -2, luaL_len(L, -2) + 1);
		}
	return 1;
}

/* --- requests --- */

void muster_lua_foreign(lua_State *L, int index, struct muster_foreign *foreign)
{
	luaL_checktype(L, index, LUA_TTABLE);
	*foreign = (struct muster_foreign){
		.token = muster_lua_field(L, index, "token"),
		.name = muster_lua_field(L, index, "name"),
		.inviter = muster_lua_field(L, index, "inviter"),
		.role = muster_lua_field(L, index, "role"),
		.contact = muster_lua_flag(L, index, "contact"),
		.resets = muster_lua_flag(L, index, "resets"),
		.reusable = muster_lua_flag(L, index, "reusable"),
		.expires_s = muster_lua_time_field(L, index, "until"),
	};
}

static enum muster_sender sender_of(lua_State *L, struct muster_text word)
{
	static const char *const words[] = { "stream", "account", "anonymous", "other" };

	for (int i = 0; i < 4; i++)
		if (muster_text_is_c(word, words[i]))
			return (enum muster_sender)i;
	luaL_error(L, "facts.sender: \"stream\", \"account\", \"anonymous\" or \"other\" expected");
	return MUSTER_SENDER_OTHER;
}

static void read_facts(lua_State *L, struct muster_facts *facts)
{
	luaL_checktype(L, 3, LUA_TTABLE);
	*facts = (struct muster_facts){
		.sender = sender_of(L, muster_lua_field(L, 3, "sender")),
		.stream_host = muster_lua_field(L, 3, "stream_host"),
		.username = muster_lua_field(L, 3, "username"),
		.full_jid = muster_lua_field(L, 3, "full_jid"),
		.address = muster_lua_field(L, 3, "address"),
		.language = muster_lua_field(L, 3, "language"),
		.id = muster_lua_field(L, 3, "id"),
		.door = muster_lua_field(L, 3, "door"),
		.secure = muster_lua_flag(L, 3, "secure"),
		.local = muster_lua_flag(L, 3, "local"),
		.invited = muster_lua_flag(L, 3, "invited"),
		.last_admin = muster_lua_flag(L, 3, "last_admin"),
		.device = muster_lua_flag(L, 3, "device"),
		.role = muster_lua_field(L, 3, "role"),
		.stream = muster_lua_stream_field(L, 3, "stream"),
	};
	if (lua_getfield(L, 3, "foreign") != LUA_TNIL)
		muster_lua_foreign(L, lua_gettop(L), &facts->foreign);
	lua_pop(L, 1);
	if (facts->sender == MUSTER_SENDER_ACCOUNT && !facts->username.data)
		luaL_error(L, "facts.username: expected with sender \"account\"");
}

/* The request at 2, a stanza or its text; the stanza's document is pushed. */
static int begin_request(lua_State *L, struct muster_host *host, struct muster_store *store,
                         const struct muster_facts *facts, struct muster_outcome *outcome,
                         struct muster_operation **operation)
{
	struct muster_document *document;
	int error;

	if (!lua_istable(L, 2))
		return muster_request_begin(host, store, facts, muster_lua_text(L, 2), outcome, operation);
	document = muster_lua_document(L, 2);
	error = muster_request_begin_document(host, store, facts, document, outcome, operation);
	muster_document_clear(document); /* now: there may be a password in it */
	return error;
}

static int host_handle(lua_State *L)
{
	struct muster_host *host = check(L);
	struct muster_lua_operation *operation;
	struct muster_lua_engine *engine;
	struct muster_outcome *outcome;
	struct muster_facts facts;
	int error;

	lua_settop(L, 3);
	read_facts(L, &facts);
	engine = muster_lua_engine_of(L, 1); /* at 4 */
	if (!engine)
		return muster_lua_closed(L);
	operation = muster_lua_new_operation(L, 4);
	outcome = muster_lua_new_outcome(L);
	error = begin_request(L, host, muster_engine_store(engine->engine), &facts, outcome, &operation->operation);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	muster_lua_take_note(engine, outcome);
	if (operation->operation) {
		lua_createtable(L, 0, 1);
		lua_pushvalue(L, 5);
		lua_setfield(L, -2, "operation");
	} else {
		muster_lua_push_outcome(L, outcome);
	}
	muster_outcome_clear(outcome);
	return 1;
}

/* --- reads --- */

/* muster_account_get, or muster_account_glance */
typedef int get_fn(struct muster_transaction *transaction, struct muster_text host, struct muster_text name,
                   struct muster_account *account);

static int get_account(struct muster_store *store, struct muster_host *host, struct muster_text name, get_fn *get,
                       struct muster_account *account)
{
	struct muster_buffer prepared = { 0 };
	struct muster_transaction *transaction;
	int error = muster_host_kind(host) == MUSTER_HOST_SERVICE ? muster_bare_jid_prepare(name, &prepared)
	                                                          : muster_name_prepare(name, &prepared);

	if (error == MUSTER_OK)
		error = muster_transaction_read(store, &transaction);
	if (error == MUSTER_OK) {
		error = get(transaction, muster_host_name(host), muster_buffer_text(&prepared), account);
		muster_transaction_abort(transaction);
	}
	muster_buffer_clear(&prepared);
	return error == MUSTER_BAD_NAME ? MUSTER_NOT_FOUND : error;
}

/* Get the account whose name is argument 2; its error is the result. Nothing of Lua is called while it is held, except
 * in pushers under protection. */
static int read_account(lua_State *L, get_fn *get, struct muster_account *account)
{
	struct muster_host *host = check(L);
	struct muster_text name = muster_lua_text(L, 2);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);

	return engine ? get_account(muster_engine_store(engine->engine), host, name, get, account) : MUSTER_CLOSED;
}

static int host_exists(lua_State *L)
{
	struct muster_account account;
	int error = read_account(L, muster_account_glance, &account);

	if (error != MUSTER_OK && error != MUSTER_NOT_FOUND)
		return muster_lua_fail(L, error, NULL);
	if (error == MUSTER_OK)
		muster_account_clear(&account);
	lua_pushboolean(L, error == MUSTER_OK);
	return 1;
}

static void set_time(lua_State *L, const char *name, int64_t at_s)
{
	lua_pushinteger(L, at_s);
	lua_setfield(L, -2, name);
}

/* Of each set of keys that there is. */
static void push_iterations(lua_State *L, const struct muster_account *account)
{
	lua_newtable(L);
	for (enum muster_hash hash = 0; hash < MUSTER_HASH_COUNT; hash++)
		if (account->keys[hash].iterations > 0) {
			lua_pushinteger(L, account->keys[hash].iterations);
			lua_setfield(L, -2, muster_hash_name(hash));
		}
}

static void push_devices(lua_State *L, const struct muster_account *account)
{
	lua_newtable(L);
	for (size_t i = 0; i < account->device_count; i++) {
		const struct muster_device *device = &account->devices[i];

		lua_createtable(L, 0, 3);
		muster_lua_set_text(L, "name", device->name);
		set_time(L, "created", device->created_s);
		if (device->used_s != 0)
			set_time(L, "used", device->used_s);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int push_info(lua_State *L)
{
	const struct muster_account *account = lua_touserdata(L, 1);

	lua_createtable(L, 0, 12);
	muster_lua_set_text(L, "username", account->name);
	muster_lua_set_text(L, "state", muster_text_of(muster_account_state_name(account->state)));
	muster_lua_set_text(L, "reason", account->reason);
	set_time(L, "created", account->created_s);
	set_time(L, "password_changed", account->password_changed_s);
	set_time(L, "changed", account->changed_s);
	if (account->purge_s != 0)
		set_time(L, "purge", account->purge_s);
	if (account->lift_s != 0)
		set_time(L, "lift", account->lift_s);
	muster_lua_set_text(L, "address", account->address);
	muster_lua_set_text(L, "inviter", account->inviter);
	muster_lua_set_text(L, "door", account->door);
	muster_lua_push_fields(L, account->fields, account->field_count);
	lua_setfield(L, -2, "fields");
	push_iterations(L, account);
	lua_setfield(L, -2, "iterations");
	push_devices(L, account);
	lua_setfield(L, -2, "devices");
	return 1;
}

/* Push what `push` makes of an account, and let go of the account whatever Lua does. */
static int push_and_clear(lua_State *L, lua_CFunction push, void *argument, struct muster_account *account)
{
	int code;

	lua_pushcfunction(L, push);
	lua_pushlightuserdata(L, argument);
	code = lua_pcall(L, 1, 1, 0);
	muster_account_clear(account);
	return code == LUA_OK ? 1 : lua_error(L);
}

static int host_info(lua_State *L)
{
	struct muster_account account;
	int error = read_account(L, muster_account_get, &account);

	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	return push_and_clear(L, push_info, &account, &account);
}

struct key_request {
	enum muster_hash hash;
	const struct muster_scram_keys *keys;
};

static void set_bytes(lua_State *L, const char *name, const uint8_t *bytes, size_t size)
{
	lua_pushlstring(L, (const char *)bytes, size);
	lua_setfield(L, -2, name);
}

static int push_keys(lua_State *L)
{
	const struct key_request *request = lua_touserdata(L, 1);
	size_t size = muster_hash_size(request->hash);

	lua_createtable(L, 0, 4);
	lua_pushinteger(L, request->keys->iterations);
	lua_setfield(L, -2, "iterations");
	set_bytes(L, "salt", request->keys->salt, request->keys->salt_size);
	set_bytes(L, "stored_key", request->keys->stored_key, size);
	set_bytes(L, "server_key", request->keys->server_key, size);
	return 1;
}

static int host_keys(lua_State *L)
{
	struct key_request request = { .hash = muster_hash_of(muster_lua_text(L, 3)) };
	struct muster_account account;
	int error;

	luaL_argcheck(L, request.hash != MUSTER_HASH_COUNT, 3, "\"SHA-1\", \"SHA-256\" or \"SHA-512\" expected");
	error = read_account(L, muster_account_get, &account);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	request.keys = &account.keys[request.hash];
	if (request.keys->iterations > 0)
		return push_and_clear(L, push_keys, &request, &account);
	muster_account_clear(&account);
	return muster_lua_fail(L, MUSTER_NOT_FOUND, NULL);
}

/* --- what is due --- */

enum { DUE_MAX = 100 }; /* names in one call, so that one call stays short */

static int push_due(lua_State *L)
{
	muster_lua_push_text(L, *(const struct muster_text *)lua_touserdata(L, 2));
	lua_rawseti(L, 1, luaL_len(L, 1) + 1);
	return 0;
}

/* Pushing can throw, and the transaction must end: so names are pushed in a protected call. */
static bool visit_due(void *context, struct muster_text name)
{
	lua_State *L = context;

	if (lua_rawlen(L, -1) == DUE_MAX)
		return false;
	lua_pushcfunction(L, push_due);
	lua_pushvalue(L, -2);
	lua_pushlightuserdata(L, &name);
	if (lua_pcall(L, 2, 0, 0) == LUA_OK)
		return true;
	lua_pop(L, 1);
	return false;
}

static int host_due(lua_State *L)
{
	const struct muster_host *host = check(L);
	int64_t now_s = luaL_checkinteger(L, 2);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);
	struct muster_transaction *transaction;
	int error = MUSTER_CLOSED;

	luaL_checkstack(L, 8, "due");
	lua_newtable(L);
	if (engine)
		error = muster_transaction_read(muster_engine_store(engine->engine), &transaction);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	error = muster_due_walk(transaction, muster_host_name(host), now_s, visit_due, L);
	muster_transaction_abort(transaction);
	return error == MUSTER_OK ? 1 : muster_lua_fail(L, error, NULL);
}

/* --- the iterator --- */

enum { PAGE = 256 }; /* names read in one transaction */

struct page {
	lua_State *L;
	bool failed;
};

static int push_user(lua_State *L)
{
	const struct muster_text *name = lua_touserdata(L, 2);
	lua_Integer next = luaL_len(L, 1) + 1;

	muster_lua_push_text(L, *name);
	lua_rawseti(L, 1, next);
	lua_pushstring(L, muster_account_state_name((enum muster_account_state)lua_tointeger(L, 3)));
	lua_rawseti(L, 1, next + 1);
	return 0;
}

static bool visit(void *context, struct muster_text name, enum muster_account_state state)
{
	struct page *page = context;

	lua_pushcfunction(page->L, push_user);
	lua_pushvalue(page->L, -2);
	lua_pushlightuserdata(page->L, &name);
	lua_pushinteger(page->L, state);
	page->failed = lua_pcall(page->L, 3, 0, 0) != LUA_OK;
	return !page->failed;
}

/* Fill a new table, on top of the stack, with the next names. Upvalue 6 is a table for what cannot be read, or nil. */
static int read_page(lua_State *L, struct muster_host *host, struct muster_store *store, struct muster_buffer *position)
{
	struct muster_lua_unread unread = { .L = L, .index = lua_upvalueindex(6) };
	struct page page = { .L = L };
	struct muster_transaction *transaction;
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	if (lua_istable(L, unread.index))
		muster_lua_tell_unread(&unread, transaction);
	error = muster_account_walk(transaction, muster_host_name(host), position, PAGE, visit, &page);
	muster_transaction_abort(transaction);
	return page.failed || unread.failed ? MUSTER_NO_MEMORY : error;
}

static int collect_position(lua_State *L)
{
	muster_buffer_clear(lua_touserdata(L, 1));
	return 0;
}

/* Upvalues: host, position, page, index into the page, true when the last page was read, what cannot be read. */
static void next_page(lua_State *L)
{
	struct muster_lua_host *host = lua_touserdata(L, lua_upvalueindex(1));
	struct muster_buffer *position = lua_touserdata(L, lua_upvalueindex(2));
	struct muster_lua_engine *engine = muster_lua_engine_of(L, lua_upvalueindex(1));
	int error;

	luaL_checkstack(L, 8, "users");
	lua_newtable(L);
	error = engine ? read_page(L, host->host, muster_engine_store(engine->engine), position) : MUSTER_CLOSED;
	if (error != MUSTER_OK)
		luaL_error(L, "%s", muster_error_text(error));
	lua_replace(L, lua_upvalueindex(3));
	lua_pushinteger(L, 0);
	lua_replace(L, lua_upvalueindex(4));
	lua_pushboolean(L, position->size == 0);
	lua_replace(L, lua_upvalueindex(5));
	lua_pop(L, 1);
}

static int next_user(lua_State *L)
{
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(4));

	while (at >= luaL_len(L, lua_upvalueindex(3))) {
		if (lua_toboolean(L, lua_upvalueindex(5)))
			return 0;
		next_page(L);
		at = 0;
	}
	lua_pushinteger(L, at + 2);
	lua_replace(L, lua_upvalueindex(4));
	lua_rawgeti(L, lua_upvalueindex(3), at + 1);
	lua_rawgeti(L, lua_upvalueindex(3), at + 2);
	return 2;
}

static int host_users(lua_State *L)
{
	struct muster_buffer *position;

	check(L);
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lua_insert(L, 1); /* behind the others, in the end */
	position = lua_newuserdatauv(L, sizeof(*position), 0);
	*position = (struct muster_buffer){ 0 };
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, collect_position);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_newtable(L);
	lua_pushinteger(L, 0);
	lua_pushboolean(L, false);
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, next_user, 6);
	return 1;
}

void muster_lua_open_host(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "name", host_name },
		{ "announces", muster_lua_announces },
		{ "serves", muster_lua_serves },
		{ "requires_tls", host_requires_tls },
		{ "mechanisms", host_mechanisms },
		{ "hashes", host_hashes },
		{ "handle", host_handle },
		{ "mode", muster_lua_mode },
		{ "explain", muster_lua_explain },
		{ "challenges", muster_lua_challenges },
		{ "lookups", muster_lua_lookups },
		{ "audit", muster_lua_audit },
		{ "throttle", muster_lua_throttle },
		{ "guesses", muster_lua_guesses },
		{ "directives", muster_lua_directives },
		{ "tombstones", muster_lua_tombstones },
		{ "invitations", muster_lua_invitations },
		{ "invitees", muster_lua_invitees },
		{ "counts", muster_lua_counts },
		{ "note", muster_lua_note },
		{ "due", host_due },
		{ "exists", host_exists },
		{ "info", host_info },
		{ "keys", host_keys },
		{ "users", host_users },
		{ "login", muster_lua_login },
		{ NULL, NULL },
	};
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, MUSTER_LUA_HOST, methods, meta);
}
