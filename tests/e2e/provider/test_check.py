"""prosodyctl mod_muster check: what it finds, and that it changes nothing."""

import copy
import os
import re
import resource
import subprocess

from harness.place import Skip

FINDING = re.compile(r"(error|warning|note) +(\S+) +(.+)")
SAFE = 'password_policy = { length = 8 }\nmuster_registration = "approval"\nadmins = { "nurse@localhost" }\n'
MOUNTED = "21 20 {major}:{minor} / /somewhere rw,relatime shared:1 - {kind} server:/export rw\n"
ASKING = 'muster_challenges = { "qa", "SHA-256" }\nmuster_questions = { ["The colour of grass?"] = "green" }\n'


def checked(server, *arguments):
    """The exit status, the findings as (level, host, text), and the last line."""
    return taken_apart(server.ctl(*arguments, "mod_muster", "check"))


def taken_apart(done):
    lines = [line for line in done.stdout.splitlines() if "\t" not in line]  # those are the server's own log
    found = [FINDING.fullmatch(line) for line in lines[:-1]]
    assert lines and all(found), done.stdout + done.stderr
    return done.returncode, [match.groups() for match in found], lines[-1]


def findings(server):
    """Those that do not come from how these tests run: as root, and before the server does."""
    _, found, _ = checked(server)
    return [each for each in found if "run_as_root" not in each[2] and "makes it when it starts" not in each[2]]


def only_finding(server, level, text, host="localhost"):
    found = findings(server)
    assert [each[:2] for each in found] == [(level, host)] and text in found[0][2], (text, found)


def started_once(place, **settings):
    server = place.running(**settings)
    server.stop()
    return server


def kept(directory):
    """What is in a directory: names, modes, owners, sizes and when they changed."""
    paths = [directory, *sorted(directory.rglob("*"))]
    return [(str(path), *[getattr(path.stat(), "st_" + key) for key in ("mode", "uid", "size", "mtime_ns")])
            for path in paths if path.name != "lock.mdb"]  # there readers are noted


