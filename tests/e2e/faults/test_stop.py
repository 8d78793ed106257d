"""The server is told to stop, modules are reloaded, clients vanish: with operations in flight."""

import concurrent.futures
import time

from harness.xmpp import Client, Closed, can_log_in, error_of

# Many who were not answered are looked for by logging in.
PLAIN_TEXT = "c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\nmuster_guesses = false"


def send_all(server, count, prefix):
    """A registration on each of many streams, none waited for."""
    clients = [Client(server.port, tls=False) for _ in range(count)]
    for number, client in enumerate(clients):
        client.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{prefix}{number}</username>"
                    "<password>secret</password></query></iq>")
    return clients


def answers(clients):
    """By number: None if registered, a condition if refused, "closed" if the stream ended without an answer."""
    found = {}
    for number, client in enumerate(clients):
        try:
            error = error_of(client.receive())
            found[number] = error and error[0]
        except (Closed, OSError):
            found[number] = "closed"
    return found


def check(server, found, prefix):
    for number, verdict in found.items():
        failure = can_log_in(server.port, f"{prefix}{number}", "secret", tls=False)
        allowed = {None: (None,), "closed": (None, "not-authorized")}.get(verdict, ("not-authorized",))
        assert failure in allowed, f"{prefix}{number} was answered {verdict}, and logging in gives {failure}"


def test_stop_with_operations_queued(place):
    server = place.running(general=PLAIN_TEXT)
    clients = send_all(server, 60, "stop")
    time.sleep(0.02)
    assert server.stop() == 0
    found = answers(clients)
    server.start()
    check(server, found, "stop")
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert not faults, faults


def test_reloads_with_operations_in_flight(place):
    """mod_muster, mod_auth_muster and mod_register_muster are reloaded again and again; every request is answered."""
    server = place.running(general=PLAIN_TEXT)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for round_number in range(3):
            clients = send_all(server, 40, f"reload{round_number}n")
            job = pool.submit(answers, clients)
            for name, host in (("muster", "*"), ("auth_muster", "localhost"), ("register_muster", "localhost")):
                assert "OK" in server.shell(f'module:reload("{name}", "{host}")')
            found = job.result()
            assert set(found.values()) == {None}, found
            check(server, found, f"reload{round_number}n")


def test_unload_and_load_with_operations_in_flight(place):
    server = place.running(general=PLAIN_TEXT)
    clients = send_all(server, 40, "unload")
    assert "OK" in server.shell('module:unload("muster", "*")')
    found = answers(clients)
    assert set(found.values()) <= {None, "service-unavailable", "internal-server-error"}, found
    assert can_log_in(server.port, "unload0", "secret", tls=False) == "temporary-auth-failure"
    assert "OK" in server.shell('module:load("muster", "*")')
    check(server, found, "unload")
    assert error_of(Client(server.port, tls=False).register("after", "secret")) is None


def test_clients_that_vanish(place):
    """A client is gone while its hash is computed: its account is made, its effects carried out, nothing breaks."""
    server = place.running(general=PLAIN_TEXT)
    for client in send_all(server, 30, "gone"):
        client.close()
    server.wait_until(lambda: all("user-registered" in server.event_names(f"gone{each}") for each in range(30)),
                      "to carry out what the vanished asked for")
    for number in range(30):
        assert can_log_in(server.port, f"gone{number}", "secret", tls=False) is None
    for number in range(10):
        client = Client(server.port, tls=False)
        client.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGdvbmUwAHNlY3JldA==</auth>")
        client.close()
    assert can_log_in(server.port, "gone0", "secret", tls=False) is None
    faults = [line for line in server.log().splitlines() if "\terror\t" in line or "raceback" in line]
    assert not faults, faults
