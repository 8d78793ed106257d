/* test_format.c -- rows byte by byte, as docs/format.md has them: what is written, and what may be read. */
#include "support.h"

#include "base/clock.h"
#include "muster/attempt.h"
#include "muster/audit.h"
#include "muster/bucket.h"
#include "muster/claim.h"
#include "muster/directive.h"
#include "muster/due.h"
#include "muster/invitation.h"
#include "muster/guess.h"
#include "muster/mix.h"
#include "muster/tombstone.h"
#include "store/internal.h"

#define FIELD(tag, size, value) tag "\0\0\0" size value
#define TIME "\0\0\0\1\2\3\4\5" /* of eight bytes */
#define TIME_S INT64_C(0x0102030405)
#define ABSENT_SET "\0\0\0\0\0\0" /* of a shape */
#define UNKNOWN FIELD("\x7f", "\3", "new")

/* The SHA-256 of "juliet" */
#define HASH                                                                                                           \
	"\xbd\x86\x2c\xc1\x10\x7a\x53\x52\xef\xbc\x4f\x4e\xdc\x69\x05\x60"                                             \
	"\x71\x46\xa1\xc9\x9f\x6a\x39\x86\x77\x86\xe9\x26\x54\x3c\x42\x3c"

static const struct muster_text host = { "localhost", 9 }, name = { "juliet", 6 };

static struct muster_transaction *writing(void **state)
{
	const struct place *place = *state;
	struct muster_transaction *transaction;

	assert_error(muster_transaction_write(place->store, &transaction), MUSTER_OK);
	return transaction;
}

#define assert_row(transaction, database, key, value)                                                                  \
	assert_row_(transaction, database, MUSTER_TEXT(key), MUSTER_TEXT(value))

static void assert_row_(struct muster_transaction *transaction, const char *database_name, struct muster_text key,
                        struct muster_text value)
{
	MDB_dbi database;
	MDB_cursor *cursor;
	MDB_val found_key, found;

	assert_int_equal(mdb_dbi_open(transaction->txn, database_name, 0, &database), 0);
	assert_int_equal(mdb_cursor_open(transaction->txn, database, &cursor), 0);
	assert_int_equal(mdb_cursor_get(cursor, &found_key, &found, MDB_FIRST), 0);
	assert_int_equal(found_key.mv_size, key.size);
	assert_memory_equal(found_key.mv_data, key.data, key.size);
	assert_int_equal(found.mv_size, value.size);
	assert_memory_equal(found.mv_data, value.data, value.size);
	assert_int_equal(mdb_cursor_get(cursor, &found_key, &found, MDB_NEXT), MDB_NOTFOUND);
	mdb_cursor_close(cursor);
}

#define put_row(transaction, database, key, value) put_row_(transaction, database, MUSTER_TEXT(key), MUSTER_TEXT(value))

static void put_row_(struct muster_transaction *transaction, MDB_dbi database, struct muster_text key,
                     struct muster_text value)
{
	MDB_val name_of_row = { key.size, (void *)key.data }, bytes = { value.size, (void *)value.data };

	assert_int_equal(mdb_put(transaction->txn, database, &name_of_row, &bytes, 0), 0);
}

/* --- what is written --- */

static const struct muster_attempt attempt = {
	.host = { "localhost", 9 }, .kind = { "proof", 5 }, .subject = { "juliet", 6 }, .period_s = 1
};

static void test_attempts(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_attempt_add(transaction, &attempt, TIME_S - 1), MUSTER_OK);
	assert_row(transaction, "attempts", "localhost\0proof/juliet",
	           "\1" FIELD("\1", "\x8", TIME) FIELD("\2", "\x8", "\0\0\0\1\2\3\4\4"));
	muster_transaction_abort(transaction);
}

static void test_claims(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_claim_take(transaction, host, name, text("j@c.lit")), MUSTER_OK);
	assert_row(transaction, "claims", "localhost\0juliet",
	           "\1" FIELD("\1", "\6", "juliet") FIELD("\2", "\7", "j@c.lit"));
	muster_transaction_abort(transaction);
}

static void test_due(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_due_add(transaction, host, name, TIME_S), MUSTER_OK);
	assert_row(transaction, "due", "localhost\0" TIME HASH, "\1" FIELD("\1", "\6", "juliet"));
	muster_transaction_abort(transaction);
}

static void test_tombstones(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_tombstone_put(transaction, host, name, TIME_S, -1), MUSTER_OK);
	assert_row(transaction, "tombstones", "localhost\0juliet",
	           "\1" FIELD("\1", "\6", "juliet") FIELD("\2", "\x8", TIME));
	muster_transaction_abort(transaction);
}

