/* scram.c -- SCRAM's two messages (RFC 5802, sections 5 to 7). */
#include <string.h>

#include "base/clock.h"
#include "credential/base64.h"
#include "login/exchange.h"

enum { NONCE_SIZE = 18 };

/* What is left of a message as it is read. */
struct reader {
	struct muster_text rest;
};

/* Take the text up to the next comma, and the comma. */
static struct muster_text take_part(struct reader *reader)
{
	struct muster_text rest = reader->rest;
	const char *comma = rest.size > 0 ? memchr(rest.data, ',', rest.size) : NULL;
	size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
	size_t skipped = comma ? size + 1 : size;

	reader->rest = (struct muster_text){ rest.data + skipped, rest.size - skipped };
	return (struct muster_text){ rest.data, size };
}

/* `letter=value`: the value, or absent. */
static struct muster_text value_of(struct muster_text part, char letter)
{
	if (part.size < 2 || part.data[0] != letter || part.data[1] != '=')
		return MUSTER_NO_TEXT;
	return (struct muster_text){ part.data + 2, part.size - 2 };
}

/* A name in which =2C stands for a comma and =3D for an equals sign. False for what is none; out of memory, the buffer
 * says so. */
static bool decode_name(struct muster_text text, struct muster_buffer *name)
{
	for (size_t i = 0; i < text.size; i++) {
		struct muster_text rest = { text.data + i, text.size - i };

		if (text.data[i] != '=') {
			muster_buffer_add_byte(name, text.data[i]);
			continue;
		}
		if (rest.size >= 3 && memcmp(rest.data, "=2C", 3) == 0)
			muster_buffer_add_byte(name, ',');
		else if (rest.size >= 3 && memcmp(rest.data, "=3D", 3) == 0)
			muster_buffer_add_byte(name, '=');
		else
			return false;
		i += 2;
	}
	return text.size > 0;
}

/* Printable ASCII without the comma. */
static bool is_nonce(struct muster_text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < 0x21 || text.data[i] > 0x7e || text.data[i] == ',')
			return false;
	return text.size > 0;
}

static void malformed(struct muster_step *step)
{
	muster_step_fail(step, "malformed-request", "The message cannot be read.");
}

/* --- the first message --- */

struct first_message {
	struct muster_text flag, authzid, header, bare, name, nonce;
};

static bool parse_first(struct muster_text message, struct first_message *first)
{
	struct reader reader = { message };
	struct muster_text part;

	first->flag = take_part(&reader);
	part = take_part(&reader);
	first->authzid = value_of(part, 'a');
	if (part.size > 0 && !first->authzid.data)
		return false;
	first->bare = reader.rest;
	first->header = (struct muster_text){ message.data, message.size - reader.rest.size };
	first->name = value_of(take_part(&reader), 'n'); /* an unknown mandatory extension, m=, fails here as it must */
	first->nonce = value_of(take_part(&reader), 'r');
	return first->name.data && is_nonce(first->nonce);
}

static const struct muster_binding *find_binding(const struct muster_exchange *exchange, struct muster_text type)
{
	for (size_t i = 0; i < exchange->binding_count; i++)
		if (muster_text_is(exchange->bindings[i].type, type))
			return &exchange->bindings[i];
	return NULL;
}

/* The channel-binding flag must suit the mechanism; "y" says that the client saw none offered, so if we offered it
 * somebody in between took it out of the list (RFC 5802, section 6). */
static bool check_flag(const struct muster_exchange *exchange, struct muster_text flag, struct muster_step *step)
{
	if (exchange->mechanism->binds) {
		if (!value_of(flag, 'p').data)
			malformed(step);
		else if (!find_binding(exchange, value_of(flag, 'p')))
			muster_step_fail(step, "malformed-request", "The stream has no such channel binding.");
	} else if (muster_text_is_c(flag, "y") && exchange->binding_count > 0) {
		muster_step_fail(step, "not-authorized", "The stream has channel binding.");
	} else if (!muster_text_is_c(flag, "n") && !muster_text_is_c(flag, "y")) {
		malformed(step);
	}
	return step->status == 0;
}

