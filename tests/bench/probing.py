#!/usr/bin/env python3
"""Measure whether the time of a login's answers tells which names exist.

    python3 tests/bench/probing.py --build DIRECTORY [--server 0.12|13] [--tries N] [--write FILE]

Wrong passwords are tried, one after the other over one stream, against names of enabled accounts, of such with devices,
of disabled and pending ones, and against names that nobody has, in an order that is drawn anew for each round; the store
is sealed by a pepper, which would be more to do where there is an account. The times of two kinds are compared by
the test of Mann and Whitney: p is how likely samples are that differ as much or more, where there is no difference.
"""

import argparse
import base64
import datetime
import math
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import page  # noqa: E402
from harness.prosody import PROJECT, Installation, Prosody  # noqa: E402
from harness.xmpp import SASL, Client, error_of  # noqa: E402

KINDS = ("enabled", "devices", "disabled", "pending", "unknown")
NAMES = 20  # of each kind
DEVICES = 2  # of each account that has some
STEPS = ("SCRAM, first message", "SCRAM, proof", "PLAIN")
SETTINGS = """c2s_require_encryption = false
allow_unencrypted_plain_auth = true
registration_delete_grace_period = 0
"""


def names_of(kind):
    """All of the same length."""
    return [f"{kind:_<8}{number:02}" for number in range(NAMES)]


def prepare(installation, directory):
    shutil.rmtree(directory, ignore_errors=True)
    pepper = directory / "peppers"
    server = Prosody(installation, directory, general=f'{SETTINGS}muster_pepper_file = "{pepper}"\n', level="warn",
                     host='muster_registration = "approval" muster_guesses = false muster_throttle = false')
    pepper.write_text(f"bench {os.urandom(32).hex()}\n")
    pepper.chmod(0o600)
    server.start()
    for kind in KINDS[:-1]:
        for name in names_of(kind):
            client = Client(server.port, tls=False)
            assert error_of(client.register(name, "a password")) is None
            client.close()
    for kind in ("enabled", "devices", "disabled"):
        for name in names_of(kind):
            assert "OK" in server.shell(f'muster:approve("{name}@localhost")')
    for name in names_of("devices"):
        for number in range(DEVICES):
            assert "OK" in server.shell(f'muster:make_device("{name}@localhost", "device {number}")')
    for name in names_of("disabled"):
        assert "OK" in server.shell(f'muster:disable("{name}@localhost")')
    return server


def timed(client, text):
    begun = time.perf_counter_ns()
    client.send(text)
    answer = client.receive()
    return answer, (time.perf_counter_ns() - begun) / 1e3


def encode(message):
    return base64.b64encode(message).decode()


def auth(mechanism, message):
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{encode(message)}</auth>"


def scram(client, name):
    """Microseconds of the two steps, with a proof that is none."""
    challenge, first = timed(client, auth("SCRAM-SHA-256", f"n,,n={name},r=rOprNGfwEbeRWgbNEkqO".encode()))
    assert challenge.tag == SASL + "challenge"
    nonce = base64.b64decode(challenge.text).decode().split(",")[0]
    failure, last = timed(client, "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + encode(
        f"c=biws,{nonce},p={encode(os.urandom(32))}".encode()) + "</response>")
    assert client._result(failure) == "not-authorized"
    return first, last


def plain(client, name):
    failure, took = timed(client, auth("PLAIN", f"\0{name}\0wrong password".encode()))
    assert client._result(failure) == "not-authorized"
    return took


def measure(server, tries):
    """Microseconds by step and kind."""
    client = Client(server.port, tls=False)
    samples = {(step, kind): [] for step in STEPS for kind in KINDS}
    for number in range(-20, tries):  # the first ones warm up
        for kind in random.sample(KINDS, len(KINDS)):
            name = names_of(kind)[number % NAMES]
            took = (*scram(client, name), plain(client, name))
            for step, each in zip(STEPS, took):
                if number >= 0:
                    samples[step, kind].append(each)
    client.close()
    return samples


def mann_whitney(one, other):
    """The two-sided p, by the normal distribution, which is good for samples of such sizes."""
    ordered = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, ties, at = 0.0, 0.0, 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            end += 1
        ranks += sum(1 for _, which in ordered[at:end] if which == 0) * (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    first, second, whole = len(one), len(other), len(ordered)
    deviation = math.sqrt(first * second / 12 * (whole + 1 - ties / (whole * (whole - 1))))
    distance = abs(ranks - first * (first + 1) / 2 - first * second / 2)
    return math.erfc(distance / deviation / math.sqrt(2))


def figures_of(samples):
    rows = []
    for step in STEPS:
        for kind in KINDS:
            values = samples[step, kind]
            quarters = statistics.quantiles(values, n=4)
            p = "" if kind == KINDS[0] else f"{mann_whitney(values, samples[step, KINDS[0]]):.2f}"
            rows.append([f"{step}, {kind}", f"{quarters[1]:.0f}", f"{quarters[0]:.0f} to {quarters[2]:.0f}", p])
    return page.table(["Answer to", "median, µs", "middle half, µs", "p, beside enabled"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--server", choices=("0.12", "13"), action="append")
    parser.add_argument("--tries", type=int, default=2000)
    parser.add_argument("--write", help="the page whose section is replaced")
    options = parser.parse_args()
    directory = PROJECT / "build/probing"
    parts = [f"{datetime.date.today()}, {page.machine()}; {options.tries} tries of each kind, against {NAMES} names."]
    for version in options.server or ("0.12", "13"):
        root = None
        if version == "13":
            root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True,
                                  text=True).stdout.strip().splitlines()[-1]
        server = prepare(Installation(version, root, options.build), directory)
        try:
            parts += [f"Prosody {version}:", figures_of(measure(server, options.tries))]
        finally:
            server.stop()
    shutil.rmtree(directory, ignore_errors=True)
    text = "\n\n".join(parts)
    print(text)
    if options.write:
        page.write(options.write, "probing", text)


if __name__ == "__main__":
    main()