static const struct muster_bucket bucket = { { "localhost", 9 }, { "192.0.2.7", 9 }, 3, 3600 };

#define BUCKET_KEY "localhost\000192.0.2.7 3600"
#define NUMBER(tag, bytes) FIELD(tag, "\x8", "\0\0\0\0\0\0" bytes)

static void test_buckets(void **state)
{
	struct muster_transaction *transaction = writing(state);

	assert_error(muster_bucket_add(transaction, &bucket, TIME_S, (struct muster_level){ 1200, 200 }), MUSTER_OK);
	assert_row(transaction, "buckets", BUCKET_KEY,
	           "\1" FIELD("\1", "\x9", "192.0.2.7") NUMBER("\2", "\0\3") NUMBER("\3", "\x0e\x10")
	                   NUMBER("\4", "\x04\xb0") FIELD("\5", "\x8", TIME) NUMBER("\6", "\0\xc8"));
	muster_transaction_abort(transaction);
}

static void test_directives(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive directive = { .host = host,
		                              .kind = text("mode"),
		                              .subject = text(""),
		                              .value = text("closed"),
		                              .actor = text("a@b"),
		                              .reason = text("spam"),
		                              .at_s = TIME_S,
		                              .until_s = TIME_S + 1 };

	assert_error(muster_directive_put(transaction, &directive), MUSTER_OK);
	assert_row(transaction, "directives", "localhost\0mode ",
	           "\1" FIELD("\1", "\4", "mode") FIELD("\2", "\0", "") FIELD("\3", "\6", "closed")
	                   FIELD("\4", "\3", "a@b") FIELD("\5", "\4", "spam") FIELD("\6", "\x8", TIME)
	                           FIELD("\7", "\x8", "\0\0\0\1\2\3\4\6"));
	assert_error(muster_directive_remove(transaction, host, directive.kind, directive.subject), MUSTER_OK);
	directive = (struct muster_directive){
		.host = host, .kind = text("block"), .subject = text("::/0"), .at_s = TIME_S
	};
	assert_error(muster_directive_put(transaction, &directive), MUSTER_OK);
	assert_row(transaction, "directives", "localhost\0block ::/0",
	           "\1" FIELD("\1", "\5", "block") FIELD("\2", "\4", "::/0") FIELD("\6", "\x8", TIME)
	                   NUMBER("\7", "\0\0"));
	muster_transaction_abort(transaction);
}

#define AUDIT_TIME "\x00\x0f\x60\xf2\x84\x15\x4b\x40" /* TIME_S in microseconds */

static void test_audit(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_entry entry = { .host = host,
		                      .action = text("register"),
		                      .username = name,
		                      .outcome = text("ok"),
		                      .rule = text("name-kept"),
		                      .door = text("console"),
		                      .address = text("::1"),
		                      .actor = text("a@b"),
		                      .detail = text("why"),
		                      .overridden = true };

	muster_clock_pretend(TIME_S);
	assert_error(muster_audit_add(transaction, &entry, MUSTER_AUDIT_FOR_EVER), MUSTER_OK);
	assert_true(entry.at_us == TIME_S * 1000000);
	assert_row(transaction, "audit", "localhost\0" AUDIT_TIME,
	           "\1" FIELD("\1", "\x8", "register") FIELD("\2", "\6", "juliet") FIELD("\3", "\2", "ok")
	                   FIELD("\4", "\x9", "name-kept") FIELD("\5", "\7", "console") FIELD("\6", "\3", "::1")
	                           FIELD("\7", "\3", "a@b") FIELD("\x8", "\3", "why") NUMBER("\x9", "\0\1"));
	muster_transaction_abort(transaction);
	transaction = writing(state);
	entry = (struct muster_entry){ .host = host, .action = text("register"), .outcome = text("ok") };
	assert_error(muster_audit_add(transaction, &entry, MUSTER_AUDIT_FOR_EVER), MUSTER_OK);
	assert_row(transaction, "audit", "localhost\0" AUDIT_TIME,
	           "\1" FIELD("\1", "\x8", "register") FIELD("\3", "\2", "ok"));
	muster_transaction_abort(transaction);
}

