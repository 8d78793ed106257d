"""Fields of the operator's own, over real streams, from Prosody's configuration."""

from harness.forms import FORM, fields_of, submit, values_of
from harness.xmpp import REGISTER, Client, can_log_in, error_of, local, logged_in

FIELDS = """
additional_registration_fields = {
	"email+";
	{ name = "x-gender", label = "Gender", type = "list-multi", required = true,
	  options = { "M", { value = "F", label = "Female" } } };
	{ name = "x-age", datatype = "xs:integer", range_min = 16 };
}
"""


def test_a_form_that_is_needed(place):
    """R-077-17, R-077-18, R-077-26"""
    server = place.running(host=FIELDS)
    client = Client(server.port)
    query = client.query("get").find(REGISTER + "query")
    assert [local(child) for child in query] == ["instructions", "x"]
    fields = fields_of(query)
    assert list(fields) == ["FORM_TYPE", "username", "password", "email", "x-gender", "x-age"]
    assert [option.get("label") for option in fields["x-gender"].iter(FORM + "option")] == ["M", "Female"]
    error = error_of(client.query("set", submit(username="bill", password="x", email="a@b")))
    assert error == ("not-acceptable", "modify", "406")
    error = error_of(client.query("set", submit(username="bill", password="x", email="a@b", x_gender="F", x_age="9")))
    assert error == ("not-acceptable", "modify", "406")
    assert error_of(client.query("set", submit(username="bill", password="x", email="a@b", x_gender=["F", "M"]))) is None
    query = logged_in(server.port, "bill", "x").query("get").find(REGISTER + "query")
    assert [local(child) for child in query][:5] == ["registered", "instructions", "username", "password", "email"]
    assert values_of(query)["x-gender"] == ["F", "M"], values_of(query)


def test_a_form_beside_elements(place):
    """R-077-16"""
    server = place.running(host='additional_registration_fields = { "nick" }\nmuster_offer_form = "always"')
    query = Client(server.port).query("get").find(REGISTER + "query")
    assert [local(child) for child in query] == ["instructions", "username", "nick", "password", "x"]
    assert list(fields_of(query)) == ["FORM_TYPE", "username", "password", "nick"]


def test_change_and_removal_with_proof(place):
    """R-077-85, R-077-86, R-077-102, R-077-103"""
    server = place.running(host='muster_unregister = "form"\nmuster_change_password = "form"')
    assert error_of(Client(server.port).register("bill", "theglobe")) is None
    client = logged_in(server.port, "bill", "theglobe")
    reply = client.change_password("bill", "groundlings")
    assert error_of(reply) == ("not-authorized", "modify", "401")
    asked = fields_of(reply.find(REGISTER + "query"))
    assert list(asked) == ["FORM_TYPE", "username", "old_password", "password"]
    form = {"username": "bill@localhost", "old_password": "wrong", "password": "groundlings"}
    reply = client.query("set", submit(":changepassword", **form))
    assert error_of(reply) == ("not-authorized", "modify", "401")
    form["old_password"] = "theglobe"
    reply = client.query("set", submit(":changepassword", **form))
    assert error_of(reply) is None
    assert can_log_in(server.port, "bill", "groundlings") is None
    reply = client.remove()
    assert error_of(reply) == ("not-allowed", "cancel", "405")
    assert list(fields_of(reply.find(REGISTER + "query"))) == ["FORM_TYPE", "username", "password"]
    reply = client.query("set", submit(":cancel", username="bill", password="theglobe"))
    assert error_of(reply) == ("not-authorized", "auth", "401")
    assert error_of(client.query("set", submit(":cancel", username="bill", password="groundlings"))) is None
    assert client.closing() == "not-authorized"
    assert can_log_in(server.port, "bill", "groundlings") == "not-authorized"


def test_languages(place):
    """Of the request; the files that come with the modules are found without a word of configuration."""
    server = place.running(host='registration_instructions = { en = "Join", es = "Unete" }\nmuster_offer_form = "always"')
    client = Client(server.port)

    def get(language):
        reply = client.ask(f"<iq type='get' id='{language}' xml:lang='{language}'>"
                           "<query xmlns='jabber:iq:register'/></iq>", language)
        query = reply.find(REGISTER + "query")
        return query.findtext(REGISTER + "instructions"), fields_of(query)["password"].get("label")

    assert get("en") == ("Join", "Password")
    assert get("es-MX") == ("Unete", "Contraseña")
    assert get("de-AT") == ("Join", "Passwort")
    assert get("zh-Hans-CN")[1] == "密码"
    assert get("fr") == ("Join", "Password")
