"""How often one may try: on a stream, with a key, with a proof."""

from harness.forms import FORM, fields_of, is_required, submit
from harness.xmpp import FEATURE, REGISTER, Client, can_log_in, error_of, local, logged_in

NOT_ACCEPTABLE = ("not-acceptable", "modify", "406")
VERIFY = 'muster_change_password = "form"\nmuster_unregister = "form"\nmuster_verify_fields = { "x-mmn" }\n'


def account(username, password, more=""):
    return f"<username>{username}</username><password>{password}</password>{more}"


def test_a_stream_makes_one_account(place):
    """R-077-41"""
    server = place.running()
    client = Client(server.port)
    assert error_of(client.register("romeo", "secret")) is None
    assert error_of(client.register("mercutio", "secret")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "mercutio", "secret") == "not-authorized"
    assert client.plain("romeo", "secret") is None


def test_refused_once_too_often(place):
    """R-077-42"""
    server = place.running()
    client = Client(server.port)
    for _ in range(5):
        assert error_of(client.register("a b", "secret")) == NOT_ACCEPTABLE
        assert client.query("get").get("type") == "result"
    assert error_of(client.register("a b", "secret")) == NOT_ACCEPTABLE
    assert client.closing() == "policy-violation"
    assert error_of(Client(server.port).register("romeo", "secret")) is None


def test_a_stream_that_has_registered_logs_in_or_ends(place):
    """R-077-43"""
    server = place.running(host="muster_login_timeout = 1")
    for number, stanza in enumerate(("<message><body>hi</body></message>", "<presence/>",
                                     "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>", "")):
        client = Client(server.port)
        assert error_of(client.register(f"name{number}", "secret")) is None
        assert client.query("get").get("type") == "result"
        client.send(stanza)
        assert client.closing() == "not-authorized", stanza


def key_of(client):
    query = client.query("get").find(REGISTER + "query")
    return query.findtext(REGISTER + "key"), fields_of(query)["key"].findtext(FORM + "value")


def test_keys(place):
    """R-077-131, R-077-132, R-077-133"""
    server = place.running(host='muster_legacy_key = true\nmuster_offer_form = "always"')
    client, other = Client(server.port), Client(server.port)
    old, in_form = key_of(client)
    assert len(old) == 40 and old == in_form and set(old) <= set("0123456789abcdef")
    key, _ = key_of(client)
    assert key != old
    for wrong in ("", f"<key>{old}</key>", f"<key>{key_of(other)[0]}</key>", "<key/>"):
        assert error_of(client.query("set", account("romeo", "secret", wrong))) == NOT_ACCEPTABLE, wrong
    assert error_of(client.query("set", account("romeo", "secret", f"<key>{key}</key>"))) is None
    romeo = logged_in(server.port, "romeo", "secret")
    assert error_of(romeo.query("set", "<remove/><key>wrong</key>")) == NOT_ACCEPTABLE
    key, _ = key_of(romeo)
    assert error_of(romeo.query("set", f"<remove/><key>{key}</key>")) is None


def test_no_keys_unless_wanted(place):
    """R-077-130"""
    server = place.running(host='muster_offer_form = "always"')
    client = Client(server.port)
    query = client.query("get").find(REGISTER + "query")
    assert query.find(REGISTER + "key") is None and "key" not in fields_of(query)
    assert error_of(client.query("set", account("romeo", "secret", "<key>x</key>"))) is None


def registered_with_answer(server):
    client = Client(server.port)
    filled = submit(username="bill", password="theglobe", x_mmn="Throckmorton")
    assert error_of(client.query("set", filled)) is None
    return logged_in(server.port, "bill", "theglobe")


