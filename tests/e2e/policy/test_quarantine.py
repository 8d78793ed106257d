"""New accounts that are less than others for a while."""

import time

from harness.invitations import holder, invitation
from harness.orders import MODULES, read
from harness.place import Skip
from harness.xmpp import FEATURE, Client, can_log_in, error_of, logged_in

OPTION = 'muster_quarantine = { role = "prosody:guest", period = 3 }\nmuster_purge_interval = 1\n'


def with_roles(place, **settings):
    if place.version == "0.12":
        raise Skip("0.12 has no roles")
    return place.running(modules=(*MODULES, "invites_register"), general="registration_invite_only = false",
                         **settings)


def role(server, username):
    return server.shell(f'user:role("{username}@localhost")').strip().splitlines()[-1].split()[-1]


def register(server, username, client=None):
    assert error_of((client or Client(server.port)).register(username, "romeo")) is None


def test_a_role_for_a_while(place):
    """And the usual one when it is over, whatever the server did meanwhile."""
    server = with_roles(place, host=OPTION + 'register_ibr_default_role = "prosody:member"')
    register(server, "juliet")
    assert role(server, "juliet") == "prosody:guest"
    assert read(server, "info", "juliet")["lift"] > time.time()
    assert can_log_in(server.port, "juliet", "romeo") is None
    server.wait_until(lambda: role(server, "juliet") == "prosody:member", "to lift the quarantine", 10)
    assert read(server, "info", "juliet").get("lift") is None
    register(server, "nurse")
    assert role(server, "nurse") == "prosody:guest"
    server.stop()
    time.sleep(3)
    server.start()
    server.wait_until(lambda: role(server, "nurse") == "prosody:member", "to lift the quarantine", 10)
    assert server.event_names("nurse").count("user-registered") == 1


def test_who_is_not_in_quarantine(place):
    """The invited, and whom the administrators make themselves"""
    server = with_roles(place, host=OPTION)
    register(server, "juliet", holder(server, invitation(server)))
    assert role(server, "juliet") == "prosody:registered"
    assert "OK" in server.shell('user:create("nurse@localhost", "romeo")')
    assert role(server, "nurse") == "prosody:member"
    time.sleep(5)
    assert role(server, "nurse") == "prosody:member", "nothing was to be lifted"


def test_confirmed(place):
    server = with_roles(place, host=OPTION.replace("3", "3600"))
    register(server, "juliet")
    assert role(server, "juliet") == "prosody:guest"
    assert "juliet@localhost is confirmed" in server.shell('muster:confirm("juliet@localhost")')
    assert role(server, "juliet") == "prosody:registered"
    assert read(server, "info", "juliet").get("lift") is None
    assert "not in quarantine" in server.shell('muster:confirm("juliet@localhost")')


def test_an_account_that_goes_before_it_is_over(place):
    """The next one of that name has a time of its own."""
    server = with_roles(place, host=OPTION + "user_tombstone_expiry = 0")
    register(server, "juliet")
    assert error_of(logged_in(server.port, "juliet", "romeo").remove()) is None
    time.sleep(2)
    register(server, "juliet")
    time.sleep(2.1)
    assert role(server, "juliet") == "prosody:guest"
    server.wait_until(lambda: role(server, "juliet") == "prosody:registered", "to lift the quarantine", 10)


def test_a_server_without_roles_is_closed(place):
    """Who asks for what the server does not have gets nothing less than that."""
    if place.version == "13":
        raise Skip("13 has roles")
    server = place.running(host=OPTION, modules=("register_muster", "register_ibr"))
    client = Client(server.port)
    assert client.features.find(FEATURE) is None
    assert error_of(client.register("juliet", "romeo")) == ("service-unavailable", "cancel", "503")
    assert can_log_in(server.port, "juliet", "romeo") == "temporary-auth-failure"
    assert "option muster_quarantine: this server has no roles" in server.log()
