/* test_directive.c -- what operators order at run time: rows that hold for a while, and the orders that make them. */
#include "rows.h"

#include "base/clock.h"
#include "muster/bucket.h"
#include "muster/directive.h"
#include "muster/policy.h"

enum { NOW = 1000000 };

static struct muster_directive directive(const char *kind, const char *subject, int64_t until_s)
{
	return (struct muster_directive){
		.host = text("localhost"), .kind = text(kind), .subject = text(subject), .at_s = NOW, .until_s = until_s
	};
}

static void put(struct muster_transaction *transaction, struct muster_directive one)
{
	assert_error(muster_directive_put(transaction, &one), MUSTER_OK);
}

static int get(struct muster_transaction *transaction, const char *kind, const char *subject, int64_t now_s)
{
	struct muster_directive found;
	int error = muster_directive_get(transaction, text("localhost"), text(kind), text(subject), now_s, &found);

	if (error == MUSTER_OK) {
		assert_text(found.kind, kind);
		assert_true(muster_text_is_c(found.subject, subject));
	}
	muster_directive_clear(&found);
	assert_null(found.record.data);
	return error;
}

/* --- rows --- */

static void test_everything_of_a_directive_is_kept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive mode = directive("mode", "", NOW + 60), found;

	mode.value = text("closed");
	mode.actor = text("admin@localhost");
	mode.reason = text("a wave of spam");
	put(transaction, mode);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	reopen_store(*state);
	transaction = writing(state);
	assert_error(muster_directive_get(transaction, mode.host, mode.kind, mode.subject, NOW, &found), MUSTER_OK);
	muster_transaction_abort(transaction); /* it owns its texts */
	assert_text(found.host, "localhost");
	assert_text(found.kind, "mode");
	assert_text(found.subject, "");
	assert_text(found.value, "closed");
	assert_text(found.actor, "admin@localhost");
	assert_text(found.reason, "a wave of spam");
	assert_true(found.at_s == NOW && found.until_s == NOW + 60);
	muster_directive_clear(&found);
}

static void test_directives_hold_until_their_time(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive found;

	put(transaction, directive("block", "192.0.2.7", NOW + 60));
	put(transaction, directive("allow", "192.0.2.8", 0));
	assert_error(get(transaction, "block", "192.0.2.7", NOW), MUSTER_OK);
	assert_error(get(transaction, "block", "192.0.2.7", NOW + 59), MUSTER_OK);
	assert_error(get(transaction, "block", "192.0.2.7", NOW + 60), MUSTER_NOT_FOUND);
	assert_error(get(transaction, "allow", "192.0.2.8", INT64_MAX), MUSTER_OK);
	assert_error(get(transaction, "allow", "192.0.2.7", NOW), MUSTER_NOT_FOUND);
	assert_error(get(transaction, "block", "192.0.2", NOW), MUSTER_NOT_FOUND);
	assert_error(muster_directive_get(transaction, text("localhos"), text("block"), text("192.0.2.7"), NOW, &found),
	             MUSTER_NOT_FOUND);
	assert_error(
		muster_directive_get(transaction, text("localhost2"), text("block"), text("192.0.2.7"), NOW, &found),
		MUSTER_NOT_FOUND);
	muster_transaction_abort(transaction);
}

static void test_whether_there_are_any(void **state)
{
	struct muster_transaction *transaction = writing(state);
	const struct muster_text host = text("localhost"), block = text("block");

	assert_error(muster_directive_any(transaction, host, block), MUSTER_NOT_FOUND);
	put(transaction, directive("allow", "192.0.2.7", 0));
	put(transaction, directive("blocked", "192.0.2.7", 0));
	put(transaction, directive("mode", "", 0));
	assert_error(muster_directive_any(transaction, host, block), MUSTER_NOT_FOUND);
	put(transaction, directive("block", "192.0.2.7", 0));
	assert_error(muster_directive_any(transaction, host, block), MUSTER_OK);
	assert_error(muster_directive_any(transaction, text("localhos"), block), MUSTER_NOT_FOUND);
	assert_error(muster_directive_any(transaction, text("localhost2"), block), MUSTER_NOT_FOUND);
	muster_transaction_abort(transaction);
}

