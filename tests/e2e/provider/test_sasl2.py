"""Beside Debian's community modules for SASL2 (XEP-0388) and FAST (XEP-0484)."""

import base64
import hashlib

from harness.sasl2 import FAST, SASL2, SCRAM_UPGRADE, UPGRADE, Client2, refusal_of, running
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
    assert " by c2s" in server.shell('muster:show("romeo@localhost")'), "the last login is not known"
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


WANTED = "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-SHA-256</upgrade>"
TASK = "UPGR-SCRAM-SHA-256"


def next_step(client, inner, name="task-data", attributes=""):
    client.send(f"<{name} xmlns='urn:xmpp:sasl:2'{attributes}>{inner}</{name}>")
    return client.receive()


def asked(server, name="romeo", password="secret"):
    """A client that has logged in by SCRAM-SHA-1 and is asked for more, and what it is given for that."""
    client = Client2(server.port)
    more = client.scram2(name, password, inner=WANTED)
    assert more.tag == SASL2 + "continue" and more.find(SASL2 + "additional-data") is not None
    assert [each.text for each in more.iter(SASL2 + "task")] == [TASK]
    data = next_step(client, "", "next", f" task='{TASK}'")
    return client, data.find(SCRAM_UPGRADE + "salt")


def brought(client, text):
    return next_step(client, f"<hash xmlns='urn:xmpp:scram-upgrade:0'>{text}</hash>")


def test_keys_that_a_client_brings(place):
    """R-480-01"""
    server = running(place, modules=("sasl2",), host='muster_scram = { "SHA-1" }')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    server.reconfigure('muster_scram = { "SHA-1" }', 'muster_scram = { "SHA-1", "SHA-256" }')
    assert "OK" in server.shell("config:reload()")
    offers = [each.text for each in Client2(server.port).authentication().findall(UPGRADE + "upgrade")]
    assert offers == ["UPGR-SCRAM-SHA-1", TASK]
    assert Client(server.port).scram("romeo", "secret", "SCRAM-SHA-256") == "not-authorized"
    for wrong in ("", "!", base64.b64encode(bytes(31)).decode()):
        client, salt = asked(server)
        assert refusal_of(brought(client, wrong)) == "malformed-request"
        assert Client(server.port).scram("romeo", "secret", "SCRAM-SHA-256") == "not-authorized", "something was stored"
    client, _ = asked(server)
    assert refusal_of(next_step(client, "", "next", " task='UPGR-SCRAM-SHA-512'")) == "malformed-request"
    salts = []
    client, salt = asked(server)
    salts.append(salt.text)
    client, salt = asked(server)
    salts.append(salt.text)
    assert salts[0] != salts[1] and salt.get("iterations") == "10000"
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(salt.text), 10000)
    success = brought(client, base64.b64encode(salted).decode())
    assert success.tag == SASL2 + "success"
    assert success.find(SASL2 + "authorization-identifier").text == "romeo@localhost"
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        assert Client(server.port).scram("romeo", "secret", mechanism) is None
    assert refusal_of(Client2(server.port).scram2("romeo", "secret", inner=WANTED)) is None, "asked for once more"


def test_without_sasl2_nothing_is_asked(place):
    """R-480-01"""
    server = place.running()
    client = Client(server.port)
    assert not [each for each in client.features.iter() if "upgrade" in each.tag]
