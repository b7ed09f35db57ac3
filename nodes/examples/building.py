"""Puts examples together: what a node needs before it, what makes its result visible behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.registry import Catalogue
from graph.spec import InputSpec, Json, NodeSpec
from nodes.examples.parts import AS_TEXT, BY_NAME, FILES, GIVES, LEADS, PARTS, PLAIN, SHIPPED, SHOWS, SMALL, USUAL, From
from nodes.examples.special import FOR_SD15, OF_ONE_FAMILY, SAME_AS, SD15, SPECIAL, Special


@dataclass(frozen=True)
class Example:
    """A graph that shows a node at work."""

    graph: Mapping[str, Mapping[str, Any]]
    """In the API shape."""
    needs: tuple[str, ...]
    """Files that do not come with the program, as `folder/name`."""


def examples(catalogue: Catalogue) -> dict[str, Example]:
    """The examples of all node types, by id."""
    return {type_id: example_of(type_id, catalogue) for type_id in sorted(catalogue.specs)}


def example_of(type_id: str, catalogue: Catalogue) -> Example:
    """The example of a node type.

    Raises:
        KeyError: an input wants a type that nobody is known to give; say in `special.py` what it is to get.
    """
    type_id = SAME_AS.get(type_id, type_id)
    special = SPECIAL.get(type_id, Special())
    draft = _drawn(type_id, catalogue, special, special.world or OF_ONE_FAMILY.get(type_id, {}))
    if draft.is_small and any(each.partition("/")[0] in FOR_SD15 for each in draft.needs):
        draft = _drawn(type_id, catalogue, special, SD15)
    return Example(draft.graph, tuple(sorted({*draft.needs, *special.needs})))


def _drawn(type_id: str, catalogue: Catalogue, special: Special, world: Mapping[str, From]) -> "_Draft":
    draft, spec = _Draft(catalogue, {**GIVES, **world}), catalogue.specs[type_id]
    node_id = draft.add(From(type_id, special.inputs))
    draft.pass_on(node_id, spec)
    draft.show(node_id, spec, special)
    return draft


class _Draft:
    """A graph that grows; equal nodes are one."""

    def __init__(self, catalogue: Catalogue, gives: Mapping[str, Any]) -> None:  # JSON, or where it comes from
        self.gives = gives
        self.is_small = gives["MODEL"] == GIVES["MODEL"]
        """Whether it is drawn with the small model that comes with the program."""
        self.graph: dict[str, dict[str, Any]] = {}
        self.needs: set[str] = set()
        self._catalogue = catalogue

    def add(self, wanted: From) -> str:
        """Add a node with everything before it; returns its id."""
        spec = self._catalogue.specs[wanted.type]
        literals = {name: value for name, value in wanted.inputs.items() if not isinstance(value, From)}
        inputs: dict[str, Any] = {}
        for each in spec.inputs:
            if spec.is_in_force(each, {**inputs, **literals}):
                inputs |= self._input(each, wanted.inputs)
        node = {"class_type": spec.id, "inputs": inputs}
        known = next((node_id for node_id, other in self.graph.items() if other == node), None)
        if known is not None:
            return known
        node_id = str(len(self.graph) + 1)
        self.graph[node_id] = node
        return node_id

    def pass_on(self, node_id: str, spec: NodeSpec) -> None:
        """Let what follows use the parts of a model that a node gives."""
        given = {each.type: [node_id, slot] for slot, each in reversed([*enumerate(spec.outputs)])}
        self.gives = {**self.gives, **{part: given[part] for part in (*PARTS, "CLIP_VISION") if part in given}}

    def show(self, node_id: str, spec: NodeSpec, special: Special) -> None:
        """Add what makes the result of a node visible."""
        if spec.is_output:
            return
        kind = spec.outputs[special.slot].type
        node_type, name = special.shown or SHOWS.get(kind) or LEADS.get(kind, AS_TEXT)
        following = self._catalogue.specs[node_type]
        next_id = self.add(From(node_type, _linked(node_id, spec, following, {name: [node_id, special.slot]})))
        self.show(next_id, following, Special())

    def _input(self, each: InputSpec, given: Mapping[str, Any]) -> dict[str, Any]:
        """The value of an input, by its name; nothing where its default will do."""
        if each.autogrow is not None:
            names = [f"{each.name}.{name}" for name in each.autogrow.names]
            least = max(int(each.required), each.autogrow.minimum)
            wanted = [name for name in names if name in given] or names[:least]
            return {name: self._value(each, given.get(name, self._generated(each))) for name in wanted}
        if each.name in given:
            return {each.name: self._value(each, given[each.name])}
        if not each.required:
            return {}
        value = self._generated(each)
        is_default = each.has_default and value == each.default
        return {} if is_default else {each.name: self._value(each, value)}

    def _generated(self, each: InputSpec) -> Any:  # JSON, or where it comes from
        """What an input gets that nothing is said about."""
        if each.files is not None:
            return each.default if each.default in each.extra_choices else FILES[each.files]
        kind = each.type.partition(",")[0]
        if kind in self.gives and (kind not in PLAIN or each.socket_only):
            return BY_NAME.get(each.name, self.gives[kind])
        usual = {**USUAL, **SMALL} if self.is_small else USUAL
        if each.name in usual and (each.choices is None or usual[each.name] in each.choices):
            return _within(each, usual[each.name])
        if each.has_default:
            return each.default
        return each.choices[0] if each.choices else _within(each, PLAIN[kind])

    def _value(self, each: InputSpec, value: Any) -> Any:  # JSON, or where it comes from
        if isinstance(value, From):
            return [self.add(value), value.slot]
        if each.files is not None and value not in (*SHIPPED.get(each.files, ()), *each.extra_choices):
            self.needs.add(f"{each.files}/{value}")
        return value


def _linked(node_id: str, spec: NodeSpec, following: NodeSpec, first: Mapping[str, Json]) -> dict[str, Any]:
    """The links from one node to the next: that of the first output, and those that the other outputs are for."""
    links = dict(first)
    for slot, output in enumerate(spec.outputs[1:], start=1):
        fitting = (each for each in following.inputs if each.type == output.type and each.name not in links)
        wanted = next((each for each in fitting if each.required and each.type in LEADS), None)
        if wanted is not None:
            links[wanted.name] = [node_id, slot]
    return links


def _within(each: InputSpec, value: Json) -> Json:
    """A value; if it is a number, within the limits of an input."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = max(value, each.minimum) if each.minimum is not None else value
        value = min(value, each.maximum) if each.maximum is not None else value
    return value