static void test_origins(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_origin origin;
	MDB_stat status;

	memcpy(origin.bytes, "sixteen bytes...", MUSTER_ORIGIN_SIZE);
	for (int i = 0; i < 3; i++)
		assert_error(muster_origin_add(transaction, host, &origin, 1), MUSTER_OK);
	assert_row(transaction, "origins", "localhost\0sixteen bytes...", "\1" NUMBER("\1", "\0\3"));
	for (int i = 0; i < 4; i++)
		assert_error(muster_origin_add(transaction, host, &origin, -1), MUSTER_OK);
	assert_int_equal(mdb_stat(transaction->txn, transaction->store->origins, &status), 0);
	assert_int_equal(status.ms_entries, 0);
	muster_transaction_abort(transaction);
}

/* With everything that the rules add to an account, of state 5; the row of counts has a tag for each state. */
static void test_accounts_and_their_counts(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_account account = { .host = host,
		                          .name = name,
		                          .state = MUSTER_ACCOUNT_PENDING,
		                          .created_s = TIME_S,
		                          .changed_s = TIME_S,
		                          .purge_s = TIME_S,
		                          .lift_s = TIME_S,
		                          .reason = text("why"),
		                          .address = text("::1"),
		                          .door = text("web"),
		                          .inviter = text("r@m.lit") };

	memcpy(account.origin.bytes, "sixteen bytes...", MUSTER_ORIGIN_SIZE);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_row(transaction, "accounts", "localhost\0juliet",
	           "\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\5")
	                   FIELD("\4", "\x8", TIME) NUMBER("\5", "\0\0") FIELD("\6", "\x8", TIME)
	                           FIELD("\x0a", "\x8", TIME) FIELD("\x0c", "\x8", TIME) FIELD("\7", "\3", "why")
	                                   FIELD("\x0d", "\3", "::1") FIELD("\x0f", "\x10", "sixteen bytes...")
	                                           FIELD("\x10", "\3", "web") FIELD("\x0e", "\7", "r@m.lit"));
	assert_row(transaction, "counts", "localhost\0", "\1" NUMBER("\5", "\0\1"));
	account.name = text("romeo");
	account.state = MUSTER_ACCOUNT_ENABLED;
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_row(transaction, "counts", "localhost\0", "\1" NUMBER("\1", "\0\1") NUMBER("\5", "\0\1"));
	muster_transaction_abort(transaction);
}

#define KEYS_OF_SHA_1                                                                                                  \
	"\1" FIELD("\1", "\5", "SHA-1") NUMBER("\2", "\x10\0") FIELD("\3", "\x10", "sixteen bytes...")                 \
		FIELD("\4", "\x14", "key that is in store") FIELD("\5", "\x14", "key of a long server")
#define DIGEST "digest of thirty-two bytes......"
#define ACCOUNT                                                                                                        \
	"\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\1") NUMBER("\4", "\0\0")     \
		NUMBER("\5", "\0\0") NUMBER("\6", "\0\0")

static void test_devices(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_device devices[] = { { .name = text("Phone"), .created_s = TIME_S, .used_s = TIME_S },
		                           { .name = text("TV") } };
	struct muster_account account = { .host = host, .name = name, .state = MUSTER_ACCOUNT_ENABLED };

	account.devices = devices;
	account.device_count = 2;
	memcpy(devices[0].digest, DIGEST, 32);
	devices[0].keys[MUSTER_SHA_1] = (struct muster_scram_keys){ .iterations = 4096, .salt_size = 16 };
	memcpy(devices[0].keys[MUSTER_SHA_1].salt, "sixteen bytes...", 16);
	memcpy(devices[0].keys[MUSTER_SHA_1].stored_key, "key that is in store", 20);
	memcpy(devices[0].keys[MUSTER_SHA_1].server_key, "key of a long server", 20);
	memcpy(devices[1].digest, DIGEST, 32);
	assert_error(muster_account_add(transaction, &account), MUSTER_OK);
	assert_row(transaction, "accounts", "localhost\0juliet",
	           ACCOUNT FIELD("\x11", "\xae",
	                         "\1" FIELD("\1", "\5", "Phone") FIELD("\2", "\x8", TIME) FIELD("\3", "\x8", TIME)
	                                 FIELD("\4", "\x20", DIGEST) FIELD("\5", "\x5f", KEYS_OF_SHA_1))
	                   FIELD("\x11", "\x3a",
	                         "\1" FIELD("\1", "\2", "TV") NUMBER("\2", "\0\0") FIELD("\4", "\x20", DIGEST)));
	/* A glance sees everything that stands before them. */
	assert_error(muster_account_glance(transaction, host, name, &account), MUSTER_OK);
	assert_int_equal(account.device_count, 0);
	assert_int_equal(account.state, MUSTER_ACCOUNT_ENABLED);
	assert_int_equal(account.record.size, sizeof(ACCOUNT) - 1);
	muster_account_clear(&account);
	/* They are no passwords, which everybody is shown the salts of. */
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_OK);
	assert_int_equal(muster_account_first_hash(&account), MUSTER_HASH_COUNT);
	muster_account_clear(&account);
	muster_transaction_abort(transaction);
}

