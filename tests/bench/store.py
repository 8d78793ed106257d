#!/usr/bin/env python3
"""Measure the store with many accounts, beside LMDB by itself and SQLite.

    python3 tests/bench/store.py --build DIRECTORY [--accounts N] [--rounds N] [--directory D] [--write FILE]

Makes the accounts first, in an order in which nobody sorts them, and removes all of it in the end. Takes 1.5 GB of
disk a million accounts, and with ten million a quarter of an hour. With --directory the store is made there and kept,
and one that is there already is used.
"""

import argparse
import collections
import datetime
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import page

SIZES = (1000, 100_000)  # that opening is measured with, beside the whole
LOOKUPS = 300_000
COMMIT_MS = 2000


class Store:
    def __init__(self, build, directory):
        self.program = pathlib.Path(build) / "tests/bench/muster-store"
        self.directory = directory

    def run(self, command, *arguments):
        """The objects that the program prints; what it says of its progress goes on to stderr."""
        done = subprocess.run([self.program, command, self.directory, *map(str, arguments)], stdout=subprocess.PIPE,
                              text=True)
        if done.returncode != 0:
            raise SystemExit(f"store: muster-store {command} failed")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def opening(self):
        found = self.run("open", 21)
        return found[0]["accounts"], found[0]["used_bytes"], statistics.median(each["ms"] for each in found)


def say(text):
    print(f"store: {text}", file=sys.stderr, flush=True)


def medians(samples, *keys):
    found = collections.defaultdict(list)
    for sample in samples:
        found[tuple(sample[key] for key in keys)].append(sample["per_second"])
    return {key: statistics.median(values) for key, values in found.items()}


def openings(options, work):
    """Milliseconds by number of accounts, of small stores."""
    found = {}
    for count in SIZES:
        small = Store(options.build, work / f"small-{count}")
        small.run("fill", 0, count)
        found[count] = small.opening()[2]
    return found


def measure(options, work, store):
    sqlite = work / "accounts.sqlite"
    if not store.directory.exists():
        say(f"making {options.accounts} accounts")
        store.run("fill", 0, options.accounts)
    found = {"opening": openings(options, work)}
    count, found["bytes"], found["opening"][options.accounts] = store.opening()
    if count != options.accounts:
        raise SystemExit(f"store: {store.directory} has {count} accounts, not {options.accounts}")
    found["memory"] = store.run("memory", options.accounts, 1_000_000)
    say("copying them into SQLite")
    store.run("sqlite", sqlite)
    found["sqlite bytes"] = sqlite.stat().st_size
    say("looking up")
    found["lookups"] = medians(store.run("lookup", sqlite, options.accounts, options.rounds, LOOKUPS), "way")
    sqlite.unlink()
    say("committing")
    scratch = Store(options.build, work / "scratch")
    scratch.run("fill", 0, SIZES[-1])
    found["commits"] = medians(scratch.run("commit", SIZES[-1], options.rounds, COMMIT_MS), "way", "at_once")
    return found


def lookup_table(found):
    own, renewed, sqlite = (found[way,] for way in ("LMDB", "LMDB, renewed", "SQLite"))
    rows = []
    for (way,), rate in found.items():
        beside = renewed if way in ("LMDB, renewed", "Muster, a transaction each") else own
        rows.append([way, f"{rate:.0f}", f"{rate / beside:.2f}", f"{rate / sqlite:.1f}"])
    return page.table(["Look-ups", "per second of a core", "times LMDB's", "times SQLite's"], rows)


def commit_table(found):
    counts = sorted({at_once for _, at_once in found})
    rows = [[way, *(f"{found[way, count]:.0f}" for count in counts)] for way in ("LMDB", "Muster")]
    rows.append(["times", *(f"{found['Muster', count] / found['LMDB', count]:.2f}" for count in counts)])
    return page.table(["Accounts put on disk a second, so many at once", *map(str, counts)], rows)


def report(options, found):
    opening = ", ".join(f"{ms:.2f} ms with {count:,} accounts" for count, ms in found["opening"].items())
    opened, touched = found["memory"]
    return "\n\n".join((
        f"{datetime.date.today()}, {page.machine()}; {options.accounts:,} accounts, each with two sets of keys; medians "
        f"of {options.rounds} interleaved rounds, look-ups in processor time, commits by the clock.",
        f"- Opening, as a server does: {opening}.\n"
        f"- On disk: {found['bytes'] / options.accounts:.0f} bytes an account, with its row in the index of look-alikes "
        f"and the space that random order leaves; in SQLite, which got the accounts sorted and without that index, "
        f"{found['sqlite bytes'] / options.accounts:.0f}.\n"
        f"- Memory of a process with the store open: {opened['own_mib']:.1f} MiB of its own, and "
        f"{touched['own_mib']:.1f} after a million look-ups; mapped pages of the file, which the system takes back when "
        f"it needs them: {opened['file_mib']:.0f} and {touched['file_mib']:.0f} MiB.",
        lookup_table(found["lookups"]), commit_table(found["commits"])))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--accounts", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=pathlib.Path, help="where the store is, or is made and kept")
    parser.add_argument("--write", help="the page whose section is replaced")
    options = parser.parse_args()
    pathlib.Path("build").mkdir(exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="store-", dir="build"))
    try:
        text = report(options, measure(options, work, Store(options.build, options.directory or work / "store")))
    finally:
        shutil.rmtree(work)
    print(text)
    if options.write:
        page.write(options.write, "store", text)


if __name__ == "__main__":
    main()
