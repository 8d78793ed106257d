"""Requests that are unusual, wrong or hostile: one right answer or one clean end, and the server goes on."""

import pathlib
import re
import xml.etree.ElementTree as ET

from harness.health import SECRET, goes_on
from harness.xmpp import REGISTER, Client, Closed, can_log_in, error_of, local, logged_in

BAD_REQUEST = ("bad-request", "modify", "400")
NOT_ACCEPTABLE = ("not-acceptable", "modify", "406")
FORBIDDEN = ("forbidden", "auth", "403")
TOO_LARGE = ("policy-violation", "modify", "403")
# What the server answers by itself, before it asks any module
UNAVAILABLE = ("service-unavailable", "cancel", None)
REFUSED_BY_SERVER = ("bad-request", "modify", None)
MALFORMED_ADDRESS = ("jid-malformed", "modify", None)
MALFORMED = "not-well-formed"

ROOM = "c2s_unauthed_stanza_size_limit = 262144"  # 0.12 allows strangers 10000 bytes, 13 all that accounts may send

PASSWORD = f"<password>{SECRET}</password>"
FIELDS = f"<username>bill</username>{PASSWORD}"


def iq(inner, kind="set", attributes="id='bad'"):
    return f"<iq type='{kind}' {attributes}><query xmlns='jabber:iq:register'>{inner}</query></iq>"


def element(name, **attributes):
    return f"<{name} " + " ".join(f"{key}='{value}'" for key, value in attributes.items()) + "/>"


def filler_behind(data):
    """Since 2.6 (and in security updates of older ones) libexpat puts off reading a long tag that came in pieces until
    as much again has come. White space between stanzas is the keepalive of RFC 6120, section 4.6.1."""
    return 2 * len(data) * b" " if 50000 < len(data) < 150000 else b""


def answers_to(client, stanza):
    """What comes before the answer to a get behind it, or the condition that the stream ends with."""
    data = stanza if isinstance(stanza, bytes) else stanza.encode()
    answers = []
    try:
        client.socket.sendall(data + iq("", "get", "id='end'").encode() + filler_behind(data))
        while True:
            answer = client.receive()
            if answer.get("id") == "end":
                return answers
            answers.append(answer)
    except Closed as closed:
        assert not answers, "an answer, and then an end"
        return closed.condition


def judge(client, what, stanza, expected):
    """expected: "result", an error, None for no answer, or the condition that the stream ends with."""
    answers = answers_to(client, stanza)
    if isinstance(answers, str) or isinstance(expected, str) and expected != "result":
        assert answers == expected, f"{what}: {answers}"
        return
    identity = re.search(r"\bid='(\w+)'", stanza)
    for answer in answers:
        assert answer.get("id") == (identity and identity.group(1)), f"{what}: another id"
        assert SECRET not in ET.tostring(answer, "unicode"), f"{what}: the password comes back"
        assert not error_of(answer) or answer.find(REGISTER + "query") is None, f"{what}: the query comes back"
    found = [error_of(answer) or answer.get("type") for answer in answers]
    assert found == ([expected] if expected else []), f"{what}: {found}"


def judge_strangers(server, cases):
    """Each on a stream of its own"""
    for what, (stanza, expected) in cases.items():
        client = Client(server.port)
        judge(client, what, stanza, expected)
        goes_on(server, what)
        client.close()


def judge_account(server, cases):
    """Each on a stream of bill's, whose password stays as it is."""
    assert error_of(Client(server.port).register("bill", SECRET + "1")) is None
    for what, (stanza, expected) in cases.items():
        client = logged_in(server.port, "bill", SECRET + "1")
        judge(client, what, stanza, expected)
        client.close()
        goes_on(server, what)
        assert can_log_in(server.port, "bill", SECRET + "1") is None, what
        assert can_log_in(server.port, "bill", SECRET) == "not-authorized", what


def is_free(server, name):
    return error_of(Client(server.port).register(name, SECRET)) is None


