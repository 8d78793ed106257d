"""prosodyctl and the admin console on Muster's accounts."""

import os

from harness.place import Skip
from harness.xmpp import can_log_in, logged_in


def typed(password):
    return f"{password}\n{password}\n"


def ok(done):
    assert done.returncode == 0, done.stdout + done.stderr


def test_adduser_passwd_deluser(place):
    """On 0.12 prosodyctl is a second process on the same store, on 13 it asks the server."""
    server = place.running()
    ok(server.ctl("adduser", "juliet@localhost", text=typed("romeo")))
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert server.ctl("adduser", "juliet@localhost", text=typed("other")).returncode != 0
    session = logged_in(server.port, "juliet", "romeo")
    ok(server.ctl("passwd", "juliet@localhost", text=typed("tybalt")))
    assert session.closing() == "reset", "the stream stays open after passwd"
    assert can_log_in(server.port, "juliet", "tybalt") is None
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    session = logged_in(server.port, "juliet", "tybalt")
    ok(server.ctl("deluser", "juliet@localhost"))
    assert session.closing() == "not-authorized"
    assert can_log_in(server.port, "juliet", "tybalt") == "not-authorized"
    server.wait_until(lambda: "user-deleted" in server.event_names("juliet"), "to fire user-deleted")
    names = server.event_names("juliet")
    assert names.count("user-deleted") == 1 and "user-password-changed" in names, names
    assert all(event[2] == "-" for event in server.events()), "an event carries a password"


def test_a_name_that_is_given_to_somebody_else(place):
    """A stream of the account that had it does nothing to the next, however soon it asks."""
    if place.version != "0.12":
        raise Skip("prosodyctl does nothing by itself")
    file = place.directory / "elsewhere"
    server = place.server(modules=("register_muster", "test_elsewhere"), host="user_tombstone_expiry = 0")
    ctl = f"{place.installation.program('prosodyctl')} --config {server.config}"
    user = "juliet@localhost"
    server.reconfigure("modules_enabled", f'elsewhere_file = "{file}"\nelsewhere_command = [[{ctl} deluser {user} && '
                                          f"printf 'new\\nnew\\n' | {ctl} adduser {user}]]\nmodules_enabled")
    server.start()
    ok(server.ctl("adduser", user, text=typed("romeo")))
    juliet = logged_in(server.port, "juliet", "romeo")
    file.touch()
    juliet.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>")
    assert juliet.closing() == "not-authorized"
    assert not file.exists()
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    assert can_log_in(server.port, "juliet", "new") is None


def test_prosodyctl_keeps_the_password_policy(place):
    """One policy for every door"""
    server = place.running(host="password_policy = { length = 8 }")
    server.ctl("adduser", "juliet@localhost", text=typed("short"))
    assert can_log_in(server.port, "juliet", "short") == "not-authorized"
    ok(server.ctl("adduser", "juliet@localhost", text=typed("long enough")))
    assert can_log_in(server.port, "juliet", "long enough") is None


def test_prosodyctl_as_root_beside_a_server_that_is_not(place):
    """What root leaves in the store stays usable for the server."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be root and prosody in turn")
    server = place.server(user="prosody")
    if place.version == "0.12":
        ok(server.ctl("--root", "adduser", "first@localhost", text=typed("romeo")))  # makes the store
    server.start()
    ok(server.ctl("--root", "adduser", "juliet@localhost", text=typed("romeo")))
    assert can_log_in(server.port, "juliet", "romeo") is None
    session = logged_in(server.port, "juliet", "romeo")
    ok(server.ctl("--root", "deluser", "juliet@localhost"))
    assert session.closing() == "not-authorized"
    owners = {path.stat().st_uid for path in (server.directory / "data" / "muster").iterdir()}
    assert owners == {server.config.stat().st_uid}, owners
    modes = {path.stat().st_mode & 0o777 for path in (server.directory / "data" / "muster").iterdir()}
    assert modes == {0o600}, modes


def test_the_console(place):
    """user:create, user:list, user:password, user:delete"""
    server = place.running()
    assert "OK" in server.shell('user:create("juliet@localhost", "romeo")')
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert "exists" in server.shell('user:create("juliet@localhost", "romeo")')
    assert "juliet@localhost" in server.shell('user:list("localhost")')
    assert "OK" in server.shell('user:password("juliet@localhost", "tybalt")')
    assert can_log_in(server.port, "juliet", "tybalt") is None
    session = logged_in(server.port, "juliet", "tybalt")
    assert "OK" in server.shell('user:delete("juliet@localhost")')
    assert session.closing() is not None
    assert "juliet" not in server.shell('user:list("localhost")')
    assert can_log_in(server.port, "juliet", "tybalt") == "not-authorized"
    assert server.event_names("juliet").count("user-deleted") == 1


def test_the_console_keeps_the_password_policy(place):
    """A refused password leaves the name free."""
    server = place.running(host="password_policy = { length = 8 }")
    assert "too short" in server.shell('user:create("juliet@localhost", "short")')
    assert can_log_in(server.port, "juliet", "short") == "not-authorized"
    assert "OK" in server.shell('user:create("juliet@localhost", "long enough")')
    assert can_log_in(server.port, "juliet", "long enough") is None


def test_disabling_and_enabling(place):
    """R-SCR-06: account-disabled only after a right proof"""
    if place.version == "0.12":
        raise Skip("0.12 knows no disabled accounts")
    server = place.running()
    assert "OK" in server.shell('user:create("juliet@localhost", "romeo")')
    session = logged_in(server.port, "juliet", "romeo")
    assert "OK" in server.shell('user:disable("juliet@localhost")')
    assert session.closing() is not None
    assert can_log_in(server.port, "juliet", "romeo") == "account-disabled"
    assert can_log_in(server.port, "juliet", "wrong") == "not-authorized"
    assert "OK" in server.shell('user:enable("juliet@localhost")')
    assert can_log_in(server.port, "juliet", "romeo") is None
