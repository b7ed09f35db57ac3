"""What nodes may return besides plain values: blockers, expansions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Prompt = Mapping[str, Mapping[str, Any]]
"""An execution graph in the API shape: node id -> `{"class_type": ..., "inputs": {...}}`; inputs are JSON or values."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """Stands where a value would be; what consumes it is skipped.

    Without a message the skip is silent; with one it is reported as an error of the first node that meets it.
    """

    message: str | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """A node's answer that it stands for a graph: run `graph`, then take `result` as the node's outputs.

    `graph` is an execution graph in the API shape; its ids are made unique below the expanding node. Entries of
    `result` are values, or `[node, slot]` links into `graph` (or into the graph outside).
    """

    graph: Prompt
    result: tuple[Any, ...]  # one entry per declared output; any Python value


@dataclass(frozen=True, slots=True)
class AsList:
    """Marks an output annotation as a list output: `Annotated[list[Tensor], Socket("IMAGE"), AsList()]`."""
