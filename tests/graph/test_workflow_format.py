"""The specification of the workflow format says what the code does."""

import re
from pathlib import Path
from typing import get_args

from graph import strict_json
from graph.errors import ProblemCode
from graph.inlining import MAXIMUM_DEPTH, MAXIMUM_NODES, inline
from graph.layout import Mode
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE

PAGE = (Path(__file__).parents[2] / "docs" / "workflow-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def example(holding: str) -> str:
    (found,) = [each for each in EXAMPLES if holding in each]
    return found


def test_the_first_example_is_a_workflow() -> None:
    workflow = Workflow.from_text(EXAMPLES[0])
    assert workflow.dump() == strict_json.loads(EXAMPLES[0])
    assert list(workflow.graph) == ["4", "6"]


def test_the_example_of_a_node_is_one() -> None:
    assert list(Workflow.from_text(f"{{{example('KSampler')}}}").graph) == ["3"]


def test_the_example_of_a_layout_uses_every_part_of_it() -> None:
    workflow = Workflow.from_text(f'{{"latentloom": 1, "graph": {{}}, {example("parameters")}}}')
    assert workflow.layout.model_extra == {}
    assert workflow.layout.model_fields_set == set(type(workflow.layout).model_fields)
    assert workflow.layout.nodes["3"].model_fields_set == set(type(workflow.layout.nodes["3"]).model_fields)


def test_the_example_of_a_subgraph_can_be_unfolded() -> None:
    workflow = Workflow.from_text(f'{{"latentloom": 1, {example("Soft upscale")}}}')
    flat = inline(workflow, CATALOGUE)
    assert {node_id: each["inputs"] for node_id, each in flat.nodes.items()} == {
        "5:1": {"upscale_method": "lanczos", "scale_by": 2.0, "image": ["8", 0]},
        "5:2": {"image": ["5:1", 0], "blur_radius": 1, "sigma": 0.4},
        "9": {"images": ["5:2", 0]},
    }


def test_limits_modes_and_problems_are_complete() -> None:
    text = " ".join(PAGE.split())
    assert f"{MAXIMUM_NODES:,} nodes, nested at most {MAXIMUM_DEPTH} deep" in text
    assert f"objects at most {strict_json.MAXIMUM_DEPTH} deep" in text
    for word in (*get_args(Mode), *(set(get_args(ProblemCode)) - {"bad_document"})):
        assert f"`{word}`" in PAGE, word
