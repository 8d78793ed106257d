"""Whether a server goes on as before, whatever was sent to it."""

import itertools

from .xmpp import Client, can_log_in, error_of

SECRET = "Wherefore"  # in every password that a test sends, and so in no log

numbers = itertools.count()


def goes_on(server, after):
    """Somebody else registers and logs in, and the log has neither an error nor a password."""
    name = f"passer-by{next(numbers)}"
    client = Client(server.port)
    error = error_of(client.register(name, SECRET))
    client.close()
    assert error is None, f"after {after} nobody can register: {error}\n{server.log()[-3000:]}"
    failure = can_log_in(server.port, name, SECRET)
    assert failure is None, f"after {after} nobody can log in: {failure}"
    for line in server.log().splitlines():
        assert "\terror\t" not in line and "raceback" not in line and "attempt to" not in line, f"after {after}: {line}"
        assert SECRET not in line, f"after {after} a password is in the log: {line}"
