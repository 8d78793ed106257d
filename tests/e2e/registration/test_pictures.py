"""What a program makes of the pictures that strangers are shown."""

import subprocess
import sys

from harness.place import Skip


def test_a_program_reads_less_than_one_in_twenty(place):
    """The pictures are the same whatever server shows them."""
    if place.version != "0.12":
        raise Skip("measured with 0.12 already")
    installation = place.installation
    done = subprocess.run([sys.executable, installation.project / "tests/bench/ocr.py", "--build", installation.build,
                           "--count", "200", "--limit", "5"], capture_output=True, text=True)
    print("      " + done.stdout.strip().replace("\n", "\n      "), flush=True)
    assert done.returncode == 0, done.stderr
