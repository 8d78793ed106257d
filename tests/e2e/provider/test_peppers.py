"""Keys of passwords sealed in the store by a pepper beside it, and one pepper in another's place."""

from harness.xmpp import Client, can_log_in, error_of, logged_in

ONE, TWO = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
HOST = "muster_guesses = false"


def write(place, *lines):
    file = place.directory / "peppers"
    file.write_text("".join(line + "\n" for line in lines))
    file.chmod(0o600)
    return file


def peppered(place, *lines):
    server = place.server(general=f'muster_pepper_file = "{write(place, *lines)}"', host=HOST)
    server.start()
    return server


def status(server):
    return next(line for line in server.shell("muster:status()").splitlines() if "Pepper" in line)


def assert_logs_in(server, name, password):
    assert can_log_in(server.port, name, password) is None
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        client = Client(server.port)
        assert client.scram(name, password, mechanism) is None
        client.close()


def register(server, name, password):
    client = Client(server.port)
    assert error_of(client.register(name, password)) is None
    client.close()


def test_registering_logging_in_and_changing(place):
    """R-438-05: what is on the wire is as without"""
    server = peppered(place, f"2026 {ONE}")
    assert status(server).endswith("2026"), status(server)
    register(server, "juliet", "r0m30myr0m30")
    assert_logs_in(server, "juliet", "r0m30myr0m30")
    assert can_log_in(server.port, "juliet", "tybalt") == "not-authorized"
    assert error_of(logged_in(server.port, "juliet", "r0m30myr0m30").change_password("juliet", "other")) is None
    assert_logs_in(server, "juliet", "other")
    added = server.ctl("adduser", "romeo@localhost", text="two\ntwo\n")
    assert added.returncode == 0, added.stdout + added.stderr
    assert_logs_in(server, "romeo", "two")
    assert ONE not in server.log()


def test_one_in_anothers_place(place):
    """R-438-05"""
    server = place.server(host=HOST)
    server.start()
    register(server, "juliet", "one")
    assert status(server).endswith("none")
    server.stop()
    server.reconfigure("modules_enabled", f'muster_pepper_file = "{write(place, f"2025 {ONE}")}"\nmodules_enabled')
    server.start()
    server.wait_until(lambda: status(server).endswith("2025"), "to seal all accounts")
    assert "Accounts sealed anew: 1;" in server.log()
    assert_logs_in(server, "juliet", "one")
    server.stop()
    write(place, f"2026 {TWO}", f"2025 {ONE}")
    server.start()
    register(server, "romeo", "two")
    server.wait_until(lambda: status(server).endswith("2026"), "to seal all accounts")
    server.stop()
    write(place, f"2026 {TWO}")
    server.start()
    assert_logs_in(server, "juliet", "one")
    assert_logs_in(server, "romeo", "two")


def test_without_its_pepper_a_store_stays_closed(place):
    """Nobody logs in, nobody registers, nothing is changed; with the pepper all is as it was."""
    server = peppered(place, f"2026 {ONE}")
    register(server, "juliet", "one")
    server.stop()
    write(place, f"2027 {TWO}")
    server.start()
    assert "are sealed by the pepper 2026, which the file of peppers does not have" in server.log()
    assert can_log_in(server.port, "juliet", "one") == "temporary-auth-failure"
    client = Client(server.port)
    assert error_of(client.register("romeo", "two")) is not None
    client.close()
    server.stop()
    write(place, "2027 short")
    server.start()
    assert "line 1: behind the id belongs a secret of 32 to 1024 bytes" in server.log()
    server.stop()
    write(place, f"2026 {ONE}")
    server.start()
    assert_logs_in(server, "juliet", "one")
    assert ONE not in server.log() and TWO not in server.log() and "short" not in server.log()
