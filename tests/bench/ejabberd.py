"""Debian's ejabberd as a peer: a server of its own in a directory, without a service and without distribution."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from harness.prosody import free_port

# Without a longer backlog fifty fresh connections at once make it drop some
CONFIG = """\
hosts: [localhost]
loglevel: warning
registration_timeout: infinity
auth_password_format: scram
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    backlog: 128
    starttls: false
    access: anyone
access_rules:
  anyone:
    allow: all
modules:
  mod_register:
    access: anyone
    ip_access: anyone
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
"""


def version():
    found = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", "ejabberd"], capture_output=True,
                           text=True)
    return found.stdout if found.returncode == 0 and shutil.which("erl") else None


class Ejabberd:
    domain = "localhost"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.config = self.directory / "ejabberd.yml"
        self.config.write_text(CONFIG.format(port=self.port))

    def start(self):
        libraries = next(pathlib.Path("/usr/lib").glob("*/ejabberd-*")).parent
        environment = {**os.environ, "HOME": str(self.directory), "ERL_LIBS": str(libraries),
                       "EJABBERD_CONFIG_PATH": str(self.config),
                       "EJABBERD_LOG_PATH": str(self.directory / "ejabberd.log")}
        with open(self.directory / "output.log", "wb") as output:
            self.process = subprocess.Popen(["erl", "+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir",
                                             f'"{self.directory}/mnesia"', "-s", "ejabberd"], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        while not self._listens():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("ejabberd does not start\n" + self.log())
            time.sleep(0.1)
        return self

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pid(self):
        return self.process.pid

    def log(self):
        return (self.directory / "output.log").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
