"""Sets inputs of a workflow from outside: `--set Prompt.text=a red circle`, `--set prompt=a red circle`.

An input is named by its node (id or title) and its own name, or by a named parameter of the document. Nodes inside a
subgraph are named by title, or by `outer:inner`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph import strict_json
from graph.errors import JsonError, WorkflowError
from graph.links import read_link
from graph.registry import Catalogue
from graph.spec import RANDOMIZE, InputSpec, Json
from graph.subgraphs import Definitions
from graph.suggest import nearest, said
from graph.workflow import Nodes, Workflow, title_of

Target = str | tuple[str, str]
"""A named parameter, or `(node id or title, input)`."""

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Place(NamedTuple):
    """An input of a node in the document."""

    subgraph: str | None
    """The definition that holds the node; None for the document's own graph."""
    node: str
    input: str


class NamedInput(NamedTuple):
    """What a named parameter of a document stands for."""

    place: Place
    spec: InputSpec | None
    """What is known of the input; None for inputs that the node's own code reads."""
    is_set: bool
    """Whether the document holds a value for it."""
    value: Json
    """The value, a link included; None where none is held."""


def named_input(workflow: Workflow, name: str, catalogue: Catalogue) -> NamedInput:
    """What the named parameter `name` of a document stands for.

    Raises:
        WorkflowError: there is no such parameter, or its node or input is not there.
    """
    finder = _Finder(workflow, catalogue)
    place = finder.place(name)
    nodes = workflow.graph if place.subgraph is None else workflow.subgraphs[place.subgraph].graph
    inputs = nodes[place.node].get("inputs", {})
    return NamedInput(place, finder.spec(place), place.input in inputs, inputs.get(place.input))


def with_values(workflow: Workflow, values: Mapping[Target, Json], catalogue: Catalogue) -> Workflow:
    """The same workflow with some inputs set to JSON values; a link into them is replaced.

    Raises:
        WorkflowError: a target is not there, or means several nodes; the message names what is.
    """
    finder = _Finder(workflow, catalogue)
    return replaced(workflow, {finder.place(target): value for target, value in values.items()})


def with_inputs(workflow: Workflow, values: Mapping[str, Json], catalogue: Catalogue) -> Workflow:
    """As `with_values`, with targets as on the command line: `NODE.INPUT` or the name of a parameter."""
    finder = _Finder(workflow, catalogue)
    return replaced(workflow, {finder.place(finder.target(name)): value for name, value in values.items()})


