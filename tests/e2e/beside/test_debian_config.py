"""The configuration file that Debian ships, with the two lines of the README."""

import pathlib
import re

from harness.place import Skip
from harness.xmpp import FEATURE, REGISTER, Client, can_log_in, error_of

OOB = "{jabber:x:oob}"
TOKEN_FEATURE = "{urn:xmpp:ibr-token:0}register"
SHIPPED = pathlib.Path("/etc/prosody/prosody.cfg.lua")


def shipped(place):
    root = place.installation.root
    path = pathlib.Path(root) / "root/etc/prosody/prosody.cfg.lua" if root else SHIPPED
    if not path.exists():
        raise Skip(f"{path} is not there")
    return path.read_text()


def replaced(pattern, line, text):
    text, count = re.subn(pattern, line, text, flags=re.MULTILINE)
    assert count == 1, f"{pattern} stands {count} times in the file"
    return text


def debian(place, further=""):
    """A server on Debian's file with the two lines. What a later line says counts, so this test's paths and port are
    added behind the file's own."""
    server = place.server()
    own = server.config.read_text().split("modules_enabled")[0].replace("event_log", "-- event_log")
    text = replaced('^authentication = "internal_hashed".*$', 'authentication = "muster"', shipped(place))
    text = replaced(r"^modules_enabled = \{", 'modules_enabled = {\n"register_muster";', text)
    text = replaced("^(?=VirtualHost )", own + further + "\n", text)
    server.config.write_text(text)
    (server.directory / "conf.d").mkdir(exist_ok=True)  # the file includes what is in there
    (server.directory / "localhost.crt").write_bytes((server.directory / "test.crt").read_bytes())
    (server.directory / "localhost.key").write_bytes((server.directory / "test.key").read_bytes())
    return server


def test_invitation_only_as_shipped(place):
    """invites_register is loaded there: its rule stands, and the log says so."""
    server = debian(place).start()
    server.wait_until(lambda: "by invitation only" in server.log(), "to say who may register")
    client = Client(server.port)
    assert error_of(client.register("juliet", "romeo")) is not None
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert not faults, faults


def test_open_registration(place):
    """With registration_invite_only = false anybody registers; one feature, and the console works."""
    server = debian(place, "registration_invite_only = false\nallow_registration = true").start()
    assert "by invitation only" not in server.log()
    client = Client(server.port)
    assert len(client.features.findall(FEATURE)) == 1
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert "juliet@localhost" in server.shell('user:list("localhost")')
    assert server.stop() == 0


def invitation(place, server):
    """A token of the stock module's."""
    if place.version == "0.12":
        made = server.ctl("mod_invites", "generate", "localhost").stdout
    else:
        made = server.shell('invite:create_account("juliet@localhost")')
    token = re.search(r"preauth=([\w-]+)", made) or re.search(r"\?([\w-]{8,})", made)
    assert token, made
    return token.group(1)


def show(client, token):
    reply = client.iq("set", f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>", "localhost")
    assert reply.get("type") == "result", error_of(reply)


def test_an_invitation(place):
    """An invitation made by the stock module lets its holder register."""
    server = debian(place).start()
    client = Client(server.port)
    show(client, invitation(place, server))
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_the_feature_of_invitations(place):
    """R-445-01: once, beside that of iq:register, though the stock module announces it too"""
    server = debian(place).start()
    features = Client(server.port).features
    assert len(features.findall(TOKEN_FEATURE)) == 1 and len(features.findall(FEATURE)) == 1
    assert len(features.findall("{urn:xmpp:invite}register")) == 1
    server.stop()
    server = debian(place, 'muster_registration = "closed"').start()
    features = Client(server.port).features
    assert not features.findall(TOKEN_FEATURE) and not features.findall(FEATURE)
    assert not features.findall("{urn:xmpp:invite}register")


def test_who_is_invited_is_not_redirected(place):
    """R-077-69"""
    server = debian(place, 'muster_registration = "redirect"\nregistration_url = "https://example.org/new"').start()
    client = Client(server.port)
    assert client.query("get").find(f".//{OOB}url").text == "https://example.org/new"
    assert error_of(client.register("juliet", "romeo")) == ("not-allowed", "cancel", "405")
    show(client, invitation(place, server))
    query = client.query("get").find(REGISTER + "query")
    assert query.find(REGISTER + "username") is not None and query.find(f".//{OOB}url") is None
    assert error_of(client.register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
