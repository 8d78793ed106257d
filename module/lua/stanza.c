/* stanza.c -- text made into stanzas, and stanzas into documents, as hosts that come from Prosody have them: tables
 * with name, attr, tags (the children that are elements), and all children in their order from 1 on. */
#include <limits.h>
#include <string.h>
#include <unicode/utf8.h>

#include "lua/internal.h"
#include "muster/error.h"
#include "xml/builder.h"

#define DOCUMENT "muster.document"
#define READER "muster.reader" /* kept in the registry, under the address of `limits` */

struct lua_reader {
	struct muster_reader *reader; /* NULL before the first text */
};

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

/* The collector clears it, whatever is thrown. */
static struct muster_document *new_document(lua_State *L)
{
	struct muster_document *document = lua_newuserdatauv(L, sizeof(*document), 0);

	*document = (struct muster_document){ .root = NULL };
	luaL_setmetatable(L, DOCUMENT);
	return document;
}

static int collect_reader(lua_State *L)
{
	struct lua_reader *kept = lua_touserdata(L, 1);

	muster_reader_free(kept->reader);
	kept->reader = NULL;
	return 0;
}

static struct muster_reader *reader_of(lua_State *L)
{
	struct lua_reader *kept;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &limits);
	kept = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (!kept->reader)
		kept->reader = muster_reader_new();
	return kept->reader;
}

int muster_lua_stanza(lua_State *L)
{
	struct muster_text xml = muster_lua_text(L, 1);
	struct muster_reader *reader = reader_of(L);
	struct muster_document *document;
	int error;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	document = new_document(L);
	error = reader ? muster_reader_read(reader, document, xml, &limits) : MUSTER_NO_MEMORY;
	if (error != MUSTER_OK)
		return muster_lua_fail(L, error, NULL);
	push_element(L, document->root);
	muster_document_clear(document);
	return 1;
}

/* --- from stanzas --- */

struct reading {
	struct muster_builder builder;
	size_t size; /* of what has been read, about what it would be as text */
};

/* What a text in XML may be (XML 1.0, section 2.2): other modules can put anything into a stanza. */
static bool is_allowed(struct muster_text text)
{
	for (size_t i = 0; i < text.size;) {
		UChar32 character;

		U8_NEXT(text.data, i, text.size, character);
		if (character < 0x20 && character != '\t' && character != '\n' && character != '\r')
			return false; /* less than 0 where it is no UTF-8 */
		if (character == 0xfffe || character == 0xffff)
			return false;
	}
	return true;
}

/* The string at `index`. */
static int read_text(lua_State *L, struct reading *reading, int index, struct muster_text *text)
{
	if (lua_type(L, index) != LUA_TSTRING)
		return MUSTER_MALFORMED;
	text->data = lua_tolstring(L, index, &text->size);
	reading->size += text->size;
	if (reading->size > muster_default_limits.size_bytes)
		return MUSTER_TOO_LARGE;
	return is_allowed(*text) ? MUSTER_OK : MUSTER_MALFORMED;
}

/* Of an element or attribute, without a prefix. */
static int read_name(lua_State *L, struct reading *reading, int index, struct muster_text *name)
{
	int error = read_text(L, reading, index, name);

	if (error == MUSTER_OK && (name->size == 0 || memchr(name->data, ':', name->size)))
		return MUSTER_MALFORMED;
	return error;
}

/* An attribute whose name is at -2, its value at -1. A namespace stands before the name and a byte 1, the namespace of
 * xml:lang behind a prefix. */
static int read_attribute(lua_State *L, struct reading *reading)
{
	struct muster_text name, value, space = MUSTER_NO_TEXT;
	const char *separator;
	int error;

	if (lua_type(L, -2) != LUA_TSTRING)
		return MUSTER_MALFORMED;
	name.data = lua_tolstring(L, -2, &name.size);
	if (muster_text_is_c(name, "xmlns"))
		return MUSTER_OK;
	separator = memchr(name.data, '\1', name.size);
	if (separator) {
		space = (struct muster_text){ name.data, (size_t)(separator - name.data) };
		name = (struct muster_text){ separator + 1, name.size - space.size - 1 };
	} else if (name.size > 4 && memcmp(name.data, "xml:", 4) == 0) {
		space = MUSTER_TEXT("http://www.w3.org/XML/1998/namespace");
		name = (struct muster_text){ name.data + 4, name.size - 4 };
	}
	reading->size += space.size + name.size;
	if (name.size == 0 || memchr(name.data, ':', name.size) || !is_allowed(name) || !is_allowed(space))
		return MUSTER_MALFORMED;
	error = read_text(L, reading, -1, &value);
	return error == MUSTER_OK ? muster_builder_attribute(&reading->builder, space, name, value) : error;
}

