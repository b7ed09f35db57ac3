"""Examples of nodes that need models of people: they run with stand-ins for the files that they name."""

from collections.abc import Mapping
from typing import Any

import pytest

from graph.registry import Catalogue
from nodes.catalogue import build_registry
from nodes.examples.building import examples
from nodes.examples.special import SPECIAL
from tests.workflows.running import House
from tests.workflows.shrinking import shrunk

FILES_OF_PEOPLE = ("input", "input_folders", "output")
EXAMPLES = examples(build_registry().catalogue)
NEED_MODELS = {
    type_id: example
    for type_id, example in EXAMPLES.items()
    if any(each.split("/")[0] not in FILES_OF_PEOPLE for each in example.needs)
}
WITHOUT_STAND_IN = {"DiffusersLoader", "HypernetworkLoader", "StyleModelApply", "StyleModelLoader", "VAELoader"}
"""Nothing stands in for their files as their examples name them; they are validated."""
SEARCHING = {type_id for type_id in NEED_MODELS if type_id in SPECIAL and SPECIAL[type_id].needs}
"""No input names their files; they are validated too."""
SMALL = {"width": 64, "height": 64, "steps": 2, "length": 9, "video_frames": 2}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("examples"))


def small(graph: Mapping[str, Mapping[str, Any]], catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """The same graph with small values in place of defaults."""

    def inputs(node: Mapping[str, Any]) -> dict[str, Any]:
        declared = {each.name for each in catalogue.specs[node["class_type"]].inputs if each.type == "INT"}
        return {**{name: value for name, value in SMALL.items() if name in declared}, **node["inputs"]}

    return {node_id: {**node, "inputs": inputs(node)} for node_id, node in graph.items()}


@pytest.mark.parametrize("type_id", sorted(NEED_MODELS.keys() - WITHOUT_STAND_IN - SEARCHING))
def test_an_example_runs_with_stand_ins(type_id: str, house: House) -> None:
    furnished, lacking = house.furnish(small(NEED_MODELS[type_id].graph, house.catalogue))
    assert not lacking
    assert [each.message for each in house.validate(furnished).problems] == []
    ran = house.run(shrunk(furnished, house.catalogue))
    assert ran.is_done, ran.told


def test_all_but_a_few_examples_of_all_nodes_run_here_or_without_models() -> None:
    assert len(WITHOUT_STAND_IN | SEARCHING) < 0.02 * len(EXAMPLES)


@pytest.mark.parametrize("type_id", sorted(WITHOUT_STAND_IN))
def test_nothing_stands_in_for_the_others(type_id: str, house: House) -> None:
    assert house.furnish(NEED_MODELS[type_id].graph)[1]
