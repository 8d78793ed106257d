"""The seeds' exchanges of in-band registration, over real streams."""

import xml.etree.ElementTree as ET

from harness.xmpp import (CLIENT, FEATURE, REGISTER, SASL, TLS, Client, can_log_in, error_of, local, logged_in)

EMAIL = 'additional_registration_fields = { "email+" }'


def names(query):
    return sorted(local(child) for child in query)


def answered(reply, identity):
    """RES of the conformance matrix: a result of that id without a child."""
    assert reply.tag == CLIENT + "iq" and reply.get("type") == "result" and reply.get("id") == identity, reply.attrib
    assert len(reply) == 0, "the result has a child"


def refused(reply, condition, kind, code, identity=None):
    assert reply.get("type") == "error", "not an error"
    assert error_of(reply) == (condition, kind, code), error_of(reply)
    assert identity is None or reply.get("id") == identity
    assert reply.find(REGISTER + "query") is None, "the query was sent back"


def query(inner, identity, kind="set", to=None):
    address = f" to='{to}'" if to else ""
    return f"<iq type='{kind}' id='{identity}'{address}><query xmlns='jabber:iq:register'>{inner}</query></iq>"


def account(username, password, email=None):
    mail = f"<email>{email}</email>" if email else ""
    return f"<username>{username}</username><password>{password}</password>{mail}"


def test_registration_with_an_email_address(place):
    """E-000-1, E-000-3, E-000-4, E-000-5"""
    server = place.running(host=EMAIL)
    client = Client(server.port)
    fields = client.ask(query("", "reg1", "get", "localhost"), "reg1")
    assert fields.get("type") == "result"
    assert names(fields.find(REGISTER + "query")) == ["email", "instructions", "password", "username"]
    assert all(not child.text for child in fields.find(REGISTER + "query") if local(child) != "instructions")
    refused(client.ask(query(account("bill", "Calliope"), "reg2"), "reg2"), "not-acceptable", "modify", "406", "reg2")
    answered(client.ask(query(account("bill", "Calliope", "bard@shakespeare.lit"), "reg2"), "reg2"), "reg2")
    again = Client(server.port).ask(query(account("bill", "m1cro$oft", "billg@bigcompany.com"), "reg2"), "reg2")
    refused(again, "conflict", "cancel", "409", "reg2")


def test_an_account_asks_and_may_not_name_another(place):
    """E-000-2, E-000-6"""
    server = place.running()
    Client(server.port).register("olivia", "twelfth night")
    client = logged_in(server.port, "olivia", "twelfth night", "balcony")
    reply = client.ask(query("", "reg1", "get"), "reg1")
    found = reply.find(REGISTER + "query")
    assert reply.get("to") == "olivia@localhost/balcony"
    assert reply.get("from") in (None, "localhost", "olivia@localhost")
    assert names(found) == ["instructions", "password", "registered", "username"]
    assert found.find(REGISTER + "username").text == "olivia"
    assert not found.find(REGISTER + "password").text
    reply = client.ask(query("<email/>" + account("bill", "Calliope"), "reg2"), "reg2")
    refused(reply, "forbidden", "auth", "403", "reg2")
    assert reply.get("to") == "olivia@localhost/balcony"
    text = reply.find(f"{CLIENT}error/{{urn:ietf:params:xml:ns:xmpp-stanzas}}text")
    assert text.get("{http://www.w3.org/XML/1998/namespace}lang") == "en" and text.text


def test_removal(place):
    """E-000-9, E-000-10a, E-000-10e"""
    server = place.running()
    stranger = Client(server.port)
    refused(stranger.ask(query("<remove/>", "unreg1"), "unreg1"), "unexpected-request", "wait", "400", "unreg1")
    stranger.register("bill", "Calliope")
    globe = logged_in(server.port, "bill", "Calliope", "globe")
    other = logged_in(server.port, "bill", "Calliope", "other")
    refused(globe.ask(query("<remove/><username>bill</username>", "unreg0"), "unreg0"), "bad-request", "modify", "400")
    assert can_log_in(server.port, "bill", "Calliope") is None
    reply = globe.ask(query("<remove/>", "unreg1"), "unreg1")
    answered(reply, "unreg1")
    assert reply.get("to") == "bill@localhost/globe"
    assert globe.closing() == "not-authorized"
    assert other.closing() == "not-authorized"
    assert can_log_in(server.port, "bill", "Calliope") == "not-authorized"