WRITTEN = {
    "prefixes": ("<iq type='set' id='bad'><r:query xmlns:r='jabber:iq:register'><r:username>{}</r:username>"
                 f"<r:password>{SECRET}</r:password></r:query></iq>", SECRET),
    "one prefix": (iq("<r:username xmlns:r='jabber:iq:register'>{}</r:username>" + PASSWORD), SECRET),
    "a prefix for all": ("<c:iq xmlns:c='jabber:client' type='set' id='bad'><query xmlns='jabber:iq:register'>"
                         f"<username>{{}}</username>{PASSWORD}</query></c:iq>", SECRET),
    "CDATA": (iq(f"<username><![CDATA[{{}}]]></username><password><![CDATA[<&]]>{SECRET}]</password>"),
              f"<&{SECRET}]"),
    "entities": (iq(f"<username>{{}}</username><password>&lt;&gt;&amp;&quot;&apos;{SECRET}</password>"),
                 f"<>&\"'{SECRET}"),
    "references": (iq("<username>{}&#98;&#x62;</username><password>&#87;hereforeß&#x20AC;&#x1D11E;</password>"),
                   "Whereforeß€𝄞"),
    "white space around": (iq(f"\n\t<username>{{}}</username>\r\n  {PASSWORD} "), SECRET),
    "words between": (iq(f"hello<username>{{}}</username>my{PASSWORD}friend"), SECRET),
    "another's sender": (iq(f"<username>{{}}</username>{PASSWORD}", attributes="id='bad' from='nurse@localhost/x'"),
                         SECRET),
    "another language": (iq(f"<username>{{}}</username>{PASSWORD}", attributes="id='bad' xml:lang='tlh'"), SECRET),
}


def test_ways_to_write_one_request(place):
    """All register, with the values that XML gives them."""
    server = place.running()
    for number, (what, (stanza, password)) in enumerate(WRITTEN.items()):
        client = Client(server.port)
        judge(client, what, stanza.replace("{}", f"bill{number}"), "result")
        name = f"bill{number}" + ("bb" if what == "references" else "")
        assert client.plain(name, password) is None, what
        goes_on(server, what)


STRANGERS = {
    "username twice": (iq("<username>bill</username>" + FIELDS), BAD_REQUEST),
    "username twice, once empty": (iq("<username/>" + FIELDS), BAD_REQUEST),
    "password twice": (iq(FIELDS + PASSWORD), BAD_REQUEST),
    "an optional field twice": (iq(FIELDS + "<email>a</email><email>b</email>"), BAD_REQUEST),
    "an element in the name": (iq(f"<username>bi<b>l</b>l</username>{PASSWORD}"), BAD_REQUEST),
    "an element in a form's name": (iq("<x xmlns='jabber:x:data' type='submit'><field var='username'><value>bi<b/>ll"
                                       f"</value></field><field var='password'><value>{SECRET}</value></field></x>"),
                                    BAD_REQUEST),
    "two forms": (iq(2 * "<x xmlns='jabber:x:data' type='submit'/>"), BAD_REQUEST),
    "two queries": ("<iq type='set' id='bad'>" + 2 * f"<query xmlns='jabber:iq:register'>{FIELDS}</query>" + "</iq>",
                    BAD_REQUEST),
    "a query and something else": (iq(FIELDS).replace("</iq>", "<x xmlns='y'/></iq>"), BAD_REQUEST),
    "fields of another namespace": (iq(f"<username xmlns='y'>bill</username>{PASSWORD}"), NOT_ACCEPTABLE),
    "a result": (iq(FIELDS, "result"), None),
    "an error": (iq(FIELDS, "error"), None),
    "a type that there is not": (iq(FIELDS, "push"), UNAVAILABLE),
    "no type": (iq(FIELDS).replace("type='set'", ""), UNAVAILABLE),
    "nothing in it": ("<iq type='set' id='bad'/>", UNAVAILABLE),
    "a get without id": (iq("", "get", ""), "result"),
    "a sender that is no address": (iq(FIELDS, attributes="id='bad' from='@@'"), MALFORMED_ADDRESS),
    "an addressee that is no address": (iq(FIELDS, attributes="id='bad' to='@@'"), MALFORMED_ADDRESS),
    "somewhere on the host": (iq(FIELDS, attributes="id='bad' to='localhost/x'"), UNAVAILABLE),
    "a tab in the name": (iq(f"<username>bill&#9;</username>{PASSWORD}"), NOT_ACCEPTABLE),
    "a tab in the password": (iq(f"<username>bill</username><password>{SECRET}&#9;</password>"), NOT_ACCEPTABLE),
    "C1 control in the password": (iq(f"<username>bill</username><password>{SECRET}&#133;</password>"),
                                   NOT_ACCEPTABLE),
}


