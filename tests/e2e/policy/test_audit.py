"""What was decided, kept for administrators."""

import pathlib
import time

from harness.bosh import Bosh
from harness.orders import MODULES, audit, listed, order
from harness.xmpp import Client, can_log_in, error_of, logged_in

SECRETS = ("correct horse", "battery staple", "hunter twelve", "qzk")


def outcome(server, name, password=SECRETS[0], source="127.0.0.2"):
    client = Client(server.port, source=source)
    reply = client.register(name, password)
    client.close()
    return (error_of(reply) or ("result",))[0]


def told(server, count):
    """What the entries say. A refusal is written a moment after its answer, so their order is not quite that of the
    answers."""
    names = ("action", "username", "outcome", "rule", "door", "address", "actor")
    return sorted(tuple(str(entry.get(name, "-")) for name in names) for entry in audit(server, count))


def check(server, *expected):
    assert told(server, len(expected)) == sorted(expected), told(server, len(expected))


def check_no_secret(server):
    """R-438-01"""
    for path in pathlib.Path(server.directory).rglob("*"):
        if path.is_file():
            found = [secret for secret in SECRETS if secret.encode() in path.read_bytes()]
            assert not found, (path, found)


def test_one_entry_a_decision(place):
    """R-438-01: by whom, from where, by which rule; and no password, anywhere"""
    server = place.running(modules=MODULES, host=(
        'muster_throttle = { limit = 2, period = 36000 }\npassword_policy = { length = 4 }\n'
        'block_registrations_users = { "admin" }\nregistration_blocklist = { "127.0.0.9" }\n'
        'admins = { "nurse@localhost" }'))
    began = time.time()
    assert outcome(server, "juliet") == "result"
    assert outcome(server, "juliet", SECRETS[1]) == "conflict"
    assert outcome(server, "admin", SECRETS[1], "127.0.0.3") == "conflict"
    assert outcome(server, "romeo", SECRETS[3], "127.0.0.3") == "not-acceptable"
    assert outcome(server, "a b", SECRETS[1], "127.0.0.3") == "not-acceptable"
    assert outcome(server, "romeo", SECRETS[1], "127.0.0.9") == "forbidden"
    assert outcome(server, "paris") == "result"
    assert outcome(server, "tybalt", SECRETS[1]) == "not-acceptable"
    juliet = logged_in(server.port, "juliet", SECRETS[0])
    assert error_of(juliet.change_password("juliet", SECRETS[2])) is None
    assert error_of(juliet.change_password("juliet", SECRETS[3]))[0] == "not-acceptable"
    assert can_log_in(server.port, "juliet", SECRETS[1]) == "not-authorized"
    assert error_of(juliet.remove()) is None
    check(server,
          ("register", "juliet", "ok", "-", "in-band", "127.0.0.2", "-"),
          ("register", "juliet", "exists", "name-taken", "in-band", "127.0.0.2", "-"),
          ("register", "admin", "exists", "name-reserved", "in-band", "127.0.0.3", "-"),
          ("register", "romeo", "refused", "password", "in-band", "127.0.0.3", "-"),
          ("register", "-", "refused", "-", "in-band", "127.0.0.3", "-"),
          ("register", "romeo", "refused", "blocklist", "in-band", "127.0.0.9", "-"),
          ("register", "paris", "ok", "-", "in-band", "127.0.0.2", "-"),
          ("register", "tybalt", "refused", "throttle", "in-band", "127.0.0.2", "-"),
          ("change-password", "juliet", "ok", "-", "in-band", "127.0.0.1", "-"),
          ("change-password", "juliet", "refused", "password", "in-band", "127.0.0.1", "-"),
          ("unregister", "juliet", "ok", "-", "in-band", "127.0.0.1", "-"))
    assert all(began - 1 <= entry["at"] <= time.time() + 1 for entry in listed(server, "audit"))
    check_no_secret(server)
    server.stop()
    check_no_secret(server)
    server.start()
    assert len(told(server, 11)) == 11


