"""Requests as bytes: in pieces, one behind the other, cut off."""

import base64

from harness.crowd import vanish
from harness.health import SECRET, goes_on
from harness.xmpp import CLIENT, REGISTER, SASL, Client, can_log_in, error_of, logged_in


def get(identity):
    return f"<iq type='get' id='{identity}'><query xmlns='jabber:iq:register'/></iq>"


def registration(username, identity="set"):
    return (f"<iq type='set' id='{identity}'><query xmlns='jabber:iq:register'><username>{username}</username>"
            f"<password>{SECRET}</password></query></iq>")


def outcomes(client, count):
    """(id, None or the condition of an error) of the next answers"""
    answers = [client.receive() for _ in range(count)]
    assert all(answer.tag == CLIENT + "iq" for answer in answers), [answer.tag for answer in answers]
    return [(answer.get("id"), error_of(answer) and error_of(answer)[0]) for answer in answers]


def test_byte_by_byte(place):
    server = place.running()
    client = Client(server.port)
    for byte in (get("get") + registration("bill")).encode():
        client.socket.sendall(bytes([byte]))
    assert outcomes(client, 2) == [("get", None), ("set", None)]
    assert client.plain("bill", SECRET) is None
    client.bind()
    for byte in registration("bill", "change").encode():
        client.socket.sendall(bytes([byte]))
    assert outcomes(client, 1) == [("change", None)]
    goes_on(server, "single bytes")


def test_many_in_one_packet(place):
    """Answered one by one, in their order, also those behind one that takes time."""
    server = place.running()
    client = Client(server.port)
    client.send(get("a") + registration("bill", "b") + get("c") + registration("bill", "d") + get("e"))
    assert outcomes(client, 5) == [("a", None), ("b", None), ("c", None), ("d", "not-acceptable"), ("e", None)]
    client.send("".join(get(f"get{number}") for number in range(100)))
    assert outcomes(client, 100) == [(f"get{number}", None) for number in range(100)]
    goes_on(server, "many at once")


def test_login_right_behind(place):
    """Sent without waiting whether there is an account now"""
    server = place.running()
    client = Client(server.port)
    message = base64.b64encode(f"\0bill\0{SECRET}".encode()).decode()
    login = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{message}</auth>"
    client.send(registration("bill") + login)
    assert outcomes(client, 1) == [("set", None)]
    assert client.receive().tag == SASL + "success"
    client.bind()
    assert client.query("get").find(f".//{REGISTER}username").text == "bill"
    client = Client(server.port)
    client.send(registration("bill") + login.replace(message, base64.b64encode(b"\0bill\0wrong").decode()))
    assert outcomes(client, 1) == [("set", "conflict")]
    assert client.receive().tag == SASL + "failure"
    goes_on(server, "a login right behind")


def test_cut_off_in_the_middle(place):
    """Nothing comes of a request that is not whole."""
    server = place.running()
    whole = registration("bill").encode()
    for size in (1, 5, 40, len(whole) // 2, whole.index(b"</password>"), len(whole) - 6, len(whole) - 1):
        for leave in (vanish, Client.close, lambda client: client.socket.unwrap()):
            client = Client(server.port)
            client.socket.sendall(whole[:size])
            leave(client)
            client.socket.close()
        goes_on(server, f"{size} bytes")
    assert "bill" not in [event[1] for event in server.events()], "half a request was taken for a whole one"
    assert error_of(Client(server.port).register("bill", SECRET)) is None


def test_cut_off_behind_a_request(place):
    """What was asked for is done as a whole, whether or not anybody is there for the answer."""
    server = place.running()
    endings = {
        "gone": vanish,
        "closed": Client.close,
        "half": lambda client: (client.send("<iq type='set' id='x'><query xmln"), vanish(client)),
        "ended": lambda client: client.send("</stream:stream>"),
        "garbage": lambda client: client.send("</garbage>"),
        "other": lambda client: client.send("<other xmlns='x'/>"),
        "another": lambda client: (client.send(registration("another")), vanish(client)),
    }
    clients = {name: Client(server.port) for name in endings}
    for name, leave in endings.items():
        clients[name].send(registration(name))
        leave(clients[name])
    for name in endings:
        server.wait_until(lambda: "user-registered" in server.event_names(name), f"to register {name}")
        assert can_log_in(server.port, name, SECRET) is None, name
        assert error_of(Client(server.port).register(name, SECRET)) == ("conflict", "cancel", "409"), name
    goes_on(server, "streams that ended behind a request")


def test_cut_off_behind_a_removal(place):
    server = place.running(host="user_tombstone_expiry = 0")
    for name, leave in (("gone", vanish), ("ended", lambda client: client.send("</stream:stream>"))):
        assert error_of(Client(server.port).register(name, SECRET)) is None
        client, other = [logged_in(server.port, name, SECRET, resource) for resource in ("one", "two")]
        client.send("<iq type='set' id='x'><query xmlns='jabber:iq:register'><remove/></query></iq>")
        leave(client)
        assert other.closing() == "not-authorized"
        assert can_log_in(server.port, name, SECRET) == "not-authorized", name
        assert error_of(Client(server.port).register(name, SECRET)) is None
    goes_on(server, "streams that ended behind a removal")
