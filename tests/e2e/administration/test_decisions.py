"""Administrators let accounts in that wait to be approved, or turn them away, by ad-hoc commands of our own."""

from harness import audit
from harness.commands import COMMANDS, begin, command_of, failure_of, note_of, run, send, submit
from harness.console import Console
from harness.forms import FORM, fields_of, is_required, values_of
from harness.health import SECRET, goes_on
from harness.xmpp import Client, can_log_in, error_of, logged_in

OURS = "urn:muster:admin"
APPROVE, REJECT = OURS + "#approve-user", OURS + "#reject-user"
DISCO = "http://jabber.org/protocol/disco#"


def administered(place, *names, host="", general=""):
    """A server where these names wait to be approved, and the stream of its administrator, who does not."""
    server = place.running(modules=("register_muster", "adhoc"), host='muster_registration = "approval"\n' + host,
                           general='admins = { "nurse@localhost" }\n' + general)
    made = Console(server).run(f'muster:create("nurse@localhost", "{SECRET}")')
    assert "OK" in made[-1], made
    for name in names:
        assert error_of(Client(server.port).register(name, SECRET)) is None
    return server, logged_in(server.port, "nurse", SECRET)


def decide(client, node, *names, **fields):
    jids = [name + "@localhost" for name in names]
    return run(client, node, form_type=OURS, accountjids=jids, **fields)


def offered(client, node):
    """Those who are listed: their labels, by their JIDs."""
    options = begin(client, node).iter(FORM + "option")
    return {each.findtext(FORM + "value"): each.get("label") for each in options}


def why_not(server, name):
    return can_log_in(server.port, name, SECRET)


def goes_on_approved(server):
    """Also for those whom nobody approves"""
    server.shell('muster:mode("localhost", "open")')
    goes_on(server, "decisions")


def test_the_commands_are_for_administrators(place):
    server, nurse = administered(place, "romeo")
    assert "OK" in server.shell(f'muster:create("juliet@localhost", "{SECRET}")')
    juliet = logged_in(server.port, "juliet", SECRET)

    def names(client):
        reply = client.iq("get", f"<query xmlns='{DISCO}items' node='{COMMANDS[1:-1]}'/>", "localhost")
        return [item.get("node") for item in reply.iter("{" + DISCO + "items}item") if OURS in item.get("node")]

    assert names(nurse) == [APPROVE, REJECT] and names(juliet) == []
    for node in (APPROVE, REJECT):
        for form in ("", submit(form_type=OURS, accountjids="romeo@localhost")):
            assert failure_of(send(juliet, node, form)) == ("forbidden", "auth", "403", None)
        info = nurse.iq("get", f"<query xmlns='{DISCO}info' node='{node}'/>", "localhost")
        assert [each.get("type") for each in info.iter("{" + DISCO + "info}identity")] == ["command-node"]
    assert why_not(server, "romeo") == "account-disabled"
    goes_on_approved(server)


def test_approve_and_reject(place):
    server, nurse = administered(place, "romeo", "tybalt", "paris", "juliet")
    element = begin(nurse, APPROVE)
    fields = fields_of(element)
    assert list(fields) == ["FORM_TYPE", "accountjids"]
    assert values_of(element)["FORM_TYPE"] == [OURS] and values_of(element)["accountjids"] == []
    assert fields["accountjids"].get("type") == "list-multi" and is_required(fields["accountjids"])
    listed = offered(nurse, APPROVE)
    assert sorted(listed) == [f"{name}@localhost" for name in ("juliet", "paris", "romeo", "tybalt")]
    assert "127.0.0.1" in listed["juliet@localhost"]
    assert server.event_names("juliet").count("user-registered") == 0
    reply = decide(nurse, APPROVE, "juliet", "nobody", "nurse", "paris")
    assert note_of(reply).splitlines() == [f"{name}@localhost: This account does not wait to be approved."
                                           for name in ("nobody", "nurse")]
    for name in ("juliet", "paris"):
        assert why_not(server, name) is None
        assert server.event_names(name).count("user-registered") == 1
    fields = fields_of(begin(nurse, REJECT))
    assert list(fields) == ["FORM_TYPE", "accountjids", "reason"] and not is_required(fields["reason"])
    assert sorted(offered(nurse, REJECT)) == ["romeo@localhost", "tybalt@localhost"]
    assert note_of(decide(nurse, REJECT, "romeo", "juliet", reason="a bot")) == \
        "juliet@localhost: This account does not wait to be approved."
    assert note_of(decide(nurse, REJECT, "tybalt")) is None
    assert offered(nurse, APPROVE) == {}
    for name in ("romeo", "tybalt"):
        assert why_not(server, name) == "not-authorized"
        assert server.event_names(name).count("user-registered") == 0
    assert why_not(server, "juliet") is None
    assert error_of(Client(server.port).register("romeo", SECRET)) is None, "the name of who was rejected is not free"
    goes_on_approved(server)


