"""Metrics by the server's own statistics and mod_http_openmetrics."""

import re
import subprocess
import urllib.request

from harness import commands
from harness.challenges import QUESTIONS, Challenge, ask, hand_in
from harness.invitations import WORTHLESS, holder, invite, show
from harness.xmpp import Client, can_log_in, error_of, logged_in

MODULES = ("register_muster", "http_openmetrics")
GENERAL = 'statistics = "internal"\nstatistics_interval = "manual"\nhttp_interfaces = { "127.0.0.1" }\n'
PREFIX = "prosody_mod_muster__"
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")


def metered(place, general=GENERAL, modules=MODULES, **settings):
    return place.running(general=general, modules=modules, listening=("http",), **settings)


def page(server):
    return urllib.request.urlopen(f"http://127.0.0.1:{server.ports['http']}/metrics", timeout=10).read().decode()


def metrics(server):
    """Muster's: numbers by name and labels."""
    found = {}
    for line in page(server).splitlines():
        match = SAMPLE.fullmatch(line)
        if match and match[1].startswith(PREFIX):
            labels = re.findall(r'(\w+)="([^"]*)"', match[2] or "")
            found[match[1][len(PREFIX):], frozenset(labels)] = float(match[3])
    return found


def of(found, name, **labels):
    return found.get((name, frozenset({"host": "localhost", **labels}.items())))


def attempts(server):
    """Numbers by (door, action, outcome)."""
    names = ("door", "action", "outcome")
    return {tuple(dict(labels)[each] for each in names): number
            for (name, labels), number in metrics(server).items() if name == "attempts_total"}


def test_attempts(place):
    """Every try of a change counts once, by how it came, what it was for, and why it was refused; asking does not."""
    server = metered(place, host='block_registrations_users = { "admin" }\nregistration_blocklist = { "192.0.2.0/24" }\n'
                                 "password_policy = { length = 5 }")
    assert attempts(server) == {}
    assert Client(server.port).query("get").get("type") == "result"
    assert attempts(server) == {}
    expected = {}
    for username, password, condition, outcome in (
            ("juliet", "romeo", None, "ok"), ("nurse", "romeo", None, "ok"),
            ("juliet", "romeo", "conflict", "name-taken"), ("admin", "romeo", "conflict", "name-reserved"),
            ("tybalt", "cat", "not-acceptable", "password")):
        found = error_of(Client(server.port).register(username, password))
        assert (found and found[0]) == condition, (username, found)
        expected["in-band", "register", outcome] = expected.get(("in-band", "register", outcome), 0) + 1
        assert attempts(server) == expected, (username, attempts(server))
    juliet = logged_in(server.port, "juliet", "romeo")
    assert error_of(juliet.change_password("juliet", "montague")) is None
    assert error_of(juliet.change_password("juliet", "no")) is not None
    assert error_of(juliet.remove()) is None
    expected.update({("in-band", "change-password", "ok"): 1, ("in-band", "change-password", "password"): 1,
                     ("in-band", "unregister", "ok"): 1})
    assert attempts(server) == expected
    found = metrics(server)
    assert of(found, "answer_seconds_count", action="register") == 4, found  # one was refused before it was begun
    assert of(found, "answer_seconds_bucket", action="register", le="10") == 4
    assert of(found, "answer_seconds_sum", action="register") > 0


def challenges(server):
    """Numbers by (kind, outcome)."""
    names = ("kind", "outcome")
    return {tuple(dict(labels)[each] for each in names): number
            for (name, labels), number in metrics(server).items() if name == "challenges_total"}


def test_challenges(place):
    """By kind: what was issued with forms and refusals, solved and failed; a try without an answer is neither."""
    server = metered(place, host='muster_challenges = { "qa", "SHA-256" }\nmuster_proof_of_work = 8\n' + QUESTIONS)
    client = Client(server.port)
    found = ask(client)
    assert challenges(server) == {("qa", "issued"): 1, ("SHA-256", "issued"): 1}
    assert error_of(hand_in(client, "juliet", found.id)) is not None
    assert challenges(server) == {("qa", "issued"): 1, ("SHA-256", "issued"): 1}
    found = Challenge(hand_in(client, "juliet", found.id, qa="blue"))
    assert challenges(server) == {("qa", "issued"): 2, ("SHA-256", "issued"): 2, ("qa", "failed"): 1}
    assert error_of(hand_in(client, "juliet", found.id, sha256=found.work())) is None
    assert challenges(server) == {("qa", "issued"): 2, ("SHA-256", "issued"): 2, ("qa", "failed"): 1,
                                  ("SHA-256", "solved"): 1}
    assert attempts(server) == {("in-band", "register", "challenge"): 2, ("in-band", "register", "ok"): 1}


def test_attempts_by_operators(place):
    """In our section of the console and from an administrator's client"""
    server = metered(place, host='password_policy = { length = 5 }\nadmins = { "nurse@localhost" }',
                     modules=MODULES + ("adhoc",))
    server.shell('muster:create("nurse@localhost", "montague")')
    server.shell('muster:create("juliet@localhost", "no")')
    server.shell('muster:approve("nurse@localhost")')
    nurse = logged_in(server.port, "nurse", "montague")
    for name, password in (("juliet", "montague"), ("tybalt", "no")):
        commands.run(nurse, "add-user", accountjid=f"{name}@localhost", password=password, password_verify=password)
    assert attempts(server) == {
        ("console", "register", "ok"): 1, ("console", "register", "bad-password"): 1,
        ("console", "approve", "not-found"): 1, ("ad-hoc", "register", "ok"): 1,
        ("ad-hoc", "register", "bad-password"): 1}, attempts(server)


