/* directive.c -- a row a directive, keyed by its kind and subject. */
#include "muster/directive.h"

#include <string.h>

#include "store/key.h"
#include "store/record.h"
#include "store/row.h"

enum { VERSION = 1 };
enum tag { TAG_KIND = 1, TAG_SUBJECT = 2, TAG_VALUE = 3, TAG_ACTOR = 4, TAG_REASON = 5, TAG_AT = 6, TAG_UNTIL = 7 };

static int make_key(struct muster_key *key, struct muster_text host, struct muster_text kind,
                    struct muster_text subject)
{
	struct muster_buffer name = { 0 };
	int error;

	muster_buffer_add(&name, kind);
	muster_buffer_add_byte(&name, ' ');
	error = muster_buffer_add(&name, subject);
	if (error == MUSTER_OK)
		muster_key_of(key, host, muster_buffer_text(&name));
	muster_buffer_clear(&name);
	return error;
}

static void take_tag(struct muster_directive *directive, const struct muster_record *record)
{
	switch (record->tag) {
	case TAG_KIND:
		directive->kind = record->value;
		break;
	case TAG_SUBJECT:
		directive->subject = record->value;
		break;
	case TAG_VALUE:
		directive->value = record->value;
		break;
	case TAG_ACTOR:
		directive->actor = record->value;
		break;
	case TAG_REASON:
		directive->reason = record->value;
		break;
	case TAG_AT:
		directive->at_s = (int64_t)muster_record_number(record);
		break;
	case TAG_UNTIL:
		directive->until_s = (int64_t)muster_record_number(record);
		break;
	default:
		break;
	}
}

static int decode(struct muster_directive *directive, const void *bytes, size_t size)
{
	struct muster_record record;
	int error = muster_record_open(&record, bytes, size, VERSION);

	while (error == MUSTER_OK && (error = muster_record_next(&record)) == MUSTER_OK)
		take_tag(directive, &record);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static bool holds(const struct muster_directive *directive, int64_t now_s)
{
	return directive->until_s == 0 || now_s < directive->until_s;
}

int muster_directive_get(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind,
                         struct muster_text subject, int64_t now_s, struct muster_directive *directive)
{
	struct muster_key key;
	MDB_val value;
	int error = make_key(&key, host, kind, subject);

	*directive = (struct muster_directive){ .host = host };
	if (error == MUSTER_OK)
		error = muster_row_get(transaction, transaction->store->directives, &key.value, &value);
	if (error == MUSTER_OK)
		error = muster_buffer_add(&directive->record, (struct muster_text){ value.mv_data, value.mv_size });
	if (error == MUSTER_OK)
		error = decode(directive, directive->record.data, directive->record.size);
	if (error == MUSTER_OK && !holds(directive, now_s))
		error = MUSTER_NOT_FOUND;
	if (error != MUSTER_OK)
		muster_directive_clear(directive);
	return error;
}

int muster_directive_any(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind)
{
	struct muster_key first;
	MDB_cursor *cursor;
	MDB_val key, value;
	int error = make_key(&first, host, kind, MUSTER_TEXT("")), code;

	if (error == MUSTER_OK)
		error = transaction->error;
	if (error != MUSTER_OK)
		return error;
	code = mdb_cursor_open(transaction->txn, transaction->store->directives, &cursor);
	if (code != MDB_SUCCESS)
		return muster_transaction_result(transaction, code);
	key = first.value;
	code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (code == MDB_SUCCESS &&
	    (key.mv_size < first.value.mv_size || memcmp(key.mv_data, first.bytes, first.value.mv_size) != 0))
		code = MDB_NOTFOUND;
	mdb_cursor_close(cursor);
	return muster_transaction_result(transaction, code);
}

static bool is_over(const MDB_val *value, int64_t now_s)
{
	struct muster_directive directive = { .until_s = 0 };

	return decode(&directive, value->mv_data, value->mv_size) == MUSTER_OK && !holds(&directive, now_s);
}

int muster_directive_put(struct muster_transaction *transaction, const struct muster_directive *directive)
{
	struct muster_buffer record = { 0 };
	struct muster_key key;
	int error = make_key(&key, directive->host, directive->kind, directive->subject);

	if (error != MUSTER_OK)
		return error;
	muster_record_begin(&record, VERSION);
	muster_record_add_text(&record, TAG_KIND, directive->kind);
	muster_record_add_text(&record, TAG_SUBJECT, directive->subject);
	if (directive->value.data)
		muster_record_add_text(&record, TAG_VALUE, directive->value);
	if (directive->actor.data)
		muster_record_add_text(&record, TAG_ACTOR, directive->actor);
	if (directive->reason.data)
		muster_record_add_text(&record, TAG_REASON, directive->reason);
	muster_record_add_number(&record, TAG_AT, (uint64_t)directive->at_s);
	muster_record_add_number(&record, TAG_UNTIL, (uint64_t)directive->until_s);
	error = muster_row_put(transaction, transaction->store->directives, &key.value, &record);
	return error == MUSTER_OK ? muster_row_sweep(transaction, transaction->store->directives, &key.value,
	                                             directive->at_s, is_over)
	                          : error;
}

int muster_directive_remove(struct muster_transaction *transaction, struct muster_text host, struct muster_text kind,
                            struct muster_text subject)
{
	struct muster_key key;
	MDB_val value;
	int error = make_key(&key, host, kind, subject);

	if (error == MUSTER_OK)
		error = muster_row_get(transaction, transaction->store->directives, &key.value, &value);
	return error == MUSTER_OK ? muster_row_remove(transaction, transaction->store->directives, &key.value) : error;
}

struct walk {
	struct muster_text host;
	int64_t now_s;
	muster_directive_fn visit;
	void *context;
};

static int visit_row(void *context, const MDB_val *key, const MDB_val *value, bool *more)
{
	const struct walk *walk = context;
	struct muster_directive directive = { .host = walk->host };
	int error = decode(&directive, value->mv_data, value->mv_size);

	(void)key;
	if (error == MUSTER_OK && holds(&directive, walk->now_s))
		*more = walk->visit(walk->context, &directive);
	return error;
}

int muster_directive_walk(struct muster_transaction *transaction, struct muster_text host, int64_t now_s,
                          struct muster_buffer *position, size_t most, muster_directive_fn visit, void *context)
{
	struct walk walk = { host, now_s, visit, context };
	struct muster_range range = {
		.database = transaction->store->directives, .host = host, .position = position, .most = most
	};

	return muster_row_walk(transaction, &range, visit_row, &walk);
}

void muster_directive_clear(struct muster_directive *directive)
{
	muster_buffer_clear(&directive->record);
	*directive = (struct muster_directive){ .until_s = 0 };
}
