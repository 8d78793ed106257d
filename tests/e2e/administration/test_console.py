"""The section "muster" of the admin console."""

import os
import shutil
import statistics
import subprocess
import threading
import time

from harness.console import Console
from harness.forms import submit
from harness.place import Skip
from harness.population import fill
from harness.xmpp import Client, can_log_in, error_of, logged_in

PING = "<ping xmlns='urn:xmpp:ping'/>"


def rows(text, first):
    """The lines that begin with a word, each as a list of its columns."""
    return [line.split() for line in text.splitlines() if line.split()[:1] == [first]]


def assert_no_fault(server):
    for line in server.log().splitlines():
        assert "\terror\t" not in line and "raceback" not in line and "attempt to" not in line, line


def test_the_life_of_an_account(place):
    server = place.running()
    shell = server.shell
    assert "OK: Created juliet@localhost" in shell('muster:create("Juliet@localhost", "romeo")')
    session = logged_in(server.port, "juliet", "romeo")
    assert "There is such an account already" in shell('muster:create("juliet@localhost", "other")')
    shown = shell('muster:show("juliet@localhost")')
    assert rows(shown, "State") == [["State", "enabled"]], shown
    assert "SCRAM-SHA-1 with 10000 iterations, SCRAM-SHA-256 with 10000 iterations" in shown
    assert len(rows(shown, "Registered")) == 1 and not rows(shown, "Reason")
    assert "OK" in shell('muster:password("juliet@localhost", "tybalt")')
    assert session.closing() == "reset"
    assert can_log_in(server.port, "juliet", "romeo") == "not-authorized"
    session = logged_in(server.port, "juliet", "tybalt")
    assert "OK" in shell('muster:disable("juliet@localhost", "sends letters")')
    assert session.closing() is not None
    assert can_log_in(server.port, "juliet", "tybalt") == "account-disabled"
    shown = shell('muster:show("juliet@localhost")')
    assert rows(shown, "State") == [["State", "disabled"]] and rows(shown, "Reason")[0][1:] == ["sends", "letters"]
    assert "OK" in shell('muster:enable("juliet@localhost")')
    assert "is enabled" in shell('muster:enable("juliet@localhost")')
    session = logged_in(server.port, "juliet", "tybalt")
    assert "OK" in shell('muster:delete("juliet@localhost")')
    assert session.closing() == "not-authorized"
    assert can_log_in(server.port, "juliet", "tybalt") == "not-authorized"
    assert server.event_names("juliet").count("user-deleted") == 1
    assert_no_fault(server)
    for password in ("romeo", "tybalt"):
        assert password not in server.log(), "a password is in the log"


def test_one_policy(place):
    """Rules for names and passwords hold in the console."""
    server = place.running(host="password_policy = { length = 8 }")
    assert "too short" in server.shell('muster:create("juliet@localhost", "short")')
    assert can_log_in(server.port, "juliet", "short") == "not-authorized"
    assert "no such account" in server.shell('muster:show("juliet@localhost")')
    assert "OK" in server.shell('muster:create("juliet@localhost", "long enough")')
    assert "too short" in server.shell('muster:password("juliet@localhost", "short")')
    assert can_log_in(server.port, "juliet", "long enough") is None


