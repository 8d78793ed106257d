/* test_rules.c -- each rule alone, their order, who is spared, and what is answered. */
#include "inviting.h"
#include "support.h"

#include "base/clock.h"
#include "muster/directive.h"
#include "muster/policy.h"
#include "policy/rule.h"

enum { NOW = 1000000 };

#define BILL "<username>bill</username><password>Calliope</password>"

/* Patterns here are parts of names; "!" is a broken one. */
static int match_part(void *context, struct muster_text pattern, struct muster_text name)
{
	(void)context;
	if (muster_text_is_c(pattern, "!"))
		return -1;
	/* One that shows to be broken only later, as "a%" does in Lua */
	if (pattern.size > 1 && pattern.data[pattern.size - 1] == '!')
		return memchr(name.data, pattern.data[0], name.size) ? -1 : 0;
	return memmem(name.data, name.size, pattern.data, pattern.size) != NULL;
}

static int open_place_with_patterns(void **state)
{
	const struct muster_matcher matcher = { match_part, NULL };
	struct place *place;

	open_place(state);
	place = *state;
	muster_host_set_matcher(place->host, &matcher);
	muster_clock_pretend(NOW);
	return 0;
}

/* --- what each has to say --- */

struct telling {
	char text[1024];
	const char *about;    /* one rule, or NULL for all */
	const char *refusing; /* the first that refuses, passwords aside, which only explaining knows */
	struct muster_opinion opinion;
	char detail[256];
};

static void tell(void *context, const struct muster_opinion *opinion)
{
	struct telling *telling = context;
	size_t size = strlen(telling->text);

	if (opinion->refuses && !telling->refusing && strcmp(opinion->rule, "password") != 0)
		telling->refusing = opinion->rule;
	if (telling->about && strcmp(telling->about, opinion->rule) != 0)
		return;
	telling->opinion = *opinion;
	snprintf(telling->detail, sizeof(telling->detail), "%.*s", (int)opinion->detail.size, opinion->detail.data);
	snprintf(telling->text + size, sizeof(telling->text) - size, telling->about ? "%s%s" : "%s %s, ",
	         telling->about ? "" : opinion->rule,
	         opinion->refuses   ? "refuse"
	         : opinion->applies ? "pass"
	                            : "skip");
}

static struct telling telling;

static const char *explain(struct place *place, const char *rule, struct muster_candidate candidate)
{
	uint64_t generation = muster_store_generation(place->store);

	telling = (struct telling){ .about = rule };
	assert_error(muster_policy_explain(place->host, place->store, &candidate, tell, &telling), MUSTER_OK);
	assert_true(muster_store_generation(place->store) == generation);
	return telling.text;
}

static struct muster_candidate user(const char *name, const char *address)
{
	return (struct muster_candidate){ .username = text(name), .address = text(address), .self_service = true };
}

static struct muster_candidate operator(const char *name, const char *address)
{
	return (struct muster_candidate){ .username = text(name), .address = text(address) };
}

static void test_all_rules_in_their_order(void **state)
{
	struct place *place = *state;
	struct muster_candidate will = user("will", "192.0.2.7");

	will.password = text("Calliope");
	assert_string_equal(
		explain(place, NULL, will),
		"blocklist pass, allowlist skip, dns-list skip, throttle pass, rate skip, challenge skip, mode pass, "
		"accounts skip, accounts-per-address skip, password pass, name-length skip, "
		"name-required skip, name-excluded skip, name-reserved skip, name-taken pass, "
		"name-kept pass, name-invited pass, name-lookalike pass, ");
	assert_string_equal(
		explain(place, NULL, operator("will", "192.0.2.7")),
		"blocklist skip, allowlist skip, dns-list skip, throttle skip, rate skip, challenge skip, mode skip, "
		"accounts skip, accounts-per-address skip, password skip, name-length skip, "
		"name-required skip, name-excluded skip, name-reserved skip, name-taken pass, "
		"name-kept pass, name-invited pass, name-lookalike pass, ");
	assert_string_equal(
		explain(place, NULL, user(NULL, NULL)),
		"blocklist skip, allowlist skip, dns-list skip, throttle skip, rate skip, challenge skip, mode pass, "
		"accounts skip, accounts-per-address skip, password skip, name-length skip, "
		"name-required skip, name-excluded skip, name-reserved skip, name-taken skip, "
		"name-kept skip, name-invited skip, name-lookalike skip, ");
}

