"""R-PRJ-15: what administrators do leaves a line each in the audit."""

from harness import audit
from harness.commands import begin, command_of, failure_of, run, send, submit
from harness.console import Console
from harness.health import SECRET, goes_on
from harness.xmpp import Client, error_of, logged_in

SHORT = "Beatric"
RULES = 'password_policy = { length = 8 }\nblock_registrations_users = { "root", "abuse" }\n'
DECISIONS = ["urn:muster:admin#approve-user", "urn:muster:admin#reject-user"]
ACTIONS = {"add-user": "register", "delete-user": "unregister", "disable-user": "disable", "reenable-user": "enable",
           "change-user-password": "change-password", DECISIONS[0]: "approve", DECISIONS[1]: "reject"}
WITHOUT_FORM = ["get-registered-users-num", "get-disabled-users-num", "get-user-password"]
WITH_FORM = ["end-user-session", "get-user-lastlogin", "get-registered-users-list", "get-disabled-users-list"]


class Audited:
    """A server with an administrator, nurse, and what is expected in its audit."""

    def __init__(self, place, door, *names, modules=("adhoc",), host=RULES):
        self.server = place.running(modules=("register_muster",) + modules, general='admins = { "nurse@localhost" }',
                                    host=host)
        for name in ("nurse",) + names:
            assert error_of(Client(self.server.port).register(name, SECRET)) is None
        self.console = Console(self.server)
        self.door = door
        self.expected = []

    def login(self, name):
        return logged_in(self.server.port, name, SECRET)

    def expect(self, what, account="", outcome="ok", rule="", notes="", by="nurse@localhost"):
        self.expected.append((what, account, outcome, rule, by, notes))

    def found(self):
        entries, _ = audit.read(self.console, self.door)
        return [(each.what, each.account, each.outcome, each.rule, each.by, each.notes) for each in entries]

    def check(self):
        """Just the lines that are expected, in any order, and no password."""
        self.server.wait_until(lambda: len(self.found()) >= len(self.expected), "to write the audit")
        found, expected = sorted(self.found()), sorted(self.expected)
        assert found == expected, ("too many:", [each for each in found if each not in expected],
                                   "missing:", [each for each in expected if each not in found], found)
        _, printed = audit.read(self.console)
        assert SECRET not in printed and SHORT not in printed, printed
        goes_on(self.server, "an audit")


def jids(*names):
    return [name + "@localhost" for name in names]


def test_commands_on_accounts(place):
    """R-PRJ-15: who, what, whom, what came of it"""
    audited = Audited(place, "ad-hoc", "juliet", "romeo")
    nurse = audited.login("nurse")

    def add(name, password=SECRET, **fields):
        run(nurse, "add-user", **{"accountjid": f"{name}@localhost", "password": password, "password_verify": password,
                                  **fields})

    add("Tybalt")
    audited.expect("register", "tybalt")
    add("juliet")
    audited.expect("register", "juliet", "exists", "name-taken", "there is such an account")
    add("paris", password_verify="other")
    audited.expect("register", "paris", "bad-request")
    add("paris", accountjid="paris@example.org")
    audited.expect("register", "", "bad-request")
    add("\u017fampson")
    audited.expect("register", "sampson", "bad-name", notes="That username cannot be used.")
    run(nurse, "disable-user", accountjids=jids("juliet", "nobody"))
    audited.expect("disable", "juliet")
    audited.expect("disable", "nobody", "not-found")
    run(nurse, "reenable-user", accountjids="juliet@localhost")
    audited.expect("enable", "juliet")
    run(nurse, "change-user-password", accountjid="juliet@localhost", password=SECRET)
    audited.expect("change-password", "juliet")
    run(nurse, "change-user-password", accountjid="nobody@localhost", password=SECRET)
    audited.expect("change-password", "nobody", "not-found")
    run(nurse, "delete-user", accountjids=jids("juliet", "nobody", "romeo"))
    for name, outcome in (("juliet", "ok"), ("nobody", "not-found"), ("romeo", "ok")):
        audited.expect("unregister", name, outcome)
    audited.check()