static void test_a_directive_is_replaced(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive first = directive("block", "192.0.2.7", NOW + 60), found;

	first.reason = text("spam");
	put(transaction, first);
	put(transaction, directive("block", "192.0.2.7", 0));
	assert_error(muster_directive_get(transaction, first.host, first.kind, first.subject, NOW + 1000, &found),
	             MUSTER_OK);
	assert_text(found.reason, NULL);
	muster_directive_clear(&found);
	assert_error(muster_directive_remove(transaction, first.host, first.kind, first.subject), MUSTER_OK);
	assert_error(muster_directive_remove(transaction, first.host, first.kind, first.subject), MUSTER_NOT_FOUND);
	assert_error(get(transaction, "block", "192.0.2.7", NOW), MUSTER_NOT_FOUND);
	muster_transaction_abort(transaction);
}

static size_t rows(struct muster_transaction *transaction)
{
	MDB_stat status;

	assert_int_equal(mdb_stat(transaction->txn, transaction->store->directives, &status), 0);
	return status.ms_entries;
}

static void test_what_is_over_is_swept(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive last = directive("allow", "::1", 0);

	for (int i = 0; i < 100; i++) {
		char subject[32];

		snprintf(subject, sizeof(subject), "10.0.0.%d", i);
		put(transaction, directive("block", subject, i % 2 ? NOW + 60 : 0));
	}
	assert_int_equal(rows(transaction), 100);
	for (int i = 0; i < 100; i++)
		put(transaction, last);
	assert_int_equal(rows(transaction), 101);
	last.at_s = NOW + 60;
	for (int i = 0; i < 100; i++) {
		char subject[32];

		snprintf(subject, sizeof(subject), "::%x", i + 1);
		last.subject = text(subject);
		put(transaction, last);
	}
	assert_in_range(rows(transaction), 150, 200);
	for (int i = 0; i < 100; i += 2) {
		char subject[32];

		snprintf(subject, sizeof(subject), "10.0.0.%d", i);
		last = directive("block", subject, 0);
		last.at_s = NOW + 60;
		put(transaction, last);
	}
	assert_int_equal(rows(transaction), 150);
	muster_transaction_abort(transaction);
}

struct walk {
	char seen[512];
	int left;
};

static bool see(void *context, const struct muster_directive *one)
{
	struct walk *walk = context;
	size_t size = strlen(walk->seen);

	if (walk->left-- == 0)
		return false;
	assert_text(one->host, "localhost");
	snprintf(walk->seen + size, sizeof(walk->seen) - size, "%.*s %.*s;", (int)one->kind.size, one->kind.data,
	         (int)one->subject.size, one->subject.data ? one->subject.data : "");
	return true;
}

static const char *walk_on(struct muster_transaction *transaction, struct muster_buffer *position, int64_t now_s,
                           size_t most, int left)
{
	static struct walk walk;

	walk = (struct walk){ .left = left };
	assert_error(muster_directive_walk(transaction, text("localhost"), now_s, position, most, see, &walk),
	             MUSTER_OK);
	return walk.seen;
}

static void test_walking(void **state)
{
	struct muster_transaction *transaction = writing(state);
	struct muster_directive elsewhere = directive("block", "a", 0);
	struct muster_buffer position = { 0 };

	assert_string_equal(walk_on(transaction, &position, NOW, 10, 10), "");
	put(transaction, directive("mode", "", NOW + 60));
	put(transaction, directive("block", "b", NOW + 10));
	put(transaction, directive("block", "a", 0));
	put(transaction, directive("allow", "c", 0));
	elsewhere.host = text("localhos");
	put(transaction, elsewhere);
	elsewhere.host = text("localhost.example");
	put(transaction, elsewhere);
	assert_string_equal(walk_on(transaction, &position, NOW, 10, 10), "allow c;block a;block b;mode ;");
	assert_int_equal(position.size, 0);
	assert_string_equal(walk_on(transaction, &position, NOW + 10, 10, 10), "allow c;block a;mode ;");
	assert_string_equal(walk_on(transaction, &position, NOW, 2, 10), "allow c;block a;");
	assert_true(position.size > 0);
	/* What the walk stands on may go meanwhile. */
	assert_error(muster_directive_remove(transaction, text("localhost"), text("block"), text("a")), MUSTER_OK);
	assert_string_equal(walk_on(transaction, &position, NOW, 10, 10), "block b;mode ;");
	assert_int_equal(position.size, 0);
	assert_string_equal(walk_on(transaction, &position, NOW, 10, 1), "allow c;");
	assert_string_equal(walk_on(transaction, &position, NOW, 10, 1), "block b;");
	muster_buffer_clear(&position);
	muster_transaction_abort(transaction);
}

