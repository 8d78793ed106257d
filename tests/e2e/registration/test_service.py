"""Registration with a service, by users of its own server and of another one, over real streams between servers."""

from harness.component import CONFIGURATION, Component
from harness.federation import resident, two_servers
from harness.forms import FORM, fields_of, is_required, submit, values_of
from harness.xmpp import CLIENT, REGISTER, Client, can_log_in, error_of, local, logged_in

SERVICE = "contests.shakespeare.lit"
CONTEST = """
Component "contests.shakespeare.lit" "registration_service"
registration_title = "Contest Registration"
registration_instructions = "Please provide the following information to sign up for our special contests!"
muster_offer_form = "only"
additional_registration_fields = {
	"first+"; "last+"; "email+";
	{ name = "x-gender", label = "Gender", type = "list-single",
	  options = { { value = "M", label = "Male" }, { value = "F", label = "Female" } } };
}
"""
JULIET = {"first": "Juliet", "last": "Capulet", "email": "juliet@capulet.com", "x_gender": "F"}
GATEWAY = """
Component "icq.shakespeare.lit" "registration_service"
additional_registration_fields = { "username+", "password+", "nick" }
"""
ICQ = "icq.shakespeare.lit"


def service(text, *more):
    return {"more": (SERVICE, ICQ), "further": "\n".join((text, *more))}


def query_of(client, to=SERVICE):
    reply = client.query("get", to=to)
    assert reply.get("from") == to and reply.get("to") == client.jid, reply.attrib
    return reply.find(REGISTER + "query")


def account(username, password, more=""):
    return f"<username>{username}</username><password>{password}</password>{more}"


def is_registered(client, to=SERVICE):
    return query_of(client, to).find(REGISTER + "registered") is not None


def test_the_contest(place):
    """E-000-7, E-000-8, E-000-10d, R-077-115, R-077-116, R-077-117, R-077-121, R-077-122"""
    shakespeare, capulet = two_servers(place, **service(CONTEST))
    balcony = resident(capulet, "juliet", resource="balcony")
    assert balcony.jid == "juliet@capulet.com/balcony"
    query = query_of(balcony)
    assert [local(child) for child in query] == ["instructions", "x"]
    form, fields = query.find(FORM + "x"), fields_of(query)
    assert form.findtext(FORM + "title") == "Contest Registration" and "contests" in form.findtext(FORM + "instructions")
    assert list(fields) == ["FORM_TYPE", "first", "last", "email", "x-gender"]
    assert [each.get("type") for each in fields.values()][1:] == ["text-single"] * 3 + ["list-single"]
    assert [is_required(each) for each in fields.values()][1:] == [True, True, True, False]
    assert [each.findtext(FORM + "value") for each in fields["x-gender"].findall(FORM + "option")] == ["M", "F"]
    assert error_of(balcony.query("set", "<remove/>", SERVICE)) == ("registration-required", "auth", "407")
    reply = balcony.query("set", submit(**JULIET), SERVICE)
    assert error_of(reply) is None and reply.get("from") == SERVICE and reply.get("to") == balcony.jid
    assert len(reply) == 0
    tomb = logged_in(capulet.port, "juliet", "secret", "tomb", "capulet.com", address=capulet.address)
    assert is_registered(tomb) and is_registered(balcony)
    assert error_of(tomb.query("set", "<remove/>", SERVICE)) is None
    assert not is_registered(tomb) and not is_registered(balcony)
    assert tomb.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "capulet.com").get("type") == "result"
    assert can_log_in(capulet.port, "juliet", "secret", "capulet.com", address=capulet.address) is None
    assert error_of(balcony.query("set", "<remove/>", SERVICE)) == ("registration-required", "auth", "407")


