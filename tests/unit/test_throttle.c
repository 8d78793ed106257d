/* test_throttle.c -- how often there may be registrations: windows, what counts, what costs nothing, what is answered.
 */
#include "support.h"

#include "base/clock.h"
#include "muster/bucket.h"
#include "policy/host.h"

enum { NOW = 1000000, HOUR = 3600 };

static const char *try(struct place *place, struct muster_facts facts)
{
	static int count;
	char inner[128];

	snprintf(inner, sizeof(inner), "<username>user%d</username><password>Calliope</password>", count++);
	return verdict(set(place, facts, inner));
}

static const char *fail_from(struct place *place, struct muster_facts facts)
{
	return verdict(set(place, facts, "<username>bill</username><password></password>"));
}

#define REFUSED "not-acceptable wait 406"
#define FAILED "not-acceptable modify 406"

static int open_place_in_time(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	return 0;
}

/* In thousandths of a registration. */
static uint64_t level(struct place *place, const char *subject, int64_t period_s)
{
	struct muster_bucket bucket = { text("localhost"), text(subject), 1000, period_s };
	struct muster_transaction *transaction;
	struct muster_level found = { 99, 99 };

	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	assert_error(muster_bucket_read(transaction, &bucket, NOW, &found), MUSTER_OK);
	muster_transaction_abort(transaction);
	return found.all;
}

/* --- windows --- */

static void test_three_an_hour_and_address(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 3; i++) {
		assert_string_equal(try(place, from("192.0.2.7")), "result");
		assert_string_equal(try(place, from("2001:db8::1")), "result");
	}
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	assert_string_equal(try(place, from("::ffff:192.0.2.7")), REFUSED);
	assert_string_equal(try(place, from("2001:db8::2")), REFUSED); /* of the same /64 */
	assert_string_equal(try(place, from("2001:db8:0:1::1")), "result");
	assert_string_equal(try(place, from("192.0.2.8")), "result");
	assert_string_equal(try(place, stranger()), "result");
	muster_clock_pretend(NOW + HOUR / 3 - 1);
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	muster_clock_pretend(NOW + HOUR / 3);
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
}

static void test_the_throttle_outlives_the_server(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 3; i++)
		assert_string_equal(try(place, from("192.0.2.7")), "result");
	reopen_store(place);
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
}

static void test_several_windows(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(2)), ITEM("period", string("1 minute")))),
	                 ELEMENT(TABLE(ITEM("limit", number(3)), ITEM("period", string("1 day")),
	                               ITEM("ipv4", number(24)), ITEM("ipv6", number(48))))));
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	assert_non_null(
		strstr(set(place, from("192.0.2.7"), "<username>a</username><password>b</password>"), " seconds='30'"));
	assert_string_equal(try(place, from("192.0.2.8")), "result");
	assert_string_equal(try(place, from("192.0.2.9")), REFUSED);
	/* The longest wait counts. */
	assert_non_null(strstr(set(place, from("192.0.2.7"), "<username>a</username><password>b</password>"),
	                       " seconds='28800'"));
	set_option(place, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(3)), ITEM("period", string("1 day")),
	                               ITEM("ipv4", number(24)))),
	                 ELEMENT(TABLE(ITEM("limit", number(2)), ITEM("period", string("1 minute"))))));
	assert_non_null(strstr(set(place, from("192.0.2.7"), "<username>a</username><password>b</password>"),
	                       " seconds='28800'"));
	assert_string_equal(try(place, from("192.0.3.9")), "result");
	assert_int_equal(level(place, "192.0.2.7", 60), 2000);
	assert_int_equal(level(place, "192.0.2.0/24", 86400), 3000);
}

/* Windows that differ for the other family only: a registration is one registration all the same. */
static void test_windows_that_come_to_the_same(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(10)), ITEM("ipv6", number(48)))),
	                 ELEMENT(TABLE(ITEM("limit", number(3)), ITEM("ipv6", number(64))))));
	for (int i = 0; i < 3; i++)
		assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	assert_int_equal(level(place, "192.0.2.7", HOUR), 3000);
	muster_clock_pretend(NOW + HOUR / 3);
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	muster_clock_pretend(NOW);
	for (int i = 0; i < 10; i++) {
		char address[32];

		snprintf(address, sizeof(address), "2001:db8:0:%d::1", i);
		assert_string_equal(try(place, from(address)), "result");
	}
	assert_string_equal(try(place, from("2001:db8:0:f::1")), REFUSED);
	set_option(place, "muster_throttle",
	           TABLE(ELEMENT(TABLE(ITEM("limit", number(2)))), ELEMENT(TABLE(ITEM("limit", number(2))))));
	assert_string_equal(try(place, from("192.0.2.9")), "result");
	assert_string_equal(try(place, from("192.0.2.9")), "result");
	assert_string_equal(try(place, from("192.0.2.9")), REFUSED);
}