/* --- orders --- */

static const char *direct(struct place *place, const char *kind, const char *subject, const char *value,
                          int64_t until_s)
{
	return carry_out(place, (struct muster_order){ .kind = MUSTER_DIRECT,
	                                               .directive = text(kind),
	                                               .username = text(subject),
	                                               .value = text(value),
	                                               .until_s = until_s,
	                                               .reason = text("spam"),
	                                               .door = text("console"),
	                                               .actor = text("admin@localhost") });
}

static const char *retract(struct place *place, const char *kind, const char *subject)
{
	return carry_out(place, (struct muster_order){
					.kind = MUSTER_RETRACT, .directive = text(kind), .username = text(subject) });
}

static const char *reset_throttle(struct place *place, const char *subject)
{
	return carry_out(place, (struct muster_order){ .kind = MUSTER_RESET_THROTTLE, .username = text(subject) });
}

static const char *try_from(struct place *place, const char *address)
{
	static int count;
	char inner[128];

	snprintf(inner, sizeof(inner), "<username>user%d</username><password>Calliope</password>", count++);
	return verdict(set(place, from(address), inner));
}

static void test_blocked_and_let_in(void **state)
{
	struct place *place = *state;

	muster_clock_pretend(NOW);
	set_option(place, "muster_throttle", boolean(false));
	assert_string_equal(direct(place, "block", "2001:DB8::/32", NULL, NOW + 60), "ok");
	assert_string_equal(direct(place, "block", "192.0.2.0/24", NULL, 0), "ok");
	assert_string_equal(direct(place, "allow", "192.0.2.7", NULL, 0), "ok");
	assert_string_equal(try_from(place, "2001:db8::1"), "forbidden auth 403");
	assert_string_equal(try_from(place, "192.0.2.6"), "forbidden auth 403");
	assert_string_equal(try_from(place, "::ffff:192.0.2.6"), "forbidden auth 403");
	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	assert_string_equal(try_from(place, "192.0.3.6"), "result");
	assert_string_equal(try_from(place, NULL), "result");
	reopen_store(place);
	assert_string_equal(try_from(place, "192.0.2.6"), "forbidden auth 403");
	muster_clock_pretend(NOW + 60);
	assert_string_equal(try_from(place, "2001:db8::1"), "result");
	assert_string_equal(retract(place, "allow", "192.0.2.7/32"), "ok");
	assert_string_equal(try_from(place, "192.0.2.7"), "forbidden auth 403");
	assert_string_equal(retract(place, "block", "192.0.2.0/24"), "ok");
	assert_string_equal(retract(place, "block", "192.0.2.0/24"), "not-found");
	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	assert_string_equal(direct(place, "block", "0.0.0.0/0", NULL, 0), "ok");
	assert_string_equal(direct(place, "block", "::/0", NULL, 0), "ok");
	assert_string_equal(try_from(place, "203.0.113.9"), "forbidden auth 403");
	assert_string_equal(try_from(place, "2001:db8::1"), "forbidden auth 403");
	/* The configuration's allowlist, which has it by default, stands below an order to block. */
	assert_string_equal(try_from(place, "127.0.0.1"), "forbidden auth 403");
	assert_string_equal(direct(place, "allow", "127.0.0.1", NULL, 0), "ok");
	assert_string_equal(try_from(place, "127.0.0.1"), "result");
}

static void assert_mode(struct place *place, const char *wanted, int64_t wanted_until_s)
{
	const char *mode;
	int64_t until_s;

	assert_error(muster_policy_mode(place->host, place->store, &mode, &until_s), MUSTER_OK);
	assert_string_equal(mode, wanted);
	assert_true(until_s == wanted_until_s);
}

