"""Each mechanism with the clients of others: GNU SASL and slixmpp."""

import pathlib
import subprocess

from harness.gsasl import OldTlsClient, exchange
from harness.xmpp import Client, error_of

SETS = 'muster_scram = { "SHA-1", "SHA-256", "SHA-512" } muster_guesses = { longest = 1 }'
CLIENT = pathlib.Path(__file__).resolve().parents[1] / "clients/slixmpp_login.py"


def running(place):
    server = place.running(host=SETS)
    assert error_of(Client(server.port).register("juliet", "r0m30 & the nurse")) is None
    return server


def test_gnu_sasl(place):
    """R-SCR-01, R-SCR-02: whole exchanges"""
    server = running(place)
    for mechanism in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"):
        assert exchange(Client(server.port), mechanism, "juliet", "r0m30 & the nurse") is None, mechanism
        assert exchange(Client(server.port), mechanism, "juliet", "wrong") == "not-authorized", mechanism
        assert exchange(Client(server.port), mechanism, "nobody", "wrong") == "not-authorized", mechanism
    for mechanism in ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"):
        client = OldTlsClient(server.port)
        unique = client.socket.get_channel_binding("tls-unique")
        assert exchange(client, mechanism, "juliet", "r0m30 & the nurse", unique) is None, mechanism
        client = OldTlsClient(server.port)
        assert exchange(client, mechanism, "juliet", "r0m30 & the nurse", b"another stream's") == "not-authorized"


def slixmpp(server, mechanism, password):
    done = subprocess.run(["/usr/bin/python3", CLIENT, str(server.port), "juliet@localhost", password, mechanism],
                          capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or done.stderr


def test_slixmpp(place):
    """Where channel binding is offered, and it has seen that, it may not do without (RFC 5802, section 6)"""
    server = running(place)
    hashes = ("SHA-1", "SHA-256", "SHA-512")
    for mechanism in ("PLAIN", *(f"SCRAM-{each}-PLUS" for each in hashes)):
        answer = slixmpp(server, mechanism, "r0m30 & the nurse")
        assert answer == f"{mechanism} ok", answer
    for mechanism in (f"SCRAM-{each}" for each in hashes):
        answer = slixmpp(server, mechanism, "r0m30 & the nurse")  # 0.12 has none with TLS 1.3
        assert answer == f"{mechanism} {'ok' if place.version == '0.12' else 'not-authorized'}", answer
    assert slixmpp(server, "SCRAM-SHA-512-PLUS", "wrong") == "SCRAM-SHA-512-PLUS not-authorized"
