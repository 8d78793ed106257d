"""A row that the disk has damaged ends no list: the others are in it, and an administrator is told what is not."""

from harness.damage import damage
from harness.xmpp import Client, error_of

LEFT_OUT = "Left out, for it cannot be read: "
UNREADABLE = "(a record in the store cannot be read)"


def register(server, name, source):
    return error_of(Client(server.port, source=source).register(name, "wherefore"))


def damaged(server, database, key):
    server.stop()
    damage(server.directory / "data/muster", database, key)
    server.start()


def assert_lists_the_others(server, command, key, *others):
    printed = server.shell(command)
    assert f"{LEFT_OUT}{key}" in printed and UNREADABLE in printed, printed
    assert all(other in printed for other in others), printed
    assert "OK" in printed, printed


def test_damaged_rows_in_lists(place):
    server = place.running()
    for number, name in enumerate(("ben", "juliet", "romeo")):
        assert register(server, name, f"127.0.0.{number + 2}") is None
        assert "OK" in server.shell(f'muster:block("localhost", "192.0.2.{number}")')
        assert "OK" in server.shell(f'muster:create("gone{number}@localhost", "wherefore")')
        assert "OK" in server.shell(f'muster:delete("gone{number}@localhost")')
    for database, key, command, others in (
            ("accounts", "juliet", 'muster:list("localhost")', ("ben@", "romeo@")),
            ("tombstones", "gone1", 'muster:tombstones("localhost")', ("gone0", "gone2")),
            ("directives", "block 192.0.2.1", "muster:directives()", ("192.0.2.0", "192.0.2.2")),
            ("buckets", "127.0.0.3 3600", "muster:throttle()", ("127.0.0.2", "127.0.0.4"))):
        damaged(server, database, key)
        assert_lists_the_others(server, command, key, *others)
    damaged(server, "audit", "")
    assert_lists_the_others(server, 'muster:audit("localhost", { limit = 99 })', "0006", "romeo", "juliet", "gone2")
    assert "ben@localhost" not in server.shell('muster:audit("localhost", { account = "ben@localhost" })')
    users = server.ctl("shell", "user", "list", "localhost").stdout if place.version == "13" else "ben romeo"
    assert "ben" in users and "romeo" in users, users


def test_a_damaged_bucket_is_reset(place):
    """Until then its address waits: how much is in it is not known."""
    server = place.running()
    assert register(server, "juliet", "127.0.0.2") is None
    damaged(server, "buckets", "127.0.0.2 3600")
    assert register(server, "romeo", "127.0.0.2") == ("internal-server-error", "wait", "500")
    assert register(server, "romeo", "127.0.0.3") is None
    assert "OK" in server.shell('muster:reset_throttle("localhost", "127.0.0.2")')
    assert register(server, "ben", "127.0.0.2") is None
