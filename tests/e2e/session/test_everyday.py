"""The everyday session, with an account that Muster made."""

from harness.xmpp import CLIENT, FEATURE, SASL, TLS, Client, error_of, logged_in

ROSTER = "{jabber:iq:roster}"


def subscribe(one, other, jid_of_one, jid_of_other):
    """`one` sees the presence of `other`, who agrees."""
    one.send(f"<presence to='{jid_of_other}' type='subscribe'/>")
    other.send(f"<presence to='{jid_of_one}' type='subscribed'/>")


def presence_from(client, jid):
    while True:
        element = client.receive()
        if element.tag == CLIENT + "presence" and element.get("from") == jid and element.get("type") is None:
            return element


def test_the_session_of_an_account(place):
    """E-002-1 to E-002-9: E-002-1, E-002-2, E-002-3, E-002-4, E-002-5, E-002-6, E-002-7, E-002-8, E-002-9"""
    server = place.running(general="c2s_require_encryption = false")
    Client(server.port, tls=False).register("admin", "admin123")
    Client(server.port, tls=False).register("sys", "sys123")
    client = Client(server.port, tls=False)
    assert client.features.find(TLS + "starttls") is not None and client.features.find(FEATURE) is not None
    assert "SCRAM-SHA-1" in client.mechanisms() and "PLAIN" not in client.mechanisms()
    client.starttls()
    assert "PLAIN" in client.mechanisms()
    client.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFkbWluAGFkbWluMTIz</auth>")
    assert client.receive().tag == SASL + "success"
    client.open()
    bound = client.ask("<iq type='set' id='bind_2'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                       "<resource>Windows</resource></bind></iq>", "bind_2")
    assert bound.find(".//{urn:ietf:params:xml:ns:xmpp-bind}jid").text == "admin@localhost/Windows"
    client.send("<presence/>")
    presence_from(client, "admin@localhost/Windows")
    sys = logged_in(server.port, "sys", "sys123", "home")
    subscribe(sys, client, "sys@localhost", "admin@localhost")
    subscribe(client, sys, "admin@localhost", "sys@localhost")
    sys.send("<presence/>")
    presence_from(client, "sys@localhost/home")
    presence_from(sys, "admin@localhost/Windows")
    client.send("<message to='sys@localhost/home' type='chat' id='m1'><body>Hello</body></message>")
    message = sys.receive()
    while message.tag != CLIENT + "message":
        message = sys.receive()
    assert message.get("from") == "admin@localhost/Windows" and message.find(CLIENT + "body").text == "Hello"
    assert client.iq("get", "<query xmlns='urn:example:unheard-of'/>").get("type") == "error"
    roster = client.ask("<iq type='get' id='roster1'><query xmlns='jabber:iq:roster'/></iq>", "roster1")
    assert [item.get("jid") for item in roster.iter(ROSTER + "item")] == ["sys@localhost"]
    client.send("<iq type='set' id='roster3'><query xmlns='jabber:iq:roster'>"
                "<item jid='darcy@pemberley.lit' name='Mr Darcy'/></query></iq>")
    answers = [client.receive(), client.receive()]
    assert sorted((each.get("type"), each.get("id") == "roster3") for each in answers) == [
        ("result", True), ("set", False)]
    assert all(error_of(each) is None for each in answers)


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