static int add_nonce(struct muster_buffer *nonce)
{
	uint8_t bytes[NONCE_SIZE];
	int error = muster_random(bytes, sizeof(bytes));

	if (error == MUSTER_OK)
		error = muster_base64_add(nonce, (struct muster_text){ (const char *)bytes, sizeof(bytes) });
	return error;
}

static int write_server_first(struct muster_exchange *exchange)
{
	struct muster_buffer *message = &exchange->server_first;

	muster_buffer_add_c(message, "r=");
	muster_buffer_add(message, muster_buffer_text(&exchange->nonce));
	muster_buffer_add_c(message, ",s=");
	muster_base64_add(message, (struct muster_text){ (const char *)exchange->keys.salt, exchange->keys.salt_size });
	muster_buffer_add_c(message, ",i=");
	return muster_buffer_add_number(message, exchange->keys.iterations);
}

static int keep_first(struct muster_exchange *exchange, const struct first_message *first)
{
	int error = muster_buffer_set(&exchange->header, first->header);

	if (error == MUSTER_OK)
		error = muster_buffer_set(&exchange->first_bare, first->bare);
	if (error == MUSTER_OK)
		error = muster_buffer_set(&exchange->nonce, first->nonce);
	if (error == MUSTER_OK)
		error = add_nonce(&exchange->nonce);
	return error == MUSTER_OK ? write_server_first(exchange) : error;
}

static void challenge(struct muster_exchange *exchange, struct muster_store *store, const struct first_message *first,
                      struct muster_text name, struct muster_step *step)
{
	int error = muster_exchange_name(exchange, store, name);

	if (error == MUSTER_OK)
		error = muster_exchange_act_as(exchange, first->authzid);
	if (error == MUSTER_OK)
		error = keep_first(exchange, first);
	if (error != MUSTER_OK) {
		muster_step_error(step, error);
		return;
	}
	exchange->challenged = true;
	*step = (struct muster_step){ .status = MUSTER_LOGIN_CHALLENGE,
		                      .data = muster_buffer_text(&exchange->server_first) };
}

static void take_first(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step)
{
	struct first_message first = { 0 };
	struct muster_buffer name = { 0 };

	if (!message.data) { /* no initial response: ask for it with an empty challenge */
		*step = (struct muster_step){ .status = MUSTER_LOGIN_CHALLENGE, .data = MUSTER_TEXT("") };
		return;
	}
	if (!parse_first(message, &first) || !decode_name(first.name, &name))
		malformed(step);
	else if (name.error != MUSTER_OK)
		muster_step_error(step, name.error);
	else if (check_flag(exchange, first.flag, step))
		challenge(exchange, store, &first, muster_buffer_text(&name), step);
	muster_buffer_clear(&name);
}

/* --- the last message --- */

struct last_message {
	struct muster_text binding, nonce, proof, without_proof;
};

static bool parse_last(struct muster_text message, struct last_message *last)
{
	struct reader reader = { message };
	struct muster_text part = MUSTER_NO_TEXT;

	last->binding = value_of(take_part(&reader), 'c');
	last->nonce = value_of(take_part(&reader), 'r');
	while (reader.rest.size > 0) /* extensions stand before the proof */
		part = take_part(&reader);
	last->proof = value_of(part, 'p');
	if (!last->binding.data || !last->nonce.data || !last->proof.data)
		return false;
	last->without_proof = (struct muster_text){ message.data, (size_t)(part.data - message.data) - 1 };
	return true;
}

/* c= repeats the header of the first message and the binding's data behind it. */
static int expected_binding(const struct muster_exchange *exchange, struct muster_buffer *expected)
{
	struct muster_text header = muster_buffer_text(&exchange->header);
	struct reader reader = { header };
	const struct muster_binding *binding = find_binding(exchange, value_of(take_part(&reader), 'p'));
	struct muster_buffer whole = { 0 };
	int error = muster_buffer_add(&whole, header);

	if (error == MUSTER_OK && binding)
		error = muster_buffer_add(&whole, binding->data);
	if (error == MUSTER_OK)
		error = muster_base64_add(expected, muster_buffer_text(&whole));
	muster_buffer_clear(&whole);
	return error;
}

static int auth_message(const struct muster_exchange *exchange, const struct last_message *last,
                        struct muster_buffer *text)
{
	muster_buffer_add(text, muster_buffer_text(&exchange->first_bare));
	muster_buffer_add_byte(text, ',');
	muster_buffer_add(text, muster_buffer_text(&exchange->server_first));
	muster_buffer_add_byte(text, ',');
	return muster_buffer_add(text, last->without_proof);
}

