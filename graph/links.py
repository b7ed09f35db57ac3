"""How a document writes a link: `["7", 0]` in place of a value, the node and the number of its output."""

from graph.spec import Json
from graph.topology import Link


def is_link_shaped(value: Json) -> bool:
    """Whether a value of a document is read as a link: every list of two is."""
    return type(value) is list and len(value) == 2


def read_link(value: Json) -> Link | None:
    """The link that a value of a document means; None if it is none, or not well-formed.

    Ids are text, but programs also write numbers; slots are whole numbers, however they are written.
    """
    if type(value) is not list or len(value) != 2:
        return None
    node, slot = value
    if type(node) is int:
        node = str(node)
    if type(slot) is float and slot.is_integer():
        slot = int(slot)
    if type(node) is not str or type(slot) is not int:
        return None
    return Link(node, slot)
