"""Who may register: everybody, nobody, who was invited; and what an administrator says for a while."""

import time

from harness.invitations import holder, invitation
from harness.orders import MODULES, audit, order, read
from harness.xmpp import FEATURE, REGISTER, Client, can_log_in, error_of, local, logged_in

FORBIDDEN = ("forbidden", "auth", "403")
UNAVAILABLE = ("service-unavailable", "cancel", "503")


def offers(server):
    return Client(server.port).features.find(FEATURE) is not None


def test_closed(place):
    """Nobody by themselves; whoever runs the server makes accounts, and those have what is theirs."""
    server = place.running(modules=MODULES, host='muster_registration = "closed"')
    assert not offers(server)
    client = Client(server.port)
    assert error_of(client.query("get")) == UNAVAILABLE
    assert error_of(client.register("juliet", "romeo")) == UNAVAILABLE
    assert server.ctl("adduser", "juliet@localhost", text="romeo\nromeo\n").returncode == 0
    client = logged_in(server.port, "juliet", "romeo")
    assert error_of(client.change_password("juliet", "montague")) is None
    assert error_of(client.remove()) is None


def test_by_invitation(place):
    """R-445-07"""
    server = place.running(modules=(*MODULES, "invites_register"),
                           host='muster_registration = "invite"\nmuster_throttle = { limit = 1, period = 3600 }')
    client = Client(server.port)
    assert client.features.find(FEATURE) is not None
    fields = client.query("get").find(REGISTER + "query")
    assert [local(child) for child in fields] == ["instructions", "username", "password"]
    assert error_of(client.register("juliet", "romeo")) == FORBIDDEN
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    assert "juliet" not in [event[1] for event in server.events()], "a stranger's request went further"
    audit(server, 1, action="register", outcome="refused", rule="mode")
    # Invitations lift the throttle
    for name in ("juliet", "nurse", "paris"):
        token = invitation(server)
        client = holder(server, token)
        assert error_of(client.register(name, "romeo")) is None
        assert can_log_in(server.port, name, "romeo") is None
    client = Client(server.port)
    reply = client.iq("set", f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>", "localhost")
    assert error_of(reply) is not None, "an invitation is good for two"
    assert error_of(client.register("mercutio", "romeo")) == FORBIDDEN
    assert error_of(client.register("juliet", "romeo")) == FORBIDDEN, "who is there can be guessed"


def test_by_invitation_without_a_module_that_invites(place):
    """R-445-07"""
    server = place.running(host='muster_registration = "invite"')
    assert error_of(Client(server.port).query("get")) is None
    assert error_of(Client(server.port).register("juliet", "romeo")) == FORBIDDEN
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"


def test_an_invitation_while_registration_is_closed_or_elsewhere(place):
    """Closed is closed; but the invited may stay here where others are sent elsewhere."""
    server = place.running(modules=("register_muster", "invites_register"), host='muster_registration = "closed"')
    client, token = Client(server.port), invitation(server)
    assert error_of(client.iq("set", f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>")) == UNAVAILABLE
    assert error_of(client.register("juliet", "romeo")) == UNAVAILABLE
    server.stop()
    server = place.server("other", modules=("register_muster", "invites_register"),
                          host='muster_registration = "redirect"\nregistration_url = "https://example.org/"').start()
    client = holder(server, invitation(server))
    assert error_of(Client(server.port).register("juliet", "romeo"))[0] == "not-allowed"
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None


def in_disco(client, to="localhost"):
    reply = client.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to)
    return "jabber:iq:register" in [each.get("var") for each in reply.iter()]


def caps(server):
    """The hash of what disco#info says, as a stream is told it at its login, before anybody asks"""
    client = logged_in(server.port, "juliet", "romeo", "caps")
    return client.features.find("{http://jabber.org/protocol/caps}c").get("ver")


def test_what_is_announced_follows_the_mode(place):
    """R-077-06: stream feature, disco#info and its hash, whether an administrator closed, opened, or time did"""
    server = place.running(host='muster_unregister = "deny"\nmuster_change_password = "deny"')
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    juliet = logged_in(server.port, "juliet", "romeo")
    opened = caps(server)
    assert offers(server) and in_disco(juliet)
    assert "OK" in server.shell('muster:close("2s")')
    assert not offers(server) and caps(server) != opened and not in_disco(juliet)
    server.wait_until(lambda: caps(server) == opened, "to open again by itself")
    assert offers(server) and in_disco(juliet)
    assert "OK" in server.shell("muster:close()")
    assert not in_disco(juliet), "a stream that was there before"
    server.stop()
    server.start()
    juliet = logged_in(server.port, "juliet", "romeo")
    assert not offers(server) and not in_disco(juliet)
    assert "OK" in server.shell("muster:reopen()")
    assert in_disco(juliet) and offers(server) and caps(server) == opened
    server.reconfigure('muster_unregister = "deny"', 'muster_unregister = "deny"\nmuster_registration = "closed"')
    assert "OK" in server.shell("config:reload()")
    assert not offers(server) and not in_disco(juliet)
    assert "OK" in server.shell('muster:mode("localhost", "open")')
    assert offers(server) and in_disco(juliet)
    assert error_of(Client(server.port).register("nurse", "romeo")) is None


def test_a_mode_for_a_while(place):
    """An administrator closes registration and opens it again, over restarts, until it ends."""
    server = place.running(modules=MODULES)
    assert order(server, "direct", directive="mode", value="clsoed")["error"] == "malformed"
    assert order(server, "direct", directive="mode", value="closed", reason="spam")["ok"]
    assert not offers(server) and read(server, "mode") == "closed"
    assert error_of(Client(server.port).register("juliet", "romeo")) == UNAVAILABLE
    server.stop()
    server.start()
    assert not offers(server)
    assert order(server, "retract", directive="mode")["ok"]
    assert offers(server)
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    assert order(server, "direct", directive="mode", value="invite", **{"until": int(time.time()) + 3})["ok"]
    assert offers(server)
    assert error_of(Client(server.port).register("nurse", "romeo")) == FORBIDDEN
    server.wait_until(lambda: read(server, "mode") == "open", "to open again")
    assert error_of(Client(server.port).register("nurse", "romeo")) is None
