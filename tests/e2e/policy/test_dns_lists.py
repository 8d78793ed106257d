"""DNS lists of addresses (muster_dnsbl)."""

import time

from harness.bosh import Bosh
from harness.dns import Names
from harness.orders import MODULES, audit
from harness.xmpp import Client, can_log_in, error_of, logged_in

LISTS = 'muster_dnsbl = { "bl.example.net", "more.example.net" }'
FORBIDDEN = ("forbidden", "auth", "403")


def with_names(place, host=LISTS, **settings):
    names = Names()
    place.on_clear(names.close)
    names.point("2.0.0.127.bl.example.net", "127.0.0.2")
    names.point("3.0.0.127.more.example.net", "127.0.1.1")
    return names, place.running(general=names.configuration() + "\nconsider_bosh_secure = true", host=host, **settings)


def outcome(server, name, source):
    client = Client(server.port, source=source)
    began = time.monotonic()
    reply = client.register(name, "romeo")
    client.close()
    return error_of(reply), time.monotonic() - began


def test_who_is_on_a_list(place):
    """R-PRJ-03: on any of them, and nobody else"""
    names, server = with_names(place, modules=MODULES)
    for name, source in (("one", "127.0.0.2"), ("two", "127.0.0.3")):
        assert outcome(server, name, source)[0] == FORBIDDEN, source
        assert can_log_in(server.port, name, "romeo") == "not-authorized"
    assert outcome(server, "three", "127.0.0.4")[0] is None
    assert {"4.0.0.127.bl.example.net", "4.0.0.127.more.example.net"} <= names.asked
    entries = audit(server, 2, rule="dns-list", outcome="refused")
    assert [entry["detail"].split()[0] for entry in entries] == ["bl.example.net", "more.example.net"], entries


def test_explaining(place):
    """The lists are asked about a made-up registration, too."""
    names, server = with_names(place)
    refused = server.shell('muster:explain("one@localhost", "127.0.0.3")')
    assert "more.example.net lists the address" in refused and "Refused by dns-list" in refused, refused
    assert "would be registered" in server.shell('muster:explain("one@localhost", "127.0.0.4")')
    names.silent.append("bl.example.net")
    assert "would be registered" in server.shell('muster:explain("one@localhost", "127.0.0.5")')
    by_console = 'muster:explain("one@localhost", "127.0.0.3", { door = "console" })'
    assert "would be registered" in server.shell(by_console), "an order is asked about"


def test_who_is_not_asked_about(place):
    """The allowlist, and who is refused anyway"""
    names, server = with_names(place, host=LISTS + '\nregistration_allowlist = { "127.0.0.2" }\n'
                               'registration_blocklist = { "127.0.0.9" }')
    names.asked.clear()
    assert outcome(server, "one", "127.0.0.2")[0] is None
    assert outcome(server, "two", "127.0.0.9")[0] == FORBIDDEN
    assert not [name for name in names.asked if name.endswith("example.net")], names.asked
    assert server.ctl("adduser", "two@localhost", text="romeo\nromeo\n").returncode == 0
    assert not [name for name in names.asked if name.endswith("example.net")], names.asked


def test_answers_that_say_nothing(place):
    """127.255.255.0/24 goes to those who ask a list wrongly, and other addresses are a provider's advertisements."""
    names, server = with_names(place)
    for last, address in ((5, "127.255.255.254"), (6, "127.255.255.1"), (7, "192.0.2.1")):
        names.point(f"{last}.0.0.127.bl.example.net", address)
        assert outcome(server, f"name{last}", f"127.0.0.{last}")[0] is None, address


def test_silence(place):
    """A list that does not answer keeps nobody out, nor waiting for long, and others not at all."""
    names, server = with_names(place)
    names.silent.append("bl.example.net")
    assert outcome(server, "juliet", "127.0.0.1")[0] is None
    juliet = logged_in(server.port, "juliet", "romeo")
    client = Client(server.port, source="127.0.0.8")
    began = time.monotonic()
    client.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>romeo</username>"
                "<password>secret</password></query></iq>")
    longest = 0
    while time.monotonic() - began < 3:
        asked = time.monotonic()
        assert juliet.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost").get("type") == "result"
        longest = max(longest, time.monotonic() - asked)
        time.sleep(0.05)
    assert longest < 0.5, f"somebody else waited for {longest} s"
    reply = client.receive(10)
    took = time.monotonic() - began
    assert reply.get("type") == "result" and 4.5 < took < 7, (error_of(reply), took)
    assert can_log_in(server.port, "romeo", "secret") is None
    # One that answers is enough to refuse
    error, took = outcome(server, "tybalt", "127.0.0.3")
    assert error == FORBIDDEN and took < 3, (error, took)


def test_a_client_that_is_gone_before_the_answer(place):
    names, server = with_names(place)
    names.silent.append("example.net")
    client = Client(server.port, source="127.0.0.8")
    client.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>romeo</username>"
                "<password>secret</password></query></iq>")
    time.sleep(0.3)
    client.close()
    server.wait_until(lambda: can_log_in(server.port, "romeo", "secret") is None, "to make the account", 10)
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert not faults, faults


def test_ipv6(place):
    """The address's digits, as a proxy tells it"""
    names, server = with_names(place, modules=("register_muster", "bosh"), listening=("http",))
    listed = "1.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2.bl.example.net"
    names.point(listed, "127.0.0.2")

    def outcome_from(address):
        client = Bosh(server.ports["http"], tls=False, headers={"X-Forwarded-For": address})
        return error_of(client.register("juliet", "romeo"))

    assert outcome_from("2001:db8::1") == FORBIDDEN
    assert listed in names.asked
    assert outcome_from("2001:db8::2") is None
