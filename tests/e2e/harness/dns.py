"""A name server for the servers of a test: addresses (A) and services (SRV) from a table, nothing else exists.

Below the names in `silent` nothing is answered at all; `asked` are the names that somebody wanted to know."""

import ipaddress
import socket
import struct
import threading

A, SRV = 1, 33
AUTHORITATIVE, RECURSION_DESIRED, RECURSION_AVAILABLE = 0x8400, 0x0100, 0x0080
NO_SUCH_NAME = 3
QUESTION_ITSELF = b"\xc0\x0c"  # a name that refers to the question's


def encoded(name):
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


def question_of(packet):
    """(name, type, length of the question) of a query."""
    labels, position = [], 12
    while packet[position]:
        length = packet[position]
        labels.append(packet[position + 1:position + 1 + length].decode().lower())
        position += length + 1
    return ".".join(labels), struct.unpack_from("!H", packet, position + 1)[0], position + 5 - 12


class Names:
    """Answers on a UDP port of 127.0.0.1 until closed."""

    def __init__(self):
        self.records = {}  # (name, type): the data of its one record
        self.silent = []
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def announce(self, domain, address, port):
        """An XMPP server's domain: where its port for other servers is."""
        self.point(domain, address)
        self.records["_xmpp-server._tcp." + domain, SRV] = struct.pack("!HHH", 0, 0, port) + encoded(domain)

    def point(self, name, address):
        self.records[name, A] = ipaddress.IPv4Address(address).packed

    def configuration(self):
        """The lines that make a Prosody ask here and nowhere else."""
        return (f'unbound = {{ resolvconf = false, hoststxt = false, forward = {{ "127.0.0.1@{self.port}" }},\n'
                'options = { ["do-not-query-localhost:"] = "no" } }\nuse_ipv6 = false')

    def close(self):
        """Ends the thread: an empty packet asks nothing."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while True:
            packet, sender = self.socket.recvfrom(4096)
            if not packet:
                return
            name = question_of(packet)[0]
            self.asked.add(name)
            if not any(name == mute or name.endswith("." + mute) for mute in self.silent):
                self.socket.sendto(self._answer(packet), sender)

    def _answer(self, packet):
        name, kind, length = question_of(packet)
        data = self.records.get((name, kind))
        flags = AUTHORITATIVE | RECURSION_AVAILABLE | struct.unpack_from("!H", packet, 2)[0] & RECURSION_DESIRED
        if not any(known == name or known.endswith("." + name) for known, _ in self.records):
            flags |= NO_SUCH_NAME
        record = b""
        if data is not None:
            record = QUESTION_ITSELF + struct.pack("!HHIH", kind, 1, 300, len(data)) + data
        header = struct.pack("!HHHHHH", struct.unpack_from("!H", packet)[0], flags, 1, 1 if record else 0, 0, 0)
        return header + packet[12:12 + length] + record
