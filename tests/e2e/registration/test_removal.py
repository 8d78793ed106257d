"""What goes with an account, and who is told."""

from harness.xmpp import CLIENT, Client, Closed, befriend, can_log_in, error_of, logged_in


def presence_types(stream, count, sender):
    """The types of the next `count` presences of another stream's account that have one"""
    types = []
    while len(types) < count:
        element = stream.receive()
        if element.tag == CLIENT + "presence" and element.get("type") and element.get("from").startswith(sender):
            types.append(element.get("type"))
    return types


def friends(server):
    names = ("romeo", "juliet")
    for name in names:
        Client(server.port).register(name, "secret")
    streams = [logged_in(server.port, name, "secret") for name in names]
    befriend(*streams)
    return streams


def test_contacts_are_told_and_data_is_gone(place):
    """R-077-78, R-077-79"""
    server = place.running()
    romeo, juliet = friends(server)
    stored = server.directory / "data/localhost"
    server.wait_until(lambda: (stored / "roster/romeo.dat").exists(), "to keep a roster")
    romeo.remove()
    assert romeo.closing() == "not-authorized"
    seen = presence_types(juliet, 2, "romeo@localhost")
    while "unsubscribed" not in seen or "unsubscribe" not in seen:
        seen += presence_types(juliet, 1, "romeo@localhost")
    assert not list(stored.glob("*/romeo.dat")), list(stored.glob("*/romeo.dat"))
    assert server.event_names("romeo").count("user-deleted") == 1
    assert can_log_in(server.port, "romeo", "secret") == "not-authorized"


def test_a_new_account_of_the_name_has_nothing_of_the_old_one(place):
    server = place.running(host="user_tombstone_expiry = 0")
    romeo, _ = friends(server)
    romeo.remove()
    romeo.closing()
    Client(server.port).register("romeo", "another")
    romeo = logged_in(server.port, "romeo", "another")
    roster = romeo.iq("get", "<query xmlns='jabber:iq:roster'/>")
    assert not list(roster.iter("{jabber:iq:roster}item")), "the roster of the account before"


def registered(server, username, password="secret"):
    assert error_of(Client(server.port).register(username, password)) is None
    return logged_in(server.port, username, password)


CONFLICT = ("conflict", "cancel", "409")


def test_a_name_is_kept_after_its_account(place):
    """For as long as the operator says, from everybody who does not say that the rule is to be overridden."""
    server = place.running(host='user_tombstone_expiry = "1 week"')
    romeo = registered(server, "romeo")
    romeo.remove()
    romeo.closing()
    assert error_of(Client(server.port).register("Romeo", "secret")) == CONFLICT
    assert can_log_in(server.port, "romeo", "secret") == "not-authorized"
    server.shell('user:create("romeo@localhost", "given back")')
    assert can_log_in(server.port, "romeo", "given back") == "not-authorized"
    server.reconfigure('"1 week"', "0")
    server.shell("config:reload()")
    assert error_of(Client(server.port).register("romeo", "anew")) is None


def test_a_removed_account_can_be_restored_for_a_while(place):
    """R-PRJ-06"""
    server = place.running(host='registration_delete_grace_period = 6\nmuster_purge_interval = 1')
    romeo, juliet = friends(server)
    other = logged_in(server.port, "romeo", "secret", "other")
    assert error_of(romeo.remove()) is None
    assert romeo.closing() == "not-authorized" and other.closing() == "not-authorized"
    assert can_log_in(server.port, "romeo", "secret") == "account-disabled"
    assert can_log_in(server.port, "romeo", "wrong") == "not-authorized"
    assert error_of(Client(server.port).register("romeo", "another")) == CONFLICT
    assert "OK" in server.shell('muster:restore("romeo@localhost")')
    romeo = logged_in(server.port, "romeo", "secret")
    assert len(list(romeo.iq("get", "<query xmlns='jabber:iq:roster'/>").iter("{jabber:iq:roster}item"))) == 1
    romeo.remove()
    assert romeo.closing() == "not-authorized"
    assert "user-deleted" not in server.event_names("romeo")
    server.wait_until(lambda: can_log_in(server.port, "romeo", "secret") == "not-authorized", "to purge the account")
    server.wait_until(lambda: "user-deregistered" in server.event_names("romeo"), "to tell of it")
    assert server.event_names("romeo").count("user-deleted") == 1
    assert not list((server.directory / "data/localhost").glob("*/romeo.dat"))
    assert error_of(Client(server.port).register("romeo", "another")) == CONFLICT
    answer = server.shell('muster:restore("romeo@localhost")')
    assert "no such account" in answer, answer


def test_what_is_due_while_the_server_is_down_is_done_when_it_is_up(place):
    server = place.running(host='registration_delete_grace_period = 1\nmuster_purge_interval = 1')
    romeo = registered(server, "romeo")
    romeo.remove()
    romeo.closing()
    server.stop()
    server.start()
    server.wait_until(lambda: "user-deregistered" in server.event_names("romeo"), "to purge the account")


def test_a_removal_that_cannot_be_stored(place):
    """R-077-90"""
    server = place.running(breakable=True)
    romeo = registered(server, "romeo")
    other = logged_in(server.port, "romeo", "secret", "other")
    with server.broken_disk():
        assert error_of(romeo.remove()) == ("internal-server-error", "wait", "500")
    for stream in (romeo, other):
        assert stream.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost").get("type") == "result"
    assert can_log_in(server.port, "romeo", "secret") is None
    assert error_of(romeo.remove()) is None
    assert romeo.closing() == "not-authorized" and other.closing() == "not-authorized"


def test_the_name_is_free_while_streams_of_it_are_still_there(place):
    """Its clients never close their side of the connection."""
    server = place.running(host="user_tombstone_expiry = 0")
    for round_number in range(3):
        assert error_of(Client(server.port).register("romeo", "secret")) is None, f"round {round_number}"
        streams = [logged_in(server.port, "romeo", "secret", resource) for resource in ("one", "two", "three")]
        for stream in streams:
            stream.send("<presence/>")
        if round_number == 1:
            assert "OK" in server.shell('user:delete("romeo@localhost")')
        else:
            assert error_of(streams[0].remove()) is None
        assert [stream.closing() for stream in streams] == 3 * ["not-authorized"]
    assert server.event_names("romeo").count("user-deleted") == 3


def test_a_change_of_password_does_not_bring_an_account_back(place):
    """Removed by one thread while another one hashes the new password"""
    server = place.running(general="muster_hash_threads = 2", host="default_iteration_count = 3000000\nuser_tombstone_expiry = 0")
    assert error_of(Client(server.port).register("romeo", "secret")) is None
    one, two = [logged_in(server.port, "romeo", "secret", resource) for resource in ("one", "two")]
    two.send("<iq type='set' id='late'><query xmlns='jabber:iq:register'><username>romeo</username>"
             "<password>another</password></query></iq>")
    assert error_of(one.remove()) is None
    try:
        reply = two.receive()
        raise AssertionError(f"the password was changed: {error_of(reply)}")
    except Closed as closed:
        assert closed.condition == "not-authorized"
    for password in ("secret", "another"):
        assert can_log_in(server.port, "romeo", password) == "not-authorized"
    assert error_of(Client(server.port).register("romeo", "third")) is None
    assert can_log_in(server.port, "romeo", "third") is None
