#!/usr/bin/env python3
"""Measure registration and login, Muster beside its peers, in one run.

    python3 tests/bench/bench.py --build DIRECTORY [--server 0.12|13] [--rounds N] [--count N] [--write FILE]

The peers, on the same Prosody: "stock" is mod_register_ibr with internal_hashed; "null" is mod_register_ibr with
accounts in a Lua table, neither hashed nor kept: what the event loop itself can do. Each runs with the stock garbage
collector and with the generational one. Debian's ejabberd runs beside them where it is installed. Every figure is the
median of the rounds, in which the servers take turns.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import ejabberd  # noqa: E402
import page  # noqa: E402
from harness.prosody import PROJECT, Installation, Prosody  # noqa: E402

USUAL = ("roster", "saslauth", "disco", "ping", "pep", "vcard4", "posix", "private", "blocklist", "bookmarks")
OPEN = "allow_registration = true\nc2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n"
GENERATIONAL = 'gc = { mode = "generational" }\n'
RATE = 120
PEERS = {
    "stock": {"authentication": "internal_hashed", "modules": ("register_ibr",)},
    "null": {"authentication": "table", "modules": ("register_ibr",)},
    "muster": {"authentication": "muster", "modules": ("register_muster",)},
}
COLLECTORS = {"stock gc": "", "generational": GENERATIONAL}


def load(options, server, command, prefix, count, *further):
    done = subprocess.run([pathlib.Path(options.build) / "tests/bench/muster-load", command, "--port",
                           str(server.port), "--host", server.domain, "--prefix", prefix, "--count", str(count),
                           "--connections", "50", *further], capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    if report["failed"] or "bystander_failure" in report:
        raise SystemExit(f"bench: {command} failed: {done.stdout}{server.log()[-2000:]}")
    return report


def processor_s(server):
    """Of the server's first thread, which has the event loop of a Prosody; of its others; of the load it has had."""
    ticks = {}
    for task in pathlib.Path(f"/proc/{server.pid()}/task").iterdir():
        user, system = (task / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
        ticks[int(task.name)] = int(user) + int(system)
    hertz, spent = os.sysconf("SC_CLK_TCK"), os.times()
    loop = ticks.pop(server.pid())
    return loop / hertz, sum(ticks.values()) / hertz, spent.children_user + spent.children_system


def figures_of(options, server):
    load(options, server, "register", "warm", 100)
    # First, for what full speed leaves behind on the heap slows the fixed rate too
    steady = load(options, server, "register", "c", RATE * options.seconds, "--rate", str(RATE), "--bystander")
    before = processor_s(server)
    registered = load(options, server, "register", "a", options.count)
    loop, others, client = ((after - earlier) * 1000 / options.count
                            for after, earlier in zip(processor_s(server), before))
    logins = load(options, server, "login", "a", options.count)
    full = load(options, server, "register", "b", options.count, "--bystander")
    return {
        "registrations/s": registered["per_second"], "p99 ms": registered["latency_ms"]["p99"],
        "logins/s": logins["per_second"],
        "ping mean": steady["bystander_ms"]["mean"], "ping p99": steady["bystander_ms"]["p99"],
        "ping max": steady["bystander_ms"]["max"],
        "full mean": full["bystander_ms"]["mean"], "full p99": full["bystander_ms"]["p99"],
        "loop ms": loop, "others ms": others, "client ms": client,
    }


def measure(options, installation, peer, collector, directory):
    """One server: its figures by name."""
    shutil.rmtree(directory, ignore_errors=True)
    server = Prosody(installation, directory, general=OPEN + COLLECTORS[collector], usual=USUAL, level="warn",
                     plugins=("lua", "tests/bench/modules"), **PEERS[peer]).start()
    try:
        return figures_of(options, server)
    finally:
        server.stop()


def measure_ejabberd(options, directory):
    server = ejabberd.Ejabberd(directory).start()
    try:
        return figures_of(options, server)
    finally:
        server.stop()


def medians(rounds):
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


COLUMNS = (("registrations/s", 0), ("p99 ms", 0), ("logins/s", 0), ("ping mean", 2), ("ping p99", 1), ("ping max", 1),
           ("full mean", 1), ("full p99", 1), ("loop ms", 2), ("others ms", 2))


def table(figures):
    lines = ["| Server | " + " | ".join(name for name, _ in COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for (peer, collector), values in figures.items():
        cells = (f"{values[name]:.{digits}f}" for name, digits in COLUMNS)
        lines.append(f"| {peer}, {collector} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def row(text, figures, value):
    return f"| {text} | " + " | ".join(value(figures, each) for each in COLLECTORS) + " |"


def ratio(name, peer):
    return lambda figures, each: f"{figures['muster', each][name] / figures[peer, each][name]:.2f}"


def hashing_limit(values):
    """Registrations a second if the loop had a processor for itself, and hashing, disk and clients all others."""
    return (os.cpu_count() - 1) * 1000 / (values["others ms"] + values["client ms"])


def reached(figures, each):
    values = figures["muster", each]
    lower = min(figures["null", each]["registrations/s"], hashing_limit(values))
    return f"{values['registrations/s'] / lower:.2f}"


def ratios(figures):
    lines = ["| Muster's | " + " | ".join(COLLECTORS) + " |", "|---|" + "---:|" * len(COLLECTORS)]
    for text, value in (
            ("registrations, times stock's", ratio("registrations/s", "stock")),
            ("the loop's limit: null's registrations a second",
             lambda figures, each: f"{figures['null', each]['registrations/s']:.0f}"),
            ("the limit of hashing, if the loop had a processor for itself",
             lambda figures, each: f"{hashing_limit(figures['muster', each]):.0f}"),
            ("registrations, times the lower limit", reached),
            ("logins, times stock's", ratio("logins/s", "stock")),
            (f"mean ping at {RATE}/s, times null's", ratio("ping mean", "null")),
            (f"mean ping at {RATE}/s, times stock's", ratio("ping mean", "stock"))):
        lines.append(row(text, figures, value))
    return "\n".join(lines)


def report(options, found):
    parts = [f"{datetime.date.today()}, {page.machine()}; {options.count} registrations and logins, "
             f"{options.seconds} s at {RATE} arrivals a second, medians of {options.rounds} rounds."]
    for version, figures in found.items():
        parts += [f"## {version}", table(figures)]
        if ("muster", "stock gc") in figures:
            parts.append(ratios(figures))
    return "\n\n".join(parts)


def say(options, number, name, values):
    print(f"round {number + 1} of {options.rounds}  {name:<30} {values['registrations/s']:7.0f}/s  "
          f"{values['logins/s']:7.0f} logins/s  ping {values['ping mean']:6.2f} ms", flush=True, file=sys.stderr)


def run_ejabberd(options, directory):
    rounds = []
    for number in range(options.rounds):
        rounds.append(measure_ejabberd(options, directory))
        say(options, number, "ejabberd", rounds[-1])
    return {("ejabberd", "as Debian has it, backlog: 128"): medians(rounds)}


def run(options, installation, directory):
    rounds = {(peer, collector): [] for collector in COLLECTORS for peer in PEERS}
    for number in range(options.rounds):
        for peer, collector in rounds:
            rounds[peer, collector].append(measure(options, installation, peer, collector, directory))
            say(options, number, f"{installation.version}, {peer}, {collector}", rounds[peer, collector][-1])
    return {each: medians(values) for each, values in rounds.items()}


MARK = "<!-- written by script/bench from here on -->\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--server", choices=("0.12", "13"), action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--write", help="replace what this file has below its mark")
    options = parser.parse_args()
    directory = PROJECT / "build/bench"
    found = {}
    for version in options.server or ("0.12", "13"):
        root = None
        if version == "13":
            root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True,
                                  text=True).stdout.strip().splitlines()[-1]
        found[f"Prosody {version}"] = run(options, Installation(version, root, options.build), directory)
    if ejabberd.version():
        found[f"ejabberd {ejabberd.version()}"] = run_ejabberd(options, directory)
    shutil.rmtree(directory, ignore_errors=True)
    text = report(options, found)
    print(text)
    if options.write:
        path = pathlib.Path(options.write)
        path.write_text(path.read_text().split(MARK)[0] + MARK + "\n" + text + "\n")


if __name__ == "__main__":
    main()
