import pytest

from graph.links import is_link_shaped, read_link
from graph.topology import Link

LINKS = [(["4", 0], Link("4", 0)), ([4, 1], Link("4", 1)), (["4", 1.0], Link("4", 1)), (["5:3", 2], Link("5:3", 2))]
OTHERS = [["4"], ["4", "0"], ["4", 0, 0], ["4", None], ["4", True], [None, 0], ["4", 0.5], [], "40", None, {"4": 0}, 7]


@pytest.mark.parametrize(("value", "link"), LINKS)
def test_a_link_is_an_id_and_a_slot(value: object, link: Link) -> None:
    assert read_link(value) == link
    assert is_link_shaped(value)


@pytest.mark.parametrize("value", OTHERS)
def test_everything_else_is_no_link(value: object) -> None:
    assert read_link(value) is None
