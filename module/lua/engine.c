/* engine.c -- engines: one a path in a Lua state, whoever opens it and however often. */
#include <math.h>
#include <stdio.h>

#include "lua/internal.h"
#include "muster/pepper.h"
#include "muster/resealing.h"

/* In the registry: a table from path to engine. It keeps an engine alive until it is closed. */
#define ENGINES "muster.engines"

/* --- opening --- */

static void push_engines(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, ENGINES);
}

static lua_Number number_option(lua_State *L, int index, const char *name, lua_Number most)
{
	lua_Number number = 0;

	if (lua_istable(L, index)) {
		int type = lua_getfield(L, index, name);

		number = lua_tonumber(L, -1);
		if (type != LUA_TNIL &&
		    (type != LUA_TNUMBER || !(number >= 1 && number <= most) || floor(number) != number))
			number = -1;
		lua_pop(L, 1);
	}
	return number;
}

static void new_userdata(lua_State *L, struct muster_lua_engine **made)
{
	*made = lua_newuserdatauv(L, sizeof(**made), 1);
	**made = (struct muster_lua_engine){ 0 };
	luaL_setmetatable(L, MUSTER_LUA_ENGINE);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
}

static int open_new(lua_State *L, const char *path)
{
	enum { MAP_MIN = 1 << 20, THREADS_MAX = 256 };
	lua_Number map_size = number_option(L, 2, "map_size", 0x1p47);
	lua_Number threads = number_option(L, 2, "hash_threads", THREADS_MAX);
	struct muster_engine_options options = {
		.store = { .path = path, .server = lua_istable(L, 2) && muster_lua_flag(L, 2, "server") }
	};
	struct muster_failure failure = { 0 };
	struct muster_lua_engine *made;
	int error;

	if (map_size != 0 && map_size < MAP_MIN)
		return muster_lua_fail(L, MUSTER_BAD_OPTION,
		                       "map_size: a whole number of bytes from 1048576 is allowed");
	options.store.pepper_file = lua_istable(L, 2) ? muster_lua_field(L, 2, "pepper_file").data : NULL;
	if (threads < 0)
		return muster_lua_fail(L, MUSTER_BAD_OPTION, "hash_threads: a whole number from 1 to 256 is allowed");
	options.store.map_size_bytes = (uint64_t)map_size;
	options.hash_threads = (unsigned)threads;
	new_userdata(L, &made);
	error = muster_engine_open(&made->engine, &options, &failure);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, failure.text);
	push_engines(L);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, path);
	lua_pop(L, 1);
	if (!failure.text[0])
		return 1;
	lua_pushstring(L, failure.text);
	return 2;
}

int muster_lua_open(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	push_engines(L);
	if (lua_getfield(L, -1, path) == LUA_TUSERDATA)
		return 1;
	lua_settop(L, 2);
	return open_new(L, path);
}

/* --- an engine by its own methods, and by what was made from it --- */

int muster_lua_closed(lua_State *L)
{
	return muster_lua_fail(L, MUSTER_CLOSED, NULL);
}

static struct muster_lua_engine *check(lua_State *L)
{
	return luaL_checkudata(L, 1, MUSTER_LUA_ENGINE);
}

struct muster_lua_engine *muster_lua_engine_of(lua_State *L, int index)
{
	struct muster_lua_engine *engine;

	lua_getiuservalue(L, index, 1);
	engine = lua_touserdata(L, -1);
	return engine && engine->engine ? engine : NULL;
}

/* --- jobs --- */

/* Note whom to call back. Leaves the table of jobs on the stack. */
static void add_job(lua_State *L, struct muster_lua_engine *engine, struct muster_task *task, int callback, int object)
{
	lua_getiuservalue(L, -1, 1);
	lua_createtable(L, 2, 0);
	lua_pushvalue(L, callback);
	lua_rawseti(L, -2, 1);
	lua_pushvalue(L, object);
	lua_rawseti(L, -2, 2);
	task->token = ++engine->last_job;
	lua_rawseti(L, -2, (lua_Integer)task->token);
}

int muster_lua_submit(lua_State *L, struct muster_lua_engine *engine, struct muster_task *task, enum muster_lane lane,
                      int callback, int object)
{
	int error;

	add_job(L, engine, task, callback, object);
	error = muster_engine_submit(engine->engine, task, lane);
	if (error != MUSTER_OK) {
		lua_pushnil(L);
		lua_rawseti(L, -2, (lua_Integer)engine->last_job);
	}
	lua_pop(L, 1);
	return error;
}

/* Give the task back to its userdata, then call back with its result. Called protected, with the engine's userdata and
 * the task. */
