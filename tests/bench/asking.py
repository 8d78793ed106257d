#!/usr/bin/env python3
"""Measure what challenges with pictures cost everybody else: 50 connections ask for the form, one after the other, at a
fixed rate and at full speed, while a bystander pings; with a picture in each form, and with none. All come from one
address, which may have a quarter of the queue: where drawing is slower than asking, the rest is refused, and counted.

    python3 tests/bench/asking.py [--build DIRECTORY] [--server 0.12|13] [--count N] [--rate N]
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))

from bench import OPEN, USUAL  # noqa: E402
from harness.prosody import PROJECT, Installation, Prosody  # noqa: E402

KINDS = {"no challenge": "", "pictures": 'muster_challenges = { "ocr", "SHA-256" }\n'}


def ask(options, server, count, *further):
    done = subprocess.run([pathlib.Path(options.build) / "tests/bench/muster-load", "ask", "--port", str(server.port),
                           "--host", server.domain, "--prefix", "p", "--count", str(count), "--connections", "50",
                           *further], capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    if set(report["conditions"]) - {"resource-constraint"} or "bystander_failure" in report:
        raise SystemExit(f"asking: {done.stdout}{server.log()[-2000:]}")
    return report


def measure(options, installation, challenges, directory):
    shutil.rmtree(directory, ignore_errors=True)
    server = Prosody(installation, directory, general=OPEN + challenges, usual=USUAL, level="warn",
                     authentication="muster", modules=("register_muster",))
    made = server.ctl("register", "p0", server.domain, "Tr4wler/p0")  # the bystander's
    if made.returncode != 0:
        raise SystemExit(f"asking: {made.stdout}{made.stderr}")
    server.start()
    try:
        ask(options, server, 100)
        steady = ask(options, server, options.count, "--rate", str(options.rate), "--bystander")
        full = ask(options, server, options.count, "--bystander")
    finally:
        server.stop()
    return steady, full


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--server", choices=("0.12", "13"), default="0.12")
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--rate", type=int, default=120)
    options = parser.parse_args()
    directory = PROJECT / "build/bench"
    root = None
    if options.server == "13":
        root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True,
                              text=True).stdout.strip().splitlines()[-1]
    installation = Installation(options.server, root, options.build)
    print(f"| Prosody {options.server} | forms/s | refused | p99 ms | ping mean | ping p99 | ping max | full mean | "
          "full p99 |")
    print("|---|" + "---:|" * 8)
    for kind, challenges in KINDS.items():
        steady, full = measure(options, installation, challenges, directory)
        ping, pressed = steady["bystander_ms"], full["bystander_ms"]
        print(f"| {kind} | {full['per_second']:.0f} | {full['failed']} | {full['latency_ms']['p99']:.0f} | "
              f"{ping['mean']:.2f} | {ping['p99']:.1f} | {ping['max']:.1f} | {pressed['mean']:.1f} | {pressed['p99']:.1f} |", flush=True)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
