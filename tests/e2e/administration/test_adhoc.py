"""Administrators look after accounts from their clients, by ad-hoc commands."""

import datetime
import re
import time

from harness.commands import ADMIN, COMMANDS, begin, command_of, failure_of, note_of, results_of, run, send, submit
from harness.component import CONFIGURATION, DOMAIN, Component
from harness.forms import FORM, fields_of, is_required, values_of
from harness.health import SECRET, goes_on
from harness.xmpp import Client, can_log_in, error_of, local, logged_in

OURS = ["add-user", "delete-user", "disable-user", "reenable-user", "end-user-session", "change-user-password",
        "get-user-lastlogin", "get-registered-users-num", "get-disabled-users-num", "get-registered-users-list",
        "get-disabled-users-list"]
FORBIDDEN = ("forbidden", "auth", "403", None)
BAD_PAYLOAD = ("bad-request", "modify", "400", "bad-payload")
NOT_FOUND = ("item-not-found", "cancel", "404", None)
NOT_IMPLEMENTED = ("feature-not-implemented", "cancel", "501", None)
DISCO = "http://jabber.org/protocol/disco#"


def serve(place, modules=("adhoc",), general="", **settings):
    return place.running(modules=("register_muster",) + modules, general='admins = { "nurse@localhost" }\n' + general,
                         **settings)


def make(server, *names):
    for name in names:
        assert error_of(Client(server.port).register(name, SECRET)) is None


def login(server, name, resource="test"):
    return logged_in(server.port, name, SECRET, resource)


def administered(place, *names, **settings):
    """A server with accounts of these names, and its administrator's stream."""
    server = serve(place, **settings)
    make(server, "nurse", *names)
    return server, login(server, "nurse")


def why_not(server, name, password=SECRET):
    return can_log_in(server.port, name, password)


def listed(client):
    reply = client.iq("get", f"<query xmlns='{DISCO}items' node='{COMMANDS[1:-1]}'/>", "localhost")
    return [item.get("node") for item in reply.iter("{" + DISCO + "items}item")]


def described(client, command):
    return client.iq("get", f"<query xmlns='{DISCO}info' node='{ADMIN}{command}'/>", "localhost")


def jids(*names):
    return [name + "@localhost" for name in names]


# --- who may ---

def test_the_commands_are_listed_for_administrators(place):
    """R-133-01"""
    server, nurse = administered(place, "juliet")
    juliet = login(server, "juliet")
    assert [node for node in listed(nurse) if node.startswith(ADMIN)] == [ADMIN + name for name in OURS]
    assert not [node for node in listed(juliet) if node.startswith(ADMIN)]
    for name in OURS:
        info = described(nurse, name)
        identities = list(info.iter("{" + DISCO + "info}identity"))
        assert [each.get("type") for each in identities] == ["command-node"], name
        assert [each.get("var") for each in info.iter("{" + DISCO + "info}feature")] == [COMMANDS[1:-1], FORM[1:-1]]
        assert failure_of(described(juliet, name)) == FORBIDDEN, name
    assert error_of(described(nurse, "get-user-password"))[0] == "item-not-found"
    goes_on(server, "looking around")


def test_the_commands_are_for_administrators(place):
    """R-133-13"""
    server, nurse = administered(place, "juliet", "romeo")
    juliet = login(server, "juliet")
    session = begin(nurse, "delete-user").get("sessionid")
    for name in OURS + ["get-user-password"]:
        assert failure_of(send(juliet, name)) == FORBIDDEN, name
        for command_session in (None, session):
            reply = send(juliet, name, submit(accountjid="romeo@localhost", accountjids="romeo@localhost",
                                              password="other", password_verify="other"), command_session, "complete")
            assert failure_of(reply) == FORBIDDEN, name
    assert why_not(server, "romeo") is None
    goes_on(server, "what is forbidden")


def test_without_mod_adhoc_there_are_no_commands(place):
    _, nurse = administered(place, modules=())
    assert error_of(send(nurse, "add-user"))[0] == "service-unavailable"


