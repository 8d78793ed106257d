"""Two servers that reach each other: shakespeare.lit on 127.0.0.1 and capulet.com on 127.0.0.2."""

from .dns import Names
from .prosody import free_port
from .xmpp import Client, logged_in

# By dialback over TLS: nobody vouches for the certificates of these tests
FEDERATED = "s2s_secure_auth = false"


def announced(place, names, domain, address, further, more=(), general="", **settings):
    port = free_port(address)
    for name in (domain, *more):
        names.announce(name, address, port)
    lines = "\n".join((FEDERATED, names.configuration(), general))
    return place.server(domain, domain=domain, address=address, s2s_port=port, general=lines, further=further, **settings)


def two_servers(place, further="", more=(), **settings):
    """(shakespeare.lit, capulet.com), both running. further: lines of shakespeare.lit's configuration, such as of
    components; more: their domains, for the other server to find them; settings: shakespeare.lit's own, as Prosody's."""
    names = Names()
    place.on_clear(names.close)
    shakespeare = announced(place, names, "shakespeare.lit", "127.0.0.1", further, more, **settings)
    capulet = announced(place, names, "capulet.com", "127.0.0.2", "")
    return shakespeare.start(), capulet.start()


def resident(server, username, password="secret", resource="test"):
    """A new account of a server, logged in."""
    stream = Client(server.port, server.domain, address=server.address)
    reply = stream.register(username, password)
    stream.close()
    assert reply.get("type") == "result", f"{username}@{server.domain} cannot register"
    return logged_in(server.port, username, password, resource, server.domain, address=server.address)


class ServerStream(Client):
    """What another server begins: a stream of servers, before it has proved who it is."""

    namespace = "jabber:server"
