"""Change tokens: what a node type's own fingerprint function says of what its result depends on."""

import asyncio
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graph.canonical import canonical, has_nan
from graph.node import Asked, takes_house
from graph.registry import Registry
from graph.shape import Shape, Shapes
from graph.topology import GraphNode


@dataclass(frozen=True, slots=True)
class Token:
    """What a node type's own fingerprint function said; `trouble` says why it said nothing that can be used."""

    value: object = None
    trouble: str | None = None


async def change_tokens(nodes: Iterable[GraphNode], registry: Registry) -> dict[str, Token]:
    """Ask the fingerprint functions of the node types that have one. They see constants; linked inputs are None."""
    asked = [node for node in nodes if node.spec.has_fingerprint]
    shapes = Shapes()
    tokens = await asyncio.gather(*[_ask(node, shapes.of(node.spec), registry) for node in asked])
    return dict(zip([node.id for node in asked], tokens, strict=True))


def _constants(node: GraphNode, shape: Shape) -> dict[str, Any]:
    """The inputs as a fingerprint function sees them: JSON values, and None for what is linked."""
    return {name: node.literals.get(name) for name in (*node.literals, *node.links) if shape.reaches(name)}


async def _ask(node: GraphNode, shape: Shape, registry: Registry) -> Token:
    declared = registry.get(node.spec.id)
    function = declared.fingerprint
    if function is None:
        return Token(trouble="has no fingerprint function here")
    try:
        arguments = shape.arguments(_constants(node, shape), declared.variants)
        value = function(Asked(node.id), **arguments) if takes_house(function) else function(**arguments)
        if inspect.isawaitable(value):
            value = await value
        canonical(value)
    except Exception as error:  # node code may raise anything; its result is then not kept, and the reason is shown
        return Token(trouble=f"cannot say whether it changed: {type(error).__name__}: {error}")
    if has_nan(value):
        return Token(trouble="says that it always changes")
    return Token(value)
