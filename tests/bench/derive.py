#!/usr/bin/env python3
"""Measure the derivation of keys on each path that this processor has, beside OpenSSL's PBKDF2.

    python3 tests/bench/derive.py --build DIRECTORY [--rounds N] [--write FILE]

Figures are medians of the rounds, in which the paths take turns, of processor time and not of the clock: other load on
the machine changes them little.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

import page

HASHES = ("SHA-1", "SHA-256", "SHA-512")
ITERATIONS = 10000
WITHOUT_SHA = ":~0x20000000"  # OPENSSL_ia32cap: the library then does as on a processor without SHA instructions


def measure(options, further):
    """Microseconds of each derivation, by path, hash and how many at once."""
    command = [pathlib.Path(options.build) / "tests/bench/muster-derive", str(options.rounds), str(ITERATIONS)]
    samples = collections.defaultdict(list)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **further}) as program:
        for line in program.stdout:
            sample = json.loads(line)
            key = sample["path"], sample["hash"], sample["count"]
            if key == next(iter(samples), key):
                print(f"round {len(samples[key]) + 1} of {options.rounds}", file=sys.stderr, flush=True)
            samples[key].append(sample["us"])
    if program.returncode != 0:
        raise SystemExit("derive: muster-derive failed")
    return {key: statistics.median(values) for key, values in samples.items()}


def paths_table(found, unaided):
    rows = []
    for path in dict.fromkeys(path for path, _, _ in found):
        cells = []
        for hash_name in HASHES:
            us = next(us for (each, name, _), us in found.items() if (each, name) == (path, hash_name))
            cells.append(f"{1e6 / us:.0f} ({found['OpenSSL', hash_name, 1] / us:.1f})")
        rows.append([path, *cells])
    cells = [f"{1e6 / unaided['one by one', name, 1]:.0f}" for name in HASHES]
    rows.append(["one by one, without SHA instructions", *cells])
    return page.table(["Derivations/s of one core (times OpenSSL's)", *HASHES], rows)


def queue_table(found):
    counts = sorted({count for _, name, count in found if name == "both"})
    single = {count: found["one by one", "both", count] for count in counts}
    rows = []
    for path in dict.fromkeys(path for path, name, _ in found if name == "both"):
        cells = (f"{found[path, 'both', count] / 1e3:.2f} ({single[count] / found[path, 'both', count]:.1f})"
                 for count in counts)
        rows.append([path, *cells])
    return page.table(["ms of one core for each (times one by one)", *map(str, counts)], rows)


def report(options, found, unaided):
    return "\n\n".join((
        f"{datetime.date.today()}, {page.machine()}, {page.version(['openssl', 'version'])}; {ITERATIONS} iterations, "
        f"processor time, medians of {options.rounds} interleaved rounds. A vector path is measured with all its "
        "lanes taken.", paths_table(found, unaided),
        "Registrations that wait together, each with both sets of keys (SHA-1 and SHA-256), as a worker derives them:",
        queue_table(found)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", help="the page whose section is replaced")
    options = parser.parse_args()
    text = report(options, measure(options, {}), measure(options, {"OPENSSL_ia32cap": WITHOUT_SHA}))
    print(text)
    if options.write:
        page.write(options.write, "derive", text)


if __name__ == "__main__":
    main()
