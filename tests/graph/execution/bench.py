"""A workbench for tests of execution: small nodes, graphs from the API shape, an executor that records its events."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from graph.cache.codecs import Codecs
from graph.cache.entry import CacheTier
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers
from graph.context import Context
from graph.datatypes import AnyValue, Socket
from graph.events import Event
from graph.execution import Executor, Outcome
from graph.node import Node, node
from graph.prompt import build
from graph.registry import Registry
from graph.topology import Graph
from graph.values import AsList

Kind = TypeVar("Kind")


@node("Number", title="Number", category="test", occupies="instant")
def number(value: int) -> int:
    """Give a number."""
    return value


@node("Add", title="Add", category="test", occupies="instant")
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@node("Items", title="Items", category="test", occupies="instant")
def items(text: str) -> Annotated[list[str], Socket("STRING"), AsList()]:
    """Split a text into a list of words."""
    return text.split()


@node("Upper", title="Upper", category="test", occupies="instant")
def upper(text: str) -> str:
    """Write in capitals."""
    return text.upper()


@node("Show", title="Show", category="test", occupies="instant", output=True)
def show(value: AnyValue, *, ctx: Context) -> None:
    """Show a value."""
    ctx.show(text=[str(value)])


@node("ShowAll", title="Show all", category="test", occupies="instant", output=True, takes_lists=True)
def show_all(value: AnyValue, *, ctx: Context) -> None:
    """Show a whole list."""
    ctx.show(text=[str(value)])


SAMPLES = (number, add, items, upper, show, show_all)


def node_of(function: Callable[..., object]) -> Node:
    """The node that a decorated function declares."""
    declared = function.__node__  # type: ignore[attr-defined]  # set by the decorator
    assert isinstance(declared, Node)
    return declared


def short(class_type: str, **inputs: object) -> dict[str, object]:
    """A node in the API shape; `__` in names stands for the dot of growing groups."""
    return {"class_type": class_type, "inputs": {name.replace("__", "."): value for name, value in inputs.items()}}


@dataclass
class Run:
    """What a run gave."""

    outcome: Outcome
    events: list[Event] = field(default_factory=list)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def executed(self) -> tuple[str, ...]:
        """The nodes that ran."""
        return self.outcome.executed

    @property
    def shown(self) -> dict[str, Any]:
        """The texts that output nodes show."""
        return {node_id: ui["text"] for node_id, ui in self.outcome.ui.items()}


class Bench:
    """An executor with its registry. Without tiers, results are kept in a memory cache.

    Args:
        functions: node functions, besides the samples.
        tiers: where results are kept.
        options: passed on to the executor.
    """

    def __init__(
        self, *functions: Callable[..., object] | Node, tiers: Sequence[CacheTier] | None = None, **options: Any
    ) -> None:
        nodes = [each if isinstance(each, Node) else node_of(each) for each in (*SAMPLES, *functions)]
        self.registry = Registry(nodes)
        self.codecs = Codecs()
        if tiers is None:
            tiers = [MemoryCache(2**26, self.codecs.nbytes)]
        self.cache = Tiers(tiers)
        self.executor = Executor(self.registry, self.cache, codecs=self.codecs, **options)

    def graph(self, prompt: Mapping[str, Mapping[str, Any]], targets: Sequence[str] | None = None) -> Graph:
        """The graph that an API-shape prompt describes; its targets are the output nodes unless told otherwise."""
        built = build(prompt, str, self.registry, lambda _: None)
        nodes = {each.id: each for each in built.nodes}
        ordered = {node_id: nodes[node_id] for node_id in prompt}
        if targets is None:
            targets = [each.id for each in ordered.values() if each.spec.is_output]
        return Graph(ordered, tuple(targets))

    def run(
        self, prompt: Mapping[str, Mapping[str, Any]] | Graph, targets: Sequence[str] | None = None, **options: Any
    ) -> Run:
        """Run a graph to its end, whatever that is."""
        graph = prompt if isinstance(prompt, Graph) else self.graph(prompt, targets)
        events: list[Event] = []
        outcome = asyncio.run(self.executor.run("job", graph, events.append, **options))
        return Run(outcome, events)

    def succeed(
        self, prompt: Mapping[str, Mapping[str, Any]] | Graph, targets: Sequence[str] | None = None, **options: Any
    ) -> Run:
        """Run a graph that has to succeed."""
        run = self.run(prompt, targets, **options)
        assert run.outcome.status == "succeeded", run.outcome.failure
        return run
