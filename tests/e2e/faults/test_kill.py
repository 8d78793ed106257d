"""The server dies without warning while accounts are made or removed.

An answered request was carried out for good. An unanswered one was carried out as a whole or left no trace. What was to
be done after a change (role, details, events, contacts told) is done once the server is back.
"""

import random
import time

from harness.crowd import STREAMS, answer, answers, connect, logins, send_registrations
from harness.place import Skip
from harness.xmpp import CLIENT, Client, Closed, befriend, error_of, logged_in

# Names that are not there are looked for by logging in, quickly
PLAINTEXT = 'c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\nmuster_guesses = false\n'
ROLE = 'register_ibr_default_role = "prosody:member"\n'
PASSWORD = "Calliope"


def fired(server, kind):
    """The names for which this event was fired"""
    return {event[1] for event in server.events() if event[0] == kind}


def stored(server, store, name):
    return (server.directory / "data" / server.domain / store / f"{name}.dat").exists()


def check_whole(server, name):
    """An account with everything that belongs to it"""
    assert "user-registered" in server.event_names(name), f"{name}: user-registered was not fired"
    assert stored(server, "account_details", name), f"{name} has no details"
    if server.installation.version != "0.12":
        assert stored(server, "account_roles", name), f"{name} has no role"


def check_absent(server, name):
    assert "user-registered" not in server.event_names(name), f"{name} is not there, but its event was fired"
    assert not stored(server, "account_details", name) and not stored(server, "account_roles", name), name
    assert error_of(Client(server.port, tls=False).register(name, "another")) is None, f"{name} is not free"


def check_registrations(server, outcomes, when):
    """After the restart. Returns how many were made without an answer. On a slow machine so many at once may be too much
    from one address; who is told so has no account."""
    assert set(outcomes.values()) <= {"result", "resource-constraint", None}, f"{when}: {outcomes}"
    failures = logins(server.port, outcomes, PASSWORD)
    for name, outcome in outcomes.items():
        assert failures[name] in (None, "not-authorized"), f"{when}: login of {name}: {failures[name]}"
        if outcome == "result":
            assert failures[name] is None, f"{when}: {name} was answered and cannot log in"
        elif outcome is not None:
            assert failures[name] is not None, f"{when}: {name} was refused and can log in"
    there = [name for name, failure in failures.items() if failure is None]
    server.wait_until(lambda: fired(server, "user-registered") >= set(there), "to carry out what was left")
    for name in outcomes:
        (check_whole if name in there else check_absent)(server, name)
    return len([name for name in there if outcomes[name] is None])


def wave(server, number, delay):
    """Registrations on all streams at once; the server is killed after `delay`, or not if that is None."""
    names = [f"round{number}x{stream}" for stream in range(STREAMS)]
    clients = connect(server.port)
    began = time.monotonic()
    send_registrations(clients, names, PASSWORD)
    if delay is not None:
        time.sleep(delay)
        server.kill()
    outcomes = answers(clients, names)
    return outcomes, time.monotonic() - began


def test_killed_while_fifty_streams_register(place):
    server = place.running(general=PLAINTEXT, host=ROLE)
    outcomes, whole = wave(server, 0, None)
    assert set(outcomes.values()) == {"result"}, outcomes
    answered = unanswered = 0
    rounds = 300 if place.long else 30
    for number in range(1, rounds + 1):
        delay = random.uniform(0, 1.1 * whole)
        outcomes, _ = wave(server, number, delay)
        server.start()
        unanswered += check_registrations(server, outcomes, f"round {number}, killed after {delay:.4f} s")
        answered += list(outcomes.values()).count("result")
    assert 0 < answered < rounds * STREAMS, f"{answered} answers: the server was not killed in between"
    print(f"      {answered} of {rounds * STREAMS} answered, {unanswered} made without an answer")


def test_killed_between_commit_and_effects(place):
    """The account is in the store, nothing else has happened yet."""
    trigger = place.directory / "die"
    server = place.running(general=f'{PLAINTEXT}crash_at = "user-registered"\ncrash_file = "{trigger}"\n', host=ROLE,
                           modules=("register_muster", "test_crash"))
    trigger.write_text("")
    client = Client(server.port, tls=False)
    send_registrations([client], ["juliet"], PASSWORD)
    assert answer(client) is None
    assert server.process.wait(10) != 0
    assert "user-registered" not in server.event_names("juliet"), "the server did not die in time"
    trigger.unlink()
    server.kill()
    server.start()
    assert check_registrations(server, {"juliet": None}, "killed in user-registered") == 1


def test_killed_before_a_role_is_given(place):
    """What an operator, or another module of the host, has chosen for the account is given at the next start."""
    if place.version == "0.12":
        raise Skip("0.12 gives no roles to accounts")
    trigger = place.directory / "die"
    server = place.running(general=f'{PLAINTEXT}crash_at = "role"\ncrash_file = "{trigger}"\n',
                           modules=("register_muster", "test_crash", "test_veto"))

    def role_after_death(name, register):
        trigger.write_text("")
        register()
        assert server.process.wait(10) != 0
        trigger.unlink()
        server.kill()
        server.start()
        server.wait_until(lambda: "user-registered" in server.event_names(name), "to carry out what was left")
        return server.shell(f'user:role("{name}@localhost")')

    def by_console():
        server.shell('muster:create("nurse@localhost", "Calliope", { role = "prosody:admin" })')

    def in_band():
        send_registrations([Client(server.port, tls=False)], ["guest1"], PASSWORD)

    assert "prosody:admin" in role_after_death("nurse", by_console)
    assert "prosody:guest" in role_after_death("guest1", in_band)