def assign(workflow: Workflow, settings: Iterable[str], catalogue: Catalogue) -> Workflow:
    """The same workflow with settings as on the command line: `NODE.INPUT=VALUE` or `PARAMETER=VALUE`.

    The text of the value is read by what the input takes: numbers, true or false, a choice; JSON for lists and objects
    where the input takes other things; else it is the text itself.

    Raises:
        WorkflowError: a setting is not understood; the message says what would be.
    """
    finder = _Finder(workflow, catalogue)
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise WorkflowError(f'"{setting}" sets nothing: write NODE.INPUT=VALUE, such as Sampler.steps=20.')
        place = finder.place(finder.target(name))
        values[place] = finder.read(place, text)
    return replaced(workflow, values)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds inputs by the names that people give."""

    workflow: Workflow
    catalogue: Catalogue

    def target(self, name: str) -> Target:
        """What `Prompt.text` means; ids and titles may hold dots themselves, and so may inputs."""
        if name in self.workflow.layout.parameters or "." not in name:
            return name
        dots = [at for at, character in enumerate(name) if character == "."]
        splits = [(name[:at], name[at + 1 :]) for at in dots]
        return next((split for split in splits if self._candidates(split[0])), splits[0])

    def place(self, target: Target) -> Place:
        """The input that a target means."""
        if isinstance(target, str):
            parameter = self.workflow.layout.parameters.get(target)
            if parameter is None:
                raise WorkflowError(self._no_parameter(target))
            target = parameter.node, parameter.input
        name, input_name = target
        candidates = self._candidates(name)
        if not candidates:
            raise WorkflowError(self._no_node(name))
        if len(candidates) > 1:
            ids = said([node_id for _, node_id in candidates])
            raise WorkflowError(f'"{name}" is the title of several nodes; name one by its id: {ids}.')
        place = Place(*candidates[0], input_name)
        self._check_input(place)
        return place

    def read(self, place: Place, text: str) -> Json:
        """The value that a text means for an input."""
        spec = self.spec(place)
        try:
            return _value(spec, text) if spec is not None else text
        except ValueError as error:
            raise WorkflowError(f"{place.node}.{place.input} takes {error}, got {text!r}.") from error

    def _graph(self, subgraph: str | None) -> Nodes:
        return self.workflow.graph if subgraph is None else self.workflow.subgraphs[subgraph].graph

    def _scopes(self) -> Iterable[str | None]:
        return (None, *self.workflow.subgraphs)

    def _candidates(self, name: str) -> list[tuple[str | None, str]]:
        """The nodes that a name may mean: an id before titles, the document's own graph before subgraphs."""
        if name in self.workflow.graph:
            return [(None, name)]
        for scopes in ((None,), tuple(self.workflow.subgraphs)):
            found = [
                (scope, node_id)
                for scope in scopes
                for node_id, node in self._graph(scope).items()
                if title_of(node) == name
            ]
            if found:
                return found
        return self._inside(name) if ":" in name else []

    def _inside(self, path: str) -> list[tuple[str | None, str]]:
        """The node that `outer:inner` means, in the definition that `outer` stands for."""
        scope: str | None = None
        *outer, last = path.split(":")
        for node_id in outer:
            held = self._graph(scope).get(node_id, {}).get("class_type")
            if held not in self.workflow.subgraphs:
                return []
            uses = sum(node.get("class_type") == held for each in self._scopes() for node in self._graph(each).values())
            if uses > 1:
                raise WorkflowError(
                    f"Node {path} belongs to a subgraph that is used {uses} times, so setting it would change every "
                    "use. Give the subgraph an input that leads there, and set that."
                )
            scope = held
        return [(scope, last)] if last in self._graph(scope) else []

    def _check_input(self, place: Place) -> None:
        node = self._graph(place.subgraph)[place.node]
        if place.input in node.get("inputs", {}) or self.spec(place) is not None:
            return
        spec = self.catalogue.find(str(node.get("class_type")))
        if spec is not None and spec.accepts_undeclared:
            return
        entrances, _ = Definitions(self.workflow.subgraphs).sockets(node, self.catalogue)
        names = list(dict.fromkeys((*(each.name for each in entrances), *node.get("inputs", {}))))
        near = nearest(place.input, names)
        hint = f"Did you mean {said(near)}?" if near else f"It has {said(names)}." if names else "It has no inputs."
        title = title_of(node) or (spec.title if spec is not None else node.get("class_type"))
        raise WorkflowError(f'Node {place.node} "{title}" has no input "{place.input}". {hint}')

    def spec(self, place: Place) -> InputSpec | None:
        """What is known of an input."""
        definitions = Definitions(self.workflow.subgraphs)
        node = self._graph(place.subgraph)[place.node]
        spec = None if definitions.find(node) else self.catalogue.find(str(node.get("class_type")))
        found = spec.input(place.input) if spec is not None else None
        if found is not None and found.autogrow is None:
            return found
        entrances, _ = definitions.sockets(node, self.catalogue)
        known = (InputSpec(name=each.name, type=each.type) for each in entrances if each.name == place.input)
        return next(known, None)

    def _no_node(self, name: str) -> str:
        titles = [
            title for scope in self._scopes() for node in self._graph(scope).values() if (title := title_of(node))
        ]
        names = list(dict.fromkeys((*titles, *self.workflow.graph)))
        near = nearest(name, names)
        hint = (
            f"Did you mean {said(near)}?" if near else f"There are {said(names)}." if names else "The graph is empty."
        )
        return f'There is no node with the id or title "{name}". {hint}'

    def _no_parameter(self, name: str) -> str:
        names = list(self.workflow.layout.parameters)
        near = nearest(name, names) or names
        there = f"The document names {said(near)}." if near else "The document names none."
        return f'There is no parameter "{name}". {there} To set an input write NODE.INPUT=VALUE.'


def _value(spec: InputSpec, text: str) -> Json:
    """The value that a text means for an input; the error says what the input takes."""
    if spec.control_after_generate and text == RANDOMIZE:
        return text
    if spec.type in ("INT", "FLOAT"):
        try:
            return int(text) if spec.type == "INT" else float(text)
        except ValueError:
            raise ValueError("a whole number" if spec.type == "INT" else "a number") from None
    if spec.type == "BOOLEAN":
        if text.strip().lower() not in _WORDS:
            raise ValueError("true or false")
        return _WORDS[text.strip().lower()]
    if spec.type == "COMBO":
        return next((choice for choice in spec.choices or () if str(choice) == text), text)
    return text if spec.type == "STRING" else _json_or_text(spec, text)


def _json_or_text(spec: InputSpec, text: str) -> Json:
    is_number_or_bool = "STRING" not in spec.type and {"INT", "FLOAT", "BOOLEAN"} & set(spec.type.split(","))
    if not text.startswith(("[", "{")) and not is_number_or_bool:
        return text
    try:
        value = strict_json.loads(text)
    except JsonError:
        return text
    return {"__value__": value} if isinstance(value, list) and read_link(value) is None else value


def replaced(workflow: Workflow, values: Mapping[Place, Json]) -> Workflow:
    """A copy of a workflow in which some inputs hold other values."""
    update: dict[str, Any] = {}  # fields of the copy
    subgraphs = dict(workflow.subgraphs)
    for scope in dict.fromkeys(place.subgraph for place in values):
        old = workflow.graph if scope is None else workflow.subgraphs[scope].graph
        graph = {node_id: dict(node) for node_id, node in old.items()}
        for place, value in values.items():
            if place.subgraph == scope:
                node = graph[place.node]
                node["inputs"] = {**node.get("inputs", {}), place.input: value}
        if scope is None:
            update["graph"] = graph
        else:
            subgraphs[scope] = subgraphs[scope].model_copy(update={"graph": graph})
            update["subgraphs"] = subgraphs
    return workflow.model_copy(update=update)
