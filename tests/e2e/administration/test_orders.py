"""Console commands for the rules: approval, orders at run time, verdicts, the audit."""

from harness.orders import MODULES, audit
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
    printed = server.shell('muster:audit("localhost", { action = "reject" })')
    assert "juliet" in printed and "no reason given" in printed and "console" in printed


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
    printed = server.shell('muster:audit("localhost", { account = "root@localhost" })')
    assert "overridden" in printed and "console" in printed and SECRET not in printed, printed


def test_explaining_by_door_and_with_a_password(place):
    """A made-up registration has no effect, whatever is said of it, and its password is nowhere to be read."""
    server = place.running(host='password_policy = { length = 12 }\nmuster_registration = "closed"')

    def explained(arguments):
        printed = server.shell(f'muster:explain("romeo@localhost"{arguments})')
        return {line[0]: line[1] for line in rows(printed, "") if len(line) > 1}, printed

    verdicts, printed = explained(f', "192.0.2.7", {{ password = "{SECRET}" }}')
    assert verdicts["mode"] == verdicts["password"] == "REFUSES" and "Refused by mode, password" in printed, printed
    verdicts, printed = explained(f', nil, {{ password = "{SECRET}", door = "console" }}')
    assert verdicts["mode"] == "-" and verdicts["password"] == "REFUSES", printed
    verdicts, printed = explained(', "192.0.2.7", { door = "ad-hoc" }')
    assert verdicts["password"] == "-" and "would be registered" in printed, printed
    assert "home is no address" in explained(', "home"')[1]
    assert "0 entries" in server.shell("muster:audit()") and "0 of 0" in server.shell('muster:list("localhost")')
    assert SECRET not in server.log()


def test_the_audit_by_account_network_and_time(place):
    server = place.running(host='registration_blocklist = { "127.0.0.0/29", "127.0.0.10", "127.0.0.100" }')
    for name, source in (("one", "127.0.0.1"), ("two", "127.0.0.2"), ("ten", "127.0.0.10"), ("hundred", "127.0.0.100")):
        assert attempt(server, name, source) == UNWANTED
    server.wait_until(lambda: "4 entries" in server.shell("muster:audit()"), "to write the audit")

    def found(options):
        printed = server.shell(f'muster:audit("localhost", {options})')
        return printed if "Error" in printed else len(rows(printed, "20"))

    assert found('{ address = "127.0.0.1" }') == 1, "an address is taken for the beginning of others"
    assert found('{ address = "127.0.0.0/28" }') == 3 and found('{ address = "127.0.0.0/8" }') == 4
    assert found('{ address = "127.0.0.0/28", limit = 2 }') == 2
    assert found('{ account = "two@localhost" }') == 1 and found('{ rule = "throttle" }') == 0
    assert found('{ since = "1h", address = "127.0.0.2" }') == 1
    assert "no address or network" in found('{ address = "127.0.0." }')
    assert "127.0.0.0/29 is blocked" in server.shell('muster:why("127.0.0.1")')
    assert "127.0.0.100 is blocked" in server.shell('muster:why("127.0.0.100")')
    assert "Nothing has refused" in server.shell('muster:why("127.0.0.11")')
    assert "no address or network" in server.shell('muster:why("somewhere")')


def test_the_audit_where_networks_are_kept(place):
    server = place.running(host='registration_blocklist = { "127.0.0.1" }\naudit_log_ipv4_prefix = 24')
    assert attempt(server, "one") == UNWANTED
    server.wait_until(lambda: "127.0.0.0/24" in server.shell("muster:audit()"), "to write the audit")
    assert "is blocked" in server.shell('muster:why("127.0.0.1")')
    assert "Nothing has refused" in server.shell('muster:why("127.0.1.1")')


def test_names_that_cannot_be_used(place):
    """R-PRJ-15: an order that cannot even be begun leaves a line, by whichever of the operator's doors it comes."""
    server = place.running(modules=MODULES, host="password_policy = { length = 8 }")
    name = "ro\u2260meo"
    assert "cannot be used" in server.shell(f'muster:create("{name}@localhost", "{SECRET}")')
    assert "cannot be used" in server.shell(f'user:create("{name}@localhost", "{SECRET}")')
    assert server.ctl("adduser", f"{name}@localhost", text=f"{SECRET}\n{SECRET}\n").returncode != 0
    assert server.ctl("adduser", "juliet@localhost", text="short\nshort\n").returncode != 0
    assert "no address" in server.shell('muster:block("localhost", "192.0.2.7/24")')
    inner = "provider" if place.version == "13" else "prosodyctl"
    first = "register" if place.version == "0.12" else "create"  # 13 names an account before it has a password
    entries = audit(server, 3, outcome="bad-name")
    assert sorted((each["door"], each["action"], each["username"]) for each in entries) == \
        sorted([("console", "register", name), ("provider", first, name), (inner, first, name)]), entries
    assert all("cannot be used" in each["detail"] for each in entries), entries
    refused, = audit(server, 1, outcome="bad-password")
    assert refused["username"] == "juliet" and refused["rule"] == "password" and refused["door"] == inner, refused
    malformed, = audit(server, 1, outcome="malformed")
    assert malformed["action"] == "block" and '"192.0.2.7/24"' in malformed["detail"], malformed


def test_passwords_that_are_refused(place):
    """R-PRJ-15: by the console's commands, and by those of Prosody's own"""
    server = place.running(host="password_policy = { length = 8 }")
    assert "too short" in server.shell('muster:create("romeo@localhost", "short")')
    server.shell('user:create("juliet@localhost", "short")')
    command = 'muster:audit("localhost", { rule = "password" })'
    server.wait_until(lambda: len(rows(server.shell(command), "2")) == 2, "to write the audit")
    printed = server.shell(command)
    assert "romeo" in printed and "juliet" in printed and "console" in printed and "bad-password" in printed, printed
    assert "short." in printed and '"short"' not in printed, printed
