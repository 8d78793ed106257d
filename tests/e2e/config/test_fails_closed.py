"""A wrong setting opens nothing: neither Muster nor a stock module registers anybody, and nobody logs in."""

from harness.prosody import Installation
from harness.xmpp import FEATURE, Client, can_log_in, error_of, logged_in

WRONG = {
    'muster_registration = "opne"': ('muster_registration: "opne"', '"open", "invite", "approval", "redirect", "closed"'),
    "additional_registration_fields = { 'shoe-size' }": ("additional_registration_fields", "email"),
    "password_policy = { lenght = 8 }": ('"lenght"', "length, max_length"),
    "password_policy = { leaked = '/missing' }": ('leaked "/missing"', "No such file"),
    "password_policy = { blocklist = '/tmp' }": ('blocklist "/tmp"', "Is a directory"),
    "password_policy = { length = 12, max_length = 10 }": ("password_policy", "length 12", "max_length 10"),
    "block_registrations_length_minimum = 9\nblock_registrations_length_maximum = 8":
        ("block_registrations_length_minimum: 9", "up to block_registrations_length_maximum, which is 8"),
    "default_iteration_count = 1": ("default_iteration_count: 1", "4096"),
    "muster_scram = { 'MD5' }": ("muster_scram", '"SHA-1", "SHA-256", "SHA-512"'),
    "muster_guesses = { longest = 0 }": ("muster_guesses", "from 1 to 3600"),
    "muster_guesses = 5": ("muster_guesses", "or false"),
    "muster_scram_offered = {}": ("muster_scram_offered", '"SHA-1", "SHA-256", "SHA-512"'),
    "muster_unregister = false": ("muster_unregister: false", '"allow", "form", "deny"'),
}
GLOBAL = {
    'muster_map_size = "big"': ("muster_map_size", "big"),
    "muster_hash_threads = 0": ("muster_hash_threads", "0"),
    "muster_path = 5": ("muster_path", "5"),
}


def check_closed(server, words):
    client = Client(server.port)
    assert client.features.find(FEATURE) is None, "registration is offered"
    assert error_of(client.query("get")) == ("service-unavailable", "cancel", "503")
    assert error_of(client.register("juliet", "romeo"))[0] == "service-unavailable"
    failure = can_log_in(server.port, "juliet", "romeo")
    assert failure == "temporary-auth-failure", failure
    for word in words:
        assert word in server.log(), f"the log does not say {word}"


def test_wrong_values_of_a_host(place):
    for number, (line, words) in enumerate(WRONG.items()):
        server = place.server(f"server{number}", host=line, modules=("register_muster", "register_ibr")).start()
        check_closed(server, words)
        server.stop()


def test_wrong_values_of_the_server(place):
    for number, (line, words) in enumerate(GLOBAL.items()):
        server = place.server(f"server{number}", general=line, modules=("register_muster", "register_ibr")).start()
        check_closed(server, words)
        server.stop()


def test_a_missing_module(place):
    """muster.so is not there."""
    place.installation = Installation(place.version, place.installation.root, place.directory)
    server = place.running(modules=("register_muster", "register_ibr"))
    check_closed(server, ["muster.so"])


def test_a_store_that_cannot_be_opened(place):
    """A path that is no directory; a store of a newer format is refused in the C tests."""
    (place.directory / "file").write_text("")
    server = place.running(general=f'muster_path = "{place.directory}/file"')
    check_closed(server, ["is not a directory"])


def test_a_store_that_another_server_uses(place):
    """The second server says so, and the first goes on."""
    path = f'muster_path = "{place.directory}/store"'
    first = place.server("first", general=path).start()
    second = place.server("second", general=path).start()
    check_closed(second, ["in use by another server"])
    assert error_of(Client(first.port).register("juliet", "romeo")) is None


def test_accounts_that_login_does_not_use(place):
    """Another provider: nothing can be done with Muster's accounts, nor is anything announced."""
    server = place.running(authentication="internal_hashed")
    client = Client(server.port)
    assert client.features.find(FEATURE) is None, "registration is offered"
    assert error_of(client.register("juliet", "romeo")) == ("service-unavailable", "cancel", "503")
    assert 'authentication: "internal_hashed" is not allowed' in server.log()
    assert server.ctl("adduser", "juliet@localhost", text="romeo\nromeo\n").returncode == 0
    juliet = logged_in(server.port, "juliet", "romeo")
    reply = juliet.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "localhost")
    assert "jabber:iq:register" not in [each.get("var") for each in reply.iter()]


def test_a_value_mended_by_a_reload(place):
    """The configuration is read again without a restart."""
    server = place.running(host='muster_registration = "opne"')
    check_closed(server, ["muster_registration"])
    server.reconfigure('"opne"', '"open"')
    assert "OK" in server.shell("config:reload()")
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    assert can_log_in(server.port, "juliet", "romeo") is None


def test_closed_beside_stock(place):
    """allow_registration = false closes registration, beside register_ibr too."""
    server = place.running(general="allow_registration = false", modules=("register_muster", "register_ibr"))
    client = Client(server.port)
    assert client.features.find(FEATURE) is None
    assert error_of(client.register("juliet", "romeo"))[0] == "service-unavailable"