def test_what_cannot_be_done_is_said(place):
    """In a sentence, never a traceback"""
    server = place.running(further='VirtualHost "other.example"\nauthentication = "internal_hashed"\n'
                           'modules_disabled = { "register_muster" }\n')
    server.shell('muster:create("juliet@localhost", "romeo")')
    commands = ("show", "create", "delete", "restore", "disable", "enable", "password", "release", "confirm", "list",
                "search", "tombstones", "backup")
    for command in commands:
        assert f"is missing: muster:{command}(" in server.shell(f"muster:{command}()"), command
        for argument in ("5", "{ }", "true", "function () end"):
            answer = server.shell(f"muster:{command}({argument})")
            assert " has to be " in answer and f"muster:{command}(" in answer, answer
        assert "With a colon" in server.shell(f'muster.{command}("juliet@localhost")'), command
    for command in ("show", "delete", "restore", "disable", "enable", "password", "release"):
        for jid, why in (("nobody@localhost", "no such account"), ("juliet@elsewhere", "not a host of this server"),
                         ("juliet@other.example", "is no host of Muster's"), ("localhost", "is not the JID"),
                         ("@localhost", "is not the JID"), ("juliet@localhost/balcony", "is not the JID"),
                         ("", "is not the JID")):
            answer = server.shell(f'muster:{command}("{jid}", "romeo")')
            wanted = "is not kept" if command == "release" and "no such" in why else why
            assert wanted in answer, f"{command} {jid}: {answer}"
    for command in ("list", "tombstones"):
        assert "is not a host" in server.shell(f'muster:{command}("elsewhere")')
    for options in ("{ overide = true }", "{ override = 1 }", "{ true }"):
        answer = server.shell(f'muster:create("romeo@localhost", "secret", {options})')
        assert "The options are" in answer, answer
    for line, why in (('muster:create("romeo@localhost", 5)', "has to be text"),
                      ('muster:create("romeo@localhost", "secret", "override")', "has to be a table"),
                      ('muster:create("a b@localhost", "secret")', "is not the JID"),
                      ('muster:create("romeo@localhost", "")', "password"),
                      ('muster:disable("juliet@localhost", { })', "has to be text"),
                      ('muster:restore("juliet@localhost")', "was not removed"),
                      ('muster:search("localhost")', "The text is missing"),
                      ('muster:status("elsewhere")', "has no accounts in the store"),
                      ('muster:status("other.example")', "has no accounts in the store"),
                      ('muster:nonsense("x")', "There is no such command")):
        assert why in server.shell(line), f"{line}: {server.shell(line)}"
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert can_log_in(server.port, "romeo", "secret") == "not-authorized"
    assert_no_fault(server)


def test_a_password_is_asked_for(place):
    """Where the host can: Prosody 13"""
    server = place.running()
    console = Console(server)
    if place.version == "0.12":
        assert "this version of Prosody cannot ask for it" in console.run('muster:create("juliet@localhost")')[-1]
        console.run('muster:create("juliet@localhost", "romeo")')
        assert "cannot ask for it" in console.run('muster:password("juliet@localhost")')[-1]
        return
    console.begin('muster:create("juliet@localhost")')
    console.answer("romeo")
    assert console.finish() == ["OK: Created juliet@localhost"]
    assert can_log_in(server.port, "juliet", "romeo") is None
    console.begin('muster:password("juliet@localhost")')
    console.answer("tybalt")
    assert "was changed" in console.finish()[-1]
    assert can_log_in(server.port, "juliet", "tybalt") is None
    console.begin('muster:password("juliet@localhost")')
    console.answer("", status="cancel")
    assert "Error" in console.finish()[-1]
    console.begin('muster:create("romeo@localhost")')
    console.answer("")
    assert "Error" in console.finish()[-1]
    # Whoever is asked and leaves has done nothing, and leaves nothing behind.
    console.begin('muster:create("romeo@localhost")')
    console.receive()
    console.close()
    assert "no such account" in server.shell('muster:show("romeo@localhost")')
    assert can_log_in(server.port, "juliet", "tybalt") is None
    assert_no_fault(server)


