"""Devices that log in with secrets of their own, beside the account's password."""

import re

from harness import commands, forms
from harness.orders import MODULES
from harness.sasl2 import FAST, Client2, refusal_of, running
from harness.xmpp import Client, can_log_in, error_of, logged_in, text_of

DEVICES = "urn:muster:devices:0#"
HOST = "muster_guesses = false"
PING = "<ping xmlns='urn:xmpp:ping'/>"


def secret_in(printed):
    found = re.findall(r"^\W*([A-Za-z0-9]{24})$", printed, re.MULTILINE)
    assert len(found) == 1, printed
    return found[0]


def make(server, device, name="juliet"):
    return secret_in(server.shell(f'muster:make_device("{name}@localhost", "{device}")'))


def refusals(server, secret, name="juliet"):
    """By PLAIN, and by SCRAM of both hashes."""
    results = [can_log_in(server.port, name, secret)]
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        client = Client(server.port)
        results.append(client.scram(name, secret, mechanism))
        client.close()
    return set(results)


def assert_open(client):
    assert error_of(client.iq("get", PING, "localhost")) is None


def closing(client):
    try:
        return client.closing()
    except TimeoutError:
        return "it stays open"


def test_the_life_of_a_device(place):
    server = place.running(host=HOST)
    shell = server.shell
    assert "Created" in shell('muster:create("juliet@localhost", "r0m30myr0m30")')
    phone, tv = make(server, "Phone"), make(server, "TV")
    for secret in (phone, tv, "r0m30myr0m30"):
        assert refusals(server, secret) == {None}
    assert "There is a device of that name already." in shell('muster:make_device("juliet@localhost", "Phone")')
    assert "That name of a device cannot be used" in shell('muster:make_device("juliet@localhost", " ")')
    assert "There is no such account" in shell('muster:make_device("romeo@localhost", "Phone")')
    own = logged_in(server.port, "juliet", "r0m30myr0m30", "own")
    by_phone, by_tv = logged_in(server.port, "juliet", phone, "phone"), logged_in(server.port, "juliet", tv, "tv")
    server.wait_until(lambda: "never" not in shell('muster:devices("juliet@localhost")'), "to write down the last use")
    listed = shell('muster:devices("juliet@localhost")')
    assert "Phone" in listed and "TV" in listed and "2 devices" in listed, listed
    assert "There is no device of that name." in shell('muster:revoke_device("juliet@localhost", "phone")')
    assert "OK: Revoked Phone of juliet@localhost" in shell('muster:revoke_device("juliet@localhost", "Phone")')
    assert closing(by_phone) == "not-authorized"
    assert_open(own)
    assert_open(by_tv)
    assert refusals(server, phone) == {"not-authorized"}
    assert refusals(server, tv) == {None}
    listed = shell('muster:devices("juliet@localhost")')
    assert "Phone" not in listed and "1 device" in listed, listed
    audit = shell('muster:audit("localhost")')
    assert re.search(r"make-device +.*juliet .*device TV", audit) and "revoke-device" in audit, audit
    for secret in (phone, tv):
        assert secret not in server.log() and secret not in audit


def test_devices_stay_over_a_restart(place):
    server = place.running(host=HOST)
    assert "Created" in server.shell('muster:create("juliet@localhost", "r0m30myr0m30")')
    phone = make(server, "Phone")
    server.stop()
    server.start()
    assert refusals(server, phone) == {None}


def test_they_go_with_the_password_and_the_account(place):
    """R-077-108"""
    server = place.running(host=f"{HOST}\nregistration_delete_grace_period = '1 day'")
    shell = server.shell
    assert "Created" in shell('muster:create("juliet@localhost", "one")')
    phone = make(server, "Phone")
    own, by_phone = logged_in(server.port, "juliet", "one", "own"), logged_in(server.port, "juliet", phone, "phone")
    assert error_of(own.change_password("juliet", "two")) is None
    assert closing(by_phone) == "reset"
    assert refusals(server, phone) == {"not-authorized"} and refusals(server, "two") == {None}
    phone = make(server, "Phone")
    by_phone = logged_in(server.port, "juliet", phone, "phone")
    assert "OK" in shell('muster:disable("juliet@localhost")')
    assert closing(by_phone) == "not-authorized"
    assert refusals(server, phone) == {"not-authorized"}
    assert "OK" in shell('muster:enable("juliet@localhost")')
    assert refusals(server, phone) == {"not-authorized"}, "the device has come back with the account"
    phone = make(server, "Phone")
    own = logged_in(server.port, "juliet", "two")
    assert error_of(own.remove()) is None
    assert refusals(server, phone) == {"not-authorized"}
    assert "OK" in shell('muster:restore("juliet@localhost")')
    assert refusals(server, phone) == {"not-authorized"} and refusals(server, "two") == {None}


def unbound(server, secret):
    """A stream that has logged in, and waits."""
    client = Client(server.port)
    assert client.plain("juliet", secret) is None
    client.open()
    return client


