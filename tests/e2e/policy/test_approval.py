"""Accounts that wait until an administrator approves them."""

import time

from harness.invitations import holder, invitation
from harness.orders import MODULES, order, read
from harness.place import Skip
from harness.xmpp import CLIENT, Client, can_log_in, error_of, logged_in

APPROVAL = 'muster_registration = "approval"\n'
CONFLICT = ("conflict", "cancel", "409")


def register(server, *names, password="romeo"):
    for name in names:
        client = Client(server.port)
        assert error_of(client.register(name, password)) is None
        client.close()


def state(server, username):
    return (read(server, "info", username) or {}).get("state")


def messages(client, seconds):
    """What arrives within some seconds"""
    bodies, deadline = [], time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            element = client.receive(left)
        except TimeoutError:
            break
        if element.tag == CLIENT + "message":
            bodies.append(element.find(CLIENT + "body").text)
    return bodies


def check_waits(server, username, password="romeo"):
    """R-SCR-06"""
    for attempt in (Client.plain, Client.scram):
        assert attempt(Client(server.port), username, password) == "account-disabled"
        assert attempt(Client(server.port), username, "wrong") == "not-authorized"
    assert error_of(Client(server.port).register(username, "other")) == CONFLICT


def test_waiting_and_approved(place):
    """R-SCR-06, R-PRJ-01: nobody is told of an account before it is one"""
    server = place.running(modules=MODULES, host=APPROVAL)
    client = Client(server.port)
    assert error_of(client.register("juliet", "romeo")) is None
    assert client.plain("juliet", "romeo") == "account-disabled"
    check_waits(server, "juliet")
    server.stop()
    server.start()
    check_waits(server, "juliet")
    assert state(server, "juliet") == "pending"
    assert "user-registered" not in server.event_names("juliet")
    assert order(server, "approve", username="Juliet")["ok"]
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert server.event_names("juliet").count("user-registered") == 1
    if place.version == "13":
        assert "prosody:registered" in server.shell('user:role("juliet@localhost")')
    assert order(server, "approve", username="juliet")["error"] == "not-found"
    assert order(server, "reject", username="juliet")["error"] == "not-found"
    assert order(server, "approve", username="nobody")["error"] == "not-found"
    server.stop()
    server.start()
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert server.event_names("juliet").count("user-registered") == 1


def test_rejected(place):
    """The name is free again, and nobody hears of it."""
    server = place.running(modules=MODULES, host=APPROVAL)
    register(server, "juliet")
    assert order(server, "reject", username="juliet", reason="spam")["ok"]
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    assert state(server, "juliet") is None
    assert not {"user-registered", "user-deleted"} & set(server.event_names("juliet"))
    register(server, "juliet", password="montague")
    assert state(server, "juliet") == "pending"
    assert order(server, "approve", username="juliet")["ok"]
    assert can_log_in(server.port, "juliet", "montague") is None
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"


def test_nobody_decides(place):
    """After a while the name is free again."""
    server = place.running(modules=MODULES, host=APPROVAL + "muster_pending_expiry = 2\nmuster_purge_interval = 1")
    register(server, "juliet", "nurse")
    assert order(server, "approve", username="nurse")["ok"]
    server.wait_until(lambda: can_log_in(server.port, "juliet", "romeo") == "not-authorized", "to forget", 10)
    assert state(server, "juliet") is None
    assert not {"user-registered", "user-deleted"} & set(server.event_names("juliet"))
    register(server, "juliet")
    assert can_log_in(server.port, "nurse", "romeo") is None, "what was approved has ended"


def test_who_need_not_wait(place):
    """The invited, and whom the administrators make themselves"""
    server = place.running(modules=(*MODULES, "invites_register"), general="registration_invite_only = false",
                           host=APPROVAL)
    assert error_of(holder(server, invitation(server)).register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert "OK" in server.shell('user:create("nurse@localhost", "romeo")')
    assert can_log_in(server.port, "nurse", "romeo") is None
    assert server.ctl("adduser", "paris@localhost", text="romeo\nromeo\n").returncode == 0
    assert can_log_in(server.port, "paris", "romeo") is None
    register(server, "mercutio")
    assert can_log_in(server.port, "mercutio", "romeo") == "account-disabled"


def test_one_message_for_a_burst(place):
    """Administrators are told once of five, and what they are told is whom."""
    server = place.running(modules=MODULES, host=APPROVAL, general='admins = { "nurse@localhost" }')
    printed = server.shell('user:create("nurse@localhost", "secret")')
    assert "OK" in printed, printed + server.log()
    nurse = logged_in(server.port, "nurse", "secret")
    nurse.send("<presence/>")
    names = [f"guest{number}" for number in range(5)]
    for name, client in [(name, Client(server.port)) for name in names]:  # connected before the burst begins
        assert error_of(client.register(name, "romeo")) is None
    told = messages(nurse, 4)
    assert len(told) == 1, told
    assert told[0] == "5 accounts are to be approved on localhost: " + ", ".join(names), told
    server.stop()
    server.start()
    nurse = logged_in(server.port, "nurse", "secret")
    nurse.send("<presence/>")
    assert messages(nurse, 2) == [], "they are told again after a restart"
    register(server, "guest5")
    assert messages(nurse, 3) == ["1 account is to be approved on localhost: guest5"]


def test_operators_of_the_server_decide_too(place):
    """Enabling an account that waits approves it, removing it rejects it."""
    if place.version == "0.12":
        raise Skip("0.12 does not enable accounts")
    server = place.running(modules=MODULES, host=APPROVAL + 'register_ibr_default_role = "prosody:member"')
    register(server, "juliet", "romeo")
    assert "OK" in server.shell('user:enable("juliet@localhost")')
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert "prosody:member" in server.shell('user:role("juliet@localhost")')
    assert server.event_names("juliet").count("user-registered") == 1
    assert "OK" in server.shell('user:delete("romeo@localhost")')
    assert can_log_in(server.port, "romeo", "romeo") == "not-authorized"
    register(server, "romeo")
