"""Loops in running graphs: counts, lists, carried values, loops within loops, saving in every round."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph.execution import Outcome
from graph.prompt import build
from graph.topology import Graph
from tests.nodes.test_running import REGISTRY, House

Nodes = dict[str, tuple[str, dict[str, Any]]]


def show(graph: Nodes, house: House) -> list[str]:
    outcome = house.run({**graph, "show": ("PreviewAny", {"source": ["end", 0]})})
    return outcome.ui["show"]["text"] if outcome.ui else []


def text_loop(start: dict[str, Any], **end: Any) -> Nodes:
    """A loop that adds the number of each round to a text."""
    return {
        "start": ("StartLoop", start),
        "number": ("StringFormat", {"f_string": "{a}{b}", "values.a": ["start", 4], "values.b": ["start", 0]}),
        "end": ("EndLoop", {"output_value": ["number", 0], "next_iteration_value": ["number", 0], **end}),
    }


SIMPLE = {"mode": "simple", "mode.num_iterations": 3, "initial_iteration_value": "x"}


def test_a_value_is_passed_from_round_to_round(tmp_path: Path) -> None:
    assert show(text_loop(SIMPLE), House(tmp_path)) == ["x012"]


def test_all_rounds_can_be_had(tmp_path: Path) -> None:
    assert show(text_loop(SIMPLE, accumulate=True), House(tmp_path)) == ["x0", "x01", "x012"]


@pytest.mark.parametrize(("count", "shown"), [(0, []), (1, ["x0"]), (12, ["x01234567891011"])])
def test_any_number_of_rounds(tmp_path: Path, count: int, shown: list[str]) -> None:
    assert show(text_loop({**SIMPLE, "mode.num_iterations": count}), House(tmp_path)) == shown


def test_counting_begins_and_steps_as_asked(tmp_path: Path) -> None:
    count = {"mode.start_iteration_index": 2, "mode.max_iteration": 9, "mode.step": 3}
    start = {"mode": "For", **count, "initial_iteration_value": "x"}
    assert show(text_loop(start), House(tmp_path)) == ["x258"]


def test_a_linked_number_of_rounds_counts(tmp_path: Path) -> None:
    graph = text_loop({**SIMPLE, "mode.num_iterations": ["count", 0]})
    assert show({"count": ("PrimitiveInt", {"value": 2}), **graph}, House(tmp_path)) == ["x01"]


def test_a_list_gives_each_round_an_element_and_the_ends_are_told(tmp_path: Path) -> None:
    graph: Nodes = {
        "list": ("CreateList", {"inputs.input0": "red", "inputs.input1": "green", "inputs.input2": "blue"}),
        "start": ("StartLoop", {"mode": "List", "mode.list": ["list", 0]}),
        "text": (
            "StringFormat",
            {
                "f_string": "{a} {b} {c}",
                "values.a": ["start", 3],
                "values.b": ["start", 1],
                "values.c": ["start", 2],
            },
        ),
        "end": ("EndLoop", {"output_value": ["text", 0], "accumulate": True}),
    }
    assert show(graph, House(tmp_path)) == ["red True False", "green False False", "blue False True"]


def test_loops_nest(tmp_path: Path) -> None:
    graph: Nodes = {
        "outer": ("StartLoop", {"mode": "simple", "mode.num_iterations": 3}),
        "inner": ("StartLoop", {"mode": "simple", "mode.num_iterations": 2, "parent_iteration": ["outer", 0]}),
        "pair": ("StringFormat", {"f_string": "{a}{b}", "values.a": ["outer", 0], "values.b": ["inner", 0]}),
        "inner end": ("EndLoop", {"output_value": ["pair", 0], "accumulate": True}),
        "end": ("EndLoop", {"output_value": ["inner end", 0], "accumulate": True}),
    }
    assert show(graph, House(tmp_path)) == ["00", "01", "10", "11", "20", "21"]


def test_what_ends_in_a_termination_runs_in_every_round(tmp_path: Path) -> None:
    graph: Nodes = {
        "start": ("StartLoop", {"mode": "simple", "mode.num_iterations": 3}),
        "picture": ("EmptyImage", {"width": 8, "height": 8, "color": ["start", 0]}),
        "save": ("SaveImage", {"images": ["picture", 0], "filename_prefix": "round"}),
        "end": ("EndLoop", {"output_value": ["start", 0], "terminations.termination0": ["save", 0]}),
    }
    house = House(tmp_path)
    assert show(graph, house) == ["2"]
    assert house.folders.names("output") == [f"round_0000{number}_.png" for number in (1, 2, 3)]


def test_what_lies_outside_is_computed_once(tmp_path: Path) -> None:
    graph: Nodes = {
        "start": ("StartLoop", {"mode": "simple", "mode.num_iterations": 3}),
        "outside": ("ComfyMathExpression", {"expression": "a * 7", "values.a": 6}),
        "sum": ("ComfyMathExpression", {"expression": "a + b", "values.a": ["outside", 1], "values.b": ["start", 0]}),
        "end": ("EndLoop", {"output_value": ["sum", 1], "accumulate": True}),
        "show": ("PreviewAny", {"source": ["end", 0]}),
    }
    house = House(tmp_path)
    outcome: Outcome = house.run(graph)
    assert outcome.ui["show"]["text"] == ["42", "43", "44"]
    assert sum(each.endswith("outside") for each in outcome.executed) == 1
    assert house.run(graph).executed == ()


def test_an_end_without_a_start_is_told(tmp_path: Path) -> None:
    prompt = {
        "text": {"class_type": "PrimitiveString", "inputs": {"value": "x"}},
        "end": {"class_type": "EndLoop", "inputs": {"output_value": ["text", 0]}},
        "show": {"class_type": "PreviewAny", "inputs": {"source": ["end", 0]}},
    }
    nodes = {each.id: each for each in build(prompt, str, REGISTRY, lambda _: None).nodes}
    house = House(tmp_path)
    outcome = asyncio.run(house.executor.run("job", Graph(nodes, ("show",)), lambda event: None))
    assert outcome.failure is not None
    assert "depends on a Start loop" in outcome.failure.message
