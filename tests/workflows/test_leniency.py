"""Real graphs, written as other programs and older versions write them, mean what they meant."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from graph.formats.api import to_api
from graph.formats.editor import convert
from graph.registry import Catalogue
from graph.topology import Graph, GraphNode
from graph.workflow import Workflow
from tests.graph.formats.editor.drawing import drawn, insert_reroute
from tests.workflows.naming import Nodes
from tests.workflows.running import House
from tests.workflows.wild import nodes_of

ROOT = Path(__file__).parents[2]
WILD = Path(os.environ.get("LATENTLOOM_WILD") or ROOT.parent / "shared" / "wild_workflows")
EXACT = 2**53
"""Larger whole numbers are no floating-point numbers."""
Edit = Callable[[Any, Any], Any]
"""From a declared input and its value to the value as somebody else writes it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("leniency"))


@pytest.fixture(scope="module")
def graphs(house: House) -> dict[str, dict[str, Any]]:
    """Every graph with which nothing is wrong: those that people published, and ours for models that people bring."""
    ours = {path.stem: Workflow.from_text(path.read_bytes()).graph for path in (ROOT / "workflows").rglob("*.json")}
    theirs = {path.stem: nodes_of(path) for path in WILD.glob("*.json")}
    furnished = {name: house.furnish(nodes)[0] for name, nodes in {**ours, **theirs}.items()}
    return {name: nodes for name, nodes in furnished.items() if not house.validate(nodes).problems}


def meaning(graph: Graph | None) -> Any:
    """What will run: types, values and links by node."""
    assert graph is not None
    return {key: (node.spec.id, _values(node), dict(node.links)) for key, node in graph.nodes.items()}


def _values(node: GraphNode) -> dict[str, Any]:
    """The values of a node, and the defaults of optional inputs that are not given."""
    optional = {each.name: each.default for each in node.spec.inputs if each.has_default and not each.required}
    return {**{name: value for name, value in optional.items() if name not in node.links}, **node.literals}


def edited(nodes: Nodes, catalogue: Catalogue, edit: Edit) -> dict[str, Any]:
    """The graph with every declared literal written otherwise; None takes it out."""
    changed = {}
    for key, node in nodes.items():
        spec = catalogue.find(node["class_type"])
        inputs = dict(node.get("inputs", {}))
        for each in spec.inputs if spec is not None else ():
            if each.name in inputs and not isinstance(inputs[each.name], list):
                value = edit(each, inputs.pop(each.name))
                inputs |= {} if value is None else {each.name: value}
        changed[key] = {**node, "inputs": inputs}
    return changed


def as_text(spec: Any, value: Any) -> Any:
    return str(value) if spec.type in ("INT", "FLOAT") else value


def as_decimals(spec: Any, value: Any) -> Any:
    return float(value) if spec.type == "INT" and abs(int(value)) <= EXACT else value


def as_whole_numbers(spec: Any, value: Any) -> Any:
    return int(value) if spec.type == "FLOAT" and float(value).is_integer() else value


def left_out(spec: Any, value: Any) -> Any:
    return None if spec.has_default and spec.default == value else value


def with_backslashes(spec: Any, value: Any) -> Any:
    return value.replace("/", "\\") if spec.files is not None else value


@pytest.mark.parametrize("edit", [as_text, as_decimals, as_whole_numbers, left_out, with_backslashes])
def test_values_may_be_written_otherwise(house: House, graphs: Mapping[str, Any], edit: Edit) -> None:
    assert len(graphs) >= 30
    for name, nodes in graphs.items():
        validated = house.validate(edited(nodes, house.catalogue, edit))
        assert validated.problems == (), name
        assert meaning(validated.graph) == meaning(house.validate(nodes).graph), name


def with_unknown_inputs(key: str, node: Any) -> Any:
    extras = {"upload": "image", "audioUI": None, "choose_me": {"__value__": [False, True]}, "control_after": 7}
    return {**node, "inputs": {**extras, **node.get("inputs", {})}}


def with_numbers_in_links(key: str, node: Any) -> Any:
    inputs = node.get("inputs", {})
    return {**node, "inputs": {name: _numbered(value) for name, value in inputs.items()}}