static void test_mode(void **state)
{
	struct place *place = *state;

	muster_clock_pretend(NOW);
	assert_mode(place, "open", -1);
	assert_string_equal(direct(place, "mode", NULL, "closed", NOW + 60), "ok");
	assert_mode(place, "closed", NOW + 60);
	assert_string_equal(try_from(place, NULL), "service-unavailable cancel 503");
	assert_string_equal(direct(place, "mode", NULL, "invite", 0), "ok");
	assert_mode(place, "invite", 0);
	assert_string_equal(try_from(place, NULL), "forbidden auth 403");
	assert_string_equal(direct(place, "mode", NULL, "closed", NOW + 60), "ok");
	muster_clock_pretend(NOW + 60);
	assert_mode(place, "open", -1);
	assert_string_equal(try_from(place, NULL), "result");
	set_option(place, "muster_registration", string("closed"));
	assert_mode(place, "closed", -1);
	assert_string_equal(direct(place, "mode", NULL, "open", 0), "ok");
	assert_mode(place, "open", 0);
	assert_string_equal(try_from(place, NULL), "result");
	assert_string_equal(retract(place, "mode", NULL), "ok");
	assert_string_equal(retract(place, "mode", NULL), "not-found");
	assert_string_equal(try_from(place, NULL), "service-unavailable cancel 503");
}

static void test_mode_of_a_service(void **state)
{
	static const char form[] =
		"<iq type='set' id='1'><query xmlns='jabber:iq:register'><email>j@c.lit</email></query></iq>";
	struct place *place = *state;
	struct muster_facts juliet = { .sender = MUSTER_SENDER_OTHER, .full_jid = text("j@c.lit/balcony") };

	muster_host_release(place->host);
	assert_error(muster_host_new(&place->host, MUSTER_HOST_SERVICE, text("s.localhost"), NULL), MUSTER_OK);
	set_option(place, "additional_registration_fields", TABLE(ELEMENT(string("email+"))));
	assert_string_equal(direct(place, "mode", NULL, "invite", 0), "malformed");
	assert_string_equal(direct(place, "mode", NULL, "approval", 0), "malformed");
	assert_string_equal(direct(place, "mode", NULL, "closed", 0), "ok");
	assert_mode(place, "closed", 0);
	assert_string_equal(verdict(request(place, juliet, form)), "service-unavailable cancel 503");
	assert_string_equal(direct(place, "mode", NULL, "redirect", 0), "ok");
	assert_string_equal(verdict(request(place, juliet, form)), "not-allowed cancel 405");
	assert_string_equal(retract(place, "mode", NULL), "ok");
	assert_string_equal(verdict(request(place, juliet, form)), "result");
}

static void test_orders_that_make_no_sense(void **state)
{
	struct place *place = *state;

	assert_string_equal(direct(place, "block", "192.0.2.7/24", NULL, 0), "malformed");
	assert_string_equal(direct(place, "block", "nowhere", NULL, 0), "malformed");
	assert_string_equal(direct(place, "allow", "*", NULL, 0), "malformed");
	assert_string_equal(direct(place, "allow", NULL, NULL, 0), "malformed");
	assert_string_equal(direct(place, "mode", NULL, "opne", 0), "malformed");
	assert_string_equal(direct(place, "mode", NULL, NULL, 0), "malformed");
	assert_string_equal(direct(place, "blcok", "192.0.2.7", NULL, 0), "malformed");
	assert_string_equal(direct(place, NULL, "192.0.2.7", NULL, 0), "malformed");
	assert_string_equal(retract(place, "blcok", "192.0.2.7"), "malformed");
	assert_string_equal(retract(place, "block", "192.0.2.7/24"), "malformed");
	assert_string_equal(reset_throttle(place, "192.0.2.7/24"), "malformed");
	assert_string_equal(reset_throttle(place, "everybody"), "malformed");
	assert_string_equal(audit(place), "");
}

/* What was ordered, about what, and by whom. */
static void test_orders_in_the_audit(void **state)
{
	struct place *place = *state;

	direct(place, "block", "192.0.2.7", NULL, 0);
	direct(place, "mode", NULL, "closed", 0);
	retract(place, "block", "192.0.2.7");
	retract(place, "block", "192.0.2.7");
	reset_throttle(place, "*");
	assert_string_equal(audit(place), "reset-throttle * ok door=in-band\n"
	                                  "retract-block 192.0.2.7 not-found door=in-band\n"
	                                  "retract-block 192.0.2.7 ok door=in-band\n"
	                                  "mode closed ok door=console actor=admin@localhost detail=spam\n"
	                                  "block 192.0.2.7 ok door=console actor=admin@localhost detail=spam\n");
}

