/* client.h -- the client's side of SASL exchanges. */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include "support.h"

/* An exchange on the place's host; facts may be NULL. */
struct muster_exchange *begin(struct place *place, const char *mechanism, const struct muster_login_facts *facts);

/* One step with `message`, without any wait: "challenge", "success", "work" or the condition of the failure. */
const char *step(struct place *place, struct muster_exchange *exchange, struct muster_text message,
                 struct muster_step *taken);

/* --- SCRAM --- */

struct client {
	enum muster_hash hash;
	const char *password, *header, *binding; /* gs2 header, channel binding's data */
	char bare[256], last[1024], signature[128];
};

/* Who wants to log in, by SHA-256 and without a binding. */
struct client client_of(const char *name, const char *password);

struct muster_text first_message(const struct client *client);

/* RFC 5802, section 3: the last message and the signature that is expected, from the server's first. */
void respond(struct client *client, struct muster_text challenge);

/* A whole exchange of juliet's, or somebody else's who fails; the server's signature is checked on success. */
const char *scram(struct place *place, const char *mechanism, struct client *client,
                  const struct muster_login_facts *facts);

#endif
