"""Rules that an operator wrote: functions in the configuration."""

from harness.orders import MODULES, audit
from harness.xmpp import FEATURE, Client, can_log_in, error_of, text_of

RULES = """
muster_rules = {
	b_text = function (request)
		return request.username:find("^text") and "Not such a name." or nil;
	end;
	c_table = function (request)
		return request.username:find("^table") and { type = "auth", condition = "forbidden", text = "Go away." } or nil;
	end;
	c_later = function (request)
		return request.username:find("^later") and { type = "wait", condition = "policy-violation", wait = 299.5 } or nil;
	end;
	d_no = function (request) return not request.username:find("^no"); end;
	e_odd = function (request)
		return request.username:find("^odd") and { type = 1, condition = {}, text = false } or nil;
	end;
	f_fault = function (request) return request.username:find("^fault") and request.nothing.there or nil; end;
	a_first = function (request)
		for name in pairs(request) do
			assert(name ~= "password", "a password was told");
		end
		assert(request.host == "localhost");
		if request.username:find("^told") then
			return table.concat({ request.door, tostring(request.address), tostring(request.invited),
				tostring(request.fields.email) }, " ");
		end
	end;
}
"""
SECRET = "correct horse"
REFUSED = ("not-acceptable", "modify", "406")
FAILED = ("internal-server-error", "wait", "500")


def answer(server, name, source=None, extra=""):
    reply = Client(server.port, source=source).register(name, SECRET, extra)
    return error_of(reply), text_of(reply)


def test_what_they_say(place):
    server = place.running(modules=MODULES, general=RULES, host='additional_registration_fields = { "email" }')
    assert answer(server, "text1") == (REFUSED, "Not such a name.")
    assert answer(server, "table1") == (("forbidden", "auth", "403"), "Go away.")
    assert answer(server, "no1") == (REFUSED, None)
    assert answer(server, "odd1") == (REFUSED, None)
    assert answer(server, "told1", "127.0.0.2", "<email>a@example.org</email>") == \
        (REFUSED, "in-band 127.0.0.2 false a@example.org")
    assert answer(server, "juliet") == (None, None)
    assert can_log_in(server.port, "juliet", SECRET) is None
    for name in ("text1", "table1", "no1", "odd1", "told1"):
        assert can_log_in(server.port, name, SECRET) == "not-authorized", name
    later = Client(server.port).register("later1", SECRET)
    assert error_of(later) == ("policy-violation", "wait", "403")
    assert later.find(".//{urn:muster:wait:0}retry-after").get("seconds") == "300"
    explained = server.shell('muster:explain("later1@localhost")')
    assert "for 300 s" in explained and "Refused by c_later" in explained, explained
    entries = audit(server, 6, outcome="refused")
    assert [entry["rule"] for entry in entries] == ["b_text", "c_table", "d_no", "e_odd", "a_first", "c_later"]


def test_one_that_fails(place):
    """Nobody gets in by its fault; the log names it, and tells nothing else."""
    server = place.running(modules=MODULES, general=RULES)
    client = Client(server.port)
    reply = client.register("fault1", SECRET)
    assert error_of(reply) == FAILED
    assert reply.find(".//{urn:muster:wait:0}retry-after") is not None
    assert can_log_in(server.port, "fault1", SECRET) == "not-authorized"
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert len(faults) == 1 and "Error in the rule f_fault" in faults[0], faults
    assert SECRET not in server.log()
    assert audit(server, 1, outcome="refused")[0]["rule"] == "f_fault"
    assert answer(server, "juliet")[0] is None, "the server does not go on"


def test_they_come_last(place):
    """What the store knows is asked before them: a taken name needs no opinion."""
    server = place.running(general=RULES, host='block_registrations_users = { "text1" }')
    assert answer(server, "text1")[0] == ("conflict", "cancel", "409")


def test_every_door(place):
    """The console and prosodyctl too, which is another process on 0.12"""
    server = place.running(modules=MODULES, general=RULES)
    for name in ("text1", "table1", "no1", "fault1"):
        assert "OK" not in server.shell(f'user:create("{name}@localhost", "{SECRET}")'), name
        server.ctl("adduser", f"{name}@localhost", text=f"{SECRET}\n{SECRET}\n")
        assert can_log_in(server.port, name, SECRET) == "not-authorized", name
    assert "provider nil" in server.shell(f'user:create("told1@localhost", "{SECRET}")')
    assert "0 users" in server.shell('user:list("localhost")')
    assert "OK" in server.shell(f'user:create("juliet@localhost", "{SECRET}")')
    assert can_log_in(server.port, "juliet", SECRET) is None
    doors = {entry["door"] for entry in audit(server, 9, outcome="refused")}
    assert doors == ({"provider", "prosodyctl"} if place.version == "0.12" else {"provider"})


def check_closed(server, words):
    client = Client(server.port)
    assert client.features.find(FEATURE) is None
    assert error_of(client.register("juliet", SECRET)) == ("service-unavailable", "cancel", "503")
    assert "OK" not in server.shell(f'user:create("juliet@localhost", "{SECRET}")')
    server.ctl("adduser", "juliet@localhost", text=f"{SECRET}\n{SECRET}\n")
    assert can_log_in(server.port, "juliet", SECRET) == "temporary-auth-failure"
    assert words in server.log(), words


def test_wrong_values(place):
    """They make no account by any door."""
    for number, (line, words) in enumerate({
            "muster_rules = 'x'": "option muster_rules: a table of functions by name is needed",
            "muster_rules = { function () end }": "option muster_rules: 1 is not allowed",
            "muster_rules = { mine = 'x' }": "option muster_rules: mine is not allowed",
    }.items()):
        server = place.server(f"server{number}", host=line, modules=("register_muster", "register_ibr")).start()
        check_closed(server, words)
        server.stop()
        server.reconfigure(line, "")
        server.start()
        assert can_log_in(server.port, "juliet", SECRET) == "not-authorized", line
        server.stop()


def test_a_reload(place):
    """Rules are read again with the configuration, wrong ones too."""
    server = place.running(general="muster_rules = {}")
    assert answer(server, "text1")[0] is None
    server.reconfigure("muster_rules = {}", RULES)
    assert "OK" in server.shell("config:reload()")
    assert answer(server, "text2")[0] == REFUSED
    server.reconfigure(RULES, "muster_rules = 5")
    assert "OK" in server.shell("config:reload()")
    check_closed(server, "option muster_rules: a table")
