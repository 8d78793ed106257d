"""Invitations of Prosody's own modules: they register here too, once, and for what they were made for."""

import re

from harness import commands
from harness.invitations import WORTHLESS, holder, invitation, invite, show
from harness.orders import MODULES
from harness.xmpp import FEATURE, Client, can_log_in, error_of, logged_in

STOCK = (*MODULES, "invites", "invites_register")
FORBIDDEN = ("forbidden", "auth", "403")
NOT_ACCEPTABLE = ("not-acceptable", "modify", "406")
ONLY_INVITED = 'muster_registration = "invite"\nmuster_throttle = false'
# What the console of either version can have mod_invites do
CALL = '> require "core.modulemanager".get_module("localhost", "invites").{}.token'


def stock(server, call):
    """The token of what a function of mod_invites makes."""
    printed = server.shell(CALL.format(call))
    found = re.search(r"(?:Result: |OK: )?\"?([A-Za-z0-9_-]{12,})\"?\s*$", printed.strip())
    assert found, printed
    return found.group(1)


def use(server, token, name, password="romeo"):
    return error_of(holder(server, token).register(name, password))


def test_one_account_from_one_token(place):
    """Three times on one stream, and once on another that had shown it before."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    token = invitation(server)
    one, other = holder(server, token), holder(server, token)
    assert error_of(one.register("juliet", "romeo")) is None
    for name in ("nurse", "paris"):
        assert error_of(one.register(name, "romeo")) == NOT_ACCEPTABLE
    assert error_of(other.register("tybalt", "romeo")) == FORBIDDEN
    assert show(Client(server.port), token) == WORTHLESS
    for name in ("nurse", "paris", "tybalt"):
        assert can_log_in(server.port, name, "romeo") == "not-authorized"
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_one_account_though_the_other_module_remembers_the_token(place):
    """What mod_invites has on disk is lost, or put back: the token stays used."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    token = invitation(server)
    path = next((server.directory / "data").rglob("invite_token.d*"))
    before = path.read_bytes()
    assert use(server, token, "juliet") is None
    server.stop()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(before)
    server.start()
    assert show(Client(server.port), token) == WORTHLESS


def test_at_once_on_two_streams(place):
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    for number in range(5):
        token = invitation(server)
        streams = [holder(server, token), holder(server, token)]
        for stream, name in zip(streams, (f"juliet{number}", f"nurse{number}")):
            stream.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{name}</username>"
                        "<password>romeo</password></query></iq>")
        assert sorted(str(error_of(stream.receive())) for stream in streams) == [str(FORBIDDEN), "None"]


def test_made_for_bob(place):
    """It registers bob, and not eve."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    client = holder(server, stock(server, 'create_account("bob")'))
    assert error_of(client.register("eve", "x")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "eve", "x") == "not-authorized"
    assert error_of(client.register("bob", "secret")) is None
    assert can_log_in(server.port, "bob", "secret") is None


def test_a_reset_makes_no_account(place):
    """It is for alice's password; her streams end, and it is used up in both modules."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    assert "Created" in server.shell('muster:create("alice@localhost", "old")')
    token = stock(server, 'create_account_reset("alice")')
    client = holder(server, token)
    assert error_of(client.register("mallory", "x")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "mallory", "x") == "not-authorized"
    thief = logged_in(server.port, "alice", "old")
    assert error_of(client.register("alice", "new")) is None
    assert thief.closing() == "reset"
    assert can_log_in(server.port, "alice", "new") is None
    assert can_log_in(server.port, "alice", "old") == "not-authorized"
    assert show(Client(server.port), token) == WORTHLESS
    assert server.event_names("alice").count("user-registering") == 0
    gone = stock(server, 'create_account_reset("nobody")')
    assert use(server, gone, "nobody") == WORTHLESS
    assert can_log_in(server.port, "nobody", "romeo") == "not-authorized"


