/* inviting.h -- invitations for tests: made by an operator, and shown on streams. */
#ifndef TEST_INVITING_H
#define TEST_INVITING_H

#include "support.h"

struct made {
	char token[MUSTER_TOKEN_SIZE + 1], id[MUSTER_INVITATION_ID_SIZE + 1];
	int64_t expires_s;
	int error;
};

/* Make one: by an order of somebody's, whatever comes of it; and by the console, which must succeed, to register with
 * `name`, NULL for any, unless `wanted` has another kind. */
struct made invite_by(struct place *place, const char *name, struct muster_invitation wanted,
                      struct muster_order order);
struct made invite(struct place *place, const char *name, struct muster_invitation wanted);
struct made invite_anybody(struct place *place);

/* A stranger on a stream of their own; end_stream lets go of it. */
struct muster_facts open_stream(void);
void end_stream(struct muster_facts facts);

/* Show a token on it: what came of it. The second is a new stream on which it was taken. */
const char *show(struct place *place, struct muster_facts facts, const char *token);
struct muster_facts holder_of(struct place *place, const char *token);

#define assert_shown(place, facts, token, wanted) assert_string_equal(verdict(show(place, facts, token)), wanted)
#define assert_set(place, facts, inner, wanted) assert_string_equal(verdict(set(place, facts, inner)), wanted)

#endif