def with_foreign_keys(key: str, node: Any) -> Any:
    return {**node, "is_changed": ["x"], "_meta": None, "title": key, "color": "#223"}


def with_nothing_but_what_counts(key: str, node: Any) -> Any:
    return {"inputs": node.get("inputs", {}), "class_type": node["class_type"]}


def _numbered(value: Any) -> Any:
    is_link = isinstance(value, list) and isinstance(value[0], str) and value[0].isdecimal() and value[0][0] != "0"
    return [int(value[0]), value[1]] if is_link else value


@pytest.mark.parametrize(
    "rewrite", [with_unknown_inputs, with_numbers_in_links, with_foreign_keys, with_nothing_but_what_counts]
)
def test_nodes_may_hold_more_or_less(
    house: House, graphs: Mapping[str, Any], rewrite: Callable[[str, Any], Any]
) -> None:
    for name, nodes in graphs.items():
        validated = house.validate({key: rewrite(key, node) for key, node in nodes.items()})
        assert validated.problems == (), name
        assert meaning(validated.graph) == meaning(house.validate(nodes).graph), name


FAULTS: Mapping[str, Any] = {
    "an output without its picture": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}},
    "a node of a pack": {"class_type": "Some Pack's Node", "inputs": {}},
    "a link to nothing": {"class_type": "PreviewImage", "inputs": {"images": ["nowhere", 0]}},
    "a number that is text": {"class_type": "PreviewAny", "inputs": {"source": ["faulty:2", 0]}},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_output_is_told_and_the_others_run(house: House, graphs: Mapping[str, Any], fault: str) -> None:
    number = {"class_type": "PrimitiveInt", "inputs": {"value": "{{steps}}"}}
    for name, nodes in graphs.items():
        validated = house.validate({**nodes, "faulty": FAULTS[fault], "faulty:2": number})
        assert {problem.node for problem in validated.problems} <= {"faulty", "faulty:2"}, name
        assert validated.problems, name
        assert meaning(validated.graph) == meaning(house.validate(nodes).graph), name


@pytest.mark.parametrize("version", [0.4, 1])
@pytest.mark.parametrize("reroutes", [0, 2])
def test_what_the_browser_saves_of_a_graph_means_the_same(
    house: House, graphs: Mapping[str, Any], version: float, reroutes: int
) -> None:
    for name, nodes in graphs.items():
        plain = _with_plain_ids(_declared(nodes, house.catalogue))
        drawing = drawn(plain, version, house.catalogue)
        for _ in range(reroutes):
            for index in range(len(drawing.links)):
                insert_reroute(drawing, index)
        conversion = convert(drawing.data(), house.catalogue)
        assert conversion.is_complete, (name, conversion.notes)
        validated = house.validate(to_api(conversion.workflow, house.catalogue))
        assert validated.problems == (), name
        assert meaning(validated.graph) == meaning(house.validate(plain).graph), name


def _declared(nodes: Nodes, catalogue: Catalogue) -> dict[str, Any]:
    """The graph with every widget filled in, as the browser has it, and nothing that no node declares."""
    full = {}
    for key, node in nodes.items():
        spec = catalogue.specs[node["class_type"]]
        given = node.get("inputs", {})
        filled = {
            each.name: given.get(each.name, each.default) for each in spec.inputs if spec.is_in_force(each, given)
        }
        grown = {name: value for name, value in given.items() if isinstance(value, list) and "." in name}
        full[key] = {**node, "inputs": {k: v for k, v in {**filled, **grown}.items() if v is not None}}
    return full


def _with_plain_ids(nodes: Nodes) -> dict[str, Any]:
    """The graph with numbers for ids: others are of unfolded subgraphs or of programs, never of the browser."""
    numbers = {key: str(number) for number, key in enumerate(nodes, start=1)}
    return {
        numbers[key]: {
            **node,
            "inputs": {
                name: [numbers[str(value[0])], value[1]] if isinstance(value, list) else value
                for name, value in node["inputs"].items()
            },
        }
        for key, node in nodes.items()
    }
