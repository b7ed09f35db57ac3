"""Sweeps: one workflow with every combination of some inputs' values, and a sheet of all their pictures.

Each combination is a workflow of its own, to be run as a job of its own. What combinations share is computed once,
because results are found by content; for the same reason a sweep that was interrupted goes on where it was.
"""

import csv
import io
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.assignment import assign, with_inputs
from graph.errors import WorkflowError
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import Workflow

MOST_COMBINATIONS = 1000
_LISTED = 10
"""How many pictures one list node takes."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One workflow of a sweep."""

    values: Mapping[str, Json]
    """What was set, by axis."""
    workflow: Workflow

    @property
    def label(self) -> str:
        """What a sheet says of it: a line for each axis."""
        short = {name: name.rpartition(".")[2] for name in self.values}
        is_clear = len(set(short.values())) == len(short)
        return "\n".join(f"{short[name] if is_clear else name} {value}" for name, value in self.values.items())


def combinations(workflow: Workflow, axes: Mapping[str, Sequence[Json]], catalogue: Catalogue) -> list[Combination]:
    """Every combination, the last axis changing fastest.

    Args:
        workflow: what is varied.
        axes: `NODE.INPUT` (an id or a title) or the name of a parameter -> its values.
        catalogue: knows the inputs.

    Raises:
        WorkflowError: an input is not there, an axis has no value, or there are too many combinations.
    """
    return [Combination(values, with_inputs(workflow, values, catalogue)) for values in every_combination(axes)]


def every_combination(axes: Mapping[str, Sequence[Json]]) -> list[dict[str, Json]]:
    """The values of every combination by axis, the last axis changing fastest.

    Raises:
        WorkflowError: an axis has no value, or there are too many combinations.
    """
    _check(axes)
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def combinations_of_texts(workflow: Workflow, sweeps: Sequence[str], catalogue: Catalogue) -> list[Combination]:
    """As `combinations`, with axes as on the command line: `NODE.INPUT=VALUE,VALUE,…`; commas in values are not known.

    Raises:
        WorkflowError: as `combinations`, or an axis is not understood.
    """
    return [
        Combination(texts, assign(workflow, [f"{name}={text}" for name, text in texts.items()], catalogue))
        for texts in every_combination(dict(_axis(each) for each in sweeps))
    ]


def sheet_of(
    found: Sequence[Combination],
    catalogue: Catalogue,
    title: str,
    prefix: str,
    targets: Collection[str] | None = None,
) -> Workflow | None:
    """One workflow that shows the pictures of all combinations on a labelled sheet; None if they save no pictures.

    It holds all combinations side by side. After their own jobs it finds every picture in the cache.

    Args:
        found: the combinations.
        catalogue: the node types there are; without those of sheets there is none.
        title: what stands above the pictures.
        prefix: how the file is called, before its number.
        targets: the output nodes that are meant; None means all of them.

    Raises:
        WorkflowError: values inside a subgraph are varied, which one workflow cannot hold side by side.
    """
    if catalogue.find("ContactSheet") is None:
        return None
    graph: dict[str, Any] = {}  # nodes in the API shape
    links: list[Json] = []
    for number, each in enumerate(found):
        if each.workflow.subgraphs != found[0].workflow.subgraphs:
            raise WorkflowError("A sheet needs the varied inputs to be inputs of the subgraph, not inside of it.")
        link = _picture(each.workflow, catalogue, targets)
        if link is None:
            return None
        graph |= _prefixed(each.workflow, f"{number}_", catalogue)
        links.append([f"{number}_{link[0]}", link[1]])
    columns = len({str([*each.values.values()][-1]) for each in found})
    graph["labels"] = {"class_type": "ContactSheet", "inputs": {
        "images": _listed(graph, links), "title": title, "columns": columns if len(found[0].values) > 1 else 0,
        "cell": 0, "labels": _padded_labels(found), "column_heads": "", "row_heads": "",
    }}  # fmt: skip
    graph["save"] = {"class_type": "SaveImage", "inputs": {"images": ["labels", 0], "filename_prefix": prefix}}
    return Workflow(graph=graph, subgraphs=found[0].workflow.subgraphs)


def table_of(rows: Sequence[Mapping[str, Json]]) -> str:
    """What was run, as CSV with a heading."""
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _check(axes: Mapping[str, Sequence[Json]]) -> None:
    if not axes:
        raise WorkflowError('A sweep needs at least one axis, such as {"3.cfg": [1, 3, 7]}.')
    empty = next((name for name, values in axes.items() if not len(values)), None)
    if empty is not None:
        raise WorkflowError(f'The axis "{empty}" of the sweep has no values.')
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MOST_COMBINATIONS:
        raise WorkflowError(f"The sweep has {count} combinations; at most {MOST_COMBINATIONS} are taken.")


def _axis(text: str) -> tuple[str, list[str]]:
    name, equals, values = text.partition("=")
    if not equals or not values.strip():
        raise WorkflowError(f'"{text}" sweeps nothing: write NODE.INPUT=VALUE,VALUE, such as Sampler.cfg=1,3,7.')
    return name.strip(), [each.strip() for each in values.split(",")]


def _picture(workflow: Workflow, catalogue: Catalogue, targets: Collection[str] | None) -> tuple[str, int] | None:
    """What the first node that saves pictures saves."""
    for node_id, node in workflow.graph.items():
        if targets is not None and node_id not in targets:
            continue
        spec = catalogue.find(str(node.get("class_type")))
        for each in spec.inputs if spec is not None and spec.is_output else ():
            value = node.get("inputs", {}).get(each.name)
            if each.type == "IMAGE" and isinstance(value, list) and len(value) == 2:
                return str(value[0]), int(value[1])
    return None


def _prefixed(workflow: Workflow, prefix: str, catalogue: Catalogue) -> dict[str, Any]:
    """The nodes of a workflow under other ids, without those that save or show something."""
    graph: dict[str, Any] = {}
    for node_id, node in workflow.graph.items():
        spec = catalogue.find(str(node.get("class_type")))
        if spec is None or not spec.is_output:
            inputs = {
                name: [prefix + str(value[0]), value[1]] if isinstance(value, list) and len(value) == 2 else value
                for name, value in node.get("inputs", {}).items()
            }
            graph[prefix + node_id] = {**node, "inputs": inputs}
    return graph


def _listed(graph: dict[str, Any], links: list[Json]) -> Json:
    """A link to one list of all pictures; adds the nodes that make it."""
    level = 0
    while True:
        lists = [links[at : at + _LISTED] for at in range(0, len(links), _LISTED)]
        for number, each in enumerate(lists):
            inputs = {f"inputs.input{place}": link for place, link in enumerate(each)}
            graph[f"list_{level}_{number}"] = {"class_type": "CreateList", "inputs": inputs}
        links = [[f"list_{level}_{number}", 0] for number in range(len(lists))]
        level += 1
        if len(links) == 1:
            return links[0]


def _padded_labels(found: Sequence[Combination]) -> str:
    """One line for each picture."""
    return "\n".join(each.label.replace("\n", ", ") for each in found)