static void test_everybody_together(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle", boolean(false));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(3)), ITEM("period", number(60))));
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("2001:db8::1")), "result");
	assert_string_equal(try(place, stranger()), "result");
	assert_string_equal(try(place, from("192.0.2.8")), REFUSED);
	assert_string_equal(try(place, stranger()), REFUSED);
	assert_string_equal(try(place, from("127.0.0.1")), "result");
	assert_int_equal(level(place, "*", 60), 3000);
	muster_clock_pretend(NOW + 20);
	assert_string_equal(try(place, stranger()), "result");
}

/* Nobody's address is not everybody's. */
static void test_an_allowlist_of_everything(void **state)
{
	struct place *place = *state;

	set_option(place, "registration_allowlist", TABLE(ELEMENT(string("::/0"))));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(1)), ITEM("period", number(60))));
	assert_string_equal(try(place, from("2001:db8::1")), "result");
	assert_int_equal(level(place, "*", 60), 0);
	assert_string_equal(try(place, stranger()), "result");
	assert_string_equal(try(place, stranger()), REFUSED);
}

/* min_seconds_between_registrations and what belongs to it */
static void test_stock_options(void **state)
{
	struct place *place = *state;
	const struct muster_window *window = &place->host->throttle.windows[0];

	assert_true(window->limit == 3 && window->period_s == HOUR && window->bits_4 == 32 && window->bits_6 == 64);
	set_option(place, "min_seconds_between_registrations", number(600));
	assert_true(window->limit == 1 && window->period_s == 600);
	set_option(place, "registration_throttle_max", number(5));
	assert_true(window->limit == 5 && window->period_s == 600);
	set_option(place, "registration_throttle_period", number(900));
	assert_true(window->limit == 5 && window->period_s == 900);
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(7)), ITEM("ipv4", number(24))));
	assert_true(window->limit == 7 && window->period_s == HOUR && window->bits_4 == 24 && window->bits_6 == 64);
	set_option(place, "registration_throttle_max", number(5));
	assert_int_equal(window->limit, 7);
	set_option(place, "muster_throttle", boolean(false));
	set_option(place, "min_seconds_between_registrations", number(600));
	assert_int_equal(place->host->throttle.count, 0);
}

/* --- who pays --- */

/* One throttle for all doors; an operator's orders are none of its business. */
static void test_all_doors_share_it(void **state)
{
	struct place *place = *state;
	struct muster_facts web = from("192.0.2.7");
	struct muster_order order = { .kind = MUSTER_REGISTER,
		                      .password = text("Calliope"),
		                      .username = text("bill"),
		                      .address = text("192.0.2.7"),
		                      .door = text("invite page"),
		                      .self_service = true };

	web.door = text("web");
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, web), "result");
	assert_string_equal(carry_out(place, order), "ok registered bill by invite page");
	order.username = text("ben");
	assert_string_equal(carry_out(place, order), "refused");
	assert_string_equal(try(place, web), REFUSED);
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	order.self_service = false;
	assert_string_equal(carry_out(place, order), "ok registered ben by invite page");
	assert_int_equal(level(place, "192.0.2.7", HOUR), 3000);
}

/* And so do the other rules about who comes from where. */
static void test_users_orders_pass_the_same_rules(void **state)
{
	struct place *place = *state;
	struct muster_order order = { .kind = MUSTER_REGISTER,
		                      .password = text("Calliope"),
		                      .username = text("bill"),
		                      .address = text("192.0.2.7"),
		                      .self_service = true };

	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.7"))));
	assert_string_equal(carry_out(place, order), "refused");
	assert_non_null(strstr(audit(place), "rule=blocklist"));
	order.kind = MUSTER_CREATE;
	assert_string_equal(carry_out(place, order), "refused");
	order.self_service = false;
	order.kind = MUSTER_REGISTER;
	assert_string_equal(carry_out(place, order), "ok registered bill by in-band");
	order.self_service = true;
	order.username = text("ben");
	order.address = text("192.0.2.8");
	set_option(place, "muster_registration", string("redirect")); /* to this door, perhaps */
	assert_string_equal(carry_out(place, order), "ok registered ben by in-band");
	order.username = text("kit");
	set_option(place, "allowlist_registration_only", boolean(true));
	assert_string_equal(carry_out(place, order), "refused");
}

