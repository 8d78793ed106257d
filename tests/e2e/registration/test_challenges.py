"""What strangers solve before they get an account: questions, proof of work, pictures."""

import hashlib
import re
import time

from harness.bosh import Bosh
from harness.challenges import BOB, QUESTIONS, Challenge, ask, data_of, disco_features, hand_in, solver
from harness.forms import FORM
from harness.websocket import WebSocket
from harness.xmpp import CLIENT, REGISTER, Client, can_log_in, error_of, local, logged_in, text_of

WRONG = ("not-acceptable", "cancel", "406")
MISSING = ("not-acceptable", "modify", "406")
TOO_MANY = ("resource-constraint", "wait", "500")
NOT_FOUND = ("item-not-found", "cancel", "404")
ASKING = 'muster_challenges = { "qa", "SHA-256" }\nmuster_proof_of_work = 10\n' + QUESTIONS


def asking(place, more="", **settings):
    return place.running(host=ASKING + more, **settings)


def test_the_form(place):
    """R-158-01, R-158-02, D-10, Q-15: one form in the query, and nothing else but instructions"""
    server = place.running(host='muster_challenges = { "qa", "SHA-256" }\n' + QUESTIONS)
    client = Client(server.port)
    found = ask(client)
    assert [local(child) for child in found.query] == ["instructions", "x"]
    assert [local(child) for child in found.query.find(FORM + "x")][:3] == ["title", "instructions", "instructions"]
    assert re.fullmatch("[0-9a-f]{40}", found.id) and found.sid == f"q{client.count}"
    assert found.kinds == ["qa", "SHA-256"] and found.required == [] and found.answers == 3
    assert found.label("qa") == "The colour of grass?"
    assert 2**19 <= int(found.label("SHA-256"), 16) < 2**20
    assert all(found.fields[name].get("type") == "hidden" for name in ("challenge", "sid", "answers"))
    assert ask(Client(server.port)).id != found.id
    assert error_of(hand_in(client, "romeo", found.id, sha256=found.work())) is None
    assert can_log_in(server.port, "romeo", "romeo") is None


def test_questions(place):
    """R-158-04"""
    server = asking(place)
    for number, answer in enumerate(("green", " GREEN\n", "grün", "GRÜN")):
        client = Client(server.port)
        assert error_of(hand_in(client, f"user{number}", ask(client).id, qa=answer)) is None, answer
        assert can_log_in(server.port, f"user{number}", "romeo") is None


def test_a_wrong_answer(place):
    """R-158-05: the challenge is spent, and the next one is there to be solved; the audit has it"""
    server = asking(place)
    client = Client(server.port)
    first = ask(client)
    reply = hand_in(client, "romeo", first.id, qa="blue")
    assert error_of(reply) == WRONG and text_of(reply)
    second = Challenge(reply)
    assert second.id != first.id and second.sid == reply.get("id") and second.kinds == first.kinds
    assert error_of(hand_in(client, "romeo", first.id, qa="green")) == WRONG
    assert can_log_in(server.port, "romeo", "romeo") == "not-authorized"
    server.wait_until(lambda: "  challenge  " in server.shell('muster:audit("localhost", { rule = "challenge" })'),
                      "to write it down")
    third = ask(client)
    assert error_of(hand_in(client, "romeo", third.id, qa="green")) is None


def shape(reply):
    """A refusal without what differs from one to the next."""
    challenge = Challenge(reply)
    return (error_of(reply), text_of(reply), challenge.kinds, challenge.required, challenge.answers,
            sorted(challenge.fields), len(challenge.id))


def test_which_it_was_is_not_told(place):
    """R-158-06, Q-08: wrong, spent, unknown, another stream's"""
    server = asking(place)
    client, other = Client(server.port), Client(server.port)
    first, others = ask(client), ask(other)
    wrong = shape(hand_in(client, "romeo", first.id, qa="blue"))
    assert shape(hand_in(client, "romeo", first.id, qa="green")) == wrong
    assert shape(hand_in(client, "romeo", "0" * 40, qa="green")) == wrong
    assert shape(hand_in(client, "romeo", others.id, qa="green")) == wrong
    assert error_of(hand_in(other, "romeo", others.id, qa="green")) is None, "it is its own stream's still"


def test_nothing_solved(place):
    """R-158-07"""
    server = asking(place)
    client = Client(server.port)
    found = ask(client)
    assert error_of(hand_in(client, "romeo", None, qa="green")) == MISSING
    assert error_of(hand_in(client, "romeo", found.id)) == MISSING
    assert error_of(client.register("romeo", "romeo")) == MISSING
    assert can_log_in(server.port, "romeo", "romeo") == "not-authorized"
    assert error_of(hand_in(client, "romeo", found.id, qa="green")) is None, "nothing was tried"


