"""A seed that is left to chance is a number once a job is accepted."""

import pytest

from graph.seeds import MOST, with_seeds
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, node

RANDOM = Workflow.parse({"1": node("KSampler", seed="randomize"), "2": node("KSampler", seed="randomize", steps=4)})


def seeds_of(workflow: Workflow) -> list[object]:
    return [each["inputs"]["seed"] for each in workflow.graph.values()]


def test_each_seed_is_drawn_by_itself_and_anew_each_time() -> None:
    drawn = [*seeds_of(with_seeds(RANDOM, CATALOGUE)), *seeds_of(with_seeds(RANDOM, CATALOGUE))]
    assert all(isinstance(each, int) and 0 <= each <= MOST for each in drawn)
    assert len(set(drawn)) == 4


def test_the_same_request_draws_the_same_seeds() -> None:
    first = with_seeds(RANDOM, CATALOGUE, "request 1")
    assert seeds_of(first) == seeds_of(with_seeds(RANDOM, CATALOGUE, "request 1"))
    assert seeds_of(first) != seeds_of(with_seeds(RANDOM, CATALOGUE, "request 2"))
    assert len(set(seeds_of(first))) == 2


def test_nothing_else_is_touched() -> None:
    others = Workflow.parse(
        {"1": node("PrimitiveString", value="randomize"), "2": node("NotHere", seed="randomize"), "3": node("KSampler")}
    )
    assert with_seeds(others, CATALOGUE) is others
    assert with_seeds(RANDOM, CATALOGUE).graph["2"]["inputs"]["steps"] == 4


@pytest.mark.parametrize("held", ["inner", "outer"])
def test_seeds_inside_of_subgraphs_are_drawn_where_they_are_set(held: str) -> None:
    workflow = Workflow.parse(
        {
            "latentloom": 1,
            "graph": {"1": node("outer", noise="randomize" if held == "outer" else 5)},
            "subgraphs": {
                "outer": {
                    "graph": {"2": node("inner")},
                    "inputs": [{"name": "noise", "to": [["2", "seed"]]}],
                },
                "inner": {
                    "graph": {"3": node("KSampler", seed="randomize" if held == "inner" else 5)},
                    "inputs": [{"name": "seed", "to": [["3", "seed"]]}],
                },
            },
        }
    )
    drawn = with_seeds(workflow, CATALOGUE)
    outer, inner = drawn.graph["1"]["inputs"]["noise"], drawn.subgraphs["inner"].graph["3"]["inputs"]["seed"]
    assert isinstance(outer, int)
    assert isinstance(inner, int)
    assert (outer == 5) == (held == "inner")
    assert (inner == 5) == (held == "outer")