def test_a_sound_server(place):
    """Not a word about one that was never started, nor about one that runs; and nothing is changed."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be another user")
    server = place.server(host=SAFE, user="prosody")
    data = server.directory / "data"
    before = kept(data)
    status, found, last = checked(server)
    assert (status, last) == (0, "0 errors, 0 warnings, 1 note") and "makes it when it starts" in found[0][2], found
    assert kept(data) == before, "the check has left something"
    server.start()
    before = kept(data / "muster")  # what is beside it belongs to the server, which may write meanwhile
    for arguments in ((), ("--root",)):
        assert checked(server, *arguments) == (0, [], "0 errors, 0 warnings, 0 notes"), arguments
    assert kept(data / "muster") == before


def test_how_it_is_told(place):
    """A line a finding, in columns; the last counts; the status tells whether there are more than notes."""
    server = place.server(host=SAFE, modules=("register_muster", "welcome"),
                          further='VirtualHost "longer.example"\nauthentication = "muster"')
    done = server.ctl("mod_muster", "check")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and lines[-1] == "0 errors, 2 warnings, 4 notes", done.stdout
    columns = {re.match(r"\S+ +\S+ +", line).end() for line in lines[:-1]}
    assert columns == {len("warning  longer.example  ")}, done.stdout
    server.reconfigure("run_as_root = true", "")
    server.reconfigure('VirtualHost "longer.example"\nauthentication = "muster"', "")
    done = server.ctl("--root", "mod_muster", "check")
    assert done.returncode == 0 and done.stdout.endswith("0 errors, 0 warnings, 2 notes\n"), done.stdout


def test_the_command_explains_itself(place):
    server = place.server()
    for arguments, status in ((("--help",), 0), ((), 1), (("chekc",), 1)):
        done = server.ctl("mod_muster", *arguments)
        assert (done.returncode, "Usage: prosodyctl mod_muster check" in done.stdout) == (status, True), done
    assert not (server.directory / "data/muster").exists()


def test_who_may_register(place):
    safe = 'password_policy = { length = 8 }\n'
    cases = {
        "": ("note", "anybody can register here, as often as the throttle lets"),
        "muster_throttle = false": ("warning", "as often as they like"),
        'muster_throttle = false\nmuster_rate = { limit = 9, period = "1 day" }': ("note", "anybody can register"),
        "muster_throttle = false\nallowlist_registration_only = true": ("note", "anybody can register"),
        ASKING + "muster_throttle = false": ("warning", "as often as they like"),
        'muster_registration = "approval"': ("warning", "admins names nobody"),
        'muster_registration = "redirect"': ("warning", "set registration_url"),
        'muster_registration = "approval"\nadmins = { "a@b" }\nc2s_require_encryption = false':
            ("warning", "may come in the clear"),
    }
    for number, (options, (level, text)) in enumerate(cases.items()):
        only_finding(place.server(f"open{number}", host=safe + options), level, text)
    quiet = ('muster_registration = "closed"\nc2s_require_encryption = false',
             "allow_registration = false\nmuster_throttle = false",
             'muster_registration = "redirect"\nregistration_url = "https://example.com/"', ASKING)
    for number, options in enumerate(quiet):
        server = place.server(f"closed{number}", host=safe + options)
        assert findings(server) == [], options


def test_register_limits(place):
    """Its throttle counts, and needs a period."""
    def level_and_text(number, options):
        server = place.server(f"server{number}", host="password_policy = { length = 8 }\n" + options,
                              modules=("register_muster", "register_limits"))
        return [each for each in findings(server) if "has the throttle" not in each[2]]

    assert "set registration_throttle_max and" in level_and_text(1, "")[0][2]
    assert level_and_text(2, "min_seconds_between_registrations = 60")[0][0] == "note"
    assert level_and_text(3, "registration_throttle_max = 3\nregistration_throttle_period = 60")[0][0] == "note"
    found = level_and_text(4, "registration_throttle_max = 3")
    assert [each[0] for each in found] == ["note", "error"] and "fails at every registration" in found[1][2], found


def test_invitations(place):
    server = place.server(host="password_policy = { length = 8 }\nmuster_throttle = false",
                          modules=("register_muster", "invites_register"))
    only_finding(server, "note", "by invitation only")
    server.reconfigure("muster_throttle = false", "muster_throttle = false\nregistration_invite_only = false")
    only_finding(server, "warning", "as often as they like")


def test_a_directive(place):
    """What an operator has said since counts."""
    server = started_once(place, host=SAFE)
    script = ('local engine = assert(require "muster".open(arg[1], {})) '
              'local host = assert(engine:host("localhost", {})) '
              'assert(assert(host:direct({ directive = "mode", value = "open", door = "console" })):run().ok)')
    program = server.directory / "direct.lua"
    program.write_text(script)
    subprocess.run(["lua5.4", program, server.directory / "data/muster"], check=True, env=server.environment)
    found = findings(server)
    assert [each[0] for each in found] == ["note", "note"], found
    assert '"open"' in found[0][2] and "anybody can register" in found[1][2], found


def test_passwords(place):
    safe = SAFE.replace("password_policy = { length = 8 }", "")
    cases = {"": "as short as 1;", "password_policy = { length = 7, strength = 0 }": "as short as 7;",
             "password_policy = { length = 8 }\ndefault_iteration_count = 4096": "default_iteration_count = 4096"}
    for number, (options, text) in enumerate(cases.items()):
        only_finding(place.server(f"server{number}", host=safe + options), "warning", text)


def test_stock_modules(place):
    texts = {
        "register_ibr": ("warning", "never asked"), "register_limits": ("note", "Muster's step back"),
        "tombstones": ("note", "Muster does not; take it out"), "mimicking": ("note", "block_registrations_confusable"),
        "user_account_management": ("note", "not asked in band"), "admin_adhoc": ("note", "give way to Muster's"),
        "welcome": ("note", "leaves that to it"), "watchregistrations": ("note", "leaves that to it"),
        "bosh": ("note", "name it in trusted_proxies"), "websocket": ("note", "name it in trusted_proxies"),
    }
    for name, (level, text) in texts.items():
        server = place.server(name, host=SAFE, modules=("register_muster", name))
        only_finding(server, level, text)
        assert name in findings(server)[0][2]
    server = place.server("proxy", host=SAFE, modules=("register_muster", "bosh"),
                          general='trusted_proxies = { "192.0.2.1" }')
    assert findings(server) == []
    server = place.server("off", host=SAFE, modules=("register_muster", "welcome"),
                          further='modules_disabled = { "welcome" }')
    assert findings(server) == [], "a module counts that this host does not load"


def test_register_ibr_by_allow_registration(place):
    """Which mod_register loads"""
    server = place.server(host=SAFE + "allow_registration = true", modules=("register_muster", "register"))
    only_finding(server, "warning", "take register out of modules_enabled")
    server = place.server("instead", host=SAFE + "allow_registration = true", modules=("register",))
    only_finding(server, "warning", "by none of Muster's rules")
    server = place.server("ibr", host=SAFE, modules=("register_ibr",))
    only_finding(server, "warning", "by none of Muster's rules")


def test_wrong_options(place):
    """The sentence that the log has too, for hosts and services; files that are missing are among them."""
    only_finding(place.server("mode", host='muster_registration = "opne"'), "error", '"opne" is not allowed; allowed:')
    only_finding(place.server("file", host='password_policy = { length = 8, blocklist = "/nowhere/list" }'),
                 "error", "/nowhere/list")
    only_finding(place.server("auth", host=SAFE, authentication="internal_hashed"), "error",
                 'authentication = "internal_hashed"')
    only_finding(place.server("size", host=SAFE, general='muster_map_size = "much"'), "error", "muster_map_size", "*")
    only_finding(place.server("throttle", host=SAFE + "muster_throttle = 5"), "error", "option muster_throttle: ")
    server = place.server("stock", host=SAFE + "muster_throttle = 5", modules=("register_muster", "register_limits"))
    only_finding(server, "note", "Muster's step back")
    only_finding(place.server("rules", host=SAFE + "muster_rules = 5"), "error", "option muster_rules: ")
    if place.version == "0.12":
        only_finding(place.server("roles", host=SAFE + 'muster_quarantine = { role = "prosody:guest" }'), "error",
                     "this server has no roles")
    server = place.server("service", host=SAFE, further='Component "s.localhost" "registration_service"\n'
                                                        'muster_registration = "approval"')
    only_finding(server, "error", "not allowed for a service", "s.localhost")


def test_hosts_that_are_not_musters(place):
    server = place.server(authentication="internal_hashed", modules=("register_ibr",))
    only_finding(server, "warning", "no host is Muster's", "*")


def test_without_the_library(place):
    server = place.server(host=SAFE)
    server.installation = copy.copy(server.installation)
    server.installation.build = server.directory
    only_finding(server, "error", "muster.so cannot be loaded", "*")


def test_a_store_that_cannot_be_used(place):
    server = started_once(place, host=SAFE)
    store = server.directory / "data/muster"
    (store / "data.mdb").write_bytes(b"nothing that LMDB knows" * 1000)
    only_finding(server, "error", f"the account store {store} cannot be opened: ", "*")
    server = place.server("file", host=SAFE)
    (server.directory / "data/muster").write_text("")
    only_finding(server, "error", "is not a directory", "*")
    server = place.server("nowhere", host=SAFE, general='muster_path = "one/two"')
    only_finding(server, "error", "make the directory around it", "*")


def test_too_little_address_space(place):
    server = started_once(place, host=SAFE)
    gigabyte = 1 << 30
    done = subprocess.run([server.installation.program("prosodyctl"), "--config", server.config, "mod_muster", "check"],
                          env=server.environment, capture_output=True, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 * gigabyte, 4 * gigabyte)))
    _, found, last = taken_apart(done)
    assert "address space; raise the limit" in found[1][2] and last == "0 errors, 2 warnings, 0 notes", found


def test_who_has_the_store(place):
    """Modes and owners; such a store is not opened, for that would change it."""
    if os.geteuid() != 0:
        raise Skip("needs root, to give files away")
    server = started_once(place, host=SAFE, user="prosody")
    store = server.directory / "data/muster"
    for path, mode in ((store, 0o750), (store / "data.mdb", 0o640)):
        was = path.stat().st_mode
        path.chmod(mode)
        only_finding(server, "warning", f"{path} is open to others", "*")
        assert path.stat().st_mode & 0o777 == mode
        path.chmod(was)
    os.chown(store / "data.mdb", 0, 0)
    only_finding(server, "error", f"{store}/data.mdb belongs to user 0", "*")
    assert (store / "data.mdb").stat().st_uid == 0
    os.chown(store, 0, 0)
    found = findings(server)
    assert [each[0] for each in found] == ["error"] and f"{store} belongs to user 0" in found[0][2], found
    server.directory.joinpath("data").chmod(0)
    only_finding(server, "error", "Permission denied; run this as root", "*")


def test_running_as_root(place):
    _, found, _ = checked(place.server(host=SAFE))
    assert ("warning", "*") in [each[:2] for each in found if "run_as_root" in each[2]], found


def test_file_systems(place):
    """The table of mounts is another one here: the configuration, being a program, sees to that."""
    mounts = place.directory / "mounts"
    instead = ("local files = Lua and Lua.io or io\nlocal open = files.open\nfiles.open = function (path, ...)\n"
               f'return open(path == "/proc/self/mountinfo" and "{mounts}" or path, ...)\nend')
    server = started_once(place, host=SAFE, general=instead)
    device = (server.directory / "data/muster").stat().st_dev
    numbers = {"major": os.major(device), "minor": os.minor(device)}
    other = MOUNTED.format(major=os.major(device), minor=os.minor(device) + 1, kind="nfs4")
    for kind in ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"):
        mounts.write_text(other + MOUNTED.format(kind=kind, **numbers))
        only_finding(server, "error", f"on a file system of type {kind},", "*")
    for kind in ("ext4", "btrfs", "overlay", "tmpfs"):
        mounts.write_text(MOUNTED.format(kind=kind, **numbers) + other)
        assert findings(server) == [], kind
    mounts.write_text("")
    assert findings(server) == []
