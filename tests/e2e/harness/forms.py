"""Data forms (XEP-0004) of jabber:iq:register, filled in and read."""

FORM = "{jabber:x:data}"


def field(name, *values):
    return f"<field var='{name}'>" + "".join(f"<value>{value}</value>" for value in values) + "</field>"


def submit(purpose="", **fields):
    """A submission. purpose: "", ":cancel" or ":changepassword"; x_age stands for x-age; a list for several values."""
    filled = field("FORM_TYPE", "jabber:iq:register" + purpose)
    for name, given in fields.items():
        filled += field(name.replace("x_", "x-"), *(given if isinstance(given, list) else [given]))
    return f"<x xmlns='jabber:x:data' type='submit'>{filled}</x>"


def fields_of(query):
    return {each.get("var"): each for each in query.iter(FORM + "field")}


def values_of(query):
    """What is filled in: a list by field."""
    return {name: [value.text for value in each.findall(FORM + "value")] for name, each in fields_of(query).items()}


def is_required(element):
    return element.find(FORM + "required") is not None
