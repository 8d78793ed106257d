"""Guessing is slow, and keeps nobody out of their own account."""

import concurrent.futures
import time

from harness.xmpp import Client

GUESSER = "127.0.0.9"


def attempt(server, name, password, source=GUESSER, mechanism="PLAIN"):
    """The result of a login, and how long it took."""
    client = Client(server.port, source=source, timeout=60)
    begun = time.monotonic()
    if mechanism == "PLAIN":
        result = client.plain(name, password)
    else:
        result = client.scram(name, password, mechanism)
    client.close()
    return result, time.monotonic() - begun


def test_guesses_wait_and_the_owner_does_not(place):
    server = place.running()
    Client(server.port).register("juliet", "r0m30myr0m30")
    assert attempt(server, "juliet", "r0m30myr0m30", "127.0.0.1")[0] is None
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = []
        for name in ("juliet", "nobody"):  # whoever it is
            for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"):
                assert attempt(server, name, "wrong", mechanism=mechanism)[0] == "not-authorized"
        for name in ("juliet", "nobody"):
            futures.append(pool.submit(attempt, server, name, "wrong"))
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            assert attempt(server, "juliet", "r0m30myr0m30", "127.0.0.1", mechanism)[0] is None
        assert not any(future.done() for future in futures), "the fourth guess did not wait, or the owner did"
        for future in futures:
            result, seconds = future.result()
            assert result == "not-authorized"
            assert seconds > 0.5  # what is left of four seconds
    assert server.alive() and "r0m30myr0m30" not in server.log()


def rows(printed, subject):
    return [line for line in printed.splitlines() if f" {subject} " in line]


def test_guesses_are_told_and_forgotten(place):
    server = place.running(host="muster_guesses = { longest = 1, network = 2 }")
    Client(server.port).register("juliet", "r0m30myr0m30")
    for _ in range(5):
        assert attempt(server, "juliet", "wrong")[0] == "not-authorized"
    server.wait_until(lambda: rows(server.shell('muster:guesses("localhost")'), "juliet"), "to write it down")
    server.stop()
    server.start()
    printed = server.shell("muster:guesses()")
    assert rows(printed, "juliet") and rows(printed, GUESSER) and "2 subjects" in printed, printed
    audit = server.shell('muster:audit("localhost", { action = "login" })')
    assert len(rows(audit, "juliet")) == 1 and len(rows(audit, "wrong-password")) == 2, audit
    assert "guesses" in rows(audit, "juliet")[0] and GUESSER in rows(audit, "juliet")[0]
    assert "OK" in server.shell('muster:reset_guesses("localhost", "juliet")')
    assert "OK" in server.shell(f'muster:reset_guesses("localhost", "{GUESSER}")')
    assert "no username" in server.shell('muster:reset_guesses("localhost", "a b")')
    assert "0 subjects" in server.shell("muster:guesses()")


def test_guesses_that_come_all_at_once(place):
    """They are looked at one after the other; those that would wait for too long are refused."""
    server = place.running(host="muster_guesses = { longest = 2 }")
    Client(server.port).register("juliet", "r0m30myr0m30")
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        results = [future.result()[0] for future in
                   [pool.submit(attempt, server, "juliet", "wrong", f"127.0.0.{2 + number}") for number in range(12)]]
    assert set(results) == {"not-authorized", "temporary-auth-failure"}, results
    assert results.count("temporary-auth-failure") > 6, results


def test_who_hangs_up_while_waiting(place):
    server = place.running(host="muster_guesses = { longest = 1 }")
    Client(server.port).register("juliet", "r0m30myr0m30")
    assert attempt(server, "juliet", "wrong")[0] == "not-authorized"
    for _ in range(2):
        client = Client(server.port, source=GUESSER)
        client.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldAB3cm9uZw==</auth>")
        client.close()
    time.sleep(2.5)
    assert attempt(server, "juliet", "r0m30myr0m30")[0] is None
    assert "rror" not in "".join(line for line in server.log().splitlines() if "\terror\t" in line)
