/* login.c -- login exchanges. */
#include "lua/internal.h"

static struct muster_lua_exchange *check(lua_State *L)
{
	struct muster_lua_exchange *exchange = luaL_checkudata(L, 1, MUSTER_LUA_EXCHANGE);

	luaL_argcheck(L, exchange->exchange, 1, "the exchange is being worked on");
	return exchange;
}

static int collect(lua_State *L)
{
	struct muster_lua_exchange *exchange = lua_touserdata(L, 1);

	muster_login_free(exchange->exchange);
	exchange->exchange = NULL;
	return 0;
}

/* --- beginning --- */

/* facts.binding, as an array in a userdata left on the stack. */
static void read_bindings(lua_State *L, struct muster_login_facts *facts)
{
	struct muster_binding *bindings;
	size_t count = 0;

	if (lua_getfield(L, 3, "binding") == LUA_TNIL)
		return;
	luaL_checktype(L, -1, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		count++;
	bindings = lua_newuserdatauv(L, (count + 1) * sizeof(*bindings), 0);
	facts->bindings = bindings;
	for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
		struct muster_binding *binding = &bindings[facts->binding_count++];

		if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "facts.binding: strings expected");
		binding->type.data = lua_tolstring(L, -2, &binding->type.size);
		binding->data.data = lua_tolstring(L, -1, &binding->data.size);
	}
}

int muster_lua_login(lua_State *L)
{
	struct muster_lua_host *host = luaL_checkudata(L, 1, MUSTER_LUA_HOST);
	struct muster_text mechanism = muster_lua_text(L, 2);
	struct muster_login_facts facts = { 0 };
	struct muster_lua_exchange *exchange;
	int error;

	lua_settop(L, 3);
	exchange = lua_newuserdatauv(L, sizeof(*exchange), 1); /* at 4 */
	*exchange = (struct muster_lua_exchange){ 0 };
	luaL_setmetatable(L, MUSTER_LUA_EXCHANGE);
	if (!muster_lua_engine_of(L, 1))
		return muster_lua_closed(L);
	lua_setiuservalue(L, 4, 1);
	if (!lua_isnil(L, 3)) {
		luaL_checktype(L, 3, LUA_TTABLE);
		facts.address = muster_lua_field(L, 3, "address");
		read_bindings(L, &facts);
	}
	error = muster_login_begin(host->host, mechanism, &facts, &exchange->exchange);
	luaL_argcheck(L, error != MUSTER_NOT_FOUND, 2, "no such mechanism");
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_settop(L, 4);
	return 1;
}

/* --- steps --- */

static int push_step(lua_State *L, struct muster_lua_exchange *exchange, const struct muster_step *step)
{
	switch (step->status) {
	case MUSTER_LOGIN_CHALLENGE:
	case MUSTER_LOGIN_SUCCESS:
		lua_pushstring(L, step->status == MUSTER_LOGIN_SUCCESS ? "success" : "challenge");
		muster_lua_push_text(L, step->data);
		return 2;
	case MUSTER_LOGIN_WAIT:
		lua_pushliteral(L, "wait");
		lua_pushnumber(L, (lua_Number)step->wait_us / 1e6);
		return 2;
	case MUSTER_LOGIN_WORK:
		exchange->due = true;
		lua_pushliteral(L, "work");
		return 1;
	default:
		lua_pushliteral(L, "failure");
		lua_pushstring(L, step->condition);
		lua_pushstring(L, step->text);
		return 3;
	}
}

/* The result, after what is to be written down of it is on its way. */
static int push_result(lua_State *L, struct muster_lua_engine *engine, struct muster_lua_exchange *exchange,
                       const struct muster_step *step)
{
	struct muster_task *note;

	while ((note = muster_login_take_note(exchange->exchange)) != NULL)
		muster_engine_note(engine->engine, note);
	return push_step(L, exchange, step);
}

static int push_failure(lua_State *L)
{
	lua_pushliteral(L, "failure");
	lua_pushliteral(L, "temporary-auth-failure");
	lua_pushliteral(L, "The server cannot log anybody in now. Try again later.");
	return 3;
}

