"""Invitations that are shown before registration (XEP-0445)."""

import pathlib
import re
import time

from harness.invitations import WORTHLESS, holder, invite, show
from harness.orders import MODULES, audit, listed, order
from harness.xmpp import REGISTER, Client, can_log_in, error_of, logged_in

CONFLICT = ("conflict", "cancel", "409")
FORBIDDEN = ("forbidden", "auth", "403")
NOT_ACCEPTABLE = ("not-acceptable", "modify", "406")
ONLY_INVITED = 'muster_registration = "invite"'


def username_in(client):
    """What the answer to a get has in <username/>, and in the form."""
    query = client.query("get").find(REGISTER + "query")
    form = query.find(".//{jabber:x:data}field[@var='username']/{jabber:x:data}value")
    return query.findtext(REGISTER + "username"), form.text if form is not None else None


def test_who_has_one_may_register(place):
    """R-445-02, R-445-04"""
    server = place.running(host=ONLY_INVITED)
    token = invite(server).token
    client = Client(server.port)
    assert error_of(client.register("juliet", "romeo")) == FORBIDDEN
    assert show(client, token, "localhost") is None
    assert error_of(client.register("juliet", "")) == NOT_ACCEPTABLE
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
    client = Client(server.port)
    assert show(client, token) == WORTHLESS
    assert error_of(client.register("nurse", "romeo")) == FORBIDDEN


def test_a_conflict_does_not_use_it(place):
    """R-445-04"""
    server = place.running(host=ONLY_INVITED)
    assert "Created" in server.shell('muster:create("juliet@localhost", "romeo")')
    client = holder(server, invite(server).token)
    assert error_of(client.register("juliet", "romeo")) == CONFLICT
    assert error_of(client.register("nurse", "romeo")) is None


def test_tokens_that_are_worth_nothing(place):
    """R-445-03: one answer for all."""
    server = place.running(host=ONLY_INVITED + "\nmuster_stream_attempts = 100")
    assert "Created" in server.shell('muster:create("romeo@localhost", "juliet")')
    expired = invite(server, options='expires = "1s"').token
    used = invite(server).token
    assert error_of(holder(server, used).register("juliet", "romeo")) is None
    contact = invite(server, options='contact = true, inviter = "romeo@localhost"').token
    revoked = invite(server)
    assert "Revoked" in server.shell(f'muster:revoke("localhost", "{revoked.identity}")')
    assert "no such invitation" in server.shell(f'muster:revoke("localhost", "{revoked.identity}")')
    time.sleep(1.1)
    client = Client(server.port)
    for token in (expired, used, contact, revoked.token, "", "unknown", "'\" &amp;&lt;".replace("'", "&apos;"),
                  "x" * 5000):
        assert show(client, token) == WORTHLESS, token
    reply = client.iq("set", "<preauth xmlns='urn:xmpp:pars:0'/>")
    assert error_of(reply) == WORTHLESS


def test_expiry_counts_when_it_is_shown(place):
    """R-445-05"""
    server = place.running(host=ONLY_INVITED)
    client = holder(server, invite(server, options='expires = "2s"').token)
    time.sleep(2.1)
    assert error_of(client.register("juliet", "romeo")) is None


def test_shown_on_two_streams_by_invitation_only(place):
    """R-445-06"""
    server = place.running(host=ONLY_INVITED)
    token = invite(server).token
    one, other = holder(server, token), holder(server, token)
    assert error_of(one.register("juliet", "romeo")) is None
    assert error_of(other.register("nurse", "romeo")) == FORBIDDEN
    assert can_log_in(server.port, "nurse", "romeo") == "not-authorized"


def test_shown_on_two_streams_where_everybody_may(place):
    """R-445-06: the second is like anybody, and has no role from it; both at once, as often as it takes."""
    server = place.running(host="muster_throttle = false")
    for number in range(5):
        token = invite(server, options='role = "prosody:admin"').token
        streams = [holder(server, token), holder(server, token)]
        names = [f"juliet{number}", f"nurse{number}"]
        for stream, name in zip(streams, names):
            stream.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{name}</username>"
                        "<password>romeo</password></query></iq>")
        assert [error_of(stream.receive()) for stream in streams] == [None, None]
        admins = [name for name in names if is_admin(server, name)]
        assert len(admins) == 1, admins


def is_admin(server, name):
    command = "user:roles" if server.installation.version == "0.12" else "user:role"
    return "prosody:admin" in server.shell(f'{command}("{name}@localhost")')


def test_by_invitation_only_without_one(place):
    """R-445-07: the fields are shown to anybody."""
    server = place.running(host=ONLY_INVITED)
    client = Client(server.port)
    assert username_in(client)[0] == ""
    assert error_of(client.register("juliet", "romeo")) == FORBIDDEN