def test_change_of_password(place):
    """E-000-11, E-000-12a, E-000-12d, R-077-107"""
    server = place.running()
    stranger = Client(server.port)
    stranger.register("bill", "Calliope")
    form = ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register:changepassword"
            "</value></field><field var='username'><value>bill</value></field></x>")
    refused(stranger.ask(query(form, "change0"), "change0"), "unexpected-request", "wait", "400")
    client = logged_in(server.port, "bill", "Calliope", "one")
    other = logged_in(server.port, "bill", "Calliope", "two")
    refused(client.ask(query("<password>newpass</password>", "change1"), "change1"), "bad-request", "modify", "400")
    reply = client.ask(query(account("bill", "newpass"), "change1", to="localhost"), "change1")
    answered(reply, "change1")
    assert other.closing() == "reset", "the account's other stream stays"
    assert client.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost").get("type") == "result"
    assert can_log_in(server.port, "bill", "newpass") is None
    assert can_log_in(server.port, "bill", "Calliope") == "not-authorized"


def test_no_change_of_password_in_the_clear(place):
    """E-000-12b, R-077-99: the operator turns encryption on while a plaintext stream is logged in."""
    server = place.running(general="c2s_require_encryption = false\nallow_unencrypted_plain_auth = true")
    Client(server.port, tls=False).register("bill", "Calliope")
    client = logged_in(server.port, "bill", "Calliope", tls=False)
    server.reconfigure("c2s_require_encryption = false", "c2s_require_encryption = true")
    assert "OK" in server.shell("config:reload()")
    refused(client.ask(query(account("bill", "newpass"), "change1"), "change1"), "not-authorized", "modify", "401")
    assert can_log_in(server.port, "bill", "Calliope") is None


def test_a_real_clients_flow(place):
    """E-001-1, E-001-2, E-001-3"""
    server = place.running(general="c2s_require_encryption = false\nallow_unencrypted_plain_auth = true")
    client = Client(server.port, tls=False)
    assert client.header.get("id") and client.header.get("version") == "1.0"
    assert client.header.get("from") == "localhost"
    assert len(client.features.findall(FEATURE)) == 1
    fields = client.ask(query("", "uid1", "get"), "uid1")
    assert names(fields.find(REGISTER + "query")) == ["instructions", "password", "username"]
    answered(client.ask(query(account("test3", "1234"), "uid2"), "uid2"), "uid2")
    assert client.plain("test3", "1234") is None


def test_a_short_password_where_eight_are_asked(place):
    """E-001-4"""
    client = Client(place.running(host="password_policy = { length = 8 }").port)
    refused(client.ask(query(account("test3", "1234"), "uid2"), "uid2"), "not-acceptable", "modify", "406", "uid2")


def test_features_before_and_after(place):
    """R-077-01, R-077-03, R-077-05"""
    server = place.running()
    client = Client(server.port, tls=False)
    assert client.features.find(FEATURE) is None and client.features.find(TLS + "starttls") is not None
    client.starttls()
    assert len(client.features.findall(FEATURE)) == 1
    client.register("juliet", "romeo")
    assert client.plain("juliet", "romeo") is None
    assert client.open().find(FEATURE) is None
    assert SASL + "mechanisms" not in [child.tag for child in client.features]


def test_registration_in_the_clear_is_refused(place):
    """R-077-14"""
    client = Client(place.running().port, tls=False)
    refused(client.register("juliet", "romeo"), "policy-violation", "modify", "403")


def test_closed_registration(place):
    """R-077-13, R-077-04"""
    client = Client(place.running(host='muster_registration = "closed"').port)
    assert client.features.find(FEATURE) is None
    refused(client.query("get"), "service-unavailable", "cancel", "503")
    refused(client.register("juliet", "romeo"), "service-unavailable", "cancel", "503")


def test_no_password_in_store_log_or_event(place):
    """R-438-01: registered, logged in, changed and refused, at the most talkative level of the log"""
    server = place.running()
    client = Client(server.port)
    client.register("juliet", "Wherefore-art-thou")
    assert client.plain("juliet", "Wherefore-art-thou") is None
    client.bind()
    assert error_of(client.change_password("juliet", "Parting-is-such")) is None
    assert can_log_in(server.port, "juliet", "Sweet-sorrow") == "not-authorized"
    server.stop()
    files = [path for path in server.directory.rglob("*") if path.is_file()]
    assert any(path.name == "data.mdb" for path in files) and "juliet" in server.log()
    for path in files:
        for password in (b"Wherefore-art", b"Parting-is", b"Sweet-sorrow"):
            assert password not in path.read_bytes(), f"{password} stands in {path}"


