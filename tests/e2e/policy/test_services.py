"""The rules are about accounts: who registers with a service is not bound by them."""

from harness.xmpp import REGISTER, Client, error_of, logged_in

SERVICE = "contests.localhost"
STRICT = """
muster_throttle = { limit = 1, period = 36000 }
muster_rate = { limit = 1, period = 36000 }
registration_allowlist = {}
registration_blocklist = { "127.0.0.0/8" }
allowlist_registration_only = true
muster_max_accounts = 1
muster_max_accounts_per_address = 1
block_registrations_users = { "juliet", "admin" }
block_registrations_matching = { "." }
block_registrations_require = "^$"
block_registrations_length_minimum = 100
muster_unregister_roles = {}
muster_rules = { nobody = function () return "Nobody." end }
admins = { "juliet@localhost" }
"""
SERVICES = f"""
Component "{SERVICE}" "registration_service"
additional_registration_fields = {{ "username+", "email+" }}
"""


def test_nobody_is_kept_out_or_in(place):
    """Not by address, name, number or role"""
    server = place.running(further=SERVICES)
    for name in ("juliet", "romeo", "paris"):
        assert error_of(Client(server.port).register(name, "secret")) is None
    server.stop()
    server.reconfigure("event_log", STRICT + "event_log")
    server.start()
    assert error_of(Client(server.port).register("nurse", "secret")) == ("forbidden", "auth", "403")
    for name in ("juliet", "romeo", "paris"):
        client = logged_in(server.port, name, "secret")
        for email in ("a@example.org", "b@example.org"):
            reply = client.query("set", f"<username>{name}</username><email>{email}</email>", SERVICE)
            assert error_of(reply) is None, (name, error_of(reply))
        found = client.query("get", to=SERVICE).find(REGISTER + "query")
        assert found.find(REGISTER + "registered") is not None
        assert error_of(client.query("set", "<remove/>", SERVICE)) is None
        # Their accounts are bound
        assert error_of(client.remove()) == ("forbidden", "auth", "403")


def test_modes_that_are_about_accounts_are_refused(place):
    """A service has no invitations, and nothing to approve: such a value closes it."""
    for mode in ("invite", "approval"):
        server = place.server(mode, further=SERVICES + f'muster_registration = "{mode}"').start()
        assert error_of(Client(server.port).register("juliet", "secret")) is None
        client = logged_in(server.port, "juliet", "secret")
        reply = client.query("set", "<username>juliet</username><email>a@example.org</email>", SERVICE)
        assert error_of(reply) == ("service-unavailable", "cancel", "503")
        assert f'option muster_registration: "{mode}" is not allowed for a service' in server.log()
        server.stop()