static void test_what_cannot_be_explained(void **state)
{
	struct place *place = *state;
	struct muster_candidate candidate = user("a b", NULL);

	telling = (struct telling){ .about = NULL };
	assert_error(muster_policy_explain(place->host, place->store, &candidate, tell, &telling), MUSTER_BAD_NAME);
	candidate = user("will", "nowhere");
	assert_error(muster_policy_explain(place->host, place->store, &candidate, tell, &telling), MUSTER_MALFORMED);
	candidate = user("will", "192.0.2.0/24");
	assert_error(muster_policy_explain(place->host, place->store, &candidate, tell, &telling), MUSTER_MALFORMED);
	assert_string_equal(telling.text, "");
}

static void test_allowlist(void **state)
{
	struct place *place = *state;

	set_option(place, "registration_allowlist", TABLE(ELEMENT(string("192.0.2.0/24"))));
	assert_string_equal(explain(place, "allowlist", user("will", "203.0.113.1")), "skip");
	set_option(place, "allowlist_registration_only", boolean(true));
	assert_string_equal(explain(place, "allowlist", user("will", "192.0.2.7")), "pass");
	assert_string_equal(explain(place, "allowlist", user("will", "203.0.113.1")), "refuse");
	assert_string_equal(explain(place, "allowlist", user("will", NULL)), "refuse");
	assert_string_equal(explain(place, "allowlist", user("will", "127.0.0.1")), "refuse"); /* it is replaced */
	assert_string_equal(explain(place, "allowlist", operator("will", "203.0.113.1")), "skip");
	set_option(place, "registration_whitelist", TABLE(ELEMENT(string("203.0.113.1"))));
	set_option(place, "whitelist_registration_only", boolean(true));
	assert_string_equal(explain(place, "allowlist", user("will", "203.0.113.1")), "pass");
}

static void test_blocklist(void **state)
{
	struct place *place = *state;

	set_option(place, "registration_blocklist",
	           TABLE(ELEMENT(string("192.0.2.0/24")), ELEMENT(string("2001:db8::/32"))));
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.2.7")), "refuse");
	assert_string_equal(telling.detail, "192.0.2.0/24 is blocked");
	assert_string_equal(explain(place, "blocklist", user("will", "::ffff:192.0.2.7")), "refuse");
	assert_string_equal(explain(place, "blocklist", user("will", "2001:db8::1")), "refuse");
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.3.7")), "pass");
	assert_string_equal(explain(place, "blocklist", operator("will", "192.0.2.7")), "skip");
	assert_string_equal(explain(place, "blocklist", user("will", NULL)), "skip");
	set_option(place, "registration_blacklist", TABLE(ELEMENT(string("192.0.3.7"))));
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.3.7")), "refuse");
}

/* R-PRJ-03: as stock mod_register_limits has it, and an operator's order to allow above both */
static void test_a_block_stands_above_the_allowlist(void **state)
{
	struct muster_order allow = { .kind = MUSTER_DIRECT,
		                      .username = text("192.0.2.7"),
		                      .directive = text("allow"),
		                      .door = text("console") };
	struct place *place = *state;

	set_option(place, "registration_allowlist", TABLE(ELEMENT(string("192.0.2.0/24"))));
	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.0/28"))));
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.2.7")), "refuse");
	assert_string_equal(verdict(set(place, from("192.0.2.7"), BILL)), "forbidden auth 403");
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.2.77")), "pass");
	assert_string_equal(explain(place, "throttle", user("will", "192.0.2.77")), "skip");
	assert_string_equal(carry_out(place, allow), "ok");
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.2.7")), "pass");
	assert_string_equal(telling.detail, "192.0.2.7 is allowed by order");
	assert_string_equal(verdict(set(place, from("192.0.2.7"), BILL)), "result");
	assert_string_equal(explain(place, "blocklist", user("will", "192.0.2.8")), "refuse");
}

