"""How many accounts may be made from one address, and from which at all. 127.0.0.1 may always."""

import time

from harness.bosh import Bosh
from harness.orders import MODULES, audit, listed, order
from harness.websocket import WebSocket
from harness.xmpp import Client, can_log_in, error_of, text_of

WAIT = ("not-acceptable", "wait", "406")
CONFLICT = ("conflict", "cancel", "409")
UNUSABLE = ("not-acceptable", "modify", "406")
FORBIDDEN = ("forbidden", "auth", "403")
ONE = "muster_throttle = { limit = 1, period = 3600 }"
RETRY_AFTER = ".//{urn:muster:wait:0}retry-after"


def outcome(server, name, source="127.0.0.2", password="romeo"):
    client = Client(server.port, source=source)
    reply = client.register(name, password)
    client.close()
    return error_of(reply)


def outcomes(server, *names, source="127.0.0.2", **given):
    return [outcome(server, name, source, **given) for name in names]


def test_three_an_hour(place):
    """R-PRJ-03: what holds where nothing is configured; and who is refused learns of no name"""
    server = place.running()
    assert outcomes(server, "one", "two", "three") == 3 * [None]
    reply = Client(server.port, source="127.0.0.2").register("one", "romeo")
    assert error_of(reply) == WAIT
    seconds = int(reply.find(RETRY_AFTER).get("seconds"))
    assert 1140 <= seconds <= 1200, seconds
    assert str(seconds) in text_of(reply), text_of(reply)
    assert outcome(server, "four") == WAIT
    assert can_log_in(server.port, "four", "romeo") == "not-authorized"
    assert outcome(server, "four", "127.0.0.3") is None
    assert outcomes(server, "a", "b", "c", "d", source="127.0.0.1") == 4 * [None]


def test_a_restart_forgets_nothing(place):
    """R-PRJ-03"""
    server = place.running(host=ONE)
    assert outcomes(server, "one", "two") == [None, WAIT]
    server.stop()
    server.start()
    assert outcome(server, "two") == WAIT
    server.kill()
    server.start()
    assert outcome(server, "two") == WAIT


def test_one_throttle_for_all_streams(place):
    """R-PRJ-03"""
    server = place.running(modules=("register_muster", "bosh", "websocket"), listening=("http",),
                           general="consider_bosh_secure = true\nconsider_websocket_secure = true")

    def outcome_by(kind, name):
        return error_of(kind(server.ports["http"], tls=False, source="127.0.0.2").register(name, "romeo"))

    assert outcome(server, "one") is None
    assert outcome_by(Bosh, "two") is None
    assert outcome_by(WebSocket, "three") is None
    assert outcome(server, "four") == WAIT
    assert outcome_by(Bosh, "four") == WAIT
    assert outcome_by(WebSocket, "four") == WAIT


def test_an_ipv6_customer_is_one(place):
    """R-PRJ-03: a /64, as a proxy tells it"""
    server = place.running(modules=("register_muster", "bosh"), listening=("http",), host=ONE,
                           general="consider_bosh_secure = true")

    def outcome_from(address, name):
        client = Bosh(server.ports["http"], tls=False, headers={"X-Forwarded-For": address})
        return error_of(client.register(name, "romeo"))

    assert outcome_from("2001:db8:1:2::1", "one") is None
    assert outcome_from("2001:db8:1:2:ffff::2", "two") == WAIT
    assert outcome_from("2001:db8:1:3::1", "two") is None
    assert outcome_from("::ffff:127.0.0.2", "three") is None
    assert outcome(server, "four") == WAIT, "an IPv4 address that is written as IPv6 is another"


def test_prosodys_own_options(place):
    """R-PRJ-03"""
    server = place.running(general="registration_throttle_max = 2\nregistration_throttle_period = 86400")
    assert outcomes(server, "one", "two", "three") == [None, None, WAIT]
    server.stop()
    server = place.server("other", general="min_seconds_between_registrations = 2").start()
    assert outcomes(server, "one", "two") == [None, WAIT]
    time.sleep(2.5)
    assert outcomes(server, "two", "three") == [None, WAIT]


