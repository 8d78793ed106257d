/* outcome.c -- outcomes as tables. */
#include <string.h>

#include "lua/internal.h"

#define OUTCOME "muster.outcome"

static const char the_outcome; /* its address is the key in the registry */

static int collect(lua_State *L)
{
	muster_outcome_clear(lua_touserdata(L, 1));
	return 0;
}

/* One serves all: it is large, and each is pushed as a table before the next one comes to be. Errors that were thrown
 * in between may have left something in it. */
struct muster_outcome *muster_lua_new_outcome(lua_State *L)
{
	struct muster_outcome *outcome;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &the_outcome) == LUA_TUSERDATA) {
		outcome = lua_touserdata(L, -1);
		muster_outcome_clear(outcome);
	} else {
		lua_pop(L, 1);
		outcome = lua_newuserdatauv(L, sizeof(*outcome), 0);
		*outcome = (struct muster_outcome){ 0 };
		luaL_setmetatable(L, OUTCOME);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &the_outcome);
	}
	return outcome;
}

void muster_lua_take_note(struct muster_lua_engine *engine, struct muster_outcome *outcome)
{
	if (!engine->engine || !outcome->note)
		return;
	muster_engine_note(engine->engine, outcome->note);
	outcome->note = NULL;
}

/* The stream error is the action's, which may have none though others of its kind do. */
static void push_effect(lua_State *L, const struct muster_effect *effect, struct muster_text condition,
                        struct muster_text text)
{
	lua_createtable(L, 0, 13);
	muster_lua_set_text(L, "kind", MUSTER_TEXT("effect"));
	muster_lua_set_text(L, "effect", muster_text_of(muster_effect_name(effect->kind)));
	muster_lua_set_text(L, "host", effect->host);
	muster_lua_set_text(L, "username", effect->username);
	muster_lua_set_text(L, "door", effect->door);
	muster_lua_set_text(L, "invitation", effect->invitation);
	muster_lua_set_text(L, "contact", effect->contact);
	muster_lua_set_text(L, "device", effect->device);
	muster_lua_set_text(L, "role", effect->role);
	muster_lua_set_text(L, "condition", condition);
	muster_lua_set_text(L, "text", text);
	lua_pushinteger(L, (lua_Integer)effect->id);
	lua_setfield(L, -2, "id");
	lua_pushinteger(L, effect->at_s);
	lua_setfield(L, -2, "at");
}

/* A row does not say whose it is; but only with services, which close no streams, do bare JIDs register. */
void muster_lua_push_effect(lua_State *L, const struct muster_effect *effect)
{
	struct muster_text condition = MUSTER_NO_TEXT, text = MUSTER_NO_TEXT;

	if (!memchr(effect->username.data, '@', effect->username.size))
		muster_effect_closing(effect->kind, &condition, &text);
	push_effect(L, effect, condition, text);
}

static void push_action(lua_State *L, const struct muster_action *action)
{
	if (action->kind == MUSTER_ACTION_EFFECT) {
		push_effect(L, &action->effect, action->condition, action->text);
		return;
	}
	lua_createtable(L, 0, 3);
	if (action->kind == MUSTER_ACTION_SEND) {
		muster_lua_set_text(L, "kind", MUSTER_TEXT("send"));
		muster_lua_set_text(L, "xml", action->xml);
	} else {
		muster_lua_set_text(L, "kind", MUSTER_TEXT("close"));
		muster_lua_set_text(L, "condition", action->condition);
		muster_lua_set_text(L, "text", action->text);
	}
}

void muster_lua_push_kinds(lua_State *L, unsigned kinds)
{
	lua_newtable(L);
	for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS; kind++)
		if (kinds & MUSTER_CHALLENGE_BIT(kind)) {
			lua_pushstring(L, muster_challenge_name(kind));
			lua_rawseti(L, -2, luaL_len(L, -2) + 1);
		}
}

static void set_kinds(lua_State *L, const char *name, unsigned kinds)
{
	muster_lua_push_kinds(L, kinds);
	lua_setfield(L, -2, name);
}

static void set_tally(lua_State *L, const struct muster_tally *tally)
{
	if (!(tally->issued | tally->solved | tally->failed))
		return;
	lua_createtable(L, 0, 3);
	set_kinds(L, "issued", tally->issued);
	set_kinds(L, "solved", tally->solved);
	set_kinds(L, "failed", tally->failed);
	lua_setfield(L, -2, "challenges");
}

void muster_lua_push_outcome(lua_State *L, const struct muster_outcome *outcome)
{
	lua_createtable(L, (int)outcome->action_count, 5);
	lua_pushboolean(L, outcome->error == MUSTER_OK);
	lua_setfield(L, -2, "ok");
	muster_lua_set_text(L, "action", outcome->action);
	set_tally(L, &outcome->tally);
	if (outcome->error != MUSTER_OK) {
		muster_lua_set_text(L, "error", muster_text_of(muster_error_name(outcome->error)));
		muster_lua_set_text(L, "text", outcome->text);
		muster_lua_set_text(L, "rule", outcome->rule);
		muster_lua_set_text(L, "detail", outcome->detail);
	}
	if (outcome->token.data) {
		muster_lua_set_text(L, "token", outcome->token);
		muster_lua_set_text(L, "invitation", outcome->invitation);
		lua_pushinteger(L, outcome->expires_s);
		lua_setfield(L, -2, "until");
	}
	muster_lua_set_text(L, "secret", outcome->secret);
	for (size_t i = 0; i < outcome->action_count; i++) {
		push_action(L, &outcome->actions[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void muster_lua_open_outcome(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, OUTCOME, NULL, meta);
}