def test_beside_prosodys_own_commands(place):
    """R-133-01: of two with one node ours is listed, once, and is the one that runs"""
    server, nurse = administered(place, "juliet", modules=("admin_adhoc", "announce"))
    nodes = listed(nurse)
    assert len(nodes) == len(set(nodes)), nodes
    for name in OURS + ["get-user-roster", "get-online-users-list", "announce"]:
        assert ADMIN + name in nodes, name
    for name in OURS:
        identities = list(described(nurse, name).iter("{" + DISCO + "info}identity"))
        assert [each.get("type") for each in identities] == ["command-node"], name
    assert "override" in fields_of(begin(nurse, "add-user")), "the stock command was run"
    reply = run(nurse, "add-user", accountjid="juliet@localhost", password="other", password_verify="other")
    assert failure_of(reply) == ("conflict", "cancel", "409", None)
    assert failure_of(send(nurse, "get-user-password")) == NOT_IMPLEMENTED
    assert "roster" in results_of(run(nurse, "get-user-roster", accountjid="juliet@localhost"))
    juliet = login(server, "juliet")
    assert not [node for node in listed(juliet) if node.startswith(ADMIN)]
    # They stay when the stock module goes
    server.shell('module:unload("admin_adhoc", "localhost")')
    assert [node for node in listed(nurse) if node.startswith(ADMIN)] == \
        [ADMIN + "announce"] + [ADMIN + name for name in OURS]


def test_administrators_of_elsewhere(place):
    """A stream that has no coroutine to wait in: the server does not block for it, or break."""
    server = place.running(modules=("register_muster", "adhoc"), general=f'admins = {{ "user@{DOMAIN}" }}',
                           further=CONFIGURATION, listening=("component",))
    make(server, "juliet")
    admin = Component(server)
    assert note_of(run(admin, "add-user", accountjid="romeo@localhost", password=SECRET,
                       password_verify=SECRET)) is None
    assert why_not(server, "romeo") is None
    assert note_of(run(admin, "delete-user", accountjids=jids("juliet", "romeo"))) is None
    assert results_of(send(admin, "get-registered-users-num")) == {"registeredusersnum": ["0"]}
    server.reconfigure("VirtualHost", "default_iteration_count = 2000000\nVirtualHost")
    server.shell("config:reload()")
    session = begin(admin, "add-user").get("sessionid")
    form = submit(accountjid="tybalt@localhost", password=SECRET, password_verify=SECRET)
    admin.send(f"<iq type='set' id='slow' from='{admin.sender}' to='localhost'><command xmlns='{COMMANDS[1:-1]}' "
               f"node='{ADMIN}add-user' sessionid='{session}'>{form}</command></iq>")
    Client(server.port).query("get")
    try:
        answer = admin.receive(0.01)
        raise AssertionError(f"the server did nothing else meanwhile: {answer.attrib}")
    except TimeoutError:
        assert note_of(admin.receive()) is None
    admin.sender = f"somebody@{DOMAIN}/r"
    assert failure_of(send(admin, "add-user")) == FORBIDDEN
    goes_on(server, "administrators of elsewhere")


# --- commands as such ---

