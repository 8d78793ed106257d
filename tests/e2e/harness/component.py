"""An external component (XEP-0114), such as a gateway: a stream that speaks for everybody of its domain."""

import hashlib
import re

from .xmpp import Client

DOMAIN = "gateway.example.org"
SECRET = "sesame"
CONFIGURATION = f'Component "{DOMAIN}"\ncomponent_secret = "{SECRET}"'


class Component(Client):
    """Of a server with CONFIGURATION behind its hosts and "component" among what it listens on; sender: who speaks."""

    namespace = "jabber:component:accept"

    def __init__(self, server, sender="user@" + DOMAIN + "/r"):
        self.sender = sender
        super().__init__(server.ports["component"], DOMAIN, tls=False, address=server.address)

    def open(self):
        self.begin()
        while not (header := re.search(rb"<stream:stream[^>]* id=['\"]([^'\"]*)[^>]*>", self.received)):
            self._read(self.timeout)
        digest = hashlib.sha1(header[1] + SECRET.encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        assert self.receive().tag.endswith("}handshake")

    def receive(self, timeout=None):
        """As if it came on a client's stream."""
        element = super().receive(timeout)
        for each in element.iter():
            each.tag = each.tag.replace(self.namespace, Client.namespace)
        return element