def subscription(server, name, contact):
    """What `name` has on its roster of `contact`, or None"""
    stream = logged_in(server.port, name, PASSWORD, "looking", tls=False)
    roster = stream.iq("get", "<query xmlns='jabber:iq:roster'/>")
    stream.close()
    for item in roster.iter("{jabber:iq:roster}item"):
        if item.get("jid") == f"{contact}@localhost":
            return item.get("subscription")
    return None


def wait_for_roster(server, name, contact, wanted):
    server.wait_until(lambda: subscription(server, name, contact) == wanted, f"to have {contact} as {wanted} of {name}")


def test_killed_between_removal_and_effects(place):
    """The account is gone from the store, its contacts were not told and its data are still there."""
    trigger = place.directory / "die"
    server = place.running(general=f'{PLAINTEXT}crash_at = "user-deleted"\ncrash_file = "{trigger}"\n',
                           modules=("register_muster", "test_crash"))
    for name in ("romeo", "juliet"):
        assert error_of(Client(server.port, tls=False).register(name, PASSWORD)) is None
    romeo, juliet = [logged_in(server.port, name, PASSWORD, tls=False) for name in ("romeo", "juliet")]
    befriend(romeo, juliet)
    wait_for_roster(server, "juliet", "romeo", "both")
    wait_for_roster(server, "romeo", "juliet", "both")
    trigger.write_text("")
    romeo.send("<iq type='set' id='wave'><query xmlns='jabber:iq:register'><remove/></query></iq>")
    assert answer(romeo) is None
    assert server.process.wait(10) != 0
    trigger.unlink()
    server.kill()
    server.start()
    server.wait_until(lambda: "romeo" in fired(server, "user-deleted"), "to fire user-deleted")
    wait_for_roster(server, "juliet", "romeo", "none")
    assert not stored(server, "roster", "romeo"), "the roster of the removed account is still there"
    assert logins(server.port, ["romeo"], PASSWORD) == {"romeo": "not-authorized"}
    juliet.close()


def test_killed_while_accounts_are_removed(place):
    """Twenty at once, in rounds"""
    server = place.running(general=PLAINTEXT)
    for number in range(50 if place.long else 5):
        names = [f"round{number}x{stream}" for stream in range(20)]
        clients = connect(server.port, len(names))
        send_registrations(clients, names, PASSWORD)
        assert set(answers(clients, names).values()) == {"result"}
        streams = [logged_in(server.port, name, PASSWORD, tls=False) for name in names]
        for stream in streams:
            stream.send("<iq type='set' id='wave'><query xmlns='jabber:iq:register'><remove/></query></iq>")
        time.sleep(random.uniform(0, 0.05))
        server.kill()
        outcomes = answers(streams, names)
        server.start()
        failures = logins(server.port, names, PASSWORD)
        assert set(failures.values()) <= {None, "not-authorized"}, failures
        gone = {name for name, failure in failures.items() if failure}
        assert gone >= {name for name, outcome in outcomes.items() if outcome == "result"}, (outcomes, failures)
        server.wait_until(lambda: fired(server, "user-deleted") >= gone, "to carry out what was left")
        assert not any(stored(server, "account_details", name) for name in gone)
        assert all(stored(server, "account_details", name) for name in set(names) - gone)


def test_killed_between_the_steps_of_the_console(place):
    """Prosody 13 names an account, gives it a role, then a password, then enables it. Before the last step nobody can
    log in and nobody sees it; it can be removed and made anew."""
    if place.version == "0.12":
        raise Skip("0.12 makes an account in one step")
    trigger = place.directory / "die"
    server = place.running(general=f'{PLAINTEXT}crash_at = "-"\ncrash_file = "{trigger}"\n',
                           modules=("register_muster", "test_crash"))
    create = f'user:create("juliet@localhost", "{PASSWORD}")'
    crash_at = "-"
    for event in ("user-role-changed", "user-password-changed", "user-enabled"):
        server.stop()
        server.reconfigure(f'crash_at = "{crash_at}"', f'crash_at = "{event}"')
        crash_at = event
        server.start()
        trigger.write_text("")
        server.shell(create)
        assert server.process.wait(10) != 0
        trigger.unlink()
        server.kill()
        server.start()
        if event == "user-enabled":
            assert logins(server.port, ["juliet"], PASSWORD) == {"juliet": None}
            assert "juliet" in server.shell('user:list("localhost")')
            server.wait_until(lambda: "user-enabled" in server.event_names("juliet"), "to carry out what was left")
        else:
            assert logins(server.port, ["juliet"], PASSWORD) == {"juliet": "not-authorized"}, event
            assert "juliet" not in server.shell('user:list("localhost")'), event
            assert "OK" in server.shell('user:delete("juliet@localhost")')
            assert "OK" in server.shell(create), event
            assert logins(server.port, ["juliet"], PASSWORD) == {"juliet": None}, event
            assert "OK" in server.shell('user:delete("juliet@localhost")')
            assert "OK" in server.shell('muster:release("juliet@localhost")')  # else its name is kept