static int read_device(struct muster_transaction *transaction, struct muster_text row, struct muster_account *account)
{
	put_row_(transaction, transaction->store->accounts, MUSTER_TEXT("localhost\0juliet"), row);
	return muster_account_get(transaction, host, name, account);
}

#define DEVICE(size, fields) MUSTER_TEXT(ACCOUNT FIELD("\x11", size, "\1" fields))

static void test_devices_as_they_may_be_read(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_account account;

	assert_error(read_device(transaction,
	                         DEVICE("\x35", UNKNOWN FIELD("\1", "\2", "TV") FIELD("\4", "\x20", DIGEST)), &account),
	             MUSTER_OK);
	assert_int_equal(account.device_count, 1);
	assert_text(account.devices[0].name, "TV");
	assert_int_equal(account.devices[0].keys[MUSTER_SHA_1].iterations, 0);
	assert_ptr_equal(muster_account_device(&account, text("TV")), account.devices);
	assert_null(muster_account_device(&account, text("T")));
	muster_account_clear(&account);
	/* Without a digest, with one that is too short, without a name, with an empty one, of a newer version */
	assert_error(read_device(transaction, DEVICE("\x8", FIELD("\1", "\2", "TV")), &account), MUSTER_CORRUPT);
	assert_error(read_device(transaction, DEVICE("\xe", FIELD("\1", "\2", "TV") FIELD("\4", "\1", "d")), &account),
	             MUSTER_CORRUPT);
	assert_error(read_device(transaction, DEVICE("\x26", FIELD("\4", "\x20", DIGEST)), &account), MUSTER_CORRUPT);
	assert_error(
		read_device(transaction, DEVICE("\x2b", FIELD("\1", "\0", "") FIELD("\4", "\x20", DIGEST)), &account),
		MUSTER_CORRUPT);
	assert_error(read_device(transaction, MUSTER_TEXT(ACCOUNT FIELD("\x11", "\1", "\2")), &account), MUSTER_NEWER);
	/* With keys that are no keys */
	assert_error(read_device(transaction,
	                         DEVICE("\x33", FIELD("\1", "\2", "TV") FIELD("\4", "\x20", DIGEST)
	                                                FIELD("\5", "\6", "\1\1\0\0\0\1")),
	                         &account),
	             MUSTER_CORRUPT);
	muster_transaction_abort(transaction);
}

static void test_mixes(void **state)
{
	const struct muster_shape none = { 0 }, own = { .sets = { { 4096, 16, false }, { 10000, 36, true } } },
				  other = { .sets = { [MUSTER_SHA_512] = { 10000, 16, false } } };
	struct muster_transaction *transaction = writing(state);
	struct muster_mix mix;

	assert_error(muster_mix_move(transaction, host, &none, &own), MUSTER_OK);
	assert_error(muster_mix_move(transaction, host, &none, &other), MUSTER_OK);
	assert_error(muster_mix_move(transaction, host, &own, &other), MUSTER_OK);
	assert_row(transaction, "mixes", "localhost\0",
	           "\1" FIELD("\1", "\x1a", "\0\0\0\0\0\0\0\2" ABSENT_SET ABSENT_SET "\0\0\x27\x10\x10\0"));
	assert_error(muster_mix_move(transaction, host, &other, &own), MUSTER_OK);
	assert_row(transaction, "mixes", "localhost\0",
	           "\1" FIELD("\1", "\x1a", "\0\0\0\0\0\0\0\1" ABSENT_SET ABSENT_SET "\0\0\x27\x10\x10\0")
	                   FIELD("\1", "\x1a",
	                         "\0\0\0\0\0\0\0\1"
	                         "\0\0\x10\0\x10\0"
	                         "\0\0\x27\x10\x24\1" ABSENT_SET));
	/* A further hash, of a newer version. */
	put_row(transaction, transaction->store->mixes, "localhost\0",
	        "\1" UNKNOWN FIELD("\1", "\x20",
	                           "\0\0\0\0\0\0\0\7"
	                           "\0\0\x10\0\x10\0" ABSENT_SET ABSENT_SET ABSENT_SET));
	assert_error(muster_mix_read(transaction, host, &mix), MUSTER_OK);
	assert_int_equal(mix.count, 1);
	assert_int_equal(mix.accounts[0], 7);
	assert_int_equal(mix.shapes[0].sets[MUSTER_SHA_1].salt_size, 16);
	muster_transaction_abort(transaction);
}

