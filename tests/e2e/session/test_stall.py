"""Work on a password, however long it takes, keeps nobody waiting but who asked for it: with half a second of it, a
bystander's ping is answered first."""

import base64
import select

from harness.xmpp import CLIENT, Client, logged_in

SLOW = "default_iteration_count = 3000000"


def is_silent(client):
    """Nothing has come in, neither as bytes nor inside of TLS."""
    return not client.ready and not client.socket.pending() and not select.select([client.socket], [], [], 0)[0]


def overtakes(bystander, client, text):
    """A ping that is sent later is answered before. Returns the answer to the text."""
    client.send(text)
    assert bystander.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost").get("type") == "result"
    assert is_silent(client), "the ping had to wait"
    return client.receive()


def test_pings_overtake_passwords(place):
    server = place.running(host=SLOW)
    Client(server.port).register("nurse", "secret")
    nurse = logged_in(server.port, "nurse", "secret")
    stranger = Client(server.port)
    fields = "<username>juliet</username><password>{}</password>"
    query = "<iq type='set' id='x'><query xmlns='jabber:iq:register'>{}</query></iq>"
    assert overtakes(nurse, stranger, query.format(fields.format("romeo"))).get("type") == "result"
    message = base64.b64encode(b"\0juliet\0romeo").decode()
    answer = overtakes(nurse, stranger, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                                        f"{message}</auth>")
    assert answer.tag.endswith("}success")
    stranger.bind()
    answer = overtakes(nurse, stranger, query.format(fields.format("montague")))
    assert answer.tag == CLIENT + "iq" and answer.get("type") == "result"
    message = base64.b64encode(b"\0nobody\0romeo").decode()
    answer = overtakes(nurse, Client(server.port), "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                                                   f"{message}</auth>")
    assert answer.tag.endswith("}failure")