def test_commands_that_no_operation_does(place):
    """R-PRJ-15: sessions that are ended, and what is read"""
    audited = Audited(place, "ad-hoc", "juliet", "romeo")
    nurse = audited.login("nurse")
    juliet = audited.login("juliet")
    run(nurse, "end-user-session", accountjids=["juliet@localhost/test", "romeo@localhost"])
    assert juliet.closing() == "reset"
    audited.expect("end-user-session", "juliet", notes="test")
    audited.expect("end-user-session", "romeo", "offline")
    run(nurse, "get-user-lastlogin", accountjids=jids("juliet", "nobody"))
    audited.expect("get-user-lastlogin", "juliet")
    audited.expect("get-user-lastlogin", "nobody", "not-found")
    for name in WITHOUT_FORM[:2]:
        send(nurse, name)
        audited.expect(name)
    for name in WITH_FORM[2:]:
        run(nurse, name, max_items="25")
        audited.expect(name)
    send(nurse, "get-user-password")
    audited.expect("get-user-password", "", "feature-not-implemented")
    audited.check()


def test_commands_that_are_refused(place):
    """R-PRJ-15: what came to nothing; looking at a form, or giving up, is nothing"""
    audited = Audited(place, "ad-hoc", "juliet")
    nurse = audited.login("nurse")
    session = begin(nurse, "delete-user").get("sessionid")
    send(nurse, "delete-user", submit(accountjids="juliet@example.org"), session)
    audited.expect("unregister", "", "bad-request")
    assert command_of(send(nurse, "delete-user", "", session, "cancel")).get("status") == "canceled"
    send(nurse, "delete-user", submit(accountjids="juliet@localhost"), session)
    audited.expect("unregister", "", "not-allowed")
    send(nurse, "delete-user", submit(accountjids="juliet@localhost"), "made-up")
    audited.expect("unregister", "", "bad-request")
    send(nurse, "delete-user", action="dance")
    audited.expect("unregister", "", "bad-request")
    send(nurse, "edit-blacklist")  # nobody's command
    audited.check()


def test_commands_of_others(place):
    """R-PRJ-15: who is not allowed to"""
    audited = Audited(place, "ad-hoc", "juliet")
    juliet = audited.login("juliet")
    for name in list(ACTIONS) + WITHOUT_FORM + WITH_FORM:
        assert failure_of(send(juliet, name))[0] == "forbidden"
        audited.expect(ACTIONS.get(name, name), "", "forbidden", by="juliet@localhost")
    form = submit(accountjid="nurse@localhost", password=SECRET, password_verify=SECRET)
    assert failure_of(send(juliet, "add-user", form))[0] == "forbidden"
    audited.expect("register", "", "forbidden", by="juliet@localhost")
    audited.check()