def test_sessions_of_commands(place):
    """R-050-01"""
    server, nurse = administered(place, "juliet", "romeo")
    form = submit(accountjids="juliet@localhost")
    unknown = ("bad-request", "modify", "400", "bad-sessionid")
    over = ("not-allowed", "cancel", "405", "session-expired")
    for action in ("execute", "complete", "cancel"):
        assert failure_of(send(nurse, "delete-user", form, "made-up", action)) == unknown, action
    session = begin(nurse, "delete-user").get("sessionid")
    other = login(server, "nurse", "other")
    assert failure_of(send(other, "delete-user", form, session, "complete")) == unknown, "another's session"
    assert failure_of(send(nurse, "disable-user", form, session, "complete")) == unknown, "another command's session"
    assert failure_of(send(nurse, "delete-user", form, session, "prev"))[3] == "bad-action"
    assert failure_of(send(nurse, "delete-user", form, session, "dance"))[3] == "malformed-action"
    assert failure_of(send(nurse, "delete-user", action="cancel"))[3] == "bad-action"
    canceled = command_of(send(nurse, "delete-user", form, session, "cancel"))
    assert (canceled.get("status"), canceled.get("sessionid")) == ("canceled", session)
    for action in ("execute", "cancel"):
        assert failure_of(send(nurse, "delete-user", form, session, action)) == over
    assert why_not(server, "juliet") is None
    session = begin(nurse, "delete-user").get("sessionid")
    completed = command_of(send(nurse, "delete-user", submit(accountjids="romeo@localhost"), session))
    assert (completed.get("status"), completed.get("sessionid")) == ("completed", session)
    assert failure_of(send(nurse, "delete-user", form, session, "complete")) == over
    assert why_not(server, "juliet") is None
    number = command_of(send(nurse, "get-registered-users-num"))
    assert failure_of(send(nurse, "get-registered-users-num", session=number.get("sessionid"))) == over
    goes_on(server, "sessions")


def test_forms_of_commands(place):
    """What is offered to be done next, and a form without a session before it"""
    server, nurse = administered(place, "juliet")
    element = begin(nurse, "disable-user")
    actions = element.find(COMMANDS + "actions")
    assert actions.get("execute") == "complete" and [local(each) for each in actions] == ["complete"]
    assert element.find(FORM + "x").get("type") == "form"
    assert note_of(send(nurse, "disable-user", submit(accountjids="juliet@localhost"))) is None
    assert why_not(server, "juliet") == "account-disabled"
    assert note_of(send(nurse, "reenable-user", submit(None, accountjids="JULIET@localhost"), action="next")) is None
    assert why_not(server, "juliet") is None


def test_commands_that_are_not_there(place):
    """R-133-09, and nodes that nobody knows"""
    server, nurse = administered(place)
    assert failure_of(send(nurse, "get-user-password")) == NOT_IMPLEMENTED
    assert failure_of(send(nurse, "get-user-password", submit(accountjid="nurse@localhost"))) == NOT_IMPLEMENTED
    assert failure_of(send(nurse, "edit-blacklist")) == NOT_IMPLEMENTED
    assert failure_of(send(nurse, "urn:example:anything")) == NOT_FOUND
    nameless = nurse.iq("set", f"<command xmlns='{COMMANDS[1:-1]}'/>", "localhost")
    assert failure_of(nameless) == ("bad-request", "modify", "400", None)
    goes_on(server, "unknown commands")


# --- accounts ---

def test_add_user(place):
    """R-133-02"""
    server, nurse = administered(place)
    element = begin(nurse, "add-user")
    fields = fields_of(element)
    assert list(fields) == ["FORM_TYPE", "accountjid", "password", "password-verify", "email", "given_name",
                            "surname", "override"]
    types = [fields[name].get("type") for name in fields]
    assert types == ["hidden", "jid-single", "text-private", "text-private"] + 3 * ["text-single"] + ["boolean"]
    assert values_of(element)["FORM_TYPE"] == ["http://jabber.org/protocol/admin"]
    assert is_required(fields["accountjid"]) and not is_required(fields["email"])
    reply = send(nurse, "add-user", submit(accountjid="Juliet@LOCALHOST", password=SECRET, password_verify=SECRET,
                                           email="juliet@capulet.example", given_name="Juliet", surname="Capulet",
                                           override="1"), element.get("sessionid"), "complete")
    assert note_of(reply) is None
    assert why_not(server, "juliet") is None
    assert ("user-registered", "juliet", "-", "ad-hoc", "nil") in server.events()
    assert server.event_names("juliet").count("user-registered") == 1
    goes_on(server, "adding a user")


def test_add_user_that_exists(place):
    """R-133-03"""
    server, nurse = administered(place, "juliet")
    session = begin(nurse, "add-user").get("sessionid")

    def send_it(name):
        return send(nurse, "add-user", submit(accountjid=name + "@localhost", password="other",
                                              password_verify="other"), session, "complete")
    assert failure_of(send_it("JULIET")) == ("conflict", "cancel", "409", None)
    assert why_not(server, "juliet") is None and why_not(server, "juliet", "other") == "not-authorized"
    assert note_of(send_it("rosaline")) is None, "the form cannot be mended and sent again"
    assert why_not(server, "rosaline", "other") is None


