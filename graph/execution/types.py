"""Node types, prepared for being called many times."""

import inspect
from collections.abc import Mapping

from graph.errors import DeclarationError
from graph.node import Node, takes_house
from graph.registry import Registry
from graph.shape import Shape


class NodeType:
    """A node type, prepared for being called many times."""

    __slots__ = (
        "has_lazy",
        "is_async",
        "is_inline",
        "node",
        "services",
        "shape",
        "spec",
        "takes_context_first",
        "tells_context",
        "wants_context",
    )

    def __init__(self, node: Node, services: Mapping[str, object]) -> None:
        self.node = node
        self.spec = node.spec
        self.shape = Shape(node.spec)
        self.is_async = inspect.iscoroutinefunction(node.function)
        self.has_lazy = node.needs is not None and any(each.lazy for each in node.spec.inputs)
        self.is_inline = node.spec.occupies == "instant" and not self.is_async and not self.has_lazy
        self.takes_context_first = takes_house(node.function)
        self.tells_context = node.needs is not None and takes_house(node.needs)
        """Whether the function that names lazy inputs is told the context."""
        self.wants_context = "ctx" in node.services or self.takes_context_first
        missing = sorted(node.services - {"ctx"} - services.keys())
        if missing:
            raise DeclarationError(
                f'Node type "{node.spec.id}" wants the service "{missing[0]}", which this worker does not provide.'
            )
        self.services = {name: services[name] for name in node.services if name != "ctx"}


class NodeTypes:
    """The node types of a registry, prepared when they are first called."""

    def __init__(self, registry: Registry, services: Mapping[str, object]) -> None:
        self._registry = registry
        self._services = services
        self._type_by_id: dict[str, NodeType] = {}

    def of(self, type_id: str) -> NodeType:
        """The prepared node type.

        Raises:
            DeclarationError: it is not known here, or wants a service that is not.
        """
        known = self._type_by_id.get(type_id)
        if known is None:
            try:
                node = self._registry.get(type_id)
            except KeyError:
                raise DeclarationError(f'There is no node type "{type_id}" in this worker.') from None
            known = self._type_by_id[type_id] = NodeType(node, self._services)
        return known
