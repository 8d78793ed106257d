#!/usr/bin/env python3
"""Measure what a registration costs the server's own thread, Muster beside the stock modules with a provider that does
nothing, with either garbage collector.

    python3 tests/bench/loop.py --build DIRECTORY [--server 0.12|13] [--rounds N] [--count N] [--write FILE]

No clients are connected: see tests/bench/modules/mod_loop_cost.lua. Figures are medians of the rounds, in which the
servers take turns, of processor time and not of the clock.
"""

import argparse
import datetime
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import page  # noqa: E402
from bench import COLLECTORS, OPEN, PEERS, medians  # noqa: E402
from harness.prosody import PROJECT, Installation, Prosody  # noqa: E402

USUAL = ("roster", "saslauth", "disco", "posix")
MEASURED = ("null", "muster")


def measure(options, installation, peer, collector, directory):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    result = directory / "result.json"
    lines = f'loop_cost_count = {options.count}\nloop_cost_file = "{result}"\n'
    settings = {**PEERS[peer], "modules": (*PEERS[peer]["modules"], "loop_cost")}
    # Files that stock modules write for each account would be measured with the disk
    server = Prosody(installation, directory, general=OPEN + COLLECTORS[collector] + lines, usual=USUAL, level="error",
                     host='storage = "memory"', plugins=("lua", "tests/bench/modules"), **settings).start()
    try:
        server.wait_until(lambda: result.exists() and result.read_text().endswith("\n"), "to be measured", 120)
    finally:
        server.stop()
    if server.log():
        raise SystemExit(f"loop: {server.log()[-2000:]}")
    found = json.loads(result.read_text())
    values = {f"{kind} {unit}": found[f"{kind}_{unit}"] - found[f"idle_{unit}"]
              for kind in ("get", "set") for unit in ("us", "alone", "kib")}
    return {**values, "both us": values["get us"] + values["set us"],
            "both alone": values["get alone"] + values["set alone"]}


def run(options, installation, directory):
    rounds = {(peer, collector): [] for collector in COLLECTORS for peer in MEASURED}
    for number in range(options.rounds):
        for peer, collector in rounds:
            values = measure(options, installation, peer, collector, directory)
            rounds[peer, collector].append(values)
            print(f"{installation.version:<5} round {number + 1} of {options.rounds}  {peer:<7} {collector:<13} "
                  f"{values['get us']:6.0f} + {values['set us']:6.0f} us", file=sys.stderr, flush=True)
    return {each: medians(values) for each, values in rounds.items()}


def report(options, found):
    header = ["µs of the server's thread", "form asked for", "registration", "both", "without the collector",
              "garbage, KiB"]
    rows = [[f"Prosody {version}, {peer}, {collector}",
             *(str(round(values[name])) for name in ("get us", "set us", "both us", "both alone")),
             f"{round(values['get kib'])} + {round(values['set kib'])}"]
            for version, figures in found.items() for (peer, collector), values in figures.items()]
    return (f"{datetime.date.today()}, {page.machine()}; {options.count} registrations, 50 at once, medians of "
            f"{options.rounds} interleaved rounds.\n\n" + page.table(header, rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--server", choices=("0.12", "13"), action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--write", help="the page whose section is replaced")
    options = parser.parse_args()
    directory = PROJECT / "build/loop"
    found = {}
    for version in options.server or ("0.12", "13"):
        root = None
        if version == "13":
            root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True,
                                  text=True).stdout.strip().splitlines()[-1]
        found[version] = run(options, Installation(version, root, options.build), directory)
    shutil.rmtree(directory, ignore_errors=True)
    text = report(options, found)
    print(text)
    if options.write:
        page.write(options.write, "loop", text)


if __name__ == "__main__":
    main()