static void test_dns_list(void **state)
{
	struct place *place = *state;
	struct muster_candidate listed = user("will", "192.0.2.7");

	listed.listed = text("list.example");
	assert_string_equal(explain(place, "dns-list", listed), "skip");
	set_option(place, "muster_dnsbl", string("list.example"));
	assert_string_equal(explain(place, "dns-list", listed), "refuse");
	assert_string_equal(telling.detail, "list.example lists the address");
	assert_string_equal(explain(place, "dns-list", user("will", "192.0.2.7")), "pass");
	listed.address = text("127.0.0.1");
	assert_string_equal(explain(place, "dns-list", listed), "skip");
	listed.self_service = false;
	assert_string_equal(explain(place, "dns-list", listed), "skip");
}

static void test_throttle_and_rate(void **state)
{
	struct place *place = *state;
	struct muster_candidate invited = user("will", "192.0.2.7");

	invited.invited = true;
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(2)), ITEM("period", number(100))));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(3)), ITEM("period", number(60))));
	set(place, from("192.0.2.7"), BILL);
	assert_string_equal(explain(place, "throttle", user("will", "192.0.2.7")), "pass");
	set(place, from("192.0.2.7"), "<username>ben</username><password>x</password>");
	assert_string_equal(explain(place, "throttle", user("will", "192.0.2.7")), "refuse");
	assert_string_equal(telling.detail, "192.0.2.7 has 2.0 of 2 registrations in 100 s");
	assert_int_equal(telling.opinion.wait_s, 50);
	assert_string_equal(explain(place, "throttle", user("will", "192.0.2.8")), "pass");
	assert_string_equal(explain(place, "throttle", user("will", NULL)), "skip");
	assert_string_equal(explain(place, "throttle", user("will", "127.0.0.1")), "skip");
	assert_string_equal(explain(place, "throttle", invited), "skip");
	assert_string_equal(explain(place, "throttle", operator("will", "192.0.2.7")), "skip");
	assert_string_equal(explain(place, "rate", user("will", NULL)), "pass");
	set(place, stranger(), "<username>kit</username><password>x</password>");
	assert_string_equal(explain(place, "rate", user("will", NULL)), "refuse");
	assert_string_equal(telling.detail, "* has 3.0 of 3 registrations in 60 s");
	assert_int_equal(telling.opinion.wait_s, 20);
	assert_string_equal(explain(place, "rate", user("will", "192.0.2.8")), "refuse");
	assert_string_equal(explain(place, "rate", user("will", "127.0.0.1")), "skip");
	assert_string_equal(explain(place, "rate", invited), "skip");
	assert_string_equal(explain(place, "rate", operator("will", NULL)), "skip");
	set_option(place, "muster_throttle", boolean(false));
	set_option(place, "muster_rate", boolean(false));
	assert_string_equal(explain(place, "throttle", user("will", "192.0.2.7")), "skip");
	assert_string_equal(explain(place, "rate", user("will", "192.0.2.7")), "skip");
}

static void test_mode(void **state)
{
	static const struct {
		const char *mode, *user, *invited;
	} modes[] = {
		{ "open", "pass", "pass" },       { "invite", "refuse", "pass" },   { "approval", "pass", "pass" },
		{ "redirect", "refuse", "pass" }, { "closed", "refuse", "refuse" },
	};
	struct place *place = *state;
	struct muster_candidate invited = user("will", NULL);

	invited.invited = true;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		set_option(place, "muster_registration", string(modes[i].mode));
		assert_string_equal(explain(place, "mode", user("will", NULL)), modes[i].user);
		assert_string_equal(explain(place, "mode", invited), modes[i].invited);
		assert_string_equal(explain(place, "mode", operator("will", NULL)), "skip");
	}
	set_option(place, "muster_registration", string("approval"));
	explain(place, "mode", user("will", NULL));
	assert_string_equal(telling.detail, "an operator is to approve");
}

static void test_how_many_accounts(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_max_accounts", number(2));
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_string_equal(explain(place, "accounts", user("will", NULL)), "pass");
	assert_error(order(place, MUSTER_REGISTER, "ben", "Calliope"), MUSTER_OK);
	assert_string_equal(explain(place, "accounts", user("will", NULL)), "refuse");
	assert_string_equal(telling.detail, "there are 2 accounts of 2");
	assert_string_equal(explain(place, "accounts", operator("will", NULL)), "refuse");
	assert_string_equal(explain(place, "accounts", user("will", "127.0.0.1")), "refuse");
	assert_error(order(place, MUSTER_DISABLE, "ben", NULL), MUSTER_OK);
	assert_string_equal(explain(place, "accounts", user("will", NULL)), "refuse");
	assert_error(order(place, MUSTER_UNREGISTER, "ben", NULL), MUSTER_OK);
	assert_string_equal(explain(place, "accounts", user("will", NULL)), "pass");
}

