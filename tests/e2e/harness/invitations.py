"""Invitations of Prosody's own module."""

import re

from .xmpp import Client, error_of


def invitation(server):
    """A token."""
    if server.installation.version == "0.12":
        made = server.ctl("mod_invites", "generate", server.domain).stdout
    else:
        made = server.shell(f'invite:create_account("{server.domain}")')
    found = re.search(r"preauth=([\w-]+)", made) or re.search(r"\?([\w-]{8,})", made)
    assert found, made
    return found.group(1)


def invited(server, token, source="127.0.0.2"):
    """A stream that has shown it."""
    client = Client(server.port, source=source)
    reply = client.iq("set", f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>", server.domain)
    assert reply.get("type") == "result", error_of(reply)
    return client
