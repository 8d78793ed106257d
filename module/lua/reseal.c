/* reseal.c -- engine:reseal. */
#include "lua/internal.h"
#include "muster/resealing.h"

#define RESEALING "muster.resealing"

/* Keeps the task while the engine does not have it. */
struct lua_resealing {
	struct muster_resealing *resealing;
};

static int collect(lua_State *L)
{
	struct lua_resealing *held = lua_touserdata(L, 1);

	muster_resealing_free(held->resealing);
	held->resealing = NULL;
	return 0;
}

static int is_wanted(struct muster_store *store, bool *wanted)
{
	struct muster_transaction *transaction;
	struct muster_buffer pepper = { 0 };
	int error = muster_transaction_read(store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_resealing_look(transaction, &pepper, wanted);
	muster_transaction_abort(transaction);
	muster_buffer_clear(&pepper);
	return error;
}

static int submit(lua_State *L, struct muster_lua_engine *engine)
{
	struct lua_resealing *held = lua_newuserdatauv(L, sizeof(*held), 0);
	int error;

	held->resealing = NULL;
	luaL_setmetatable(L, RESEALING);
	lua_pushvalue(L, 1);
	held->resealing = muster_resealing_new();
	if (!held->resealing)
		return MUSTER_NO_MEMORY;
	error = muster_lua_submit(L, engine, &held->resealing->task, MUSTER_LANE_CHANGE, 2, 3);
	if (error == MUSTER_OK)
		held->resealing = NULL;
	return error;
}

int muster_lua_reseal(lua_State *L, struct muster_lua_engine *engine)
{
	bool wanted = false;
	int error;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	error = is_wanted(muster_engine_store(engine->engine), &wanted);
	if (error == MUSTER_OK && wanted)
		error = submit(L, engine);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_pushboolean(L, wanted);
	return 1;
}

bool muster_lua_is_resealing(lua_State *L, int index)
{
	return luaL_testudata(L, index, RESEALING) != NULL;
}

int muster_lua_finish_resealing(lua_State *L, int index, struct muster_task *task)
{
	struct lua_resealing *held = lua_touserdata(L, index);

	held->resealing = (struct muster_resealing *)task;
	if (task->error != MUSTER_OK)
		return muster_lua_fail(L, task->error, NULL);
	lua_pushinteger(L, (lua_Integer)held->resealing->resealed.count);
	lua_pushboolean(L, held->resealing->resealed.more);
	lua_pushinteger(L, (lua_Integer)held->resealing->resealed.damaged);
	return 3;
}

void muster_lua_open_resealing(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, RESEALING, NULL, meta);
}