static int finish_job(lua_State *L)
{
	struct muster_lua_engine *engine = lua_touserdata(L, 1);
	struct muster_task *task = lua_touserdata(L, 2);
	struct muster_lua_operation *operation;
	int results = 1;

	lua_getiuservalue(L, 1, 1);
	lua_rawgeti(L, -1, (lua_Integer)task->token);
	lua_pushnil(L);
	lua_rawseti(L, -3, (lua_Integer)task->token);
	lua_rawgeti(L, -1, 1);
	lua_rawgeti(L, -2, 2);
	operation = luaL_testudata(L, -1, MUSTER_LUA_OPERATION);
	if (operation) {
		operation->operation = muster_operation_of(task);
		lua_pushvalue(L, -2);
		muster_lua_finish_operation(L, operation);
	} else if (muster_lua_is_backup(L, -1)) {
		lua_pushvalue(L, -2);
		results = muster_lua_finish_backup(L, lua_gettop(L) - 1, task);
	} else if (muster_lua_is_resealing(L, -1)) {
		lua_pushvalue(L, -2);
		results = muster_lua_finish_resealing(L, lua_gettop(L) - 1, task);
	} else {
		struct muster_lua_exchange *exchange = lua_touserdata(L, -1);

		exchange->exchange = muster_login_of(task);
		lua_pushvalue(L, -2);
		results = muster_lua_finish_exchange(L, engine, exchange);
	}
	lua_call(L, results, 0);
	return 0;
}

/* Drain what is finished; the errors of callbacks are gathered in a table. Engine at 1. */
static int drain(lua_State *L, struct muster_lua_engine *engine)
{
	lua_Integer count = 0, thrown = 0;
	struct muster_task *task;

	lua_settop(L, 1);
	lua_pushnil(L); /* the errors, at 2 */
	while (engine->engine && (task = muster_engine_take(engine->engine)) != NULL) {
		count++;
		lua_pushcfunction(L, finish_job);
		lua_pushvalue(L, 1);
		lua_pushlightuserdata(L, task);
		if (lua_pcall(L, 2, 0, 0) == LUA_OK)
			continue;
		if (thrown++ == 0) {
			lua_newtable(L);
			lua_replace(L, 2);
		}
		lua_rawseti(L, 2, thrown);
	}
	lua_pushinteger(L, count);
	lua_insert(L, 2);
	return 2;
}

static int engine_drain(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	return engine->engine ? drain(L, engine) : muster_lua_closed(L);
}

/* --- closing --- */

static void forget(lua_State *L, struct muster_lua_engine *engine)
{
	push_engines(L);
	lua_pushnil(L);
	lua_setfield(L, -2, muster_store_path(muster_engine_store(engine->engine)));
	lua_pop(L, 1);
}

/* A callback may call close again, or anything else on this engine: it is stopped, and open until the end. */
static int engine_close(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);
	struct muster_engine *closing;

	if (engine->engine) {
		muster_engine_stop(engine->engine);
		drain(L, engine);
		lua_settop(L, 1);
	}
	closing = engine->engine;
	if (closing) {
		forget(L, engine);
		engine->engine = NULL;
		muster_engine_close(closing);
	}
	lua_pushboolean(L, true);
	return 1;
}

static int collect(lua_State *L)
{
	struct muster_lua_engine *engine = lua_touserdata(L, 1);

	muster_engine_close(engine->engine);
	engine->engine = NULL;
	return 0;
}

/* --- asking --- */

static int engine_fd(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	if (!engine->engine)
		return muster_lua_closed(L);
	lua_pushinteger(L, muster_engine_fd(engine->engine));
	return 1;
}

static int engine_path(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	if (!engine->engine)
		return muster_lua_closed(L);
	lua_pushstring(L, muster_store_path(muster_engine_store(engine->engine)));
	return 1;
}

static void set_number(lua_State *L, const char *name, uint64_t number)
{
	lua_pushinteger(L, (lua_Integer)number);
	lua_setfield(L, -2, name);
}