static int read_attributes(lua_State *L, struct reading *reading)
{
	int error = MUSTER_OK;

	lua_pushnil(L);
	while (error == MUSTER_OK && lua_next(L, -2)) {
		error = read_attribute(L, reading);
		lua_pop(L, 1);
	}
	if (error != MUSTER_OK)
		lua_pop(L, 1);
	return error;
}

/* A namespace that is not named is the one around. */
static int read_space(lua_State *L, struct reading *reading, struct muster_text *space)
{
	const struct muster_element *around = reading->builder.open;
	struct muster_text named;
	int error = MUSTER_OK;

	*space = around ? around->space : MUSTER_NO_TEXT;
	lua_pushliteral(L, "xmlns");
	if (lua_rawget(L, -2) != LUA_TNIL) {
		named = MUSTER_NO_TEXT;
		if (lua_type(L, -1) == LUA_TSTRING)
			named.data = lua_tolstring(L, -1, &named.size);
		if (!named.data)
			error = MUSTER_MALFORMED;
		else if (!muster_text_is(named, *space))
			error = read_text(L, reading, -1, space);
	}
	lua_pop(L, 1);
	return error;
}

static int read_element(lua_State *L, struct reading *reading);

static int read_children(lua_State *L, struct reading *reading)
{
	struct muster_text text;
	int error = MUSTER_OK;

	for (lua_Integer i = 1; error == MUSTER_OK; i++) {
		int type = lua_rawgeti(L, -1, i);

		if (type == LUA_TTABLE)
			error = read_element(L, reading);
		else if (type != LUA_TNIL && (error = read_text(L, reading, -1, &text)) == MUSTER_OK)
			error = muster_builder_text(&reading->builder, text);
		lua_pop(L, 1);
		if (type == LUA_TNIL)
			break;
	}
	return error;
}

/* The attributes, at -1, of the element, at -2. */
static int open_element(lua_State *L, struct reading *reading)
{
	struct muster_text space, name;
	int error = read_space(L, reading, &space);

	lua_pushliteral(L, "name");
	lua_rawget(L, -3);
	if (error == MUSTER_OK)
		error = read_name(L, reading, -1, &name);
	if (error == MUSTER_OK)
		error = muster_builder_open(&reading->builder, space, name);
	lua_pop(L, 1);
	return error == MUSTER_OK ? read_attributes(L, reading) : error;
}

/* At -1. Nothing of it is called, whatever its metatable says. */
static int read_element(lua_State *L, struct reading *reading)
{
	int error;

	if (!lua_checkstack(L, 8))
		return MUSTER_NO_MEMORY;
	lua_pushliteral(L, "attr");
	error = lua_rawget(L, -2) == LUA_TTABLE ? open_element(L, reading) : MUSTER_MALFORMED;
	lua_pop(L, 1);
	if (error == MUSTER_OK)
		error = read_children(L, reading);
	if (error == MUSTER_OK)
		muster_builder_close(&reading->builder);
	return error;
}

struct muster_document *muster_lua_document(lua_State *L, int index)
{
	struct reading reading = { .builder = { .document = new_document(L), .limits = &muster_default_limits } };

	lua_pushvalue(L, index);
	muster_document_end(reading.builder.document, read_element(L, &reading));
	lua_pop(L, 1);
	return reading.builder.document;
}

void muster_lua_open_stanza(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", collect }, { NULL, NULL } };

	static const luaL_Reg reader_meta[] = { { "__gc", collect_reader }, { NULL, NULL } };
	struct lua_reader *kept;

	muster_lua_register(L, DOCUMENT, NULL, meta);
	muster_lua_register(L, READER, NULL, reader_meta);
	kept = lua_newuserdatauv(L, sizeof(*kept), 0);
	kept->reader = NULL;
	luaL_setmetatable(L, READER);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &limits);
}