def test_attempts_by_the_hosts_own_code(place):
    server = metered(place, host="password_policy = { length = 5 }")
    server.shell('user:create("juliet@localhost", "romeo")')
    server.shell('user:delete("juliet@localhost")')
    found = attempts(server)
    assert found["provider", "register", "ok"] == found["provider", "unregister", "ok"] == 1, found
    server.shell('user:create("nurse@localhost", "no")')
    found = attempts(server)
    assert [number for (door, _, outcome), number in found.items() if outcome == "bad-password"] == [1], found


def test_rules_by_name(place):
    """What is refused before anything is looked at, too"""
    server = metered(place, host='registration_allowlist = {}\nregistration_blocklist = { "127.0.0.0/8" }')
    assert error_of(Client(server.port).register("juliet", "romeo"))[0] == "forbidden"
    for mode in ("closed", "redirect"):
        server.reconfigure("registration_allowlist = {}", f'registration_allowlist = {{}}\nmuster_registration = "{mode}"')
        server.shell("config:reload()")
        assert error_of(Client(server.port).register("juliet", "romeo"))[0] in ("service-unavailable", "not-allowed")
        server.reconfigure(f'\nmuster_registration = "{mode}"', "")
    assert attempts(server) == {("in-band", "register", "blocklist"): 1, ("in-band", "register", "mode"): 2}


def test_invitations(place):
    """Made, shown, worth nothing, and the account that one has made"""
    server = metered(place, host='muster_registration = "invite"')
    token = invite(server).token
    guest = holder(server, token)
    assert show(Client(server.port), "guessed") == WORTHLESS
    assert error_of(guest.register("juliet", "romeo")) is None
    assert show(Client(server.port), token) == WORTHLESS
    assert attempts(server) == {("console", "invite", "ok"): 1, ("in-band", "show-invitation", "ok"): 1,
                                ("in-band", "show-invitation", "refused"): 2, ("in-band", "register", "ok"): 1}


def test_gauges(place):
    server = place.server(general=GENERAL, modules=MODULES, listening=("http",), further='Component "contest.localhost" "registration_service"\n'
                                    'additional_registration_fields = { "nick" }')
    remaining = server.directory / "remaining.lua"  # an effect on a host that this server does not have
    remaining.write_text('local host = assert(require "muster".open(arg[1], {})):host("elsewhere.example", {}) '
                         'assert(assert(host:register({ username = "juliet", password = "romeo" })):run().ok)')
    subprocess.run(["lua5.4", remaining, server.directory / "data/muster"], check=True, env=server.environment)
    server.start()
    before = metrics(server)
    assert of(before, "accounts", state="enabled") == 0
    assert before["accounts", frozenset({"host": "contest.localhost", "state": "enabled"}.items())] == 0
    engine = {name: number for (name, labels), number in before.items() if not labels}
    assert engine["queued"] == engine["queued_seconds"] == engine["notes_dropped_total"] == 0, engine
    assert engine["hash_threads"] >= 1 and engine["store_limit_bytes"] >= 1 << 30
    assert 0 < engine["store_used_bytes"] < engine["store_limit_bytes"]
    assert engine["effects"] == 1 and engine.get("hash_seconds_count", 0) == 0
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    after = metrics(server)
    assert of(after, "accounts", state="enabled") == 1
    assert of(after, "accounts", state="pending") == 0
    engine = {name: number for (name, labels), number in after.items() if not labels}
    assert engine["hash_seconds_count"] == 1 and engine["commit_seconds_count"] >= 1, engine
    assert 0 < engine["hash_seconds_sum"] < 10 and 0 < engine["commit_seconds_sum"] < 30, engine
    assert after["hash_seconds_bucket", frozenset({"le": "+Inf"}.items())] == 1
    assert after["store_used_bytes", frozenset()] >= engine["store_used_bytes"]


def test_families_are_described(place):
    server = metered(place)
    text = page(server)
    for name, kind in (("attempts", "counter"), ("answer_seconds", "histogram"), ("accounts", "gauge"),
                       ("queued", "gauge"), ("notes_dropped", "counter"), ("store_used_bytes", "gauge")):
        assert f"# TYPE {PREFIX}{name} {kind}\n" in text, name
        assert re.search(f"# HELP {PREFIX}{name} \\w+", text), name


def test_counting_goes_on_after_a_reload(place):
    server = metered(place)
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    assert "OK" in server.shell('module:reload("muster", "*")')
    assert error_of(Client(server.port).register("nurse", "romeo")) is None
    assert attempts(server) == {("in-band", "register", "ok"): 2}
    assert of(metrics(server), "accounts", state="enabled") == 2


def test_without_statistics(place):
    """As it is by default: nothing is counted, and nothing breaks."""
    server = metered(place, general='http_interfaces = { "127.0.0.1" }\n')
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert "\terror\t" not in server.log()
