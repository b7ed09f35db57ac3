"""Choosing and calculating."""

import pytest

from nodes.expressions import ExpressionError
from nodes.logic import math_expression, switch_node


@pytest.mark.parametrize(("switch", "wanted"), [(True, "yes"), (False, "no")])
def test_the_switch_passes_on_the_chosen_side(switch: bool, wanted: str) -> None:
    assert switch_node(switch, on_false="no", on_true="yes").output == wanted


@pytest.mark.parametrize(
    ("inputs", "needed"),
    [
        ({"switch": True, "on_false": None, "on_true": None}, ["on_true"]),
        ({"switch": False, "on_false": None, "on_true": None}, ["on_false"]),
        ({"switch": True, "on_false": None, "on_true": 5}, []),
        ({"switch": True}, ["on_true"]),
    ],
)
def test_only_the_chosen_side_is_asked_for(inputs: dict[str, object], needed: list[str]) -> None:
    assert switch_node.__node__.needs(**inputs) == needed


@pytest.mark.parametrize(
    ("expression", "values", "result"),
    [
        ("a + b", {"a": 1, "b": 2}, (3.0, 3, True)),
        ("a / 2", {"a": 7}, (3.5, 3, True)),
        ("-a / 2", {"a": 7}, (-3.5, -3, True)),
        ("a > 1", {"a": 0.5}, (0.0, 0, False)),
        ("a and b", {"a": True, "b": False}, (0.0, 0, False)),
        ("0.4", {"a": 0}, (0.4, 0, True)),
    ],
)
def test_a_result_comes_in_three_types(
    expression: str, values: dict[str, float], result: tuple[float, int, bool]
) -> None:
    found = math_expression(expression, values)
    assert found == result
    assert [type(each) for each in found] == [float, int, bool]


@pytest.mark.parametrize("expression", ["a +", "a / 0", "b", "2 ** 2000", "__import__('os')"])
def test_what_has_no_value_is_an_error(expression: str) -> None:
    with pytest.raises(ExpressionError):
        math_expression(expression, {"a": 1})