def test_for_a_name(place):
    """R-445-08"""
    server = place.running(host='muster_offer_form = "always"')
    invitation = invite(server, "Juliet@localhost")
    assert invitation.uri.startswith("xmpp:juliet@localhost?register;preauth=")
    client = holder(server, invitation.token)
    assert username_in(client) == ("juliet", "juliet")
    assert error_of(client.register("nurse", "romeo")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "nurse", "romeo") == "not-authorized"
    assert error_of(client.register("JULIET", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_a_name_is_kept_for_who_is_invited(place):
    """R-445-09: from strangers, from the invited to no name, and from the console; until it expires."""
    server = place.running(modules=MODULES, host="muster_throttle = false")
    kept = invite(server, "juliet@localhost", 'expires = "3s"')
    began = time.monotonic()
    assert error_of(Client(server.port, source="127.0.0.2").register("juliet", "x")) == CONFLICT
    other = holder(server, invite(server).token)
    assert error_of(other.register("Juliet", "x")) == CONFLICT
    assert order(server, "register", username="juliet", password="x")["rule"] == "name-invited"
    client = holder(server, kept.token)
    time.sleep(max(0, 3.1 - (time.monotonic() - began)))
    assert error_of(other.register("juliet", "romeo")) is None
    assert error_of(client.register("juliet", "x")) == CONFLICT
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_on_a_stream_that_has_logged_in(place):
    """R-445-10"""
    server = place.running()
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    client = logged_in(server.port, "juliet", "romeo")
    token = invite(server).token
    assert show(client, token, "localhost") == ("service-unavailable", "cancel", "503")
    assert show(client, token) == ("service-unavailable", "cancel", "503")
    assert error_of(holder(server, token).register("nurse", "romeo")) is None


def test_too_many_bad_tokens(place):
    """R-445-10: the sixth on a stream is the last."""
    server = place.running()
    client = Client(server.port)
    for _ in range(6):
        assert show(client, "guess") == WORTHLESS
    assert client.closing() == "policy-violation"


def test_another_password(place):
    """R-445-11: as a change of it, so that whoever knew the old one is out."""
    server = place.running(modules=MODULES)
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    thief = logged_in(server.port, "juliet", "romeo")
    invitation = invite(server, "juliet@localhost", "reset = true")
    client = holder(server, invitation.token)
    assert username_in(client)[0] == "juliet"
    assert error_of(client.register("mallory", "x")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "mallory", "x") == "not-authorized"
    assert error_of(client.register("juliet", "tybalt")) is None
    assert thief.closing() == "reset"
    assert client.plain("juliet", "tybalt") is None
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    assert show(Client(server.port), invitation.token) == WORTHLESS
    assert server.event_names("juliet").count("user-registered") == 1
    assert audit(server, 1, action="change-password", username="juliet", outcome="ok")
    assert "There is no such account" in server.shell('muster:invite("nurse@localhost", { reset = true })')


def test_what_it_lifts(place):
    """D-34: throttle and approval, for one registration."""
    server = place.running(modules=MODULES, host='muster_registration = "approval"\n'
                                                 'muster_throttle = { limit = 1, period = 3600 }')
    for name in ("juliet", "nurse", "paris"):
        client = holder(server, invite(server).token)
        assert error_of(client.register(name, "romeo")) is None
        assert can_log_in(server.port, name, "romeo") is None
    stranger = Client(server.port, source="127.0.0.2")
    assert error_of(stranger.register("tybalt", "romeo")) is None
    assert can_log_in(server.port, "tybalt", "romeo") == "account-disabled"


def test_tokens_are_nowhere_on_disk(place):
    """R-379-01: 24 letters and digits, another each time; in no file, no log and no audit."""
    server = place.running(modules=MODULES)
    tokens = {invite(server).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch("[A-Za-z0-9]{24}", token) for token in tokens)
    assert error_of(holder(server, min(tokens)).register("juliet", "romeo")) is None
    server.stop()
    for path in pathlib.Path(server.directory).rglob("*"):
        if path.is_file() and path.name not in ("prosody.cfg.lua",):
            content = path.read_bytes()
            assert not any(token.encode() in content for token in tokens), path


def test_they_end_after_a_week_or_what_is_said(place):
    """R-379-02"""
    server = place.running(modules=MODULES)
    invite(server)
    invite(server, options='expires = "2 days", uses = 3')
    rows = [line.split() for line in server.shell('muster:invites("localhost")').splitlines()
            if line.split()[1:2] == ["open"]]
    assert sorted(row[3] for row in rows) == ["1", "3"], rows
    lives = sorted(until - made for made, until in lives_of(server))
    assert lives == [2 * 86400, 7 * 86400]
    server.stop()
    server = place.server("other", modules=MODULES, host='invite_expiry = "1 hour"' if place.version == "13"
                          else "invite_expiry = 3600").start()
    invite(server)
    assert [until - made for made, until in lives_of(server)] == [3600]


def lives_of(server):
    return [(row["created"], row["until"]) for row in listed(server, "invitations")]


def test_used_several_times_if_it_was_made_so(place):
    """R-379-02"""
    server = place.running(host=ONLY_INVITED)
    token = invite(server, options="uses = 2").token
    for name in ("juliet", "nurse"):
        assert error_of(holder(server, token).register(name, "romeo")) is None
    assert show(Client(server.port), token) == WORTHLESS
    token = invite(server, options='uses = "any"').token
    for name in ("paris", "tybalt", "mercutio"):
        assert error_of(holder(server, token).register(name, "romeo")) is None


def test_a_disk_that_fails(place):
    """R-445-04: what could not be written uses nothing up."""
    server = place.running(breakable=True, host=ONLY_INVITED)
    token = invite(server).token
    client = holder(server, token)
    with server.broken_disk():
        assert error_of(client.register("juliet", "romeo")) == ("internal-server-error", "wait", "500")
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert show(Client(server.port), token) == WORTHLESS
