/* backup.c -- engine:backup. */
#include "lua/internal.h"
#include "muster/backup.h"

#define BACKUP "muster.backup"

/* Keeps the backup while the engine does not have it. */
struct lua_backup {
	struct muster_backup *backup;
};

static int collect(lua_State *L)
{
	struct lua_backup *held = lua_touserdata(L, 1);

	muster_backup_free(held->backup);
	held->backup = NULL;
	return 0;
}

int muster_lua_backup(lua_State *L, struct muster_lua_engine *engine)
{
	const char *directory = luaL_checkstring(L, 2);
	struct lua_backup *held;
	struct muster_backup *made;
	int error;

	luaL_checktype(L, 3, LUA_TFUNCTION);
	lua_settop(L, 3);
	held = lua_newuserdatauv(L, sizeof(*held), 0);
	held->backup = NULL;
	luaL_setmetatable(L, BACKUP);
	lua_pushvalue(L, 1);
	error = muster_backup_new(&made, engine->engine, directory);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	held->backup = made;
	error = muster_lua_submit(L, engine, muster_backup_task(made), MUSTER_LANE_ERRAND, 3, 4);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	held->backup = NULL;
	lua_pushboolean(L, true);
	return 1;
}

bool muster_lua_is_backup(lua_State *L, int index)
{
	return luaL_testudata(L, index, BACKUP) != NULL;
}

static int push_size(lua_State *L, const struct muster_store_size *size)
{
	lua_createtable(L, 0, 2);
	lua_pushinteger(L, (lua_Integer)size->accounts);
	lua_setfield(L, -2, "accounts");
	lua_pushinteger(L, (lua_Integer)size->map_bytes);
	lua_setfield(L, -2, "bytes");
	return 1;
}

int muster_lua_finish_backup(lua_State *L, int index, struct muster_task *task)
{
	struct lua_backup *held = lua_touserdata(L, index);
	const struct muster_failure *failure;

	held->backup = muster_backup_of(task);
	if (task->error == MUSTER_OK)
		return push_size(L, muster_backup_size(held->backup));
	failure = muster_backup_failure(held->backup);
	return muster_lua_fail(L, task->error, failure->text[0] ? failure->text : NULL);
}

void muster_lua_open_backup(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, BACKUP, NULL, meta);
}