def test_what_a_stranger_gets_wrong(place):
    """R-077-40, R-077-58, R-086-02"""
    server = place.running(host='additional_registration_fields = { "email" }')
    judge_strangers(server, STRANGERS)
    assert is_free(server, "bill")


ACCOUNTS = {
    "username twice": (iq("<username>bill</username>" + FIELDS), BAD_REQUEST),
    "password twice": (iq(FIELDS + PASSWORD), BAD_REQUEST),
    "an element in the password": (iq(f"<username>bill</username><password>{SECRET}<b/></password>"), BAD_REQUEST),
    "two queries": ("<iq type='set' id='bad'>" + 2 * f"<query xmlns='jabber:iq:register'>{FIELDS}</query>" + "</iq>",
                    REFUSED_BY_SERVER),
    "a query and something else": (iq(FIELDS).replace("</iq>", "<x xmlns='y'/></iq>"), REFUSED_BY_SERVER),
    "nothing in it": ("<iq type='set' id='bad'/>", REFUSED_BY_SERVER),
    "remove beside fields": (iq("<remove/>" + FIELDS), BAD_REQUEST),
    "remove twice": (iq("<remove/><remove/>"), BAD_REQUEST),
    "an empty username": (iq("<username/>" + PASSWORD), BAD_REQUEST),
    "an empty password": (iq("<username>bill</username><password></password>"), BAD_REQUEST),
    "another's name": (iq("<username>nurse</username>" + PASSWORD), FORBIDDEN),
    "another's name, as the sender too": (iq("<username>nurse</username>" + PASSWORD,
                                             attributes="id='bad' from='nurse@localhost/x'"), FORBIDDEN),
    "one's own address as name": (iq("<username>bill@localhost</username>" + PASSWORD), FORBIDDEN),
    "a result": (iq(FIELDS, "result"), None),
    "an error": (iq(FIELDS, "error"), None),
    "a type that there is not": (iq(FIELDS, "push"), REFUSED_BY_SERVER),
    "no type": (iq(FIELDS).replace("type='set'", ""), REFUSED_BY_SERVER),
    "no id": (iq(FIELDS, attributes=""), REFUSED_BY_SERVER),
    "an addressee that is no address": (iq(FIELDS, attributes="id='bad' to='@@'"), MALFORMED_ADDRESS),
    "a tab in the password": (iq(f"<username>bill</username><password>{SECRET}&#9;</password>"), NOT_ACCEPTABLE),
}


def test_what_an_account_gets_wrong(place):
    """R-077-58, R-086-02"""
    judge_account(place.running(), ACCOUNTS)


def test_whoever_says_to_be_another(place):
    """R-077-12, R-077-28: the stream counts, not what a request says of its sender."""
    server = place.running()
    for name in ("juliet", "romeo"):
        assert error_of(Client(server.port).register(name, SECRET)) is None
    asking = iq("<registered/><username>juliet</username>", "get", "id='bad' from='juliet@localhost/test'")
    answer = Client(server.port).ask(asking, "bad")
    assert sorted(local(child) for child in answer.find(REGISTER + "query")) == ["instructions", "password", "username"]
    assert not answer.find(f".//{REGISTER}username").text
    romeo = logged_in(server.port, "romeo", SECRET)
    assert romeo.ask(asking, "bad").find(f".//{REGISTER}username").text == "romeo"
    removal = romeo.ask(iq("<remove/>", attributes="id='bad' from='juliet@localhost/test'"), "bad")
    assert error_of(removal) is None and romeo.closing() == "not-authorized"
    assert can_log_in(server.port, "romeo", SECRET) == "not-authorized"
    assert can_log_in(server.port, "juliet", SECRET) is None
    goes_on(server, "removal")