def test_answers_that_only_the_owner_knows(place):
    """E-000-13, E-000-14, R-077-110"""
    server = place.running(host=VERIFY)
    bill = registered_with_answer(server)
    reply = bill.change_password("bill", "newpass")
    assert error_of(reply) == ("not-authorized", "modify", "401")
    fields = fields_of(reply)
    assert {name: each.get("type") for name, each in fields.items() if name != "FORM_TYPE"} == {
        "username": "text-single", "old_password": "text-private", "password": "text-private", "x-mmn": "text-single"}
    assert all(is_required(each) for name, each in fields.items() if name != "FORM_TYPE")
    form = {"username": "bill@localhost", "old_password": "theglobe", "password": "groundlings", "x_mmn": "Arden"}
    assert error_of(bill.query("set", submit(":changepassword", **form))) == ("not-authorized", "modify", "401")
    form["x_mmn"] = "  THROCKMORTON "
    assert error_of(bill.query("set", submit(":changepassword", **form))) is None
    assert can_log_in(server.port, "bill", "groundlings") is None
    assert "hrockmorton" not in "".join(bill.query("get").itertext())
    store = (server.directory / "data/muster/data.mdb").read_bytes()
    assert b"hrockmorton" not in store and b"Throckmorton" not in server.log().encode()


def test_wrong_tries(place):
    """R-077-87, R-077-104"""
    server = place.running(host=VERIFY)
    bill = registered_with_answer(server)
    form = {"username": "bill", "old_password": "wrong", "password": "new", "x_mmn": "Throckmorton"}
    for _ in range(3):
        reply = bill.query("set", submit(":changepassword", **form))
        assert error_of(reply) == ("not-authorized", "modify", "401") and "old_password" in fields_of(reply)
    cancel = {"username": "bill", "password": "theglobe", "x_mmn": "Arden"}
    for _ in range(2):
        reply = bill.query("set", submit(":cancel", **cancel))
        assert error_of(reply) == ("not-authorized", "auth", "401")
        assert list(fields_of(reply)) == ["FORM_TYPE", "username", "password", "x-mmn"]
    assert can_log_in(server.port, "bill", "theglobe") is None
    form["old_password"], cancel["x_mmn"] = "theglobe", "Throckmorton"
    blocked = ("policy-violation", "wait", "403")
    assert error_of(bill.query("set", submit(":changepassword", **form))) == blocked
    assert error_of(bill.query("set", submit(":cancel", **cancel))) == blocked
    server.stop()
    server.start()
    bill = logged_in(server.port, "bill", "theglobe")
    assert error_of(bill.query("set", submit(":cancel", **cancel))) == blocked, "forgotten over a restart"


def test_data_that_its_owner_edits(place):
    server = place.running(host='additional_registration_fields = { "email+", "nick", "phone" }\n'
                                'muster_editable_fields = { "email", "nick" }')
    filled = account("bill", "theglobe", "<email>a@b</email><nick>B</nick><phone>1</phone>")
    assert error_of(Client(server.port).query("set", filled)) is None
    bill = logged_in(server.port, "bill", "theglobe")
    edit = "<username>bill</username><password/><email>c@d</email><nick/><phone>2</phone>"
    assert error_of(bill.query("set", edit)) is None
    query = bill.query("get").find(REGISTER + "query")
    values = {local(child): child.text for child in query}
    assert (values["email"], values["nick"], values["phone"]) == ("c@d", None, "1"), values
    assert error_of(bill.query("set", "<username>bill</username><email/>")) == NOT_ACCEPTABLE
    assert can_log_in(server.port, "bill", "theglobe") is None


def test_disco_without_anything_to_do(place):
    """R-077-06"""
    server = place.running(host='muster_unregister = "deny"\nmuster_change_password = "deny"')
    assert error_of(Client(server.port).register("bill", "theglobe")) is None
    bill = logged_in(server.port, "bill", "theglobe")

    def announced():
        reply = bill.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "localhost")
        return "jabber:iq:register" in [each.get("var") for each in reply.iter()]

    assert announced()
    server.reconfigure('muster_unregister = "deny"', 'muster_unregister = "deny"\nmuster_registration = "closed"')
    server.shell("config:reload()")
    assert not announced()
    assert Client(server.port).features.find(FEATURE) is None
    server.reconfigure('muster_unregister = "deny"', 'muster_unregister = "allow"')
    server.shell("config:reload()")
    assert announced()


def test_encryption_by_prosodys_wider_option(place):
    """require_encryption counts where c2s_require_encryption is not there, which stands above it."""
    server = place.running(general="require_encryption = false")
    assert error_of(Client(server.port, tls=False).register("bill", "theglobe")) is None
    server.stop()
    server = place.server("other", general="require_encryption = false\nc2s_require_encryption = true").start()
    reply = Client(server.port, tls=False).register("bill", "theglobe")
    assert error_of(reply) == ("policy-violation", "modify", "403")