static void test_how_many_accounts_of_an_address(void **state)
{
	struct place *place = *state;

	set_option(place, "muster_max_accounts_per_address", number(1));
	set_option(place, "muster_throttle", boolean(false));
	assert_string_equal(verdict(set(place, from("2001:db8::1"), BILL)), "result");
	assert_string_equal(explain(place, "accounts-per-address", user("will", "2001:db8::2")), "refuse");
	assert_string_equal(telling.detail, "there are 1 accounts of 1 from that address");
	assert_string_equal(explain(place, "accounts-per-address", user("will", "2001:db8:0:1::2")), "pass");
	assert_string_equal(explain(place, "accounts-per-address", user("will", NULL)), "skip");
	assert_string_equal(explain(place, "accounts-per-address", user("will", "127.0.0.1")), "skip");
	assert_string_equal(explain(place, "accounts-per-address", operator("will", "2001:db8::2")), "skip");
	assert_string_equal(verdict(set(place, from("2001:db8::9"), "<username>will</username><password>x</password>")),
	                    "forbidden auth 403");
	set(place, account("bill"), "<remove/>");
	assert_string_equal(explain(place, "accounts-per-address", user("will", "2001:db8::2")), "pass");
}

static void test_password(void **state)
{
	struct place *place = *state;
	struct muster_candidate candidate = user("will", NULL);

	candidate.password = text("Calliope");
	set_option(place, "password_policy", TABLE(ITEM("length", number(8)), ITEM("exclude_username", boolean(true))));
	assert_string_equal(explain(place, "password", candidate), "pass");
	candidate.password = text("short");
	assert_string_equal(explain(place, "password", candidate), "refuse");
	assert_string_equal(telling.detail, "The password is too short.");
	candidate.password = text("not will");
	assert_string_equal(explain(place, "password", candidate), "refuse");
	candidate.username = text(NULL);
	assert_string_equal(explain(place, "password", candidate), "pass");
	candidate.self_service = false;
	candidate.password = text("");
	assert_string_equal(explain(place, "password", candidate), "refuse");
}

/* In characters, not in bytes. */
static void test_length_of_names(void **state)
{
	struct place *place = *state;

	set_option(place, "block_registrations_length_minimum", number(3));
	set_option(place, "block_registrations_length_maximum", number(5));
	assert_string_equal(explain(place, "name-length", user("ed", NULL)), "refuse");
	assert_string_equal(telling.detail, "names have 3 to 5 characters");
	assert_string_equal(explain(place, "name-length", user("ben", NULL)), "pass");
	assert_string_equal(explain(place, "name-length", user("b\xc3\xa9n\xc3\xa9t", NULL)), "pass");
	assert_string_equal(explain(place, "name-length", user("benet", NULL)), "pass");
	assert_string_equal(explain(place, "name-length", user("bennet", NULL)), "refuse");
	assert_string_equal(explain(place, "name-length", operator("bennet", "127.0.0.1")), "refuse");
}

static void test_patterns_for_names(void **state)
{
	struct place *place = *state;

	set_option(place, "block_registrations_require", string("b"));
	set_option(place, "block_registrations_matching", TABLE(ELEMENT(string("spam")), ELEMENT(string("z!"))));
	assert_string_equal(explain(place, "name-required", user("ben", NULL)), "pass");
	assert_string_equal(explain(place, "name-required", user("BEN", NULL)), "pass"); /* once prepared */
	assert_string_equal(explain(place, "name-required", user("will", NULL)), "refuse");
	assert_string_equal(telling.detail, "it does not match \"b\"");
	assert_string_equal(explain(place, "name-excluded", user("will", NULL)), "pass");
	assert_string_equal(explain(place, "name-excluded", operator("xspamx", NULL)), "refuse");
	assert_string_equal(telling.detail, "it matches \"spam\"");
	/* What cannot be told is not let in. */
	assert_string_equal(explain(place, "name-excluded", user("zoe", NULL)), "refuse");
	set_option(place, "block_registrations_require", string("z!"));
	assert_string_equal(explain(place, "name-required", user("zoe", NULL)), "refuse");
}

