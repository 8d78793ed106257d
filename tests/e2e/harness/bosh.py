"""A client over BOSH (XEP-0124, XEP-0206): each request on a connection of its own, one always left to be answered."""

import http.client
import random
import ssl
import xml.etree.ElementTree as ET

from .xmpp import Client, Closed, standalone

BODY = "http://jabber.org/protocol/httpbind"
WAIT = 60


class Bosh(Client):
    """tls: over https; headers: with every request; source: the address to come from."""

    def __init__(self, port, domain="localhost", tls=True, timeout=20, address="127.0.0.1", headers=None,
                 source="127.0.0.1"):
        self.domain = domain
        self.timeout = timeout
        self.tls = tls
        self.server = address, port
        self.headers = {"Host": domain, "Content-Type": "text/xml; charset=utf-8", **(headers or {})}
        self.source = source, 0
        self.request = random.randrange(1, 1 << 40)
        self.session = None
        self.unanswered = []
        self.ready = []
        self.terminated = None  # the last body's attributes
        self.polls = True  # leave a request open when one is answered
        self.count = 0
        self.open()

    def open(self):
        stream = f"to='{self.domain}' xml:lang='{self.language}' xmlns:xmpp='urn:xmpp:xbosh'"
        if self.session is None:
            self._post("", f"{stream} ver='1.6' hold='1' wait='{WAIT}' xmpp:version='1.0'")
        else:
            self._post("", f"{stream} xmpp:restart='true'")
        self.features = self.receive()
        return self.features

    def starttls(self):
        raise AssertionError("there is none over BOSH")

    def send(self, text):
        self._post(standalone(text))

    def close(self):
        for connection in self.unanswered:
            connection.close()

    def _connection(self):
        if not self.tls:
            return http.client.HTTPConnection(*self.server, self.timeout, self.source)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(*self.server, timeout=self.timeout, source_address=self.source,
                                           context=context)

    def _post(self, text, attributes=""):
        session = f"sid='{self.session}'" if self.session else ""
        connection = self._connection()
        connection.request("POST", "/http-bind", headers=self.headers, body=(
            f"<body xmlns='{BODY}' rid='{self.request}' {session} {attributes}>{text}</body>").encode())
        self.request += 1
        self.unanswered.append(connection)

    def _read(self, timeout):
        """Requests are answered in their order: the oldest when there is something to say or another comes in."""
        if self.terminated is not None:
            raise Closed(self.terminated.get("condition"))
        if not self.unanswered:
            self._post("")
        connection = self.unanswered.pop(0)
        connection.sock.settimeout(timeout)
        response = connection.getresponse()
        assert response.status == 200, f"BOSH is answered by {response.status}"
        body = ET.fromstring(response.read())
        connection.close()
        self.session = self.session or body.get("sid")
        self.ready.extend(body)
        if body.get("type") == "terminate":
            self.terminated = body.attrib
        elif not self.unanswered and self.polls:
            self._post("")