static int exchange_step(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	struct muster_text message = muster_lua_optional_text(L, 2);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);
	struct muster_step step;

	if (!engine)
		return push_failure(L);
	luaL_argcheck(L, !exchange->due, 1, "work is to be done first");
	muster_login_step(exchange->exchange, muster_engine_store(engine->engine), message, &step);
	return push_result(L, engine, exchange, &step);
}

static int exchange_resume(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);
	struct muster_step step;

	if (!engine)
		return push_failure(L);
	luaL_argcheck(L, !exchange->due, 1, "work is to be done first");
	muster_login_resume(exchange->exchange, muster_engine_store(engine->engine), &step);
	return push_result(L, engine, exchange, &step);
}

int muster_lua_finish_exchange(lua_State *L, struct muster_lua_engine *engine, struct muster_lua_exchange *exchange)
{
	struct muster_step step;

	exchange->due = false;
	if (!engine->engine)
		return push_failure(L);
	muster_login_finish(exchange->exchange, muster_engine_store(engine->engine), &step);
	return push_result(L, engine, exchange, &step);
}

static int finish_with(lua_State *L, struct muster_lua_engine *engine, struct muster_lua_exchange *exchange, int error)
{
	if (!engine)
		return push_failure(L);
	muster_login_task(exchange->exchange)->error = error;
	return muster_lua_finish_exchange(L, engine, exchange);
}

static int exchange_submit(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	struct muster_lua_engine *engine;
	int error = MUSTER_CLOSED;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	luaL_argcheck(L, exchange->due, 1, "no work is to be done");
	lua_settop(L, 2);
	engine = muster_lua_engine_of(L, 1);
	if (engine)
		error = muster_lua_submit(L, engine, muster_login_task(exchange->exchange), MUSTER_LANE_LOGIN, 2, 1);
	if (error != MUSTER_OK)
		return finish_with(L, engine, exchange, error);
	exchange->exchange = NULL;
	lua_pushboolean(L, true);
	return 1;
}

static int exchange_run(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);
	struct muster_task *task = muster_login_task(exchange->exchange);

	luaL_argcheck(L, exchange->due, 1, "no work is to be done");
	if (!engine)
		return push_failure(L);
	muster_task_run(task, muster_engine_store(engine->engine));
	return muster_lua_finish_exchange(L, engine, exchange);
}

/* --- keys that a client brings (XEP-0480) --- */

static enum muster_hash check_hash(lua_State *L)
{
	enum muster_hash hash = muster_hash_of(muster_lua_text(L, 2));

	luaL_argcheck(L, hash != MUSTER_HASH_COUNT, 2, "\"SHA-1\", \"SHA-256\" or \"SHA-512\" expected");
	return hash;
}

static int exchange_lacks(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);

	lua_pushboolean(L, muster_login_lacks(exchange->exchange, check_hash(L)));
	return 1;
}

static int exchange_ask_keys(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	struct muster_text salt;
	uint32_t iterations;
	int error = muster_login_ask_keys(exchange->exchange, check_hash(L), &salt, &iterations);

	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	muster_lua_push_text(L, salt);
	lua_pushinteger(L, iterations);
	return 2;
}

static int exchange_bring_keys(lua_State *L)
{
	struct muster_lua_exchange *exchange = check(L);
	int error;

	luaL_argcheck(L, !exchange->due, 1, "work is to be done first");
	error = muster_login_bring_keys(exchange->exchange, muster_lua_text(L, 2));
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	exchange->due = true;
	lua_pushboolean(L, true);
	return 1;
}

static int exchange_username(lua_State *L)
{
	muster_lua_push_text(L, muster_login_username(check(L)->exchange));
	return 1;
}

static int exchange_device(lua_State *L)
{
	muster_lua_push_text(L, muster_login_device(check(L)->exchange));
	return 1;
}

void muster_lua_open_exchange(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "step", exchange_step },
		{ "resume", exchange_resume },
		{ "submit", exchange_submit },
		{ "run", exchange_run },
		{ "lacks", exchange_lacks },
		{ "ask_keys", exchange_ask_keys },
		{ "bring_keys", exchange_bring_keys },
		{ "username", exchange_username },
		{ "device", exchange_device },
		{ NULL, NULL },
	};
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, MUSTER_LUA_EXCHANGE, methods, meta);
}