static void test_reserved_names(void **state)
{
	struct place *place = *state;

	set_option(place, "block_registrations_users", TABLE(ELEMENT(string("Admin")), ELEMENT(string("root"))));
	assert_string_equal(explain(place, "name-reserved", user("ADMIN", NULL)), "refuse");
	assert_string_equal(telling.detail, "the name is reserved");
	assert_string_equal(explain(place, "name-reserved", user("\xef\xbc\xb2oot", NULL)), "refuse"); /* fullwidth */
	assert_string_equal(explain(place, "name-reserved", user("admins", NULL)), "pass");
	assert_string_equal(explain(place, "name-reserved", operator("root", "127.0.0.1")), "refuse");
}

static void test_names_that_are_somebodys(void **state)
{
	struct place *place = *state;

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "gone", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_UNREGISTER, "gone", NULL), MUSTER_OK);
	assert_string_equal(explain(place, "name-taken", user("Bill", NULL)), "refuse");
	assert_string_equal(telling.detail, "there is such an account");
	assert_string_equal(explain(place, "name-taken", user("gone", NULL)), "pass");
	assert_string_equal(explain(place, "name-kept", user("gone", NULL)), "refuse");
	assert_string_equal(telling.detail, "an account of that name was removed");
	assert_string_equal(explain(place, "name-kept", operator("gone", NULL)), "refuse");
	assert_string_equal(explain(place, "name-kept", user("bill", NULL)), "pass");
	set_option(place, "user_tombstone_expiry", number(60));
	muster_clock_pretend(NOW + 59);
	assert_string_equal(explain(place, "name-kept", user("gone", NULL)), "refuse");
	muster_clock_pretend(NOW + 60);
	assert_string_equal(explain(place, "name-kept", user("gone", NULL)), "pass");
	set_option(place, "user_tombstone_expiry", number(0));
	muster_clock_pretend(NOW);
	assert_string_equal(explain(place, "name-kept", user("gone", NULL)), "skip");
	assert_string_equal(explain(place, "name-lookalike", user("bi11", NULL)), "refuse");
	assert_string_equal(telling.detail, "it looks like bill");
	assert_string_equal(explain(place, "name-lookalike", user("bell", NULL)), "pass");
	set_option(place, "block_registrations_confusable", boolean(false));
	assert_string_equal(explain(place, "name-lookalike", user("bi11", NULL)), "skip");
	assert_error(order(place, MUSTER_CREATE, "unfinished", NULL), MUSTER_OK);
	muster_clock_pretend(NOW + 60);
	assert_string_equal(explain(place, "name-taken", user("unfinished", NULL)), "refuse");
	muster_clock_pretend(NOW + 61);
	assert_string_equal(explain(place, "name-taken", user("unfinished", NULL)), "pass");
}

/* --- answers --- */

/* R-PRJ-03 */
static void test_answers_to_who_is_unwanted(void **state)
{
	struct place *place = *state;

	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.7"))));
	assert_string_equal(
		set(place, from("192.0.2.7"), BILL),
		"send <iq type='error' id='1'><error type='auth' code='403'><forbidden "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' "
		"xml:lang='en'>You cannot register from where you are.</text></error></iq>\n");
	set_option(place, "allowlist_registration_only", boolean(true));
	assert_string_equal(verdict(set(place, from("192.0.2.8"), BILL)), "forbidden auth 403");
	assert_string_equal(verdict(set(place, from("127.0.0.1"), BILL)), "result");
	/* Accounts go on as ever. */
	assert_string_equal(verdict(set(place, account("bill"), "<username>bill</username><password>x</password>")),
	                    "result");
}

