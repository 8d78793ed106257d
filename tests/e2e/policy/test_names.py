"""Names that nobody may take."""

import re
import xml.etree.ElementTree as ET

from harness.orders import MODULES, audit
from harness.xmpp import FEATURE, Client, can_log_in, error_of, logged_in

CONFLICT = ("conflict", "cancel", "409")
UNUSABLE = ("not-acceptable", "modify", "406")
NAMES = """
block_registrations_users = { "admin", "Root" }
block_registrations_matching = { "^mod_", "bot%d+$" }
block_registrations_require = "^[%w_.\\128-\\255]+$"
block_registrations_length_minimum = 3
block_registrations_length_maximum = 8
password_policy = { length = 4 }
"""
TAKEN = ("admin", "ADMIN", "root", "mod_x", "bot1", "mybot42")
UNWANTED = ("ab", "ninechars", "a-b-c", "\u00e4\u00f6")


def answer(server, name, password="romeo"):
    """The whole answer, but for its id"""
    client = Client(server.port)
    reply = client.register(name, password)
    client.close()
    return re.sub(r" id=\"\w+\"", "", ET.tostring(reply, encoding="unicode")), error_of(reply)


def test_like_a_taken_name(place):
    """R-PRJ-05: reserved, matching, kept of an account that was removed, looking like another: all answered alike"""
    server = place.running(modules=MODULES, host=NAMES)
    for name in ("juliet", "paypal", "removed"):
        assert answer(server, name)[1] is None
    assert error_of(logged_in(server.port, "removed", "romeo").remove()) is None
    taken, error = answer(server, "juliet")
    assert error == CONFLICT
    for name in (*TAKEN, "removed", "p\u0430ypal", "paypa1", "JULIET"):
        assert answer(server, name)[0] == taken, name
        assert can_log_in(server.port, name, "romeo") == "not-authorized" or name == "JULIET"
    rules = [entry["rule"] for entry in audit(server, 11, action="register", outcome="exists")]
    assert sorted(set(rules)) == ["name-excluded", "name-kept", "name-lookalike", "name-reserved", "name-taken"]


def test_unlike_what_is_wanted(place):
    """Length in characters, and a pattern that names have to match"""
    server = place.running(modules=MODULES, host=NAMES)
    for name in UNWANTED:
        assert answer(server, name)[1] == UNUSABLE, name
    for name in ("abc", "\u00e4\u00f6\u00fc", "eight_ch", "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6"):
        assert answer(server, name)[1] is None, name
    entries = audit(server, 4, outcome="refused")
    assert [entry["rule"] for entry in entries] == ["name-length", "name-length", "name-required", "name-length"]
    assert entries[2]["detail"] == 'it does not match "^[%w_.?-?]+$"', "the detail is no text"


def test_a_password_that_cannot_be_used_comes_before_the_name(place):
    """So that only a whole registration tells of a name, which is a try that counts"""
    server = place.running(host=NAMES)
    assert answer(server, "juliet")[1] is None
    assert answer(server, "juliet", "abc") == answer(server, "nobody", "abc")


def test_patterns_that_are_none(place):
    """They close registration, and the log names the option."""
    wrong = ('block_registrations_matching = { "fine", "[" }', 'block_registrations_require = "%"',
             'block_registrations_matching = { "(()" }', 'block_registrations_users = { "a b" }')
    for number, line in enumerate(wrong):
        server = place.server(f"server{number}", host=line, modules=("register_muster", "register_ibr")).start()
        client = Client(server.port)
        assert client.features.find(FEATURE) is None
        assert error_of(client.register("juliet", "romeo")) == ("service-unavailable", "cancel", "503")
        assert "option " + line.split(" =")[0] in server.log(), line
        server.stop()


def test_a_pattern_that_fails_at_a_name(place):
    """Some are found out only by what they are given: then nobody gets in."""
    deep = "(x*)" * 33
    server = place.running(host=f'block_registrations_matching = {{ "^a{deep}$" }}')
    first = answer(server, "abc")[1]
    assert first in (CONFLICT, ("service-unavailable", "cancel", "503")), first
    assert can_log_in(server.port, "abc", "romeo") in ("not-authorized", "temporary-auth-failure")


def test_every_door_keeps_them(place):
    """The console and prosodyctl too"""
    server = place.running(host=NAMES)
    for name in (*TAKEN, *UNWANTED):
        if name == "ADMIN":
            continue  # the console wants names prepared
        assert "OK" not in server.shell(f'user:create("{name}@localhost", "romeo")'), name
        server.ctl("adduser", f"{name}@localhost", text="romeo\nromeo\n")
        assert can_log_in(server.port, name, "romeo") == "not-authorized", name
    assert "OK" not in server.shell('user:create("juliet@localhost", "abc")')
    server.ctl("adduser", "juliet@localhost", text="abc\nabc\n")
    assert can_log_in(server.port, "juliet", "abc") == "not-authorized"
    assert "0 users" in server.shell('user:list("localhost")')
    assert "OK" in server.shell('user:create("juliet@localhost", "romeo")')
    assert server.ctl("adduser", "paris@localhost", text="romeo\nromeo\n").returncode == 0
    for name in ("juliet", "paris"):
        assert can_log_in(server.port, name, "romeo") is None
    assert "OK" not in server.shell('user:password("juliet@localhost", "abc")')
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_names_that_are_there_already_stay(place):
    """A rule binds those who come after it."""
    server = place.running()
    assert answer(server, "admin")[1] is None
    server.reconfigure('authentication = "muster"', 'authentication = "muster"\n' + NAMES)
    server.stop()
    server.start()
    client = logged_in(server.port, "admin", "romeo")
    assert error_of(client.change_password("admin", "montague")) is None
    assert can_log_in(server.port, "admin", "montague") is None
    assert error_of(client.remove()) is None
