"""What a workflow was made from, for people who look for it: texts, models, seeds, as far as node types tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.registry import Catalogue
from graph.spec import InputSpec, Json

_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a models folder."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Uses:
    """What a workflow names; each thing once, in the order of the nodes."""

    texts: list[str] = field(default_factory=list)
    models: list[ModelFile] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)


def uses_of(document: Mapping[str, Any], catalogue: Catalogue) -> Uses:
    """What the nodes of a document or of a bare graph name, those of its subgraphs included."""
    uses = Uses()
    for node in _nodes(document):
        spec = catalogue.find(str(node.get("class_type")))
        inputs = node.get("inputs")
        if spec is None or not isinstance(inputs, Mapping):
            continue
        for each in spec.inputs:
            _note(uses, each, inputs.get(each.name))
    return uses


def _note(uses: Uses, spec: InputSpec, value: Json) -> None:
    if isinstance(value, str) and value.strip():
        if spec.multiline:
            _add(uses.texts, value[:_LONGEST_TEXT])
        elif spec.files is not None and spec.files != "input":
            _add(uses.models, ModelFile(spec.files, value))
    elif isinstance(value, int) and not isinstance(value, bool) and spec.control_after_generate:
        _add(uses.seeds, value)


def _add(found: list[Any], value: Any) -> None:  # texts, files or numbers
    if value not in found:
        found.append(value)


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of a document and of its subgraphs, or of a bare graph."""
    if "latentloom" not in document:
        yield from _nodes_in(document)
        return
    yield from _nodes_in(document.get("graph"))
    subgraphs = document.get("subgraphs")
    for each in subgraphs.values() if isinstance(subgraphs, Mapping) else ():
        yield from _nodes_in(each.get("graph") if isinstance(each, Mapping) else None)


def _nodes_in(graph: Json) -> Iterator[Mapping[str, Any]]:
    for node in graph.values() if isinstance(graph, Mapping) else ():
        if isinstance(node, Mapping) and "class_type" in node:
            yield node
