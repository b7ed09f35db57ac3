"""Choosing and calculating."""

import pytest
import torch

from nodes.values.expressions import ExpressionError
from nodes.values.logic import (
    and_node,
    custom_combo,
    invert_boolean,
    not_node,
    or_node,
    soft_switch_node,
    switch_node,
)
from nodes.values.numbers import math_expression, number_convert, resolution_selector


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


@pytest.mark.parametrize(
    ("inputs", "needed"),
    [
        ({"switch": True, "on_false": None, "on_true": None}, ["on_true"]),
        ({"switch": False, "on_false": None, "on_true": None}, ["on_false"]),
        ({"switch": True, "on_false": None}, ["on_false"]),
        ({"switch": False, "on_true": None}, ["on_true"]),
        ({"switch": False, "on_true": 3}, []),
    ],
)
def test_a_soft_switch_asks_for_the_side_that_is_there(inputs: dict[str, object], needed: list[str]) -> None:
    assert soft_switch_node.__node__.needs(**inputs) == needed


def test_a_soft_switch_gives_the_side_that_is_there() -> None:
    assert soft_switch_node(True, on_false="no").output == "no"
    assert soft_switch_node(False, on_true="yes").output == "yes"
    assert soft_switch_node(True, on_false="no", on_true="yes").output == "yes"
    check = soft_switch_node.__node__.check
    assert check(on_true=None) is True
    assert "without sides" in check()


def test_conditions_combine() -> None:
    values = {"value0": 1, "value1": "", "value2": torch.zeros(2)}
    assert (and_node(values), or_node(values)) == (False, True)
    assert and_node({"value0": torch.zeros(2), "value1": [0]})
    assert [not_node(each) for each in (0, "", None, "a", torch.zeros(3))] == [True, True, True, False, False]
    assert invert_boolean(False)


def test_a_choice_of_ones_own_knows_its_place() -> None:
    assert custom_combo("b", option1="a", option2="b") == ("b", 1)
    assert custom_combo("b", index=4, option1="b") == ("b", 4)
    assert custom_combo("other") == ("other", 0)


@pytest.mark.parametrize(
    ("value", "wanted"), [("2.5", (2.5, 2)), (2**60 + 1, (2.0**60, 2**60 + 1)), (True, (1.0, 1)), (-2.5, (-2.5, -2))]
)
def test_anything_numeric_becomes_a_number(value: object, wanted: tuple[float, int]) -> None:
    assert number_convert(value) == wanted


@pytest.mark.parametrize("value", ["two", "nan", None])
def test_what_holds_no_number_is_told(value: object) -> None:
    with pytest.raises(ValueError, match="value must be a number"):
        number_convert(value)


@pytest.mark.parametrize(
    ("ratio", "size"),
    [("1:1 (Square)", (1024, 1024)), ("16:9 (Widescreen)", (1368, 768)), ("9:16 (Portrait Widescreen)", (768, 1368))],
)
def test_a_resolution_has_its_ratio_and_its_pixels(ratio: str, size: tuple[int, int]) -> None:
    assert resolution_selector(ratio, 1.0, 8) == size
    width, height = resolution_selector(ratio, 2.0, 64)
    assert width % 64 == height % 64 == 0
