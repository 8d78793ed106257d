"""Passwords that may not be chosen: guessable ones, and those of lists in files that muster-leaked and people make."""

import os
import subprocess

from harness.xmpp import Client, can_log_in, error_of, logged_in

REFUSED = ("not-acceptable", "modify", "406")


def told(reply):
    texts = [element.text for element in reply.iter("{urn:ietf:params:xml:ns:xmpp-stanzas}text")]
    return texts[0] if texts else None


def leaked(place, *passwords):
    """A file of leaked passwords, made by the program for it."""
    path = place.directory / "leaked"
    subprocess.run([place.installation.build / "muster-leaked", "passwords", path],
                   input="\n".join(passwords), text=True, check=True, capture_output=True)
    return path


def test_passwords_of_lists_and_guessable_ones(place):
    """R-438-07"""
    blocklist = place.directory / "blocklist"
    blocklist.write_text("theglobe\nblackfriars\n")
    path = leaked(place, "fortinbras")
    rules = f'blocklist = "{blocklist}", leaked = "{path}", strength = 2, exclude_username = true'
    server = place.running(host=f"password_policy = {{ {rules} }}")
    refused = {"theglobe": "too common", "password1": "too easy to guess", "fortinbras": "known from a leak",
               "my-juliet-my": "the username"}
    for password, words in refused.items():
        reply = Client(server.port).register("juliet", password)
        assert error_of(reply) == REFUSED, password
        assert words in told(reply), (password, told(reply))
    assert error_of(Client(server.port).register("juliet", "wherefore art thou")) is None
    client = logged_in(server.port, "juliet", "wherefore art thou")
    assert error_of(client.change_password("juliet", "fortinbras")) == REFUSED
    assert can_log_in(server.port, "juliet", "wherefore art thou") is None
    server.ctl("passwd", "juliet@localhost", text="fortinbras\nfortinbras\n")
    assert can_log_in(server.port, "juliet", "fortinbras") == "not-authorized"
    for password in ("theglobe", "fortinbras", "wherefore art thou"):
        assert password not in server.log()


def test_a_file_that_is_cut_short_and_one_that_takes_its_place(place):
    """R-438-07"""
    path = leaked(place, "fortinbras")
    server = place.running(host=f'password_policy = {{ leaked = "{path}" }}')
    assert error_of(Client(server.port).query("get")) is None
    os.truncate(path, 30)
    error = error_of(Client(server.port).register("juliet", "romeo"))
    assert error == ("internal-server-error", "wait", "500"), error
    server.wait_until(lambda: "leaked-unreadable" in server.log(), "to log that the file cannot be read")
    leaked(place, "laertes")
    server.shell("config:reload()")
    assert error_of(Client(server.port).register("juliet", "laertes")) == REFUSED
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    path.write_text("something else")
    server.shell("config:reload()")
    assert error_of(Client(server.port).register("nurse", "romeo"))[0] == "service-unavailable"
    assert "is too short for a file that muster-leaked made" in server.log()