static void set_timing(lua_State *L, const char *name, const struct muster_timing *timing)
{
	lua_createtable(L, 0, 5);
	set_number(L, "count", timing->count);
	lua_createtable(L, MUSTER_TIMING_BOUNDS + 1, 0);
	for (lua_Integer i = 0; i <= MUSTER_TIMING_BOUNDS; i++) {
		lua_pushinteger(L, (lua_Integer)timing->within[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "within");
	lua_createtable(L, MUSTER_TIMING_BOUNDS, 0);
	for (lua_Integer i = 0; i < MUSTER_TIMING_BOUNDS; i++) {
		lua_pushnumber(L, muster_timing_bounds_s[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "bounds");
	lua_pushnumber(L, timing->mean_s);
	lua_setfield(L, -2, "mean");
	lua_pushnumber(L, timing->longest_s);
	lua_setfield(L, -2, "longest");
	lua_setfield(L, -2, name);
}

/* By which pepper accounts are sealed, if by any. */
struct sealing {
	char pepper[MUSTER_PEPPER_ID_MAX + 1];
	bool resealing;
};

static int look_at_sealing(struct muster_store *store, struct sealing *sealing)
{
	struct muster_transaction *transaction;
	struct muster_buffer pepper = { 0 };
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_resealing_look(transaction, &pepper, &sealing->resealing);
	muster_transaction_abort(transaction);
	snprintf(sealing->pepper, sizeof(sealing->pepper), "%s", pepper.data ? pepper.data : "");
	muster_buffer_clear(&pepper);
	return error;
}

static int engine_measure(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);
	struct muster_store_size size;
	struct muster_engine_load load;
	struct sealing sealing;
	int error;

	if (!engine->engine)
		return muster_lua_closed(L);
	error = muster_store_measure(muster_engine_store(engine->engine), &size);
	if (error == MUSTER_OK)
		error = look_at_sealing(muster_engine_store(engine->engine), &sealing);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	muster_engine_measure(engine->engine, &load);
	lua_createtable(L, 0, 12);
	if (sealing.pepper[0]) {
		lua_pushstring(L, sealing.pepper);
		lua_setfield(L, -2, "pepper");
	}
	lua_pushboolean(L, sealing.resealing);
	lua_setfield(L, -2, "resealing");
	set_number(L, "used_bytes", size.used_bytes);
	set_number(L, "map_bytes", size.map_bytes);
	set_number(L, "accounts", size.accounts);
	set_number(L, "effects", size.effects);
	set_number(L, "threads", load.threads);
	set_number(L, "queued", load.queued);
	set_number(L, "dropped", load.dropped);
	lua_pushnumber(L, load.seconds);
	lua_setfield(L, -2, "queued_seconds");
	set_timing(L, "hash", &load.hash);
	set_timing(L, "commit", &load.commit);
	return 1;
}

static int engine_generation(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	if (!engine->engine)
		return muster_lua_closed(L);
	lua_pushinteger(L, (lua_Integer)muster_store_generation(muster_engine_store(engine->engine)));
	return 1;
}

/* --- effects --- */

enum { EFFECTS_MAX = 1000 }; /* visited in one call, so that one call stays short */

struct effects {
	lua_State *L;
	lua_Integer count;
};

/* Pushing can throw, and the transaction must end: so rows are pushed in a protected call. */
static int push_one(lua_State *L)
{
	const struct muster_effect *effect = lua_touserdata(L, 2);

	muster_lua_push_effect(L, effect);
	lua_rawseti(L, 1, luaL_len(L, 1) + 1);
	return 0;
}

static bool visit(void *context, const struct muster_effect *effect)
{
	struct effects *effects = context;
	lua_State *L = effects->L;

	if (effects->count == EFFECTS_MAX)
		return false;
	lua_pushcfunction(L, push_one);
	lua_pushvalue(L, -2);
	lua_pushlightuserdata(L, (void *)effect);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		lua_pop(L, 1);
		return false;
	}
	effects->count++;
	return true;
}

static int engine_effects(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);
	struct effects effects = { .L = L };
	struct muster_transaction *transaction;
	int error;

	if (!engine->engine)
		return muster_lua_closed(L);
	luaL_checkstack(L, 8, "effects");
	lua_newtable(L);
	error = muster_transaction_read(muster_engine_store(engine->engine), &transaction);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	error = muster_effect_walk(transaction, &engine->last_effect, visit, &effects);
	muster_transaction_abort(transaction);
	return error == MUSTER_OK ? 1 : muster_lua_fail(L, error, NULL);
}

static int engine_carried_out(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);
	lua_Integer id = luaL_checkinteger(L, 2);
	int error;

	if (!engine->engine)
		return muster_lua_closed(L);
	error = muster_engine_acknowledge(engine->engine, (uint64_t)id);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_pushboolean(L, true);
	return 1;
}

static int engine_backup(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	return engine->engine ? muster_lua_backup(L, engine) : muster_lua_closed(L);
}

static int engine_reseal(lua_State *L)
{
	struct muster_lua_engine *engine = check(L);

	return engine->engine ? muster_lua_reseal(L, engine) : muster_lua_closed(L);
}

static int engine_host(lua_State *L)
{
	return check(L)->engine ? muster_lua_new_host(L) : muster_lua_closed(L);
}

static int engine_service(lua_State *L)
{
	return check(L)->engine ? muster_lua_new_service(L) : muster_lua_closed(L);
}

void muster_lua_open_engine(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "fd", engine_fd },
		{ "drain", engine_drain },
		{ "close", engine_close },
		{ "path", engine_path },
		{ "measure", engine_measure },
		{ "generation", engine_generation },
		{ "effects", engine_effects },
		{ "carried_out", engine_carried_out },
		{ "backup", engine_backup },
		{ "reseal", engine_reseal },
		{ "host", engine_host },
		{ "service", engine_service },
		{ NULL, NULL },
	};
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, MUSTER_LUA_ENGINE, methods, meta);
}
