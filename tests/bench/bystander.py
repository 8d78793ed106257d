#!/usr/bin/env python3
"""Measure what everybody else notices: a bystander pings while others register, log in, or ask for a form at a fixed
rate, and while an administrator lists 100,000 accounts; with Muster, and under the same connections with a provider that
does nothing.

    python3 tests/bench/bystander.py --build DIRECTORY [--server 0.12|13] [--collector NAME] [--rounds N]
                                     [--seconds N] [--write FILE]

Figures are medians of the rounds, in which the servers take turns. Takes ten minutes a server and collector.
"""

import argparse
import datetime
import pathlib
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import page  # noqa: E402
from bench import COLLECTORS, OPEN, PEERS, USUAL, load, medians  # noqa: E402
from harness.console import Console  # noqa: E402
from harness.population import fill  # noqa: E402
from harness.prosody import PROJECT, Installation, Prosody  # noqa: E402

RATES = (120, 200)
LISTED = 100_000
PICTURES = 'muster_challenges = { "ocr", "SHA-256" }\n'
MEASURED = ("null", "muster")


def started(installation, directory, peer, general):
    shutil.rmtree(directory, ignore_errors=True)
    return Prosody(installation, directory, general=OPEN + general, usual=(*USUAL, "admin_shell"), level="warn",
                   plugins=("lua", "tests/bench/modules"), **PEERS[peer]).start()


def noticed(report):
    return {name: report["bystander_ms"][name] for name in ("mean", "p99")}


def at_rates(options, server, command, prefix, found):
    for rate in RATES:
        own = prefix if command != "register" else f"{prefix}{rate}x"
        report = load(options, server, command, own, rate * options.seconds, "--rate", str(rate), "--bystander")
        found[f"{command} {rate}"] = noticed(report)


def while_listed(options, server, peer):
    """One login a second, and with Muster one list after the other: the other provider has none of such a size."""
    over, lists = threading.Event(), []

    def read(console):
        while not over.is_set():
            lists.append(console.run('muster:list("localhost")')[-1])

    if peer == "muster":
        fill(server, LISTED)
        reader = threading.Thread(target=read, args=(Console(server, timeout=120),))
        reader.start()
    report = load(options, server, "login", f"b{RATES[-1]}x", options.seconds, "--rate", "1", "--bystander")
    over.set()
    if peer == "muster":
        reader.join()
        if not lists or not all(line.startswith("OK: ") for line in lists):
            raise SystemExit(f"bystander: no list was printed: {lists}")
    return noticed(report)


def measure(options, installation, peer, collector, directory):
    """The bystander's figures by situation."""
    found = {}
    server = started(installation, directory, peer, COLLECTORS[collector])
    try:
        load(options, server, "register", "warm", 100)
        at_rates(options, server, "register", "b", found)
        at_rates(options, server, "login", f"b{RATES[-1]}x", found)
        found["list"] = while_listed(options, server, peer)
    finally:
        server.stop()
    server = started(installation, directory, peer, COLLECTORS[collector])
    try:
        load(options, server, "register", "p", 1)  # the bystander's
        if peer == "muster":
            server.stop()
            server.reconfigure("modules_enabled", PICTURES + "modules_enabled")
            server.start()
        at_rates(options, server, "ask", "p", found)
    finally:
        server.stop()
    return {f"{situation} {name}": value for situation, values in found.items() for name, value in values.items()}


def run(options, installation, collector, directory):
    rounds = {peer: [] for peer in MEASURED}
    for number in range(options.rounds):
        for peer in MEASURED:
            values = measure(options, installation, peer, collector, directory)
            rounds[peer].append(values)
            print(f"{installation.version:<5} {collector:<13} round {number + 1} of {options.rounds}  {peer:<7} "
                  f"{values['register 120 mean']:6.2f} ms", file=sys.stderr, flush=True)
    return {peer: medians(values) for peer, values in rounds.items()}


SITUATIONS = [(f"{command} {rate}", f"{rate} {what} a second") for command, what in
              (("register", "registrations"), ("login", "logins by PLAIN"), ("ask", "forms with a picture"))
              for rate in RATES] + [("list", f"lists of {LISTED:,} accounts")]


def rows(figures):
    for key, text in SITUATIONS:
        cells = []
        for name, digits in (("mean", 2), ("p99", 1)):
            null, muster = (figures[peer][f"{key} {name}"] for peer in MEASURED)
            cells += [f"{null:.{digits}f}", f"{muster:.{digits}f}", f"{muster / null:.2f}"]
        yield [text, *cells]


def report(options, found):
    parts = [f"{datetime.date.today()}, {page.machine()}; {options.seconds} s each, medians of {options.rounds} rounds."]
    for (version, collector), figures in found.items():
        header = [f"Prosody {version}, {collector}", "mean, null", "muster", "times", "p99, null", "muster", "times"]
        parts.append(page.table(header, rows(figures)))
    return "\n\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--server", choices=("0.12", "13"), action="append")
    parser.add_argument("--collector", choices=tuple(COLLECTORS), action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--write", help="the page whose section is replaced")
    options = parser.parse_args()
    directory = PROJECT / "build/bystander"
    found = {}
    for version in options.server or ("0.12", "13"):
        root = None
        if version == "13":
            root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True,
                                  text=True).stdout.strip().splitlines()[-1]
        for collector in options.collector or COLLECTORS:
            found[version, collector] = run(options, Installation(version, root, options.build), collector, directory)
    shutil.rmtree(directory, ignore_errors=True)
    text = report(options, found)
    print(text)
    if options.write:
        page.write(options.write, "bystander", text)


if __name__ == "__main__":
    main()
