"""Documents as plain execution graphs."""

from typing import Any

import pytest

from graph.errors import WorkflowError
from graph.formats.api import to_api
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, node

INNER = {"graph": {"1": node("PrimitiveInt", "Number", value=3)}, "outputs": [{"name": "INT", "from": ["1", 0]}]}


def api(graph: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return to_api(Workflow.parse({"latentloom": 1, "graph": graph, **parts}), CATALOGUE)


def test_subgraphs_are_unfolded_and_titles_kept() -> None:
    graph = {"5": node("sub"), "6": node("PreviewAny", source=["5", 0])}
    assert api(graph, subgraphs={"sub": INNER}) == {
        "5:1": node("PrimitiveInt", "Number", value=3),
        "6": node("PreviewAny", source=["5:1", 0]),
    }


def test_modes_are_resolved() -> None:
    graph = {
        "1": node("PrimitiveString", value="a"),
        "2": node("StringConcatenate", string_a=["1", 0], string_b="b"),
        "3": node("PreviewAny", source=["2", 0]),
        "4": node("PreviewAny", source=["1", 0]),
    }
    layout = {"nodes": {"2": {"mode": "bypass"}, "4": {"mode": "mute"}}}
    assert api(graph, layout=layout) == {"1": graph["1"], "3": node("PreviewAny", source=["1", 0])}


def test_keys_of_clients_are_left_out() -> None:
    assert api({"1": {**node("PrimitiveInt", value=1), "is_changed": "x"}}) == {"1": node("PrimitiveInt", value=1)}


def test_subgraphs_that_lead_nowhere_are_refused_in_words() -> None:
    broken = {**INNER, "outputs": [{"name": "INT", "from": ["9", 0]}]}
    with pytest.raises(WorkflowError, match="node 9, which is not in it"):
        api({"5": node("sub")}, subgraphs={"sub": broken})
    with pytest.raises(WorkflowError, match="circle"):
        api({"5": node("a")}, subgraphs={"a": {"graph": {"1": node("a")}}})
