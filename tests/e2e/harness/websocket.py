"""A client over WebSocket (RFC 6455, RFC 7395): each message is an element."""

import base64
import hashlib
import os
import socket
import struct
import xml.etree.ElementTree as ET

from .xmpp import Client, Closed, encrypted, standalone

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FINAL, TEXT, CLOSE, PING, PONG = 0x80, 1, 8, 9, 10


def frame(kind, payload):
    """A frame as clients send it: masked."""
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        header = struct.pack("!BB", FINAL | kind, 0x80 | size)
    else:
        header = struct.pack("!BBH", FINAL | kind, 0x80 | 126, size)
    return header + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class WebSocket(Client):
    """tls: over wss; headers: with the request; source: the address to come from."""

    def __init__(self, port, domain="localhost", tls=True, timeout=20, address="127.0.0.1", headers=None,
                 source="127.0.0.1"):
        self.domain = domain
        self.timeout = timeout
        self.socket = socket.create_connection((address, port), timeout, (source, 0))
        if tls:
            self.socket = encrypted(self.socket, domain)
        self.buffer = b""
        self.ready = []
        self.count = 0
        self._shake_hands(headers or {})
        self.open()

    def _shake_hands(self, headers):
        key = base64.b64encode(os.urandom(16))
        lines = {"Host": self.domain, "Connection": "Upgrade", "Upgrade": "websocket",
                 "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key.decode(), "Sec-WebSocket-Protocol": "xmpp",
                 **headers}
        request = "GET /xmpp-websocket HTTP/1.1\r\n" + "".join(f"{name}: {lines[name]}\r\n" for name in lines) + "\r\n"
        self.socket.sendall(request.encode())
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        answer, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        assert base64.b64encode(hashlib.sha1(key + MAGIC).digest()) in answer, "the server's key is wrong"

    def open(self):
        self.send(f"<open xmlns='{FRAMING}' to='{self.domain}' version='1.0' xml:lang='{self.language}'/>")
        self.header = self.receive()
        assert self.header.tag == f"{{{FRAMING}}}open", self.header.tag
        self.features = self.receive()
        return self.features

    def starttls(self):
        raise AssertionError("there is none over WebSocket")

    def send(self, text):
        self.socket.sendall(frame(TEXT, standalone(text).encode()))

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise Closed()
        self.buffer += data

    def _take(self, size):
        while len(self.buffer) < size:
            self._fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _read(self, timeout):
        self.socket.settimeout(timeout)
        kind, size = self._take(2)
        assert kind & FINAL and size < 0x80, "fragmented or masked, which a server's frames are not"
        if size == 126:
            size = struct.unpack("!H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._take(8))[0]
        payload = self._take(size)
        kind &= 0xF
        if kind == PING:
            self.socket.sendall(frame(PONG, payload))
        elif kind == CLOSE:
            raise Closed()
        elif kind == TEXT:
            # Prosody 13 sends stream errors without saying what "stream" stands for
            element = ET.fromstring(b"<x xmlns:stream='http://etherx.jabber.org/streams'>" + payload + b"</x>")[0]
            self.ready.append(None if element.tag == f"{{{FRAMING}}}close" else element)
