"""Names and passwords that cannot be used: refused, and the name stays free."""

from harness.health import SECRET, goes_on
from harness.xmpp import Client, can_log_in, error_of, logged_in

NOT_ACCEPTABLE = ("not-acceptable", "modify", "406")
CONFLICT = ("conflict", "cancel", "409")

NAMES = {
    "empty": "", "space alone": " ", "space before": " bill", "space behind": "bill ", "space within": "bi ll",
    "no-break space": "bi\u00a0ll", "tab": "bi\tll", "line end": "bill\n", "delete": "bi\x7fll",
    "control": "bi\u0085ll",
    **{f"'{each}'": f"bi{each}ll" for each in "\"&'/:<>@"},
    "full-width @": "bill\uff20host", "JID": "bill@localhost", "too long": "b" * 1024, "too long in bytes": "é" * 512,
    "left to right in Hebrew": "אbill", "Arabic digits of both kinds": "ا١۱", "soft hyphen": "bi\u00adll",
    "private use": "bi\ue000ll", "no character": "bi\ufdd0ll", "younger than Unicode 3.2": "bi\u0221ll",
}


def test_names_that_cannot_be_used(place):
    """R-077-59, R-JID-03, R-JID-05"""
    server = place.running()
    for what, name in NAMES.items():
        client = Client(server.port)
        assert error_of(client.register(name, SECRET)) == NOT_ACCEPTABLE, what
        client.close()
    goes_on(server, "names that cannot be used")
    assert all(event[1].startswith("passer-by") for event in server.events()), server.events()


def test_the_longest_name(place):
    """R-JID-01. Prosody's own stores put names of 250 bytes and more into no file."""
    server = place.running(general='storage = "memory"')
    for name in ("b", "b" * 1023, "é" * 511):
        client = Client(server.port)
        assert error_of(client.register(name, SECRET)) is None
        assert client.plain(name, SECRET) is None
        client.bind()
        assert error_of(client.remove()) is None
        client.close()
    for name in ("", "b" * 1024, "é" * 512):
        assert error_of(Client(server.port).register(name, SECRET)) == NOT_ACCEPTABLE
    goes_on(server, "the longest names")


def test_two_ways_to_write_a_name(place):
    """R-JID-02, R-JID-04"""
    server = place.running()
    for first, second in (("bill", "BILL"), ("rené", "rene\u0301"), ("ｊｕｌｉｅｔ", "Juliet")):
        assert error_of(Client(server.port).register(first, SECRET)) is None, first
        assert error_of(Client(server.port).register(second, SECRET + "2")) == CONFLICT, second
        assert can_log_in(server.port, second, SECRET) is None, second
        assert can_log_in(server.port, first, SECRET + "2") == "not-authorized", first


PASSWORDS = {
    "empty": "", "10 kB": SECRET + 9000 * "x", "129 characters": SECRET.ljust(129, "x"), "tab": SECRET + "\t",
    "line end": SECRET + "\n", "delete": SECRET + "\x7f", "C1 control": SECRET + "\u0085",
    "soft hyphen": SECRET + "\u00ad", "private use": SECRET + "\ue000", "no character": SECRET + "\ufdd0",
    "younger than Unicode 3.2": SECRET + "\u0221", "both directions": SECRET + "א",
    "direction mark": SECRET + "\u200e", "line separator": SECRET + "\u2028",
}


def test_passwords_that_cannot_be_used(place):
    """R-SCR-04: at registration, where the name stays free, and at a change, where the old one stays"""
    server = place.running(host="muster_stream_attempts = 100\nmuster_guesses = false")
    stream = Client(server.port)
    for what, password in PASSWORDS.items():
        assert error_of(stream.register("bill", password)) == NOT_ACCEPTABLE, what
        assert can_log_in(server.port, "bill", password or "x") == "not-authorized", what
    assert error_of(stream.register("bill", SECRET)) is None, "the name is not free"
    bill = logged_in(server.port, "bill", SECRET)
    for what, password in PASSWORDS.items():
        expected = NOT_ACCEPTABLE if password else ("bad-request", "modify", "400")
        assert error_of(bill.change_password("bill", password)) == expected, what
    assert can_log_in(server.port, "bill", SECRET) is None
    goes_on(server, "passwords that cannot be used")
    # What SASLprep makes of a password is what counts
    assert error_of(bill.change_password("bill", f"{SECRET} \u2168\u00a0ª")) is None
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
        assert Client(server.port).scram("bill", f"{SECRET} IX a", mechanism) is None, mechanism
    assert can_log_in(server.port, "bill", f"{SECRET} \u2168\u00a0ª") is None


def test_passwords_that_cannot_be_used_at_the_console(place):
    """Prosody 13 names an account before it has a password: the name stays free."""
    server = place.running()
    for password in ("", SECRET + "\\t", SECRET + 9000 * "x", SECRET + "\\238\\128\\128"):
        assert "OK" not in server.shell(f'user:create("bill@localhost", "{password}")'), password[:20]
        assert "bill" not in server.shell('user:list("localhost")')
        assert can_log_in(server.port, "bill", password or "x") == "not-authorized"
    assert error_of(Client(server.port).register("bill", SECRET)) is None, "the name is not free"
    assert "OK" not in server.shell('user:password("bill@localhost", "")')
    assert can_log_in(server.port, "bill", SECRET) is None
    goes_on(server, "passwords that cannot be used")


LACKING = {
    "no username": f"<password>{SECRET}</password><email>a@b</email>",
    "no password": "<username>bill</username><email>a@b</email>",
    "no address": f"<username>bill</username><password>{SECRET}</password>",
    "an empty username": f"<username/><password>{SECRET}</password><email>a@b</email>",
    "an empty password": "<username>bill</username><password/><email>a@b</email>",
    "a password without text": "<username>bill</username><password></password><email>a@b</email>",
    "an empty address": f"<username>bill</username><password>{SECRET}</password><email/>",
    "nothing": "",
}


def test_what_is_lacking(place):
    """R-077-56, R-077-57"""
    server = place.running(host='additional_registration_fields = { "email+" }\nmuster_stream_attempts = 100')
    stream = Client(server.port)
    for what, fields in LACKING.items():
        assert error_of(stream.query("set", fields)) == NOT_ACCEPTABLE, what
    complete = f"<username>bill</username><password>{SECRET}</password><email>a@b</email>"
    assert error_of(stream.query("set", complete)) is None
    assert can_log_in(server.port, "bill", SECRET) is None
