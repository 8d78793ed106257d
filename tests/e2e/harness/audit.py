"""The audit, as the console prints it."""

import collections
import re

Entry = collections.namedtuple("Entry", "when what account host outcome rule door address by notes")


def read(console, door=None):
    """The entries of localhost that came by a door, the oldest first; and all that was printed."""
    printed = console.run('muster:audit("localhost", { limit = 100 })')
    lines = [line.removeprefix("| ") for line in printed]
    titles = next((line for line in lines if line.startswith("When ")), "")
    begins = [match.start() for match in re.finditer(r"\S+", titles)]
    rows = [[line[begin:end].strip() for begin, end in zip(begins, begins[1:] + [None])]
            for line in lines if re.match(r"\d{4}-", line)]
    assert len(rows) < 100, "the audit is longer than a page"
    entries = [Entry(*row) for row in reversed(rows)]
    return [entry for entry in entries if door in (None, entry.door)], "\n".join(printed)
