"""Fields of the operator's own, over real streams, from Prosody's configuration."""

from harness.xmpp import REGISTER, Client, error_of, local, logged_in

FORM = "{jabber:x:data}"
FIELDS = """
additional_registration_fields = {
	"email+";
	{ name = "x-gender", label = "Gender", type = "list-multi", required = true,
	  options = { "M", { value = "F", label = "Female" } } };
	{ name = "x-age", datatype = "xs:integer", range_min = 16 };
}
"""


def submit(**fields):
    filled = "".join(f"<field var='{name.replace('_', '-')}'>"
                     + "".join(f"<value>{value}</value>" for value in values.split()) + "</field>"
                     for name, values in fields.items())
    return f"<x xmlns='jabber:x:data' type='submit'>{filled}</x>"


def fields_of(query):
    return {field.get("var"): field for field in query.iter(FORM + "field")}


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
    assert error_of(client.query("set", submit(username="bill", password="x", email="a@b", x_gender="F M"))) is None
    query = logged_in(server.port, "bill", "x").query("get").find(REGISTER + "query")
    assert [local(child) for child in query][:5] == ["registered", "instructions", "username", "password", "email"]
    values = [value.text for value in fields_of(query)["x-gender"].findall(FORM + "value")]
    assert values == ["F", "M"], values


def test_a_form_beside_elements(place):
    """R-077-16"""
    server = place.running(host='additional_registration_fields = { "nick" }\nmuster_offer_form = "always"')
    query = Client(server.port).query("get").find(REGISTER + "query")
    assert [local(child) for child in query] == ["instructions", "username", "nick", "password", "x"]
    assert list(fields_of(query)) == ["FORM_TYPE", "username", "password", "nick"]