def test_submissions_that_cannot_be(place):
    """R-133-04"""
    server, nurse = administered(place, "juliet")
    good = {"accountjid": "romeo@localhost", "password": SECRET, "password_verify": SECRET}
    for change in ({"password_verify": "other"}, {"password_verify": ""}, {"password": ""}, {"accountjid": ""},
                   {"accountjid": "romeo@example.org"}, {"accountjid": "romeo@localhost/balcony"},
                   {"accountjid": "localhost"}, {"accountjid": "ro meo@localhost"}, {"override": "perhaps"},
                   {"accountjid": jids("romeo", "tybalt")}, {"form_type": "jabber:iq:register"}, {"kind": "form"}):
        assert failure_of(run(nurse, "add-user", **{**good, **change})) == BAD_PAYLOAD, change
    twice = submit(**good).replace("</x>", "<field var='accountjid'><value>tybalt@localhost</value></field></x>")
    session = begin(nurse, "add-user").get("sessionid")
    assert failure_of(send(nurse, "add-user", twice, session)) == BAD_PAYLOAD
    assert failure_of(send(nurse, "add-user", "", session, "complete")) == BAD_PAYLOAD
    for command in ("delete-user", "disable-user", "end-user-session", "get-user-lastlogin"):
        assert failure_of(run(nurse, command)) == BAD_PAYLOAD, command
        for other in ("juliet@example.org", "not a jid"):
            assert failure_of(run(nurse, command, accountjids=["juliet@localhost", other])) == BAD_PAYLOAD, command
    assert failure_of(run(nurse, "change-user-password", accountjid="juliet@localhost")) == BAD_PAYLOAD
    assert failure_of(run(nurse, "change-user-password", accountjid="juliet@example.org",
                          password="other")) == BAD_PAYLOAD
    for limit in ("all", "26"):
        assert failure_of(run(nurse, "get-registered-users-list", max_items=limit)) == BAD_PAYLOAD, limit
    assert why_not(server, "juliet") is None
    assert results_of(send(nurse, "get-registered-users-num")) == {"registeredusersnum": ["2"]}
    goes_on(server, "bad submissions")


def test_names_and_passwords_that_cannot_be_used(place):
    server, nurse = administered(place, "juliet", host="password_policy = { length = 8 }")
    refused = ("not-acceptable", "modify", "406", None)
    for name, password in (("romeo", "short"), ("romeo", "control&#x85;character"), ("\u017fampson", SECRET)):
        reply = run(nurse, "add-user", accountjid=name + "@localhost", password=password, password_verify=password)
        assert failure_of(reply) == refused, name
    assert failure_of(run(nurse, "change-user-password", accountjid="juliet@localhost", password="short")) == refused
    assert why_not(server, "juliet") is None and why_not(server, "romeo", "short") == "not-authorized"


def test_delete_user(place):
    """R-133-05"""
    server, nurse = administered(place, "juliet", "romeo", "tybalt")
    streams = [login(server, "juliet", "one"), login(server, "juliet", "two"), login(server, "romeo")]
    streams[0].iq("set", "<query xmlns='jabber:iq:roster'><item jid='x@example.org'/></query>")
    stored = server.directory / "data/localhost"
    server.wait_until(lambda: (stored / "roster/juliet.dat").exists(), "to keep a roster")
    reply = run(nurse, "delete-user", accountjids=jids("juliet", "nobody", "romeo", "Juliet"))
    assert note_of(reply) == "nobody@localhost: There is no such account."
    assert [stream.closing() for stream in streams] == 3 * ["not-authorized"]
    for name in ("juliet", "romeo"):
        assert why_not(server, name) == "not-authorized"
        assert not list(stored.glob(f"*/{name}.dat")), list(stored.glob(f"*/{name}.dat"))
        assert server.event_names(name).count("user-deleted") == 1
    assert why_not(server, "tybalt") is None
    goes_on(server, "deleting users")


