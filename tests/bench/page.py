"""Sections of docs/benchmarks.md that a program writes: what stands between a section's two marks."""

import os
import pathlib
import platform
import subprocess


def machine():
    model = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return f"{os.cpu_count()} processors ({model}), Linux {platform.release()}"


def version(command):
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return " ".join(words[:2])


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def write(path, section, text):
    """Replace the section, whose marks must be there."""
    begin, end = (f"<!-- {section}: {edge} of what script/bench {section} writes -->\n" for edge in ("begin", "end"))
    path = pathlib.Path(path)
    before, rest = path.read_text().split(begin)
    path.write_text(before + begin + "\n" + text + "\n\n" + end + rest.split(end)[1])
