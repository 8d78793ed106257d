"""Who may not remove their own account."""

from harness.forms import submit
from harness.orders import MODULES, audit
from harness.xmpp import Client, can_log_in, error_of, logged_in

FORBIDDEN = ("forbidden", "auth", "403")
SECRET = "romeo"


def make(server, *names):
    for name in names:
        assert server.ctl("adduser", name + "@localhost", text=f"{SECRET}\n{SECRET}\n").returncode == 0


def remove(server, name):
    client = logged_in(server.port, name, SECRET)
    error = error_of(client.remove())
    assert error is not None or client.closing() == "not-authorized"
    if error is not None:  # the stream goes on
        assert client.query("get").get("type") == "result"
        assert can_log_in(server.port, name, SECRET) is None
    else:
        assert can_log_in(server.port, name, SECRET) == "not-authorized"
    client.close()
    return error


def test_roles_that_may(place):
    """R-077-83"""
    server = place.running(modules=MODULES, general='admins = { "nurse@localhost", "doctor@localhost" }', host=(
        'muster_unregister_roles = { "prosody:user", "prosody:registered" }'))
    make(server, "nurse", "doctor")
    assert error_of(Client(server.port).register("juliet", SECRET)) is None
    assert remove(server, "nurse") == FORBIDDEN
    assert remove(server, "juliet") is None
    entry = audit(server, 1, action="unregister", outcome="refused")[0]
    assert entry["rule"] == "removal-role" and entry["username"] == "nurse", entry
    server.stop()
    server.reconfigure('muster_unregister_roles = { "prosody:user"', 'muster_unregister_roles = { "prosody:admin", '
                       '"prosody:operator"')
    server.reconfigure('"prosody:registered" }', '}')
    server.start()
    assert error_of(Client(server.port).register("romeo", SECRET)) is None
    assert remove(server, "romeo") == FORBIDDEN
    assert remove(server, "nurse") is None


def test_roles_and_the_form(place):
    """R-077-83: before the form is asked for, and when it comes"""
    server = place.running(host='muster_unregister_roles = { "prosody:admin" }\nmuster_unregister = "form"')
    assert error_of(Client(server.port).register("juliet", SECRET)) is None
    client = logged_in(server.port, "juliet", SECRET)
    assert error_of(client.remove()) == FORBIDDEN
    form = submit(":cancel", username="juliet", password=SECRET)
    assert error_of(client.query("set", form)) == FORBIDDEN
    assert can_log_in(server.port, "juliet", SECRET) is None


def test_the_last_administrator(place):
    """R-077-83"""
    server = place.running(modules=MODULES, general='admins = { "Nurse@localhost", "doctor@localhost" }')
    make(server, "nurse", "juliet")
    assert remove(server, "nurse") == FORBIDDEN, "the doctor has no account"
    assert remove(server, "juliet") is None
    assert audit(server, 1, action="unregister", outcome="refused")[0]["rule"] == "last-admin"
    make(server, "doctor")
    assert remove(server, "nurse") is None
    assert remove(server, "doctor") == FORBIDDEN
    assert server.ctl("deluser", "doctor@localhost").returncode == 0, "who runs the server knows what they do"
    assert can_log_in(server.port, "doctor", SECRET) == "not-authorized"


def test_an_administrator_who_cannot_log_in_is_none(place):
    """R-077-83: whose account is disabled, or waits to be purged"""
    server = place.running(modules=MODULES, host='registration_delete_grace_period = "1 week"',
                           general='admins = { "nurse@localhost", "doctor@localhost" }')
    make(server, "nurse", "doctor")
    assert "OK" in server.shell('muster:disable("doctor@localhost")')
    assert remove(server, "nurse") == FORBIDDEN
    assert "OK" in server.shell('muster:enable("doctor@localhost")')
    client = logged_in(server.port, "doctor", SECRET)
    assert error_of(client.remove()) is None
    assert remove(server, "nurse") == FORBIDDEN


def test_administrators_elsewhere(place):
    """R-077-83: they count; and a host need not protect its last"""
    server = place.running(general='admins = { "nurse@localhost", "doctor@example.org" }')
    make(server, "nurse")
    assert remove(server, "nurse") is None
    server.stop()
    server = place.server("other", general='admins = { "nurse@localhost" }\nprotect_last_admin = false').start()
    make(server, "nurse")
    assert remove(server, "nurse") is None


def test_administrators_by_role(place):
    """R-077-83"""
    server = place.running()
    make(server, "nurse", "doctor")
    command = {"0.12": 'user:setroles("{}@localhost", "admin")', "13": 'user:set_role("{}@localhost", "prosody:admin")'}

    def promote(name):
        printed = server.shell(command[place.version].format(name))
        assert "rror" not in printed, printed

    promote("nurse")
    assert remove(server, "nurse") == FORBIDDEN
    promote("doctor")
    assert remove(server, "nurse") is None
    assert remove(server, "doctor") == FORBIDDEN
