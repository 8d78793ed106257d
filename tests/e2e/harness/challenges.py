"""Challenges (XEP-0158) as a client meets them: read from a form, solved, handed in."""

import base64
import hashlib

from .forms import fields_of, is_required, submit, values_of
from .xmpp import CLIENT, REGISTER

MEDIA = "{urn:xmpp:media-element}"
BOB = "{urn:xmpp:bob}"
QUESTIONS = 'muster_questions = { ["The colour of grass?"] = { "Green", "gr\\195\\188n" } }\n'
PICTURE = base64.b64decode(  # one white pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEANl9ngAAAAABJRU5ErkJggg==")


class Challenge:
    """What stands in the answer to a get, or in the refusal of a wrong answer."""

    def __init__(self, reply):
        self.query = reply.find(REGISTER + "query")
        self.fields = fields_of(self.query)
        values = values_of(self.query)
        self.id, self.sid = values["challenge"][0], values["sid"][0]
        self.answers = int(values["answers"][0])
        self.kinds = [kind for kind in ("ocr", "qa", "SHA-256") if kind in self.fields]
        self.required = [kind for kind in self.kinds if is_required(self.fields[kind])]

    def label(self, kind):
        return self.fields[kind].get("label")

    def work(self, jid="localhost"):
        """Proof of work for the label, behind this JID."""
        wanted = int(self.label("SHA-256"), 16)
        mask = (1 << wanted.bit_length()) - 1
        number = 0
        while int.from_bytes(hashlib.sha256(f"{jid}{number:X}".encode()).digest()[-4:], "big") & mask != wanted:
            number += 1
        return f"{jid}{number:X}"

    def uri(self):
        return self.fields["ocr"].findtext(f"{MEDIA}media/{MEDIA}uri")


def ask(client, to=None):
    return Challenge(client.query("get", to=to))


def hand_in(client, username, challenge, **answers):
    """Register with answers by kind; sha256 stands for SHA-256. challenge: its id, or None to leave it out"""
    filled = submit(username=username, password="romeo", **({"challenge": challenge} if challenge else {}),
                    **{"SHA-256" if kind == "sha256" else kind: given for kind, given in answers.items()})
    return client.query("set", filled)


def data_of(element):
    """The bytes of a picture: (cid, type, bytes) of the data in this stanza or query, or None."""
    data = element.find(BOB + "data")
    return data is not None and (data.get("cid"), data.get("type"), base64.b64decode(data.text, validate=True))


def solver(place, picture=PICTURE):
    """An operator's program that draws the same picture for every answer, and tells the test the answers. Returns its
    configuration, and what reads the latest answer."""
    directory = place.directory / "captcha"
    directory.mkdir(mode=0o777)
    (directory / "picture.png").write_bytes(picture)
    program = directory / "captcha.sh"
    program.write_text(f"#!/bin/sh\nprintf %s \"$1\" >{directory}/answer\nexec cat {directory}/picture.png\n")
    program.chmod(0o755)
    return f'captcha_cmd = "{program}"\n', lambda: (directory / "answer").read_text()


def disco_features(client, to="localhost"):
    space = "http://jabber.org/protocol/disco#info"
    reply = client.iq("get", f"<query xmlns='{space}'/>", to=to)
    assert reply.tag == CLIENT + "iq"
    return [each.get("var") for each in reply.iter(f"{{{space}}}feature")]
