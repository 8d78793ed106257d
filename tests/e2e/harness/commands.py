"""Ad-hoc commands (XEP-0050) of administrators (XEP-0133), as a client sends them."""

from . import forms
from .xmpp import CLIENT, error_of, local

COMMANDS = "{http://jabber.org/protocol/commands}"
FORM_TYPE = "http://jabber.org/protocol/admin"
ADMIN = FORM_TYPE + "#"


def submit(form_type=FORM_TYPE, kind="submit", **fields):
    """A submission; password_verify stands for password-verify; a list for several values."""
    filled = forms.field("FORM_TYPE", form_type) if form_type else ""
    for name, given in fields.items():
        name = name.replace("password_", "password-")
        filled += forms.field(name, *(given if isinstance(given, list) else [given]))
    return f"<x xmlns='jabber:x:data' type='{kind}'>{filled}</x>"


def send(client, command, inner="", session=None, action=None, to="localhost"):
    """A step of a command, by its name or its whole node: the answer."""
    node = command if ":" in command else ADMIN + command
    attributes = "".join(f" {name}='{value}'" for name, value in
                         (("sessionid", session), ("action", action)) if value is not None)
    return client.iq("set", f"<command xmlns='{COMMANDS[1:-1]}' node='{node}'{attributes}>{inner}</command>", to)


def command_of(reply):
    element = reply.find(COMMANDS + "command")
    assert element is not None, error_of(reply)
    return element


def begin(client, command):
    """The form's element, in a command that says which session it is."""
    element = command_of(send(client, command))
    assert element.get("status") == "executing", element.attrib
    return element


def run(client, command, **fields):
    """The whole of a command with a form: the last answer."""
    return send(client, command, submit(**fields), begin(client, command).get("sessionid"), "complete")


def note_of(reply):
    """What a completed command has to say, or None."""
    element = command_of(reply)
    assert element.get("status") == "completed", element.attrib
    return element.findtext(COMMANDS + "note")


def failure_of(reply):
    """(condition, type, code, condition of XEP-0050 or None) of an error, or None."""
    error = error_of(reply)
    if error is None:
        return None
    details = [local(child) for child in reply.find(CLIENT + "error") if child.tag.startswith(COMMANDS)]
    assert len(details) <= 1, details
    return error + (details[0] if details else None,)


def results_of(reply):
    """What a completed command returns: a list by field."""
    form = command_of(reply).find(forms.FORM + "x")
    assert form.get("type") == "result", form.attrib
    values = forms.values_of(form)
    assert values.pop("FORM_TYPE") == [FORM_TYPE]
    return values
