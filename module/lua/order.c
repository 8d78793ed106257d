/* order.c -- operations by name: methods of hosts. */
#include "lua/internal.h"

/* Read order.fields into an array on the stack of Lua; the texts live in the table. */
static void read_fields(lua_State *L, struct muster_order *order)
{
	struct muster_field *fields;
	size_t count = 0;

	if (lua_getfield(L, 2, "fields") == LUA_TNIL)
		return;
	luaL_checktype(L, -1, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		count++;
	fields = lua_newuserdatauv(L, (count + 1) * sizeof(*fields), 0);
	order->fields = fields;
	for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
		struct muster_field *field = &fields[order->field_count++];

		if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "fields: strings expected");
		field->name.data = lua_tolstring(L, -2, &field->name.size);
		field->value.data = lua_tolstring(L, -1, &field->value.size);
	}
}

/* Unix seconds, 0 if there are none. */
static int64_t time_field(lua_State *L, int index, const char *name)
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

/* The kind is the upvalue. */
static int begin_order(lua_State *L)
{
	const enum muster_operation_kind kind = (enum muster_operation_kind)lua_tointeger(L, lua_upvalueindex(1));
	struct muster_host *host = ((struct muster_lua_host *)luaL_checkudata(L, 1, MUSTER_LUA_HOST))->host;
	struct muster_lua_operation *operation;
	struct muster_lua_engine *engine;
	struct muster_order order = { .kind = kind };
	const char *why = NULL;
	int error;

	lua_settop(L, 2);
	luaL_checktype(L, 2, LUA_TTABLE);
	order.username = muster_lua_field(L, 2, "username");
	order.password = muster_lua_field(L, 2, "password");
	order.reason = muster_lua_field(L, 2, "reason");
	order.door = muster_lua_field(L, 2, "door");
	order.address = muster_lua_field(L, 2, "address");
	order.actor = muster_lua_field(L, 2, "actor");
	order.directive = muster_lua_field(L, 2, "directive");
	order.value = muster_lua_field(L, 2, "value");
	order.until_s = time_field(L, 2, "until");
	order.self_service = muster_lua_flag(L, 2, "self_service");
	order.invited = muster_lua_flag(L, 2, "invited");
	order.overrides = muster_lua_flag(L, 2, "override");
	if (!order.username.data &&
	    (muster_text_is_c(order.directive, "mode") || muster_text_is_c(order.directive, "difficulty")))
		order.username = MUSTER_TEXT("");
	luaL_argcheck(L, order.username.data, 2, "username expected");
	engine = muster_lua_engine_of(L, 1); /* at 3 */
	if (!engine)
		return muster_lua_closed(L);
	operation = muster_lua_new_operation(L, 3); /* at 4 */
	if (kind == MUSTER_REGISTER)
		read_fields(L, &order);
	error = muster_order_begin(host, muster_engine_store(engine->engine), &order, &why, &operation->operation);
	if (error == MUSTER_BAD_NAME || error == MUSTER_BAD_PASSWORD)
		return muster_lua_fail(L, error, why);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	lua_settop(L, 4);
	return 1;
}

void muster_lua_open_orders(lua_State *L)
{
	static const struct {
		const char *name;
		enum muster_operation_kind kind;
	} orders[] = {
		{ "register", MUSTER_REGISTER },
		{ "unregister", MUSTER_UNREGISTER },
		{ "change_password", MUSTER_CHANGE_PASSWORD },
		{ "create", MUSTER_CREATE },
		{ "enable", MUSTER_ENABLE },
		{ "disable", MUSTER_DISABLE },
		{ "fall_due", MUSTER_FALL_DUE },
		{ "approve", MUSTER_APPROVE },
		{ "reject", MUSTER_REJECT },
		{ "direct", MUSTER_DIRECT },
		{ "retract", MUSTER_RETRACT },
		{ "reset_throttle", MUSTER_RESET_THROTTLE },
		{ "release", MUSTER_RELEASE },
		{ "check_password", MUSTER_CHECK_PASSWORD },
	};

	luaL_getmetatable(L, MUSTER_LUA_HOST);
	lua_getfield(L, -1, "__index");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		lua_pushinteger(L, orders[i].kind);
		lua_pushcclosure(L, begin_order, 1);
		lua_setfield(L, -2, orders[i].name);
	}
	lua_pop(L, 2);
}
