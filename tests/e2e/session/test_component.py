"""Users of an external component, who have no account at the host."""

from harness.component import CONFIGURATION, DOMAIN, Component
from harness.xmpp import REGISTER, Client, can_log_in, error_of, logged_in

PING = "<ping xmlns='urn:xmpp:ping'/>"


def account(username):
    return f"<username>{username}</username><password>changed</password>"


def refused(gateway, kind, inner, *error, to="localhost"):
    reply = gateway.query(kind, inner, to)
    assert reply.get("from") == to and reply.get("to") == gateway.sender, reply.attrib
    assert error_of(reply) == error, error_of(reply)
    assert reply.find(REGISTER + "query") is None, "the query was sent back"


def test_users_of_a_component_have_no_account_here(place):
    """R-077-30: nor has the component itself, and what they are called does not matter"""
    server = place.running(listening=("component",), further=CONFIGURATION)
    Client(server.port).register("juliet", "secret")
    juliet = logged_in(server.port, "juliet", "secret")
    gateway = Component(server)
    for gateway.sender in (f"juliet@{DOMAIN}/r", f"user@{DOMAIN}", DOMAIN):
        refused(gateway, "get", "", "service-unavailable", "cancel", "503")
        for name in ("juliet", "user"):
            refused(gateway, "set", account(name), "forbidden", "auth", "403")
        refused(gateway, "set", "<remove/>", "registration-required", "auth", "407")
        refused(gateway, "set", "<remove/>", "service-unavailable", "cancel", None, to="juliet@localhost")
        assert gateway.iq("get", PING, "localhost").get("type") == "result"
    assert juliet.iq("get", PING, "localhost").get("type") == "result"
    assert can_log_in(server.port, "juliet", "secret") is None
    assert can_log_in(server.port, "user", "changed") == "not-authorized"
    assert error_of(Client(server.port).register("user", "changed")) is None
