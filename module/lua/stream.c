/* stream.c -- what is remembered of a client's stream, kept by the host with its session. */
#include "lua/internal.h"

static struct muster_lua_stream *check(lua_State *L, int index)
{
	return luaL_checkudata(L, index, MUSTER_LUA_STREAM);
}

int muster_lua_new_stream(lua_State *L)
{
	struct muster_lua_stream *made = lua_newuserdatauv(L, sizeof(*made), 0);
	int error;

	made->stream = NULL;
	luaL_setmetatable(L, MUSTER_LUA_STREAM);
	error = muster_stream_new(&made->stream);
	return error == MUSTER_OK ? 1 : muster_lua_fail(L, error, NULL);
}

struct muster_stream *muster_lua_stream_field(lua_State *L, int index, const char *name)
{
	struct muster_stream *stream = NULL;

	if (lua_getfield(L, index, name) != LUA_TNIL)
		stream = check(L, lua_gettop(L))->stream;
	lua_pop(L, 1);
	return stream;
}

static int stream_registered(lua_State *L)
{
	lua_pushboolean(L, muster_stream_registered(check(L, 1)->stream));
	return 1;
}

static int stream_shows(lua_State *L)
{
	lua_pushboolean(L, muster_stream_shows(check(L, 1)->stream, muster_lua_optional_text(L, 2)));
	return 1;
}

static int collect(lua_State *L)
{
	struct muster_lua_stream *stream = lua_touserdata(L, 1);

	muster_stream_release(stream->stream);
	stream->stream = NULL;
	return 0;
}

void muster_lua_open_stream(lua_State *L)
{
	static const luaL_Reg methods[] = { { "registered", stream_registered },
		                            { "shows", stream_shows },
		                            { NULL, NULL } };
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, MUSTER_LUA_STREAM, methods, meta);
}