/* ClientKey is the proof without the signature; its hash must be StoredKey. */
static bool proves(const struct muster_exchange *exchange, const struct muster_scram_keys *keys)
{
	size_t size = muster_hash_size(exchange->hash);
	struct muster_scram_keys derived = { 0 };
	uint8_t client_key[MUSTER_DIGEST_MAX];
	bool same;

	muster_hmac(exchange->hash, (struct muster_text){ (const char *)keys->stored_key, size },
	            muster_buffer_text(&exchange->message), client_key);
	for (size_t i = 0; i < size; i++)
		client_key[i] ^= exchange->proof[i];
	muster_digest(exchange->hash, (struct muster_text){ (const char *)client_key, size }, derived.stored_key);
	same = muster_scram_same(exchange->hash, &derived, keys);
	muster_wipe(client_key, sizeof(client_key));
	muster_wipe(&derived, sizeof(derived));
	return same;
}

/* The client does not say which of the account's secrets it has: all are looked at, whichever is right. */
static bool proves_any(struct muster_exchange *exchange)
{
	const struct muster_account *account = &exchange->account;
	const struct muster_device *device = NULL;
	bool right = proves(exchange, &exchange->keys);

	for (size_t i = 0; i < account->device_count; i++) {
		const struct muster_scram_keys *keys = &account->devices[i].keys[exchange->hash];

		if (muster_scram_alike(keys, &exchange->keys) && proves(exchange, keys))
			device = &account->devices[i];
	}
	muster_wipe(exchange->proof, sizeof(exchange->proof));
	if (right || !device)
		return right;
	exchange->keys = device->keys[exchange->hash];
	muster_device_use(exchange, device);
	return true;
}

static int sign(struct muster_exchange *exchange, struct muster_text message)
{
	size_t size = muster_hash_size(exchange->hash);
	uint8_t signature[MUSTER_DIGEST_MAX];

	muster_hmac(exchange->hash, (struct muster_text){ (const char *)exchange->keys.server_key, size }, message,
	            signature);
	muster_buffer_add_c(&exchange->data, "v=");
	return muster_base64_add(&exchange->data, (struct muster_text){ (const char *)signature, size });
}

void muster_scram_prove(struct muster_exchange *exchange, struct muster_store *store, struct muster_step *step)
{
	int error = muster_exchange_load(exchange, store);

	if (error != MUSTER_OK) {
		muster_step_error(step, error);
		return;
	}
	if (!proves_any(exchange)) {
		muster_exchange_deny(exchange, step);
		return;
	}
	muster_exchange_admit(exchange, store, step);
	if (step->status != MUSTER_LOGIN_SUCCESS)
		return;
	if (sign(exchange, muster_buffer_text(&exchange->message)) != MUSTER_OK)
		muster_step_error(step, MUSTER_NO_MEMORY);
	else
		step->data = muster_buffer_text(&exchange->data);
}

static void take_last(struct muster_exchange *exchange, struct muster_store *store, struct muster_text text,
                      struct muster_step *step)
{
	struct muster_buffer binding = { 0 };
	struct last_message last;
	int error;

	if (!parse_last(text, &last) || !muster_text_is(last.nonce, muster_buffer_text(&exchange->nonce)) ||
	    !muster_base64_read(last.proof, exchange->proof, muster_hash_size(exchange->hash))) {
		malformed(step);
		return;
	}
	error = expected_binding(exchange, &binding);
	if (error == MUSTER_OK)
		error = auth_message(exchange, &last, &exchange->message);
	if (error != MUSTER_OK)
		muster_step_error(step, error);
	else if (!muster_text_is(last.binding, muster_buffer_text(&binding)))
		muster_step_fail(step, "not-authorized", "The channel binding does not match.");
	else
		muster_exchange_queue(exchange, store, step);
	muster_buffer_clear(&binding);
}

void muster_scram_step(struct muster_exchange *exchange, struct muster_store *store, struct muster_text message,
                       struct muster_step *step)
{
	if (exchange->challenged)
		take_last(exchange, store, message, step);
	else
		take_first(exchange, store, message, step);
}
