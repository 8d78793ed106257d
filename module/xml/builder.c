/* builder.c -- elements, attributes and text in a document's arena. */
#include "xml/builder.h"

#include <string.h>

#include "muster/error.h"

static void attach(struct muster_builder *builder, struct muster_element *element)
{
	struct muster_element *parent = builder->open;

	element->parent = parent;
	if (!parent)
		builder->document->root = element;
	else if (parent->last)
		parent->last->next = element;
	else
		parent->first = element;
	if (parent)
		parent->last = element;
	builder->open = element;
}

/* Mostly the parent's: a long one is not there a hundred times. */
static int copy_space(struct muster_builder *builder, struct muster_text space, struct muster_text *copy)
{
	const struct muster_element *parent = builder->open;

	if (parent && space.data && parent->space.data && muster_text_is(space, parent->space)) {
		*copy = parent->space;
		return MUSTER_OK;
	}
	return muster_arena_copy(&builder->document->arena, space, copy);
}

int muster_builder_open(struct muster_builder *builder, struct muster_text space, struct muster_text name)
{
	struct muster_element *element;
	int error;

	if (++builder->depth > builder->limits->depth || ++builder->elements > builder->limits->elements)
		return MUSTER_TOO_LARGE;
	element = muster_arena_take(&builder->document->arena, sizeof(*element));
	if (!element)
		return MUSTER_NO_MEMORY;
	error = copy_space(builder, space, &element->space);
	if (error == MUSTER_OK)
		error = muster_arena_copy(&builder->document->arena, name, &element->name);
	if (error == MUSTER_OK)
		attach(builder, element);
	return error;
}

int muster_builder_attribute(struct muster_builder *builder, struct muster_text space, struct muster_text name,
                             struct muster_text value)
{
	struct muster_arena *arena = &builder->document->arena;
	struct muster_attribute *attribute;
	int error;

	if (++builder->attributes > builder->limits->attributes)
		return MUSTER_TOO_LARGE;
	attribute = muster_arena_take(arena, sizeof(*attribute));
	if (!attribute)
		return MUSTER_NO_MEMORY;
	error = muster_arena_copy(arena, space, &attribute->space);
	if (error == MUSTER_OK)
		error = muster_arena_copy(arena, name, &attribute->name);
	if (error == MUSTER_OK)
		error = muster_arena_copy(arena, value, &attribute->value);
	attribute->next = builder->open->attributes;
	builder->open->attributes = attribute;
	return error;
}

/* It comes in pieces, at every line end and entity; room that doubles keeps the copying linear. */
int muster_builder_text(struct muster_builder *builder, struct muster_text text)
{
	struct muster_element *element = builder->open;
	size_t wanted = element->text.size + text.size, room = 2 * wanted;
	char *bytes = (char *)element->text.data;

	if (wanted > element->text_room) {
		bytes = muster_arena_take(&builder->document->arena, room);
		if (!bytes)
			return MUSTER_NO_MEMORY;
		if (element->text.size > 0)
			memcpy(bytes, element->text.data, element->text.size);
		element->text_room = room;
	}
	if (text.size > 0)
		memcpy(bytes + element->text.size, text.data, text.size);
	element->text = (struct muster_text){ bytes, wanted };
	return MUSTER_OK;
}

void muster_builder_close(struct muster_builder *builder)
{
	builder->depth--;
	builder->open = builder->open->parent;
}
