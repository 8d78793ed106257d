"""A client of our own: one stream over a blocking socket, stanzas as elements, on the wire what we write."""

import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import xml.etree.ElementTree as ET

CLIENT = "{jabber:client}"
REGISTER = "{jabber:iq:register}"
SASL = "{urn:ietf:params:xml:ns:xmpp-sasl}"
TLS = "{urn:ietf:params:xml:ns:xmpp-tls}"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
STREAMS = "{http://etherx.jabber.org/streams}"
STREAM_ERRORS = "{urn:ietf:params:xml:ns:xmpp-streams}"
FEATURE = "{http://jabber.org/features/iq-register}register"


class Closed(Exception):
    """The stream has ended; `condition` is its stream error's, or None."""

    def __init__(self, condition=None):
        super().__init__(condition)
        self.condition = condition


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&apos;")


def standalone(text):
    """A stanza that says its namespace itself, where no stream around it does."""
    return re.sub(r"^<(iq|message|presence)(?=[\s/>])", r"<\1 xmlns='jabber:client'", text)


def encrypted(plain, domain):
    """The socket with TLS on it, whoever vouches for the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=domain)


def local(element):
    return element.tag.split("}", 1)[-1]


def error_of(iq):
    """(condition, type, code) of an error stanza, or None."""
    error = iq.find(CLIENT + "error")
    if error is None:
        return None
    condition = next(local(child) for child in error if child.tag.startswith(STANZAS) and local(child) != "text")
    return condition, error.get("type"), error.get("code")


def text_of(iq):
    """The text of an error stanza, or None."""
    element = iq.find(f"{CLIENT}error/{STANZAS}text")
    return element.text if element is not None else None


class Client:
    """tls: True, by STARTTLS; False; or "direct"; source: the address to come from."""

    namespace = "jabber:client"
    language = "en"  # of the stream
    header_from = ""  # of the stream, as it is written
    sender = None  # said in requests, if anything: a client's server knows

    def __init__(self, port, domain="localhost", tls=True, timeout=20, address="127.0.0.1", source=None):
        self.domain = domain
        self.timeout = timeout
        self.socket = socket.create_connection((address, port), timeout, source and (source, 0))
        if tls == "direct":
            self.socket = encrypted(self.socket, domain)
        self.received = b""
        self.count = 0
        self.features = self.open()
        if tls is True:
            self.starttls()

    # --- the stream ---

    def begin(self):
        self.parser = ET.XMLPullParser(("start", "end"))
        self.unread = b""
        self.depth = 0
        self.ready = []
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='{self.namespace}' "
                  "xmlns:stream='http://etherx.jabber.org/streams' "
                  f"to='{self.domain}'{self.header_from} version='1.0' xml:lang='{self.language}'>")

    def open(self):
        self.begin()
        self.features = self.receive()
        return self.features

    def starttls(self):
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        assert self.receive().tag == TLS + "proceed"
        self.socket = encrypted(self.socket, self.domain)
        self.features = self.open()

    def send(self, text):
        self.socket.sendall(text.encode())

    def _read(self, timeout):
        """Wait for something to come in, and make it ready."""
        self.socket.settimeout(timeout)
        data = self.socket.recv(65536)
        if not data:
            raise Closed()
        self._feed(data)

    def _feed(self, data):
        """Whole tags only: what libexpat was given in pieces it may not read before as much again has come."""
        self.received += data
        self.unread += data
        if not self.unread.rstrip().endswith(b">"):
            return
        self.parser.feed(self.unread)
        self.unread = b""
        for event, element in self.parser.read_events():
            if event == "start":
                self.depth += 1
                if self.depth == 1:
                    self.header = element
            else:
                self.depth -= 1
                if self.depth == 1:
                    self.ready.append(element)
                elif self.depth == 0:
                    self.ready.append(None)

    def receive(self, timeout=None):
        """The next element of the stream. Raises Closed at its end, TimeoutError if nothing comes."""
        while not self.ready:
            self._read(timeout or self.timeout)
        element = self.ready.pop(0)
        if element is None:
            raise Closed()
        if element.tag == STREAMS + "error":
            raise Closed(next(local(child) for child in element if local(child) != "text"))
        return element

    def closing(self, timeout=10):
        """Wait until the server closes the stream; returns the condition of the stream error."""
        while True:
            try:
                self.receive(timeout)
            except Closed as closed:
                return closed.condition

    def close(self):
        self.socket.close()

    # --- requests ---

    def ask(self, stanza, identity, timeout=None):
        """Send a stanza and wait for the iq with this id; what else arrives is passed over."""
        self.send(stanza)
        while True:
            element = self.receive(timeout)
            if element.tag == CLIENT + "iq" and element.get("id") == identity:
                return element

    def iq(self, kind, payload, to=None, timeout=None):
        self.count += 1
        identity = f"q{self.count}"
        addresses = (f" to='{to}'" if to else "") + (f" from='{self.sender}'" if self.sender else "")
        return self.ask(f"<iq type='{kind}' id='{identity}'{addresses}>{payload}</iq>", identity, timeout)

    def query(self, kind, inner="", to=None):
        return self.iq(kind, f"<query xmlns='jabber:iq:register'>{inner}</query>", to)

    def register(self, username, password, extra=""):
        return self.query("set", f"<username>{escape(username)}</username>"
                                 f"<password>{escape(password)}</password>{extra}")

    def change_password(self, username, password):
        return self.register(username, password)

    def remove(self):
        return self.query("set", "<remove/>")

    # --- logging in ---

    def _sasl(self, text):
        self.send(text)
        return self.receive()

    def _result(self, element):
        if element.tag == SASL + "success":
            return None
        return next(local(child) for child in element if local(child) != "text")

    def plain(self, username, password, authzid=""):
        """Log in by PLAIN. Returns None or the condition of the failure."""
        message = base64.b64encode(f"{authzid}\0{username}\0{password}".encode()).decode()
        return self._result(self._sasl(
            f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{message}</auth>"))

    def scram(self, username, password, mechanism="SCRAM-SHA-1", flag="n,,", binding=b""):
        """Log in by SCRAM, checking the server's signature. Returns None or the condition of the failure."""
        name = "sha256" if "256" in mechanism else "sha1"
        bare = f"n={username},r={base64.b64encode(os.urandom(18)).decode()}"
        first = self._sasl(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>"
                           f"{base64.b64encode((flag + bare).encode()).decode()}</auth>")
        if first.tag != SASL + "challenge":
            return self._result(first)
        challenge = base64.b64decode(first.text).decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
        without_proof = f"c={base64.b64encode(flag.encode() + binding).decode()},r={parts['r']}"
        message = f"{bare},{challenge},{without_proof}".encode()

        def mac(key, text):
            return hmac.new(key, text, name).digest()

        client_key = mac(salted, b"Client Key")
        signature = mac(hashlib.new(name, client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        final = f"{without_proof},p={base64.b64encode(proof).decode()}"
        last = self._sasl("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                          f"{base64.b64encode(final.encode()).decode()}</response>")
        if last.tag == SASL + "success":
            expected = base64.b64encode(mac(mac(salted, b"Server Key"), message)).decode()
            assert base64.b64decode(last.text).decode() == f"v={expected}", "the server's signature is wrong"
        return self._result(last)

    def mechanisms(self):
        return [each.text for each in self.features.iter(SASL + "mechanism")]

    def bind(self, resource="test"):
        """After a login: a new stream, a resource. Returns the full JID."""
        self.open()
        reply = self.iq("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                               f"<resource>{resource}</resource></bind>")
        self.jid = reply.find(".//{urn:ietf:params:xml:ns:xmpp-bind}jid").text
        return self.jid


def logged_in(port, username, password, resource="test", domain="localhost", tls=True, address="127.0.0.1"):
    client = Client(port, domain, tls, address=address)
    failure = client.plain(username, password)
    assert failure is None, f"{username} cannot log in: {failure}"
    client.bind(resource)
    return client


def can_log_in(port, username, password, domain="localhost", tls=True, address="127.0.0.1"):
    """None, or why not."""
    client = Client(port, domain, tls, address=address)
    try:
        return client.plain(username, password)
    finally:
        client.close()


def befriend(one, other):
    """Each is subscribed to the other's presence; both are logged in."""
    pairs = ((one, other), (other, one))
    for stream, _ in pairs:
        stream.iq("get", "<query xmlns='jabber:iq:roster'/>")
        stream.send("<presence/>")
    for kind in ("subscribe", "subscribed"):
        for stream, contact in pairs:
            stream.send(f"<presence to='{contact.jid.split('/')[0]}' type='{kind}'/>")
