"""Tables of classes: as many of each, and every slip named with its line."""

from collections import Counter

import pytest

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.phantoms.table import balanced

TABLE = """class, kind, size, contrast, prompt
nothing, none, , ,
lesion A, disc, 0.1..0.2, 0.35, a disc
lesion A, ring, 0.15, -0.2,
star, , 0.3, ,
"""


@pytest.mark.parametrize("per_class", [1, 2, 7])
def test_every_class_gets_as_many_pictures(per_class: int) -> None:
    wanted = balanced(TABLE, per_class, 100)
    assert Counter(each.name for each in wanted) == dict.fromkeys(("nothing", "lesion A", "star"), per_class)
    assert [each.seed for each in wanted] == list(range(100, 100 + 3 * per_class))


def test_rows_of_one_class_take_turns_and_gaps_are_filled() -> None:
    wanted = [each for each in balanced(TABLE, 4, 0) if each.name == "lesion A"]
    assert [each.kind for each in wanted] == ["disc", "ring"] * 2
    assert [each.prompt for each in wanted] == ["a disc", ""] * 2
    star = balanced(TABLE, 1, 0)[2]
    assert (star.kind, star.size, star.contrast) == ("star", 0.3, 0.3)


def test_a_range_is_drawn_from_by_each_picture_again_the_same() -> None:
    sizes = [each.size for each in balanced(TABLE, 20, 5) if each.kind == "disc"]
    assert all(0.1 <= size <= 0.2 for size in sizes)
    assert len(set(sizes)) == len(sizes)
    assert balanced(TABLE, 20, 5) == balanced(TABLE, 20, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs a column called class"),
        ("kind\ndisc", "needs a column called class"),
        ("class,colour\ndisc,red", "does not know colour"),
        ("class", "no row below the heading"),
        ("class,size\ndisc,big", r"line 2: size is a number such as .* got 'big'"),
        ("class,kind\ndisc,disc\nb,blob", 'line 3: "blob" is no kind'),
        ("class,kind\n,disc", "line 2: the class is missing"),
    ],
)
def test_slips_are_named(text: str, message: str) -> None:
    with pytest.raises(DiffusionError, match=message):
        balanced(text, 1, 0)