/* --- resetting the throttle --- */

static void exhaust(struct place *place, const char *address)
{
	while (strcmp(try_from(place, address), "result") == 0)
		;
	assert_string_equal(verdict(set(place, from(address), "<username>one</username><password>x</password>")),
	                    "not-acceptable wait 406");
}

static void test_what_is_reset(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(1)))),
	                 ELEMENT(TABLE(ITEM("limit", number(3)), ITEM("period", number(86400)),
	                               ITEM("ipv4", number(24))))));
	exhaust(place, "192.0.2.7");
	exhaust(place, "192.0.2.6");
	exhaust(place, "2001:db8::1");
	assert_string_equal(reset_throttle(place, "192.0.3.0/24"), "ok");
	assert_string_equal(try_from(place, "192.0.2.7"), "not-acceptable wait 406");
	assert_string_equal(reset_throttle(place, "192.0.2.7"), "ok");
	assert_string_equal(try_from(place, "192.0.2.6"), "not-acceptable wait 406");
	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	assert_string_equal(reset_throttle(place, "192.0.2.0/24"), "ok");
	assert_string_equal(try_from(place, "192.0.2.6"), "result");
	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	assert_string_equal(try_from(place, "2001:db8::1"), "not-acceptable wait 406");
	assert_string_equal(reset_throttle(place, "2001:db8::1"), "ok"); /* its whole /64 */
	assert_string_equal(try_from(place, "2001:db8::2"), "result");
	set_option(place, "muster_throttle", boolean(false));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(1)), ITEM("period", number(60))));
	assert_string_equal(try_from(place, "192.0.2.9"), "result");
	assert_string_equal(try_from(place, "192.0.2.9"), "not-acceptable wait 406");
	assert_string_equal(reset_throttle(place, "192.0.2.9"), "ok");
	assert_string_equal(try_from(place, "192.0.2.9"), "not-acceptable wait 406");
	assert_string_equal(reset_throttle(place, "*"), "ok");
	assert_string_equal(try_from(place, "192.0.2.9"), "result");
}

/* What a damaged row has counted is not known, so whom it counts for waits until an operator resets it. */
static void test_a_damaged_bucket_is_reset(void **state)
{
	struct place *place = *state;
	struct muster_transaction *transaction;

	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	assert_string_equal(try_from(place, "192.0.2.8"), "result");
	transaction = writing(state);
	damage(transaction, transaction->store->buckets, 0, CUT);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_string_equal(try_from(place, "192.0.2.7"), "internal-server-error wait 500");
	assert_string_equal(try_from(place, "192.0.2.8"), "result");
	assert_string_equal(reset_throttle(place, "192.0.2.8"), "ok");
	assert_string_equal(try_from(place, "192.0.2.7"), "internal-server-error wait 500");
	assert_string_equal(reset_throttle(place, "192.0.2.0/24"), "ok");
	assert_string_equal(try_from(place, "192.0.2.7"), "result");
	transaction = writing(state);
	overwrite(transaction, transaction->store->buckets, NEWER);
	assert_error(muster_transaction_commit(transaction), MUSTER_OK);
	assert_string_equal(reset_throttle(place, "192.0.2.7"), "ok");
	assert_string_equal(try_from(place, "192.0.2.7"), "internal-server-error wait 500");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everything_of_a_directive_is_kept),
		TEST(test_directives_hold_until_their_time),
		TEST(test_whether_there_are_any),
		TEST(test_a_directive_is_replaced),
		TEST(test_what_is_over_is_swept),
		TEST(test_walking),
		TEST(test_blocked_and_let_in),
		TEST(test_mode),
		TEST(test_mode_of_a_service),
		TEST(test_orders_that_make_no_sense),
		TEST(test_orders_in_the_audit),
		TEST(test_what_is_reset),
		TEST(test_a_damaged_bucket_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
