"""What the engine itself costs per node: chains, fans and trees of trivial nodes, first run and fully cached.

    python benchmarks/engine.py [--sizes 100 1000 10000] [--json]

Measures CPU time of this process, bytes of all events as JSON, and memory kept per node. The nodes do nothing worth
mentioning (they are `instant`: a string, or two strings joined), so what remains is the engine.
"""

import argparse
import asyncio
import gc
import json
import platform
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass

from graph.cache.codecs import Codecs
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers
from graph.events import EVENTS, Event
from graph.execution import Executor
from graph.node import node
from graph.registry import Registry
from graph.topology import Graph, GraphNode, Link

MIB = 2**20
LOOP = asyncio.new_event_loop()


@node("Constant", title="Constant", category="benchmark", occupies="instant")
def constant(value: str) -> str:
    """Give a string."""
    return value


@node("Join", title="Join", category="benchmark", occupies="instant")
def join(a: str, b: str) -> str:
    """Join the ends of two strings."""
    return a[-8:] + b[-8:]


@node("Show", title="Show", category="benchmark", occupies="instant", output=True)
def show(value: str) -> None:
    """Take a string."""


REGISTRY = Registry([each.__node__ for each in (constant, join, show)])


def chain(count: int, text: str) -> Graph:
    """Each node joins the one before it with a number."""
    draft = Draft()
    last = draft.add("Constant", value=text)
    for index in range(count - 2):
        last = draft.add("Join", a=Link(last, 0), b=str(index))
    return draft.graph([draft.add("Show", value=Link(last, 0))])


def fan(count: int, text: str) -> Graph:
    """Many outputs, each showing a string of its own that starts from one constant."""
    draft = Draft()
    constant_id = draft.add("Constant", value=text)
    middle = [draft.add("Join", a=Link(constant_id, 0), b=str(index)) for index in range((count - 1) // 2)]
    return draft.graph([draft.add("Show", value=Link(each, 0)) for each in middle])


def tree(count: int, text: str) -> Graph:
    """A binary tree of joins over constants, down to one output."""
    draft = Draft()
    level = [draft.add("Constant", value=f"{text}{index}") for index in range(count // 2)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [draft.add("Join", a=Link(a, 0), b=Link(b, 0)) for a, b in pairs] + odd
    return draft.graph([draft.add("Show", value=Link(level[0], 0))])


SHAPES: dict[str, Callable[[int, str], Graph]] = {"chain": chain, "fan": fan, "tree": tree}


class Draft:
    """A graph in the making."""

    def __init__(self) -> None:
        self._nodes: dict[str, GraphNode] = {}

    def add(self, type_id: str, **inputs: str | Link) -> str:
        """Add a node; returns its id."""
        node_id = str(len(self._nodes) + 1)
        links = {name: value for name, value in inputs.items() if isinstance(value, Link)}
        literals = {name: value for name, value in inputs.items() if not isinstance(value, Link)}
        self._nodes[node_id] = GraphNode(node_id, REGISTRY.get(type_id).spec, literals, links)
        return node_id

    def graph(self, targets: list[str]) -> Graph:
        """The finished graph."""
        return Graph(self._nodes, tuple(targets))


@dataclass(frozen=True)
class Figures:
    """What one shape of one size costs."""

    shape: str
    nodes: int
    cold_us: float
    """CPU microseconds a node, nothing cached."""
    cached_us: float
    """CPU microseconds a node, everything cached."""
    event_bytes: float
    """Bytes of events a node, as JSON, first run."""
    memory_bytes: float
    """Bytes a node that stay allocated after the first run: cache and records, not the graph."""


def measure(shape: str, size: int, repeats: int) -> Figures:
    """The best of several measurements."""
    make = SHAPES[shape]
    cold, cached = [], []
    for repeat in range(repeats):
        graph = make(size, f"text {repeat}")
        runs = max(1, 2000 // size)  # small graphs are run several times, or the clock's ticks would show
        executors = [_executor() for _ in range(runs)]
        cold.append(_cpu_seconds([(executor, graph) for executor in executors]))
        again = [(executors[0], make(size, f"text {repeat}")) for _ in range(runs)]
        cached.append(min(_cpu_seconds(again) for _ in range(3)))
    count = len(graph.nodes)
    events: list[Event] = []
    LOOP.run_until_complete(_executor().run("benchmark", graph, events.append))
    nbytes = sum(len(EVENTS.dump_json(each)) for each in events)
    scale = 1e6 / count
    return Figures(shape, count, min(cold) * scale, min(cached) * scale, nbytes / count, _memory(make, size) / count)


def _executor() -> Executor:
    codecs = Codecs()
    return Executor(REGISTRY, Tiers([MemoryCache(1024 * MIB, codecs.nbytes)]), codecs=codecs)


def _cpu_seconds(runs: list[tuple[Executor, Graph]]) -> float:
    """CPU seconds of one run, on average."""
    gc.collect()
    began = time.process_time()
    outcomes = [LOOP.run_until_complete(executor.run("benchmark", graph, _drop)) for executor, graph in runs]
    seconds = time.process_time() - began
    if any(outcome.status != "succeeded" for outcome in outcomes):
        raise SystemExit(f"a run failed: {outcomes[-1].failure}")
    return seconds / len(runs)


def _drop(event: Event) -> None:
    """Take an event and forget it."""


def _memory(make: Callable[[int, str], Graph], size: int) -> float:
    graph, executor = make(size, "memory"), _executor()
    LOOP.run_until_complete(executor.run("warm-up", make(10, "other"), _drop))
    gc.collect()
    tracemalloc.start()
    LOOP.run_until_complete(executor.run("benchmark", graph, _drop))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return float(kept)


def main() -> None:
    """Print one line per shape and size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one line of JSON at the end")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    print(f"{'shape':<8}{'nodes':>7}{'cold us':>10}{'cached us':>11}{'event B':>9}{'memory B':>10}   per node")
    found = []
    for shape in SHAPES:
        for size in options.sizes:
            figures = measure(shape, size, options.repeats)
            found.append(figures)
            print(
                f"{shape:<8}{figures.nodes:>7}{figures.cold_us:>10.1f}{figures.cached_us:>11.2f}"
                f"{figures.event_bytes:>9.0f}{figures.memory_bytes:>10.0f}"
            )
    if options.json:
        print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main()
