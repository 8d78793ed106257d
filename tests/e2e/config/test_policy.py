"""The policy that docs/policy.md begins with, in a server as it stands there."""

from harness.prosody import PROJECT
from harness.xmpp import Client, can_log_in, error_of


def sample():
    page = (PROJECT / "docs/policy.md").read_text()
    return page.split("```lua\n", 1)[1].split("\n```", 1)[0]


def complaints(server):
    return [line for line in server.log().splitlines() if "\terror\t" in line or "\twarn\t" in line]


def test_the_sample_policy(place):
    server = place.running(host=sample())
    assert not complaints(server), complaints(server)
    assert error_of(Client(server.port).register("juliet", "romeo"))[0] == "not-acceptable"
    assert error_of(Client(server.port).register("Postmaster", "wherefore art"))[0] == "conflict"
    assert error_of(Client(server.port).register("juliet", "wherefore art")) is None
    assert can_log_in(server.port, "juliet", "wherefore art") is None


def verdict_of(server, rule, address):
    table = server.shell(f'muster:explain("romeo@localhost", "{address}")')
    assert "romeo@localhost would be registered" in table, table
    return next(line for line in table.splitlines() if f" {rule} " in f" {line} ").split()


def test_the_sample_policy_throttles_those_who_are_not_exempt(place):
    server = place.running(host=sample())
    for rule in ("throttle", "rate"):
        assert "passes" in verdict_of(server, rule, "192.0.2.1")
        assert "passes" not in verdict_of(server, rule, "198.51.100.1")


def test_the_sample_policy_beside_stock_limits(place):
    """Prosody's own module keeps its rule, and ours steps back without a word."""
    server = place.running(host=sample(), modules=("register_muster", "register_limits"))
    assert not complaints(server), complaints(server)
    assert "passes" not in verdict_of(server, "throttle", "192.0.2.1")
    assert error_of(Client(server.port).register("juliet", "wherefore art")) is None
