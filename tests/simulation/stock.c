/* stock.c -- the limits of Prosody itself behind a door; stock.lua runs them. */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

/* A state of its own, for Prosody's modules see a clock that is not the real one. */
struct stock {
	lua_State *L;
};

static void fail(lua_State *L)
{
	fprintf(stderr, "%s\n", lua_tostring(L, -1));
	exit(1);
}

/* It says no time after which to come back. */
static struct answer answer_of(const char *condition)
{
	if (!condition)
		return (struct answer){ .verdict = VERDICT_MADE };
	if (strcmp(condition, "conflict") == 0)
		return (struct answer){ .verdict = VERDICT_OTHER_NAME };
	return (struct answer){ .verdict = strcmp(condition, "policy-violation") == 0 ? VERDICT_LATER : VERDICT_NEVER };
}

static struct answer knock(struct door *door, const struct attempt *attempt)
{
	lua_State *L = ((struct stock *)door->state)->L;
	struct answer answer;
	double began = seconds_now();

	lua_pushvalue(L, 1);
	lua_pushstring(L, attempt->address);
	lua_pushstring(L, attempt->username);
	lua_pushinteger(L, attempt->at_s);
	if (lua_pcall(L, 3, 1, 0) != LUA_OK)
		fail(L);
	answer = answer_of(lua_tostring(L, -1));
	lua_settop(L, 1);
	door->judged_s += seconds_now() - began;
	return answer;
}

static void close_stock(struct door *door)
{
	struct stock *stock = door->state;

	lua_close(stock->L);
	free(stock);
}

bool door_open_stock(struct door *door, const char *options)
{
	struct stock *stock = calloc(1, sizeof(*stock));

	*door = (struct door){ .state = stock, .knock = knock, .close = close_stock };
	if (!stock || !(stock->L = luaL_newstate()))
		abort();
	luaL_openlibs(stock->L);
	if (luaL_loadfile(stock->L, STOCK_LUA) != LUA_OK || luaL_loadstring(stock->L, options) != LUA_OK ||
	    lua_pcall(stock->L, 0, 1, 0) != LUA_OK || lua_pcall(stock->L, 1, 1, 0) != LUA_OK)
		fail(stock->L);
	if (lua_isfunction(stock->L, 1))
		return true;
	close_stock(door);
	return false;
}
