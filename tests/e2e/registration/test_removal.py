"""What goes with an account, and who is told."""

from harness.xmpp import CLIENT, Client, befriend, can_log_in, logged_in


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
    server = place.running()
    romeo, _ = friends(server)
    romeo.remove()
    romeo.closing()
    Client(server.port).register("romeo", "another")
    romeo = logged_in(server.port, "romeo", "another")
    roster = romeo.iq("get", "<query xmlns='jabber:iq:roster'/>")
    assert not list(roster.iter("{jabber:iq:roster}item")), "the roster of the account before"