def test_what_is_on_file(place):
    """R-077-118, R-077-119, R-077-120 of a form; nothing but what the asker handed in"""
    shakespeare, capulet = two_servers(place, **service(CONTEST))
    juliet, romeo = resident(capulet, "juliet"), resident(shakespeare, "romeo")
    assert error_of(juliet.query("set", submit(first="Juliet"), SERVICE)) == ("not-acceptable", "modify", "406")
    assert error_of(juliet.query("set", "", SERVICE)) == ("not-acceptable", "modify", "406")
    assert not is_registered(juliet)
    for client in (juliet, romeo):
        assert error_of(client.query("set", submit(**JULIET), SERVICE)) is None
    assert values_of(query_of(juliet))["x-gender"] == ["F"] and values_of(query_of(juliet))["last"] == ["Capulet"]
    changed = {"first": "Juliet", "last": "Montague", "email": "juliet@montague.lit"}
    assert error_of(juliet.query("set", submit(**changed), SERVICE)) is None
    values = values_of(query_of(juliet))
    assert values["last"] == ["Montague"] and values["x-gender"] == [], values
    assert values_of(query_of(romeo))["last"] == ["Capulet"]


def test_names_of_the_service(place):
    """R-077-118, R-077-120, R-077-126"""
    shakespeare, capulet = two_servers(place, **service(GATEWAY))
    juliet, romeo = resident(capulet, "juliet"), resident(shakespeare, "romeo")
    assert [local(child) for child in query_of(juliet, ICQ)] == ["instructions", "username", "nick", "password"]
    assert error_of(juliet.query("set", account("77665544", "hyrk", "<nick>J</nick>"), ICQ)) is None
    assert error_of(romeo.query("set", account("77665544", "x"), ICQ)) == ("conflict", "cancel", "409")
    assert not is_registered(romeo, ICQ)
    assert error_of(romeo.query("set", "<username>11</username>", ICQ)) == ("not-acceptable", "modify", "406")
    query = query_of(juliet, ICQ)
    assert query.findtext(REGISTER + "username") == "77665544" and query.findtext(REGISTER + "nick") == "J"
    assert not query.findtext(REGISTER + "password")
    # Another name for the same JID gives the old one free.
    assert error_of(juliet.query("set", account("11223344", "hyrk"), ICQ)) is None
    assert error_of(romeo.query("set", account("77665544", "x"), ICQ)) is None
    change = {"username": "11223344", "old_password": "wrong", "password": "new"}
    reply = juliet.query("set", submit(":changepassword", **change), ICQ)
    assert error_of(reply) == ("not-authorized", "modify", "401")
    assert list(fields_of(reply)) == ["FORM_TYPE", "username", "old_password", "password"]
    change["old_password"] = "hyrk"
    assert error_of(juliet.query("set", submit(":changepassword", **change), ICQ)) is None
    cancel = {"username": "77665544", "password": "new"}
    assert error_of(juliet.query("set", submit(":cancel", **cancel), ICQ)) == ("forbidden", "auth", "403")
    cancel = {"username": "juliet@capulet.com", "password": "hyrk"}
    assert error_of(juliet.query("set", submit(":cancel", **cancel), ICQ)) == ("not-authorized", "auth", "401")
    cancel["password"] = "new"
    assert error_of(juliet.query("set", submit(":cancel", **cancel), ICQ)) is None
    assert not is_registered(juliet, ICQ) and is_registered(romeo, ICQ)
    for text in (server.log() for server in (shakespeare, capulet)):
        assert "hyrk" not in text


