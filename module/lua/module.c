/* module.c -- `require "muster"`. docs/lua-api.md says what each function does. */
#include <string.h>

#include "lua/internal.h"

int muster_lua_fail(lua_State *L, int error, const char *text)
{
	lua_pushnil(L);
	lua_pushstring(L, text && *text ? text : muster_error_text(error));
	lua_pushstring(L, muster_error_name(error));
	return 3;
}

/* A module loaded again in the same state finds its metatables there. */
void muster_lua_register(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta)
{
	if (luaL_newmetatable(L, name)) {
		luaL_setfuncs(L, meta, 0);
		if (methods) {
			lua_newtable(L);
			luaL_setfuncs(L, methods, 0);
			lua_setfield(L, -2, "__index");
		}
	}
	lua_pop(L, 1);
}

static int option(lua_State *L)
{
	lua_Integer index = luaL_checkinteger(L, 1);

	luaL_argcheck(L, index >= 1, 1, "options are numbered from 1");
	lua_pushstring(L, muster_host_option((size_t)index - 1));
	return 1;
}

__attribute__((visibility("default"))) int luaopen_muster(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "open", muster_lua_open },        { "option", option },
		{ "check", muster_lua_check_host }, { "stream", muster_lua_new_stream },
		{ "stanza", muster_lua_stanza },    { NULL, NULL },
	};

	muster_lua_open_engine(L);
	muster_lua_open_backup(L);
	muster_lua_open_resealing(L);
	muster_lua_open_host(L);
	muster_lua_open_orders(L);
	muster_lua_open_operation(L);
	muster_lua_open_exchange(L);
	muster_lua_open_outcome(L);
	muster_lua_open_stanza(L);
	muster_lua_open_stream(L);
	luaL_newlib(L, functions);
	lua_pushliteral(L, MUSTER_VERSION);
	lua_setfield(L, -2, "version");
	return 1;
}