def test_failed_tries_count(place):
    """R-PRJ-03: a fifth each; what the throttle refuses does not count"""
    server = place.running(modules=MODULES, host="muster_throttle = { limit = 2, period = 36000 }\n"
                                                 "password_policy = { length = 4 }")
    assert outcome(server, "juliet", "127.0.0.1") is None
    assert outcomes(server, "juliet", "JULIET", "a b") == [CONFLICT, CONFLICT, UNUSABLE]
    assert outcome(server, "romeo", password="abc") == UNUSABLE
    assert outcomes(server, *6 * ["juliet"]) == 6 * [CONFLICT]
    server.wait_until(lambda: level_of(server, "127.0.0.2") > 1.9, "to have written down ten tries")
    assert outcomes(server, "romeo", "romeo", "romeo") == 3 * [WAIT]
    audit(server, 3, rule="throttle", address="127.0.0.2", username="romeo")
    assert 1.9 < level_of(server, "127.0.0.2") <= 2.0
    assert outcome(server, "juliet", "127.0.0.1") == CONFLICT
    assert [each["subject"] for each in listed(server, "throttle")] == ["127.0.0.2"], "the allowlist is not limited"


def test_one_failed_try_keeps_nobody_waiting(place):
    """Nor do four, where one registration is allowed; the fifth does."""
    server = place.running(modules=MODULES, host=ONE + "\npassword_policy = { length = 4 }")
    assert outcomes(server, *4 * ["juliet"], password="abc") == 4 * [UNUSABLE]
    server.wait_until(lambda: level_of(server, "127.0.0.2") > 0.75, "to have written down four tries")
    assert outcomes(server, "juliet", "romeo") == [None, WAIT]
    assert outcomes(server, *5 * ["romeo"], source="127.0.0.3", password="abc") == 5 * [UNUSABLE]
    server.wait_until(lambda: level_of(server, "127.0.0.3") > 0.95, "to have written down five tries")
    assert outcome(server, "romeo", "127.0.0.3") == WAIT


def level_of(server, subject):
    return next((each["level"] for each in listed(server, "throttle") if each["subject"] == subject), 0)


def test_windows_and_their_reset(place):
    """Several windows, a network as one; an administrator looks, and lets everybody in again."""
    server = place.running(modules=MODULES, host="muster_throttle = { { limit = 1, period = 2, ipv4 = 32 }, "
                                                 "{ limit = 2, period = 3600, ipv4 = 24 } }")
    assert outcomes(server, "one", "two") == [None, WAIT]
    assert outcome(server, "two", "127.0.0.3") is None
    assert outcome(server, "three", "127.0.0.4") == WAIT, "the network has had its two"
    assert outcome(server, "three", "127.0.1.4") is None
    found = {each["subject"]: each for each in listed(server, "throttle")}
    assert found["127.0.0.0/24"]["limit"] == 2 and found["127.0.0.0/24"]["wait"] > 1000, found
    assert order(server, "reset_throttle", username="127.0.0.4")["ok"]
    assert "127.0.0.0/24" not in {each["subject"] for each in listed(server, "throttle")}
    assert outcome(server, "four", "127.0.0.4") is None


def test_a_rate_for_everybody(place):
    """However many addresses they come from"""
    server = place.running(host="muster_rate = { limit = 2, period = 3600 }")
    assert [outcome(server, f"name{number}", f"127.0.0.{number}") for number in (2, 3, 4)] == [None, None, WAIT]
    assert outcome(server, "name4", "127.0.0.1") is None


def test_accounts_of_a_host_and_of_an_address(place):
    server = place.running(host="muster_max_accounts = 3\nmuster_max_accounts_per_address = 1")
    assert outcomes(server, "one", "two") == [None, FORBIDDEN]
    assert outcome(server, "two", "127.0.0.3") is None
    assert outcome(server, "three", "127.0.0.1") is None
    assert outcome(server, "four", "127.0.0.4") == ("service-unavailable", "cancel", "503")
    assert "OK" in server.shell('user:delete("one@localhost")')
    assert outcome(server, "four") is None, "the address has an account no more"


# --- lists of addresses ---

def test_an_allowlist(place):
    """R-PRJ-03: without it 127.0.0.1 is like others"""
    server = place.running(host=ONE + '\nregistration_allowlist = { "127.0.0.2", "127.0.1.0/24" }')
    assert outcomes(server, "one", "two") == [None, None]
    assert outcomes(server, "three", "four", source="127.0.1.9") == [None, None]
    assert outcomes(server, "five", "six", source="127.0.0.1") == [None, WAIT]


