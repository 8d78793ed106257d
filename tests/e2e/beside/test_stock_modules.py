"""Prosody's own modules beside register_muster."""

import time

from harness import commands
from harness.place import Skip
from harness.xmpp import CLIENT, FEATURE, Client, can_log_in, error_of, logged_in


def next_message(client, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        element = client.receive(seconds)
        if element.tag == CLIENT + "message":
            return element.find(CLIENT + "body").text
    raise AssertionError("no message came")


def test_welcome(place):
    """R-PRJ-02: a new account finds a message"""
    server = place.running(modules=("register_muster", "welcome", "offline"),
                           general='welcome_message = "Hello $username on $host"')
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    client = logged_in(server.port, "juliet", "romeo")
    client.send("<presence/>")
    assert next_message(client) == "Hello juliet on localhost"


def test_welcome_of_accounts_that_operators_make(place):
    """R-PRJ-02: by either section of the console, and by prosodyctl"""
    server = place.running(modules=("register_muster", "welcome", "offline"),
                           general='welcome_message = "Hello $username on $host"')
    server.shell('muster:create("juliet@localhost", "secret")')
    server.shell('user:create("romeo@localhost", "secret")')
    server.ctl("adduser", "nurse@localhost", text="secret\nsecret\n")
    for name in ("juliet", "romeo", "nurse"):
        server.wait_until(lambda: "user-registered" in server.event_names(name), f"to tell of {name}")
        client = logged_in(server.port, name, "secret")
        client.send("<presence/>")
        assert next_message(client) == f"Hello {name} on localhost"
        client.send("<iq type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        left = client.receive()
        while left.get("id") != "end":
            assert left.tag != CLIENT + "message", "welcomed twice"
            left = client.receive()


def test_watchregistrations(place):
    """R-PRJ-02: an admin is told who registered"""
    server = place.running(modules=("register_muster", "watchregistrations"),
                           general='admins = { "nurse@localhost" }\nregistration_watchers = { "nurse@localhost" }')
    Client(server.port).register("nurse", "secret")
    nurse = logged_in(server.port, "nurse", "secret")
    nurse.send("<presence/>")
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    while "juliet" not in next_message(nurse):
        pass  # the message about herself
    assert error_of(Client(server.port).register("juliet", "romeo")) == ("conflict", "cancel", "409")
    for section, name in (("muster", "tybalt"), ("user", "paris")):
        assert "OK" in server.shell(f'{section}:create("{name}@localhost", "romeo")')
        assert f"User {name} " in next_message(nurse)
    nurse.send("<iq type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert nurse.receive().get("id") == "end", "a registration that failed was announced"


def waiting(client):
    """The messages that a client has been sent until now."""
    client.send("<iq type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    bodies, element = [], client.receive()
    while element.get("id") != "end":
        if element.tag == CLIENT + "message":
            bodies.append(element.find(CLIENT + "body").text)
        element = client.receive()
    return bodies


def present(port, username, resource="test"):
    client = logged_in(port, username, "romeo", resource)
    client.send("<presence/>")
    return client


def test_accounts_from_an_administrators_client(place):
    """R-PRJ-02: they are welcomed and watched for like any other."""
    server = place.running(modules=("register_muster", "welcome", "watchregistrations", "offline", "adhoc"),
                           general='admins = { "nurse@localhost" }\nwelcome_message = "Hello $username"')
    server.shell('muster:create("nurse@localhost", "romeo")')
    nurse = present(server.port, "nurse")
    assert len(waiting(nurse)) == 2
    other = logged_in(server.port, "nurse", "romeo", "other")
    commands.run(other, "add-user", accountjid="juliet@localhost", password="romeo", password_verify="romeo")
    assert next_message(nurse).startswith("User juliet just registered on localhost")
    assert waiting(present(server.port, "juliet")) == ["Hello juliet"]


def test_accounts_that_wait_to_be_approved(place):
    """R-PRJ-02: welcomed and watched for once, when they are approved, and from where is known still; never if they are
    not"""
    server = place.running(modules=("register_muster", "welcome", "watchregistrations", "offline"),
                           general='admins = { "nurse@localhost" }\nwelcome_message = "Hello $username"',
                           host='muster_registration = "approval"')
    server.shell('muster:create("nurse@localhost", "romeo")')
    nurse = present(server.port, "nurse")
    assert len(waiting(nurse)) == 2
    for name in ("juliet", "paris"):
        assert error_of(Client(server.port).register(name, "romeo")) is None
    while "paris" not in next_message(nurse):
        pass  # together or one after the other: they are to be approved
    assert "OK" in server.shell('muster:reject("paris@localhost")')
    assert "OK" in server.shell('muster:approve("juliet@localhost")')
    assert waiting(nurse) == ["User juliet just registered on localhost from 127.0.0.1"]
    assert waiting(present(server.port, "juliet")) == ["Hello juliet"]


def test_accounts_that_administrators_make(place):
    """R-PRJ-02: by ad-hoc commands, made or approved"""
    server = place.running(modules=("register_muster", "adhoc", "welcome", "offline", "watchregistrations"),
                           general='admins = { "nurse@localhost" }\nwelcome_message = "Hello $username"\n'
                                   'registration_watchers = { "nurse@localhost" }')
    assert error_of(Client(server.port).register("nurse", "secret")) is None
    watcher, nurse = (logged_in(server.port, "nurse", "secret", name) for name in ("watcher", "commands"))
    assert "OK" in server.shell('muster:mode("localhost", "approval")')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    for name in ("juliet", "tybalt", "juliet"):  # the last of them is refused
        commands.run(nurse, "add-user", accountjid=f"{name}@localhost", password="secret", password_verify="secret")
    watcher.send("<presence/>")
    seen = [next_message(watcher) for _ in range(5)]
    for wanted in ("Hello nurse", "User nurse ", "User juliet ", "User tybalt ", "approved on localhost: romeo"):
        assert sum(wanted in each for each in seen) == 1, (wanted, seen)
    reply = commands.run(nurse, "urn:muster:admin#approve-user", form_type="urn:muster:admin", accountjids="romeo@localhost")
    assert commands.note_of(reply) is None
    assert "User romeo " in next_message(watcher)
    watcher.send("<iq type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert watcher.receive().get("id") == "end", "something was announced twice"
    for name in ("romeo", "juliet", "tybalt"):
        client = logged_in(server.port, name, "secret")
        client.send("<presence/>")
        assert next_message(client) == f"Hello {name}"
        client.send("<iq type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        left = client.receive()
        while left.get("id") != "end":
            assert left.tag != CLIENT + "message", "welcomed twice"
            left = client.receive()


def test_register_limits(place):
    """The stock throttle refuses, and what it refuses leaves no account."""
    server = place.running(modules=("register_muster", "register_limits"),
                           general="registration_throttle_max = 2\nregistration_throttle_period = 3600\n"
                                   "registration_allowlist = { }")
    errors = [error_of(Client(server.port).register(f"name{number}", "romeo")) for number in range(4)]
    throttled = ("policy-violation", "wait", "403")
    assert errors == [None, None, throttled, throttled], errors
    assert can_log_in(server.port, "name3", "romeo") == "not-authorized"


def test_register_limits_blocklist(place):
    server = place.running(modules=("register_muster", "register_limits"),
                           general='registration_blocklist = { "127.0.0.0/8" }')
    assert error_of(Client(server.port).register("juliet", "romeo")) == ("forbidden", "auth", "403")
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"


def test_tombstones(place):
    """A removed name is not given away again. The module looks for a tombstone once a run, so the server is started
    anew."""
    server = place.running(modules=("register_muster", "tombstones"))
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    client = logged_in(server.port, "juliet", "romeo")
    client.remove()
    client.closing()
    server.stop()
    server.start()
    assert error_of(Client(server.port).register("juliet", "other")) is not None, "the name was given away again"
    assert error_of(Client(server.port).register("nurse", "other")) is None
    assert can_log_in(server.port, "juliet", "other") == "not-authorized"


def test_mimicking(place):
    """Names that look alike are refused."""
    server = place.running(modules=("register_muster", "mimicking"))
    assert error_of(Client(server.port).register("paypal", "romeo")) is None
    assert error_of(Client(server.port).register("paypa1", "romeo")) == ("not-acceptable", "modify", "406")


def test_register_ibr_is_never_asked(place):
    """R-077-01: both loaded, one feature, one account"""
    server = place.running(modules=("register_ibr", "register_muster"))
    client = Client(server.port)
    assert len(client.features.findall(FEATURE)) == 1
    assert error_of(client.register("juliet", "romeo")) is None
    assert server.event_names("juliet").count("user-registered") == 1


def test_vetoes(place):
    """R-PRJ-01: handlers that wait, refuse in every form, or fail"""
    server = place.running(modules=("register_muster", "test_veto"))

    def outcome(name):
        reply = Client(server.port).register(name, "romeo")
        text = reply.find(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")
        return error_of(reply), text.text if text is not None else None

    assert outcome("slow1") == (None, None)
    assert outcome("content1") == (None, None)
    assert outcome("legacy1") == (("policy-violation", "wait", "403"), "Not now & not here")
    assert outcome("late1") == outcome("legacy1")
    assert outcome("modern1") == (("forbidden", "auth", "403"), "Go away")
    assert outcome("silent1") == (("not-acceptable", "modify", "406"), None)
    assert outcome("broken1")[0] == ("internal-server-error", "wait", "500")
    for name in ("slow1", "content1"):
        assert can_log_in(server.port, name, "romeo") is None, name
    for name in ("legacy1", "late1", "modern1", "silent1", "broken1"):
        assert can_log_in(server.port, name, "romeo") == "not-authorized", name
    assert outcome("juliet")[0] is None, "the server does not go on"


def test_two_wait_for_one_name(place):
    """Both were let through before either was made: one gets it."""
    server = place.running(modules=("register_muster", "test_veto"))
    clients = [Client(server.port) for _ in range(2)]
    for client in clients:
        client.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>slow</username>"
                    "<password>romeo</password></query></iq>")
    found = sorted((error_of(client.receive()) or ("result",))[0] for client in clients)
    assert found == ["conflict", "result"], found


def test_events_of_a_registration(place):
    """R-PRJ-01: asked once, told once, and no password in it"""
    server = place.running()
    Client(server.port).register("juliet", "romeo")
    Client(server.port).register("juliet", "other")
    events = [event for event in server.events() if event[1] == "juliet"]
    names = [event[0] for event in events]
    assert names.count("user-registered") == 1 and names[0] == "user-registering", names
    assert ("user-registered", "juliet", "-", "mod_register", "127.0.0.1") in events
    assert all(event[2] == "-" for event in events), "an event carries a password"
    if place.version == "0.12":
        assert "user-enabled" not in names
    else:
        assert names.index("user-enabled") < names.index("user-registered")


def test_roles_of_new_accounts(place):
    if place.version == "0.12":
        raise Skip("0.12 gives no roles to accounts")
    server = place.running()
    Client(server.port).register("juliet", "romeo")
    assert "prosody:registered" in server.shell('user:role("juliet@localhost")')


def test_streams_without_an_address(place):
    """As those have that other modules make: no module is told one, and none breaks."""
    server = place.running(modules=("register_muster", "watchregistrations", "welcome", "register_limits",
                                    "test_no_address"),
                           general='registration_watchers = { "nurse@localhost" }\nregistration_throttle_max = 1\n'
                                   'registration_throttle_period = 3600')
    for name in ("nurse", "juliet"):
        assert error_of(Client(server.port).register(name, "romeo")) is None
    nurse, juliet = [logged_in(server.port, name, "romeo") for name in ("nurse", "juliet")]
    nurse.send("<presence/>")
    assert error_of(Client(server.port).register("romeo", "juliet")) is None
    while "romeo just registered" not in next_message(nurse):
        pass  # the welcome
    assert error_of(juliet.change_password("juliet", "tybalt")) is None
    assert can_log_in(server.port, "juliet", "tybalt") is None
    assert error_of(juliet.remove()) is None and juliet.closing() == "not-authorized"
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert not faults, faults
