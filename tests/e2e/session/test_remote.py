"""Users of other servers, who reach a host through a stream of servers."""

from harness.federation import ServerStream, resident, two_servers
from harness.xmpp import CLIENT, FEATURE, REGISTER, TLS, can_log_in, error_of

HOST = "shakespeare.lit"


def account(username):
    return f"<username>{username}</username><password>secret</password>"


def refused(reply, *error):
    assert reply.get("from") == HOST and reply.get("to") == "juliet@capulet.com/test", reply.attrib
    assert error_of(reply) == error, error_of(reply)
    assert reply.find(".//" + REGISTER + "query") is None, "the query was sent back"


def test_a_user_of_another_server_has_no_account_here(place):
    """R-077-30"""
    shakespeare, capulet = two_servers(place)
    juliet = resident(capulet, "juliet")
    features = juliet.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", HOST)
    assert "jabber:iq:register" in [each.get("var") for each in features.iter() if each.tag.endswith("}feature")]
    assert juliet.iq("get", "<ping xmlns='urn:xmpp:ping'/>", HOST).get("type") == "result"
    refused(juliet.query("get", to=HOST), "service-unavailable", "cancel", "503")
    for name in ("juliet", "bill"):
        refused(juliet.query("set", account(name), HOST), "forbidden", "auth", "403")
    refused(juliet.query("set", "<remove/>", HOST), "registration-required", "auth", "407")
    for name in ("juliet", "bill"):
        assert can_log_in(shakespeare.port, name, "secret", HOST) == "not-authorized"
    assert juliet.query("get").find(REGISTER + "query/" + REGISTER + "registered") is not None


def test_a_namesake_here_keeps_the_account(place):
    """R-077-30: whose server it is counts, not what is before the @"""
    shakespeare, capulet = two_servers(place)
    here, there = resident(shakespeare, "juliet", "her own"), resident(capulet, "juliet")
    refused(there.query("get", to=HOST), "service-unavailable", "cancel", "503")
    refused(there.query("set", account("juliet"), HOST), "forbidden", "auth", "403")
    refused(there.query("set", "<remove/>", HOST), "registration-required", "auth", "407")
    assert here.iq("get", "<ping xmlns='urn:xmpp:ping'/>", HOST).get("type") == "result"
    assert can_log_in(shakespeare.port, "juliet", "her own", HOST) is None
    there.send(f"<message to='{here.jid}' id='m1'><body>Wherefore</body></message>")
    assert here.receive().find(CLIENT + "body").text == "Wherefore"


def test_servers_are_not_offered_registration(place):
    """R-077-02"""
    shakespeare, _ = two_servers(place)
    stream = ServerStream(shakespeare.ports["s2s"], HOST, tls=False)
    assert stream.features.find(TLS + "starttls") is not None and stream.features.find(FEATURE) is None
    stream.starttls()
    assert len(stream.features) and stream.features.find(FEATURE) is None