def test_an_administrators_own_account(place):
    """What is done to it is answered first."""
    server, nurse = administered(place, "romeo", "juliet")
    other = login(server, "nurse", "other")
    assert note_of(run(nurse, "change-user-password", accountjid="nurse@localhost", password="other")) is None
    assert other.closing() == "reset"
    assert results_of(send(nurse, "get-registered-users-num")) == {"registeredusersnum": ["3"]}
    assert why_not(server, "nurse", "other") is None
    other = logged_in(server.port, "nurse", "other", "other")
    assert note_of(run(nurse, "end-user-session", accountjids="nurse@localhost")) is None
    assert nurse.closing() == "reset" and other.closing() == "reset"
    nurse = logged_in(server.port, "nurse", "other")
    assert note_of(run(nurse, "delete-user", accountjids=jids("nurse", "romeo"))) is None
    assert nurse.closing() == "not-authorized"
    assert why_not(server, "romeo") == "not-authorized" and why_not(server, "juliet") is None
    goes_on(server, "an administrator's own account")


def test_disable_and_reenable(place):
    """R-133-06"""
    server, nurse = administered(place, "juliet")
    juliet = login(server, "juliet")
    juliet.iq("set", "<query xmlns='jabber:iq:roster'><item jid='x@example.org'/></query>")
    assert note_of(run(nurse, "disable-user", accountjids=jids("juliet", "nobody"))) == \
        "nobody@localhost: There is no such account."
    assert juliet.closing() == "not-authorized"
    assert why_not(server, "juliet") == "account-disabled"
    assert why_not(server, "juliet", "wrong") == "not-authorized"
    assert note_of(run(nurse, "disable-user", accountjids="juliet@localhost")) is None, "twice"
    assert note_of(run(nurse, "reenable-user", accountjids="juliet@localhost")) is None
    roster = login(server, "juliet").iq("get", "<query xmlns='jabber:iq:roster'/>")
    assert len(list(roster.iter("{jabber:iq:roster}item"))) == 1
    assert server.event_names("juliet").count("user-disabled") == 1
    goes_on(server, "disabling a user")


def test_end_user_session(place):
    """R-133-07"""
    server, nurse = administered(place, "juliet")
    one, two, three = [login(server, "juliet", name) for name in ("one", "two", "three")]
    assert note_of(run(nurse, "end-user-session", accountjids="juliet@localhost/two")) is None
    assert two.closing() == "reset"
    for stream in (one, three):
        assert stream.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost").get("type") == "result"
    reply = run(nurse, "end-user-session", accountjids=["juliet@localhost/two", "juliet@localhost"])
    assert note_of(reply) == "juliet@localhost/two: There is no such session."
    assert one.closing() == "reset" and three.closing() == "reset"
    assert note_of(run(nurse, "end-user-session", accountjids="juliet@localhost")) == \
        "juliet@localhost: There is no such session."
    assert why_not(server, "juliet") is None
    goes_on(server, "ending sessions")


def test_change_user_password(place):
    """R-133-08"""
    server, nurse = administered(place, "juliet")
    fields = fields_of(begin(nurse, "change-user-password"))
    assert list(fields) == ["FORM_TYPE", "accountjid", "password", "override"]
    assert is_required(fields["accountjid"]) and is_required(fields["password"])
    assert failure_of(run(nurse, "change-user-password", accountjid="nobody@localhost", password="x")) == NOT_FOUND
    juliet = login(server, "juliet")
    reply = run(nurse, "change-user-password", accountjid="juliet@localhost", password=SECRET + "2", override="0")
    assert note_of(reply) is None
    assert juliet.closing() == "reset"
    assert why_not(server, "juliet") == "not-authorized" and why_not(server, "juliet", SECRET + "2") is None
    goes_on(server, "changing a password")


