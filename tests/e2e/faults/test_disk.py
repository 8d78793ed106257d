"""The disk that holds the store is full, and the map is."""

import os
import subprocess

from harness.place import Skip
from harness.xmpp import Client, can_log_in, error_of


def small_disk(place, size="1m"):
    """A file system of its own for the store."""
    directory = place.directory / "disk"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", directory],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        raise Skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    place.on_clear(lambda: subprocess.run(["umount", "-l", directory], check=False))
    return directory


def fill(directory):
    path = directory / "filling"
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return path


def register_until_refused(server, most=3000):
    """Returns how many were taken, and the error."""
    for number in range(most):
        error = error_of(Client(server.port).register(f"name{number}", "secret"))
        if error:
            return number, error
    raise AssertionError("the store never became full")


def test_a_disk_that_becomes_full(place):
    """R-077-60: resource-constraint, nothing lost, and on it goes when there is room again"""
    disk = small_disk(place)
    server = place.running(general=f'muster_path = "{disk}/muster"\ndefault_iteration_count = 4096')
    assert error_of(Client(server.port).register("before", "secret")) is None
    filling = fill(disk)
    taken, error = register_until_refused(server)
    assert error == ("resource-constraint", "wait", "500"), error
    assert can_log_in(server.port, "before", "secret") is None
    assert can_log_in(server.port, f"name{taken}", "secret") == "not-authorized"
    filling.unlink()
    assert error_of(Client(server.port).register(f"name{taken}", "secret")) is None
    assert can_log_in(server.port, f"name{taken}", "secret") is None
    assert server.stop() == 0


def test_a_disk_that_is_full_at_the_start(place):
    """LMDB alone would die of SIGBUS; here the log says what is wrong."""
    disk = small_disk(place)
    fill(disk)
    server = place.running(general=f'muster_path = "{disk}/muster"')
    assert "No space left" in server.log() or "full" in server.log(), server.log()[-2000:]
    assert error_of(Client(server.port).register("juliet", "romeo"))[0] == "service-unavailable"
    assert server.alive()
    assert server.stop() == 0


def test_a_map_that_becomes_full(place):
    """muster_map_size is reached: the same answer, and the server goes on."""
    server = place.running(general="muster_map_size = 1048576\ndefault_iteration_count = 4096")
    taken, error = register_until_refused(server)
    assert error == ("resource-constraint", "wait", "500") and taken > 100, (taken, error)
    assert can_log_in(server.port, "name0", "secret") is None
    assert can_log_in(server.port, f"name{taken}", "secret") == "not-authorized"
    assert server.stop() == 0


def test_a_directory_without_permission(place):
    """Named in the log, with the user."""
    if os.geteuid() != 0:
        raise Skip("needs root, to give the directory to somebody else")
    store = place.directory / "store"
    store.mkdir(mode=0o700)
    server = place.server(user="prosody", general=f'muster_path = "{store}"').start()
    assert "cannot be used by user" in server.log(), server.log()[-2000:]
    assert error_of(Client(server.port).register("juliet", "romeo"))[0] == "service-unavailable"


def test_a_disk_that_fails(place):
    """R-077-45: the account and its data are stored together or not at all"""
    server = place.running(breakable=True, host='additional_registration_fields = { "email+" }')
    account = "<username>bill</username><password>secret</password><email>bard@shakespeare.lit</email>"
    with server.broken_disk():
        error = error_of(Client(server.port).query("set", account))
        assert error == ("internal-server-error", "wait", "500"), error
    assert can_log_in(server.port, "bill", "secret") == "not-authorized"
    assert error_of(Client(server.port).query("set", account)) is None
    assert can_log_in(server.port, "bill", "secret") is None
