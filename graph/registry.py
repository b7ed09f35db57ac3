"""Which node types there are: `Registry` with the code, for workers; `Catalogue` as data, for everybody else."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

from graph.errors import DeclarationError
from graph.node import Node
from graph.spec import NodeSpec, PackInfo


@dataclass(frozen=True)
class Catalogue:
    """Every node type as data, with the old names that are still understood."""

    specs: Mapping[str, NodeSpec]
    replacements: Mapping[str, str] = field(default_factory=dict)
    """Old type id -> the id that took its place, with the same inputs."""
    packs: tuple[PackInfo, ...] = ()
    """The node packs that were imported, or could not be."""

    def find(self, type_id: str) -> NodeSpec | None:
        """The specification of `type_id`, or of what replaced it."""
        return self.specs.get(type_id) or self.specs.get(self.replacements.get(type_id, ""))

    @cached_property
    def digest(self) -> str:
        """Tells whether two catalogues are the same (hexadecimal SHA-256)."""
        digest = hashlib.sha256(repr(sorted(self.replacements.items())).encode())
        for type_id in sorted(self.specs):
            digest.update(self.specs[type_id].model_dump_json().encode())
        return digest.hexdigest()

    def to_data(self) -> dict[str, Any]:
        """This catalogue as JSON data, for a message from a worker."""
        specs = {type_id: spec.model_dump(mode="json", exclude_defaults=True) for type_id, spec in self.specs.items()}
        packs = [each.model_dump(mode="json", exclude_defaults=True) for each in self.packs]
        return {"specs": specs, "replacements": dict(self.replacements), "packs": packs}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Catalogue":
        """The catalogue that `to_data` wrote."""
        specs = {type_id: NodeSpec.model_validate(each) for type_id, each in data["specs"].items()}
        packs = tuple(PackInfo.model_validate(each) for each in data.get("packs", ()))
        return cls(specs, dict(data["replacements"]), packs)


class Registry:
    """The node types of a worker, with their code."""

    def __init__(self, nodes: Iterable[Node] = (), replacements: Mapping[str, str] | None = None) -> None:
        self._nodes: dict[str, Node] = {}
        self._replacements = dict(replacements or {})
        self._packs: list[PackInfo] = []
        for each in nodes:
            self.add(each)

    @classmethod
    def from_modules(cls, modules: Iterable[ModuleType], replacements: Mapping[str, str] | None = None) -> "Registry":
        """A registry of every function that `modules` declare with `@node`."""
        found = [
            each.__node__
            for module in modules
            for each in vars(module).values()
            if isinstance(getattr(each, "__node__", None), Node) and each.__module__ == module.__name__
        ]
        return cls(found, replacements)

    @property
    def type_ids(self) -> Collection[str]:
        """The ids of the node types that there are now."""
        return self._nodes.keys()

    def note(self, pack: PackInfo) -> None:
        """Tell what became of a node pack."""
        self._packs.append(pack)

    def replace(self, node: Node) -> None:
        """Make a node type known, in place of the one that has its id now."""
        self._nodes[node.spec.id] = node

    def add(self, node: Node) -> None:
        """Make a node type known.

        Raises:
            DeclarationError: another node type has the same id.
        """
        known = self._nodes.get(node.spec.id)
        if known is not None:
            raise DeclarationError(
                f'Node type "{node.spec.id}" of {node.spec.source} is already declared by {known.spec.source}; '
                "type ids must be unique."
            )
        self._nodes[node.spec.id] = node

    def get(self, type_id: str) -> Node:
        """The node type called `type_id`, or what replaced it.

        Raises:
            KeyError: there is none.
        """
        return self._nodes.get(type_id) or self._nodes[self._replacements[type_id]]

    @cached_property
    def catalogue(self) -> Catalogue:
        """These node types as data. Taken once: add nodes before asking."""
        specs = {type_id: node.spec for type_id, node in self._nodes.items()}
        return Catalogue(specs, dict(self._replacements), tuple(self._packs))
