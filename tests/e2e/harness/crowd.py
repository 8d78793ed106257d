"""Many client streams at once: a wave of registrations sent together, and what became of each."""

import concurrent.futures
import socket
import struct
import threading

from .xmpp import Client, Closed, can_log_in, error_of

STREAMS = 50


def outcome_of(reply):
    """"result", or the condition of the error."""
    error = error_of(reply)
    return error[0] if error else reply.get("type")


def connect(port, count=STREAMS):
    """Plaintext streams: the server of these tests allows them."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: Client(port, tls=False), range(count)))


def send_registrations(clients, names, password):
    for client, name in zip(clients, names):
        client.send("<iq type='set' id='wave'><query xmlns='jabber:iq:register'>"
                    f"<username>{name}</username><password>{password}</password></query></iq>")


def answer(client, timeout=30):
    """The outcome, or None if the stream ended without one. A stream that stays silent is an error of the test."""
    try:
        while True:
            reply = client.receive(timeout)
            if reply.get("id") == "wave":
                return outcome_of(reply)
    except (Closed, ConnectionError):
        return None


def answers(clients, names):
    """Outcomes by name; the streams are closed."""
    outcomes = {name: answer(client) for client, name in zip(clients, names)}
    for client in clients:
        client.close()
    return outcomes


def logins(port, names, password):
    """By name: None, or why it cannot log in. On plaintext streams."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(names, pool.map(lambda name: can_log_in(port, name, password, tls=False), names)))


def vanish(client):
    """Be gone at once: the server finds its connection reset."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


class Traffic:
    """Streams that register one account after the other until told to stop; outcomes by name, None where none came."""

    def __init__(self, port, password, streams=8):
        self.port = port
        self.password = password
        self.outcomes = {}
        self.over = threading.Event()
        self.errors = []
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(streams)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _run(self, number):
        count = 0
        try:
            while not self.over.is_set():
                count += 1
                name = f"traffic{number}x{count}"
                client = Client(self.port, tls=False)
                send_registrations([client], [name], self.password)
                self.outcomes[name] = answer(client)
                client.close()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for us
            self.errors.append(f"stream {number}, registration {count}: {error!r}")

    def names(self, *outcomes):
        return [name for name, outcome in self.outcomes.items() if outcome in outcomes]