def test_what_administrators_do(place):
    """By the door that they came by, with what they set aside"""
    server = place.running(modules=MODULES, host='block_registrations_users = { "admin" }\n'
                                                 'muster_registration = "approval"')
    text = f"{SECRETS[0]}\n{SECRETS[0]}\n"
    server.ctl("adduser", "admin@localhost", text=text)
    door = "prosodyctl" if place.version == "0.12" else "provider"
    refused = ("register", "admin", "exists", "name-reserved", door, "-", "-")
    check(server, refused)
    assert outcome(server, "romeo") == "result" and outcome(server, "paris") == "result"
    assert order(server, "approve", username="romeo")["ok"]
    assert order(server, "reject", username="paris", reason="spam")["ok"]
    assert order(server, "approve", username="nobody")["error"] == "not-found"
    assert order(server, "register", username="admin", password=SECRETS[1], override=True)["ok"]
    assert order(server, "disable", username="admin", reason="on leave")["ok"]
    admin = "admin@localhost"
    check(server, refused,
          ("register", "romeo", "ok", "-", "in-band", "127.0.0.2", "-"),
          ("register", "paris", "ok", "-", "in-band", "127.0.0.2", "-"),
          ("approve", "romeo", "ok", "-", "console", "-", admin),
          ("reject", "paris", "ok", "-", "console", "-", admin),
          ("approve", "nobody", "not-found", "-", "console", "-", admin),
          ("register", "admin", "ok", "name-reserved", "console", "-", admin),
          ("disable", "admin", "ok", "-", "console", "-", admin))
    assert [entry["username"] for entry in audit(server, 1, overridden=True)] == ["admin"]
    assert audit(server, 1, action="reject")[0]["detail"] == "spam"
    assert audit(server, 1, action="disable")[0]["detail"] == "on leave"
    check_no_secret(server)


def test_vetoes_of_other_modules(place):
    """They stand there as such, and are tries like others."""
    server = place.running(modules=(*MODULES, "test_veto"), host="muster_throttle = { limit = 1, period = 36000 }")
    for name in ("legacy1", "modern1", "silent1", "late1", "broken1"):
        assert outcome(server, name, source="127.0.0.1") != "result"
    assert listed(server, "throttle") == [], "the allowlist is not limited"
    assert outcome(server, "modern2") == "forbidden"
    entries = audit(server, 6, rule="veto")
    assert {entry["outcome"] for entry in entries} == {"refused"}
    assert entries[-1]["username"] == "modern2" and entries[-1]["address"] == "127.0.0.2"
    level = listed(server, "throttle")[0]["level"]
    assert 0.19 < level <= 0.2, level
    for _ in range(4):
        assert outcome(server, "modern2") == "forbidden"
    audit(server, 10, rule="veto")
    assert outcome(server, "juliet") == "not-acceptable", "five failed tries take the room of a registration"


def test_addresses_as_the_configuration_wants_them(place):
    """None, or networks only"""
    server = place.running(modules=MODULES, host="audit_log_ips = false")
    assert outcome(server, "juliet") == "result" and outcome(server, "juliet") == "conflict"
    assert [entry[5] for entry in told(server, 2)] == ["-", "-"]
    server.stop()
    server = place.server("other", modules=(*MODULES, "bosh"), listening=("http",), host=(
        "audit_log_ipv4_prefix = 24\naudit_log_ipv6_prefix = 48"), general="consider_bosh_secure = true").start()
    assert outcome(server, "juliet") == "result" and outcome(server, "juliet") == "conflict"
    client = Bosh(server.ports["http"], tls=False, headers={"X-Forwarded-For": "2001:db8:1:2::3"})
    assert error_of(client.register("romeo", SECRETS[0])) is None
    assert [entry[5] for entry in told(server, 3)] == ["127.0.0.0/24", "127.0.0.0/24", "2001:db8:1::/48"]


def test_it_ends(place):
    """Entries are kept for a while only."""
    server = place.running(modules=MODULES, host="audit_log_expires_after = 2")
    assert outcome(server, "juliet") == "result"
    assert len(told(server, 1)) == 1
    time.sleep(3)
    for _ in range(2):
        assert outcome(server, "juliet") == "conflict"
    server.wait_until(lambda: {entry["outcome"] for entry in listed(server, "audit")} == {"exists"}, "to forget")
