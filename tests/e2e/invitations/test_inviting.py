"""Users who invite others (XEP-0401), and whom an invitation makes contacts (XEP-0379)."""

import datetime
import re
import time
import urllib.parse

from harness import commands, forms
from harness.federation import resident, two_servers
from harness.invitations import WORTHLESS, holder, invite, show
from harness.orders import MODULES, audit
from harness.xmpp import CLIENT, Client, error_of, logged_in

INVITE = "urn:xmpp:invite#invite"
CREATE = "urn:xmpp:invite#create-account"
RESULT = "urn:xmpp:invite#invitation"
ROSTER = "{jabber:iq:roster}"
WITH_ADHOC = (*MODULES, "adhoc")
ADMIN = 'admins = { "admin@localhost" }\nmuster_throttle = false'
FORBIDDEN = ("forbidden", "auth", "403", None)


def member(server, name, password="secret", resource="test"):
    assert "Created" in server.shell(f'muster:create("{name}@localhost", "{password}")')
    return logged_in(server.port, name, password, resource)


def offered(client):
    reply = client.iq("get", "<query xmlns='http://jabber.org/protocol/disco#items' "
                             "node='http://jabber.org/protocol/commands'/>", "localhost")
    nodes = [item.get("node") for item in reply.iter("{http://jabber.org/protocol/disco#items}item")]
    return [node for node in nodes if node.startswith("urn:xmpp:invite")]


def result_of(reply):
    form = commands.command_of(reply).find(forms.FORM + "x")
    assert commands.command_of(reply).get("status") == "completed" and form.get("type") == "result"
    values = {name: value[0] for name, value in forms.values_of(form).items()}
    assert values.pop("FORM_TYPE") == RESULT
    return values


def create(client, **fields):
    begun = commands.begin(client, CREATE)
    names = {field.get("var"): field.get("type") for field in begun.iter(forms.FORM + "field")}
    assert names == {"FORM_TYPE": "hidden", "username": "text-single", "roster-subscription": "boolean"}
    filled = commands.submit(CREATE, **fields).replace("roster_subscription", "roster-subscription")
    return commands.send(client, CREATE, filled, begun.get("sessionid"), "complete")


def token_of(uri):
    return re.search("preauth=([A-Za-z0-9]+)", uri).group(1)


def roster(client):
    reply = client.iq("get", "<query xmlns='jabber:iq:roster'/>")
    return {item.get("jid"): item.get("subscription") for item in reply.iter(ROSTER + "item")}