/* The SHA-256 of "token", and of "r@m.lit" */
#define TOKEN_HASH                                                                                                     \
	"\x3c\x46\x9e\x9d\x6c\x58\x75\xd3\x7a\x43\xf3\x53\xd4\xf8\x8e\x61"                                             \
	"\xfc\xf8\x12\xc6\x6e\xee\x34\x57\x46\x5a\x40\xb0\xda\x41\x53\xe0"
#define INVITER_HASH                                                                                                   \
	"\x28\x56\xe0\xf7\xc0\xb8\x47\xa6\xbf\x78\x9c\x75\xe2\xad\x99\x89"                                             \
	"\x11\xff\x32\x1d\xe2\x25\xa2\x01\x3f\x96\x37\x63\x42\x6e\xaa\x4d"

static struct muster_invitation invitation_of(struct muster_text token)
{
	struct muster_invitation invitation = { .host = host,
		                                .kind = MUSTER_INVITATION_REGISTER,
		                                .name = name,
		                                .inviter = text("r@m.lit"),
		                                .role = text("guest"),
		                                .note = text("why"),
		                                .contact = true,
		                                .created_s = TIME_S - 1,
		                                .expires_s = TIME_S,
		                                .uses = 1 };

	muster_token_hash(token, invitation.hash);
	return invitation;
}

#define INVITATION(uses)                                                                                               \
	"\1" NUMBER("\1", "\0\1") FIELD("\2", "\6", "juliet") FIELD("\3", "\7", "r@m.lit") FIELD("\4", "\5", "guest")  \
		FIELD("\5", "\3", "why") NUMBER("\6", "\0\1") FIELD("\7", "\x8", "\0\0\0\1\2\3\4\4")                   \
			FIELD("\x8", "\x8", TIME) NUMBER("\x0a", uses)

static void test_invitations(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_invitation invitation = invitation_of(text("token"));

	assert_error(muster_invitation_add(transaction, &invitation), MUSTER_OK);
	assert_error(muster_invitation_add(transaction, &invitation), MUSTER_EXISTS);
	assert_row(transaction, "invitations", "localhost\0" TOKEN_HASH, INVITATION("\0\1"));
	assert_row(transaction, "held", "localhost\0juliet",
	           "\1" FIELD("\1", "\x20", TOKEN_HASH) FIELD("\2", "\x8", TIME));
	assert_row(transaction, "inviters", "localhost\0" INVITER_HASH "\1" TOKEN_HASH, "\1" FIELD("\2", "\x8", TIME));
	assert_error(muster_invitation_spend(transaction, host, invitation.hash, name, TIME_S), MUSTER_OK);
	assert_row(transaction, "invitations", "localhost\0" TOKEN_HASH,
	           INVITATION("\0\0") FIELD("\x0b", "\6", "juliet") FIELD("\x0c", "\x8", TIME));
	assert_error(muster_invitation_spend(transaction, host, invitation.hash, name, TIME_S), MUSTER_SPENT);
	assert_error(muster_invitation_remove(transaction, &invitation), MUSTER_OK);
	assert_error(muster_invitation_spend(transaction, host, invitation.hash, name, TIME_S), MUSTER_SPENT);
	assert_error(muster_invitee_add(transaction, host, text("r@m.lit"), name), MUSTER_OK);
	assert_row(transaction, "inviters", "localhost\0" INVITER_HASH "\2" HASH, "\1" FIELD("\1", "\6", "juliet"));
	invitation = (struct muster_invitation){ .host = host,
		                                 .kind = MUSTER_INVITATION_RESET,
		                                 .expires_s = TIME_S,
		                                 .account_s = TIME_S,
		                                 .uses = MUSTER_USES_UNLIMITED };
	muster_token_hash(text("token"), invitation.hash);
	assert_error(muster_invitation_add(transaction, &invitation), MUSTER_OK);
	assert_row(transaction, "invitations", "localhost\0" TOKEN_HASH,
	           "\1" NUMBER("\1", "\0\3") NUMBER("\7", "\0\0") FIELD("\x8", "\x8", TIME) FIELD("\x9", "\x8", TIME)
	                   FIELD("\x0a", "\x8", "\0\0\0\0\xff\xff\xff\xff"));
	muster_transaction_abort(transaction);
}

