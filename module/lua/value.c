/* value.c -- Lua's values to ours and back. */
#include <string.h>

#include "lua/internal.h"

enum { DEPTH_MAX = 8 };

struct muster_text muster_lua_text(lua_State *L, int index)
{
	struct muster_text text;

	text.data = luaL_checklstring(L, index, &text.size);
	return text;
}

struct muster_text muster_lua_optional_text(lua_State *L, int index)
{
	return lua_isnoneornil(L, index) ? MUSTER_NO_TEXT : muster_lua_text(L, index);
}

void muster_lua_push_text(lua_State *L, struct muster_text text)
{
	if (text.data)
		lua_pushlstring(L, text.data, text.size);
	else
		lua_pushnil(L);
}

struct muster_text muster_lua_field(lua_State *L, int index, const char *name)
{
	struct muster_text text = MUSTER_NO_TEXT;
	int type = lua_getfield(L, index, name);

	if (type == LUA_TSTRING)
		text.data = lua_tolstring(L, -1, &text.size);
	else if (type != LUA_TNIL)
		luaL_error(L, "%s: string expected, got %s", name, lua_typename(L, type));
	lua_pop(L, 1);
	return text;
}

int64_t muster_lua_time_field(lua_State *L, int index, const char *name)
{
	const lua_Number most = 1e15; /* whole numbers are exact up to there, and it is long enough */
	lua_Number at_s = 0;

	lua_getfield(L, index, name);
	if (!lua_isnil(L, -1))
		at_s = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
	if (!(at_s >= 0 && at_s <= most))
		luaL_argerror(L, index, lua_pushfstring(L, "%s: a time expected", name));
	lua_pop(L, 1);
	return (int64_t)at_s;
}

bool muster_lua_flag(lua_State *L, int index, const char *name)
{
	bool flag;

	lua_getfield(L, index, name);
	flag = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return flag;
}

void muster_lua_set_text(lua_State *L, const char *name, struct muster_text text)
{
	muster_lua_push_text(L, text);
	lua_setfield(L, -2, name);
}

/* The value that stands for several: a string becomes a list when another one comes. */
static void push_together(lua_State *L, struct muster_text value)
{
	if (lua_type(L, -1) == LUA_TNIL) {
		lua_pop(L, 1);
		muster_lua_push_text(L, value);
		return;
	}
	if (lua_type(L, -1) == LUA_TSTRING) {
		lua_createtable(L, 2, 0);
		lua_insert(L, -2);
		lua_rawseti(L, -2, 1);
	}
	muster_lua_push_text(L, value);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

void muster_lua_push_fields(lua_State *L, const struct muster_field *fields, size_t count)
{
	lua_createtable(L, 0, (int)count);
	for (size_t i = 0; i < count; i++) {
		muster_lua_push_text(L, fields[i].name);
		lua_pushvalue(L, -1);
		lua_rawget(L, -3);
		push_together(L, fields[i].value);
		lua_rawset(L, -3);
	}
}

static bool read_value(lua_State *L, int index, struct muster_value *value, int depth);

/* Keys are strings, or the numbers of a list. */
static bool read_item(lua_State *L, lua_Integer length, struct muster_value *table, struct muster_item *items,
                      int depth)
{
	struct muster_item *item;

	if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 && lua_tointeger(L, -2) <= length) {
		item = &items[lua_tointeger(L, -2) - 1];
		item->key = MUSTER_NO_TEXT;
	} else if (lua_type(L, -2) == LUA_TSTRING) {
		item = &items[table->count++];
		item->key.data = lua_tolstring(L, -2, &item->key.size);
	} else {
		return false;
	}
	return read_value(L, lua_gettop(L), &item->value, depth + 1);
}

static size_t count_items(lua_State *L, int index)
{
	size_t count = 0;

	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		count++;
	return count;
}

/* The items live in a userdata, so that an error thrown anywhere leaks nothing. It is put below what lua_next needs. */
static bool read_table(lua_State *L, int index, struct muster_value *value, int depth)
{
	lua_Integer length = (lua_Integer)lua_rawlen(L, index);
	size_t count = count_items(L, index) + (size_t)length;
	struct muster_item *items = lua_newuserdatauv(L, (count + 1) * sizeof(*items), 1);
	int holder = lua_gettop(L);
	bool read = true;

	memset(items, 0, (count + 1) * sizeof(*items));
	lua_newtable(L); /* keeps the items of inner tables alive */
	value->kind = MUSTER_TABLE;
	value->items = items;
	value->count = (size_t)length;
	for (lua_pushnil(L); read && lua_next(L, index); lua_settop(L, holder + 2)) {
		read = read_item(L, length, value, items, depth);
		if (lua_gettop(L) > holder + 3) /* an inner table left its holder */
			lua_rawseti(L, holder + 1, (lua_Integer)lua_rawlen(L, holder + 1) + 1);
	}
	lua_settop(L, holder + 1);
	lua_setiuservalue(L, holder, 1);
	return read;
}

static bool read_value(lua_State *L, int index, struct muster_value *value, int depth)
{
	luaL_checkstack(L, 8, "option nested too deep");
	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		value->kind = MUSTER_BOOLEAN;
		value->boolean = lua_toboolean(L, index);
		return true;
	case LUA_TNUMBER:
		value->kind = MUSTER_NUMBER;
		value->number = lua_tonumber(L, index);
		return true;
	case LUA_TSTRING:
		value->kind = MUSTER_STRING;
		value->text.data = lua_tolstring(L, index, &value->text.size);
		return true;
	case LUA_TTABLE:
		return depth < DEPTH_MAX && read_table(L, index, value, depth);
	default:
		return false;
	}
}

bool muster_lua_value(lua_State *L, int index, struct muster_value *value)
{
	*value = (struct muster_value){ 0 };
	return read_value(L, lua_absindex(L, index), value, 0);
}