NO_XML_OF_XMPP = {
    "a document type": "<!DOCTYPE iq [<!ENTITY name 'bill'>]>" + iq(FIELDS),
    "an entity of one's own": iq(f"<username>&name;</username>{PASSWORD}"),
    "a comment": iq(f"<!-- x -->{FIELDS}"),
    "a processing instruction": iq(f"<?x y?>{FIELDS}"),
    "a tag that is not closed": iq(f"<username>bill{PASSWORD}"),
    "a prefix that nobody declared": iq(f"<r:username>bill</r:username>{PASSWORD}"),
    "an attribute twice": iq(FIELDS, attributes="id='bad' id='bad'"),
    "NUL": iq(f"<username>bill\0</username>{PASSWORD}"),
    "a reference to NUL": iq(f"<username>bill&#0;</username>{PASSWORD}"),
    "a reference to a control": iq(f"<username>bill</username><password>{SECRET}&#x1B;</password>"),
    "a reference to U+FFFF": iq(f"<username>bill&#xFFFF;</username>{PASSWORD}"),
    "a reference to half a character": iq(f"<username>bill&#xD800;</username>{PASSWORD}"),
    "bytes that are no UTF-8": iq(FIELDS).encode().replace(b"bill", b"bill\xff\xfe"),
    "slash in two bytes": iq(FIELDS).encode().replace(b"bill", b"bill\xc0\xaf"),
    "half a surrogate in UTF-8": iq(FIELDS).encode().replace(b"bill", b"bill\xed\xa0\x80"),
    "the end of an iq": "</iq>",
}


def test_xml_that_is_none_of_xmpp(place):
    """Prosody itself writes such bytes to the log, at the level debug."""
    server = place.running(level="info")
    judge_strangers(server, {what: (stanza, MALFORMED) for what, stanza in NO_XML_OF_XMPP.items()})
    assert is_free(server, "bill")


TOO_MUCH = {
    "a password of 70 kB": (iq(f"<username>bill</username><password>{SECRET}{70000 * 'x'}</password>"), TOO_LARGE),
    "an id of 70 kB": (iq(FIELDS, attributes=f"to='localhost' id='{70000 * 'x'}'"), TOO_LARGE),
    "beyond the server's limit": (iq(f"<username>bill</username><password>{SECRET}{300000 * 'x'}</password>"),
                                  "policy-violation"),
    "too deep": (iq(FIELDS + 30 * "<a>" + 30 * "</a>"), TOO_LARGE),
    "as deep as the server allows": (iq(FIELDS + 37000 * "<a>" + 37000 * "</a>"), TOO_LARGE),
    "300 elements": (iq(FIELDS + 300 * "<a/>"), TOO_LARGE),
    "50000 elements": (iq(FIELDS + 50000 * "<a/>"), TOO_LARGE),
    "500 attributes": (iq(FIELDS + element("a", **{f"a{n}": n for n in range(500)})), TOO_LARGE),
    "8000 attributes": (iq(FIELDS + element("a", **{f"a{n}": n for n in range(8000)})), TOO_LARGE),
}


def test_too_much_for_a_stranger(place):
    server = place.running(general=ROOM)
    judge_strangers(server, TOO_MUCH)
    assert is_free(server, "bill")


def test_too_much_for_an_account(place):
    judge_account(place.running(), TOO_MUCH)


def peak_memory_mb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status).group(1)) // 1024


def test_a_stanza_that_would_become_huge(place):
    """Written out with its namespaces, what comes in as 80 kB has 200 MB: nobody writes it out. Prosody's own parser
    takes as much once."""
    server = place.running(general=ROOM)
    stanza = iq(f"<p xmlns:p='{20000 * 'u'}'>" + 10000 * "<p:a/>" + "</p>" + FIELDS)
    judge_strangers(server, {"many elements of a namespace with a long name": (stanza, TOO_LARGE)})
    assert is_free(server, "bill")
    assert peak_memory_mb(server) < 450, f"{peak_memory_mb(server)} MB"