static void test_invitations_with_tags_that_are_not_known(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_invitation invitation = invitation_of(text("token"));
	uint8_t hash[MUSTER_TOKEN_HASH_SIZE];

	put_row(transaction, transaction->store->invitations, "localhost\0" TOKEN_HASH,
	        INVITATION("\0\1") UNKNOWN NUMBER("\x7f", "\0\2"));
	put_row(transaction, transaction->store->held, "localhost\0juliet",
	        "\1" UNKNOWN FIELD("\1", "\x20", TOKEN_HASH) FIELD("\2", "\x8", TIME) UNKNOWN);
	memcpy(hash, invitation.hash, sizeof(hash));
	assert_error(muster_invitation_find(transaction, host, text("3c469e9d6c58"), &invitation), MUSTER_OK);
	assert_text(invitation.note, "why");
	assert_int_equal(invitation.uses, 1);
	muster_invitation_clear(&invitation);
	assert_error(muster_invitation_holder(transaction, host, name, TIME_S - 1, hash), MUSTER_OK);
	assert_memory_equal(hash, TOKEN_HASH, sizeof(hash));
	assert_error(muster_invitation_holder(transaction, host, name, TIME_S, hash), MUSTER_NOT_FOUND);
	muster_transaction_abort(transaction);
}

static void test_effects_of_invitations(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_effect effect = { .kind = MUSTER_EFFECT_BEFRIENDED,
		                        .at_s = TIME_S,
		                        .host = host,
		                        .username = name,
		                        .door = text("web"),
		                        .invitation = text("3c469e9d6c58"),
		                        .contact = text("r@m.lit"),
		                        .role = text("guest") };
	struct muster_text tail = MUSTER_TEXT(FIELD("\6", "\3", "web") FIELD("\7", "\5", "guest") FIELD(
		"\x8", "\x0c", "3c469e9d6c58") FIELD("\x9", "\7", "r@m.lit"));
	MDB_val key = { 8, "\0\0\0\0\0\0\0\1" }, value;

	assert_error(muster_effect_add(transaction, &effect), MUSTER_OK);
	assert_int_equal(mdb_get(transaction->txn, transaction->store->effects, &key, &value), 0);
	assert_memory_equal(value.mv_data, "\1" NUMBER("\1", "\0\x9"), 14);
	assert_memory_equal((char *)value.mv_data + value.mv_size - tail.size, tail.data, tail.size);
	muster_transaction_abort(transaction);
}

static void test_effects_of_devices(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_effect effect = { .kind = MUSTER_EFFECT_DEVICE_REVOKED,
		                        .at_s = TIME_S,
		                        .host = host,
		                        .username = name,
		                        .door = text("web"),
		                        .device = text("Phone") };
	struct muster_text tail = MUSTER_TEXT(FIELD("\6", "\3", "web") FIELD("\x0a", "\5", "Phone"));
	MDB_val key = { 8, "\0\0\0\0\0\0\0\1" }, value;

	assert_error(muster_effect_add(transaction, &effect), MUSTER_OK);
	assert_int_equal(mdb_get(transaction->txn, transaction->store->effects, &key, &value), 0);
	assert_memory_equal(value.mv_data, "\1" NUMBER("\1", "\0\x0a"), 14);
	assert_memory_equal((char *)value.mv_data + value.mv_size - tail.size, tail.data, tail.size);
	muster_transaction_abort(transaction);
}

static void test_guesses(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_guess guess = { host, MUSTER_GUESS_NETWORK, text("192.0.2.7"), { "" }, 300 };
	const struct muster_guess_state wrong = { .level = 1000, .at_s = TIME_S, .told = true },
					seen = { .at_s = TIME_S, .seen_s = TIME_S };

	assert_error(muster_guess_write(transaction, &guess, TIME_S, &wrong, TIME_S), MUSTER_OK);
	assert_row(transaction, "guesses", "localhost\0network 192.0.2.7",
	           "\1" NUMBER("\1", "\0\2") FIELD("\2", "\x9", "192.0.2.7") NUMBER("\3", "\x3\xe8")
	                   FIELD("\4", "\x8", TIME) NUMBER("\5", "\1\x2c") NUMBER("\7", "\0\1")
	                           FIELD("\x8", "\x8", TIME));
	assert_error(muster_guess_reset(transaction, &guess), MUSTER_OK);
	guess.kind = MUSTER_GUESS_KNOWN;
	guess.subject = name;
	memcpy(guess.origin.bytes, "sixteen bytes...", MUSTER_ORIGIN_SIZE);
	assert_error(muster_guess_write(transaction, &guess, TIME_S, &seen, TIME_S), MUSTER_OK);
	assert_row(transaction, "guesses", "localhost\0known 7369787465656e2062797465732e2e2ejuliet",
	           "\1" NUMBER("\1", "\0\3") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\0") FIELD("\4", "\x8", TIME)
	                   NUMBER("\5", "\1\x2c") FIELD("\6", "\x8", TIME) FIELD("\x9", "\x10", "sixteen bytes...")
	                           FIELD("\x8", "\x8", TIME));
	muster_transaction_abort(transaction);
}

