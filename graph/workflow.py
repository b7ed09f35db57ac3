"""The workflow: one document that the editor saves, the server takes and pictures carry.

`docs/workflow-format.md` is its specification. Reading checks the shape only: whether the graph can run is asked of
`graph.validation`. What is read is written again without loss, unknown keys included.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StrictStr, ValidationError

from graph import strict_json
from graph.collecting import undisturbed
from graph.errors import JsonError, WorkflowError
from graph.layout import Kept, Layout
from graph.migrations import CURRENT_VERSION, migrate
from graph.spec import Json

Nodes = Mapping[str, Mapping[str, Any]]
"""Node id -> `{"class_type", "inputs", "_meta"?}`, the API shape of the ecosystem; values are JSON."""


class SubgraphInput(Kept):
    """An input of a subgraph: where the value goes, inside."""

    name: StrictStr
    to: tuple[tuple[StrictStr, StrictStr], ...] = ()
    """The `[node, input]` pairs inside that get the value. Where none is given, they keep what they hold."""
    type: StrictStr | None = None
    help: StrictStr = ""


class SubgraphOutput(Kept):
    """An output of a subgraph: where the value comes from, inside."""

    name: StrictStr
    source: Annotated[tuple[StrictStr, int], Field(alias="from")]
    """The `[node, slot]` inside."""
    type: StrictStr | None = None
    help: StrictStr = ""


class Subgraph(Kept):
    """A graph that nodes stand for: a node whose `class_type` is the id of this definition."""

    title: StrictStr = ""
    description: StrictStr = ""
    graph: Nodes
    layout: Layout = Layout()
    inputs: tuple[SubgraphInput, ...] = ()
    outputs: tuple[SubgraphOutput, ...] = ()


class Workflow(Kept):
    """A graph with everything that belongs to it. Frozen: treat the JSON that it holds as read-only too."""

    version: Annotated[int, Field(alias="latentloom")] = CURRENT_VERSION
    """The format version. Only documents carry one; a bare graph does not."""
    graph: Nodes
    layout: Layout = Layout()
    subgraphs: Mapping[str, Subgraph] = Field(default_factory=dict)

    @classmethod
    def parse(cls, data: Json) -> Self:
        """The workflow that JSON data describes: a document, or a bare graph in the API shape.

        Raises:
            WorkflowError: it is neither; the message says what is wrong, where, and what to do.
        """
        if not isinstance(data, dict):
            raise WorkflowError(f"A workflow is a JSON object, got {_call(data)}. {_ACCEPTED}")
        if "latentloom" in data and not isinstance(data["latentloom"], dict):
            return cls._document(migrate(data))
        if is_editor_format(data):
            raise WorkflowError(EDITOR_FORMAT)
        nodes = {key: value for key, value in data.items() if not _is_remark(key, value)}
        if nodes and not any(isinstance(each, dict) and "class_type" in each for each in nodes.values()):
            keys = ", ".join(f'"{key}"' for key in list(nodes)[:5])
            raise WorkflowError(
                f"This JSON object is no workflow: nothing in it has a class_type ({keys}). {_ACCEPTED}"
            )
        _check_graph(nodes, "")
        rest = {f"{key}": value for key, value in data.items() if key not in nodes}
        return cls(graph=nodes, **rest)

    @classmethod
    @undisturbed()
    def from_text(cls, text: str | bytes) -> Self:
        """The workflow in a JSON text.

        Raises:
            WorkflowError: the text is not strict JSON (with line and column), or not a workflow.
        """
        try:
            data = strict_json.loads(text)
        except JsonError as error:
            raise WorkflowError(f"This is not valid JSON: {error}") from error
        return cls.parse(data)

    @property
    def is_bare(self) -> bool:
        """Whether this is a graph in the API shape and nothing else."""
        return not self.model_fields_set & {"version", "layout", "subgraphs"}

    def dump(self) -> dict[str, Json]:
        """This workflow as JSON data, in the form in which it was read. Shares the graph: treat it as read-only."""
        if self.is_bare:
            return {**self.graph, **(self.model_extra or {})}
        rest = self.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude={"version", "graph", "subgraphs"}
        )
        data = {"latentloom": self.version, "graph": self.graph, **rest}
        if "subgraphs" in self.model_fields_set:
            data["subgraphs"] = {key: _dump_subgraph(each) for key, each in self.subgraphs.items()}
        return data

    def to_text(self) -> str:
        """This workflow as indented JSON, for a file."""
        text = json.dumps(self.dump(), indent=2, ensure_ascii=False, allow_nan=False)
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which only an escape can write
            return json.dumps(self.dump(), indent=2, allow_nan=False) + "\n"
        return text + "\n"

    @classmethod
    def _document(cls, data: dict[str, Json]) -> Self:
        _check_graph(data.get("graph"), '"graph"')
        subgraphs = data.get("subgraphs", {})
        if not isinstance(subgraphs, dict):
            raise WorkflowError(f'"subgraphs" must be an object from id to definition, got {_call(subgraphs)}.')
        for key, each in subgraphs.items():
            if not isinstance(each, dict):
                raise WorkflowError(f'Subgraph "{key}" must be an object with a graph, got {_call(each)}.')
            _check_graph(each.get("graph"), f'The graph of subgraph "{key}"')
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise WorkflowError(_sentence(error)) from error


EDITOR_FORMAT = (
    'This is the browser format of ComfyUI (it has "nodes" and "links"), which names inputs only by their places. '
    "Convert it first, python server.py convert FILE -o OUT, or in ComfyUI choose Workflow > Export (API)."
)
_ACCEPTED = (
    'Accepted are documents, {"latentloom": 1, "graph": {…}}, and graphs in the API shape, '
    '{"3": {"class_type": "KSampler", "inputs": {…}}, …}.'
)


def is_editor_format(data: Json) -> bool:
    """Whether JSON data is a graph as ComfyUI's editor saves it (the LiteGraph format)."""
    return isinstance(data, dict) and isinstance(data.get("nodes"), list) and "links" in data


