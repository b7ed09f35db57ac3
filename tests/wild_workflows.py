"""Judges workflows that people published: what runs, and for what reason the others cannot.

`python -m tests.wild_workflows FOLDER` prints how many there are of each verdict, and what is missing most.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.errors import Problem
from graph.registry import Catalogue
from graph.validation import validate
from graph.validation.core_types import comfy_core_types
from graph.workflow import Workflow
from nodes.catalogue import build_registry

STAND_IN, PICTURE = "stand-in.safetensors", "stand-in.png"
_DATA = ("input", "output", "temp")
Nodes = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What validation says of one workflow."""

    file: str
    nodes: Nodes
    problems: tuple[Problem, ...]

    @property
    def unknown(self) -> dict[str, Problem]:
        """The problems with node types that are not known, by the id of the node."""
        return {str(each.node): each for each in self.problems if each.code == "unknown_node_type"}

    @property
    def others(self) -> list[Problem]:
        return [each for each in self.problems if each.code != "unknown_node_type"]

    @property
    def kind(self) -> str:
        if not self.problems:
            return "runs"
        if not self.unknown:
            return "refused for its own faults"
        is_core = all(each.details["is_comfy_core"] for each in self.unknown.values())
        return "needs nodes of the core that are not here" if is_core else "needs node packs"


def names_in(folder: str) -> list[str]:
    """One file in each folder stands for whatever a workflow names."""
    return [PICTURE if folder in _DATA else STAND_IN]


def judge(path: Path, catalogue: Catalogue) -> Verdict:
    """The verdict on a file, the models and pictures that it names put in place."""
    nodes = json.loads(path.read_text(encoding="utf-8"))
    for node in _nodes(nodes).values():
        spec = catalogue.find(node["class_type"])
        for each in spec.inputs if spec is not None else ():
            if each.files is not None and isinstance(node.get("inputs", {}).get(each.name), str):
                node["inputs"][each.name] = names_in(each.files)[0]
    validated = validate(Workflow.parse(nodes), catalogue, choices=names_in)
    return Verdict(path.name, _nodes(nodes), validated.problems)


def untrue(verdict: Verdict, catalogue: Catalogue) -> Iterator[str]:
    """What of a verdict does not follow from the file itself, checked by other means than validation has."""
    missing = {key for key, node in verdict.nodes.items() if catalogue.find(node["class_type"]) is None}
    if missing != verdict.unknown.keys():
        yield f"unknown are {sorted(missing)}, told are {sorted(verdict.unknown)}"
    for key, problem in verdict.unknown.items():
        type_id = verdict.nodes[key]["class_type"]
        hint = "ComfyUI's core" if type_id in comfy_core_types() else "install the pack"
        if type_id not in problem.message or hint not in problem.message:
            yield f"{problem.message} does not say what {type_id} is"
    for problem in verdict.others:
        if not _is_true(problem, verdict.nodes, catalogue):
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


def _nodes(data: Mapping[str, Any]) -> Nodes:
    """The nodes of a file; some hold notes under other keys."""
    return {key: node for key, node in data.items() if isinstance(node, dict) and "class_type" in node}


def _report(folder: Path) -> Iterator[str]:
    catalogue = build_registry().catalogue
    verdicts = [judge(path, catalogue) for path in sorted(folder.glob("*.json"))]
    for kind, count in Counter(each.kind for each in verdicts).most_common():
        yield f"{count:5}  {kind}"
    wanted = Counter(
        str(problem.value) for each in verdicts for problem in {p.value: p for p in each.unknown.values()}.values()
    )
    yield "\nnode types that are missing, by the number of workflows that use them:"
    for type_id, count in wanted.most_common(25):
        yield f"{count:5}  {type_id}{' (core)' if type_id in comfy_core_types() else ''}"
    yield "\nfaults of their own:"
    for code, count in Counter(problem.code for each in verdicts for problem in each.others).most_common():
        yield f"{count:5}  {code}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(_report(Path(sys.argv[1]))) + "\n")
