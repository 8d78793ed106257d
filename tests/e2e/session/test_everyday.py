"""The everyday session, with an account that Muster made."""

import base64

from harness.xmpp import CLIENT, SASL, TLS, Client, logged_in

ROSTER = "{jabber:iq:roster}"


def test_the_session_of_an_account(place):
    """E-002-1 to E-002-9"""
    server = place.running()
    Client(server.port).register("admin", "admin123")
    Client(server.port).register("friend", "friend123")
    client = Client(server.port, tls=False)
    assert client.features.find(TLS + "starttls") is not None
    client.starttls()
    assert "PLAIN" in client.mechanisms() and "SCRAM-SHA-1" in client.mechanisms()
    assert base64.b64encode(b"\\0admin\\0admin123".decode("unicode_escape").encode()) == b"AGFkbWluAGFkbWluMTIz"
    client.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFkbWluAGFkbWluMTIz</auth>")
    assert client.receive().tag == SASL + "success"
    assert client.bind("home") == "admin@localhost/home"
    roster = client.iq("get", "<query xmlns='jabber:iq:roster'/>")
    assert roster.get("type") == "result" and roster.find(ROSTER + "query") is not None
    friend = logged_in(server.port, "friend", "friend123", "home")
    for each in (client, friend):
        each.send("<presence/>")
        assert each.receive().tag == CLIENT + "presence"
    client.send("<message to='friend@localhost/home' type='chat' id='m1'><body>Hello</body></message>")
    message = friend.receive()
    assert message.tag == CLIENT + "message" and message.get("from") == "admin@localhost/home"
    assert message.find(CLIENT + "body").text == "Hello"
    added = client.iq("set", "<query xmlns='jabber:iq:roster'><item jid='friend@localhost' name='F'/></query>")
    assert added.get("type") == "result"


def test_mechanisms_and_authorization_identities(place):
    """R-SCR-07, R-SCR-06"""
    server = place.running()
    Client(server.port).register("admin", "admin123")
    assert Client(server.port).plain("admin", "admin123", "admin@localhost") is None
    assert Client(server.port).plain("admin", "admin123", "other@localhost") == "invalid-authzid"
    assert Client(server.port).plain("admin", "wrong") == "not-authorized"
    assert Client(server.port).plain("nobody", "admin123") == "not-authorized"
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
        assert Client(server.port).scram("admin", "admin123", mechanism) is None
        assert Client(server.port).scram("admin", "wrong", mechanism) == "not-authorized"
        assert Client(server.port).scram("nobody", "admin123", mechanism) == "not-authorized"


def test_channel_binding(place):
    """SCRAM with the TLS stream bound in"""
    server = place.running()
    Client(server.port).register("admin", "admin123")
    client = Client(server.port)
    if "SCRAM-SHA-1-PLUS" not in client.mechanisms():
        client.socket.close()
        assert place.version == "0.12", "13 offers channel binding"
        return
    types = [each.get("type") for each in client.features.iter("{urn:xmpp:sasl-cb:0}channel-binding")]
    assert "tls-exporter" in types or "tls-unique" in types or not types
    downgraded = Client(server.port)
    assert downgraded.scram("admin", "admin123", "SCRAM-SHA-1", flag="y,,") == "not-authorized"
    wrong = Client(server.port)
    assert wrong.scram("admin", "admin123", "SCRAM-SHA-1-PLUS", "p=tls-exporter,,", b"x" * 32) is not None
