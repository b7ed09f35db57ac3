"""Checks what validation says of a graph by other means than validation has."""

from collections.abc import Iterator

from graph.errors import Problem
from graph.registry import Catalogue
from graph.validation.core_types import comfy_core_types
from tests.workflows.naming import Nodes
from tests.workflows.wild import Verdict


def untrue(verdict: Verdict, catalogue: Catalogue) -> Iterator[str]:
    """What of a verdict does not follow from the file itself."""
    nodes = verdict.nodes
    missing = {key for key, node in nodes.items() if catalogue.find(node["class_type"]) is None}
    if missing != verdict.unknown.keys():
        yield f"unknown are {sorted(missing)}, told are {sorted(verdict.unknown)}"
    for key, problem in verdict.unknown.items():
        type_id = nodes[key]["class_type"]
        hint = "ComfyUI's core" if type_id in comfy_core_types() else "install the pack"
        if type_id not in problem.message or hint not in problem.message:
            yield f"{problem.message} does not say what {type_id} is"
    for problem in verdict.problems:
        if problem.code != "unknown_node_type" and not _is_true(problem, nodes, catalogue):
            yield f"{problem.code}: {problem.message}"


def _is_true(problem: Problem, nodes: Nodes, catalogue: Catalogue) -> bool:
    node = nodes.get(str(problem.node), {})
    value = node.get("inputs", {}).get(problem.input)
    if problem.code == "required_input_missing":
        return value is None
    if problem.code == "invalid_input_type":
        return isinstance(value, str) and not value.lstrip("-").replace(".", "", 1).isdigit()
    if problem.code == "value_not_in_list":
        spec = catalogue.find(node["class_type"])
        declared = spec.input(str(problem.input)) if spec is not None else None
        return declared is not None and value not in (declared.choices or ())
    if problem.code == "return_type_mismatch":
        source = catalogue.find(nodes[value[0]]["class_type"])
        wanted = catalogue.find(node["class_type"])
        declared = wanted.input(str(problem.input)) if wanted is not None else None
        return source is not None and declared is not None and source.outputs[value[1]].type != declared.type
    if problem.code == "dangling_link":
        return isinstance(value, list) and value[0] not in nodes
    return False
