"""A console that stays open: the stream of prosodyctl shell, spoken over the server's socket."""

import socket
import xml.etree.ElementTree as ET

from .xmpp import Closed, escape

ADMIN = "{xmpp:prosody.im/admin}"


class Console:
    def __init__(self, server, timeout=30):
        path = str(server.directory / "prosody.sock")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        server.wait_until(lambda: self.socket.connect_ex(path) == 0, "to open its console")
        self.parser = ET.XMLPullParser(("start", "end"))
        self.depth, self.ready = 0, []
        self._send("<?xml version='1.0'?><stream:stream xmlns='xmpp:prosody.im/admin' "
                   "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")

    def _send(self, text):
        self.socket.sendall(text.encode())

    def receive(self):
        """The next element, as its name, type and text."""
        while not self.ready:
            data = self.socket.recv(65536)
            if not data:
                raise Closed()
            self._feed(data)
        return self.ready.pop(0)

    def _feed(self, data):
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            self.depth += 1 if event == "start" else -1
            if event == "start" and self.depth == 1:
                self.root = element
            elif event == "end" and self.depth == 1:
                self.ready.append((element.tag.replace(ADMIN, ""), element.attrib, element.text or ""))
                self.root.clear()

    def begin(self, line):
        self._send(f"<repl-input>{escape(line)}</repl-input>")

    def answer(self, password, **attributes):
        """Answer the question for a password."""
        name, asked, _ = self.receive()
        assert name == "repl-request-input" and asked["type"] == "password", name
        attributes = "".join(f" {key}='{value}'" for key, value in attributes.items())
        self._send(f"<repl-requested-input type='password' id='{asked['id']}'{attributes}>{escape(password)}"
                   "</repl-requested-input>")

    def finish(self):
        """What is printed until the command is over: a list of lines."""
        lines, name = [], ""
        while name != "repl-result":
            name, _, text = self.receive()
            lines.append(text)
        return lines

    def run(self, line):
        self.begin(line)
        return self.finish()

    def close(self):
        self.socket.close()