def test_both_in_a_wave(place):
    """R-158-08: what is marked as required, and as many as are asked"""
    server = place.running(host='muster_challenges = { "qa", "SHA-256", "auto" }\n'
                                'muster_proof_of_work = 10\n' + QUESTIONS)
    client = Client(server.port)
    assert ask(client).answers == 3
    printed = server.shell('muster:challenges("localhost", 11, "1h")')
    assert "qa, SHA-256" in printed and "11" in printed and "both" in printed, printed
    found = ask(client)
    assert found.answers == 4 and found.required == ["SHA-256"]
    assert 2**10 <= int(found.label("SHA-256"), 16) < 2**11
    assert error_of(hand_in(client, "romeo", found.id, qa="green")) == MISSING
    assert error_of(hand_in(client, "romeo", found.id, sha256=found.work())) == MISSING
    assert error_of(hand_in(client, "romeo", found.id, sha256=found.work(), qa="green")) is None
    assert "as configured" in server.shell('muster:challenges("localhost", "auto")')
    assert ask(Client(server.port)).answers == 3


def test_solved_stays_solved(place):
    """R-158-09, D-10: for another name on the same stream, until there is an account"""
    server = asking(place)
    client = Client(server.port)
    first = ask(client)
    assert error_of(hand_in(client, "romeo", first.id, qa="green")) is None
    client = Client(server.port)
    found = ask(client)
    assert error_of(hand_in(client, "romeo", found.id, qa="green")) == ("conflict", "cancel", "409")
    again = ask(client)
    assert again.id == found.id and again.kinds == [] and again.answers == 2
    assert error_of(hand_in(client, "mercutio", found.id)) is None
    other = Client(server.port)
    assert error_of(hand_in(other, "tybalt", found.id, qa="green")) == WRONG


def test_proof_of_work(place):
    """R-158-10: behind the JID that was asked"""
    server = asking(place)
    for number, (to, jid) in enumerate(((None, "localhost"), ("localhost", "localhost"), ("LOCALhost", "LOCALhost"))):
        client = Client(server.port)
        found = ask(client, to)
        assert 2**9 <= int(found.label("SHA-256"), 16) < 2**10
        assert error_of(hand_in(client, f"user{number}", found.id, sha256=found.work(jid))) is None
    client = Client(server.port)
    found = ask(client)
    assert error_of(hand_in(client, "eve", found.id, sha256=found.work("example.com"))) == WRONG


def test_who_has_an_account_is_not_asked(place):
    """R-158-13"""
    server = asking(place)
    assert "OK" in server.shell('user:create("romeo@localhost", "secret")')
    romeo = logged_in(server.port, "romeo", "secret")
    assert romeo.query("get").find(f"{REGISTER}query/{FORM}x") is None
    assert error_of(romeo.change_password("romeo", "rose")) is None
    romeo = logged_in(server.port, "romeo", "rose")
    assert error_of(romeo.remove()) is None


def test_guessing_ends_the_stream(place):
    server = asking(place)
    client = Client(server.port)
    found = ask(client)
    for _ in range(5):
        reply = hand_in(client, "romeo", found.id, qa="blue")
        assert error_of(reply) == WRONG
        found = Challenge(reply)
    assert error_of(hand_in(client, "romeo", found.id, qa="blue")) == MISSING
    assert client.closing() == "policy-violation"


def test_the_throttle_makes_it_harder(place):
    """Bits rise with what an address has done lately, between the operator's bounds."""
    server = place.running(host='muster_challenges = { "qa", "SHA-256" }\n'
                                'muster_proof_of_work = { min = 8, max = 12 }\n'
                                'muster_throttle = { limit = 3, period = 36000 }\n' + QUESTIONS)
    for number, bits in enumerate((8, 10, 12)):
        client = Client(server.port, source="127.0.0.2")
        found = ask(client)
        assert int(found.label("SHA-256"), 16).bit_length() == bits
        assert error_of(hand_in(client, f"user{number}", found.id, sha256=found.work())) is None
    assert int(ask(Client(server.port, source="127.0.0.3")).label("SHA-256"), 16).bit_length() == 8


# --- pictures ---