static void test_who_pays_nothing(void **state)
{
	struct place *place = *state;
	struct muster_facts invited = from("192.0.2.7");

	set_option(place, "muster_rate", TABLE(ITEM("limit", number(1)), ITEM("period", number(60))));
	invited.invited = true;
	for (int i = 0; i < 10; i++) {
		assert_string_equal(try(place, invited), "result");
		assert_string_equal(try(place, from("127.0.0.1")), "result");
		assert_string_equal(try(place, from("::1")), "result");
		assert_string_equal(fail_from(place, from("127.0.0.1")), FAILED);
	}
	assert_int_equal(level(place, "192.0.2.7", HOUR), 0);
	assert_int_equal(level(place, "127.0.0.1", HOUR), 0);
	assert_int_equal(level(place, "*", 60), 0);
	/* What accounts do about themselves is no registration. */
	assert_string_equal(try(place, from("192.0.2.9")), "result");
	for (int i = 0; i < 10; i++) {
		struct muster_facts account_there = account("user0");

		account_there.address = text("192.0.2.9");
		set(place, account_there, "<username>somebody</username><password>x</password>");
	}
	assert_int_equal(level(place, "192.0.2.9", HOUR), 1000);
}

/* --- failed tries --- */

static void test_failed_tries_cost_a_fifth(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(2))));
	for (int i = 0; i < 3; i++)
		assert_string_equal(fail_from(place, from("192.0.2.7")), FAILED);
	assert_int_equal(level(place, "192.0.2.7", HOUR), 600);
	for (int i = 0; i < 2; i++) /* guessing names, too */
		assert_string_equal(
			verdict(set(place, from("192.0.2.7"), "<username>bill</username><password>x</password>")),
			"conflict cancel 409");
	assert_int_equal(level(place, "192.0.2.7", HOUR), 1000);
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	assert_int_equal(level(place, "192.0.2.7", HOUR), 2000);
}

/* Who has mistyped something, or wanted somebody's name, tries again at once, however few may register. */
static void test_a_failed_try_keeps_nobody_waiting(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1))));
	for (int i = 0; i < 4; i++)
		assert_string_equal(fail_from(place, from("192.0.2.7")), FAILED);
	assert_int_equal(level(place, "192.0.2.7", HOUR), 800);
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
	for (int i = 0; i < 5; i++)
		assert_string_equal(fail_from(place, from("192.0.2.8")), FAILED);
	assert_string_equal(try(place, from("192.0.2.8")), REFUSED);
	muster_clock_pretend(NOW + HOUR / 5);
	assert_string_equal(try(place, from("192.0.2.8")), "result");
}

/* Who comes back too early does not have to wait the longer for it. */
static void test_throttled_tries_cost_nothing(void **state)
{
	struct place *place = *state;
	struct muster_order order = { .kind = MUSTER_REGISTER,
		                      .password = text("Calliope"),
		                      .username = text("bill"),
		                      .address = text("192.0.2.7"),
		                      .self_service = true };

	for (int i = 0; i < 3; i++)
		assert_string_equal(try(place, from("192.0.2.7")), "result");
	for (int i = 0; i < 20; i++) {
		assert_string_equal(try(place, from("192.0.2.7")), REFUSED);
		assert_string_equal(carry_out(place, order), "refused");
	}
	assert_int_equal(level(place, "192.0.2.7", HOUR), 3000);
	muster_clock_pretend(NOW + HOUR / 3);
	assert_string_equal(try(place, from("192.0.2.7")), "result");
}

static struct muster_operation *begin(struct place *place, const char *name)
{
	struct muster_facts facts = from("192.0.2.7");
	struct muster_operation *operation;
	struct muster_outcome outcome;
	char xml[256];

	snprintf(xml, sizeof(xml),
	         "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>%s</username><password>x</password>"
	         "</query></iq>",
	         name);
	assert_error(muster_request_begin(place->host, place->store, &facts, text(xml), &outcome, &operation),
	             MUSTER_OK);
	assert_non_null(operation);
	return operation;
}

