#!/usr/bin/env python3
"""Run the end-to-end tests: real servers, real clients.

    python3 tests/e2e/run.py --build DIRECTORY [--server 0.12|13] [--jobs N] [--long] [PATTERN...]

A test is a function test_... of a file test_*.py, which is called with a Place; it passes unless it throws. Each runs on
every version of Prosody, and so many files at a time as there are jobs: tests wait more than they work. PATTERN selects
tests by a part of their file's or own name. The last line is "N passed, N failed".
"""

import argparse
import importlib.util
import inspect
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness.place import Place, Skip  # noqa: E402
from harness.prosody import PROJECT, Installation  # noqa: E402


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem + "_" + path.parent.name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(path):
    functions = inspect.getmembers(load(path), inspect.isfunction)
    tests = [(name, function) for name, function in functions if name.startswith("test_")]
    return sorted(tests, key=lambda test: test[1].__code__.co_firstlineno)


def run_one(installation, options, name, function):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    os.chmod(directory, 0o755)
    place = Place(installation, directory, options.long)
    began = time.monotonic()
    verdict, detail = "ok", ""
    try:
        function(place)
    except Skip as skip:
        verdict, detail = "skipped", str(skip)
    except Exception:  # noqa: BLE001 - whatever it is, the test has failed
        verdict, detail = "FAILED", traceback.format_exc()
    finally:
        place.clear()
    took = time.monotonic() - began
    lines = [f"{installation.version:<5} {name:<72} {took:6.1f} s  {verdict}", *detail.splitlines()]
    if verdict == "FAILED" and options.keep:
        lines.append(f"left in {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    print("\n      ".join(lines) + "\n", end="", flush=True)  # at once, for others print too
    return verdict


def run_file(installation, options, path):
    verdicts = []
    for name, function in tests_of(path):
        full = f"{path.parent.name}/{path.stem[5:]}: {name[5:].replace('_', ' ')}"
        if not options.pattern or any(each in full or each in name for each in options.pattern):
            verdicts.append(run_one(installation, options, full, function))
    return verdicts


def installations(options):
    found = []
    if options.server in (None, "0.12"):
        found.append(Installation("0.12", None, options.build))
    if options.server in (None, "13"):
        root = subprocess.run([PROJECT / "script/prosody-13"], check=True, capture_output=True, text=True).stdout
        found.append(Installation("13", root.strip().splitlines()[-1], options.build))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release", help="where muster.so and the clients are")
    parser.add_argument("--server", choices=("0.12", "13"))
    parser.add_argument("--jobs", type=int, default=2, help="test files to run at a time")
    parser.add_argument("--long", action="store_true", help="more rounds")
    parser.add_argument("--keep", action="store_true", help="keep the directories of failed tests")
    parser.add_argument("pattern", nargs="*")
    options = parser.parse_args()
    servers = installations(options)
    with ProcessPoolExecutor(options.jobs) as pool:
        files = [pool.submit(run_file, server, options, path)
                 for path in sorted(HERE.glob("*/test_*.py")) for server in servers]
        verdicts = [verdict for file in files for verdict in file.result()]
    if "skipped" in verdicts:
        print(f"{verdicts.count('skipped')} skipped, for the reasons above")
    print(f"{verdicts.count('ok')} passed, {verdicts.count('FAILED')} failed")
    return 1 if "FAILED" in verdicts or "ok" not in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
