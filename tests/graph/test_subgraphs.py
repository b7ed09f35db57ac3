from typing import Any

import pytest

from graph.subgraphs import Definitions
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, node


def definitions(**subgraphs: Any) -> Definitions:
    return Definitions(Workflow.parse({"latentloom": 1, "graph": {}, "subgraphs": subgraphs}).subgraphs)


def passing(inner: dict[str, Any], input_name: str, **facts: Any) -> dict[str, Any]:
    """A definition around one node."""
    return {
        "graph": {"n": inner},
        "inputs": [{"name": "in", "to": [["n", input_name]], **facts}],
        "outputs": [{"name": "out", "from": ["n", 0], **facts}],
    }


def test_types_of_sockets_are_those_of_the_first_place_inside() -> None:
    found = definitions(a=passing(node("b"), "in"), b=passing(node("ImageBlend"), "strength"))
    inputs, outputs = found.sockets(node("a"), CATALOGUE)
    assert [(each.name, each.type, each.is_widget) for each in inputs] == [("in", "FLOAT", True)]
    assert outputs == ["IMAGE"]


def test_a_declared_type_goes_before_what_is_inside() -> None:
    found = definitions(a=passing(node("b"), "in"), b=passing(node("ImageBlend"), "strength", type="MASK"))
    inputs, outputs = found.sockets(node("a"), CATALOGUE)
    assert ([each.type for each in inputs], outputs) == (["MASK"], ["MASK"])


@pytest.mark.parametrize(
    "inner", [node("NotHere"), node("a"), node("b"), node("c")], ids=["unknown", "itself", "another", "none"]
)
def test_a_type_that_cannot_be_found_is_any(inner: dict[str, Any]) -> None:
    found = definitions(a=passing(inner, "in"), b=passing(node("a"), "in"), c={"graph": {}})
    inputs, outputs = found.sockets(node("a"), CATALOGUE)
    assert ([each.type for each in inputs], outputs) == (["*"], ["*"])


def test_an_input_that_leads_nowhere_takes_any_type() -> None:
    found = definitions(a={"graph": {}, "inputs": [{"name": "in", "to": []}]})
    assert [each.type for each in found.sockets(node("a"), CATALOGUE)[0]] == ["*"]


@pytest.mark.parametrize(
    ("type_id", "name", "expected"),
    [
        ("ImageBlend", "image", False),
        ("ImageBlend", "mask", True),
        ("Sum", "values.a", False),
        ("Sum", "values.b", True),
        ("Sum", "unknown", True),
        ("NotHere", "image", False),
        ("EmptyLatentImage", "width", False),
    ],
)
def test_what_is_optional_can_be_done_without(type_id: str, name: str, expected: bool) -> None:
    assert definitions().can_do_without(node(type_id), name, CATALOGUE) is expected