def test_lists(place):
    server = place.running(host='additional_registration_fields = { "email+" }')
    for name, email in (("juliet", "juliet@Capulet.lit"), ("romeo", "romeo@montague.lit"), ("nurse", "x\u009b2J@x.lit")):
        client = Client(server.port)
        reply = client.query("set", submit(username=name, password="secret", email=email))
        assert error_of(reply) is None or name == "nurse", error_of(reply)
    server.shell('muster:disable("romeo@localhost")')
    listed = server.shell('muster:list("LOCALHOST")')
    assert rows(listed, "juliet@localhost")[0][1] == "enabled" and rows(listed, "romeo@localhost")[0][1] == "disabled"
    lines = listed.splitlines()
    assert lines[0].split() == ["JID", "State", "Registered", "From", "Invited", "by"]
    assert rows(listed, "juliet@localhost")[0][3] == "127.0.0.1"
    column = lines[0].index("State")
    for line in lines[1:-2]:
        assert line[column - 1] == " " and line[column] != " ", listed
    assert "juliet" not in server.shell('muster:list("localhost", "disabled")')
    assert "1 of " in server.shell('muster:list("localhost", "JUL")')
    assert "0 of " in server.shell('muster:list("localhost", "pending")')
    found = server.shell('muster:search("localhost", "capulet")')
    assert "email: juliet@Capulet.lit" in found and "romeo" not in found, found
    assert "romeo@localhost" in server.shell('muster:search("localhost", "ROM")')
    assert "0 of " in server.shell('muster:search("localhost", "%")'), "the text is taken for a pattern"
    for line in ('muster:list("localhost")', 'muster:search("localhost", "x")', 'muster:show("nurse@localhost")'):
        assert "\u009b" not in server.shell(line), "what a user typed controls the terminal"
    assert "email" in server.shell('muster:show("juliet@localhost")')
    assert_no_fault(server)


def test_lists_by_what_is_on_file(place):
    """Address, date, state and name, each alone and together"""
    server = place.running()
    for number, name in enumerate(("juliet", "romeo", "nurse")):
        assert error_of(Client(server.port, source=f"127.0.{number}.2").register(name, "secret")) is None
    assert "OK" in server.shell('muster:create("friar@localhost", "secret")')
    assert "OK" in server.shell('muster:disable("romeo@localhost")')

    def names(wanted):
        printed = server.shell(f'muster:list("localhost", {wanted})')
        assert "OK" in printed, printed
        return {line.split("@")[0].removeprefix("| ") for line in printed.splitlines() if "@localhost" in line}

    assert names('{ address = "127.0.1.2" }') == {"romeo"}
    assert names('{ address = "127.0.0.0/23" }') == {"juliet", "romeo"}
    assert names('{ address = "::1" }') == set()
    assert names('{ since = "1h" }') == {"juliet", "romeo", "nurse", "friar"} and names('{ before = "1h" }') == set()
    assert names('{ state = "enabled", address = "127.0.0.0/16", name = "U" }') == {"juliet", "nurse"}
    assert names('{ inviter = "juliet" }') == set()
    assert "romeo@localhost" in server.shell('muster:search("localhost", "127.0.1.2")')
    for wrong, words in (('{ sate = "enabled" }', "known: address, before, inviter, name, since, state"),
                         ('{ state = "asleep" }', "is no state"), ('{ address = "home" }', "is no address or network"),
                         ('{ since = "soon" }', "is no period"), ("7", "has to be a text, or a table")):
        assert words in server.shell(f'muster:list("localhost", {wrong})'), wrong


def test_what_is_typed_does_not_break_the_console(place):
    """Control characters are not XML, and mean something to a terminal."""
    server = place.running()
    console = Console(server)
    console.run('muster:create("juliet@localhost", "romeo")')
    assert "OK" in console.run(r'muster:disable("juliet@localhost", "a\0b\27[31mc\255\226\128\174d\n<e/>")')[-1]
    shown = [line for line in console.run('muster:show("juliet@localhost")') if line.startswith("Reason")]
    assert len(shown) == 1 and "<e/>" in shown[0] and "\u202e" not in shown[0], shown
    assert "OK" in console.run('muster:enable("juliet@localhost")')[-1]


