"""Console commands for the rules: approval, orders at run time, verdicts, the audit."""

from harness.xmpp import Client, can_log_in, error_of

CLOSED = ("service-unavailable", "cancel", "503")
UNWANTED = ("forbidden", "auth", "403")
SECRET = "Calliope0"


def rows(printed, beginning):
    """The lines that begin with it, as words."""
    lines = (line[2:] if line.startswith("| ") else line for line in printed.splitlines())
    return [line.split() for line in lines if line.startswith(beginning)]


def attempt(server, name, address="127.0.0.1"):
    return error_of(Client(server.port, source=address).register(name, SECRET))


def test_approval(place):
    server = place.running(host='muster_registration = "approval"')
    assert attempt(server, "romeo") is None and attempt(server, "juliet") is None
    assert can_log_in(server.port, "romeo", SECRET) == "account-disabled"
    assert can_log_in(server.port, "romeo", "wrong") == "not-authorized"
    pending = server.shell('muster:pending("localhost")')
    assert len(rows(pending, "romeo@localhost")) == 1 and "2 accounts to be approved" in pending
    assert "OK" in server.shell('muster:approve("romeo@localhost")')
    assert can_log_in(server.port, "romeo", SECRET) is None
    assert "does not wait" in server.shell('muster:approve("romeo@localhost")')
    assert "OK" in server.shell('muster:reject("juliet@localhost", "no reason given")')
    assert can_log_in(server.port, "juliet", SECRET) == "not-authorized"
    assert "0 accounts to be approved" in server.shell("muster:pending()")
    assert attempt(server, "juliet") is None, "the name of who was rejected is not free"
    audit = server.shell('muster:audit("localhost", { action = "reject" })')
    assert "juliet" in audit and "no reason given" in audit and "console" in audit


def test_closing_for_a_while(place):
    server = place.running()
    assert "OK" in server.shell('muster:close("3s")')
    assert attempt(server, "romeo") == CLOSED
    assert rows(server.shell("muster:mode()"), "localhost")[0][1] == "closed"
    server.wait_until(lambda: attempt(server, "romeo") is None, "to reopen by itself")
    assert "OK" in server.shell('muster:mode("localhost", "closed")')
    server.stop()
    server.start()
    assert attempt(server, "nurse") == CLOSED, "an order is forgotten over a restart"
    assert "OK" in server.shell('muster:reopen("localhost")')
    assert attempt(server, "nurse") is None
    assert "allowed" in server.shell('muster:mode("localhost", "ajar")')
    assert "no period" in server.shell('muster:close("soon")')


def test_networks(place):
    server = place.running(host="registration_allowlist = {}")
    assert "OK" in server.shell('muster:block("localhost", "127.0.0.0/8", { reason = "a wave" })')
    assert attempt(server, "romeo") == UNWANTED
    assert "a wave" in server.shell("muster:directives()")
    assert "no address" in server.shell('muster:block("localhost", "127.0.0.1/8")')
    assert "OK" in server.shell('muster:allow("localhost", "127.0.0.3")')
    assert attempt(server, "romeo", "127.0.0.3") is None
    assert "OK" in server.shell('muster:disallow("localhost", "127.0.0.3")')
    assert attempt(server, "nurse", "127.0.0.3") == UNWANTED
    assert "OK" in server.shell('muster:unblock("localhost", "127.0.0.0/8")')
    assert "not blocked" in server.shell('muster:unblock("localhost", "127.0.0.0/8")')
    assert attempt(server, "nurse") is None


def test_throttle(place):
    server = place.running(host="registration_allowlist = {}")
    errors = [attempt(server, f"name{number}") for number in range(4)]
    assert errors == [None, None, None, ("not-acceptable", "wait", "406")], errors
    shown = server.shell("muster:throttle()")
    assert rows(shown, "localhost")[0][1:5] == ["127.0.0.1", "3.0", "of", "3"], shown
    explained = server.shell('muster:explain("romeo@localhost", "127.0.0.1")')
    assert rows(explained, "throttle")[0][1] == "REFUSES" and "Refused by throttle" in explained, explained
    assert "would be registered" in server.shell('muster:explain("romeo@localhost", "127.0.0.9")')
    server.wait_until(lambda: "3.0 of 3" in server.shell('muster:why("127.0.0.1")'), "to write the audit")
    assert "OK" in server.shell('muster:reset_throttle("localhost", "127.0.0.1")')
    assert attempt(server, "name3") is None


def test_why(place):
    server = place.running(host='block_registrations_users = { "root" }')
    assert attempt(server, "root") == ("conflict", "cancel", "409")
    server.wait_until(lambda: "name-reserved" in server.shell('muster:why("root@localhost")'), "to write the audit")
    assert "in-band" in server.shell('muster:why("root@localhost")')
    assert "Nothing has refused" in server.shell('muster:why("nurse@localhost")')
    refused = server.shell(f'muster:create("root@localhost", "{SECRET}")')
    assert "name-reserved" in refused and "override" in refused, refused
    assert "OK" in server.shell(f'muster:create("root@localhost", "{SECRET}", {{ override = true }})')
    audit = server.shell('muster:audit("localhost", { account = "root@localhost" })')
    assert "overridden" in audit and "console" in audit and SECRET not in audit, audit


def test_passwords_that_are_refused(place):
    """R-PRJ-15: by the console's commands, and by those of Prosody's own"""
    server = place.running(host="password_policy = { length = 8 }")
    assert "too short" in server.shell('muster:create("romeo@localhost", "short")')
    server.shell('user:create("juliet@localhost", "short")')
    audit = 'muster:audit("localhost", { rule = "password" })'
    server.wait_until(lambda: len(rows(server.shell(audit), "2")) == 2, "to write the audit")
    printed = server.shell(audit)
    assert "romeo" in printed and "juliet" in printed and "console" in printed and "bad-password" in printed, printed
    assert "short." in printed and '"short"' not in printed, printed