def title_of(node: Mapping[str, Json]) -> str:
    """The title that a node of a graph was given; empty if none was."""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title if isinstance(title, str) else ""


def _dump_subgraph(subgraph: Subgraph) -> dict[str, Json]:
    return {"graph": subgraph.graph, **_dump(subgraph, "graph")}


def _dump(model: Kept, *without: str) -> dict[str, Json]:
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(without))


def _is_remark(key: object, value: Json) -> bool:
    """Whether an entry of a bare graph is no node: people keep a description under `_meta` and the like."""
    return isinstance(key, str) and key.startswith("_") and not (isinstance(value, dict) and "class_type" in value)


def _check_graph(graph: Json, where: str) -> None:
    """Check that every node has the right shape; `where` is empty for a bare graph."""
    place = f"{where}: node" if where else "Node"
    if not isinstance(graph, dict):
        raise WorkflowError(f"{where} must be an object from node id to node, got {_call(graph)}.")
    for node_id, node in graph.items():
        if type(node_id) is not str:
            raise WorkflowError(f"{place} {node_id!r}: a node id must be text.")
        if not isinstance(node, dict):
            raise WorkflowError(
                f'{place} {node_id} must be an object such as {{"class_type": "KSampler", "inputs": {{…}}}}, '
                f"got {_call(node)}; correct it, or take it out."
            )
        if not isinstance(node.get("class_type", ""), str):
            raise WorkflowError(f"{place} {node_id}: class_type must be text, got {_call(node['class_type'])}.")
        inputs = node.get("inputs", _NOTHING)
        if not isinstance(inputs, dict):
            raise WorkflowError(
                f'{place} {node_id}: inputs must be an object such as {{"steps": 20}}, got {_call(inputs)}.'
            )
        for name, value in inputs.items():
            if type(value) in _CONTAINERS and not _is_plain_link(value) and strict_json.is_too_deep(value):
                raise WorkflowError(f'{place} {node_id}: input "{name}" is nested too deeply.')


_CONTAINERS = frozenset({list, dict})
_NOTHING: Mapping[str, Json] = {}


def _is_plain_link(value: Json) -> bool:
    return len(value) == 2 and type(value) is list and type(value[0]) is str and type(value[1]) is int


def _call(value: Json) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, str):
        return f'the text "{value[:40]}"' if value else "an empty text"
    names = {dict: "an object", list: "a list", type(None): "nothing (null)", bool: "true or false"}
    return names.get(type(value), f"{value!r}"[:60])


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong, where it stands, and how much else there is."""
    first, *others = error.errors(include_url=False)
    path = ".".join(str(part) for part in first["loc"])
    more = f" ({len(others)} more places like this.)" if others else ""
    wrong = f"{first['msg'][0].lower()}{first['msg'][1:]}, got {_call(first['input'])}"
    return f"In the document, {path}: {wrong}; correct it, or leave it out.{more}"
