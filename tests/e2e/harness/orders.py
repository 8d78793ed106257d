"""What administrators order, and what they can read, by mod_test_orders."""

import json
import time

MODULES = ("register_muster", "test_orders")


def lua(value):
    """A value as Lua writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f'["{name}"] = {lua(each)}' for name, each in value.items()) + " }"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nil"}[value]
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def _call(server, function, *arguments):
    printed = server.shell(f"> prosody.test_orders[{lua(server.domain)}].{function}("
                           + ", ".join(lua(each) for each in arguments) + ")")
    assert "JSON " in printed, printed
    return json.loads(printed.split("JSON ", 1)[1].splitlines()[0])


def order(server, kind, **fields):
    """The outcome: a table of ok, error, text, rule."""
    return _call(server, "order", kind, fields)


def listed(server, kind):
    """All of host:audit(), host:throttle() or host:directives()."""
    return list(_call(server, "list", kind))


def read(server, kind, argument=None):
    return _call(server, "read", kind, argument).get("value")


def audit(server, count, **wanted):
    """The entries of the audit that have these values, oldest first. A refusal is written behind its answer, so there
    may be a moment to wait until there are `count`."""
    deadline = time.monotonic() + 5
    while True:
        entries = [entry for entry in reversed(listed(server, "audit"))
                   if all(entry.get(name) == value for name, value in wanted.items())]
        if len(entries) >= count or time.monotonic() > deadline:
            assert len(entries) == count, entries
            return entries