def text_of(reply):
    return reply.findtext(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")


def test_rules_that_refuse(place):
    """R-PRJ-15: administrators are told which, and may override it; the audit tells both"""
    audited = Audited(place, "ad-hoc", "juliet")
    nurse = audited.login("nurse")

    def add(name, password=SECRET, **fields):
        return run(nurse, "add-user", accountjid=f"{name}@localhost", password=password, password_verify=password,
                   **fields)

    reply = add("root")
    assert failure_of(reply) == ("conflict", "cancel", "409", None)
    assert text_of(reply) == 'Refused by the rule name-reserved, which "override" overrides: the name is reserved'
    audited.expect("register", "root", "exists", "name-reserved", "the name is reserved")
    assert command_of(add("root", override="1")).get("status") == "completed"
    audited.expect("register", "root", "ok", "name-reserved", "overridden")
    assert "rule" not in text_of(add("root", override="1")), "a taken name can be overridden"
    audited.expect("register", "root", "exists", "name-taken", "there is such an account")
    short = "The password is too short."
    told = 'Refused by the rule password, which "override" overrides: ' + short
    for reply in (add("romeo", SHORT),
                  run(nurse, "change-user-password", accountjid="juliet@localhost", password=SHORT)):
        assert failure_of(reply) == ("not-acceptable", "modify", "406", None)
        assert text_of(reply) == told
    audited.expect("register", "romeo", "bad-password", "password", short)
    audited.expect("change-password", "juliet", "bad-password", "password", short)
    assert command_of(add("romeo", SHORT, override="1")).get("status") == "completed"
    audited.expect("register", "romeo", "ok", "password", "overridden")
    run(nurse, "change-user-password", accountjid="juliet@localhost", password=SHORT, override="1")
    audited.expect("change-password", "juliet", "ok", "password", "overridden")
    unusable = "The password is empty or holds characters that cannot be used."
    for override in ("0", "1"):
        assert text_of(add("paris", SECRET + "&#x85;", override=override)) == unusable, override
        audited.expect("register", "paris", "bad-password", notes=unusable)
    audited.check()


def test_rules_of_the_operators_own(place):
    rule = """muster_rules = { ["no-letters"] = function (request)
        if request.username == "k" then return "Not K."; end
    end }"""
    audited = Audited(place, "ad-hoc", host=rule)
    nurse = audited.login("nurse")
    fields = {"accountjid": "k@localhost", "password": SECRET, "password_verify": SECRET}
    reply = run(nurse, "add-user", **fields)
    assert failure_of(reply) == ("not-allowed", "cancel", "405", None)
    assert text_of(reply) == 'Refused by the rule no-letters, which "override" overrides: Not K.'
    audited.expect("register", "k", "refused", "no-letters")
    assert command_of(run(nurse, "add-user", override="1", **fields)).get("status") == "completed"
    audited.expect("register", "k")
    audited.check()


def test_the_console(place):
    """R-PRJ-15: what operators do there; what they read is nobody's business"""
    audited = Audited(place, "console", "juliet", "romeo", host='muster_registration = "approval"')

    def order(command, what, account="", outcome="ok", rule="", notes=""):
        lines = audited.console.run(f"muster:{command}")
        assert lines[-1].startswith("OK" if outcome == "ok" else "Error"), lines
        audited.expect(what, account, outcome, rule, notes, by="console")

    order('approve("nurse@localhost")', "approve", "nurse")
    order('approve("juliet@localhost")', "approve", "juliet")
    order('reject("romeo@localhost", "a bot")', "reject", "romeo", notes="a bot")
    order(f'create("tybalt@localhost", "{SECRET}")', "register", "tybalt")
    order(f'password("tybalt@localhost", "{SECRET}2")', "change-password", "tybalt")
    order('disable("tybalt@localhost", "quarrels")', "disable", "tybalt", notes="quarrels")
    order('enable("tybalt@localhost")', "enable", "tybalt")
    order('delete("tybalt@localhost")', "unregister", "tybalt")
    order(f'create("tybalt@localhost", "{SECRET}")', "register", "tybalt", "exists", "name-kept",
          "an account of that name was removed")
    order(f'create("tybalt@localhost", "{SECRET}", {{ override = true }})', "register", "tybalt", "ok", "name-kept",
          "overridden")
    order('delete("tybalt@localhost")', "unregister", "tybalt")
    order('release("tybalt@localhost")', "release", "tybalt")
    order('block("localhost", "192.0.2.0/24", { reason = "a wave" })', "block", "192.0.2.0/24", notes="a wave")
    order('unblock("localhost", "192.0.2.0/24")', "retract-block", "192.0.2.0/24")
    order('allow("localhost", "192.0.2.7")', "allow", "192.0.2.7")
    order('disallow("localhost", "192.0.2.7")', "retract-allow", "192.0.2.7")
    order('mode("localhost", "closed")', "mode", "closed")
    order('reopen("localhost")', "retract-mode")
    order('mode("localhost", "open")', "mode", "open")
    order('reset_throttle("localhost", "192.0.2.7")', "reset-throttle", "192.0.2.7")
    for command in ('list("localhost")', 'search("localhost", "jul")', 'show("juliet@localhost")', "pending()",
                    "mode()", "directives()", "throttle()", 'tombstones("localhost")', "status()",
                    'explain("paris@localhost")', 'why("paris@localhost")'):
        assert audited.console.run(f"muster:{command}")[-1].startswith("OK"), command
    audited.check()
