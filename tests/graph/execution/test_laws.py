"""Laws that hold for every graph: order, economy, correctness, whatever caches do in between."""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Found
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers, WriteBehind
from graph.events import Event, JobStarted, NodeStarted
from graph.execution import Executor
from tests.graph import strategies as laws
from tests.graph.execution.bench import Bench, Run
from tests.graph.strategies import Prompt, changed, prompts, shuffled

LAW = settings(max_examples=40)


def bench(**options: Any) -> Bench:
    return Bench(*laws.NODES, **options)


def check_results(run: Run, prompt: Prompt, targets: list[str] | None = None) -> None:
    """Every result shows what plain recursion says."""
    expected = {each: [prompt_value(prompt, each)] for each in targets or laws.results(prompt)}
    assert run.shown == expected


def prompt_value(prompt: Prompt, result: str) -> object:
    return dict(laws.content(prompt, result)[1:])["a"]


@LAW
@given(prompts())
def test_results_equal_those_of_plain_recursion(prompt: Prompt) -> None:
    check_results(bench().succeed(prompt), prompt)


@LAW
@given(prompts())
def test_order_respects_links_and_nothing_else_runs(prompt: Prompt) -> None:
    run = bench(tiers=[]).succeed(prompt)
    started = [event.node.id for event in run.of(NodeStarted)]
    assert set(started) <= laws.needed(prompt, laws.results(prompt))
    finished: set[str] = set()
    for event in run.events:
        if isinstance(event, NodeStarted):
            # A node with a twin takes its result, so what feeds it need not have run itself.
            for feeder in laws.feeders(prompt, event.node.id):
                assert feeder in finished or feeder not in run.executed
        elif event.kind == "node_finished":
            finished.add(event.node.id)


@LAW
@given(prompts())
def test_a_second_run_executes_nothing(prompt: Prompt) -> None:
    place = bench()
    place.succeed(prompt)
    again = place.succeed(prompt)
    assert again.executed == ()
    assert set(again.outcome.cached) == laws.needed(prompt, laws.results(prompt))
    check_results(again, prompt)


@LAW
@given(prompts(), st.data())
def test_a_changed_literal_reruns_only_its_descendants(prompt: Prompt, data: st.DataObject) -> None:
    place = bench()
    place.succeed(prompt)
    node_id, other = data.draw(changed(prompt))
    run = place.succeed(other)
    assert set(run.executed) <= laws.descendants(other, node_id) & laws.needed(other, laws.results(other))
    check_results(run, other)


@LAW
@given(st.lists(prompts(), min_size=1, max_size=3), st.data())
def test_nothing_is_ever_computed_twice_and_nothing_new_is_left_out(first: list[Prompt], data: st.DataObject) -> None:
    """A node runs exactly if nothing of its type has run with the same values: within a run and between runs."""
    place = bench()
    known: set[laws.Content] = set()
    for prompt in [*first, data.draw(changed(first[0]))[1], first[-1]]:
        run = place.succeed(prompt)
        executed = [laws.content(prompt, node_id) for node_id in run.executed]
        wanted = {laws.content(prompt, each) for each in laws.needed(prompt, laws.results(prompt))}
        assert len(executed) == len(set(executed))
        assert set(executed) == wanted - known
        known |= wanted


@LAW
@given(prompts(), st.data())
def test_the_order_of_keys_never_matters(prompt: Prompt, data: st.DataObject) -> None:
    place = bench()
    place.succeed(prompt)
    again = place.succeed(data.draw(shuffled(prompt)))
    assert again.executed == ()
    check_results(again, prompt)


@LAW
@given(prompts(), st.data())
def test_targets_limit_what_runs(prompt: Prompt, data: st.DataObject) -> None:
    targets = data.draw(st.lists(st.sampled_from(laws.results(prompt)), min_size=1, unique=True))
    run = bench().succeed(prompt, targets=targets)
    assert set(run.executed) <= laws.needed(prompt, targets)
    check_results(run, prompt, targets)


@LAW
@given(prompts(), st.data())
def test_eviction_between_planning_and_running_is_harmless(prompt: Prompt, data: st.DataObject) -> None:
    codecs = Codecs()
    memory = MemoryCache(2**26, codecs.nbytes)
    place = bench(tiers=[memory])
    place.succeed(prompt)
    _, other = data.draw(changed(prompt))
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, JobStarted):
            memory.clear()

    graph = place.graph(other)
    hits = set(asyncio.run(place.executor.plan(graph)).hits)
    run = Run(asyncio.run(place.executor.run("job", graph, emit)), events)
    assert hits.isdisjoint(run.executed)
    check_results(run, other)


class Forgetful(Tiers):
    """A cache that finds things only sometimes."""

    def __init__(self, tiers: list[MemoryCache], seed: int) -> None:
        super().__init__(tiers)
        self._random = random.Random(seed)

    def find(self, key: str) -> Found | None:
        """The entry, or nothing, as chance has it."""
        return super().find(key) if self._random.random() < 0.5 else None


@LAW
@given(prompts(), st.integers(), st.data())
def test_a_cache_that_loses_things_at_random_gives_the_same_results(
    prompt: Prompt, seed: int, data: st.DataObject
) -> None:
    codecs = Codecs()
    place = bench()
    place.executor = Executor(place.registry, Forgetful([MemoryCache(2**26, codecs.nbytes)], seed), codecs=codecs)
    for each in (prompt, data.draw(changed(prompt))[1], prompt):
        check_results(place.succeed(each), each)


@LAW
@given(prompts(), st.integers(1000, 20_000))
def test_a_cache_that_is_too_small_gives_the_same_results(prompt: Prompt, budget_bytes: int) -> None:
    codecs = Codecs()
    place = bench(tiers=[MemoryCache(budget_bytes, codecs.nbytes)])
    for _ in range(2):
        check_results(place.succeed(prompt), prompt)


@settings(max_examples=20)
@given(prompts(most=6), st.integers(0), st.integers(0), st.integers(0, 7), st.booleans())
def test_damage_to_the_disk_cache_never_gives_wrong_values(
    prompt: Prompt, which: int, where: int, bit: int, is_cut: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench(tiers=[WriteBehind(DiskCache(Path(folder), 2**26, Codecs()))]).succeed(prompt)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size)
        path = paths[which % len(paths)]
        data = bytearray(path.read_bytes())
        data[where % len(data)] ^= 1 << bit
        path.write_bytes(data[: where % len(data)] if is_cut else data)
        again = bench(tiers=[WriteBehind(DiskCache(Path(folder), 2**26, Codecs()))])
        check_results(again.succeed(prompt), prompt)
        assert again.succeed(prompt).executed == ()


@settings(max_examples=20)
@given(prompts(most=6))
def test_another_process_with_the_same_folder_executes_nothing(prompt: Prompt) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for expected in (laws.needed(prompt, laws.results(prompt)), set()):
            tiers = [MemoryCache(2**26, Codecs().nbytes), WriteBehind(DiskCache(Path(folder), 2**26, Codecs()))]
            run = bench(tiers=tiers).succeed(prompt)
            assert bool(run.executed) == bool(expected)
            check_results(run, prompt)
