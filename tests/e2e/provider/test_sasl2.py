"""Beside Debian's community modules for SASL2 (XEP-0388) and FAST (XEP-0484)."""

from harness.sasl2 import FAST, SASL2, Client2, refusal_of, running
from harness.xmpp import Client, error_of

REQUEST = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"


def new_token(server, name, password):
    success = Client2(server.port, sender=f"{name}@localhost").plain2(name, password, REQUEST)
    assert refusal_of(success) is None
    return success.find(FAST + "token").get("token")


def refusal(server, token):
    return refusal_of(Client2(server.port, sender="romeo@localhost").fast("romeo", token))


def test_whoever_asks_is_offered_the_same(place):
    """R-388-01"""
    server = running(place, modules=("sasl2",))
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    offers = [Client2(server.port, sender=sender).mechanisms2()
              for sender in ("romeo@localhost", "nobody@localhost", None)]
    assert offers[0] == offers[1] == offers[2]
    assert {"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"} <= set(offers[0])
    for answer in (Client2(server.port, sender="romeo@localhost").plain2("romeo", "secret"),
                   Client2(server.port).scram2("romeo", "secret")):
        assert answer.find(SASL2 + "authorization-identifier").text == "romeo@localhost"
    for name, password in (("romeo", "wrong"), ("nobody", "secret")):
        assert refusal_of(Client2(server.port).plain2(name, password)) == "not-authorized"
        assert refusal_of(Client2(server.port).scram2(name, password)) == "not-authorized"


def test_tokens_go_with_the_password(place):
    """R-484-01"""
    server = running(place)
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    token = new_token(server, "romeo", "secret")
    assert refusal(server, token) is None
    stream = Client(server.port)
    assert stream.plain("romeo", "secret") is None
    stream.bind()
    assert error_of(stream.change_password("romeo", "another")) is None
    assert refusal(server, token) == "not-authorized"
    assert refusal(server, new_token(server, "romeo", "another")) is None


def test_tokens_go_with_the_account(place):
    """R-484-01: one that is disabled, can be restored, or is removed"""
    server = running(place, host='registration_delete_grace_period = "1 day"')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    token = new_token(server, "romeo", "secret")
    assert "OK" in server.shell('muster:disable("romeo@localhost")')
    assert refusal(server, token) == "not-authorized"
    assert "OK" in server.shell('muster:enable("romeo@localhost")')
    assert refusal(server, token) == "not-authorized", "the token has come back with the account"
    token = new_token(server, "romeo", "secret")
    stream = Client(server.port)
    assert stream.plain("romeo", "secret") is None
    stream.bind()
    assert error_of(stream.remove()) is None
    assert refusal(server, token) == "not-authorized"
    assert "OK" in server.shell('muster:restore("romeo@localhost")')
    token = new_token(server, "romeo", "secret")
    assert "OK" in server.shell('muster:delete("romeo@localhost")')
    assert refusal(server, token) == "not-authorized"