def test_only_the_allowlist(place):
    """R-PRJ-03"""
    server = place.running(general="allowlist_registration_only = true")
    assert outcome(server, "one") == FORBIDDEN
    assert can_log_in(server.port, "one", "romeo") == "not-authorized"
    assert outcome(server, "one", "127.0.0.1") is None


def test_a_blocklist(place):
    """R-PRJ-03: also by the option's old name"""
    for number, name in enumerate(("registration_blocklist", "registration_blacklist")):
        server = place.server(f"server{number}", host=name + ' = { "127.0.0.2", "127.0.1.0/24" }').start()
        assert outcome(server, "one") == FORBIDDEN
        assert outcome(server, "one", "127.0.1.200") == FORBIDDEN
        assert can_log_in(server.port, "one", "romeo") == "not-authorized"
        assert outcome(server, "one", "127.0.0.3") is None
        server.stop()
    server = place.server("both", host='registration_blocklist = { "127.0.0.3" }\n'
                                       'registration_blacklist = { "127.0.0.2" }').start()
    assert outcome(server, "one") is None, "the new name does not stand above the old one, as in Prosody's own module"
    assert outcome(server, "two", "127.0.0.3") == FORBIDDEN


def test_a_block_within_the_allowlist(place):
    """R-PRJ-03: it counts, as in Prosody's own module; an administrator's order to allow stands above both."""
    server = place.running(modules=MODULES, host=ONE + '\nregistration_allowlist = { "127.0.0.0/8" }\n'
                                                     'registration_blocklist = { "127.0.0.2" }')
    assert outcomes(server, "one", "two", source="127.0.0.3") == [None, None]
    assert outcome(server, "three") == FORBIDDEN
    assert order(server, "direct", directive="block", username="127.0.0.3")["ok"]
    assert outcome(server, "three", "127.0.0.3") == FORBIDDEN, "ordered at run time"
    assert order(server, "direct", directive="allow", username="127.0.0.0/29")["ok"]
    assert outcomes(server, "three", "four") == [None, None]
    assert outcome(server, "five", "127.0.0.3") is None


def test_the_same_in_prosodys_own_module(place):
    """What ours is held to: the blocklist wins there, too."""
    server = place.running(modules=("register_muster", "register_limits"),
                           host='registration_allowlist = { "127.0.0.0/8" }\nregistration_blocklist = { "127.0.0.2" }')
    assert outcome(server, "one") == FORBIDDEN
    assert outcome(server, "one", "127.0.0.3") is None


def test_lists_at_run_time(place):
    """An administrator blocks and allows; it outlives a restart, ends when it was to end, and can be taken back."""
    server = place.running(modules=MODULES, host="muster_throttle = { limit = 2, period = 36000 }")
    assert order(server, "direct", directive="block", username="127.0.0.0/30", reason="spam")["ok"]
    assert order(server, "direct", directive="allow", username="127.0.0.3")["ok"]
    until = int(time.time()) + 4
    assert order(server, "direct", directive="block", username="127.0.0.9", until=until)["ok"]
    assert outcome(server, "one") == FORBIDDEN
    assert outcome(server, "two", "127.0.0.9") == FORBIDDEN
    server.stop()
    server.start()
    assert outcome(server, "one") == FORBIDDEN
    assert outcomes(server, "a", "b", "c", source="127.0.0.3") == 3 * [None], "what is allowed is not limited"
    time.sleep(max(0, until - time.time()) + 1)
    assert outcome(server, "two", "127.0.0.9") is None
    found = {each["subject"]: each for each in listed(server, "directives")}
    assert set(found) == {"127.0.0.0/30", "127.0.0.3"} and found["127.0.0.0/30"]["reason"] == "spam", found
    assert order(server, "retract", directive="block", username="127.0.0.0/30")["ok"]
    assert order(server, "retract", directive="block", username="127.0.0.0/30")["error"] == "not-found"
    assert outcome(server, "one") is None


def test_beside_register_limits(place):
    """Prosody's own module keeps its rule, and ours comes back when it goes."""
    server = place.running(modules=("register_muster", "register_limits"), host=ONE)
    assert outcomes(server, "one", "two") == [None, None]
    assert "OK" in server.shell('module:unload("register_limits", "localhost")')
    assert outcomes(server, "three", "four") == [None, WAIT]
    assert "OK" in server.shell('module:load("register_limits", "localhost")')
    assert outcome(server, "four") is None