def test_contacts_and_roles(place):
    """What mod_invites_register would do is done, once."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    assert "Created" in server.shell('muster:create("romeo@localhost", "secret")')
    romeo = logged_in(server.port, "romeo", "secret")
    roster = "<query xmlns='jabber:iq:roster'/>"
    romeo.iq("get", roster)
    roles = '{ "prosody:admin" }' if place.version == "13" else '{ ["prosody:admin"] = true }'
    token = stock(server, f'create_contact("romeo", true, {{ roles = {roles} }})')
    client = holder(server, token)
    assert error_of(client.register("juliet", "secret")) is None
    pushes = []
    while not pushes or "both" not in pushes:
        element = romeo.receive()
        pushes += [item.get("subscription") for item in element.iter("{jabber:iq:roster}item")]
    juliet = logged_in(server.port, "juliet", "secret")
    items = list(juliet.iq("get", roster).iter("{jabber:iq:roster}item"))
    assert [(item.get("jid"), item.get("subscription")) for item in items] == [("romeo@localhost", "both")]
    command = "user:roles" if place.version == "0.12" else "user:role"
    assert "prosody:admin" in server.shell(f'{command}("juliet@localhost")')
    assert "juliet@localhost" in server.shell('muster:invited("romeo@localhost")')
    assert show(Client(server.port), token) == WORTHLESS


def test_for_a_group(place):
    """A reusable one may be used again."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    token = stock(server, 'create_group({ "friends" }, nil, 3600)')
    for name in ("juliet", "nurse", "paris"):
        assert use(server, token, name) is None


def test_without_the_module_that_takes_them(place):
    """mod_invites alone makes them; they are taken here."""
    server = place.running(modules=(*MODULES, "invites"), host=ONLY_INVITED)
    token = invitation(server)
    assert use(server, token, "juliet") is None
    assert show(Client(server.port), token) == WORTHLESS


def test_muster_s_own_beside_the_stock_modules(place):
    """Who shows one passes invites_register, which refuses whoever has none; nothing is announced twice."""
    server = place.running(modules=(*STOCK, "invites_adhoc", "adhoc"), host='admins = { "admin@localhost" }')
    features = Client(server.port).features
    for feature in (FEATURE, "{urn:xmpp:ibr-token:0}register", "{urn:xmpp:invite}register"):
        assert len(features.findall(feature)) == 1, feature
    token = invite(server, options='role = "prosody:admin"').token
    client = holder(server, token)
    assert error_of(client.register("juliet", "romeo")) is None
    assert server.event_names("juliet").count("user-registered") == 1
    assert show(Client(server.port), token) == WORTHLESS
    assert error_of(Client(server.port).register("nurse", "romeo")) is not None
    assert "Created" in server.shell('muster:create("admin@localhost", "secret")')
    admin = logged_in(server.port, "admin", "secret")
    reply = admin.iq("get", "<query xmlns='http://jabber.org/protocol/disco#items' "
                            "node='http://jabber.org/protocol/commands'/>", "localhost")
    nodes = [item.get("node") for item in reply.iter("{http://jabber.org/protocol/disco#items}item")]
    for node in ("urn:xmpp:invite#invite", "urn:xmpp:invite#create-account"):
        assert nodes.count(node) == 1, nodes
    element = commands.command_of(commands.send(admin, "urn:xmpp:invite#create-account"))
    assert element.get("status") == "executing", "the stock module has answered"


def test_pages_of_the_community_s_module(place):
    """They know only what mod_invites has made, so users go on making that; it registers here, once."""
    server = place.running(modules=(*STOCK, "adhoc", "invites_adhoc", "invites_page"),
                           host=ONLY_INVITED + "\nallow_user_invites = true")
    assert "Created" in server.shell('muster:create("romeo@localhost", "secret")')
    romeo = logged_in(server.port, "romeo", "secret")
    element = commands.command_of(commands.send(romeo, "urn:xmpp:invite#invite"))
    assert element.get("status") == "completed"
    assert "0 open of 0 invitations" in server.shell('muster:invites("localhost")')
    uri = next(value.text for value in element.iter("{jabber:x:data}value") if "preauth=" in (value.text or ""))
    token = re.search("preauth=([A-Za-z0-9_-]+)", uri).group(1)
    assert use(server, token, "juliet") is None
    assert show(Client(server.port), token) == WORTHLESS
    juliet = logged_in(server.port, "juliet", "romeo")
    items = juliet.iq("get", "<query xmlns='jabber:iq:roster'/>").iter("{jabber:iq:roster}item")
    assert [item.get("jid") for item in items] == ["romeo@localhost"]


def test_no_fault_is_logged(place):
    """Both modules together, with an account that is made, invited and removed."""
    server = place.running(modules=STOCK, host=ONLY_INVITED)
    assert use(server, invitation(server), "juliet") is None
    assert use(server, invite(server).token, "nurse") is None
    client = logged_in(server.port, "juliet", "romeo")
    assert error_of(client.remove()) is None
    for line in server.log().splitlines():
        assert "\terror\t" not in line and "raceback" not in line and "attempt to" not in line, line
