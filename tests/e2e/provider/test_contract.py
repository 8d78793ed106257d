"""What Prosody's own modules ask of a provider of accounts, asked as they do."""

from harness.xmpp import can_log_in


def asked(server, call):
    """What the console prints of a call of usermanager's."""
    printed = server.shell(f'> local um = require "core.usermanager"; local ok, why = um.{call}; '
                           'return tostring(ok) .. " " .. tostring(why)')
    return printed.strip().splitlines()[-1].removeprefix("| ").removeprefix("Result: ").removeprefix("OK: ")


def test_all_that_a_provider_serves(place):
    """R-PRJ-10"""
    server = place.running()
    juliet = '"juliet", "localhost"'
    assert asked(server, f"user_exists({juliet})").startswith(("nil", "false"))
    assert asked(server, 'create_user("juliet", "romeo", "localhost")').startswith("true")
    assert asked(server, f"user_exists({juliet})").startswith("true")
    assert asked(server, f'test_password({juliet}, "romeo")').startswith("true")
    assert asked(server, f'test_password({juliet}, "tybalt")').startswith(("nil", "false"))
    assert asked(server, 'set_password("juliet", "tybalt", "localhost")').startswith("true")
    assert can_log_in(server.port, "juliet", "tybalt") is None
    assert asked(server, f"get_password({juliet})").startswith("nil"), "a password can be read back"
    assert "juliet" in server.shell('user:list("localhost")')
    if place.version == "13":
        assert asked(server, f"disable_user({juliet})").startswith("true")
        assert asked(server, f"user_is_enabled({juliet})").startswith(("nil", "false"))
        assert can_log_in(server.port, "juliet", "tybalt") == "account-disabled"
        assert asked(server, f"enable_user({juliet})").startswith("true")
        assert can_log_in(server.port, "juliet", "tybalt") is None
        info = server.shell(f'> local info = require "core.usermanager".get_account_info({juliet}); '
                            'return ("%d %d %d %s"):format(info.created, info.password_updated, info.last_login, '
                            'tostring(info.enabled))')
        told = info.strip().splitlines()[-1].removeprefix("| ").replace("Result: ", "").split()[-4:]
        assert 0 < int(told[0]) <= int(told[1]) <= int(told[2]) and told[3] == "true", info
    assert asked(server, f"delete_user({juliet})").startswith("true")
    assert asked(server, f"user_exists({juliet})").startswith(("nil", "false"))
    assert can_log_in(server.port, "juliet", "tybalt") == "not-authorized"