def test_who_may_register(place):
    """R-077-123, R-077-124"""
    only_here = CONTEST.replace("contests", "local") + "muster_allow_remote = false\n"
    shakespeare, capulet = two_servers(place, ("local.shakespeare.lit", SERVICE), listening=("component",),
                                       further=CONTEST + only_here + CONFIGURATION)
    juliet, romeo = resident(capulet, "juliet"), resident(shakespeare, "romeo")
    for client in (juliet, romeo):
        assert error_of(client.query("set", submit(**JULIET), SERVICE)) is None
    forbidden = ("forbidden", "auth", "403")
    assert error_of(juliet.query("set", submit(**JULIET), "local.shakespeare.lit")) == forbidden
    assert error_of(juliet.query("get", to="local.shakespeare.lit")) == forbidden
    assert error_of(romeo.query("set", submit(**JULIET), "local.shakespeare.lit")) is None
    for to in ("somebody@" + SERVICE, SERVICE + "/somewhere", "somebody@" + SERVICE + "/somewhere"):
        assert error_of(romeo.query("get", to=to)) == ("service-unavailable", "cancel", "503"), to
    gateway = Component(shakespeare, sender="user@gateway.example.org/r")
    assert error_of(gateway.query("set", submit(**JULIET), SERVICE)) is None
    assert is_registered_by(gateway, "user@gateway.example.org/elsewhere")
    gateway.sender = "gateway.example.org"
    assert error_of(gateway.query("set", submit(**JULIET), SERVICE)) == forbidden
    stranger = Client(shakespeare.port, "shakespeare.lit")
    assert error_of(stranger.query("get", to=SERVICE)) == ("service-unavailable", "cancel", "503")


def test_who_may_not_cancel(place):
    """E-000-10b, R-077-123: the operator refuses users of other servers when one of them has registered"""
    allowed, refused = "muster_allow_remote = true", "muster_allow_remote = false"
    shakespeare, capulet = two_servers(place, **service(CONTEST, allowed))
    juliet = resident(capulet, "juliet")
    assert error_of(juliet.query("set", submit(**JULIET), SERVICE)) is None
    shakespeare.reconfigure(allowed, refused)
    assert "OK" in shakespeare.shell("config:reload()")
    reply = juliet.query("set", "<remove/>", SERVICE)
    assert error_of(reply) == ("forbidden", "auth", "403") and reply.find(REGISTER + "query") is None
    shakespeare.reconfigure(refused, allowed)
    assert "OK" in shakespeare.shell("config:reload()")
    assert is_registered(juliet)
    assert error_of(juliet.query("set", "<remove/>", SERVICE)) is None


def is_registered_by(component, sender):
    component.sender = sender
    return component.query("get", to=SERVICE).find(f"{REGISTER}query/{REGISTER}registered") is not None


def test_a_service_and_an_account_are_apart(place):
    """R-077-125"""
    shakespeare, _ = two_servers(place, **service(CONTEST, GATEWAY))
    romeo = resident(shakespeare, "romeo")
    assert error_of(romeo.query("set", submit(**JULIET), SERVICE)) is None
    assert error_of(romeo.query("set", account("1", "2"), ICQ)) is None
    assert error_of(romeo.query("set", "<remove/>", SERVICE)) is None
    assert not is_registered(romeo) and is_registered(romeo, ICQ)
    assert error_of(romeo.query("set", "<remove/>")) is None
    assert romeo.closing() == "not-authorized"
    assert shakespeare.event_names("romeo").count("user-deregistered") == 1
    shakespeare.shell('muster:create("romeo@shakespeare.lit", "new", { override = true })')
    again = logged_in(shakespeare.port, "romeo", "new", domain="shakespeare.lit")
    assert is_registered(again, ICQ), "the service forgot who left the other host"


def test_no_keys(place):
    """R-077-133: an option that stands for the whole server is for its hosts"""
    shakespeare, _ = two_servers(place, general='muster_legacy_key = true\nmuster_offer_form = "always"',
                                 **service(GATEWAY))
    client = Client(shakespeare.port, "shakespeare.lit")
    key = client.query("get").find(REGISTER + "query").findtext(REGISTER + "key")
    assert len(key) == 40
    assert error_of(client.query("set", account("romeo", "secret", f"<key>{key}</key>"))) is None
    romeo = logged_in(shakespeare.port, "romeo", "secret", domain="shakespeare.lit")
    for filled in (account("1", "hyrk"), account("1", "hyrk", "<key>wrong</key>")):
        query = query_of(romeo, ICQ)
        assert query.find(REGISTER + "key") is None and "key" not in fields_of(query)
        assert error_of(romeo.query("set", filled, ICQ)) is None
    assert error_of(romeo.query("set", "<remove/><key>wrong</key>", ICQ)) == ("bad-request", "modify", "400")
    assert is_registered(romeo, ICQ)
    assert error_of(romeo.query("set", "<remove/>", ICQ)) is None
    assert not is_registered(romeo, ICQ)


