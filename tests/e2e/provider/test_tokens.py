"""Tokens that stand for a password (Prosody 13)."""

import base64
import re

from harness.place import Skip
from harness.xmpp import SASL, Client, can_log_in, error_of, logged_in

MAKE = """local tokens = require "core.modulemanager".get_module("localhost", "tokenauth")
local grant = tokens.create_grant("romeo@localhost", "romeo@localhost", 3600)
return (tokens.create_token("romeo@localhost", grant, "prosody:registered", 3600, "oauth2"))"""


def running(place, **settings):
    if place.version == "0.12":
        raise Skip("this Prosody has no login by token")
    server = place.running(**settings)
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    return server


def new_token(server):
    made = re.search(r"secret-token:\S+", server.shell(">" + MAKE.replace("\n", ";")))
    assert made, "no token was made"
    assert refusal(server, made.group()) is None
    return made.group()


def refusal(server, token):
    """None, or why one cannot log in with it (RFC 7628: a client answers to what is wrong before it is refused)."""
    client = Client(server.port)
    answer = client._sasl(sasl("auth mechanism='OAUTHBEARER'", f"n,,\x01auth=Bearer {token}\x01\x01"))
    if answer.tag == SASL + "challenge":
        answer = client._sasl(sasl("response", "\x01"))
    return client._result(answer)


def sasl(tag, message):
    data = base64.b64encode(message.encode()).decode()
    return f"<{tag} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{data}</{tag.split()[0]}>"


def test_tokens_go_with_the_password(place):
    """R-077-108: also in the second in which they were made"""
    server = running(place)
    romeo = logged_in(server.port, "romeo", "secret")
    for number in range(3):
        token = new_token(server)
        assert error_of(romeo.change_password("romeo", f"new{number}")) is None
        assert refusal(server, token) == "not-authorized"
    token = new_token(server)
    server.shell('user:password("romeo@localhost", "the operator\'s")')
    assert can_log_in(server.port, "romeo", "the operator's") is None
    assert refusal(server, token) == "not-authorized"
    assert refusal(server, new_token(server)) is None


def test_tokens_go_with_an_account_that_is_disabled(place):
    """R-077-108: and do not come back with it"""
    server = running(place)
    token = new_token(server)
    server.shell('user:disable("romeo@localhost")')
    assert refusal(server, token) is not None
    server.shell('user:enable("romeo@localhost")')
    assert can_log_in(server.port, "romeo", "secret") is None
    assert refusal(server, token) == "not-authorized"


def test_tokens_go_with_an_account_that_is_removed(place):
    """R-077-108: nor are they the next owner's"""
    server = running(place)
    token = new_token(server)
    romeo = logged_in(server.port, "romeo", "secret")
    assert error_of(romeo.remove()) is None
    assert refusal(server, token) == "not-authorized"
    server.shell('muster:create("romeo@localhost", "another", { override = true })')
    assert can_log_in(server.port, "romeo", "another") is None
    assert refusal(server, token) == "not-authorized"


def test_tokens_go_with_an_account_that_can_be_restored(place):
    """R-077-108"""
    server = running(place, host='registration_delete_grace_period = "1 day"')
    token = new_token(server)
    romeo = logged_in(server.port, "romeo", "secret")
    assert error_of(romeo.remove()) is None
    assert refusal(server, token) is not None
    assert "OK" in server.shell('muster:restore("romeo@localhost")')
    assert can_log_in(server.port, "romeo", "secret") is None
    assert refusal(server, token) == "not-authorized"