static void test_effects(void **state)
{
	static const struct {
		enum muster_effect_kind kind;
		const char *row;
	} kinds[] = {
		{ MUSTER_EFFECT_PENDING, "\1" NUMBER("\1", "\0\7") FIELD("\2", "\x8", "origin..") },
		{ MUSTER_EFFECT_LIFTED, "\1" NUMBER("\1", "\0\x8") FIELD("\2", "\x8", "origin..") },
	};
	const struct muster_text role = MUSTER_TEXT(FIELD("\7", "\5", "guest"));

	for (size_t i = 0; i < 2; i++) {
		struct muster_transaction *transaction = writing(state);
		struct muster_effect effect = { .kind = kinds[i].kind,
			                        .at_s = TIME_S,
			                        .host = host,
			                        .username = name,
			                        .door = text("web"),
			                        .role = text(i ? "guest" : NULL) };
		const size_t role_size = i ? role.size : 0;
		char row[256];
		const size_t head = 1 + 13 + 5;
		struct muster_text tail = MUSTER_TEXT(FIELD("\3", "\x8", TIME) FIELD("\4", "\x9", "localhost")
		                                              FIELD("\5", "\6", "juliet") FIELD("\6", "\3", "web"));

		assert_error(muster_effect_add(transaction, &effect), MUSTER_OK);
		memcpy(row, kinds[i].row, head);
		for (size_t byte = 0; byte < 8; byte++) /* another one with every opening */
			row[head + byte] = (char)(transaction->store->origin >> (8 * (7 - byte)));
		memcpy(row + head + 8, tail.data, tail.size);
		memcpy(row + head + 8 + tail.size, role.data, role_size);
		assert_row_(transaction, "effects", MUSTER_TEXT("\0\0\0\0\0\0\0\1"),
		            (struct muster_text){ row, head + 8 + tail.size + role_size });
		muster_transaction_abort(transaction);
	}
}

/* --- what may be read: a tag that is not known is passed over --- */

static bool see_level(void *context, const struct muster_bucket *found, struct muster_level level)
{
	assert_text(found->subject, "192.0.2.7");
	assert_int_equal(found->limit, 3);
	*(int *)context = (int)level.all;
	return true;
}

static bool see_door(void *context, const struct muster_entry *entry)
{
	assert_text(entry->action, "register");
	assert_text(entry->door, "web");
	assert_text(entry->rule, NULL);
	++*(int *)context;
	return true;
}

