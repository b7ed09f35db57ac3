"""What the engine itself costs per node: chains, fans and trees of trivial nodes, first run and fully cached.

    python -m benchmarks.engine [--sizes 100 1000 10000] [--json]

Measures CPU time of this process, bytes of all events as JSON, and memory kept, all per node. The nodes do nothing
worth mentioning (they are `instant`: a string, or two strings joined), so what remains is the engine.
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
from graph.topology import Graph, Link
from graph.validation import validate
from graph.workflow import Workflow

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


def chain(count: int, text: str) -> str:
    """Each node joins the one before it with a number."""
    draft = Draft()
    last = draft.add("Constant", value=text)
    for index in range(count - 2):
        last = draft.add("Join", a=Link(last, 0), b=str(index))
    draft.add("Show", value=Link(last, 0))
    return draft.text()


def fan(count: int, text: str) -> str:
    """Many outputs, each showing a string of its own that starts from one constant."""
    draft = Draft()
    constant_id = draft.add("Constant", value=text)
    middle = [draft.add("Join", a=Link(constant_id, 0), b=str(index)) for index in range((count - 1) // 2)]
    for each in middle:
        draft.add("Show", value=Link(each, 0))
    return draft.text()


def tree(count: int, text: str) -> str:
    """A binary tree of joins over constants, down to one output."""
    draft = Draft()
    level = [draft.add("Constant", value=f"{text}{index}") for index in range(count // 2)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [draft.add("Join", a=Link(a, 0), b=Link(b, 0)) for a, b in pairs] + odd
    draft.add("Show", value=Link(level[0], 0))
    return draft.text()


SHAPES: dict[str, Callable[[int, str], str]] = {"chain": chain, "fan": fan, "tree": tree}


class Draft:
    """A document in the making."""

    def __init__(self) -> None:
        self.prompt: dict[str, object] = {}

    def add(self, type_id: str, **inputs: str | Link) -> str:
        """Add a node; returns its id."""
        node_id = str(len(self.prompt) + 1)
        self.prompt[node_id] = {"class_type": type_id, "inputs": inputs}
        return node_id

    def text(self) -> str:
        """The finished document."""
        return json.dumps(self.prompt)


@dataclass(frozen=True)
class Figures:
    """What one shape of one size costs, a node."""

    shape: str
    nodes: int
    read_us: float
    """CPU microseconds for parsing and validating the document."""
    cold_us: float
    """CPU microseconds for planning and running, nothing cached."""
    cached_us: float
    """CPU microseconds for parsing, validating, planning and running, everything cached."""
    event_bytes: float
    """Bytes of events as JSON, first run."""
    memory_bytes: float
    """Bytes that stay allocated after the first run: graph, cache and records."""


def measure(shape: str, size: int, repeats: int) -> Figures:
    """The best of several measurements."""
    texts = [SHAPES[shape](size, f"text {repeat}") for repeat in range(repeats)]
    timings = [_timings(text, max(1, 2000 // size)) for text in texts]
    graph = read(texts[0])
    count = len(graph.nodes)
    reading, cold, cached = (min(times) * 1e6 / count for times in zip(*timings, strict=True))
    return Figures(shape, count, reading, cold, cached, _event_bytes(graph) / count, _memory(texts[0]) / count)


def _timings(text: str, runs: int) -> tuple[float, float, float]:
    """CPU seconds of reading a document, of its first run, and of reading and running it again.

    Small documents are measured over several runs, or the clock's ticks would show.
    """
    graph, executors = read(text), [_executor() for _ in range(runs)]
    fresh = iter(executors)
    reading = _cpu_seconds(lambda: read(text), runs)
    cold = _cpu_seconds(lambda: _run(next(fresh), graph), runs)
    cached = min(_cpu_seconds(lambda: _run(executors[0], read(text)), runs) for _ in range(3))
    return reading, cold, cached


def read(text: str) -> Graph:
    """Parse and validate a document."""
    validated = validate(Workflow.from_text(text), REGISTRY.catalogue, choices=lambda folder: [])
    if validated.graph is None:
        raise SystemExit(f"the document is not valid: {validated.problems}")
    return validated.graph


def _executor() -> Executor:
    codecs = Codecs()
    return Executor(REGISTRY, Tiers([MemoryCache(1024 * MIB, codecs.nbytes)]), codecs=codecs)


def _run(executor: Executor, graph: Graph, emit: Callable[[Event], None] = lambda event: None) -> None:
    outcome = LOOP.run_until_complete(executor.run("benchmark", graph, emit))
    if outcome.status != "succeeded":
        raise SystemExit(f"the run failed: {outcome.failure}")


def _cpu_seconds(step: Callable[[], object], runs: int) -> float:
    """CPU seconds of one step, on average."""
    gc.collect()
    began = time.process_time()
    for _ in range(runs):
        step()
    return (time.process_time() - began) / runs


def _event_bytes(graph: Graph) -> int:
    sizes: list[int] = []
    _run(_executor(), graph, lambda event: sizes.append(len(EVENTS.dump_json(event))))
    return sum(sizes)


def _memory(text: str) -> int:
    executor = _executor()
    _run(executor, read(chain(10, "warm-up")))
    gc.collect()
    tracemalloc.start()
    graph = read(text)
    _run(executor, graph)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return kept


def main() -> None:
    """Print one line per shape and size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one line of JSON at the end")
    options = parser.parse_args()
    # What was imported is not the engine's: unfrozen, it is visited by each full garbage collection, which adds 70 ms
    # to about every ten thousand nodes.
    gc.freeze()
    print(f"Python {platform.python_version()}, {platform.machine()}; per node")
    print(f"{'shape':<8}{'nodes':>7}{'read us':>10}{'cold us':>10}{'cached us':>11}{'event B':>9}{'memory B':>10}")
    found = []
    for shape in SHAPES:
        for size in options.sizes:
            figures = measure(shape, size, options.repeats)
            found.append(figures)
            print(
                f"{shape:<8}{figures.nodes:>7}{figures.read_us:>10.1f}{figures.cold_us:>10.1f}"
                f"{figures.cached_us:>11.1f}{figures.event_bytes:>9.0f}{figures.memory_bytes:>10.0f}"
            )
    if options.json:
        print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main()
