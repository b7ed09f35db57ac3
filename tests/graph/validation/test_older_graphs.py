"""Graphs that other programs wrote, or older versions: what they name is still understood."""

from typing import Any

import pytest

from graph.registry import Catalogue
from graph.spec import InputSpec
from graph.validation import Validated, validate
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, choices, node


def run(document: Any) -> Validated:
    return validate(Workflow.parse(document), CATALOGUE, choices=choices)


@pytest.mark.parametrize("name", ["xl/base.ckpt", "xl\\base.PTH"])
def test_a_pickle_stands_for_what_it_was_converted_into(name: str) -> None:
    graph = {"1": node("CheckpointLoaderSimple", ckpt_name=name), "2": node("PreviewAny", source=["1", 0])}
    validated = run(graph)
    assert validated.graph is not None
    assert validated.graph.nodes["1"].literals == {"ckpt_name": "xl/base.safetensors"}
    graph["1"] = node("CheckpointLoaderSimple", ckpt_name="xl/other.ckpt")
    assert [problem.code for problem in run(graph).problems] == ["value_not_in_list"]


def test_a_choice_that_an_older_graph_does_not_know_is_the_first() -> None:
    plain = CATALOGUE.specs["KSampler"]
    combo = InputSpec(name="crop", type="COMBO", choices=("center", "none"))
    newer = Catalogue({**CATALOGUE.specs, "Look": plain.model_copy(update={"id": "Look", "inputs": (combo,)})})
    graph = {"1": node("Look"), "2": node("PreviewAny", source=["1", 0])}
    validated = validate(Workflow.parse(graph), newer, choices=choices)
    assert validated.graph is not None
    assert validated.graph.nodes["1"].literals == {"crop": "center"}


def test_a_number_that_a_newer_graph_leaves_to_the_node_is_its_default() -> None:
    plain = CATALOGUE.specs["KSampler"]
    inputs = (
        InputSpec(name="bits", type="INT", default=8, has_default=True, minimum=8, maximum=10),
        InputSpec(name="rate", type="FLOAT"),
    )
    newer = Catalogue({**CATALOGUE.specs, "Film": plain.model_copy(update={"id": "Film", "inputs": inputs})})
    graph = {"1": node("Film", bits="auto", rate=2.0), "2": node("PreviewAny", source=["1", 0])}
    validated = validate(Workflow.parse(graph), newer, choices=choices)
    assert validated.graph is not None
    assert validated.graph.nodes["1"].literals == {"bits": 8, "rate": 2.0}
    graph["1"]["inputs"]["rate"] = "auto"  # nobody knows what that would be
    (problem,) = validate(Workflow.parse(graph), newer, choices=choices).problems
    assert (problem.code, problem.input) == ("invalid_input_type", "rate")