def test_a_picture(place):
    """R-158-03, R-158-04, R-231-01, R-231-02: by the operator's own program, from which the test has the answer"""
    command, answer = solver(place)
    server = place.running(host='muster_challenges = { "ocr", "SHA-256" }\n' + command)
    client = Client(server.port)
    found = ask(client)
    media = found.fields["ocr"].find("{urn:xmpp:media-element}media")
    cid, kind, picture = data_of(found.query)
    assert found.answers == 3 and found.label("ocr") and found.required == []
    assert (media.get("height"), media.get("width")) == ("1", "1")
    assert [each.get("type") for each in media] == ["image/png"] and kind == "image/png"
    assert found.uri() == "cid:" + cid == f"cid:sha1+{hashlib.sha1(picture).hexdigest()}@bob.xmpp.org"
    assert found.query.find(BOB + "data").get("max-age") == "0"
    again = client.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>", to="localhost")
    assert again.get("type") == "result" and data_of(again) == (cid, kind, picture)
    assert error_of(hand_in(client, "romeo", found.id, ocr="......")) == WRONG
    next_one = ask(client)
    assert error_of(hand_in(client, "romeo", next_one.id, ocr=answer())) is None
    assert can_log_in(server.port, "romeo", "romeo") is None


def test_a_picture_of_ours(place):
    """R-158-03, R-231-01: drawn by Muster, another one each time, of at most 8 KiB; in a refusal too"""
    server = place.running(host='muster_challenges = { "ocr", "SHA-256" }\n')
    client = Client(server.port)
    found = ask(client)
    cid, kind, picture = data_of(found.query)
    assert kind == "image/png" and picture.startswith(b"\x89PNG") and len(picture) <= 8192
    media = found.fields["ocr"].find("{urn:xmpp:media-element}media")
    assert int.from_bytes(picture[16:20], "big") == int(media.get("width"))
    assert int.from_bytes(picture[20:24], "big") == int(media.get("height"))
    reply = hand_in(client, "romeo", found.id, ocr="......")
    assert error_of(reply) == WRONG
    other = data_of(reply.find(REGISTER + "query"))
    assert other[2] != picture and other[0] == "sha1+" + hashlib.sha1(other[2]).hexdigest() + "@bob.xmpp.org"
    assert error_of(client.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>")) == NOT_FOUND


def test_other_data(place):
    """R-231-02: what is not there, and who announces it; where nothing is asked, nothing is announced or answered"""
    server = place.running(host='muster_challenges = { "ocr", "SHA-256" }\n', further='VirtualHost "plain.localhost"\n'
                           'authentication = "muster"\n')
    client, other = Client(server.port), Client(server.port)
    cid = data_of(ask(client).query)[0]
    for stream, asked in ((client, "sha1+0@bob.xmpp.org"), (client, ""), (other, cid)):
        assert error_of(stream.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{asked}'/>")) == NOT_FOUND
    assert error_of(client.iq("get", "<data xmlns='urn:xmpp:bob'/>")) == NOT_FOUND
    assert "OK" in server.shell('user:create("romeo@localhost", "secret")')
    romeo = logged_in(server.port, "romeo", "secret")
    assert error_of(romeo.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>", to="localhost")) == NOT_FOUND
    assert disco_features(romeo).count("urn:xmpp:bob") == 1
    assert "urn:xmpp:bob" not in disco_features(romeo, "plain.localhost")
    assert error_of(romeo.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>", to="plain.localhost"))[0] \
        == "service-unavailable"


def test_beside_a_module_with_data_of_its_own(place):
    """Another module's data stay its own, and ours are ours."""
    server = place.running(modules=("register_muster", "test_data"), host='muster_challenges = { "ocr", "SHA-256" }\n')
    client = Client(server.port)
    found = client.iq("get", "<data xmlns='urn:xmpp:bob' cid='sha1+test@bob.xmpp.org'/>")
    assert found.findtext(BOB + "data") == "dGVzdA=="
    cid, kind, picture = data_of(ask(client).query)
    assert data_of(client.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>")) == (cid, kind, picture)


def test_too_many_pictures(place):
    """R-158-14: for an address; others, and exempt ones, have as many as they like"""
    server = place.running(host='muster_challenges = { "ocr", "SHA-256" }\n')
    client = Client(server.port, source="127.0.0.2")
    outcomes = [error_of(client.query("get")) for _ in range(13)]
    assert outcomes[:10] == 10 * [None] and TOO_MANY in outcomes[10:], outcomes
    refused = next(reply for reply in iter(lambda: client.query("get"), None) if error_of(reply))
    wait = refused.find(f"{CLIENT}error/{{urn:muster:wait:0}}retry-after")
    assert error_of(refused) == TOO_MANY and 1 <= int(wait.get("seconds")) <= 6
    assert error_of(Client(server.port, source="127.0.0.3").query("get")) is None
    exempt = Client(server.port)
    assert [error_of(exempt.query("get")) for _ in range(12)] == 12 * [None]
    assert "pictures 127.0.0.2" in server.shell("muster:throttle()")
    assert "OK" in server.shell('muster:reset_throttle("localhost", "127.0.0.2")')
    assert error_of(client.query("get")) is None


def test_thousands_of_pictures(place):
    """Whoever asks and asks keeps nobody from anything, and memory ends with streams."""
    server = place.running(host='muster_challenges = { "ocr", "SHA-256" }\n')
    assert "OK" in server.shell('user:create("romeo@localhost", "secret")')
    clients = [Client(server.port, source=f"127.0.1.{number + 1}") for number in range(20)]
    before = memory(server)
    for _ in range(100):
        for client in clients:
            client.send("<iq type='get' id='x'><query xmlns='jabber:iq:register'/></iq>")
    assert can_log_in(server.port, "romeo", "secret") is None
    outcomes = [error_of(client.receive()) for client in clients for _ in range(100)]
    assert len(outcomes) == 2000 and set(outcomes) <= {None, TOO_MANY}, set(outcomes)
    assert 20 * 10 <= outcomes.count(None) < 1000, outcomes.count(None)
    assert memory(server) - before < 30_000, "KiB"
    for client in clients:
        client.close()


def memory(server):
    """KiB that the server holds."""
    status = open(f"/proc/{server.pid()}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def test_a_command_that_hangs(place):
    """The answer says that it cannot be done now, the log why, and meanwhile the server goes on, and who has an account
    logs in."""
    program = place.directory / "captcha.sh"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    server = place.running(host=f'muster_challenges = {{ "ocr", "SHA-256" }}\ncaptcha_cmd = "{program}"\n')
    server.shell('muster:create("juliet@localhost", "secret")')
    clients = [Client(server.port) for _ in range(3)]
    for client in clients:
        client.send("<iq type='get' id='x'><query xmlns='jabber:iq:register'/></iq>")
    began = time.monotonic()
    assert can_log_in(server.port, "juliet", "secret") is None
    assert time.monotonic() - began < 4, "the server waits for the program"
    for client in clients:
        assert error_of(client.receive()) == ("internal-server-error", "wait", "500")
    assert "A request failed: picture-timeout" in server.log()


def test_over_the_web(place):
    """R-231-02, over BOSH and WebSocket: the picture, its get, and the next one in a refusal"""
    command, answer = solver(place)
    server = place.running(modules=("register_muster", "bosh", "websocket"), listening=("http", "https"),
                           host='muster_challenges = { "ocr", "SHA-256" }\n' + command)
    for number, kind in enumerate((Bosh, WebSocket)):
        client = kind(server.ports["https"])
        cid, _, picture = data_of(ask(client).query)
        assert data_of(client.iq("get", f"<data xmlns='urn:xmpp:bob' cid='{cid}'/>"))[2] == picture
        found = Challenge(hand_in(client, f"user{number}", "0" * 40, ocr="......"))
        assert error_of(hand_in(client, f"user{number}", found.id, ocr=answer())) is None
        assert client.plain(f"user{number}", "romeo") is None


# --- the configuration ---

def test_wrong_options(place):
    """One kind is not enough, a question has an answer, a program is there: else nobody gets in; the log says why."""
    for number, (options, complaint) in enumerate((
            ('muster_challenges = { "SHA-256" }', "option muster_challenges: one kind is not allowed"),
            ('muster_challenges = { "qa", "SHA-256" }', "option muster_questions: it is missing"),
            ('muster_challenges = { "qa", "captcha" }', 'option muster_challenges: "captcha" is not allowed'),
            ('muster_challenges = { "ocr", "SHA-256" }\ncaptcha_cmd = "/nowhere"', "option captcha_cmd: /nowhere"),
            ('muster_proof_of_work = { min = 4 }', "option muster_proof_of_work: 4 is not allowed"))):
        server = place.server(f"server{number}", host=options).start()
        assert complaint in server.log(), server.log()[-2000:]
        assert error_of(Client(server.port).query("get")) == ("service-unavailable", "cancel", "503")
        server.stop()


def test_reconfigured(place):
    """Who was asked by the old configuration may answer by it."""
    server = asking(place)
    client = Client(server.port)
    found = ask(client)
    server.reconfigure("The colour of grass?", "The colour of snow?")
    server.reconfigure('"Green"', '"White"')
    assert "OK" in server.shell("config:reload()")
    assert ask(Client(server.port)).label("qa") == "The colour of snow?"
    assert error_of(hand_in(client, "romeo", found.id, qa="green")) is None
