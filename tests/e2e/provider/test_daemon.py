"""The server in the background, as a service runs it: 0.12 forks after it has loaded its modules."""

import os
import signal

from harness.xmpp import Client, can_log_in, error_of


def test_a_daemon_beside_prosodyctl(place):
    """Registers, logs in, and stays whole while prosodyctl adduser runs beside it."""
    server = place.server()
    server.start("-D")
    place.on_clear(lambda: os.kill(server.pid(), signal.SIGKILL) if server.alive() else None)
    for number in range(10):
        reply = Client(server.port).register(f"inband{number}", "romeo")
        assert error_of(reply) is None, error_of(reply)
        done = server.ctl("adduser", f"beside{number}@localhost", text="romeo\nromeo\n")
        assert done.returncode == 0, done.stdout + done.stderr
    for number in range(10):
        for name in ("inband", "beside"):
            assert can_log_in(server.port, f"{name}{number}", "romeo") is None
    assert server.alive()
    os.kill(server.pid(), signal.SIGTERM)
    server.wait_until(lambda: not server.listens(), "to stop")
    server.process.wait(20)
    faults = [line for line in server.log().splitlines() if "\terror\t" in line]
    assert not faults, faults