def test_a_disk_that_fails(place):
    server, nurse = administered(place, "juliet", breakable=True)
    with server.broken_disk():
        reply = run(nurse, "add-user", accountjid="romeo@localhost", password=SECRET, password_verify=SECRET)
        assert failure_of(reply) == ("internal-server-error", "wait", "500", None)
        assert note_of(run(nurse, "delete-user", accountjids="juliet@localhost")) == \
            "juliet@localhost: That did not work."
    assert why_not(server, "juliet") is None and why_not(server, "romeo") == "not-authorized"
    assert "error\t" in server.log(), "the operator is not told"


# --- what there is ---

def number(client, command):
    values = results_of(send(client, command))
    assert len(values) == 1
    return {name: int(each) for name, (each,) in values.items()}


def test_numbers(place):
    """R-133-10"""
    server, nurse = administered(place, "juliet", "romeo", "tybalt")
    assert number(nurse, "get-registered-users-num") == {"registeredusersnum": 4}
    assert number(nurse, "get-disabled-users-num") == {"disabledusersnum": 0}
    run(nurse, "disable-user", accountjids=jids("juliet", "romeo"))
    run(nurse, "delete-user", accountjids="tybalt@localhost")
    assert number(nurse, "get-registered-users-num") == {"registeredusersnum": 3}
    assert number(nurse, "get-disabled-users-num") == {"disabledusersnum": 2}


def test_accounts_that_can_be_restored(place):
    """They are among the disabled, and can be had back."""
    server, nurse = administered(place, "juliet", host='registration_delete_grace_period = "1 week"')
    login(server, "juliet").remove()
    assert number(nurse, "get-registered-users-num") == {"registeredusersnum": 2}
    disabled = results_of(run(nurse, "get-disabled-users-list", max_items="none"))
    assert disabled == {"disableduserjids": ["juliet@localhost"]}
    assert note_of(run(nurse, "reenable-user", accountjids="juliet@localhost")) is None
    assert why_not(server, "juliet") is None
    assert note_of(run(nurse, "delete-user", accountjids="juliet@localhost")) is None
    assert number(nurse, "get-registered-users-num") == {"registeredusersnum": 1}


def test_lists(place):
    """R-133-11"""
    server, nurse = administered(place, "juliet", "romeo", general="default_iteration_count = 4096")
    names = [f"page{count:02}" for count in range(30)]
    make(server, *names)
    form = begin(nurse, "get-registered-users-list")
    options = [each.findtext(FORM + "value") for each in form.iter(FORM + "option")]
    assert options == ["25", "50", "75", "100", "150", "200", "none"]
    everybody = {name + "@localhost" for name in names + ["juliet", "romeo", "nurse"]}
    for limit, expected in (("25", 25), ("50", 33), ("none", 33), (None, 33)):
        fields = {"max_items": limit} if limit else {}
        found = results_of(run(nurse, "get-registered-users-list", **fields))["registereduserjids"]
        assert len(found) == len(set(found)) == expected and set(found) <= everybody, (limit, found)
    assert results_of(run(nurse, "get-disabled-users-list")) == {"disableduserjids": []}
    run(nurse, "disable-user", accountjids=jids("juliet", "page03"))
    assert sorted(results_of(run(nurse, "get-disabled-users-list", max_items="25"))["disableduserjids"]) == \
        jids("juliet", "page03")


def test_a_list_that_one_answer_does_not_hold(place):
    """R-133-11: it ends before it is too long for a stanza, and says so; with a limit there is nothing to say."""
    server, nurse = administered(place, host="muster_throttle = false", general="default_iteration_count = 4096")
    make(server, *(f"{count:03}" + 950 * "x" for count in range(230)))
    command = "get-registered-users-list"
    none = [each.get("label") for each in begin(nurse, command).iter(FORM + "option")][-1]
    assert "about 5,000" in none, none
    reply = run(nurse, command, max_items="none")
    found = results_of(reply)["registereduserjids"]
    assert 200 <= len(found) < 230 and sum(len(each) for each in found) < 200 * 1024, len(found)
    assert f"these {len(found)}" in note_of(reply) and 'muster:list("localhost")' in note_of(reply)
    reply = run(nurse, command, max_items="200")
    assert len(results_of(reply)["registereduserjids"]) == 200 and note_of(reply) is None