def test_redirected(place):
    """R-077-65"""
    redirect = 'muster_registration = "redirect"\nregistration_url = "https://shakespeare.lit/join"\n'
    shakespeare, capulet = two_servers(place, more=(SERVICE,), further=CONTEST + redirect, host=redirect)
    juliet = resident(capulet, "juliet")
    query = query_of(juliet)
    assert [local(child) for child in query] == ["instructions", "x"]
    assert query.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == "https://shakespeare.lit/join"
    assert "https://shakespeare.lit/join" in query.findtext(REGISTER + "instructions")
    assert error_of(juliet.query("set", submit(**JULIET), SERVICE)) == ("not-allowed", "cancel", "405")
    query = Client(shakespeare.port, "shakespeare.lit").query("get").find(REGISTER + "query")
    assert [local(child) for child in query] == ["instructions", "x"]
    assert query.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == "https://shakespeare.lit/join"
    shakespeare.stop()
    shakespeare.reconfigure('registration_url = "https://shakespeare.lit/join"\n', "")
    shakespeare.start()
    query = Client(shakespeare.port, "shakespeare.lit").query("get").find(REGISTER + "query")
    assert [local(child) for child in query] == ["instructions"]


def test_a_service_that_asks_for_nothing_is_closed(place):
    """A wrong configuration opens nothing, and says what is wrong."""
    shakespeare, _ = two_servers(place, more=(SERVICE,), further=f'Component "{SERVICE}" "registration_service"\n')
    romeo = resident(shakespeare, "romeo")
    assert error_of(romeo.query("get", to=SERVICE)) == ("service-unavailable", "cancel", "503")
    assert "a service asks for something" in shakespeare.log()
    features = romeo.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", SERVICE)
    assert "jabber:iq:register" not in [each.get("var") for each in features.iter() if each.get("var")]
    assert features.find(CLIENT + "error") is None


def test_the_console(place):
    shakespeare, _ = two_servers(place, **service(CONTEST))
    romeo = resident(shakespeare, "romeo")
    odd = {"first": "=1+1", "last": 'Mon"ta, gue', "email": "romeo@shakespeare.lit"}
    assert error_of(romeo.query("set", submit(**odd), SERVICE)) is None
    listed = shakespeare.shell(f'muster:registrations("{SERVICE}")')
    assert "romeo@shakespeare.lit" in listed and "1 registered" in listed, listed
    shown = shakespeare.shell(f'muster:registration("{SERVICE}", "romeo@shakespeare.lit")')
    assert 'Mon"ta, gue' in shown and "=1+1" in shown, shown
    assert "is not registered" in shakespeare.shell(f'muster:registration("{SERVICE}", "nobody@shakespeare.lit")')
    path = place.directory / "contest.csv"
    assert "1 registrations" in shakespeare.shell(f'muster:export_registrations("{SERVICE}", "{path}")')
    head, row = path.read_text().splitlines()
    assert head == "jid,registered,email,first,last"
    assert row.startswith("romeo@shakespeare.lit,20") and row.endswith(",romeo@shakespeare.lit,'=1+1,\"Mon\"\"ta, gue\"")
    again = shakespeare.shell(f'muster:export_registrations("{SERVICE}", "{path}")')
    assert "1 registrations" not in again, "an existing file was written over"
    assert "is no registration service" in shakespeare.shell('muster:registrations("shakespeare.lit")')