/* As a host answers whose resolver has found the address in a list. */
static void test_an_answer_to_who_is_listed(void **state)
{
	struct place *place = *state;
	struct muster_facts facts = from("192.0.2.7");
	struct muster_operation *operation;
	struct muster_outcome outcome;

	set_option(place, "muster_dnsbl", string("list.example"));
	assert_error(muster_request_begin(
			     place->host, place->store, &facts,
			     text("<iq type='set' id='1'><query xmlns='jabber:iq:register'>" BILL "</query></iq>"),
			     &outcome, &operation),
	             MUSTER_OK);
	assert_error(muster_operation_list(operation, text("list.example")), MUSTER_OK);
	assert_error(muster_operation_look(operation, place->store, &outcome), MUSTER_REFUSED);
	assert_string_equal(verdict(outcome.actions[0].xml.data), "forbidden auth 403");
	assert_null(strstr(outcome.actions[0].xml.data, "list.example"));
	muster_outcome_clear(&outcome);
	muster_operation_free(operation);
}

static void test_answers_where_nobody_registers(void **state)
{
	struct place *place = *state;
	struct muster_facts invited = stranger();

	invited.invited = true;
	set_option(place, "muster_registration", string("closed"));
	assert_string_equal(verdict(set(place, stranger(), BILL)), "service-unavailable cancel 503");
	assert_string_equal(verdict(set(place, invited, BILL)), "service-unavailable cancel 503");
	set_option(place, "muster_registration", string("redirect"));
	assert_string_equal(verdict(set(place, stranger(), BILL)), "not-allowed cancel 405");
	assert_string_equal(verdict(set(place, invited, BILL)), "result");
	set_option(place, "muster_registration", string("invite"));
	invited.invited = false;
	assert_string_equal(verdict(set(place, invited, "<username>ben</username><password>x</password>")),
	                    "forbidden auth 403");
	assert_non_null(strstr(set(place, invited, "<username>ben</username><password>x</password>"),
	                       ">You need an invitation to register here.<"));
	invited.invited = true;
	assert_string_equal(verdict(set(place, invited, "<username>ben</username><password>x</password>")), "result");
	set_option(place, "muster_registration", string("open"));
	set_option(place, "muster_max_accounts", number(2));
	assert_string_equal(verdict(set(place, stranger(), "<username>kit</username><password>x</password>")),
	                    "service-unavailable cancel 503");
	assert_string_equal(carry_out(place, (struct muster_order){ .kind = MUSTER_REGISTER,
	                                                            .username = text("kit"),
	                                                            .password = text("x") }),
	                    "refused");
	assert_string_equal(carry_out(place, (struct muster_order){ .kind = MUSTER_REGISTER,
	                                                            .username = text("kit"),
	                                                            .password = text("x"),
	                                                            .overrides = true }),
	                    "ok registered kit by in-band");
}

static void test_answers_to_names_that_cannot_be_used(void **state)
{
	struct place *place = *state;

	set_option(place, "block_registrations_length_minimum", number(3));
	set_option(place, "block_registrations_require", string("e"));
	assert_string_equal(verdict(set(place, stranger(), "<username>ed</username><password>x</password>")),
	                    "not-acceptable modify 406");
	assert_string_equal(verdict(set(place, stranger(), "<username>will</username><password>x</password>")),
	                    "not-acceptable modify 406");
	assert_string_equal(verdict(set(place, stranger(), "<username>ned</username><password>x</password>")),
	                    "result");
}

/* R-PRJ-05: nobody is told why a name is taken. */
static void test_names_that_look_taken(void **state)
{
	static const char *const names[] = { "admin", "ADMIN", "xspamx", "gone", "bi11", "zoe", "Bill" };
	static const char *const languages[] = { "", " xml:lang='de'" };
	struct place *place = *state;

	set_option(place, "muster_languages", string(LANGUAGES));
	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "gone", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_UNREGISTER, "gone", NULL), MUSTER_OK);
	set_option(place, "block_registrations_users", TABLE(ELEMENT(string("admin"))));
	set_option(place, "block_registrations_matching", TABLE(ELEMENT(string("spam")), ELEMENT(string("z!"))));
	for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
		char xml[512], taken[1024];

		snprintf(xml, sizeof(xml),
		         "<iq type='set' id='1'%s><query xmlns='jabber:iq:register'><username>bill</username>"
		         "<password>x</password></query></iq>",
		         languages[i % 2]);
		snprintf(taken, sizeof(taken), "%s", request(place, stranger(), xml));
		assert_string_equal(verdict(taken), "conflict cancel 409");
		snprintf(xml, sizeof(xml),
		         "<iq type='set' id='1'%s><query xmlns='jabber:iq:register'><username>%s</username>"
		         "<password>x</password></query></iq>",
		         languages[i % 2], names[i / 2]);
		assert_string_equal(request(place, stranger(), xml), taken);
		assert_string_equal(carry_out(place, (struct muster_order){ .kind = MUSTER_REGISTER,
		                                                            .username = text(names[i / 2]),
		                                                            .password = text("x"),
		                                                            .self_service = true }),
		                    "exists");
	}
}