def test_names_that_are_kept(place):
    server = place.running(host='user_tombstone_expiry = "1 week"')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    session = logged_in(server.port, "romeo", "secret")
    session.remove()
    session.closing()
    kept = rows(server.shell('muster:tombstones("localhost")'), "romeo")
    assert len(kept) == 1 and kept[0][1] < kept[0][2], kept
    assert error_of(Client(server.port).register("romeo", "secret")) == ("conflict", "cancel", "409")
    assert "an account of that name was removed" in server.shell('muster:create("romeo@localhost", "secret")')
    assert can_log_in(server.port, "romeo", "secret") == "not-authorized"
    assert "OK" in server.shell('muster:release("Romeo@localhost")')
    assert not rows(server.shell('muster:tombstones("localhost")'), "romeo")
    assert "is not kept" in server.shell('muster:release("romeo@localhost")')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    # An operator may set the rule aside.
    assert "OK" in server.shell('muster:delete("romeo@localhost")')
    assert "OK" in server.shell('muster:create("romeo@localhost", "another", { override = true })')
    assert can_log_in(server.port, "romeo", "another") is None


def test_removed_accounts_are_left_to_restore(place):
    server = place.running(host='registration_delete_grace_period = "1 week"')
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    session = logged_in(server.port, "romeo", "secret")
    session.remove()
    session.closing()
    shown = server.shell('muster:show("romeo@localhost")')
    assert "deleted" in shown and "To be purged" in shown, shown
    for line in ('muster:enable("romeo@localhost")', 'muster:disable("romeo@localhost")',
                 'muster:password("romeo@localhost", "x")'):
        assert "was removed by its owner" in server.shell(line), line
    assert "OK" in server.shell('muster:restore("romeo@localhost")')
    assert can_log_in(server.port, "romeo", "secret") is None


def test_status(place):
    server = place.running(general='muster_hash_threads = 2', further='VirtualHost "other.example"\n'
                           'authentication = "muster"\nmodules_disabled = { "register_muster" }\n')
    for name in ("juliet", "romeo"):
        assert error_of(Client(server.port).register(name, "secret")) is None
    server.shell('muster:disable("romeo@localhost")')
    status = server.shell("muster:status()")
    titles = rows(status, "Host")[-1]
    counts = dict(zip(titles, rows(status, "localhost")[0]))
    assert counts["Registration"] == "open" and counts["Enabled"] == "1" and counts["Disabled"] == "1", status
    assert "not in band" in status and "2 accounts" in status
    assert str(server.directory / "data/muster") in status and rows(status, "Hash") == [["Hash", "threads", "2"]]
    assert "at most" in rows(status, "Hashing")[0] or " at most " in status
    assert rows(status, "Commits")[0][2] == "ms,", status
    assert "other.example" not in server.shell('muster:status("localhost")')


def test_help(place):
    server = place.running()
    assert "Accounts and registrations" in server.shell("help")
    text = server.shell("help muster")
    for command in ("status", "list", "show", "create", "backup", "restore", "registrations"):
        assert f"muster:{command}(" in text or f"muster {command}" in text, command
    assert "user:create" not in text
    assert "c2s:" in server.shell("help c2s") or "c2s " in server.shell("help c2s")


def test_reloading(place):
    """No command is missing, stale, or there twice, in consoles that are open as in new ones."""
    server = place.running()
    console = Console(server)
    console.run('muster:create("juliet@localhost", "romeo")')
    for _ in range(2):
        assert "OK" in server.shell('module:reload("muster")')
        for shell in (lambda line: console.run(line)[-1], server.shell):
            assert "juliet@localhost" in shell('muster:show("juliet@localhost")')
            assert "OK" in shell('muster:password("juliet@localhost", "romeo")')
    server.shell('module:reload("admin_shell")')
    assert "juliet@localhost" in server.shell('muster:list("localhost")')
    assert "show" in server.shell("help muster")
    assert "OK" in server.shell('module:unload("muster")')
    assert "mod_muster is not loaded" in console.run('muster:show("juliet@localhost")')[-1]
    assert "index a nil value" in server.shell('muster:show("juliet@localhost")')
    assert "Show what is on file" not in server.shell("help muster")
    assert "Accounts and registrations" not in server.shell("help")
    assert "OK" in server.shell('module:load("muster")')
    for shell in (lambda line: "\n".join(console.run(line)), server.shell):
        assert rows(shell('muster:show("juliet@localhost")'), "State") == [["State", "enabled"]]
    assert server.shell("help muster").count("Show what is on file") == 1
    assert server.shell("help").count("Accounts and registrations") == 1
    assert can_log_in(server.port, "juliet", "romeo") is None


