"""What return values of functions mean."""

from typing import Any, NamedTuple

import pytest

from graph.execution.results import Answer, answer_of, joined
from graph.node import Node, node
from graph.spec import NodeSpec, OutputSpec
from graph.values import Blocker, Expansion
from tests.graph.execution.bench import node_of


def outputs(count: int) -> Node:
    spec = NodeSpec(id="N", title="N", category="t", outputs=(OutputSpec(name="o", type="*"),) * count)
    return Node(spec, lambda: None)


BLOCKER = Blocker("no")


@pytest.mark.parametrize(
    ("count", "returned", "values"),
    [
        (0, None, ()),
        (0, "ignored", ()),
        (1, 5, (5,)),
        (1, None, (None,)),
        (1, (5,), ((5,),)),
        (1, {"samples": 1}, ({"samples": 1},)),
        (1, {}, ({},)),
        (2, (1, 2), (1, 2)),
        (2, [1, 2], (1, 2)),
        (2, BLOCKER, (BLOCKER, BLOCKER)),
        (2, (1, BLOCKER), (1, BLOCKER)),
        (1, {"result": (5,)}, (5,)),
        (2, {"result": (5,)}, (5, None)),
        (1, {"result": (5, 6)}, (5,)),
        (2, {"result": BLOCKER}, (BLOCKER, BLOCKER)),
        (0, {"ui": {"text": ["a"]}}, ()),
    ],
)
def test_a_return_value_becomes_one_value_per_output(count: int, returned: Any, values: tuple[Any, ...]) -> None:
    assert answer_of(outputs(count), returned).outputs == values


def test_a_named_tuple_of_one_field_is_unpacked() -> None:
    class Single(NamedTuple):
        value: int

    @node("Single", title="Single", category="test")
    def single() -> Single:
        """Give one value."""
        return Single(1)

    @node("Bare", title="Bare", category="test")
    def bare() -> tuple[int]:
        """Give one value."""
        return (1,)

    assert answer_of(node_of(single), Single(1)).outputs == (1,)
    assert answer_of(node_of(bare), (1,)).outputs == (1,)


@pytest.mark.parametrize(("count", "returned"), [(2, 5), (2, (1, 2, 3)), (3, (1, 2))])
def test_a_wrong_number_of_values_is_an_error(count: int, returned: object) -> None:
    with pytest.raises(ValueError, match="It returned"):
        answer_of(outputs(count), returned)


def test_expansions_in_both_forms() -> None:
    graph = {"a": {"class_type": "X", "inputs": {}}}
    expected = Answer((["a", 0],), None, graph)
    assert answer_of(outputs(1), Expansion(graph, (["a", 0],))) == expected
    assert answer_of(outputs(1), {"result": (["a", 0],), "expand": graph}) == expected


def test_what_runs_show_is_joined_by_kind() -> None:
    assert joined([]) is None
    assert joined([{"a": [1], "b": (2,)}, {"a": [3], "c": True}]) == {"a": [1, 3], "b": [2], "c": True}