def test_a_stream_that_waits_to_bind_is_closed_too(place):
    """What it logged in by is good no longer."""
    server = place.running(host=HOST)
    assert "Created" in server.shell('muster:create("juliet@localhost", "one")')
    phone, tv = make(server, "Phone"), make(server, "TV")
    by_phone, by_tv, own = unbound(server, phone), unbound(server, tv), unbound(server, "one")
    assert "OK" in server.shell('muster:revoke_device("juliet@localhost", "Phone")')
    assert closing(by_phone) == "not-authorized"
    assert "OK" in server.shell('muster:password("juliet@localhost", "two")')
    assert closing(by_tv) == "reset" and closing(own) == "reset"
    assert_open(logged_in(server.port, "juliet", "two"))


def test_limits(place):
    server = place.running(host=f"{HOST}\nmuster_max_devices = 1")
    assert "Created" in server.shell('muster:create("juliet@localhost", "one")')
    phone = make(server, "Phone")
    assert "as many devices as there may be" in server.shell('muster:make_device("juliet@localhost", "TV")')
    server.reconfigure("muster_max_devices = 1", "muster_max_devices = 0")
    assert "OK" in server.shell("config:reload()")
    assert refusals(server, phone) == {None}
    assert "no passwords of their own here" in server.shell('muster:make_device("juliet@localhost", "TV")')


# --- by ad-hoc command ---

def result_of(reply):
    element = commands.command_of(reply)
    form = element.find(forms.FORM + "x")
    assert element.get("status") == "completed" and form.get("type") == "result", element.attrib
    return form


def command(client, kind, device=None):
    if device is None:
        return commands.send(client, DEVICES + kind)
    session = commands.begin(client, DEVICES + kind).get("sessionid")
    return commands.send(client, DEVICES + kind, commands.submit(DEVICES[:-1], device=device), session, "complete")


def listed(client):
    form = result_of(command(client, "list"))
    return [item.find(f"{forms.FORM}field[@var='device']/{forms.FORM}value").text
            for item in form.iter(forms.FORM + "item")]


def test_owners_make_and_revoke_them(place):
    server = place.running(modules=(*MODULES, "adhoc"), host=HOST)
    assert "Created" in server.shell('muster:create("juliet@localhost", "one")')
    own = logged_in(server.port, "juliet", "one", "own")
    values = forms.values_of(result_of(command(own, "make", "Phone")))
    phone = values["secret"][0]
    assert re.fullmatch("[A-Za-z0-9]{24}", phone) and refusals(server, phone) == {None}
    again = command(own, "make", "Phone")
    assert commands.failure_of(again) == ("conflict", "cancel", "409", None)
    assert text_of(again) == "There is a device of that name already."
    assert commands.failure_of(command(own, "make", "x" * 65)) == ("not-acceptable", "modify", "406", None)
    assert listed(own) == ["Phone"]
    by_phone = logged_in(server.port, "juliet", phone, "phone")
    for kind in ("make", "revoke", "list"):  # who has got hold of a device gets hold of nothing else by it
        assert commands.failure_of(command(by_phone, kind)) == ("forbidden", "auth", "403", None)
    assert error_of(by_phone.change_password("juliet", "another")) == ("not-authorized", "modify", "401")
    assert error_of(by_phone.remove()) == ("not-allowed", "cancel", "405")
    assert commands.failure_of(command(own, "revoke", "TV")) == ("not-allowed", "cancel", "405", None)
    result_of(command(own, "revoke", "Phone"))
    assert closing(by_phone) == "not-authorized"
    assert listed(own) == [] and refusals(server, phone) == {"not-authorized"}
    audit = server.shell('muster:audit("localhost", { action = "make-device" })')
    assert "ad-hoc" in audit and "bad-name" in audit and phone not in audit + server.log(), audit


# --- beside tokens that log in fast ---

BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
REQUEST = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"


def test_a_device_gets_no_token(place):
    """It would come back by it. A token that the password got is as good as the password."""
    server = running(place, modules=("sasl2", "sasl2_fast", "adhoc"))
    assert "Created" in server.shell('muster:create("romeo@localhost", "one")')
    phone = make(server, "Phone", "romeo")
    by_phone = Client2(server.port, sender="romeo@localhost")
    success = by_phone.plain2("romeo", phone, REQUEST)
    assert refusal_of(success) is None and success.find(FAST + "token") is None
    assert error_of(by_phone.iq("set", BIND)) is None
    success = Client2(server.port, sender="romeo@localhost").plain2("romeo", "one", REQUEST)
    token, by_token = success.find(FAST + "token").get("token"), Client2(server.port, sender="romeo@localhost")
    assert refusal_of(by_token.fast("romeo", token)) is None
    assert error_of(by_token.iq("set", BIND)) is None
    assert listed(by_token) == ["Phone"]
    assert "OK" in server.shell('muster:revoke_device("romeo@localhost", "Phone")')
    assert closing(by_phone) == "not-authorized"
    assert_open(by_token)
    assert refusal_of(Client2(server.port, sender="romeo@localhost").plain2("romeo", phone)) == "not-authorized"
    assert error_of(by_token.change_password("romeo", "two")) is None