BUFFERED = """>(function ()
	local size, module = 0, prosody.hosts.localhost.modules.auth_muster.module;
	for conn in pairs(module:shared("/*/admin_socket/sessions")) do
		local buffer = conn.writebuffer or "";
		size = size + #(type(buffer) == "table" and buffer[1] and table.concat(buffer) or buffer);
	end
	return size;
end)()""".replace("\n", " ")


def timed(function):
    began = time.monotonic()
    function()
    return time.monotonic() - began


def ping(client):
    assert client.iq("get", PING, "localhost").get("type") == "result"


def test_a_long_list_keeps_nobody_waiting(place):
    """And what is not read does not pile up in the server."""
    server = place.running(level="info")
    count = 100000 if place.long else 10000
    fill(server, count)
    Client(server.port).register("zoe", "secret")
    zoe = logged_in(server.port, "zoe", "secret")
    console, idle = Console(server, timeout=120), Console(server)
    result = {}

    def read():
        result["seconds"] = timed(lambda: result.update(lines=console.run('muster:list("localhost")')))

    reader = threading.Thread(target=read)
    reader.start()
    pings = []
    while reader.is_alive():
        pings.append(timed(lambda: ping(zoe)))
    lines = result["lines"]
    assert lines[-1] == f"OK: {count + 1} of {count + 1} accounts" and len(lines) == count + 3, lines[-1]
    print(f"      {count} accounts listed in {result['seconds']:.2f} s; {len(pings)} pings meanwhile: median "
          f"{1000 * statistics.median(pings):.1f} ms, longest {1000 * max(pings):.1f} ms")
    assert len(pings) > 10 and max(pings) < result["seconds"] / 4, (max(pings), result["seconds"])
    idle.begin('muster:list("localhost")')
    time.sleep(2)
    buffered = int(server.shell(BUFFERED).split()[-1])
    assert buffered < 300000, f"{buffered} bytes wait for somebody who does not read"
    idle.close()
    ping(zoe)
    assert "1 of " in server.shell('muster:search("localhost", "zoe")')
    assert_no_fault(server)


def test_backup_and_restore(place):
    server = place.running()
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    copy = place.directory / "copy"
    answer = server.shell(f'muster:backup("{copy}")')
    assert "OK: 1 account " in answer and "read back" in answer, answer
    assert oct(copy.stat().st_mode & 0o777) == "0o700"
    assert [path.name for path in copy.iterdir()] == ["data.mdb"]
    assert oct((copy / "data.mdb").stat().st_mode & 0o777) == "0o600"
    assert error_of(Client(server.port).register("late", "romeo")) is None
    for directory, why in ((copy, "is not empty"), (place.directory / "a/b", "No such file"),
                           (server.config, "Not a directory"), ("copy", "from the root on")):
        answer = server.shell(f'muster:backup("{directory}")')
        assert "Error" in answer and why in answer, answer
    server.stop()
    store = server.directory / "data/muster"
    shutil.rmtree(store)
    os.mkdir(store, 0o700)
    shutil.copy(copy / "data.mdb", store)
    server.start()
    assert can_log_in(server.port, "juliet", "romeo") is None
    assert can_log_in(server.port, "late", "romeo") == "not-authorized"
    assert error_of(Client(server.port).register("late", "romeo")) is None
    assert_no_fault(server)


