#!/usr/bin/env python3
"""Have Tesseract read pictures, and say how many it got right.

    python3 tests/bench/ocr.py [--build DIRECTORY] [--count N] [--limit PERCENT] [--font FILE] [--keep DIRECTORY]

Each picture is read as a line, as a word and as raw text, as it is and cleaned as an attacker would (black on white,
thin lines taken out, three times as large), with the letters that answers have and no others. The exit status is 1 if
one of these ways gets more whole answers right than the limit, 5 percent unless told otherwise. With --keep the
pictures stay, and sheet.png among them shows twenty: read them yourself before you look at answers.txt.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
MODES = {"a line": "7", "a word": "8", "raw": "13"}


def draw(options, directory):
    """Numbers, answers, bytes, microseconds."""
    font = [options.font] if options.font else []
    done = subprocess.run([pathlib.Path(options.build) / "tests/bench/muster-pictures", directory,
                           str(options.count), *font], check=True, capture_output=True, text=True)
    (directory / "answers.txt").write_text(done.stdout)
    return [line.split() for line in done.stdout.splitlines()]


def read(files, mode, letters):
    """What Tesseract makes of each file. There is a form feed between two pages."""
    done = subprocess.run(["tesseract", "stdin", "stdout", "--psm", mode, "-c", f"tessedit_char_whitelist={letters}"],
                          input="\n".join(map(str, files)) + "\n", capture_output=True, text=True, check=True,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    pages = done.stdout.split("\f")
    if len(pages) != len(files):
        raise SystemExit(f"ocr: {len(files)} pictures gave {len(pages)} texts\n{done.stderr[-2000:]}")
    return ["".join(page.split()) for page in pages]


def letters_right(text, answer):
    return sum(a == b for a, b in zip(text, answer))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=PROJECT / "build/release")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--limit", type=float, default=5)
    parser.add_argument("--font")
    parser.add_argument("--keep")
    options = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(options.keep or temporary)
        directory.mkdir(parents=True, exist_ok=True)
        pictures = draw(options, directory)
        sizes = [int(size) for _, _, size, _ in pictures]
        times = [int(time) / 1000 for _, _, _, time in pictures]
        alphabet = "".join(sorted({letter for _, answer, _, _ in pictures for letter in answer}))
        print(f"{len(pictures)} pictures: {statistics.mean(sizes):.0f} bytes, at most {max(sizes)}; "
              f"{statistics.mean(times):.1f} ms of processor time each, at most {max(times):.1f}")
        for suffix, how in (("", "as it is"), ("-clean", "cleaned")):
            files = [directory / f"{number}{suffix}.png" for number, _, _, _ in pictures]
            for name, mode in MODES.items():
                texts = read(files, mode, alphabet)
                right = sum(text == answer for text, (_, answer, _, _) in zip(texts, pictures))
                letters = sum(letters_right(text, answer) for text, (_, answer, _, _) in zip(texts, pictures))
                print(f"{how + ', as ' + name:<22} {right:4} right ({100 * right / len(pictures):.1f} %), "
                      f"{100 * letters / len(pictures) / 6:.0f} % of letters", flush=True)
                worst = max(worst, 100 * right / len(pictures))
    return worst > options.limit


if __name__ == "__main__":
    sys.exit(main())
