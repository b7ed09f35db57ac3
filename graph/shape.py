"""A node type's inputs, found quickly by the names that documents use.

A specification lists its inputs in order; running a graph asks for them by name, thousands of times. Children of
growing groups are written `group.child`, and share the facts of their group; inputs that a choice brings are written
`choice.input`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from graph.spec import InputSpec, NodeSpec
from graph.topology import GraphNode, Link

Classes = Mapping[str, Mapping[str, type]]
"""The dataclasses of choices that bring inputs with them, by the name of the input and the choice."""
_NONE: Classes = {}


class Shape:
    """The inputs of one node type by name."""

    __slots__ = ("_by_name", "_plain", "groups", "has_files", "spec")

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self._by_name: dict[str, InputSpec | None] = {each.name: each for each in spec.inputs if not each.autogrow}
        self._plain = frozenset(self._by_name)
        self.groups = {each.name: each for each in spec.inputs if each.autogrow}
        self.has_files = any(each.files for each in spec.inputs)

    def find(self, name: str) -> InputSpec | None:
        """The input called `name`, or the group that it is a child of."""
        try:
            return self._by_name[name]
        except KeyError:
            found = self.groups.get(name.rpartition(".")[0])
            self._by_name[name] = found
            return found

    def reaches(self, name: str) -> bool:
        """Whether the node gets to see an input of this name."""
        return self.spec.accepts_undeclared or self.find(name) is not None

    def links(self, node: GraphNode) -> Iterator[tuple[str, Link, InputSpec | None]]:
        """The linked inputs that reach the node: name, link, specification."""
        accepts_undeclared = self.spec.accepts_undeclared
        for name, link in node.links.items():
            found = self.find(name)
            if found is not None or accepts_undeclared:
                yield name, link, found

    def arguments(self, values: dict[str, Any], variants: Classes = _NONE) -> dict[str, Any]:
        """The keyword arguments of the node's function.

        Children of growing groups are gathered into dicts, and what belongs to a choice into an instance of its class.

        Raises:
            ValueError: a choice that came by a link is none of the choices.
        """
        arguments = self._with_groups(values) if self.groups else values
        return _with_choices(arguments, variants) if variants else arguments

    def _with_groups(self, values: dict[str, Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {name: {} for name in self.groups}
        for name, value in values.items():
            group, _, child = name.rpartition(".")
            if group in self.groups and name not in self._plain:
                arguments[group][child] = value
            else:
                arguments[name] = value
        return arguments


def _with_choices(values: dict[str, Any], variants: Classes) -> dict[str, Any]:
    arguments = dict(values)
    for name, classes in variants.items():
        children = {key: arguments.pop(key) for key in values if key.startswith(f"{name}.")}
        chosen = values.get(name)
        if chosen is None:  # linked, and asked for before it is known
            continue
        key = chosen[0] if isinstance(chosen, list) else chosen  # nodes that take lists
        if key not in classes:
            raise ValueError(f'{name} must be one of {", ".join(classes)}, got "{key}".')
        names = {each.name: f"{name}.{each.name}" for each in fields(classes[key])}
        arguments[name] = classes[key](**{short: children[full] for short, full in names.items() if full in children})
    return arguments


class Shapes:
    """The shape of each node type of a graph, made when first asked for."""

    __slots__ = ("_shape_by_type",)

    def __init__(self) -> None:
        self._shape_by_type: dict[str, Shape] = {}

    def of(self, spec: NodeSpec) -> Shape:
        """The shape of a node type."""
        shape = self._shape_by_type.get(spec.id)
        if shape is None:
            shape = self._shape_by_type[spec.id] = Shape(spec)
        return shape