static const char *finish(struct place *place, struct muster_operation *operation)
{
	struct muster_outcome outcome;
	static char found[64];

	assert_error(muster_operation_finish(operation, &outcome), MUSTER_OK);
	snprintf(found, sizeof(found), "%s",
	         outcome.error == MUSTER_OK ? "result" : verdict(outcome.actions[0].xml.data));
	if (outcome.note)
		muster_task_run(outcome.note, place->store);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	return found;
}

/* All were let in before the first was made. */
static void test_many_at_once(void **state)
{
	struct place *place = *state;
	struct muster_operation *operations[5];
	char name[16];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		operations[i] = begin(place, name);
	}
	for (int i = 0; i < 5; i++) {
		muster_task_run(muster_operation_task(operations[i]), place->store);
		assert_string_equal(finish(place, operations[i]), i < 3 ? "result" : REFUSED);
	}
	assert_int_equal(level(place, "192.0.2.7", HOUR), 3000);
}

/* Nobody pays for what is wrong with the server. */
static void test_what_fails_here_costs_nothing(void **state)
{
	static const int errors[] = { MUSTER_FULL,      MUSTER_BUSY,   MUSTER_IO,
		                      MUSTER_NO_MEMORY, MUSTER_CLOSED, MUSTER_CORRUPT };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct muster_operation *operation = begin(place, "bill");

		muster_operation_task(operation)->error = errors[i];
		assert_non_null(strstr(finish(place, operation), "wait 500"));
	}
	assert_int_equal(level(place, "192.0.2.7", HOUR), 0);
	assert_non_null(strstr(audit(place), "register bill full door=in-band"));
}

static void test_a_veto_costs_as_any_refusal(void **state)
{
	struct place *place = *state;
	struct muster_operation *operation = begin(place, "bill");
	struct muster_outcome outcome;

	assert_error(muster_operation_veto(operation, &(struct muster_veto){ .text = MUSTER_NO_TEXT }, &outcome),
	             MUSTER_OK);
	muster_task_run(outcome.note, place->store);
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
	assert_int_equal(level(place, "192.0.2.7", HOUR), 200);
	assert_string_equal(audit(place), "register bill refused rule=veto door=in-band address=192.0.2.7\n");
}

/* --- answers --- */

/* R-PRJ-03: when to come back is said to people, in their language, and to programs. */
static void test_answers(void **state)
{
	static const char *const texts[][2] = {
		{ "en", "There were too many registrations. Try again in 90 seconds." },
		{ "de", "Es gab zu viele Registrierungen. Versuchen Sie es in 90 Sekunden wieder." },
		{ "es", "Ha habido demasiados registros. Vuelva a intentarlo dentro de 90 segundos." },
		{ "zh", "注册次数过多。请在 90 秒后重试。" },
	};
	struct place *place = *state;

	set_option(place, "muster_languages", string(LANGUAGES));
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1)), ITEM("period", number(90))));
	assert_string_equal(try(place, from("192.0.2.7")), "result");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char xml[512], wanted[1024];

		snprintf(xml, sizeof(xml),
		         "<iq type='set' id='1' xml:lang='%s'><query "
		         "xmlns='jabber:iq:register'><username>bill</username>"
		         "<password>x</password></query></iq>",
		         texts[i][0]);
		snprintf(wanted, sizeof(wanted),
		         "send <iq type='error' id='1'><error type='wait' code='406'><not-acceptable "
		         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
		         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='%s'>%s</text><retry-after "
		         "xmlns='urn:muster:wait:0' seconds='90'/></error></iq>\n",
		         texts[i][0], texts[i][1]);
		assert_string_equal(request(place, from("192.0.2.7"), xml), wanted);
	}
	muster_clock_pretend(NOW + 45);
	assert_non_null(strstr(set(place, from("192.0.2.7"), "<username>bill</username><password>x</password>"),
	                       " seconds='45'"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place_in_time, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_three_an_hour_and_address),
		TEST(test_the_throttle_outlives_the_server),
		TEST(test_several_windows),
		TEST(test_windows_that_come_to_the_same),
		TEST(test_everybody_together),
		TEST(test_an_allowlist_of_everything),
		TEST(test_stock_options),
		TEST(test_all_doors_share_it),
		TEST(test_users_orders_pass_the_same_rules),
		TEST(test_who_pays_nothing),
		TEST(test_failed_tries_cost_a_fifth),
		TEST(test_a_failed_try_keeps_nobody_waiting),
		TEST(test_throttled_tries_cost_nothing),
		TEST(test_many_at_once),
		TEST(test_what_fails_here_costs_nothing),
		TEST(test_a_veto_costs_as_any_refusal),
		TEST(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
