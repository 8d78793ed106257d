"""Registration over streams of every kind: TLS from the first byte on, BOSH, WebSocket, and these behind a proxy."""

from harness.bosh import Bosh
from harness.forms import fields_of
from harness.websocket import WebSocket
from harness.xmpp import FEATURE, REGISTER, Client, Closed, can_log_in, error_of, local, standalone

WEB = (Bosh, WebSocket)


def web(place, general=""):
    return place.running(modules=("register_muster", "bosh", "websocket"), listening=("http", "https"), general=general)


def offers(client):
    return len(client.features.findall(FEATURE))


def done(reply):
    assert reply.get("type") == "result" and len(reply) == 0, error_of(reply)


def life_of_an_account(connect):
    """From registration to removal, over streams that `connect` opens"""
    client = connect()
    assert offers(client) == 1
    fields = client.query("get").find(REGISTER + "query")
    assert [local(child) for child in fields] == ["instructions", "username", "password"]
    done(client.register("juliet", "romeo"))
    assert error_of(connect().register("juliet", "paris")) == ("conflict", "cancel", "409")
    assert client.scram("juliet", "romeo") is None
    assert client.bind("balcony") == "juliet@localhost/balcony"
    assert "register" not in [local(child) for child in client.features]
    other = connect()
    assert other.plain("juliet", "romeo") is None
    other.bind("chamber")
    done(client.change_password("juliet", "montague"))
    assert other.closing() == "reset"
    assert client.query("get").find(REGISTER + "query/" + REGISTER + "registered") is not None
    assert connect().plain("juliet", "romeo") == "not-authorized"
    other = connect()
    assert other.plain("juliet", "montague") is None
    other.bind("tomb")
    done(client.remove())
    assert client.closing() == "not-authorized"
    assert other.closing() == "not-authorized"
    assert connect().plain("juliet", "montague") == "not-authorized"
    return other


def test_direct_tls(place):
    """R-077-05, R-077-03, R-077-107"""
    server = place.running(listening=("c2s_direct_tls",))
    client = Client(server.port, tls=False)
    assert offers(client) == 0
    client.starttls()
    assert offers(client) == 1
    life_of_an_account(lambda: Client(server.ports["c2s_direct_tls"], tls="direct"))


def test_bosh(place):
    """R-077-03, R-077-76, R-077-107"""
    server = web(place)
    closed = life_of_an_account(lambda: Bosh(server.ports["https"]))
    assert closed.terminated["condition"] == "remote-stream-error"


def test_bosh_when_it_is_refused_once_too_often(place):
    """R-077-42: the answer comes before the end"""
    client = Bosh(web(place).ports["https"])
    for _ in range(6):
        assert error_of(client.register("a b", "secret")) == ("not-acceptable", "modify", "406")
    assert client.closing() == "policy-violation"


def test_bosh_when_the_client_does_not_come_back(place):
    """It has got its answer; the rest is done without it."""
    server = web(place)
    client = Bosh(server.ports["https"])
    done(client.register("juliet", "romeo"))
    assert client.plain("juliet", "romeo") is None
    client.bind("balcony")
    client.polls = False
    done(client.remove())
    server.wait_until(lambda: "user-deregistered" in server.event_names("juliet"), "to remove the rest")
    assert "Traceback" not in server.log()


def test_websocket(place):
    """R-077-03, R-077-107"""
    server = web(place)
    life_of_an_account(lambda: WebSocket(server.ports["https"]))


def no_registration(server, client):
    assert offers(client) == 0
    policy = ("policy-violation", "modify", "403")
    assert error_of(client.query("get")) == policy
    assert error_of(client.register("juliet", "romeo")) == policy
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"


def closed_at_once(connect):
    """Prosody closes streams that have nothing to go on with."""
    try:
        return not connect()
    except Closed:
        return True


def test_in_the_clear(place):
    """R-077-14: the web needs TLS, too"""
    server = web(place)
    no_registration(server, Bosh(server.ports["http"], tls=False))
    assert closed_at_once(lambda: WebSocket(server.ports["http"], tls=False))


def test_in_the_clear_when_it_becomes_required(place):
    """R-077-14: the operator turns it on while there are streams"""
    server = web(place, "c2s_require_encryption = false")
    early = [kind(server.ports["http"], tls=False) for kind in WEB]
    assert [offers(client) for client in early] == [1, 1]
    server.reconfigure("c2s_require_encryption = false", "c2s_require_encryption = true")
    assert "OK" in server.shell("config:reload()")
    for client in early:
        assert error_of(client.register("juliet", "romeo")) == ("policy-violation", "modify", "403")
    for kind in WEB:
        no_registration(server, kind(server.ports["http"], tls=False))


def test_the_clear_that_is_considered_secure(place):
    server = web(place, "consider_bosh_secure = true\nconsider_websocket_secure = true\nuser_tombstone_expiry = 0")
    life_of_an_account(lambda: Bosh(server.ports["http"], tls=False))
    life_of_an_account(lambda: WebSocket(server.ports["http"], tls=False))


def addresses(server, username):
    """What the events of a registration gave as the address that it came from."""
    seen = [event for event in server.events() if event[1] == username and event[0].startswith("user-regist")]
    assert [event[0] for event in seen] == ["user-registering", "user-registered"], seen
    return {event[4] for event in seen}


def test_behind_a_proxy(place):
    """The proxy, 127.0.0.1, tells who is behind it; what it was told itself does not count."""
    server = web(place)
    headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "X-Forwarded-Proto": "https"}
    for kind in WEB:
        client = kind(server.ports["http"], tls=False, headers=headers)
        assert offers(client) == 1
        done(client.register(kind.__name__.lower(), "romeo"))
        assert addresses(server, kind.__name__.lower()) == {"192.0.2.7"}


def test_behind_somebody_else(place):
    """Who is no trusted proxy is not believed."""
    server = web(place)
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    no_registration(server, Bosh(server.ports["http"], tls=False, headers=headers, source="127.0.0.9"))
    assert closed_at_once(lambda: WebSocket(server.ports["http"], tls=False, headers=headers, source="127.0.0.9"))
    for kind in WEB:
        client = kind(server.ports["https"], headers=headers, source="127.0.0.9")
        done(client.register(kind.__name__.lower(), "romeo"))
        assert addresses(server, kind.__name__.lower()) == {"127.0.0.9"}


def test_the_language_of_a_stream(place):
    """The server writes it on stanzas that name none; over BOSH each <body/> is a stream of its own in this."""
    server = web(place, 'muster_offer_form = "always"')
    query = "<query xmlns='jabber:iq:register'/>"

    def label(stream):
        return fields_of(stream.receive().find(REGISTER + "query"))["password"].get("label")

    for kind, port in ((Client, server.port), (WebSocket, server.ports["https"]), (Bosh, server.ports["https"])):
        stream = type("German", (kind,), {"language": "de"})(port)
        stream.send(f"<iq type='get' id='1'>{query}</iq>")
        assert label(stream) == ("Password" if kind is Bosh else "Passwort"), kind
        stream.send(f"<iq type='get' id='2' xml:lang='es'>{query}</iq>")
        assert label(stream) == "Contraseña", kind
    stream._post(standalone(f"<iq type='get' id='3'>{query}</iq>"), "xml:lang='de'")
    assert label(stream) == "Passwort"
