"""Community modules for XEP-0388, and a client of it."""

import base64
import hashlib
import hmac
import os
import subprocess

from .place import Skip
from .prosody import PLUGINS, PROJECT
from .xmpp import Client, local

SASL2 = "{urn:xmpp:sasl:2}"
FAST = "{urn:xmpp:fast:0}"
UPGRADE = "{urn:xmpp:sasl:upgrade:0}"
SCRAM_UPGRADE = "{urn:xmpp:scram-upgrade:0}"
AGENT = "d4565fa7-4d72-4749-b3d3-740edbf87770"


def running(place, modules=("sasl2", "sasl2_fast"), **settings):
    """A server that speaks SASL2."""
    if place.version == "0.12":
        raise Skip("Debian's mod_sasl2 fails on encrypted streams of this Prosody: it asks them for ssl_info")
    found = subprocess.run([PROJECT / "script/prosody-modules"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Skip("Debian's prosody-modules cannot be had: " + found.stderr.strip())
    directory = found.stdout.strip()
    plugins = PLUGINS + tuple(f"{directory}/mod_{module}" for module in modules)
    return place.running(modules=("register_muster",) + modules, plugins=plugins, **settings)


class Client2(Client):
    """A stream that may say who will log in."""

    def __init__(self, port, sender=None, **settings):
        self.header_from = f" from='{sender}'" if sender else ""
        super().__init__(port, **settings)

    def authentication(self):
        return self.features.find(SASL2 + "authentication")

    def mechanisms2(self):
        return sorted(each.text for each in self.authentication().findall(SASL2 + "mechanism"))

    def authenticate(self, mechanism, initial, inner=""):
        self.send(f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'>"
                  f"<initial-response>{base64.b64encode(initial).decode()}</initial-response>"
                  f"<user-agent id='{AGENT}'/>{inner}</authenticate>")
        return self.receive()

    def plain2(self, username, password, inner=""):
        return self.authenticate("PLAIN", f"\0{username}\0{password}".encode(), inner)

    def scram2(self, username, password, name="sha1", mechanism="SCRAM-SHA-1", inner=""):
        """What the server says to the right proof."""
        bare = f"n={username},r={base64.b64encode(os.urandom(18)).decode()}"
        challenge = base64.b64decode(self.authenticate(mechanism, ("n,," + bare).encode(), inner).text).decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
        without = f"c=biws,r={parts['r']}"
        client_key = hmac.new(salted, b"Client Key", name).digest()
        signature = hmac.new(hashlib.new(name, client_key).digest(), f"{bare},{challenge},{without}".encode(),
                             name).digest()
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
        self.send("<response xmlns='urn:xmpp:sasl:2'>"
                  f"{base64.b64encode(f'{without},p={proof}'.encode()).decode()}</response>")
        return self.receive()

    def fast(self, username, token):
        """Log in by a token of FAST: what the server says."""
        proof = hmac.new(token.encode(), b"Initiator", hashlib.sha256).digest()
        message = username.encode() + b"\0" + proof
        return self.authenticate("HT-SHA-256-NONE", message, "<fast xmlns='urn:xmpp:fast:0'/>")


def refusal_of(element):
    """None for a success, or the condition of the failure."""
    return None if element.tag == SASL2 + "success" else local(element[0])
