/* stanza.c -- text made into stanzas, as hosts that come from Prosody have them: tables with name, attr, tags (the
 * children that are elements), and all children in their order from 1 on. */
#include <limits.h>

#include "lua/internal.h"
#include "xml/document.h"

#define DOCUMENT "muster.document"

/* What comes here we have written ourselves; deeper than that the C stack would not be safe. */
static const struct muster_limits limits = {
	.size_bytes = INT_MAX, .depth = 100, .elements = UINT_MAX, .attributes = UINT_MAX
};

static int collect(lua_State *L)
{
	muster_document_clear(lua_touserdata(L, 1));
	return 0;
}

/* Stanzas of a stream have no namespace there. */
static void push_attributes(lua_State *L, const struct muster_element *element)
{
	lua_newtable(L);
	if (element->space.data && !muster_text_is_c(element->space, "jabber:client"))
		muster_lua_set_text(L, "xmlns", element->space);
	for (const struct muster_attribute *each = element->attributes; each; each = each->next) {
		if (each->space.data)
			lua_pushliteral(L, "xml:"); /* there is no other prefix in what we write */
		muster_lua_push_text(L, each->name);
		if (each->space.data)
			lua_concat(L, 2);
		muster_lua_push_text(L, each->value);
		lua_rawset(L, -3);
	}
}

/* Text stands before elements: nothing that we write mixes them. The metatable is at 2. */
static void push_element(lua_State *L, const struct muster_element *element)
{
	lua_Integer tags = 0, children = 0;

	luaL_checkstack(L, 6, "a stanza is too deep");
	lua_createtable(L, 1, 3);
	muster_lua_set_text(L, "name", element->name);
	push_attributes(L, element);
	lua_setfield(L, -2, "attr");
	if (element->text.size > 0) {
		muster_lua_push_text(L, element->text);
		lua_rawseti(L, -2, ++children);
	}
	lua_newtable(L);
	for (const struct muster_element *child = element->first; child; child = child->next) {
		push_element(L, child);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, ++tags);
		lua_rawseti(L, -3, ++children);
	}
	lua_setfield(L, -2, "tags");
	lua_pushvalue(L, 2);
	lua_setmetatable(L, -2);
}

int muster_lua_stanza(lua_State *L)
{
	struct muster_text xml = muster_lua_text(L, 1);
	struct muster_document *document;
	int error;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	document = lua_newuserdatauv(L, sizeof(*document), 0);
	*document = (struct muster_document){ .root = NULL };
	luaL_setmetatable(L, DOCUMENT);
	error = muster_document_read(document, xml, &limits);
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	push_element(L, document->root);
	muster_document_clear(document);
	return 1;
}

void muster_lua_open_stanza(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	muster_lua_register(L, DOCUMENT, NULL, meta);
}