def pushed(client, jid, subscription, seconds=5):
    """Wait for a push that says so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        element = client.receive(seconds)
        for item in element.iter(ROSTER + "item"):
            if element.get("type") == "set" and (item.get("jid"), item.get("subscription")) == (jid, subscription):
                return
    raise AssertionError(f"no push of {jid}")


def test_who_is_offered_what(place):
    """R-401-01"""
    server = place.running(modules=WITH_ADHOC, host=ADMIN)
    assert sorted(offered(member(server, "admin"))) == [CREATE, INVITE]
    client = member(server, "romeo")
    assert offered(client) == [INVITE]
    assert commands.failure_of(commands.send(client, CREATE)) == FORBIDDEN
    server.stop()
    server = place.server("other", modules=WITH_ADHOC, host=ADMIN + "\nallow_contact_invites = false").start()
    client = member(server, "romeo")
    assert offered(client) == [] and commands.failure_of(commands.send(client, INVITE)) == FORBIDDEN
    assert sorted(offered(member(server, "admin"))) == [CREATE, INVITE]


def test_a_user_invites_a_contact_who_registers(place):
    """R-401-02, R-401-07"""
    server = place.running(modules=WITH_ADHOC, host=ADMIN + "\nallow_user_invites = true\n"
                           'invites_page = "https://example.org/i?{invite.uri}#{invite.token}"')
    romeo = member(server, "romeo")
    assert roster(romeo) == {}
    values = result_of(commands.send(romeo, INVITE))
    uri = values["uri"]
    assert re.fullmatch(r"xmpp:romeo@localhost\?roster;preauth=[A-Za-z0-9]{24};ibr=y", uri), uri
    expires = datetime.datetime.strptime(values["expire"], "%Y-%m-%dT%H:%M:%SZ")
    life = expires - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert 604700 < life.total_seconds() <= 604800
    page, fragment = values["landing-url"].split("#")
    assert urllib.parse.unquote(page) == "https://example.org/i?" + uri and fragment == token_of(uri)
    client = holder(server, token_of(uri))
    assert error_of(client.register("juliet", "secret")) is None
    pushed(romeo, "juliet@localhost", "both")
    assert client.plain("juliet", "secret") is None
    client.bind()
    assert roster(client) == {"romeo@localhost": "both"}
    assert roster(romeo) == {"juliet@localhost": "both"}
    assert "juliet@localhost" in server.shell('muster:invited("romeo@localhost")')
    assert re.search(r"Invited by +romeo@localhost", server.shell('muster:show("juliet@localhost")'))
    assert audit(server, 1, action="invite", actor="romeo@localhost", door="ad-hoc", outcome="ok")


def test_a_user_whose_contacts_may_not_register_here(place):
    """R-401-03"""
    server = place.running(modules=WITH_ADHOC, host=ADMIN)
    romeo = member(server, "romeo")
    uri = result_of(commands.send(romeo, INVITE))["uri"]
    assert re.fullmatch(r"xmpp:romeo@localhost\?roster;preauth=[A-Za-z0-9]{24}", uri), uri
    assert show(Client(server.port), token_of(uri)) == WORTHLESS
    assert ";ibr=y" in result_of(commands.send(member(server, "admin"), INVITE))["uri"]
    server.stop()
    server = place.server("other", modules=WITH_ADHOC, host=ADMIN + "\nallow_user_invites = true\n"
                          'muster_registration = "closed"').start()
    assert ";ibr=y" not in result_of(commands.send(member(server, "romeo"), INVITE))["uri"]


def test_an_administrator_invites_by_name(place):
    """R-401-04"""
    server = place.running(modules=WITH_ADHOC, host=ADMIN + '\nmuster_registration = "invite"')
    admin = member(server, "admin")
    values = result_of(create(admin, username="Juliet"))
    assert re.fullmatch(r"xmpp:juliet@localhost\?register;preauth=[A-Za-z0-9]{24}", values["uri"]), values["uri"]
    assert "There is no such account" in server.shell('muster:show("juliet@localhost")')
    client = holder(server, token_of(values["uri"]))
    assert error_of(client.register("nurse", "secret"))[0] == "not-acceptable"
    assert error_of(client.register("juliet", "secret")) is None
    assert client.plain("juliet", "secret") is None
    client.bind()
    assert roster(client) == {}
    values = result_of(create(admin))
    assert re.fullmatch(r"xmpp:localhost\?register;preauth=[A-Za-z0-9]{24}", values["uri"]), values["uri"]
    assert error_of(holder(server, token_of(values["uri"])).register("nurse", "secret")) is None


def test_a_roster_subscription_is_asked_for(place):
    """R-401-07: with the inviter away; both find each other when they come."""
    server = place.running(modules=WITH_ADHOC, host=ADMIN)
    admin = member(server, "admin")
    uri = result_of(create(admin, username="juliet", roster_subscription="true"))["uri"]
    admin.close()
    client = holder(server, token_of(uri))
    assert error_of(client.register("juliet", "secret")) is None
    assert client.plain("juliet", "secret") is None
    client.bind()
    assert roster(client) == {"admin@localhost": "both"}
    assert roster(logged_in(server.port, "admin", "secret", "again")) == {"juliet@localhost": "both"}


def test_names_that_cannot_be_invited(place):
    """R-401-05"""
    server = place.running(modules=WITH_ADHOC, host=ADMIN + '\nblock_registrations_users = { "root" }')
    admin = member(server, "admin")
    for name in ("two words", "a@b", "x" * 1024):
        assert commands.failure_of(create(admin, username=name)) == ("bad-request", "modify", "400", "bad-payload")
    for name in ("admin", "ADMIN", "root"):
        assert commands.failure_of(create(admin, username=name)) == ("conflict", "cancel", "409", None), name
    result_of(create(admin, username="juliet"))
    assert commands.failure_of(create(admin, username="juliet")) == ("conflict", "cancel", "409", None)
    assert commands.failure_of(commands.send(member(server, "romeo"), CREATE)) == FORBIDDEN


def test_a_quota(place):
    """Users invite so many in a time, over restarts; administrators as many as they like."""
    server = place.running(modules=WITH_ADHOC, host=ADMIN + "\nmuster_invite_quota = { limit = 2, period = 86400 }")
    romeo = member(server, "romeo")
    for _ in range(2):
        result_of(commands.send(romeo, INVITE))
    server.stop()
    server.start()
    romeo = logged_in(server.port, "romeo", "secret")
    reply = commands.send(romeo, INVITE)
    assert commands.failure_of(reply) == ("resource-constraint", "wait", "500", None)
    admin = member(server, "admin")
    for _ in range(4):
        result_of(commands.send(admin, INVITE))
    audit(server, 1, action="invite", outcome="refused", rule="invite-quota", actor="romeo@localhost")


def test_who_is_disabled_or_gone_invites_nobody(place):
    server = place.running(modules=WITH_ADHOC, host=ADMIN + "\nallow_user_invites = true")
    romeo = member(server, "romeo")
    token = token_of(result_of(commands.send(romeo, INVITE))["uri"])
    assert "OK" in server.shell('muster:disable("romeo@localhost")')
    assert show(Client(server.port), token) == WORTHLESS
    assert "OK" in server.shell('muster:enable("romeo@localhost")')
    assert show(Client(server.port), token) is None
    romeo = logged_in(server.port, "romeo", "secret")
    assert error_of(romeo.remove()) is None
    assert show(Client(server.port), token) == WORTHLESS
    assert "0 open of 0 invitations" in server.shell('muster:invites("localhost")')


# --- contacts (XEP-0379) ---

def subscribe(client, jid, token=None):
    preauth = f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>" if token else ""
    client.send(f"<presence to='{jid}' type='subscribe'>{preauth}</presence>")


def presences(client, kinds, sender, seconds=10):
    """Wait for presences of these types, in any order."""
    wanted = set(kinds)
    while wanted:
        element = client.receive(seconds)
        if element.tag == CLIENT + "presence" and element.get("from").split("/")[0] == sender:
            wanted.discard(element.get("type"))


def approved_at_once(inviter, client, token, jid, own):
    roster(inviter)
    inviter.send("<presence/>")
    roster(client)
    client.send("<presence/>")
    subscribe(client, jid, token)
    presences(client, ("subscribed", "subscribe"), jid)
    client.send(f"<presence to='{jid}' type='subscribed'/>")
    pushed(inviter, own, "both")
    assert roster(inviter)[own] == "both"


def test_a_contact_with_an_invitation(place):
    """R-379-03: approved, asked back, and used up."""
    server = place.running(modules=WITH_ADHOC, host=ADMIN)
    romeo, juliet, nurse = (member(server, name) for name in ("romeo", "juliet", "nurse"))
    token = token_of(result_of(commands.send(romeo, INVITE))["uri"])
    approved_at_once(romeo, juliet, token, "romeo@localhost", "juliet@localhost")
    assert roster(juliet) == {"romeo@localhost": "both"}
    subscribe(nurse, "romeo@localhost", token)
    presences(romeo, ("subscribe",), "nurse@localhost")
    assert roster(nurse) == {"romeo@localhost": "none"}


def test_a_contact_with_a_worthless_invitation(place):
    """R-379-03: a request like any other: it waits for its answer."""
    server = place.running(modules=WITH_ADHOC, host=ADMIN)
    romeo, juliet, paris = (member(server, name) for name in ("romeo", "juliet", "paris"))
    of_paris = token_of(result_of(commands.send(paris, INVITE))["uri"])
    romeo.send("<presence/>")
    for token in ("unknown", of_paris, invite(server).token):
        subscribe(juliet, "romeo@localhost", token)
        if token == "unknown":
            presences(romeo, ("subscribe",), "juliet@localhost")
    assert roster(juliet) == {"romeo@localhost": "none"}
    approved_at_once(paris, juliet, of_paris, "paris@localhost", "juliet@localhost")


def test_a_contact_of_another_server(place):
    """R-379-03"""
    server, other = two_servers(place, modules=("register_muster", "adhoc"))
    romeo, juliet = resident(server, "romeo"), resident(other, "juliet")
    reply = commands.send(romeo, INVITE, to="shakespeare.lit")
    approved_at_once(romeo, juliet, token_of(result_of(reply)["uri"]), "romeo@shakespeare.lit", "juliet@capulet.com")


def test_killed_before_the_rosters(place):
    """R-401-07: the server dies when the account is made; its contact and its role come at the next start."""
    trigger = place.directory / "die"
    event = "user-roles-changed" if place.version == "0.12" else "user-role-changed"
    server = place.running(modules=(*WITH_ADHOC, "test_crash"), host=ADMIN,
                           general=f'crash_at = "{event}"\ncrash_file = "{trigger}"')
    member(server, "romeo").close()
    invitation = invite(server, options='inviter = "romeo@localhost", roster = true, role = "prosody:admin"')
    client = holder(server, invitation.token)
    trigger.write_text("")
    client.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>juliet</username>"
                "<password>secret</password></query></iq>")
    assert server.process.wait(10) != 0
    trigger.unlink()
    server.kill()
    server.start()
    server.wait_until(lambda: "user-registered" in server.event_names("juliet"), "to go on")
    assert roster(logged_in(server.port, "juliet", "secret")) == {"romeo@localhost": "both"}
    assert roster(logged_in(server.port, "romeo", "secret")) == {"juliet@localhost": "both"}
    command = "user:roles" if place.version == "0.12" else "user:role"
    assert "prosody:admin" in server.shell(f'{command}("juliet@localhost")')
    assert show(Client(server.port), invitation.token) == WORTHLESS