def test_decisions_in_the_audit(place):
    """R-PRJ-15"""
    server, nurse = administered(place, "romeo", "juliet")
    decide(nurse, APPROVE, "juliet", "nobody", "nurse")
    decide(nurse, REJECT, "romeo", "juliet", reason="a bot")
    console = Console(server)
    expected = [("approve", "juliet", "ok", ""), ("approve", "nobody", "not-found", ""),
                ("approve", "nurse", "not-found", ""), ("reject", "juliet", "not-found", ""),
                ("reject", "romeo", "ok", "a bot")]

    def found():
        entries, _ = audit.read(console, "ad-hoc")
        assert all(each.by == "nurse@localhost" for each in entries), entries
        return sorted((each.what, each.account, each.outcome, each.notes) for each in entries)

    server.wait_until(lambda: len(found()) >= len(expected), "to write the audit")
    assert found() == expected


def test_sessions_and_submissions(place):
    """As with those of XEP-0133"""
    server, nurse = administered(place, "romeo")
    bad_payload = ("bad-request", "modify", "400", "bad-payload")
    for fields in ({}, {"accountjids": "romeo@example.org"}, {"accountjids": "romeo@localhost/balcony"},
                   {"accountjids": "romeo@localhost", "form_type": "http://jabber.org/protocol/admin"}):
        assert failure_of(run(nurse, REJECT, **{"form_type": OURS, **fields})) == bad_payload, fields
    session = begin(nurse, REJECT).get("sessionid")
    form = submit(form_type=OURS, accountjids="romeo@localhost")
    assert failure_of(send(nurse, APPROVE, form, session, "complete"))[3] == "bad-sessionid"
    assert command_of(send(nurse, REJECT, form, session, "cancel")).get("status") == "canceled"
    assert failure_of(send(nurse, REJECT, form, session, "complete"))[3] == "session-expired"
    assert why_not(server, "romeo") == "account-disabled"
    assert note_of(send(nurse, APPROVE, form)) is None, "without a session before"
    assert why_not(server, "romeo") is None
    goes_on_approved(server)


def test_many_who_wait(place):
    """As many are listed as an administrator can look at; the others come when these are decided upon."""
    names = [f"name{number:03}" for number in range(103)]
    server, nurse = administered(place, *names, general="default_iteration_count = 4096",
                                 host="registration_allowlist = { \"127.0.0.1\" }")
    listed = offered(nurse, APPROVE)
    assert len(listed) == 100
    assert note_of(run(nurse, APPROVE, form_type=OURS, accountjids=list(listed))) is None
    assert sorted(offered(nurse, REJECT)) == sorted(f"{name}@localhost" for name in names
                                                    if f"{name}@localhost" not in listed)


def test_a_role_for_who_is_approved(place):
    """What registered in band has the role of such accounts, whoever approves it; what is made for somebody, another"""
    server, nurse = administered(place, "romeo")
    decide(nurse, APPROVE, "romeo")
    reply = run(nurse, "add-user", accountjid="juliet@localhost", password=SECRET, password_verify=SECRET)
    assert note_of(reply) is None and why_not(server, "juliet") is None, "an administrator's account has to wait"
    for name in ("romeo", "juliet"):
        assert server.event_names(name).count("user-registered") == 1
    if place.version == "13":
        assert "prosody:registered" in server.shell('user:role("romeo@localhost")')
        assert "prosody:member" in server.shell('user:role("juliet@localhost")')
        server.reconfigure("admins =", 'default_provisioned_role = "prosody:guest"\nadmins =')
        server.shell("config:reload()")
        run(nurse, "add-user", accountjid="paris@localhost", password=SECRET, password_verify=SECRET)
        assert "prosody:guest" in server.shell('user:role("paris@localhost")')
