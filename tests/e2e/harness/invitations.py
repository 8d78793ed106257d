"""Invitations: Muster's own, and those of Prosody's own module."""

import re

from .xmpp import Client, error_of

WORTHLESS = ("item-not-found", "cancel", "404")


class Invitation:
    """What muster:invite prints: uri, token, identity, and the page's address or None."""

    def __init__(self, printed):
        self.uri = re.search(r"xmpp:\S+", printed).group(0)
        self.token = re.search(r"preauth=(\w+)", self.uri).group(1)
        self.identity = re.search(r"Invitation ([0-9a-f]{12}), good until", printed).group(1)
        page = re.search(r"https://\S+", printed)
        self.page = page.group(0) if page else None


def invite(server, target=None, options=""):
    """An invitation made in the console; options as they stand in its table."""
    printed = server.shell(f'muster:invite("{target or server.domain}", {{ {options} }})')
    assert "good until" in printed, printed
    return Invitation(printed)


def show(client, token, to=None):
    """The answer to an invitation that is shown: None, or its error."""
    return error_of(client.iq("set", f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>", to))


def holder(server, token, source="127.0.0.2"):
    """A stream that has shown it."""
    client = Client(server.port, source=source)
    assert show(client, token, server.domain) is None
    return client


def invitation(server):
    """A token of the stock module's."""
    if server.installation.version == "0.12":
        made = server.ctl("mod_invites", "generate", server.domain).stdout
    else:
        made = server.shell(f'invite:create_account("{server.domain}")')
    found = re.search(r"preauth=([\w-]+)", made) or re.search(r"\?([\w-]{8,})", made)
    assert found, made
    return found.group(1)