# --- logins ---

def last_logins(client, *names):
    values = results_of(run(client, "get-user-lastlogin", accountjids=jids(*names)))
    return dict(zip(values["accountjids"], values["lastlogin"]))


def seconds(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), text
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_last_logins(place):
    """R-133-12"""
    server, nurse = administered(place, "juliet", "romeo")
    began = int(time.time())
    assert why_not(server, "juliet") is None
    assert why_not(server, "romeo", "wrong") == "not-authorized"
    found = last_logins(nurse, "juliet", "romeo")
    assert began <= seconds(found["juliet@localhost"]) <= time.time() and found["romeo@localhost"] is None
    reply = run(nurse, "get-user-lastlogin", accountjids=jids("nobody", "romeo", "juliet"))
    assert note_of(reply) == "nobody@localhost: There is no such account."
    assert results_of(reply)["accountjids"] == jids("romeo", "juliet")
    # A later login counts, whether or not it was written; all are when the server stops
    time.sleep(1.1)
    login(server, "juliet")
    later = last_logins(nurse, "juliet")
    assert seconds(later["juliet@localhost"]) > seconds(found["juliet@localhost"])
    assert not (server.directory / "data/localhost/account_activity").exists(), "a login was written at once"
    assert f"Last login        {later['juliet@localhost']} by c2s" in server.shell('muster:show("juliet@localhost")')
    assert "Last login" not in server.shell('muster:show("romeo@localhost")')
    server.stop()
    server.start()
    nurse = login(server, "nurse")
    assert last_logins(nurse, "juliet") == later
    assert f"Last login        {later['juliet@localhost']} by c2s" in server.shell('muster:show("juliet@localhost")')
    assert last_logins(nurse, "romeo") == {"romeo@localhost": None}
    # An account that is gone leaves none to the next of its name
    login(server, "juliet")
    run(nurse, "delete-user", accountjids="juliet@localhost")
    run(nurse, "add-user", accountjid="juliet@localhost", password=SECRET, password_verify=SECRET, override="1")
    assert last_logins(nurse, "juliet") == {"juliet@localhost": None}
    goes_on(server, "logins")


def test_last_logins_are_written_after_a_while(place):
    server, nurse = administered(place, "juliet", host="muster_lastlogin_interval = 2")
    login(server, "juliet")
    kept = server.directory / "data/localhost/account_activity/juliet.dat"
    server.wait_until(kept.exists, "to write when somebody logged in")
    before = last_logins(nurse, "juliet")
    assert before["juliet@localhost"]
    server.kill()
    server.start()
    assert last_logins(login(server, "nurse"), "juliet") == before


def test_last_logins_outlive_a_reload(place):
    server, nurse = administered(place, "juliet")
    login(server, "juliet")
    before = last_logins(nurse, "juliet")
    assert before["juliet@localhost"]
    server.shell('module:reload("auth_muster", "localhost")')
    assert last_logins(nurse, "juliet") == before


def test_last_logins_beside_prosodys_own_module(place):
    """It notes when somebody was there at last; we still tell when they came."""
    modules = ("adhoc", "account_activity") if place.version == "13" else ("adhoc",)
    server, nurse = administered(place, "juliet", modules=modules)
    juliet = login(server, "juliet")
    came = last_logins(nurse, "juliet")
    time.sleep(1.1)
    juliet.send("</stream:stream>")
    juliet.closing()
    server.stop()
    record = (server.directory / "data/localhost/account_activity/juliet.dat").read_text()
    times = {name: int(at) for name, at in re.findall(r'\["(\w+)"\] = (\d+)', record)}
    assert times["login"] == seconds(came["juliet@localhost"])
    assert times["timestamp"] > times["login"] if place.version == "13" else times["timestamp"] == times["login"]
    server.start()
    nurse = login(server, "nurse")
    assert last_logins(nurse, "juliet") == came
