"""A Prosody of either version in a directory of its own, on free ports of a loopback address."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time

PROJECT = pathlib.Path(__file__).resolve().parents[3]


def free_port(address="127.0.0.1"):
    """Below those that the system gives to whoever asks for any: while a server restarts, nobody else gets its port."""
    while True:
        port = random.SystemRandom().randint(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue


class Installation:
    """Where a version's programs are, and the muster.so to load."""

    def __init__(self, version, root, build, project=PROJECT):
        self.version = version
        self.root = root  # None: the system's own
        self.build = pathlib.Path(build).resolve()
        self.project = project

    def copied_to(self, directory):
        """The same where another user reaches it: the project may be in somebody's home."""
        shutil.copytree(self.project / "lua", directory / "lua")
        shutil.copytree(self.project / "tests/e2e/modules", directory / "tests/e2e/modules")
        shutil.copy(self.build / "muster.so", directory)
        root = self.root and directory / "prosody"
        if root:
            shutil.copytree(self.root, root)
            for program in (root / "bin").iterdir():
                program.write_text(program.read_text().replace(self.root, str(root)))
        return Installation(self.version, root and str(root), directory, directory)

    def program(self, name):
        return f"{self.root}/bin/{name}" if self.root else f"/usr/bin/{name}"

    def environment(self):
        environment = dict(os.environ)
        libraries = f"{self.root}/root/usr/lib/prosody/?.so;" if self.root else ""
        environment["LUA_CPATH"] = f"{self.build}/?.so;{libraries};"
        return environment


TEMPLATE = """
run_as_root = {root}
plugin_paths = {{ {plugins} }}
data_path = "{directory}/data"
pidfile = "{directory}/prosody.pid"
certificates = "{directory}"
admin_socket = "{directory}/prosody.sock"
interfaces = {{ "{address}" }}
local_interfaces = {{ "{address}" }}
c2s_ports = {{ {port} }}
{ports}
log = {{ {level} = "{directory}/prosody.log" }}
event_log = "{directory}/events.log"
storage = "internal"
modules_enabled = {{ {modules} }}
modules_disabled = {{ {disabled} }}
{general}
VirtualHost "{domain}"
authentication = "{authentication}"
ssl = {{ certificate = "{directory}/test.crt"; key = "{directory}/test.key" }}
{host}
{further}
"""

MODULES = ("roster", "saslauth", "tls", "disco", "ping", "pep", "vcard4", "posix", "admin_shell", "test_events")
SERVICES = ("s2s", "http", "https", "c2s_direct_tls", "component")
PLUGINS = ("lua", "tests/e2e/modules")


def quoted(items):
    return ", ".join(f'"{each}"' for each in items)


class Prosody:
    """general, host, further: lines of configuration; modules: beside `usual`; user: to run as, or None; listening:
    services of SERVICES that listen too, on free ports, see `ports`."""

    def __init__(self, installation, directory, modules=("register_muster",), general="", host="", further="",
                 authentication="muster", domain="localhost", user=None, usual=MODULES, plugins=PLUGINS,
                 level="debug", breakable=False, address="127.0.0.1", listening=()):
        self.directory = pathlib.Path(directory)
        self.installation = installation.copied_to(self.directory / "installed") if user else installation
        self.domain = domain
        self.user = user
        self.address = address
        self.port = free_port(address)
        self.ports = {service: free_port(address) for service in listening}
        self.process = None
        self.environment = self.installation.environment()
        self.broken = self.directory / "broken"
        if breakable:
            library = self.installation.build / "tests/e2e/clients/breakable_disk.so"
            self.environment.update(LD_PRELOAD=str(library), MUSTER_BROKEN_DISK=str(self.broken))
        (self.directory / "data").mkdir(parents=True, exist_ok=True)
        self._certificate()
        self.config = self.directory / "prosody.cfg.lua"
        self.config.write_text(TEMPLATE.format(
            root="false" if user else "true", plugins=quoted(self.installation.project / each for each in plugins),
            directory=self.directory, address=address, port=self.port, ports=self._listening(),
            disabled="" if "s2s" in listening else '"s2s"', modules=quoted(usual + tuple(modules)), general=general,
            host=host, further=further, authentication=authentication, domain=domain, level=level))
        if user:
            shutil.chown(self.directory, user)
            for path in self.directory.rglob("*"):
                shutil.chown(path, user)

    def _listening(self):
        certificate = f'{{ certificate = "{self.directory}/test.crt"; key = "{self.directory}/test.key" }}'
        lines = [f"{service}_ports = {{ {self.ports.get(service, '')} }}" for service in SERVICES]
        return "\n".join(lines + [f"{service}_ssl = {certificate}" for service in self.ports])

    def _certificate(self):
        if not (self.directory / "test.crt").exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "30", "-subj", "/CN=" + self.domain, "-keyout", self.directory / "test.key",
                            "-out", self.directory / "test.crt"], check=True, capture_output=True)

    # --- running ---

    def start(self, *arguments):
        """Start in the foreground, or with "-D" in the background; returns when it listens."""
        command = [self.installation.program("prosody"), "--config", str(self.config), *(arguments or ("-F",))]
        self.output = open(self.directory / "output.log", "ab")
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.output, cwd=self.directory, user=self.user,
                                        group=self.user)
        self.wait_until(self.listens, "to listen")
        self.wait_until(lambda: (self.directory / "prosody.pid").exists(), "to write its pid")
        return self

    def listens(self):
        return all(self._listens(port) for port in (self.port, *self.ports.values()))

    def _listens(self, port):
        with socket.socket() as probe:
            return probe.connect_ex((self.address, port)) == 0

    def wait_until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or (what == "to listen" and self.process.poll()):
                raise AssertionError(f"waited in vain for the server {what}\n" + self.log()[-3000:] +
                                     (self.directory / "output.log").read_text()[-2000:])
            time.sleep(0.02)

    def pid(self):
        return int((self.directory / "prosody.pid").read_text())

    def alive(self):
        try:
            os.kill(self.pid(), 0)
            return True
        except (OSError, ValueError):
            return False

    def stop(self):
        """Tell it to stop and wait for it; returns its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(20)
        else:
            status = self.process.returncode
        self.process = None
        self.output.close()
        return status

    @contextlib.contextmanager
    def broken_disk(self):
        """Meanwhile the server, which was started as breakable, cannot write its account store."""
        self.broken.touch()
        try:
            yield
        finally:
            self.broken.unlink()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        self.output.close()
        (self.directory / "prosody.pid").unlink(missing_ok=True)

    # --- looking and telling ---

    def log(self):
        path = self.directory / "prosody.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def events(self):
        """What mod_test_events saw: a list of (event, username, has a password, source, address)."""
        path = self.directory / "events.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(line.split("\t")) for line in lines]

    def event_names(self, username):
        return [event[0] for event in self.events() if event[1] == username]

    def _takes_commands(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.directory / "prosody.sock")) == 0

    def ctl(self, *arguments, text="", user=None):
        """Run prosodyctl; returns its completed process."""
        if self.process is not None:
            self.wait_until(self._takes_commands, "to take commands")
        return subprocess.run([self.installation.program("prosodyctl"), "--config", str(self.config), *arguments],
                              env=self.installation.environment(), input=text, capture_output=True, text=True,
                              timeout=60, user=user, group=user)

    def shell(self, command):
        """Run a command of the admin console, as a person types it: what it prints."""
        done = self.ctl("shell", command)
        return done.stdout + done.stderr

    def reconfigure(self, old, new):
        text = self.config.read_text()
        assert old in text, old
        self.config.write_text(text.replace(old, new))