def test_a_backup_on_a_full_disk(place):
    """It fails, leaves nothing, and harms nobody."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise Skip("needs root, for a disk that is small")
    small = place.directory / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", small], capture_output=True)
    if mounted.returncode != 0:
        raise Skip("no file system can be mounted here")
    place.on_clear(lambda: subprocess.run(["umount", small], check=False))
    server = place.running()
    assert error_of(Client(server.port).register("juliet", "romeo")) is None
    answer = server.shell(f'muster:backup("{small}/copy")')
    assert "Error" in answer and "full" in answer, answer
    assert not list(small.iterdir())
    assert can_log_in(server.port, "juliet", "romeo") is None


def registered(server, username):
    server.wait_until(lambda: "user-registered" in server.event_names(username), f"to tell of {username}")
    server.shell("server:uptime()")  # another turn of the loop
    names = server.event_names(username)
    assert names.count("user-registered") == 1, names
    return names


def test_an_account_of_every_door_is_announced_once(place):
    """R-PRJ-01, R-PRJ-02"""
    server = place.running()
    server.shell('muster:create("one@localhost", "secret")')
    server.shell('user:create("two@localhost", "secret")')
    assert server.ctl("adduser", "three@localhost", text="secret\nsecret\n").returncode == 0
    Client(server.port).register("four", "secret")
    for name in ("one", "two", "three", "four"):
        names = registered(server, name)
        if place.version == "13":
            for event in ("user-enabled", "user-password-changed", "user-role-changed"):
                assert names.index(event) < names.index("user-registered"), (name, names)
        assert can_log_in(server.port, name, "secret") is None
    assert all(event[2] == "-" for event in server.events()), "an event carries a password"
    # What makes no account is not announced.
    server.shell('user:create("one@localhost", "secret")')
    server.shell('user:password("two@localhost", "other")')
    server.shell('muster:disable("two@localhost")')
    server.shell('muster:enable("two@localhost")')
    assert "OK" in server.shell('muster:delete("two@localhost")')
    for name in ("one", "two"):
        registered(server, name)
    server.shell('muster:release("two@localhost")')
    server.shell('user:create("two@localhost", "secret")')
    server.wait_until(lambda: server.event_names("two").count("user-registered") == 2, "to tell of the second account")
    # After a restart nothing is told again.
    server.stop()
    server.start()
    for name in ("one", "three", "four"):
        registered(server, name)


def test_stock_registration_announces_for_itself(place):
    """Prosody's own module on Muster's accounts"""
    server = place.running(modules=("register_ibr",), general="allow_registration = true")
    assert error_of(Client(server.port).register("juliet", "secret")) is None
    registered(server, "juliet")
    assert any(event[:4] == ("user-registered", "juliet", "-", "mod_register") for event in server.events())


def test_roles(place):
    """As the host's own console gives them"""
    server = place.running()
    if place.version == "0.12":
        answer = server.shell('muster:create("juliet@localhost", "romeo", { role = "prosody:admin" })')
        assert "gives no roles" in answer, answer
        return
    server.shell('muster:create("juliet@localhost", "romeo")')
    assert "prosody:member" in server.shell('user:role("juliet@localhost")')
    server.shell('muster:create("nurse@localhost", "romeo", { role = "prosody:admin", override = true })')
    assert "prosody:admin" in server.shell('user:role("nurse@localhost")')


def test_what_was_removed_elsewhere_goes_first(place):
    """The next account of the name loses neither data nor streams with it."""
    if place.version != "0.12":
        raise Skip("only prosodyctl of 0.12 removes accounts itself")
    server = place.running()
    server.shell('muster:create("juliet@localhost", "romeo")')
    assert server.ctl("deluser", "juliet@localhost").returncode == 0
    assert "OK" in server.shell('muster:create("juliet@localhost", "tybalt", { override = true })')
    session = logged_in(server.port, "juliet", "tybalt")
    time.sleep(1.5)
    ping(session)
    told = [name for name in server.event_names("juliet") if name in ("user-registered", "user-deleted")]
    assert told == ["user-registered", "user-deleted", "user-registered"], told
