from typing import Any

import pytest

from graph.execution.shapes import shapes_of


class Tensor:
    def __init__(self, *shape: int) -> None:
        self.shape = shape


PICTURE = Tensor(1, 512, 512, 3)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (PICTURE, "1×512×512×3"),
        ({"samples": Tensor(1, 4, 64, 64), "batch_index": [0]}, "1×4×64×64"),
        ([(Tensor(1, 77, 768), {"pooled_output": Tensor(1, 768)})], "1×77×768"),
        (20, "20"),
        (0.5, "0.5"),
        (True, "True"),
        ("a castle", "a castle"),
        ("x" * 60, "x" * 39 + "…"),
        (object(), ""),
        ({"name": "no tensor"}, ""),
        (Tensor(), ""),
        (2**64, "18446744073709551616"),
        pytest.param(10**5000, "", id="a number of 5000 digits"),
        ([0.5] * 16 + [PICTURE], ""),
    ],
)
def test_a_value_is_shown_in_a_few_letters(value: Any, shape: str) -> None:
    assert shapes_of([(value,), (PICTURE,)]) == (shape, "1×512×512×3")


def test_lists_say_how_many_there_are() -> None:
    assert shapes_of([(PICTURE, PICTURE)]) == ("2 × 1×512×512×3",)


def test_nothing_is_said_where_no_slot_has_a_shape() -> None:
    assert shapes_of([(object(),), ()]) == ()