static void test_new_tags_of_the_rules(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const struct muster_store *store = transaction->store;
	struct muster_buffer position = { 0 };
	struct muster_directive directive;
	struct muster_origin origin;
	struct muster_account account;
	uint64_t counts[MUSTER_ACCOUNT_STATES], count;
	int level = 0, entries = 0;

	put_row(transaction, store->buckets, BUCKET_KEY,
	        "\1" UNKNOWN FIELD("\1", "\x9", "192.0.2.7") NUMBER("\2", "\0\3") NUMBER("\3", "\x0e\x10")
	                NUMBER("\4", "\x04\xb0") FIELD("\5", "\x8", TIME) UNKNOWN);
	assert_error(muster_bucket_walk(transaction, host, TIME_S, &position, 9, see_level, &level), MUSTER_OK);
	assert_int_equal(level, 1200);
	put_row(transaction, store->directives, "localhost\0mode ",
	        "\1" UNKNOWN FIELD("\1", "\4", "mode") FIELD("\3", "\6", "closed") UNKNOWN);
	assert_error(muster_directive_get(transaction, host, text("mode"), text(""), TIME_S, &directive), MUSTER_OK);
	assert_text(directive.value, "closed");
	muster_directive_clear(&directive);
	put_row(transaction, store->audit, "localhost\0" TIME,
	        "\1" FIELD("\1", "\x8", "register") UNKNOWN FIELD("\5", "\3", "web"));
	assert_error(muster_audit_walk(transaction, host, &position, 9, see_door, &entries), MUSTER_OK);
	assert_int_equal(entries, 1);
	put_row(transaction, store->counts, "localhost\0", "\1" NUMBER("\5", "\0\2") NUMBER("\x7f", "\0\3"));
	assert_error(muster_account_count(transaction, host, counts), MUSTER_OK);
	assert_int_equal(counts[MUSTER_ACCOUNT_PENDING], 2);
	memcpy(origin.bytes, "sixteen bytes...", MUSTER_ORIGIN_SIZE);
	put_row(transaction, store->origins, "localhost\0sixteen bytes...",
	        "\1" UNKNOWN NUMBER("\1", "\0\3") NUMBER("\x7f", "\0\x9"));
	assert_error(muster_origin_count(transaction, host, &origin, &count), MUSTER_OK);
	assert_int_equal(count, 3);
	/* What an earlier version wrote of an account has none of the new ones. */
	put_row(transaction, store->accounts, "localhost\0juliet",
	        "\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\1"));
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_OK);
	assert_true(account.lift_s == 0 && !muster_origin_is_known(&account.origin));
	assert_text(account.address, NULL);
	assert_text(account.door, NULL);
	assert_text(account.inviter, NULL);
	muster_account_clear(&account);
	put_row(transaction, store->accounts, "localhost\0juliet",
	        "\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\6"));
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_CORRUPT);
	put_row(transaction, store->accounts, "localhost\0juliet",
	        "\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet") NUMBER("\3", "\0\1")
	                FIELD("\x0f", "\xf", "fifteen bytes.."));
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_CORRUPT);
	put_row(transaction, store->accounts, "localhost\0juliet",
	        "\1" FIELD("\1", "\x9", "localhost") FIELD("\2", "\6", "juliet")
	                FIELD("\3", "\x8", "\0\0\0\0\xf8\xff\xff\x3b"));
	assert_error(muster_account_get(transaction, host, name, &account), MUSTER_CORRUPT);
	muster_buffer_clear(&position);
	muster_transaction_abort(transaction);
}

static bool count_names(void *context, struct muster_text found)
{
	assert_text(found, "juliet");
	++*(int *)context;
	return true;
}

static void test_tags_that_are_not_known(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const struct muster_store *store = transaction->store;
	int64_t at_s;
	size_t count;
	int names = 0;

	put_row(transaction, store->attempts, "localhost\0proof/juliet",
	        "\1" UNKNOWN FIELD("\2", "\x8", TIME) FIELD("\x7f", "\x8", TIME));
	assert_error(muster_attempt_count(transaction, &attempt, TIME_S, &count), MUSTER_OK);
	assert_int_equal(count, 1);
	put_row(transaction, store->claims, "localhost\0juliet",
	        "\1" FIELD("\x7f", "\7", "r@m.lit") FIELD("\2", "\7", "j@c.lit"));
	assert_error(muster_claim_take(transaction, host, name, text("j@c.lit")), MUSTER_OK);
	assert_error(muster_claim_take(transaction, host, name, text("r@m.lit")), MUSTER_EXISTS);
	put_row(transaction, store->due, "localhost\0" TIME HASH, "\1" UNKNOWN FIELD("\1", "\6", "juliet") UNKNOWN);
	assert_error(muster_due_walk(transaction, host, TIME_S + 1, count_names, &names), MUSTER_OK);
	assert_int_equal(names, 1);
	put_row(transaction, store->tombstones, "localhost\0juliet",
	        "\1" UNKNOWN FIELD("\2", "\x8", TIME) FIELD("\x7f", "\x8", "\0\0\0\0\0\0\0\0"));
	assert_error(muster_tombstone_get(transaction, host, name, &at_s), MUSTER_OK);
	assert_true(at_s == TIME_S);
	muster_transaction_abort(transaction);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attempts),
		TEST(test_claims),
		TEST(test_due),
		TEST(test_tombstones),
		TEST(test_buckets),
		TEST(test_directives),
		TEST(test_audit),
		TEST(test_origins),
		TEST(test_accounts_and_their_counts),
		TEST(test_devices),
		TEST(test_devices_as_they_may_be_read),
		TEST(test_mixes),
		TEST(test_guesses),
		TEST(test_effects),
		TEST(test_invitations),
		TEST(test_invitations_with_tags_that_are_not_known),
		TEST(test_effects_of_invitations),
		TEST(test_effects_of_devices),
		TEST(test_new_tags_of_the_rules),
		TEST(test_tags_that_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
