/* operation.c -- operations: veto, look, submit, run. */
#include "lua/internal.h"

struct muster_lua_operation *muster_lua_new_operation(lua_State *L, int engine)
{
	struct muster_lua_operation *operation = lua_newuserdatauv(L, sizeof(*operation), 1);

	operation->operation = NULL;
	operation->engine = lua_touserdata(L, engine);
	luaL_setmetatable(L, MUSTER_LUA_OPERATION);
	lua_pushvalue(L, engine);
	lua_setiuservalue(L, -2, 1);
	return operation;
}

static struct muster_lua_operation *check(lua_State *L)
{
	struct muster_lua_operation *operation = luaL_checkudata(L, 1, MUSTER_LUA_OPERATION);

	luaL_argcheck(L, operation->operation, 1, "the operation is used up");
	return operation;
}

static void use_up(struct muster_lua_operation *operation)
{
	muster_operation_free(operation->operation);
	operation->operation = NULL;
}

static int collect(lua_State *L)
{
	use_up(lua_touserdata(L, 1));
	return 0;
}

/* An answer that no memory could be had for is missing from the outcome; its effect is not. */
static void push_and_use_up(lua_State *L, struct muster_lua_operation *operation, struct muster_outcome *outcome,
                            int error)
{
	if (outcome->error == MUSTER_OK)
		outcome->error = error;
	muster_lua_take_note(operation->engine, outcome);
	muster_lua_push_outcome(L, outcome);
	muster_outcome_clear(outcome);
	use_up(operation);
}

void muster_lua_finish_operation(lua_State *L, struct muster_lua_operation *operation)
{
	struct muster_outcome *outcome = muster_lua_new_outcome(L);
	int error = muster_operation_finish(operation->operation, outcome);

	push_and_use_up(L, operation, outcome, error);
	lua_remove(L, -2);
}

static int finish_with(lua_State *L, struct muster_lua_operation *operation, int error)
{
	muster_operation_task(operation->operation)->error = error;
	muster_lua_finish_operation(L, operation);
	return 1;
}

/* --- methods --- */

static int operation_kind(lua_State *L)
{
	lua_pushstring(L, muster_operation_kind_name(muster_operation_kind(check(L)->operation)));
	return 1;
}

static int operation_username(lua_State *L)
{
	muster_lua_push_text(L, muster_operation_username(check(L)->operation));
	return 1;
}

static int operation_fields(lua_State *L)
{
	const struct muster_operation *operation = check(L)->operation;

	muster_lua_push_fields(L, muster_operation_fields(operation), muster_operation_field_count(operation));
	return 1;
}

static int operation_veto(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	struct muster_veto veto = { .text = MUSTER_NO_TEXT };
	struct muster_outcome *outcome;
	int error;

	lua_settop(L, 2);
	if (!lua_isnil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		veto.type = muster_lua_field(L, 2, "type");
		veto.condition = muster_lua_field(L, 2, "condition");
		veto.text = muster_lua_field(L, 2, "text");
		veto.rule = muster_lua_field(L, 2, "rule");
		lua_getfield(L, 2, "wait");
		veto.wait_s = luaL_optinteger(L, -1, 0);
		lua_pop(L, 1);
	}
	outcome = muster_lua_new_outcome(L);
	error = muster_operation_veto(operation->operation, &veto, outcome);
	push_and_use_up(L, operation, outcome, error);
	return 1;
}

static int operation_look(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);
	struct muster_outcome *outcome = muster_lua_new_outcome(L);
	int error = MUSTER_CLOSED;

	if (engine)
		error = muster_operation_look(operation->operation, muster_engine_store(engine->engine), outcome);
	if (error == MUSTER_OK)
		return 0;
	if (error != MUSTER_EXISTS && error != MUSTER_REFUSED)
		return finish_with(L, operation, error);
	push_and_use_up(L, operation, outcome, error);
	return 1;
}

static int operation_listed(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	int error = muster_operation_list(operation->operation, muster_lua_text(L, 2));

	return error == MUSTER_OK ? 0 : luaL_error(L, "%s", muster_error_text(error));
}

static int operation_role(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	int error = muster_operation_cast(operation->operation, muster_lua_text(L, 2));

	return error == MUSTER_OK ? 0 : luaL_error(L, "%s", muster_error_text(error));
}

static int operation_invited(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	struct muster_foreign foreign = { .token = MUSTER_NO_TEXT };
	int error;

	if (!lua_isnoneornil(L, 2))
		muster_lua_foreign(L, 2, &foreign);
	error = muster_operation_invite(operation->operation, &foreign);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_pushboolean(L, true);
	return 1;
}

static int operation_invitation(lua_State *L)
{
	bool foreign;
	struct muster_text id = muster_operation_invitation(check(L)->operation, &foreign);

	muster_lua_push_text(L, id);
	lua_pushboolean(L, foreign);
	return 2;
}

static enum muster_lane lane_of(const struct muster_operation *operation)
{
	if (muster_operation_waits(operation))
		return MUSTER_LANE_ERRAND;
	return muster_operation_kind(operation) == MUSTER_CHECK_PASSWORD ? MUSTER_LANE_LOGIN : MUSTER_LANE_CHANGE;
}

static int operation_submit(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	struct muster_operation *submitted = operation->operation;
	struct muster_lua_engine *engine;
	int error = MUSTER_CLOSED;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	engine = muster_lua_engine_of(L, 1);
	if (engine)
		error = muster_lua_submit(L, engine, muster_operation_task(submitted), lane_of(submitted), 2, 1);
	if (error != MUSTER_OK)
		return finish_with(L, operation, error);
	operation->operation = NULL;
	lua_pushboolean(L, true);
	return 1;
}

static int operation_run(lua_State *L)
{
	struct muster_lua_operation *operation = check(L);
	struct muster_lua_engine *engine = muster_lua_engine_of(L, 1);

	if (!engine)
		return finish_with(L, operation, MUSTER_CLOSED);
	muster_task_run(muster_operation_task(operation->operation), muster_engine_store(engine->engine));
	muster_lua_finish_operation(L, operation);
	return 1;
}

void muster_lua_open_operation(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "kind", operation_kind },
		{ "username", operation_username },
		{ "fields", operation_fields },
		{ "veto", operation_veto },
		{ "listed", operation_listed },
		{ "role", operation_role },
		{ "invited", operation_invited },
		{ "look", operation_look },
		{ "submit", operation_submit },
		{ "run", operation_run },
		{ "invitation", operation_invitation },
		{ NULL, NULL },
	};
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, MUSTER_LUA_OPERATION, methods, meta);
}
