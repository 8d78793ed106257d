/* client.c -- the client's side of SASL exchanges, SCRAM's written after RFC 5802. */
#include "client.h"

#include <stdlib.h>

#include "credential/base64.h"
#include "credential/derivation.h"

struct muster_exchange *begin(struct place *place, const char *mechanism, const struct muster_login_facts *facts)
{
	static const struct muster_login_facts none;
	struct muster_exchange *exchange;

	assert_error(muster_login_begin(place->host, text(mechanism), facts ? facts : &none, &exchange), MUSTER_OK);
	return exchange;
}

const char *step(struct place *place, struct muster_exchange *exchange, struct muster_text message,
                 struct muster_step *taken)
{
	struct muster_step own;

	taken = taken ? taken : &own;
	muster_login_step(exchange, place->store, message, taken);
	if (taken->status == MUSTER_LOGIN_WAIT)
		muster_login_resume(exchange, place->store, taken);
	switch (taken->status) {
	case MUSTER_LOGIN_CHALLENGE:
		return "challenge";
	case MUSTER_LOGIN_SUCCESS:
		return "success";
	case MUSTER_LOGIN_WORK:
		return "work";
	default:
		assert_non_null(taken->text);
		return taken->condition;
	}
}

static void add_base64(char *target, size_t room, const void *bytes, size_t size)
{
	struct muster_buffer encoded = { 0 };

	muster_base64_add(&encoded, (struct muster_text){ bytes, size });
	snprintf(target + strlen(target), room - strlen(target), "%.*s", (int)encoded.size, encoded.data);
	muster_buffer_clear(&encoded);
}

static struct muster_text bytes_of(const uint8_t *digest, enum muster_hash hash)
{
	return (struct muster_text){ (const char *)digest, muster_hash_size(hash) };
}

void respond(struct client *client, struct muster_text challenge)
{
	uint8_t salted[64], client_key[64], stored[64], signature[64], server_key[64], salt[16];
	struct muster_buffer message = { 0 };
	char nonce[128], encoded[64], count[16], binding[256];
	size_t size = muster_hash_size(client->hash);

	assert_int_equal(sscanf(challenge.data, "r=%127[^,],s=%63[^,],i=%15s", nonce, encoded, count), 3);
	assert_true(muster_base64_read(text(encoded), salt, sizeof(salt)));
	muster_derive(client->hash, text(client->password), (struct muster_text){ (char *)salt, sizeof(salt) },
	              (uint32_t)strtoul(count, NULL, 10), salted);
	muster_hmac(client->hash, bytes_of(salted, client->hash), text("Client Key"), client_key);
	muster_hmac(client->hash, bytes_of(salted, client->hash), text("Server Key"), server_key);
	muster_digest(client->hash, bytes_of(client_key, client->hash), stored);
	snprintf(binding, sizeof(binding), "%s%s", client->header, client->binding ? client->binding : "");
	snprintf(client->last, sizeof(client->last), "c=");
	add_base64(client->last, sizeof(client->last), binding, strlen(binding));
	snprintf(client->last + strlen(client->last), sizeof(client->last) - strlen(client->last), ",r=%s", nonce);
	muster_buffer_add_c(&message, client->bare);
	muster_buffer_add_c(&message, ",");
	muster_buffer_add(&message, challenge);
	muster_buffer_add_c(&message, ",");
	muster_buffer_add_c(&message, client->last);
	muster_hmac(client->hash, bytes_of(stored, client->hash), muster_buffer_text(&message), signature);
	for (size_t i = 0; i < size; i++)
		client_key[i] ^= signature[i];
	snprintf(client->last + strlen(client->last), sizeof(client->last) - strlen(client->last), ",p=");
	add_base64(client->last, sizeof(client->last), client_key, size);
	muster_hmac(client->hash, bytes_of(server_key, client->hash), muster_buffer_text(&message), signature);
	muster_buffer_clear(&message);
	snprintf(client->signature, sizeof(client->signature), "v=");
	add_base64(client->signature, sizeof(client->signature), signature, size);
}

struct muster_text first_message(const struct client *client)
{
	static char message[512];

	snprintf(message, sizeof(message), "%s%s", client->header, client->bare);
	return text(message);
}

const char *scram(struct place *place, const char *mechanism, struct client *client,
                  const struct muster_login_facts *facts)
{
	struct muster_exchange *exchange = begin(place, mechanism, facts);
	struct muster_step taken;
	const char *found = step(place, exchange, first_message(client), &taken);

	if (taken.status == MUSTER_LOGIN_CHALLENGE) {
		respond(client, taken.data);
		found = step(place, exchange, text(client->last), &taken);
	}
	if (taken.status == MUSTER_LOGIN_SUCCESS) {
		assert_text(taken.data, client->signature);
		assert_text(muster_login_username(exchange), "juliet");
	}
	muster_login_free(exchange);
	return found;
}

struct client client_of(const char *name, const char *password)
{
	struct client client = { .hash = MUSTER_SHA_256, .password = password, .header = "n,," };

	snprintf(client.bare, sizeof(client.bare), "n=%s,r=rOprNGfwEbeRWgbNEkqO", name);
	return client;
}
