"""A host to which everybody logs in anonymously: an account there would be of no use."""

from harness.xmpp import FEATURE, SASL, Client, error_of

UNAVAILABLE = ("service-unavailable", "cancel", "503")
DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"


def test_nobody_registers_where_nobody_has_a_password(place):
    """R-077-06, R-175-01"""
    server = place.running(authentication="anonymous")
    client = Client(server.port)
    assert client.features.find(FEATURE) is None, "registration is offered"
    assert error_of(client.query("get")) == UNAVAILABLE
    assert error_of(client.register("juliet", "romeo")) == UNAVAILABLE
    assert error_of(client.remove()) == UNAVAILABLE
    assert server.event_names("juliet") == []
    client.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>")
    assert client.receive().tag == SASL + "success"
    client.bind()
    assert error_of(client.query("get")) == UNAVAILABLE
    assert error_of(client.register("juliet", "romeo")) == ("not-allowed", "cancel", "405")
    assert error_of(client.remove()) == ("registration-required", "auth", "407")
    features = [each.get("var") for each in client.iq("get", DISCO, "localhost").iter()]
    assert "urn:xmpp:ping" in features and "jabber:iq:register" not in features, features
