"""Invitations in the console: made, listed, taken back; who was invited by whom, and a branch of that disabled."""

import re

from harness.invitations import WORTHLESS, holder, invite, show
from harness.orders import MODULES, audit
from harness.xmpp import Client, can_log_in, error_of, logged_in


def rows(server, host="localhost"):
    """A list of columns by id."""
    lines = [re.split(r"\s{2,}", line.strip("| ")) for line in server.shell(f'muster:invites("{host}")').splitlines()]
    return {line[0]: line[1:] for line in lines if re.fullmatch("[0-9a-f]{12}", line[0])}


def test_made_listed_and_taken_back(place):
    server = place.running(modules=MODULES)
    shell = server.shell
    anybody = invite(server)
    bill = invite(server, "bill@localhost", 'role = "prosody:admin", note = "for the globe", expires = "1h"')
    assert anybody.uri.startswith("xmpp:localhost?register;preauth=")
    listed = rows(server)
    assert listed[anybody.identity][:3] == ["open", "register", "1"]
    assert listed[bill.identity][:3] == ["open", "register bill as prosody:admin", "1"]
    assert listed[bill.identity][-1] == "for the globe"
    assert error_of(holder(server, anybody.token).register("juliet", "romeo")) is None
    assert rows(server)[anybody.identity][0] == "used" and "juliet" in rows(server)[anybody.identity]
    assert "1 open of 2 invitations" in shell('muster:invites("localhost")')
    assert "Revoked" in shell(f'muster:revoke("localhost", "{bill.identity.upper()}")')
    assert show(Client(server.port), bill.token) == WORTHLESS
    assert bill.identity not in rows(server)
    made = audit(server, 2, action="invite", door="console", actor="console", outcome="ok")
    assert made[1]["username"] == "bill" and made[1]["detail"] == f"invitation {bill.identity}"
    assert audit(server, 1, action="revoke", outcome="ok")[0]["username"] == bill.identity
    assert audit(server, 1, action="register")[0]["detail"] == f"invitation {anybody.identity}"


def test_what_cannot_be_made(place):
    server = place.running(modules=MODULES)
    shell = server.shell
    assert "Created" in shell('muster:create("romeo@localhost", "secret")')
    for options in ("rol = 1", "uses = 0", 'uses = "many"', "role = true", "reset = 1"):
        assert "The options are reset" in shell(f'muster:invite("localhost", {{ {options} }})'), options
    assert "is no period" in shell('muster:invite("localhost", { expires = "soon" })')
    for options in ("reset = true", "contact = true", "roster = true",
                    'contact = true, inviter = "romeo@elsewhere.lit"'):
        assert "makes no sense" in shell(f'muster:invite("localhost", {{ {options} }})'), options
    assert "makes no sense" in shell('muster:invite("bill@localhost", { uses = 2 })')
    assert "such an account already" in shell('muster:invite("romeo@localhost")')
    assert "no such account" in shell('muster:invite("localhost", { inviter = "nobody@localhost" })')
    assert "is not a host" in shell('muster:invite("elsewhere.lit")')
    assert "is missing" in shell("muster:invite()")
    assert "no such invitation" in shell('muster:revoke("localhost", "0123456789ab")')
    assert rows(server) == {}


def test_contact_of_the_console(place):
    server = place.running(modules=MODULES)
    assert "Created" in server.shell('muster:create("romeo@localhost", "secret")')
    made = invite(server, options='contact = true, inviter = "romeo@localhost"')
    assert re.fullmatch("xmpp:romeo@localhost[?]roster;preauth=[A-Za-z0-9]{24}", made.uri), made.uri


def test_a_page(place):
    server = place.running(host='invites_page = "https://example.org/{invite.token}"')
    made = invite(server)
    assert made.page == "https://example.org/" + made.token


def registered_by(server, inviter, name):
    token = invite(server, options=f'inviter = "{inviter}@localhost"').token
    assert error_of(holder(server, token).register(name, "secret")) is None


def test_a_branch(place):
    """romeo has invited ben and bill, bill will, and will spam."""
    server = place.running(modules=MODULES)
    assert "Created" in server.shell('muster:create("romeo@localhost", "secret")')
    for inviter, name in (("romeo", "ben"), ("romeo", "bill"), ("bill", "will"), ("will", "spam")):
        registered_by(server, inviter, name)
    tree = server.shell('muster:invited("romeo@localhost")')
    lines = [line.lstrip("| ").rstrip() for line in tree.splitlines() if "@localhost (" in line]
    assert sorted(line.split("@")[0] for line in lines) == ["ben", "bill", "spam", "will"]
    branch = [rf"{name}@localhost \(enabled, .*\)" for name in ("bill", "will", "spam")]
    assert re.search(r"\n\|?\s+".join(branch), tree)
    assert "4 accounts" in tree
    waiting = invite(server, options='inviter = "spam@localhost"')
    stream = logged_in(server.port, "will", "secret")
    printed = server.shell('muster:disable_branch("bill@localhost", "sends spam")')
    assert "Disabled 3 of 3 accounts" in printed
    assert stream.closing() is not None
    for name in ("bill", "will", "spam"):
        assert can_log_in(server.port, name, "secret") == "account-disabled", name
    for name in ("romeo", "ben"):
        assert can_log_in(server.port, name, "secret") is None
    assert re.search("Reason +sends spam", server.shell('muster:show("will@localhost")'))
    assert show(Client(server.port), waiting.token) == WORTHLESS
    assert "Disabled 0 of 3 accounts" in server.shell('muster:disable_branch("bill@localhost")')
    assert "There is no such account" in server.shell('muster:disable_branch("nobody@localhost")')
    assert "Deleted" in server.shell('muster:delete("bill@localhost")')
    tree = server.shell('muster:invited("romeo@localhost")')
    assert "ben@localhost" in tree and "1 account" in tree


def test_help_and_after_unloading(place):
    server = place.running(modules=MODULES)
    text = server.shell("help muster")
    for words in ("Make an invitation to register", "List invitations", "Take an invitation back",
                  "Show whom somebody has invited", "all whom they and those have invited"):
        assert words in text, words
    assert "OK" in server.shell('module:unload("muster")')
    assert "good until" not in server.shell('muster:invite("localhost")')
    assert "Make an invitation" not in server.shell("help muster")
