"""Two servers that reach each other: shakespeare.lit on 127.0.0.1 and capulet.com on 127.0.0.2."""

from .dns import Names
from .xmpp import Client, logged_in

# By dialback over TLS: nobody vouches for the certificates of these tests
FEDERATED = "s2s_secure_auth = false"


def federated(place, names, domain, address, more=(), modules=("register_muster",), general="", listening=(),
              **settings):
    lines = "\n".join((FEDERATED, names.configuration(), general))
    server = place.server(domain, domain=domain, address=address, listening=("s2s", *listening), general=lines,
                          modules=(*modules, "dialback"), **settings)
    for name in (domain, *more):
        names.announce(name, address, server.ports["s2s"])
    return server.start()


def two_servers(place, more=(), **settings):
    """(shakespeare.lit, capulet.com), both running. settings: shakespeare.lit's, as Prosody's, such as components in
    `further`; more: their domains, for the other server to find them."""
    names = Names()
    place.on_clear(names.close)
    return (federated(place, names, "shakespeare.lit", "127.0.0.1", more, **settings),
            federated(place, names, "capulet.com", "127.0.0.2"))


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
