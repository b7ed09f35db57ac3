"""Inputs by name, and the arguments that a function gets."""

from dataclasses import dataclass

import pytest

from graph.shape import Shape
from graph.spec import Autogrow, InputSpec, NodeSpec

SPEC = NodeSpec(
    id="N",
    title="N",
    category="test",
    inputs=(
        InputSpec(name="size", type="COMBO", choices=("side", "factor")),
        InputSpec(name="size.width", type="INT", only_for=("side",)),
        InputSpec(name="size.by", type="FLOAT", only_for=("factor",)),
        InputSpec(name="values", type="*", autogrow=Autogrow(names=("a", "b"))),
        InputSpec(name="text", type="STRING"),
    ),
)


@dataclass(frozen=True)
class Side:
    width: int = 8


@dataclass(frozen=True)
class Factor:
    by: float


VARIANTS = {"size": {"side": Side, "factor": Factor}}


def test_children_of_a_group_are_found_as_their_group_and_those_of_a_choice_as_themselves() -> None:
    shape = Shape(SPEC)
    assert shape.find("values.a") == SPEC.input("values")
    assert shape.find("size.by") == SPEC.input("size.by")
    assert shape.find("size.height") is None


def test_what_belongs_to_a_choice_arrives_as_one_object() -> None:
    given = {"size": "factor", "size.by": 2.0, "size.width": 5, "text": "t", "values.a": 1}
    assert Shape(SPEC).arguments(given, VARIANTS) == {"size": Factor(2.0), "text": "t", "values": {"a": 1}}
    assert Shape(SPEC).arguments({"size": "side"}, VARIANTS) == {"size": Side(8), "values": {}}


def test_without_classes_inputs_of_a_choice_keep_their_names() -> None:
    assert Shape(SPEC).arguments({"size": "side", "size.width": 5}) == {"size": "side", "size.width": 5, "values": {}}


def test_nodes_that_take_lists_get_lists_in_the_object() -> None:
    assert Shape(SPEC).arguments({"size": ["factor"], "size.by": [1.0, 2.0]}, VARIANTS)["size"] == Factor([1.0, 2.0])


def test_a_choice_that_is_not_known_yet_stays_out_and_a_wrong_one_is_told() -> None:
    assert Shape(SPEC).arguments({"size": None}, VARIANTS)["size"] is None
    with pytest.raises(ValueError, match='size must be one of side, factor, got "area"'):
        Shape(SPEC).arguments({"size": "area"}, VARIANTS)
