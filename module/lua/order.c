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

/* What order.kind says; none, 0, for a word that is no kind. */
static enum muster_invitation_kind invitation_kind(struct muster_text word)
{
	for (enum muster_invitation_kind kind = MUSTER_INVITATION_REGISTER; kind < MUSTER_INVITATION_FOREIGN; kind++)
		if (muster_text_is_c(word, muster_invitation_kind_name(kind)))
			return kind;
	return 0;
}

/* How often: a whole number, or math.huge. */
static uint32_t read_uses(lua_State *L)
{
	lua_Number uses = 1;

	if (lua_getfield(L, 2, "uses") != LUA_TNIL)
		uses = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
	if (!(uses >= 1))
		luaL_argerror(L, 2, "uses: a number from 1 expected");
	lua_pop(L, 1);
	return uses < (lua_Number)MUSTER_USES_UNLIMITED ? (uint32_t)uses : MUSTER_USES_UNLIMITED;
}

static void read_invitation(lua_State *L, struct muster_invitation *invitation)
{
	*invitation = (struct muster_invitation){
		.kind = invitation_kind(muster_lua_field(L, 2, "kind")),
		.inviter = muster_lua_field(L, 2, "inviter"),
		.role = muster_lua_field(L, 2, "role"),
		.note = muster_lua_field(L, 2, "note"),
		.contact = muster_lua_flag(L, 2, "roster"),
		.expires_s = muster_lua_time_field(L, 2, "until"),
		.uses = read_uses(L),
	};
}

/* The kind is the upvalue. */
static int begin_order(lua_State *L)
{
	const enum muster_operation_kind kind = (enum muster_operation_kind)lua_tointeger(L, lua_upvalueindex(1));
	struct muster_host *host = ((struct muster_lua_host *)luaL_checkudata(L, 1, MUSTER_LUA_HOST))->host;
	struct muster_lua_operation *operation;
	struct muster_lua_engine *engine;
	struct muster_order order = { .kind = kind };
	struct muster_invitation invitation;
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
	order.until_s = muster_lua_time_field(L, 2, "until");
	order.token = muster_lua_field(L, 2, "token");
	order.contact = muster_lua_field(L, 2, "contact");
	order.device = muster_lua_field(L, 2, "device");
	order.self_service = muster_lua_flag(L, 2, "self_service");
	order.invited = muster_lua_flag(L, 2, "invited");
	order.overrides = muster_lua_flag(L, 2, "override");
	if (kind == MUSTER_INVITE) {
		read_invitation(L, &invitation);
		order.invitation = &invitation;
	}
	if (!order.username.data && (kind == MUSTER_INVITE || muster_text_is_c(order.directive, "mode") ||
	                             muster_text_is_c(order.directive, "difficulty")))
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
		{ "confirm", MUSTER_CONFIRM },
		{ "approve", MUSTER_APPROVE },
		{ "reject", MUSTER_REJECT },
		{ "direct", MUSTER_DIRECT },
		{ "retract", MUSTER_RETRACT },
		{ "reset_throttle", MUSTER_RESET_THROTTLE },
		{ "reset_guesses", MUSTER_RESET_GUESSES },
		{ "release", MUSTER_RELEASE },
		{ "invite", MUSTER_INVITE },
		{ "revoke", MUSTER_REVOKE },
		{ "befriend", MUSTER_BEFRIEND },
		{ "make_device", MUSTER_MAKE_DEVICE },
		{ "revoke_device", MUSTER_REVOKE_DEVICE },
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