/* Whoever is refused for where they come from does not learn which names exist. */
static void test_names_come_last(void **state)
{
	struct place *place = *state;
	char answer[1024];

	assert_error(order(place, MUSTER_REGISTER, "bill", "Calliope"), MUSTER_OK);
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1))));
	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.9"))));
	assert_string_equal(verdict(set(place, from("192.0.2.7"), "<username>ben</username><password>x</password>")),
	                    "result");
	snprintf(answer, sizeof(answer), "%s", set(place, from("192.0.2.7"), BILL));
	assert_string_equal(verdict(answer), "not-acceptable wait 406");
	assert_string_equal(set(place, from("192.0.2.7"), "<username>kit</username><password>x</password>"), answer);
	snprintf(answer, sizeof(answer), "%s", set(place, from("192.0.2.9"), BILL));
	assert_string_equal(set(place, from("192.0.2.9"), "<username>kit</username><password>x</password>"), answer);
	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.7"))));
	assert_string_equal(verdict(set(place, from("192.0.2.7"), BILL)), "forbidden auth 403");
}

/* --- explaining and judging --- */

static void set_many(struct place *place, uint32_t seed)
{
	static const char *const modes[] = { "open", "open", "open", "invite", "approval", "redirect", "closed" };

	set_option(place, "muster_registration", string(modes[seed % 7]));
	set_option(place, "registration_allowlist", TABLE(ELEMENT(string("192.0.2.1"))));
	set_option(place, "registration_blocklist", TABLE(ELEMENT(string("192.0.2.1")), ELEMENT(string("192.0.2.2"))));
	set_option(place, "allowlist_registration_only", boolean(seed % 11 == 0));
	set_option(place, "muster_dnsbl", string("list.example"));
	set_option(place, "muster_throttle", TABLE(ITEM("limit", number(1))));
	set_option(place, "muster_rate", TABLE(ITEM("limit", number(seed % 5 ? 1000 : 1))));
	set_option(place, "muster_max_accounts", number(seed % 3 ? 1000 : 3));
	set_option(place, "muster_max_accounts_per_address", number(1));
	set_option(place, "password_policy", TABLE(ITEM("length", number(3))));
	set_option(place, "block_registrations_length_minimum", number(3));
	set_option(place, "block_registrations_require", string("o"));
	set_option(place, "block_registrations_matching", TABLE(ELEMENT(string("spam"))));
	set_option(place, "block_registrations_users", TABLE(ELEMENT(string("root"))));
}

struct judged {
	const char *rule;
	int error;
};

static struct judged judge(struct place *place, const struct muster_candidate *candidate, bool overrides)
{
	struct muster_applicant applicant = { .username = candidate->username,
		                              .listed = candidate->listed,
		                              .self_service = candidate->self_service,
		                              .invited = candidate->invited,
		                              .overrides = overrides,
		                              .now_s = NOW };
	struct muster_transaction *transaction;
	struct muster_network network;
	struct muster_verdict found;
	struct judged judged;

	if (candidate->address.data) {
		assert_error(muster_network_read(candidate->address, &network), MUSTER_OK);
		applicant.address = &network;
	}
	assert_error(muster_transaction_read(place->store, &transaction), MUSTER_OK);
	judged.error = muster_rules_judge(place->host, transaction, MUSTER_STAGE_ALL, &applicant, &found);
	judged.rule = found.rule;
	muster_transaction_abort(transaction);
	return judged;
}

#define PICK(seed, ...)                                                                                                \
	text((const char *[]){ __VA_ARGS__ }[(seed) % (sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))])

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 12;
}

