"""Ordinary clients, on other people's libraries, against a server: registration, change, removal."""

import pathlib
import subprocess

from harness.challenges import QUESTIONS
from harness.invitations import invite

INVITED = pathlib.Path(__file__).resolve().parents[1] / "clients/slixmpp_invited.py"


def run(place, server, program, steps, *arguments):
    done = subprocess.run([place.installation.build / "tests/e2e/clients" / program, str(server.port), "test3", "1234",
                           *arguments], capture_output=True, text=True, timeout=60)
    report = done.stdout + done.stderr + server.log()[-4000:]
    assert done.returncode == 0 and done.stdout.count(" ok\n") == steps, report


def flow(place, program, steps):
    server = place.running()
    run(place, server, program, steps, "Calliope")
    names = server.event_names("test3")
    assert names.count("user-registered") == 1 and names.count("user-deleted") == 1, names


def test_gloox(place):
    """R-077-10, R-077-35, R-077-95, R-077-75, R-077-76"""
    flow(place, "gloox_flow", 12)


def test_libstrophe(place):
    flow(place, "strophe_flow", 15)


def test_gloox_solves_a_challenge(place):
    """R-158-01, R-158-10"""
    server = place.running(host='muster_challenges = { "ocr", "qa", "SHA-256" }\n' + QUESTIONS)
    run(place, server, "gloox_challenge", 3)
    assert server.event_names("test3").count("user-registered") == 1


def slixmpp(server, username, token):
    done = subprocess.run(["/usr/bin/python3", INVITED, str(server.port), f"{username}@localhost", "1234", token],
                          capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines() or done.stderr


def test_slixmpp_with_an_invitation(place):
    """R-445-02, R-445-03: nobody else is let in, and the challenge is for those who have none."""
    server = place.running(host='muster_registration = "invite"\nmuster_challenges = { "qa", "SHA-256" }\n' + QUESTIONS)
    token = invite(server).token
    for name, expected in (("test3", ["invitation ok", "registration ok", "login ok"]),
                           ("test4", ["invitation item-not-found", "registration not-acceptable",
                                      "login not-authorized"])):
        steps = slixmpp(server, name, token)
        assert steps == expected, steps