def test_redirection(place):
    """R-077-04, R-077-67"""
    server = place.running(host='muster_registration = "redirect"\nregistration_url = "https://example.org/new"')
    client = Client(server.port)
    assert len(client.features.findall(FEATURE)) == 1
    answer = client.query("get").find(REGISTER + "query")
    assert names(answer) == ["instructions", "x"]
    assert answer.find("{jabber:x:oob}x/{jabber:x:oob}url").text == "https://example.org/new"
    refused(client.register("juliet", "romeo"), "not-allowed", "cancel", "405")
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"


def test_registration_by_a_form(place):
    """R-004-01, R-004-02"""
    server = place.running()
    client = Client(server.port)
    form = ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register</value></field>"
            "<field var='username'><value>bill</value></field><field var='password'><value>Calliope</value></field></x>")
    answered(client.ask(query("<username>bob</username><password>x</password>" + form, "reg2"), "reg2"), "reg2")
    assert can_log_in(server.port, "bill", "Calliope") is None
    assert can_log_in(server.port, "bob", "x") == "not-authorized"


def test_login_right_after_registration(place):
    """R-077-36, R-JID-02"""
    server = place.running()
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"):
        client = Client(server.port)
        name = mechanism.lower()
        answered(client.ask(query(account(name.upper(), "secret"), "r"), "r"), "r")
        login = client.plain if mechanism == "PLAIN" else lambda u, p: client.scram(u, p, mechanism)
        assert login(name, "secret") is None, mechanism


def test_requests_of_which_none_was_asked_for(place):
    """R-077-47: as links to register, to change and to remove make a client send them"""
    server = place.running()
    stream = Client(server.port)
    answered(stream.ask(query(account("bill", "Calliope"), "reg2"), "reg2"), "reg2")
    assert stream.plain("bill", "Calliope") is None
    stream.bind()
    answered(stream.ask(query(account("bill", "newpass"), "change1"), "change1"), "change1")
    client = logged_in(server.port, "bill", "newpass", "other")
    answered(client.ask(query("<remove/>", "unreg1", to="localhost"), "unreg1"), "unreg1")
    assert client.closing() == "not-authorized" and stream.closing() == "not-authorized"
    assert can_log_in(server.port, "bill", "newpass") == "not-authorized"


def test_another_accounts_registration(place):
    """R-077-29"""
    server = place.running()
    for name in ("juliet", "romeo"):
        Client(server.port).register(name, "secret")
    reply = logged_in(server.port, "romeo", "secret").query("get", to="juliet@localhost")
    assert error_of(reply)[0] == "service-unavailable", error_of(reply)
    assert reply.find(".//" + REGISTER + "username") is None


def test_another_host_of_the_server(place):
    """R-077-48"""
    server = place.running(further='VirtualHost "elsewhere"\nauthentication = "muster"\n'
                           f'ssl = {{ certificate = "{place.directory}/server/test.crt"; '
                           f'key = "{place.directory}/server/test.key" }}')
    client = Client(server.port)
    refused(client.query("get", to="elsewhere"), "service-unavailable", "cancel", "503")
    refused(client.query("set", account("bill", "x"), to="elsewhere"), "service-unavailable", "cancel", "503")
    assert can_log_in(server.port, "bill", "x", "elsewhere") == "not-authorized"


def test_addressees_of_a_stream_that_has_not_logged_in(place):
    """R-077-11: the same answer, with its id and without addresses"""
    server = place.running()
    client = Client(server.port)
    seen = set()
    for number, to in enumerate((None, "localhost", "LOCALHOST", "LocalHost")):
        fields = client.ask(query("", f"get{number}", "get", to), f"get{number}")
        taken = client.ask(query(account("bill", "Calliope"), f"set{number}", to=to), f"set{number}")
        if number == 0:
            answered(taken, "set0")
        else:
            refused(taken, "not-acceptable", "modify", "406")  # one account a stream
        for reply in (fields, taken):
            assert reply.get("from") is None and reply.get("to") is None, reply.attrib
        seen.add(ET.tostring(fields.find(REGISTER + "query")))
    assert len(seen) == 1, seen