/* The first that refuses when it is explained is the one that refuses. */
static void test_what_is_explained_is_what_is_done(void **state)
{
	static const char *const rules[] = { "allowlist",   "blocklist",     "dns-list",      "throttle",
		                             "rate",        "mode",          "accounts",      "accounts-per-address",
		                             "name-length", "name-required", "name-excluded", "name-reserved",
		                             "name-taken",  "name-kept",     "name-invited",  "name-lookalike" };
	struct place *place = *state;
	int seen[17] = { 0 }, passed = 0;
	uint32_t seed = 1;

	assert_error(order(place, MUSTER_REGISTER, "bottom", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_REGISTER, "gone", "Calliope"), MUSTER_OK);
	assert_error(order(place, MUSTER_UNREGISTER, "gone", NULL), MUSTER_OK);
	invite(place, "promised", (struct muster_invitation){ .uses = 1 });
	set_many(place, 1);
	muster_clock_pretend(NOW - 7200);
	set(place, from("192.0.2.5"), "<username>orlando</username><password>xyz</password>");
	muster_clock_pretend(NOW);
	assert_string_equal(verdict(set(place, from("192.0.2.3"), "<username>rose</username><password>xyz</password>")),
	                    "result");
	set(place, from("192.0.2.4"), "<username>rose</username><password>xyz</password>");
	for (int i = 0; i < rounds(3000, 200); i++) {
		struct muster_candidate candidate;
		struct judged judged, overriding;
		bool taken = false;

		set_many(place, next(&seed));
		candidate = (struct muster_candidate){
			.username = PICK(next(&seed), "oberon", "no", "will", "spamo", "root", "bottom", "gone",
			                 "bottorn", "promised"),
			.password = PICK(next(&seed), NULL, "Calliope", "x"),
			.address = PICK(next(&seed), NULL, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",
			                "192.0.2.5", "2001:db8::1", "192.0.2.6"),
			.listed = PICK(next(&seed), NULL, NULL, NULL, "list.example"),
			.self_service = next(&seed) % 4 != 0,
			.invited = next(&seed) % 4 == 0,
		};
		explain(place, NULL, candidate);
		taken = strstr(telling.text, "name-taken refuse") != NULL;
		judged = judge(place, &candidate, false);
		assert_error(judged.error, telling.refusing ? MUSTER_REFUSED : MUSTER_OK);
		if (telling.refusing)
			assert_string_equal(judged.rule, telling.refusing);
		else
			assert_null(judged.rule);
		/* Who overrides is refused for one reason only. */
		overriding = judge(place, &candidate, true);
		assert_error(overriding.error, taken ? MUSTER_REFUSED : MUSTER_OK);
		if (taken)
			assert_string_equal(overriding.rule, "name-taken");
		else if (telling.refusing)
			assert_string_equal(overriding.rule, telling.refusing);
		for (size_t rule = 0; rule < sizeof(rules) / sizeof(rules[0]); rule++)
			seen[rule] += telling.refusing && strcmp(rules[rule], telling.refusing) == 0;
		passed += !telling.refusing;
	}
	for (size_t rule = 0; rule < sizeof(rules) / sizeof(rules[0]); rule++)
		if (seen[rule] == 0 && rounds(1, 0))
			fail_msg("%s never refuses", rules[rule]);
	assert_true(passed > 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_place_with_patterns, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_rules_in_their_order),
		TEST(test_what_cannot_be_explained),
		TEST(test_allowlist),
		TEST(test_blocklist),
		TEST(test_a_block_stands_above_the_allowlist),
		TEST(test_dns_list),
		TEST(test_throttle_and_rate),
		TEST(test_mode),
		TEST(test_how_many_accounts),
		TEST(test_how_many_accounts_of_an_address),
		TEST(test_password),
		TEST(test_length_of_names),
		TEST(test_patterns_for_names),
		TEST(test_reserved_names),
		TEST(test_names_that_are_somebodys),
		TEST(test_answers_to_who_is_unwanted),
		TEST(test_an_answer_to_who_is_listed),
		TEST(test_answers_where_nobody_registers),
		TEST(test_answers_to_names_that_cannot_be_used),
		TEST(test_names_that_look_taken),
		TEST(test_names_come_last),
		TEST(test_what_is_explained_is_what_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
