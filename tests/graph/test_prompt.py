"""From the API shape to nodes that can run, as expansions need it."""

from typing import Any

import pytest

from graph.errors import InvalidWorkflow
from graph.node import Node
from graph.prompt import Built, build
from graph.registry import Registry
from graph.spec import Autogrow, InputSpec, NodeSpec, OutputSpec
from graph.topology import GraphNode, Link

SPEC = NodeSpec(
    id="N", title="N", category="test", outputs=(OutputSpec(name="o", type="*"),),
    inputs=(
        InputSpec(name="a", type="*", required=False),
        InputSpec(name="n", type="INT", has_default=True, default=7),
        InputSpec(name="group", type="*", autogrow=Autogrow(names=("x", "y"))),
        InputSpec(name="text", type="STRING", required=False),
    ),
)  # fmt: skip
STRICT = NodeSpec(id="Strict", title="Strict", category="test", inputs=(InputSpec(name="must", type="*"),))
OUTSIDE = GraphNode("out", SPEC, {}, {})


CHOICE = NodeSpec(
    id="Choice", title="Choice", category="test",
    inputs=(
        InputSpec(name="mode", type="COMBO", choices=("a", "b")),
        InputSpec(name="mode.one", type="INT", has_default=True, default=1, only_for=("a",)),
        InputSpec(name="mode.two", type="INT", only_for=("b",)),
    ),
)  # fmt: skip


REGISTRY = Registry([Node(each, lambda: None) for each in (SPEC, STRICT, CHOICE)])


def made(prompt: dict[str, dict[str, Any]]) -> Built:
    return build(prompt, lambda old: f"p.{old}", REGISTRY, {"out": OUTSIDE, "1": OUTSIDE}.get)


def one(**inputs: Any) -> GraphNode:
    return made({"1": {"class_type": "N", "inputs": inputs}}).nodes[-1]


def test_links_lead_inside_first_and_then_outside() -> None:
    built = made({"2": {"class_type": "N", "inputs": {"a": ["1", 0]}}, "1": {"class_type": "N", "inputs": {}}})
    assert built.nodes[-1].links == {"a": Link("p.1", 0)}
    assert one(a=["out", 0]).links == {"a": Link("out", 0)}


def test_nodes_come_after_what_feeds_them() -> None:
    chain = {str(index): {"class_type": "N", "inputs": {"a": [str(index + 1), 0]}} for index in range(50)}
    chain["50"] = {"class_type": "N", "inputs": {}}
    assert [node.id for node in made(chain).nodes] == [f"p.{index}" for index in range(50, -1, -1)]


def test_missing_inputs_get_their_defaults() -> None:
    assert one().literals == {"n": 7}


def test_values_may_be_anything_and_lists_may_be_wrapped() -> None:
    value = object()
    assert one(a=value).literals["a"] is value
    assert one(a={"__value__": ["out", 0]}).literals["a"] == ["out", 0]


def test_pairs_that_link_to_nothing_are_values_where_any_value_is_welcome() -> None:
    assert one(a=["nowhere", 0]).literals["a"] == ["nowhere", 0]


def test_children_of_groups_and_undeclared_inputs() -> None:
    node = one(**{"group.x": ["out", 0], "group.y": 3, "unknown": 1})
    assert node.links == {"group.x": Link("out", 0)}
    assert node.literals == {"group.y": 3, "n": 7}


def test_titles_and_displays_are_kept() -> None:
    built = made({"1": {"class_type": "N", "_meta": {"title": "Mine"}, "override_display_id": 4, "inputs": {}}})
    assert built.nodes[0].title == "Mine"
    assert built.displays == {"p.1": "4"}


@pytest.mark.parametrize(
    ("prompt", "code", "said"),
    [
        ({"1": {"class_type": "Zzz"}}, "unknown_node_type", '"Zzz"'),
        ({"1": {"inputs": {}}}, "unknown_node_type", "Node p.1"),
        ({"1": {"class_type": "Strict", "inputs": {}}}, "required_input_missing", '"must" is missing'),
        ({"1": {"class_type": "N", "inputs": {"text": ["zzz", 0]}}}, "dangling_link", "no node zzz"),
        ({"1": {"class_type": "N", "inputs": {"a": ["out", 1]}}}, "bad_slot", "no output 1"),
        ({"1": {"class_type": "N", "inputs": {"a": ["1", 0]}}}, "dependency_cycle", "circle: p.1"),
    ],
)
def test_what_cannot_run_is_told(prompt: dict[str, dict[str, Any]], code: str, said: str) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        made(prompt)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert said in caught.value.problems[0].message


def test_only_inputs_of_the_choice_that_was_made_are_filled_or_missed() -> None:
    node = made({"1": {"class_type": "Choice", "inputs": {"mode": "a"}}}).nodes[0]
    assert node.literals == {"mode": "a", "mode.one": 1}
    with pytest.raises(InvalidWorkflow, match=r"mode\.two"):
        made({"1": {"class_type": "Choice", "inputs": {"mode": "b"}}})
