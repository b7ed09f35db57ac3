"""What executing needs besides the graph: node types, caches, lanes; and how a job is asked for."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from graph.cache.codecs import Codecs
from graph.cache.entry import Cache, Elements, Entry, Ui
from graph.cache.seen import Seen
from graph.events import Failure
from graph.execution.lanes import Lanes
from graph.execution.types import NodeTypes
from graph.fingerprint import Surroundings
from graph.lock import Environment, FilesBeside
from graph.plan import IsValid
from graph.registry import Registry
from graph.topology import GraphNode


class CancelToken(Protocol):
    """Says whether a job was asked to stop; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it was."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """Everything that jobs of one worker share."""

    registry: Registry
    types: NodeTypes
    cache: Cache
    codecs: Codecs
    seen: Seen
    lanes: Lanes
    surroundings: Surroundings
    is_valid: IsValid | None
    environment: Callable[[], Environment] = Environment
    """Tells what computes here, for the locks of results."""
    files_beside: FilesBeside = lambda node: {}

    @property
    def is_keeping(self) -> bool:
        """Whether results are kept at all: with caching off there is nothing to compare."""
        return self.cache.is_on

    def is_there(self, node: GraphNode, entry: Entry) -> bool:
        """Whether a result can be used: what an output node wrote is still where this job wants it."""
        return self.is_valid is None or not node.spec.is_output or self.is_valid(node.spec, entry)


@dataclass(frozen=True, slots=True)
class Request:
    """One job, as it was asked for."""

    job: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the client sent along."""
    previews: str = "none"
    cancel: CancelToken | None = None

    def is_cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self.cancel is not None and self.cancel.is_set()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended."""

    status: Literal["succeeded", "failed", "cancelled"]
    executed: tuple[str, ...]
    """The nodes that really ran, in the order in which they finished."""
    cached: tuple[str, ...]
    """The nodes that did not need to run."""
    seconds: float
    outputs: Mapping[str, tuple[Elements, ...]] = field(default_factory=dict)
    """What the targets gave: by node, slot and element."""
    ui: Mapping[str, Ui] = field(default_factory=dict)
    """What output nodes show, by node."""
    failure: Failure | None = None


class Alarm:
    """Wakes a coroutine that waits for anything to happen."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.ring: Callable[[], None] = self._event.set

    async def wait(self, at_most_seconds: float | None) -> None:
        """Wait until somebody rings, or for this long."""
        timer = asyncio.get_running_loop().call_later(at_most_seconds, self.ring) if at_most_seconds else None
        await self._event.wait()
        self._event.clear()
        if timer is not None:
            timer.cancel()
